import { type BarsAsked, inBlocks } from './compiled/blocks.js'
import type { Series } from './compiled/series.js'

/**
 * Takes, of `count` neighbouring windows, the mean, Σ(x − x̄)² and Σ(x − x̄)(k − k̄) with k = 0 … n − 1; `at` is the flat
 * index of the first among the results, `from` that of its newest value in the input.
 */
export type EmitTrend = (
  at: number,
  mean: Float64Array,
  xx: Float64Array,
  xk: Float64Array,
  count: number,
  from: number,
) => void

/**
 * Moments of the last n values against their position, for every bar (NaN before bar n − 1): the two-block scheme (see
 * rolling-sum) on (mean, M2, co-moment with the position). Positions are whole numbers, so their means are known: a
 * value before or after m others lies (m + 1)/2 from their middle, and the middles of two neighbouring runs that make
 * up n values lie n/2 apart. That gives an extension by ± (x − x̄)·m/2 and a joining by (x̄_B − x̄_A)·|A|·|B|/2.
 */
export function rollingTrend(x: Series, bars: BarsAsked, width: number, n: number, emit: EmitTrend): void {
  inBlocks(
    [x],
    3,
    bars,
    width,
    n,
    (kernels, { prev, cur, out, ends, rows, width: columns, asked }) =>
      kernels.trend(prev[0]!, cur[0]!, out[0]!, out[1]!, out[2]!, ends, n, rows, columns, asked),
    (at, [mean, xx, xk], count, from) => emit(at, mean!, xx!, xk!, count, from),
  )
}
