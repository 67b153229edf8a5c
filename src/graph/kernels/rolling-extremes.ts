import { inBlocks, into } from './compiled/blocks.js'
import { borrow, giveBack } from './scratch.js'
import { stripWidth } from './strips.js'

/** Largest of the last n values; NaN before bar n − 1 and with a missing value. The two-block scheme: see rolling-sum. */
export function rollingMax(out: Float64Array, x: Float64Array, bars: number, width: number, n: number): void {
  rollingExtreme(out, x, bars, width, n, 0)
}

/** Smallest of the last n values, as `rollingMax`. */
export function rollingMin(out: Float64Array, x: Float64Array, bars: number, width: number, n: number): void {
  rollingExtreme(out, x, bars, width, n, 1)
}

function rollingExtreme(
  out: Float64Array,
  x: Float64Array,
  bars: number,
  width: number,
  n: number,
  least: 0 | 1,
): void {
  inBlocks(
    [x],
    1,
    bars,
    width,
    n,
    (kernels, { prev, cur, out: to, ends, rows, width: columns }) =>
      kernels.extreme(prev[0]!, cur[0]!, to[0]!, ends, n, rows, columns, least),
    into(out),
  )
}

/**
 * Bars back from t to the largest (`sign` 1) or smallest (−1) of the last n values, the most recent of equal ones; NaN
 * before bar n − 1 and with a missing value in the window.
 */
export function rollingExtremeAge(
  out: Float64Array,
  x: Float64Array,
  bars: number,
  width: number,
  n: number,
  sign: 1 | -1,
): void {
  out.fill(Number.NaN, 0, Math.min(bars, n - 1) * width)
  const strip = stripWidth(width, 2 * n + 2)
  const endings = borrow(n * strip)
  const endBars = borrow(n * strip)
  const best = borrow(strip)
  const bestBar = borrow(strip)
  for (let from = 0; from < width; from += strip) {
    const count = Math.min(strip, width - from)
    for (let cut = 0; cut < bars; cut += n) {
      if (cut > 0) {
        best.fill(Number.NEGATIVE_INFINITY)
        for (let i = n - 1; i > 0; i--) {
          const t = cut - n + i
          const at = t * width + from
          for (let s = 0; s < count; s++) {
            const v = sign * x[at + s]!
            // A missing value beats all, and nothing beats it.
            if (v > best[s]! || Number.isNaN(v)) {
              best[s] = v
              bestBar[s] = t
            }
            endings[i * strip + s] = best[s]!
            endBars[i * strip + s] = bestBar[s]!
          }
        }
      }
      best.fill(Number.NEGATIVE_INFINITY)
      const last = Math.min(n, bars - cut)
      for (let i = 0; i < last; i++) {
        const t = cut + i
        const at = t * width + from
        const k = (i + 1) * strip
        for (let s = 0; s < count; s++) {
          const v = sign * x[at + s]!
          if (v >= best[s]! || Number.isNaN(v)) {
            best[s] = v
            bestBar[s] = t
          }
        }
        if (t < n - 1) continue
        for (let s = 0; s < count; s++) {
          const later = best[s]!
          const earlier = i === n - 1 ? Number.NEGATIVE_INFINITY : endings[k + s]!
          if (Number.isNaN(later) || Number.isNaN(earlier)) out[at + s] = Number.NaN
          else out[at + s] = t - (later >= earlier ? bestBar[s]! : endBars[k + s]!)
        }
      }
    }
  }
  giveBack(endings, endBars, best, bestBar)
}
