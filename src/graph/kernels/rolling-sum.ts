import { borrow, giveBack } from './scratch.js'
import { stripWidth } from './strips.js'

/*
 * Windowed aggregates without subtraction (the two-block scheme of van Herk 1992 and Gil & Werman 1993, on any
 * associative operation). Bars are cut at multiples of n. A window reaching over a cut is the end of one block and the
 * beginning of the next, and both are running aggregates:
 *   1. at each cut, run backwards over the block just finished, keeping the aggregate of every ending of it;
 *   2. run forwards over the new block, joining the aggregate so far with the ending that completes the window.
 * A value costs the same whatever n is; one that has left the window leaves no rounding error behind; and NaN enters
 * and leaves by itself. Cuts count from bar 0, so a value does not depend on where the panel ends.
 */

/**
 * Sum (`mean: false`) or mean of the last n values of each symbol; NaN before bar n − 1. `x` and `out` are
 * bars × width. A window of equal values gives exactly n·x and x, as pandas ≥ 1.5 does: a flat price is neither above
 * nor below its average.
 */
export function rollingSum(
  out: Float64Array,
  x: Float64Array,
  bars: number,
  width: number,
  n: number,
  mean: boolean,
): void {
  out.fill(Number.NaN, 0, Math.min(bars, n - 1) * width)
  const strip = stripWidth(width, n + 2)
  const endings = borrow(n * strip)
  const running = borrow(strip)
  const same = new Int32Array(strip)
  const scale = mean ? n : 1
  const flat = mean ? 1 : n
  for (let from = 0; from < width; from += strip) {
    const count = Math.min(strip, width - from)
    same.fill(0)
    for (let cut = 0; cut < bars; cut += n) {
      if (cut > 0) {
        running.fill(0)
        for (let i = n - 1; i > 0; i--)
          addInto(running, endings, i * strip, x, (cut - n + i) * width + from, count)
      }
      running.fill(0)
      const last = Math.min(n, bars - cut)
      for (let i = 0; i < last; i++) {
        const t = cut + i
        const at = t * width + from
        countEqual(same, x, at, t > 0 ? at - width : -1, count)
        if (i === n - 1) emitWhole(out, at, running, same, x, count, n, scale, flat)
        else if (cut > 0)
          emitJoined(out, at, running, endings, (i + 1) * strip, same, x, count, n, scale, flat)
        else addRow(running, x, at, count)
      }
    }
  }
  giveBack(endings, running)
}

function addInto(
  running: Float64Array,
  kept: Float64Array,
  k: number,
  x: Float64Array,
  at: number,
  count: number,
) {
  for (let s = 0; s < count; s++) {
    const sum = running[s]! + x[at + s]!
    running[s] = sum
    kept[k + s] = sum
  }
}

function addRow(running: Float64Array, x: Float64Array, at: number, count: number) {
  for (let s = 0; s < count; s++) running[s] = running[s]! + x[at + s]!
}

function countEqual(same: Int32Array, x: Float64Array, at: number, before: number, count: number) {
  if (before < 0) same.fill(1)
  else for (let s = 0; s < count; s++) same[s] = x[at + s] === x[before + s] ? same[s]! + 1 : 1
}

function emitWhole(
  out: Float64Array,
  at: number,
  running: Float64Array,
  same: Int32Array,
  x: Float64Array,
  count: number,
  n: number,
  scale: number,
  flat: number,
) {
  for (let s = 0; s < count; s++) {
    const v = x[at + s]!
    const sum = running[s]! + v
    const value = same[s]! >= n ? v * flat : sum / scale
    out[at + s] = value + (value - value)
  }
}

function emitJoined(
  out: Float64Array,
  at: number,
  running: Float64Array,
  endings: Float64Array,
  k: number,
  same: Int32Array,
  x: Float64Array,
  count: number,
  n: number,
  scale: number,
  flat: number,
) {
  for (let s = 0; s < count; s++) {
    const v = x[at + s]!
    const sum = running[s]! + v
    running[s] = sum
    const value = same[s]! >= n ? v * flat : (endings[k + s]! + sum) / scale
    out[at + s] = value + (value - value)
  }
}

/** Product of the last n values; NaN before bar n − 1. Shapes as `rollingSum`. */
export function rollingProduct(
  out: Float64Array,
  x: Float64Array,
  bars: number,
  width: number,
  n: number,
): void {
  out.fill(Number.NaN, 0, Math.min(bars, n - 1) * width)
  const strip = stripWidth(width, n + 1)
  const endings = borrow(n * strip)
  const running = borrow(strip)
  for (let from = 0; from < width; from += strip) {
    const count = Math.min(strip, width - from)
    for (let cut = 0; cut < bars; cut += n) {
      if (cut > 0) {
        running.fill(1)
        for (let i = n - 1; i > 0; i--) {
          const at = (cut - n + i) * width + from
          for (let s = 0; s < count; s++) endings[i * strip + s] = running[s] = running[s]! * x[at + s]!
        }
      }
      running.fill(1)
      const last = Math.min(n, bars - cut)
      for (let i = 0; i < last; i++) {
        const at = (cut + i) * width + from
        for (let s = 0; s < count; s++) running[s] = running[s]! * x[at + s]!
        if (cut + i < n - 1) continue
        const k = (i + 1) * strip
        for (let s = 0; s < count; s++) {
          const value = i === n - 1 ? running[s]! : endings[k + s]! * running[s]!
          out[at + s] = value + (value - value)
        }
      }
    }
  }
  giveBack(endings, running)
}

/**
 * Linearly weighted mean of the last n values, the newest n times as heavy as the oldest; NaN before bar n − 1.
 * With A the ending and B the beginning that make up a window, its weighted sum is W(A) + W(B) + |A|·Σ(B).
 */
export function rollingLinearDecay(
  out: Float64Array,
  x: Float64Array,
  bars: number,
  width: number,
  n: number,
): void {
  out.fill(Number.NaN, 0, Math.min(bars, n - 1) * width)
  const strip = stripWidth(width, n + 2)
  const endings = borrow(n * strip)
  const sum = borrow(strip)
  const weighted = borrow(strip)
  const total = (n * (n + 1)) / 2
  for (let from = 0; from < width; from += strip) {
    const count = Math.min(strip, width - from)
    for (let cut = 0; cut < bars; cut += n) {
      if (cut > 0) {
        sum.fill(0)
        weighted.fill(0)
        for (let i = n - 1; i > 0; i--) {
          const at = (cut - n + i) * width + from
          for (let s = 0; s < count; s++) {
            const now = sum[s]! + x[at + s]!
            sum[s] = now
            endings[i * strip + s] = weighted[s] = weighted[s]! + now
          }
        }
      }
      sum.fill(0)
      weighted.fill(0)
      const last = Math.min(n, bars - cut)
      for (let i = 0; i < last; i++) {
        const at = (cut + i) * width + from
        for (let s = 0; s < count; s++) {
          const v = x[at + s]!
          sum[s] = sum[s]! + v
          weighted[s] = weighted[s]! + (i + 1) * v
        }
        if (cut + i < n - 1) continue
        const before = n - 1 - i
        const k = (i + 1) * strip
        for (let s = 0; s < count; s++) {
          const value =
            (before === 0 ? weighted[s]! : endings[k + s]! + weighted[s]! + before * sum[s]!) / total
          out[at + s] = value + (value - value)
        }
      }
    }
  }
  giveBack(endings, sum, weighted)
}
