import { averageRanks, correlationOfRanks, rankScratch } from './spearman.js'

/** A bar with fewer symbols says nothing about ranks. */
export const FEWEST_SYMBOLS = 5

export interface InformationCoefficient {
  /** Mean over bars of the rank correlation with the next bar's return; null where no bar has one. */
  readonly mean: number | null
  /** Deviation over bars (ddof 1); null with fewer than two bars. */
  readonly std: number | null
  /** mean / std; null where std is null or 0. */
  readonly icir: number | null
  /** icir · √bars. */
  readonly t: number | null
  /** Bars that have a rank correlation. */
  readonly bars: number
}

/** Ranks of a factor's values at each bar among the symbols of one horizon, for the horizons that have the same. */
export interface KnownRanks {
  /** T × N, 0 where a cell has no part; filled by the first horizon. */
  readonly ranks: Float64Array
  /** How many cells of each bar have a part; 0 where none is known. */
  readonly counts: Int32Array
}

export const knownRanks = (bars: number, symbols: number): KnownRanks => ({
  ranks: new Float64Array(bars * symbols),
  counts: new Int32Array(bars),
})

/**
 * Rank correlation of values and returns (T × N each) at each bar; NaN at bars with too few symbols, or where one side
 * is constant.
 * @param known saves ranking the values again for each horizon of the same values
 * @param isIn leaves cells out; not together with `known`
 */
export function correlationsPerBar(
  values: Float64Array,
  returns: Float64Array,
  bars: number,
  symbols: number,
  { known, isIn }: { readonly known?: KnownRanks; readonly isIn?: (cell: number) => boolean } = {},
): Float64Array {
  const out = new Float64Array(bars).fill(Number.NaN)
  const x = new Float64Array(symbols)
  const y = new Float64Array(symbols)
  const cells = new Int32Array(symbols)
  const scratch = rankScratch(symbols)
  for (let t = 0; t < bars; t++) {
    let n = 0
    for (let i = t * symbols; i < (t + 1) * symbols; i++)
      if (Number.isFinite(values[i]) && Number.isFinite(returns[i]) && (isIn === undefined || isIn(i))) {
        cells[n] = i
        x[n] = values[i]!
        y[n++] = returns[i]!
      }
    if (n < FEWEST_SYMBOLS) continue
    if (known === undefined || !recall(known, t, cells, n, scratch.ranksA)) {
      averageRanks(x, n, scratch.order, scratch.ranksA)
      if (known?.counts[t] === 0) {
        known.counts[t] = n
        for (let k = 0; k < n; k++) known.ranks[cells[k]!] = scratch.ranksA[k]!
      }
    }
    averageRanks(y, n, scratch.order, scratch.ranksB)
    out[t] = correlationOfRanks(scratch.ranksA, scratch.ranksB, n)
  }
  return out
}

/** Writes the known ranks of these cells into `out`; false where others were ranked, or none. */
function recall(
  { ranks, counts }: KnownRanks,
  bar: number,
  cells: Int32Array,
  n: number,
  out: Float64Array,
): boolean {
  if (counts[bar] !== n) return false
  for (let k = 0; k < n; k++) {
    const rank = ranks[cells[k]!]!
    if (rank === 0) return false
    out[k] = rank
  }
  return true
}

const finiteOf = (series: Float64Array) => series.filter((value) => Number.isFinite(value))

/** Mean of the finite values; null where there is none. */
export function meanOf(series: Float64Array): number | null {
  const finite = finiteOf(series)
  return finite.length === 0 ? null : sum(finite) / finite.length
}

const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0)

/** Below this a deviation of correlations (at most 1 in size) is rounding. */
const NO_VARIANCE = 1e-12

/** Mean, deviation and t of a series over the bars that have a value. */
export function informationCoefficient(series: Float64Array): InformationCoefficient {
  const finite = finiteOf(series)
  const n = finite.length
  const mean = meanOf(series)
  if (mean === null || n < 2) return { mean, std: null, icir: null, t: null, bars: n }
  const std = Math.sqrt(finite.reduce((total, value) => total + (value - mean) ** 2, 0) / (n - 1))
  if (std < NO_VARIANCE) return { mean, std, icir: null, t: null, bars: n }
  const icir = mean / std
  return { mean, std, icir, t: icir * Math.sqrt(n), bars: n }
}

/**
 * t of a mean whose terms are correlated up to `lag` terms apart: mean / √(S / n), S = γ₀ + 2 Σ (1 − k/(lag + 1)) γₖ,
 * γₖ = Σ eₜ eₜ₋ₖ / n. Bars without a value are left out before. Null with fewer than two, or where S is not positive.
 * Newey and West, "A Simple, Positive Semi-Definite, Heteroskedasticity and Autocorrelation Consistent Covariance
 * Matrix", Econometrica 55 (1987), p. 703.
 */
export function neweyWestT(series: Float64Array, lag: number): number | null {
  const finite = finiteOf(series)
  const n = finite.length
  if (n < 2) return null
  const mean = sum(finite) / n
  let variance = 0
  for (let k = 0; k <= Math.min(lag, n - 1); k++) {
    let gamma = 0
    for (let t = k; t < n; t++) gamma += (finite[t]! - mean) * (finite[t - k]! - mean)
    variance += (k === 0 ? 1 : 2 * (1 - k / (lag + 1))) * (gamma / n)
  }
  return variance < NO_VARIANCE ** 2 ? null : mean / Math.sqrt(variance / n)
}
