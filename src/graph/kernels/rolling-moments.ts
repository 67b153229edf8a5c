import { borrow, giveBack } from './scratch.js'
import { stripWidth } from './strips.js'

/** Takes the moments of `count` neighbouring windows; `at` is the flat index of the first in the panel. */
export type EmitMoments = (at: number, mean: Float64Array, m2: Float64Array, count: number) => void

/**
 * Mean and sum of squared deviations M2 of the last n values, for every bar ≥ n − 1 of a bars × width panel: the
 * two-block scheme (see rolling-sum) on sums of d = x − pivot and of d². A window with a NaN gives NaN.
 *
 * M2 = Σd² − (Σd)²/n is safe because the pivot is one of the window's own values: its own deviation alone gives
 * M2 ≥ mean(d)²·n/(n − 1), so that Σd² = M2 + n·mean(d)² ≤ n·M2. Cancellation can cost a factor n, never more,
 * however far the values lie from 0 and however large the pivot is. Equal values give exactly 0.
 */
export function rollingMoments(
  x: Float64Array,
  bars: number,
  width: number,
  n: number,
  emit: EmitMoments,
): void {
  const mean = borrow(width)
  const m2 = borrow(width)
  twoBlocks(x, bars, width, n, (running, ends, k, at, pivot, count) => {
    extendAndJoin(running.sum1, running.sum2, ends.sum1, ends.sum2, k, mean, m2, x, at, pivot, count, n)
    emit(at, mean, m2, count)
  })
  giveBack(mean, m2)
}

/**
 * Variance (ddof 1), or with `root` the standard deviation, of the last n values; NaN before bar n − 1. The same
 * numbers as from `rollingMoments`, in one loop.
 */
export function rollingVariance(
  out: Float64Array,
  x: Float64Array,
  bars: number,
  width: number,
  n: number,
  root: boolean,
): void {
  out.fill(Number.NaN, 0, Math.min(bars, n - 1) * width)
  const fill = root ? fillDeviation : fillVariance
  twoBlocks(x, bars, width, n, (running, ends, k, at, pivot, count) =>
    fill(out, running.sum1, running.sum2, ends.sum1, ends.sum2, k, x, at, pivot, count, n),
  )
}

/** Sums of d and d². */
interface Sums {
  readonly sum1: Float64Array
  readonly sum2: Float64Array
}

/** Takes the values of a bar into `running`, whose windows then are completed by the endings from `k` on. */
type Step = (running: Sums, ends: Sums, k: number, at: number, pivot: number, count: number) => void

function twoBlocks(x: Float64Array, bars: number, width: number, n: number, step: Step): void {
  const strip = stripWidth(width, 2 * n + 6)
  // Ending i holds rows i … n − 1 of the block before; ending n is empty.
  const ends = { sum1: borrow((n + 1) * strip), sum2: borrow((n + 1) * strip) }
  const running = { sum1: borrow(strip), sum2: borrow(strip) }
  ends.sum1.fill(0, n * strip)
  ends.sum2.fill(0, n * strip)
  for (let from = 0; from < width; from += strip) {
    const count = Math.min(strip, width - from)
    for (let cut = 0; cut < bars; cut += n) {
      const pivot = cut * width + from
      if (cut > 0)
        for (let i = n - 1; i > 0; i--)
          keepEnding(ends.sum1, ends.sum2, i * strip, strip, x, (cut - n + i) * width + from, pivot, count)
      running.sum1.fill(0)
      running.sum2.fill(0)
      const last = Math.min(n, bars - cut)
      for (let i = 0; i < last; i++) {
        const at = (cut + i) * width + from
        if (cut + i < n - 1) extend(running.sum1, running.sum2, x, at, pivot, count)
        else step(running, ends, (i + 1) * strip, at, pivot, count)
      }
    }
  }
  giveBack(ends.sum1, ends.sum2, running.sum1, running.sum2)
}

function keepEnding(
  ends1: Float64Array,
  ends2: Float64Array,
  k: number,
  strip: number,
  x: Float64Array,
  at: number,
  pivot: number,
  count: number,
) {
  for (let s = 0; s < count; s++) {
    const d = x[at + s]! - x[pivot + s]!
    ends1[k + s] = ends1[k + strip + s]! + d
    ends2[k + s] = ends2[k + strip + s]! + d * d
  }
}

function extend(
  sum1: Float64Array,
  sum2: Float64Array,
  x: Float64Array,
  at: number,
  pivot: number,
  count: number,
) {
  for (let s = 0; s < count; s++) {
    const d = x[at + s]! - x[pivot + s]!
    sum1[s] = sum1[s]! + d
    sum2[s] = sum2[s]! + d * d
  }
}

function extendAndJoin(
  sum1: Float64Array,
  sum2: Float64Array,
  ends1: Float64Array,
  ends2: Float64Array,
  k: number,
  mean: Float64Array,
  m2: Float64Array,
  x: Float64Array,
  at: number,
  pivot: number,
  count: number,
  n: number,
) {
  const share = 1 / n
  for (let s = 0; s < count; s++) {
    const p = x[pivot + s]!
    const d = x[at + s]! - p
    const so1 = sum1[s]! + d
    const so2 = sum2[s]! + d * d
    sum1[s] = so1
    sum2[s] = so2
    const all = ends1[k + s]! + so1
    const shift = all * share
    mean[s] = p + shift
    m2[s] = ends2[k + s]! + so2 - all * shift
  }
}

function fillVariance(
  out: Float64Array,
  sum1: Float64Array,
  sum2: Float64Array,
  ends1: Float64Array,
  ends2: Float64Array,
  k: number,
  x: Float64Array,
  at: number,
  pivot: number,
  count: number,
  n: number,
) {
  const share = 1 / n
  const scale = 1 / (n - 1)
  for (let s = 0; s < count; s++) {
    const d = x[at + s]! - x[pivot + s]!
    const so1 = sum1[s]! + d
    const so2 = sum2[s]! + d * d
    sum1[s] = so1
    sum2[s] = so2
    const all = ends1[k + s]! + so1
    const v = (ends2[k + s]! + so2 - all * (all * share)) * scale
    out[at + s] = v + (v - v)
  }
}

function fillDeviation(
  out: Float64Array,
  sum1: Float64Array,
  sum2: Float64Array,
  ends1: Float64Array,
  ends2: Float64Array,
  k: number,
  x: Float64Array,
  at: number,
  pivot: number,
  count: number,
  n: number,
) {
  const share = 1 / n
  const scale = 1 / (n - 1)
  for (let s = 0; s < count; s++) {
    const d = x[at + s]! - x[pivot + s]!
    const so1 = sum1[s]! + d
    const so2 = sum2[s]! + d * d
    sum1[s] = so1
    sum2[s] = so2
    const all = ends1[k + s]! + so1
    const v = Math.sqrt((ends2[k + s]! + so2 - all * (all * share)) * scale)
    out[at + s] = v + (v - v)
  }
}
