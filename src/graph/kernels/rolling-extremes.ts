import { type BarsAsked, inBlocks, into } from './compiled/blocks.js'
import type { Series } from './compiled/series.js'

/** Largest of the last n values; NaN before bar n − 1 and with a missing value. The two-block scheme: see rolling-sum. */
export function rollingMax(out: Float64Array, x: Series, bars: BarsAsked, width: number, n: number): void {
  rollingExtreme(out, x, bars, width, n, 0)
}

/** Smallest of the last n values, as `rollingMax`. */
export function rollingMin(out: Float64Array, x: Series, bars: BarsAsked, width: number, n: number): void {
  rollingExtreme(out, x, bars, width, n, 1)
}

function rollingExtreme(
  out: Float64Array,
  x: Series,
  bars: BarsAsked,
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
    (kernels, { prev, cur, out: to, ends, first, rows, width: columns }) =>
      kernels.extreme(prev[0]!, cur[0]!, to[0]!, ends, n, first, rows, columns, least),
    into(out),
  )
}

/**
 * Bars back from t to the largest (`sign` 1) or smallest (−1) of the last n values, the most recent of equal ones; NaN
 * before bar n − 1 and with a missing value in the window.
 */
export function rollingExtremeAge(
  out: Float64Array,
  x: Series,
  bars: BarsAsked,
  width: number,
  n: number,
  sign: 1 | -1,
): void {
  inBlocks(
    [x],
    1,
    bars,
    width,
    n,
    (kernels, { prev, cur, out: to, ends, rows, width: columns }) =>
      kernels.extremeAge(prev[0]!, cur[0]!, to[0]!, ends, n, rows, columns, sign),
    into(out),
  )
}
