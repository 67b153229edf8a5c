import { borrow, giveBack } from './scratch.js'
import { stripWidth } from './strips.js'

/** Takes the moments of `count` neighbouring windows; `at` is the flat index of the first in the panel. */
export type EmitMoments = (at: number, mean: Float64Array, m2: Float64Array, count: number) => void

/**
 * Mean and sum of squared deviations of the last n values, for every bar ≥ n − 1 of a bars × width panel: the two-block
 * scheme (see rolling-sum) on (mean, M2), extended by Welford's step (1962) and joined as Chan, Golub & LeVeque (1983)
 * do. Equal values give M2 of exactly 0. A window with a NaN gives NaN.
 */
export function rollingMoments(
  x: Float64Array,
  bars: number,
  width: number,
  n: number,
  emit: EmitMoments,
): void {
  const strip = stripWidth(width, 2 * n + 4)
  const endMean = borrow(n * strip)
  const endM2 = borrow(n * strip)
  const mean = borrow(strip)
  const m2 = borrow(strip)
  const joinedMean = borrow(strip)
  const joinedM2 = borrow(strip)
  for (let from = 0; from < width; from += strip) {
    const count = Math.min(strip, width - from)
    for (let cut = 0; cut < bars; cut += n) {
      if (cut > 0)
        for (let i = n - 1, size = 0; i > 0; i--, size++)
          extendKeeping(mean, m2, size, x, (cut - n + i) * width + from, endMean, endM2, i * strip, count)
      const last = Math.min(n, bars - cut)
      for (let i = 0; i < last; i++) {
        const at = (cut + i) * width + from
        extend(mean, m2, i, x, at, count)
        if (i === n - 1) emit(at, mean, m2, count)
        else if (cut > 0) {
          join(joinedMean, joinedM2, endMean, endM2, (i + 1) * strip, n - 1 - i, mean, m2, i + 1, count)
          emit(at, joinedMean, joinedM2, count)
        }
      }
    }
  }
  giveBack(endMean, endM2, mean, m2, joinedMean, joinedM2)
}

function extend(
  mean: Float64Array,
  m2: Float64Array,
  size: number,
  x: Float64Array,
  at: number,
  count: number,
) {
  if (size === 0) {
    for (let s = 0; s < count; s++) {
      const v = x[at + s]!
      mean[s] = v
      m2[s] = v - v
    }
    return
  }
  const share = 1 / (size + 1)
  const weight = size / (size + 1)
  for (let s = 0; s < count; s++) {
    const d = x[at + s]! - mean[s]!
    mean[s] = mean[s]! + d * share
    m2[s] = m2[s]! + d * d * weight
  }
}

function extendKeeping(
  mean: Float64Array,
  m2: Float64Array,
  size: number,
  x: Float64Array,
  at: number,
  endMean: Float64Array,
  endM2: Float64Array,
  k: number,
  count: number,
) {
  if (size === 0) {
    for (let s = 0; s < count; s++) {
      const v = x[at + s]!
      endMean[k + s] = mean[s] = v
      endM2[k + s] = m2[s] = v - v
    }
    return
  }
  const share = 1 / (size + 1)
  const weight = size / (size + 1)
  for (let s = 0; s < count; s++) {
    const d = x[at + s]! - mean[s]!
    endMean[k + s] = mean[s] = mean[s]! + d * share
    endM2[k + s] = m2[s] = m2[s]! + d * d * weight
  }
}

function join(
  outMean: Float64Array,
  outM2: Float64Array,
  endMean: Float64Array,
  endM2: Float64Array,
  k: number,
  sizeA: number,
  mean: Float64Array,
  m2: Float64Array,
  sizeB: number,
  count: number,
) {
  const share = sizeB / (sizeA + sizeB)
  const weight = sizeA * share
  for (let s = 0; s < count; s++) {
    const meanA = endMean[k + s]!
    const d = mean[s]! - meanA
    outMean[s] = meanA + d * share
    outM2[s] = endM2[k + s]! + m2[s]! + d * d * weight
  }
}
