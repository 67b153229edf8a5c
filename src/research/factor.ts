/**
 * What a factor's values say about the returns that follow them:
 * 1. Forward returns over 1 … 20 bars, from the next open to the one h bars later (forward-returns.ts): a value at the
 *    close of t cannot be traded before the open of t + 1.
 * 2. Per bar, Spearman's rank correlation of values and returns over the symbols that have both (spearman.ts).
 * 3. Mean, deviation and t over the bars; Newey–West where the returns of neighbouring bars overlap.
 * 4. Per bar, the mean return of each fifth of the symbols, and how much of the fifths changes from bar to bar.
 */
import type { Panel } from '../data/panel.js'
import { forwardReturns } from './forward-returns.js'
import { averageRanks, rankScratch, spearman } from './spearman.js'

/** Horizons of the decay, in bars. */
export const DECAY_BARS: readonly number[] = Object.freeze([1, 2, 3, 5, 10, 15, 20])
export const QUANTILES = 5
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

export interface FactorReport {
  /** Size of the panel. */
  readonly bars: number
  readonly symbols: number
  /** Finite values per cell that has a close, a fraction; null for a panel without any. */
  readonly coverage: number | null
  readonly rankIc: InformationCoefficient
  /** Rank correlation with the return over the next `bars` bars; t by Newey–West with lag bars − 1. */
  readonly decay: readonly {
    readonly bars: number
    readonly mean: number | null
    readonly t: number | null
  }[]
  readonly quantiles: {
    /** Mean return of a bar by fifth of the factor, lowest values first; equal weights. */
    readonly meanReturns: readonly (number | null)[]
    /** Mean over bars of the highest fifth's return less the lowest's. */
    readonly spread: number | null
    readonly spreadT: number | null
    readonly bars: number
  }
  readonly turnover: {
    /** Mean correlation of the symbols' ranks with those one bar before. */
    readonly rankAutocorrelation: number | null
    /** Mean share of the highest and of the lowest fifth that was not in it one bar before. */
    readonly top: number | null
    readonly bottom: number | null
  }
  /** Which prices the returns are made of. */
  readonly prices: 'open' | 'close'
}

/**
 * Analyses a factor.
 * @param values T × N, row-major; NaN where there is none
 * @param panel the market data; returns use `open`, or `close` where the panel has no opens at all
 */
export function analyzeFactor(values: Float64Array, panel: Panel): FactorReport {
  const bars = panel.dates.length
  const symbols = panel.symbols.length
  if (values.length !== bars * symbols)
    throw new RangeError(`the factor has ${values.length} values, the panel ${bars * symbols} cells`)
  const { returnsOver, prices } = forwardReturns(panel)
  const correlations = DECAY_BARS.map((horizon) =>
    correlationsPerBar(values, returnsOver(horizon), bars, symbols),
  )
  const quantiles = quantileReturns(values, returnsOver(1), bars, symbols)
  return {
    bars,
    symbols,
    coverage: coverageOf(values, panel),
    rankIc: informationCoefficient(correlations[0]!),
    decay: DECAY_BARS.map((horizon, i) => ({
      bars: horizon,
      mean: meanOf(correlations[i]!),
      t:
        horizon === 1
          ? informationCoefficient(correlations[i]!).t
          : neweyWestT(correlations[i]!, horizon - 1),
    })),
    quantiles,
    turnover: turnoverOf(values, bars, symbols),
    prices,
  }
}

function coverageOf(values: Float64Array, panel: Panel): number | null {
  const close = panel.fields.get('close')!
  let cells = 0
  let finite = 0
  for (let i = 0; i < values.length; i++)
    if (Number.isFinite(close[i])) {
      cells++
      if (Number.isFinite(values[i])) finite++
    }
  return cells === 0 ? null : finite / cells
}

/** Rank correlation at each bar; NaN at bars with too few symbols, or where one side is constant. */
function correlationsPerBar(
  values: Float64Array,
  returns: Float64Array,
  bars: number,
  symbols: number,
): Float64Array {
  const out = new Float64Array(bars).fill(Number.NaN)
  const x = new Float64Array(symbols)
  const y = new Float64Array(symbols)
  const scratch = rankScratch(symbols)
  for (let t = 0; t < bars; t++) {
    let n = 0
    for (let i = t * symbols; i < (t + 1) * symbols; i++)
      if (Number.isFinite(values[i]) && Number.isFinite(returns[i])) {
        x[n] = values[i]!
        y[n++] = returns[i]!
      }
    if (n >= FEWEST_SYMBOLS) out[t] = spearman(x, y, n, scratch)
  }
  return out
}

const finiteOf = (series: Float64Array) => series.filter((value) => Number.isFinite(value))

function meanOf(series: Float64Array): number | null {
  const finite = finiteOf(series)
  return finite.length === 0 ? null : sum(finite) / finite.length
}

const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0)

/** Below this a deviation of correlations (at most 1 in size) is rounding. */
const NO_VARIANCE = 1e-12

function informationCoefficient(series: Float64Array): InformationCoefficient {
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

/** Fifth of each of n ranks (average ranks, 1 … n): 0 … 4. */
const fifthOf = (rank: number, n: number) => Math.ceil((rank * QUANTILES) / n - 1e-9) - 1

function quantileReturns(
  values: Float64Array,
  returns: Float64Array,
  bars: number,
  symbols: number,
): FactorReport['quantiles'] {
  const x = new Float64Array(symbols)
  const y = new Float64Array(symbols)
  const { sorted, ranksA } = rankScratch(symbols)
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
    averageRanks(x, n, sorted, ranksA)
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
  return {
    meanReturns: perBar.map(meanOf),
    spread: meanOf(spreads),
    spreadT: informationCoefficient(spreads).t,
    bars: used,
  }
}

function turnoverOf(values: Float64Array, bars: number, symbols: number): FactorReport['turnover'] {
  const before = new Float64Array(symbols)
  const now = new Float64Array(symbols)
  const scratch = rankScratch(symbols)
  const autocorrelations = new Float64Array(bars).fill(Number.NaN)
  const top = new Float64Array(bars).fill(Number.NaN)
  const bottom = new Float64Array(bars).fill(Number.NaN)
  let previous = fifths(values, 0, symbols)
  for (let t = 1; t < bars; t++) {
    let n = 0
    for (let s = 0; s < symbols; s++) {
      const a = values[(t - 1) * symbols + s]!
      const b = values[t * symbols + s]!
      if (Number.isFinite(a) && Number.isFinite(b)) {
        before[n] = a
        now[n++] = b
      }
    }
    if (n >= FEWEST_SYMBOLS) autocorrelations[t] = spearman(before, now, n, scratch)
    const current = fifths(values, t, symbols)
    top[t] = shareOfNew(previous, current, QUANTILES - 1)
    bottom[t] = shareOfNew(previous, current, 0)
    previous = current
  }
  return { rankAutocorrelation: meanOf(autocorrelations), top: meanOf(top), bottom: meanOf(bottom) }
}

/** Fifth of each symbol at a bar, −1 without a value; all −1 at a bar with too few symbols. */
function fifths(values: Float64Array, bar: number, symbols: number): Int8Array {
  const out = new Int8Array(symbols).fill(-1)
  const who: number[] = []
  for (let s = 0; s < symbols; s++) if (Number.isFinite(values[bar * symbols + s])) who.push(s)
  const n = who.length
  if (n < FEWEST_SYMBOLS) return out
  const { sorted, ranksA } = rankScratch(n)
  averageRanks(
    Float64Array.from(who, (s) => values[bar * symbols + s]!),
    n,
    sorted,
    ranksA,
  )
  who.forEach((s, i) => {
    out[s] = fifthOf(ranksA[i]!, n)
  })
  return out
}

/** Share of a fifth's members that were not in it before; NaN where it was or is empty. */
function shareOfNew(previous: Int8Array, current: Int8Array, fifth: number): number {
  let members = 0
  let stayed = 0
  let had = false
  for (let s = 0; s < current.length; s++) {
    had ||= previous[s] === fifth
    if (current[s] !== fifth) continue
    members++
    if (previous[s] === fifth) stayed++
  }
  return members === 0 || !had ? Number.NaN : (members - stayed) / members
}
