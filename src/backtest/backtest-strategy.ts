import { usageError } from '../base/errors.js'
import type { Panel } from '../data/panel.js'
import { createEvaluator, type Evaluator } from '../graph/evaluate/columnar.js'
import { symbolIndex } from '../graph/evaluate/context.js'
import { checkWindows, rootsOf } from '../graph/first-values.js'
import { createStrategy, type Strategy } from '../graph/strategy.js'
import type { Costs, Fill } from '../graph/strategy-graph.js'
import type { WindowFunctions } from '../graph/window-function/window-functions.js'
import { type BacktestResult, runBacktest } from './backtest.js'
import { type BenchmarkSeries, seriesReturns } from './benchmark-series.js'
import { inputWarnings } from './input-warnings.js'
import { DEFAULT_MARKET, resolveMarket } from './markets.js'
import { evaluateRule } from './strategy-rule.js'
import type { BarRange, Market, Simulation } from './types.js'

export interface BacktestOptions {
  /** A market's name, or one of your own; default `us-stock`. */
  readonly market?: string | Market
  /** Replace single costs of the market; the strategy's own go before both. */
  readonly costs?: Partial<Costs>
  /** First and last day (ISO), both included; earlier bars only warm indicators up. Default: the whole panel. */
  readonly start?: string
  readonly end?: string
  /** Instead of what the strategy says. */
  readonly fill?: Fill
  /**
   * A symbol: what `benchmark(…)` reads, and what the strategy is measured against, held without costs. Default: the
   * equal weight of all symbols.
   */
  readonly benchmark?: string | undefined
  /**
   * Levels of an index to measure against, in place of `benchmark` or the equal weight; what `benchmark(…)` reads
   * stays.
   */
  readonly benchmarkSeries?: BenchmarkSeries | undefined
  /** Computed factors are shared through it; it must be the panel's own, and have the same benchmark. */
  readonly evaluator?: Evaluator
  /** Where `custom` functions run, when there is no evaluator that knows. */
  readonly windowFunctions?: WindowFunctions | undefined
  /** A year, as a fraction; default 0. */
  readonly riskFree?: number
}

export interface StrategyBacktest extends BacktestResult {
  readonly strategy: Strategy
  /** Bars that were evaluated, as indices into the panel's dates. */
  readonly range: BarRange
  readonly market: Market
  /** What it was measured against. */
  readonly benchmark: BenchmarkInfo
}

/** What a backtest was measured against: `name` is a symbol, the name of a series, or says what is held. */
export interface BenchmarkInfo {
  readonly kind: 'equalWeight' | 'symbol' | 'series'
  readonly name: string
}

/**
 * Backtests a strategy on a panel, as the accounting page defines it.
 * @throws AlphaloopError (usage) UNKNOWN_FIELD, UNKNOWN_GROUP, UNKNOWN_SYMBOL, NO_OPEN_PRICES, NO_HIGH_LOW_PRICES,
 *   UNKNOWN_MARKET, EMPTY_RANGE, WRONG_EVALUATOR, BENCHMARK_RANGE, WINDOW_TOO_LONG (the panel is too short for it to decide anything)
 */
export function backtest(strategy: Strategy, panel: Panel, options: BacktestOptions = {}): StrategyBacktest {
  const { start, end, fill, riskFree, benchmark, benchmarkSeries } = options
  const market = marketFor(options)
  const filled = fill === undefined ? strategy : withFill(strategy, fill)
  const range = rangeOf(panel, start, end)
  checkWindows(filled, rootsOf(filled), range.end + 1)
  const evaluated = evaluateRule(filled, evaluatorFor(panel, options))
  const result = runBacktest({
    panel,
    ...evaluated,
    portfolio: filled.graph.portfolio,
    market,
    range,
    riskFree,
    ...(benchmarkSeries !== undefined
      ? { benchmark: seriesReturns(benchmarkSeries, panel.dates, range) }
      : benchmark !== undefined
        ? { benchmarkUniverse: onlySymbol(panel, benchmark) }
        : {}),
  })
  const warnings = inputWarnings({ strategy: filled, panel, range, evaluated, simulation: result.simulation })
  return {
    ...result,
    simulation: withWarnings(result.simulation, warnings),
    strategy: filled,
    range,
    market,
    benchmark: benchmarkInfo(options),
  }
}

function benchmarkInfo({ benchmark, benchmarkSeries }: BacktestOptions): BenchmarkInfo {
  if (benchmarkSeries !== undefined) return { kind: 'series', name: benchmarkSeries.name }
  if (benchmark !== undefined) return { kind: 'symbol', name: benchmark }
  return { kind: 'equalWeight', name: 'equal weight of all symbols, rebalanced monthly, without costs' }
}

/** A copy with more warnings; what it computes when it is read stays so. */
function withWarnings(simulation: Simulation, more: Simulation['warnings']): Simulation {
  if (more.length === 0) return simulation
  const { warnings, ...rest } = Object.getOwnPropertyDescriptors(simulation)
  return Object.defineProperties({} as Simulation, {
    ...rest,
    warnings: { ...warnings, value: [...simulation.warnings, ...more] },
  })
}

/** The market that was named or given, with single costs replaced. @throws AlphaloopError (usage) UNKNOWN_MARKET */
export function marketFor({ market, costs }: Pick<BacktestOptions, 'market' | 'costs'>): Market {
  const named = market ?? DEFAULT_MARKET
  const base = typeof named === 'string' ? resolveMarket(named) : named
  return costs === undefined ? base : { ...base, costs: { ...base.costs, ...costs } }
}

/** The evaluator that was given, if it is the right one, or a new one. */
export function evaluatorFor(
  panel: Panel,
  {
    evaluator,
    benchmark,
    windowFunctions,
  }: Pick<BacktestOptions, 'evaluator' | 'benchmark' | 'windowFunctions'>,
): Evaluator {
  if (evaluator === undefined) return createEvaluator(panel, { benchmark, windowFunctions })
  if (evaluator.panel === panel && evaluator.benchmark === benchmark) return evaluator
  throw usageError(
    'WRONG_EVALUATOR',
    evaluator.panel === panel
      ? `the evaluator's benchmark is ${evaluator.benchmark ?? 'the equal weight'}, the backtest's ${benchmark ?? 'the equal weight'}`
      : 'the evaluator belongs to another panel',
    'make it with createEvaluator(panel, { benchmark }), for the same panel and benchmark',
  )
}

/** 1 in the cells of one symbol, T × N. @throws AlphaloopError (usage) UNKNOWN_SYMBOL */
export function onlySymbol(panel: Pick<Panel, 'dates' | 'symbols'>, symbol: string): Uint8Array {
  const width = panel.symbols.length
  const mask = new Uint8Array(panel.dates.length * width)
  for (let cell = symbolIndex(panel, symbol); cell < mask.length; cell += width) mask[cell] = 1
  return mask
}

/** The same strategy, filled otherwise. */
export const withFill = ({ graph }: Strategy, fill: Fill): Strategy =>
  createStrategy({ ...graph, portfolio: { ...graph.portfolio, fill } })

/** The bars from the first day on or after `start` to the last on or before `end`. */
export function rangeOf(
  { dates }: Pick<Panel, 'dates'>,
  start: string | undefined,
  end: string | undefined,
): BarRange {
  const first = start === undefined ? 0 : dates.findIndex((date) => date >= start)
  const last = end === undefined ? dates.length - 1 : dates.findLastIndex((date) => date <= end)
  if (first >= 0 && last >= first) return { start: first, end: last }
  throw usageError(
    'EMPTY_RANGE',
    `there is no bar from ${start ?? dates[0]} to ${end ?? dates.at(-1)}`,
    `the data runs from ${dates[0]} to ${dates.at(-1)}`,
    { start: start ?? null, end: end ?? null, first: dates[0], last: dates.at(-1) },
  )
}
