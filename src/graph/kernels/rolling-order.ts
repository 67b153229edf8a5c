import { inBlocks, into } from './compiled/blocks.js'

/**
 * The quantile q of the last n values, between neighbours by linear interpolation; NaN before bar n − 1 and with a
 * missing value. The window is kept sorted: one goes, one comes, those between move by a place. `x` and `out` are
 * bars × width.
 */
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
  inBlocks(
    [x],
    1,
    bars,
    width,
    n,
    (kernels, { prev, cur, out: to, ends, rows, width: columns }) =>
      kernels.quantile(prev[0]!, cur[0]!, to[0]!, ends, n, rows, columns, below, place - below),
    into(out),
    n * 8 + 8,
  )
}

/** Percentile of the newest among the last n values, average ties; shapes as `rollingQuantile`. */
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
