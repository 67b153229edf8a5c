import { type BarsAsked, inBlocks, into } from './compiled/blocks.js'
import type { Series } from './compiled/series.js'

/** What the compiled kernel writes. */
const WHAT = { correlation: 0, covariance: 1, slope: 2 } as const

/**
 * Correlation, covariance (ddof 1) or slope (of x on y) over the last n pairs of two bars × width panels: the two-block
 * scheme with pivots, safe for the reason given in rolling-moments. NaN before bar n − 1, with a missing value on
 * either side, and where a constant side makes it 0/0 (its sums are exact zeros).
 */
export function rollingCoMoment(
  out: Float64Array,
  x: Series,
  y: Series,
  bars: BarsAsked,
  width: number,
  n: number,
  what: keyof typeof WHAT,
): void {
  inBlocks(
    [x, y],
    1,
    bars,
    width,
    n,
    (kernels, { prev, cur, out: to, ends, rows, width: columns, asked }) =>
      kernels.coMoments(
        prev[0]!,
        prev[1]!,
        cur[0]!,
        cur[1]!,
        to[0]!,
        ends,
        n,
        rows,
        columns,
        asked,
        WHAT[what],
      ),
    into(out),
  )
}
