import { type BarsAsked, inBlocks, into } from './compiled/blocks.js'
import type { Series } from './compiled/series.js'

/** Takes the central moments of `count` neighbouring windows; `at` is the flat index of the first among the results. */
export type EmitShape = (
  at: number,
  m2: Float64Array,
  m3: Float64Array,
  m4: Float64Array,
  count: number,
) => void

/**
 * Sums of squared, cubed and fourth powers of deviations of the last n values, for every bar (NaN before bar n − 1): the
 * two-block scheme (see rolling-sum) with the update and joining formulas of Pébay, Formulas for robust, one-pass
 * parallel computation of covariances and arbitrary-order statistical moments (2008).
 */
export function rollingShape(x: Series, bars: BarsAsked, width: number, n: number, emit: EmitShape): void {
  inBlocks(
    [x],
    3,
    bars,
    width,
    n,
    (kernels, { prev, cur, out, ends, rows, width: columns, asked }) =>
      kernels.shape(prev[0]!, cur[0]!, out[0]!, out[1]!, out[2]!, ends, n, rows, columns, asked),
    (at, [m2, m3, m4], count) => emit(at, m2!, m3!, m4!, count),
  )
}

/**
 * Mean of |x − mean| over the last n values, `mean` being the one of the same window (its NaN marks windows that are
 * not whole). Arrays are bars × width. Every window is gone through anew: its centre moves with each bar.
 */
export function meanAbsoluteDeviation(
  out: Float64Array,
  x: Series,
  mean: Float64Array,
  bars: number,
  width: number,
  n: number,
): void {
  inBlocks(
    [x, mean],
    1,
    bars,
    width,
    n,
    (kernels, { prev, cur, out: to, rows, width: columns }) =>
      kernels.absoluteDeviation(prev[0]!, cur[0]!, cur[1]!, to[0]!, n, rows, columns),
    into(out),
  )
}
