/**
 * What a factor's values say about the returns that follow them:
 * 1. Forward returns over 1 … 20 bars, from the next open to the one h bars later (forward-returns.ts): a value at the
 *    close of t cannot be traded before the open of t + 1.
 * 2. Per bar, Spearman's rank correlation of values and returns over the symbols that have both (spearman.ts).
 * 3. Mean, deviation and t over the bars; Newey–West where the returns of neighbouring bars overlap.
 * 4. Per bar, the mean return of each fifth of the symbols, and how much of the fifths changes from bar to bar.
 */
import type { Panel } from '../data/panel.js'
import { type FactorNotes, factorNotes } from './factor-notes.js'
import { factorTurnover, type TurnoverSeries } from './factor-turnover.js'
import { type ForwardReturns, forwardReturns } from './forward-returns.js'
import { type QuantileSeries, quantileReturns } from './quantile-returns.js'
import {
  correlationsPerBar,
  type InformationCoefficient,
  informationCoefficient,
  type KnownRanks,
  knownRanks,
  meanOf,
  neweyWestT,
} from './rank-ic.js'

/** What of a panel an analysis looks at: all of it, or a range of its bars (`cutBars`). */
export type PanelBars = Pick<Panel, 'dates' | 'symbols' | 'fields' | 'groups'>

/** Horizons of the decay, in bars. */
export const DECAY_BARS: readonly number[] = Object.freeze([1, 2, 3, 5, 10, 15, 20])

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
  /** Why a figure is null. */
  readonly notes: FactorNotes
}

/** The bars from which a report's figures are made. */
export interface FactorBars {
  readonly report: FactorReport
  /** Rank correlation with the next bar's return, at each bar. */
  readonly rankIc: Float64Array
  readonly quantiles: QuantileSeries
  readonly turnover: TurnoverSeries
  readonly forward: ForwardReturns
  /** Of the values, as far as the decay ranked them. */
  readonly known: KnownRanks
}

/**
 * Analyses a factor.
 * @param values T × N, row-major; NaN where there is none
 * @param panel the market data; returns use `open`, or `close` where the panel has no opens at all
 */
export const analyzeFactor = (values: Float64Array, panel: PanelBars): FactorReport =>
  factorBars(values, panel).report

/** The same, with the series behind it. */
export function factorBars(values: Float64Array, panel: PanelBars): FactorBars {
  const bars = panel.dates.length
  const symbols = panel.symbols.length
  if (values.length !== bars * symbols)
    throw new RangeError(`the factor has ${values.length} values, the panel ${bars * symbols} cells`)
  const forward = forwardReturns(panel)
  const next = forward.returnsOver(1)
  const known = knownRanks(bars, symbols)
  const decay = decayOf(values, forward, DECAY_BARS, bars, symbols, known)
  const quantiles = quantileReturns(values, next, bars, symbols)
  const turnover = factorTurnover(values, bars, symbols)
  const figures: Omit<FactorReport, 'notes'> = {
    bars,
    symbols,
    coverage: coverageOf(values, panel),
    rankIc: informationCoefficient(decay[0]!.series),
    decay: decay.map(({ series: _series, ...figure }) => figure),
    quantiles: {
      meanReturns: quantiles.fifths.map(meanOf),
      spread: meanOf(quantiles.spread),
      spreadT: informationCoefficient(quantiles.spread).t,
      bars: quantiles.bars,
    },
    turnover: {
      rankAutocorrelation: meanOf(turnover.rankAutocorrelation),
      top: meanOf(turnover.top),
      bottom: meanOf(turnover.bottom),
    },
    prices: forward.prices,
  }
  const report = { ...figures, notes: factorNotes(figures, values, next) }
  return { report, rankIc: decay[0]!.series, quantiles, turnover, forward, known }
}

/** Rank correlation with the returns over each horizon: mean, t (Newey–West beyond one bar), and the series. */
export function decayOf(
  values: Float64Array,
  forward: ForwardReturns,
  horizons: readonly number[],
  bars: number,
  symbols: number,
  known: KnownRanks = knownRanks(bars, symbols),
) {
  return horizons.map((horizon) => {
    const series = correlationsPerBar(values, forward.returnsOver(horizon), bars, symbols, { known })
    return {
      bars: horizon,
      mean: meanOf(series),
      t: horizon === 1 ? informationCoefficient(series).t : neweyWestT(series, horizon - 1),
      series,
    }
  })
}

function coverageOf(values: Float64Array, panel: PanelBars): number | null {
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
