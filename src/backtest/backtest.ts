import type { Panel } from '../data/panel.js'
import type { RowSet } from '../graph/evaluate/rows.js'
import type { Costs, Portfolio } from '../graph/strategy-graph.js'
import { benchmarkReturns } from './benchmark.js'
import type { Indicators } from './indicators.js'
import { effectiveCosts } from './markets.js'
import { computeMetrics } from './metrics/compute.js'
import { type SimulationJob, simulate, simulateTotals } from './simulate.js'
import type {
  BarRange,
  EvaluatedRule,
  Market,
  MetricNotes,
  Metrics,
  Simulation,
  SimulationTotals,
} from './types.js'

export interface BacktestInput {
  readonly panel: Panel
  readonly rule: EvaluatedRule
  /** T × N, 1 where a symbol may be held; absent: everywhere. */
  readonly universe?: Uint8Array | undefined
  /** The only bars that score, weights and universe hold; absent: all of the panel. */
  readonly decisionRows?: RowSet | undefined
  /** What exit rules and weights look at: there for every setting that names an indicator. */
  readonly indicators?: Indicators | undefined
  readonly portfolio: Portfolio
  readonly market: Market
  readonly range: BarRange
  /** Returns to measure against, one for each bar of the range; absent: `benchmarkReturns` of the panel. */
  readonly benchmark?: Float64Array | undefined
  /** T × N, where the default benchmark may hold a symbol: the config's universe, if it has one. */
  readonly benchmarkUniverse?: Uint8Array | undefined
  /** A year, as a fraction; default 0. */
  readonly riskFree?: number | undefined
}

interface Measured {
  readonly metrics: Metrics
  readonly metricNotes: MetricNotes
  readonly benchmarkReturns: Float64Array
  /** The costs that were charged. */
  readonly costs: Costs
}

export interface BacktestResult extends Measured {
  readonly simulation: Simulation
}

/** A backtest of which nobody asks for the single trades. */
export interface BacktestScore extends Measured {
  readonly simulation: SimulationTotals
}

/** Simulates an evaluated strategy on a market and measures it. Throws as `simulate` does. */
export const runBacktest = (input: BacktestInput): BacktestResult => measured(input, simulate)

/** As `runBacktest`, with the totals of the trades alone: what a search looks at. */
export const scoreBacktest = (input: BacktestInput): BacktestScore => measured(input, simulateTotals)

function measured<Result extends SimulationTotals>(
  input: BacktestInput,
  run: (job: SimulationJob) => Result,
): Measured & { readonly simulation: Result } {
  const { panel, rule, universe, decisionRows, indicators, portfolio, market, range } = input
  const { periodsPerYear } = market
  const costs = effectiveCosts(market, portfolio)
  const simulation = run({
    panel,
    range,
    rule,
    universe,
    decisionRows,
    indicators,
    portfolio,
    costs,
    periodsPerYear,
  })
  const benchmark =
    input.benchmark ??
    benchmarkReturns({ panel, range, fill: portfolio.fill, universe: input.benchmarkUniverse })
  const { metrics, notes } = computeMetrics({
    simulation,
    dates: panel.dates,
    start: range.start,
    periodsPerYear,
    benchmark,
    riskFree: input.riskFree,
  })
  return { simulation, metrics, metricNotes: notes, benchmarkReturns: benchmark, costs }
}
