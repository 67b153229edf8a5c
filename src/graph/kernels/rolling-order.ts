import { type BarsAsked, inBlocks, into, onlyAt, type RunBlock } from './compiled/blocks.js'
import type { Series } from './compiled/series.js'
import { inWindows } from './compiled/windows.js'

/**
 * The quantile q of the last n values, between neighbours by linear interpolation; NaN before bar n − 1 and with a
 * missing value. The window is kept sorted: one goes, one comes. `x` and `out` are bars × width.
 */
export function rollingQuantile(
  out: Float64Array,
  x: Series,
  bars: BarsAsked,
  width: number,
  n: number,
  q: number,
): void {
  const place = q * (n - 1)
  const below = Math.min(Math.floor(place), n - 1)
  // Two columns at a time, of odd numbers one more.
  const perColumn = (n + 1) * 10
  const run: RunBlock = (kernels, { prev, cur, out: to, ends, rows, width: columns }) =>
    kernels.quantile(prev[0]!, cur[0]!, to[0]!, ends, n, rows, columns, below, place - below)
  if (typeof bars === 'number') {
    inBlocks([x], 1, bars, width, n, run, into(out), perColumn)
    return
  }
  const all = (bars.bars.at(-1) ?? -1) + 1
  // A window sorted from nothing costs n times as much as one bar further on.
  if (bars.places !== undefined || bars.bars.length * n < 2 * all)
    inWindows(out, x, bars, width, n, run, perColumn)
  else inBlocks([x], 1, all, width, n, run, onlyAt(bars.bars, all, width, into(out)), perColumn)
}

/** Percentile of the newest among the last n values, average ties; shapes as `rollingQuantile`. */
export function rollingRank(out: Float64Array, x: Series, bars: BarsAsked, width: number, n: number): void {
  inBlocks(
    [x],
    1,
    bars,
    width,
    n,
    (kernels, { prev, cur, out: to, rows, width: columns, asked }) =>
      kernels.rankNewest(prev[0]!, cur[0]!, to[0]!, n, rows, columns, asked),
    into(out),
  )
}
