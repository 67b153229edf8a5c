import { borrow, giveBack } from './scratch.js'
import { stripWidth } from './strips.js'

/**
 * Takes, of `count` neighbouring windows, the mean, Σ(x − x̄)² and Σ(x − x̄)(k − k̄) with k = 0 … n − 1; `at` is the flat
 * index of the first in the panel.
 */
export type EmitTrend = (
  at: number,
  mean: Float64Array,
  xx: Float64Array,
  xk: Float64Array,
  count: number,
) => void

/**
 * Moments of the last n values against their position, for every bar ≥ n − 1: the two-block scheme (see rolling-sum) on
 * (mean, M2, co-moment with the position). Positions are whole numbers, so their means are known: a value before or
 * after m others lies (m + 1)/2 from their middle, and the middles of two neighbouring runs that make up n values lie
 * n/2 apart. That gives an extension by ± (x − x̄)·m/2 and a joining by (x̄_B − x̄_A)·|A|·|B|/2.
 */
export function rollingTrend(x: Float64Array, bars: number, width: number, n: number, emit: EmitTrend): void {
  const strip = stripWidth(width, 3 * n + 6)
  const endMean = borrow(n * strip)
  const endXx = borrow(n * strip)
  const endXk = borrow(n * strip)
  const mean = borrow(strip)
  const xx = borrow(strip)
  const xk = borrow(strip)
  const allMean = borrow(strip)
  const allXx = borrow(strip)
  const allXk = borrow(strip)

  const extend = (size: number, at: number, count: number, side: 1 | -1) => {
    const share = 1 / (size + 1)
    const weight = size / (size + 1)
    const lever = (side * size) / 2
    for (let s = 0; s < count; s++) {
      const v = x[at + s]!
      if (size === 0) {
        mean[s] = v
        xx[s] = xk[s] = v - v
        continue
      }
      const d = v - mean[s]!
      mean[s] = mean[s]! + d * share
      xx[s] = xx[s]! + d * d * weight
      xk[s] = xk[s]! + d * lever
    }
  }

  for (let from = 0; from < width; from += strip) {
    const count = Math.min(strip, width - from)
    for (let cut = 0; cut < bars; cut += n) {
      if (cut > 0)
        for (let i = n - 1, size = 0; i > 0; i--, size++) {
          extend(size, (cut - n + i) * width + from, count, -1)
          for (let s = 0; s < count; s++) {
            endMean[i * strip + s] = mean[s]!
            endXx[i * strip + s] = xx[s]!
            endXk[i * strip + s] = xk[s]!
          }
        }
      const last = Math.min(n, bars - cut)
      for (let i = 0; i < last; i++) {
        const at = (cut + i) * width + from
        extend(i, at, count, 1)
        if (i === n - 1) emit(at, mean, xx, xk, count)
        else if (cut > 0) {
          const k = (i + 1) * strip
          const nb = i + 1
          const na = n - nb
          for (let s = 0; s < count; s++) {
            const d = mean[s]! - endMean[k + s]!
            allMean[s] = endMean[k + s]! + (d * nb) / n
            allXx[s] = endXx[k + s]! + xx[s]! + (d * d * na * nb) / n
            allXk[s] = endXk[k + s]! + xk[s]! + (d * na * nb) / 2
          }
          emit(at, allMean, allXx, allXk, count)
        }
      }
    }
  }
  giveBack(endMean, endXx, endXk, mean, xx, xk, allMean, allXx, allXk)
}
