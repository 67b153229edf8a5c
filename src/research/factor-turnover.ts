import { fifthOf, QUANTILES } from './quantile-returns.js'
import { FEWEST_SYMBOLS } from './rank-ic.js'
import { averageRanks, type RankScratch, rankScratch, spearman } from './spearman.js'

/** How much of a factor's order changes from bar to bar; NaN at the first bar, and where it is not known. */
export interface TurnoverSeries {
  /** Correlation of the symbols' ranks with those one bar before. */
  readonly rankAutocorrelation: Float64Array
  /** Share of the highest and of the lowest fifth that was not in it one bar before. */
  readonly top: Float64Array
  readonly bottom: Float64Array
}

export function factorTurnover(values: Float64Array, bars: number, symbols: number): TurnoverSeries {
  const before = new Float64Array(symbols)
  const now = new Float64Array(symbols)
  const scratch = rankScratch(symbols)
  const autocorrelations = new Float64Array(bars).fill(Number.NaN)
  const top = new Float64Array(bars).fill(Number.NaN)
  const bottom = new Float64Array(bars).fill(Number.NaN)
  const fifthsScratch = { ...scratch, who: new Int32Array(symbols), row: new Float64Array(symbols) }
  let previous = fifths(values, 0, symbols, fifthsScratch)
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
    const current = fifths(values, t, symbols, fifthsScratch)
    top[t] = shareOfNew(previous, current, QUANTILES - 1)
    bottom[t] = shareOfNew(previous, current, 0)
    previous = current
  }
  return { rankAutocorrelation: autocorrelations, top, bottom }
}

/** Fifth of each symbol at a bar, −1 without a value; all −1 at a bar with too few symbols. */
function fifths(values: Float64Array, bar: number, symbols: number, scratch: FifthsScratch): Int8Array {
  const { who, row, order, ranksA } = scratch
  const out = new Int8Array(symbols).fill(-1)
  let n = 0
  for (let s = 0; s < symbols; s++) {
    const value = values[bar * symbols + s]!
    if (!Number.isFinite(value)) continue
    who[n] = s
    row[n++] = value
  }
  if (n < FEWEST_SYMBOLS) return out
  averageRanks(row, n, order, ranksA)
  for (let i = 0; i < n; i++) out[who[i]!] = fifthOf(ranksA[i]!, n)
  return out
}

interface FifthsScratch extends RankScratch {
  /** Symbols with a value, and their values. */
  readonly who: Int32Array
  readonly row: Float64Array
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
