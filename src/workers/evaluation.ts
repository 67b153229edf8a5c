import { scoreBacktest } from '../backtest/backtest.js'
import { onlySymbol } from '../backtest/backtest-strategy.js'
import { benchmarkReturns } from '../backtest/benchmark.js'
import { type Idle, idleCounts } from '../backtest/idle.js'
import { metricsOfReturns } from '../backtest/metrics/of-returns.js'
import { missingPrices } from '../backtest/requirements.js'
import { type EvaluatedStrategy, evaluateRule } from '../backtest/strategy-rule.js'
import type { BarRange, Market, MetricNotes, Metrics } from '../backtest/types.js'
import { AlphaloopError, messageOf } from '../base/errors.js'
import { type Panel, panelPrefix } from '../data/panel.js'
import { createEvaluator } from '../graph/evaluate/columnar.js'
import type { GraphLimits } from '../graph/limits.js'
import { createStrategy, type StrategyInput } from '../graph/strategy.js'
import type { Fill, StrategyGraph } from '../graph/strategy-graph.js'
import { createWindowFunctions } from '../sandbox/window-functions.js'

/** The ranges that the loop may see. The sealed one is not among them, and not in the panel either. */
export const RANGE_NAMES = ['train', 'validation'] as const
export type RangeName = (typeof RANGE_NAMES)[number]

/** Everything that evaluations of one run have in common. */
export interface EvaluationSetup {
  readonly panel: Panel
  readonly ranges: Readonly<Record<RangeName, BarRange>>
  readonly market: Market
  readonly limits: GraphLimits
  /** A strategy whose universe says what the benchmark may hold; absent: every symbol. */
  readonly benchmarkUniverse?: StrategyInput
  /** A symbol to hold instead of the equal weight. */
  readonly benchmarkSymbol?: string
  readonly cacheBytes: number
  /** Time for one `custom` function on the panel. */
  readonly customSeconds?: number
}

/** One range of an evaluated strategy. */
export interface RangeResult {
  readonly metrics: Metrics
  readonly notes: MetricNotes
  /** Bars with a position at the close. */
  readonly daysInMarket: number
  /** Positions opened, those still open at the end too. */
  readonly positions: number
  readonly benchmark: Metrics
  /** One for each bar of the range. */
  readonly returns: Float64Array
}

/** How an evaluation ended. A crash is not a verdict: it stands beside the scored ones as what it is. */
export type Evaluation = ScoredEvaluation | FailedEvaluation

type ScoredEvaluation =
  | {
      readonly state: 'scored'
      readonly ranges: Readonly<Record<RangeName, RangeResult>>
      readonly durationMs: number
    }
  | {
      readonly state: 'ruined'
      readonly range: RangeName
      readonly date: string
      readonly ranges: Readonly<Record<RangeName, RangeResult>>
      readonly durationMs: number
    }

/** Why there is no result. */
export type FailedEvaluation =
  | {
      readonly state: 'refused'
      readonly code: string
      readonly message: string
      readonly hint: string | undefined
      readonly durationMs: number
    }
  | { readonly state: 'crashed'; readonly message: string; readonly durationMs: number }
  | { readonly state: 'timedOut'; readonly seconds: number; readonly durationMs: number }

/** How a strategy did on train: all that may be said of it before its iteration's evaluation. */
export type TryOut =
  | {
      readonly state: 'ran'
      readonly train: RangeResult
      /** The day on which the equity was gone. */
      readonly ruinedOn?: string
      /** What it said, where it never traded. */
      readonly idle?: Idle
      readonly durationMs: number
    }
  | FailedEvaluation

/** Evaluates strategies of one run, one after the other, sharing what they have in common. */
export interface Evaluating {
  evaluate(graph: StrategyGraph): Evaluation
  /** On train alone: validation is neither simulated nor looked at. */
  tryOut(graph: StrategyGraph): TryOut
}

export function createEvaluation(setup: EvaluationSetup, now: () => number): Evaluating {
  const { ranges, market, limits } = setup
  // A loop's panel ends there; of any other, the bars after it are not computed.
  const bars = 1 + Math.max(ranges.train.end, ranges.validation.end)
  const panel = bars < setup.panel.dates.length ? panelPrefix(setup.panel, bars) : setup.panel
  const evaluator = createEvaluator(panel, {
    cacheBytes: setup.cacheBytes,
    benchmark: setup.benchmarkSymbol,
    windowFunctions: createWindowFunctions({ seconds: setup.customSeconds }),
  })
  const mask = benchmarkMask({ ...setup, panel })
  const benchmarks = new Map<string, { returns: Float64Array; metrics: Metrics }>()

  const benchmarkOn = (range: BarRange, fill: Fill) => {
    const key = `${range.start}:${fill}`
    let found = benchmarks.get(key)
    if (found === undefined) {
      found = measureBenchmark({ panel, range, fill, market, universe: mask })
      benchmarks.set(key, found)
    }
    return found
  }

  const evaluateRange = (
    name: RangeName,
    evaluated: EvaluatedStrategy,
    { portfolio }: StrategyGraph,
  ): { result: RangeResult; ruinedOn: string | undefined } => {
    const range = ranges[name]
    const benchmark = benchmarkOn(range, portfolio.fill)
    const { simulation, metrics, metricNotes } = scoreBacktest({
      panel,
      ...evaluated,
      portfolio,
      market,
      range,
      benchmark: benchmark.returns,
    })
    const { closed, open } = simulation.tradeTotals
    let daysInMarket = 0
    for (const exposure of simulation.exposure) if (exposure > 0) daysInMarket++
    return {
      result: {
        metrics,
        notes: metricNotes,
        daysInMarket,
        positions: closed + open,
        benchmark: benchmark.metrics,
        returns: simulation.returns,
      },
      ruinedOn:
        simulation.status === 'ruined' ? panel.dates[range.start + simulation.equity.length - 1] : undefined,
    }
  }

  // At the rows of both ranges either way, so that an evaluation after a try-out finds its columns in the cache.
  const columnsOf = (graph: StrategyGraph) =>
    evaluateRule(createStrategy(graph, limits), evaluator, [ranges.train, ranges.validation])

  /** What the strategy itself asked for and cannot have is its fault; anything else is ours, and says so. */
  const failed = (error: unknown, durationMs: number): FailedEvaluation =>
    error instanceof AlphaloopError
      ? { state: 'refused', code: error.code, message: error.message, hint: error.hint, durationMs }
      : { state: 'crashed', message: messageOf(error), durationMs }

  return {
    evaluate(graph) {
      const started = now()
      const durationMs = () => now() - started
      try {
        const evaluated = columnsOf(graph)
        const train = evaluateRange('train', evaluated, graph)
        const validation = evaluateRange('validation', evaluated, graph)
        const both = { ranges: { train: train.result, validation: validation.result } }
        const ruined =
          train.ruinedOn !== undefined
            ? 'train'
            : validation.ruinedOn !== undefined
              ? 'validation'
              : undefined
        if (ruined !== undefined)
          return {
            state: 'ruined',
            range: ruined,
            date: (train.ruinedOn ?? validation.ruinedOn)!,
            ...both,
            durationMs: durationMs(),
          }
        return { state: 'scored', ...both, durationMs: durationMs() }
      } catch (error) {
        return failed(error, durationMs())
      }
    },
    tryOut(graph) {
      const started = now()
      try {
        const evaluated = columnsOf(graph)
        const { result, ruinedOn } = evaluateRange('train', evaluated, graph)
        const { rebalance } = graph.portfolio
        return {
          state: 'ran',
          train: result,
          ...(ruinedOn === undefined ? {} : { ruinedOn }),
          ...(result.positions > 0
            ? {}
            : { idle: idleCounts({ panel, range: ranges.train, rebalance, evaluated }) }),
          durationMs: now() - started,
        }
      } catch (error) {
        return failed(error, now() - started)
      }
    },
  }
}

/** Returns and metrics of the benchmark on a range. */
export function measureBenchmark(input: {
  readonly panel: Panel
  readonly range: BarRange
  readonly fill: Fill
  readonly market: Market
  readonly universe: Uint8Array | undefined
}): { returns: Float64Array; metrics: Metrics } {
  const { panel, range, market } = input
  const fill = missingPrices(panel, { fill: input.fill, exits: {} }) === undefined ? input.fill : 'nextClose'
  const returns = benchmarkReturns({ panel, range, fill, universe: input.universe })
  const metrics = metricsOfReturns({
    returns,
    dates: panel.dates,
    start: range.start,
    periodsPerYear: market.periodsPerYear,
    benchmark: returns,
  })
  return { returns, metrics }
}

/** Where the benchmark may hold a symbol, T × N; undefined: everywhere. */
export function benchmarkMask(
  setup: Pick<EvaluationSetup, 'panel' | 'limits' | 'benchmarkSymbol' | 'benchmarkUniverse'>,
): Uint8Array | undefined {
  const { panel, limits, benchmarkSymbol, benchmarkUniverse } = setup
  if (benchmarkSymbol !== undefined) return onlySymbol(panel, benchmarkSymbol)
  if (benchmarkUniverse === undefined) return undefined
  const strategy = createStrategy(benchmarkUniverse, limits)
  const { universe } = evaluateRule(
    strategy,
    createEvaluator(panel, { windowFunctions: createWindowFunctions() }),
  )
  // The evaluator that owns the array goes away with this call, so nobody else will write to it.
  return universe
}
