import { FEWEST_SYMBOLS } from './rank-ic.js'
import { averageRanks, rankScratch } from './spearman.js'

export const QUANTILES = 5

/** Fifth of each of n ranks (average ranks, 1 … n): 0 … 4. */
export const fifthOf = (rank: number, n: number) => Math.ceil((rank * QUANTILES) / n - 1e-9) - 1

/** Equal-weight returns of each fifth at each bar, lowest values first; NaN where there is none. */
export interface QuantileSeries {
  readonly fifths: readonly Float64Array[]
  /** The highest fifth's less the lowest's. */
  readonly spread: Float64Array
  /** Bars that had symbols enough. */
  readonly bars: number
}

/** What the fifths of a factor returned, bar by bar. */
export function quantileReturns(
  values: Float64Array,
  returns: Float64Array,
  bars: number,
  symbols: number,
): QuantileSeries {
  const x = new Float64Array(symbols)
  const y = new Float64Array(symbols)
  const { order, ranksA } = rankScratch(symbols)
  const perBar = Array.from({ length: QUANTILES }, () => new Float64Array(bars).fill(Number.NaN))
  const spreads = new Float64Array(bars).fill(Number.NaN)
  let used = 0
  for (let t = 0; t < bars; t++) {
    let n = 0
    for (let i = t * symbols; i < (t + 1) * symbols; i++)
      if (Number.isFinite(values[i]) && Number.isFinite(returns[i])) {
        x[n] = values[i]!
        y[n++] = returns[i]!
      }
    if (n < FEWEST_SYMBOLS) continue
    used++
    averageRanks(x, n, order, ranksA)
    const total = new Float64Array(QUANTILES)
    const count = new Float64Array(QUANTILES)
    for (let i = 0; i < n; i++) {
      const q = fifthOf(ranksA[i]!, n)
      total[q]! += y[i]!
      count[q]! += 1
    }
    // With many equal values a fifth may be empty at a bar.
    for (let q = 0; q < QUANTILES; q++) if (count[q]! > 0) perBar[q]![t] = total[q]! / count[q]!
    spreads[t] = perBar[QUANTILES - 1]![t]! - perBar[0]![t]!
  }
  return { fifths: perBar, spread: spreads, bars: used }
}
