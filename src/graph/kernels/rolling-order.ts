import { inBlocks, into } from './compiled/blocks.js'
import { borrow, giveBack } from './scratch.js'
import { stripWidth } from './strips.js'

/** First place in sorted[base … base + size − 1] whose value is not below v, relative to base. */
function lowerBound(sorted: Float64Array, base: number, size: number, v: number): number {
  let lo = 0
  let hi = size
  while (lo < hi) {
    const middle = (lo + hi) >> 1
    if (sorted[base + middle]! < v) lo = middle + 1
    else hi = middle
  }
  return lo
}

/** What is wanted of a sorted window: `base` is where it starts, `newest` its latest value. */
export type EmitOrdered = (sorted: Float64Array, base: number, newest: number) => number

/**
 * Keeps the last n values of every symbol sorted (one goes, one comes, those between move by a place) and puts what
 * `emit` reads off whole windows into `out`; NaN before bar n − 1 and with a missing value in the window.
 */
export function rollingOrdered(
  out: Float64Array,
  x: Float64Array,
  bars: number,
  width: number,
  n: number,
  emit: EmitOrdered,
): void {
  const strip = stripWidth(width, n)
  const sorted = borrow(n * strip)
  const sizes = new Int32Array(strip)
  for (let from = 0; from < width; from += strip) {
    const count = Math.min(strip, width - from)
    sizes.fill(0)
    for (let t = 0; t < bars; t++) {
      const at = t * width + from
      const leaving = t < n ? -1 : at - n * width
      for (let s = 0; s < count; s++) {
        const base = s * n
        // −0 is made 0: equal values must look equal.
        const fresh = x[at + s]! + 0
        const old = leaving < 0 ? Number.NaN : x[leaving + s]!
        const size = slide(sorted, base, sizes[s]!, old, fresh)
        sizes[s] = size
        out[at + s] = size === n ? emit(sorted, base, fresh) : Number.NaN
      }
    }
  }
  giveBack(sorted)
}

function slide(sorted: Float64Array, base: number, size: number, old: number, fresh: number): number {
  const goes = !Number.isNaN(old)
  if (Number.isNaN(fresh)) {
    if (!goes) return size
    for (let i = base + lowerBound(sorted, base, size, old); i < base + size - 1; i++)
      sorted[i] = sorted[i + 1]!
    return size - 1
  }
  if (!goes) {
    let i = base + size
    for (; i > base && sorted[i - 1]! > fresh; i--) sorted[i] = sorted[i - 1]!
    sorted[i] = fresh
    return size + 1
  }
  let i = base + lowerBound(sorted, base, size, old)
  for (; i > base && sorted[i - 1]! > fresh; i--) sorted[i] = sorted[i - 1]!
  for (; i < base + size - 1 && sorted[i + 1]! < fresh; i++) sorted[i] = sorted[i + 1]!
  sorted[i] = fresh
  return size
}

/** The quantile q of the last n values, between neighbours by linear interpolation. */
export function rollingQuantile(
  out: Float64Array,
  x: Float64Array,
  bars: number,
  width: number,
  n: number,
  q: number,
): void {
  const place = q * (n - 1)
  const below = Math.min(Math.floor(place), n - 1)
  const above = Math.min(below + 1, n - 1)
  const share = place - below
  rollingOrdered(out, x, bars, width, n, (sorted, base) => {
    const low = sorted[base + below]!
    const v = share === 0 ? low : low + (sorted[base + above]! - low) * share
    return v + (v - v)
  })
}

/** Percentile of the newest among the last n values, average ties. */
export function rollingRank(
  out: Float64Array,
  x: Float64Array,
  bars: number,
  width: number,
  n: number,
): void {
  inBlocks(
    [x],
    1,
    bars,
    width,
    n,
    (kernels, { prev, cur, out: to, rows, width: columns }) =>
      kernels.rankNewest(prev[0]!, cur[0]!, to[0]!, n, rows, columns),
    into(out),
  )
}
