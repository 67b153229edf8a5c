import type { Panel } from '../data/panel.js'
import type { RowSet } from '../graph/evaluate/rows.js'
import type { Costs, Portfolio, Select } from '../graph/strategy-graph.js'
import type { Indicators } from './indicators.js'

/** Bars `start` … `end` of a panel, both included, as indices into its dates. */
export interface BarRange {
  readonly start: number
  readonly end: number
}

/** What a market charges and how many bars make its year. */
export interface Market {
  readonly name: string
  readonly costs: Costs
  readonly periodsPerYear: number
}

/**
 * A strategy's graph, evaluated: row-major arrays, T × N over the whole panel. Where the simulation is given
 * `decisionRows`, score and weights hold those bars alone.
 */
export type EvaluatedRule =
  | { readonly kind: 'score'; readonly score: Float64Array; readonly select: Select }
  | { readonly kind: 'signals'; readonly enter: Uint8Array; readonly exit: Uint8Array }
  | { readonly kind: 'weights'; readonly weights: Float64Array }

export interface SimulationInput {
  readonly panel: Panel
  readonly range: BarRange
  readonly rule: EvaluatedRule
  /** T × N, 1 where a symbol may be held; absent: everywhere. */
  readonly universe?: Uint8Array | undefined
  /** The only bars that score, weights and universe hold; absent: all of the panel. */
  readonly decisionRows?: RowSet | undefined
  /** What exit rules and weights look at: there for every setting that names an indicator. */
  readonly indicators?: Indicators | undefined
  readonly portfolio: Portfolio
  /** The market's costs with the strategy's overrides applied. */
  readonly costs: Costs
  readonly periodsPerYear: number
}

export type TradeReason =
  | 'rebalance'
  | 'signal'
  | 'stopLoss'
  | 'takeProfit'
  | 'trailingStop'
  | 'atrStop'
  | 'volatilityStop'
  | 'maxHoldingBars'
  | 'delisted'
  | 'end'

/** One position from flat to flat. Prices in the panel's unit, money in units of initial equity (1.0). */
export interface Trade {
  readonly symbol: string
  readonly side: 'long' | 'short'
  readonly entryBar: number
  readonly entryDate: string
  readonly entryPrice: number
  readonly exitBar: number
  readonly exitDate: string
  readonly exitPrice: number
  /** Shares opened in all (positive, for a short too). */
  readonly shares: number
  /** Net of costs, without borrow and financing. */
  readonly pnl: number
  /** Commission, tax and slippage of all its fills; `pnl` is after it. */
  readonly cost: number
  /** pnl over Σ opening shares × price. */
  readonly return: number
  /** Bars from the entry fill to the exit fill. */
  readonly bars: number
  readonly reason: TradeReason
}

/** Sums over the trades of a backtest; money in units of initial equity. */
export interface TradeTotals {
  /** Positions that were closed, and those still open at the end; all but `open` speak of the closed ones. */
  readonly closed: number
  readonly open: number
  /** Those whose pnl is above 1e-12. */
  readonly winners: number
  /** Σ pnl of the winners, and −Σ pnl of the losers. */
  readonly won: number
  readonly lost: number
  /** Σ return, and Σ bars held. */
  readonly returns: number
  readonly bars: number
}

/** One round of fills at a bar: a rebalance, or positions closed outside one. */
export interface FillRecord {
  readonly bar: number
  /** Σ|Δ_i| / E. */
  readonly traded: number
  /** Σ cost / E. */
  readonly cost: number
}

/** What a simulation comes to, without the single trades. */
export interface SimulationTotals {
  readonly status: 'completed' | 'ruined'
  /** Equity at each close of the range, E before it = 1. Shorter than the range when ruined. */
  readonly equity: Float64Array
  /** r_t = E_t / E_{t−1} − 1, same length as `equity`. */
  readonly returns: Float64Array
  /** Gross value / E at each close. */
  readonly exposure: Float64Array
  /** Totals of the trades. */
  readonly tradeTotals: TradeTotals
  readonly fills: readonly FillRecord[]
  /** What the account paid to hold: Σ of borrow and of financing costs. Σ pnl of the trades − both = totalReturn. */
  readonly carry: { readonly borrow: number; readonly financing: number }
  readonly warnings: readonly { readonly code: string; readonly message: string; readonly count: number }[]
}

export interface Simulation extends SimulationTotals {
  /** In the order in which they were closed, those open at the end last and by symbol. */
  readonly trades: readonly Trade[]
}

/** Every metric, by its name in `backtest --json`. A metric that is undefined is null, with the reason in the notes. */
export const METRIC_NAMES = [
  'totalReturn',
  'cagr',
  'volatility',
  'sharpe',
  'sortino',
  'maxDrawdown',
  'calmar',
  'ulcer',
  'turnover',
  'costDrag',
  'exposure',
  'trades',
  'winRate',
  'profitFactor',
  'expectancy',
  'avgHoldingBars',
  'positiveMonths',
  'var95',
  'cvar95',
  'skew',
  'kurtosis',
  'beta',
  'alpha',
  'trackingError',
  'informationRatio',
  'upCapture',
  'downCapture',
] as const

export type MetricName = (typeof METRIC_NAMES)[number]
export type Metrics = Readonly<Record<MetricName, number | null>>
/** Why a metric is null. */
export type MetricNotes = Readonly<Partial<Record<MetricName, string>>>
