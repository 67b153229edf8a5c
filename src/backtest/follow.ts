/** What is held, followed from close to close while nothing changes hands. */
import type { Book } from './book.js'
import type { CloseColumns } from './closes.js'

/**
 * Adds up what is held at the closes of `count` bars from `from` on: value of all positions into `net`, bar by bar
 * from its beginning. Where a position may be worth less than nothing, true is returned and `short` holds the size of
 * those; elsewhere `short` is left alone. Symbol by symbol, because one symbol's closes stand side by side, and four
 * at a time, so that sums stay in registers; each bar's sum is in the order of `held` all the same.
 */
export function valueHeld(
  book: Book,
  closes: CloseColumns,
  from: number,
  count: number,
  net: Float64Array,
  short: Float64Array,
): boolean {
  const { held, heldCount } = book
  const { last, bars } = closes
  if (count === 1) {
    // Summed in a register: with exit rules every stretch is one bar long.
    let sum = 0
    for (let h = 0; h < heldCount; h++) sum += book.shares(held[h]!) * last[held[h]! * bars + from]!
    net[0] = sum
  } else {
    let h = heldCount % 4
    if (h === 0) net.fill(0, 0, count)
    else first(book, closes, from, count, net, h)
    for (; h < heldCount; h += 4) {
      const a = held[h]!
      const b = held[h + 1]!
      const c = held[h + 2]!
      const d = held[h + 3]!
      const ofA = book.shares(a)
      const ofB = book.shares(b)
      const ofC = book.shares(c)
      const ofD = book.shares(d)
      const atA = a * bars + from
      const atB = b * bars + from
      const atC = c * bars + from
      const atD = d * bars + from
      for (let k = 0; k < count; k++)
        net[k] =
          net[k]! + ofA * last[atA + k]! + ofB * last[atB + k]! + ofC * last[atC + k]! + ofD * last[atD + k]!
    }
  }
  const hasShort = book.shortCount > 0 || !closes.isPositive
  return hasShort && sizeShorts(book, closes, from, count, short)
}

/** Up to three positions, those that are too few for a round of four. */
function first(
  book: Book,
  { last, bars }: CloseColumns,
  from: number,
  count: number,
  net: Float64Array,
  few: number,
) {
  const { held } = book
  const a = held[0]!
  const b = held[few > 1 ? 1 : 0]!
  const c = held[few > 2 ? 2 : 0]!
  const ofA = book.shares(a)
  const ofB = book.shares(b)
  const ofC = book.shares(c)
  const atA = a * bars + from
  const atB = b * bars + from
  const atC = c * bars + from
  if (few === 1) for (let k = 0; k < count; k++) net[k] = ofA * last[atA + k]!
  else if (few === 2) for (let k = 0; k < count; k++) net[k] = ofA * last[atA + k]! + ofB * last[atB + k]!
  else
    for (let k = 0; k < count; k++)
      net[k] = ofA * last[atA + k]! + ofB * last[atB + k]! + ofC * last[atC + k]!
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
