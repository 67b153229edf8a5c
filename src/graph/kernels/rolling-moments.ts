import { type BarsAsked, inBlocks, into } from './compiled/blocks.js'
import type { Series } from './compiled/series.js'

/**
 * Takes the moments of `count` neighbouring windows; `at` is the flat index of the first among the results, `from` that
 * of its newest value in the input.
 */
export type EmitMoments = (
  at: number,
  mean: Float64Array,
  m2: Float64Array,
  count: number,
  from: number,
) => void

/** What the compiled kernel writes. */
const VARIANCE = 0
const DEVIATION = 1
const BOTH = 2

/**
 * Mean and sum of squared deviations M2 of the last n values, for every bar of a bars × width panel (NaN before bar
 * n − 1): the two-block scheme (see rolling-sum) on sums of d = x − pivot and of d². A window with a NaN gives NaN.
 *
 * M2 = Σd² − (Σd)²/n is safe because the pivot is one of the window's own values: its own deviation alone gives
 * M2 ≥ mean(d)²·n/(n − 1), so that Σd² = M2 + n·mean(d)² ≤ n·M2. Cancellation can cost a factor n, never more,
 * however far the values lie from 0 and however large the pivot is. Equal values give exactly 0.
 */
export function rollingMoments(
  x: Series,
  bars: BarsAsked,
  width: number,
  n: number,
  emit: EmitMoments,
): void {
  inBlocks(
    [x],
    2,
    bars,
    width,
    n,
    (kernels, { prev, cur, out, ends, first, rows, width: columns, asked }) =>
      kernels.moments(prev[0]!, cur[0]!, out[0]!, out[1]!, ends, n, first, rows, columns, asked, BOTH),
    (at, [mean, m2], count, from) => emit(at, mean!, m2!, count, from),
  )
}

/**
 * Variance (ddof 1), or with `root` the standard deviation, of the last n values; NaN before bar n − 1. The same
 * numbers as from `rollingMoments`.
 */
export function rollingVariance(
  out: Float64Array,
  x: Series,
  bars: BarsAsked,
  width: number,
  n: number,
  root: boolean,
): void {
  const what = root ? DEVIATION : VARIANCE
  inBlocks(
    [x],
    1,
    bars,
    width,
    n,
    (kernels, { prev, cur, out: to, ends, first, rows, width: columns, asked }) =>
      kernels.moments(prev[0]!, cur[0]!, to[0]!, 0, ends, n, first, rows, columns, asked, what),
    into(out),
  )
}
