/** What is held, followed from close to close while nothing changes hands. */
import type { Book } from './book.js'
import type { CloseColumns } from './closes.js'

/**
 * Adds up what is held at the closes of `count` bars from `from` on: value of all positions into the book's `net`, bar
 * by bar from its beginning, each sum in the order of `held`. Where a position may be worth less than nothing, true is
 * returned and `short` holds the size of those; elsewhere `short` is left alone.
 */
export function valueHeld(
  book: Book,
  closes: CloseColumns,
  from: number,
  count: number,
  short: Float64Array,
): boolean {
  const { kernels, at } = book.memory
  kernels.walk(at, from, count, book.heldCount)
  const hasShort = book.shortCount > 0 || !closes.isPositive
  return hasShort && sizeShorts(book, closes, from, count, short)
}

function sizeShorts(
  book: Book,
  { last, bars }: CloseColumns,
  from: number,
  count: number,
  short: Float64Array,
): true {
  const { held, heldCount } = book
  short.fill(0, 0, count)
  for (let h = 0; h < heldCount; h++) {
    const i = held[h]!
    const quantity = book.shares(i)
    const at = i * bars + from
    for (let k = 0; k < count; k++) {
      const value = quantity * last[at + k]!
      if (value < 0) short[k] = short[k]! - value
    }
  }
  return true
}

/** The first of the bars `from` … `to` at which something held has been without a close for `most` bars; else to + 1. */
export function firstDelisting(
  { held, heldCount }: Book,
  { missing, longestGap, bars }: CloseColumns,
  from: number,
  to: number,
  most: number,
): number {
  let before = to + 1
  if (missing === undefined) return before
  for (let h = 0; h < heldCount; h++) {
    const i = held[h]!
    if (longestGap![i]! < most) continue
    const at = i * bars
    for (let t = from; t < before; t++) if (missing[at + t]! >= most) before = t
  }
  return before
}
