/**
 * The numbers of a tearsheet, from a backtest:
 * 1. metrics as they are, the benchmark's by the same functions, and what stands beside them (further-measures.ts)
 * 2. series by bar: equity, benchmark, drawdown, exposure; Sharpe and beta over a window (rolling.ts)
 * 3. falls and recoveries (drawdowns.ts), calendar months (months.ts), trades by reason (trade-statistics.ts)
 * 4. costs by kind, and the equity without them (costs.ts); contribution of symbols and groups
 * 5. what all that cannot say (caveats.ts)
 */
import type { StrategyBacktest } from '../../backtest/backtest-strategy.js'
import { type Contribution, contribution } from '../../backtest/contribution.js'
import { LEAST_BARS } from '../../backtest/metrics/compute.js'
import { levelsOf, metricsOfReturns } from '../../backtest/metrics/of-returns.js'
import type { MetricName, MetricNotes, Metrics, Simulation } from '../../backtest/types.js'
import type { Panel } from '../../data/panel.js'
import type { Costs } from '../../graph/strategy-graph.js'
import { strategyToCode } from '../../strategy/to-code.js'
import { sumsByMonth, type YearOfReturns, yearsOfReturns } from '../months.js'
import { caveats } from './caveats.js'
import { type CostsPaid, costsPaid, grossEquity } from './costs.js'
import { type DrawdownSpell, drawdownSeries, drawdownSpells } from './drawdowns.js'
import { type FurtherMeasures, furtherMeasures } from './further-measures.js'
import { rollingBeta, rollingSharpe, rollingWindow } from './rolling.js'
import { type SharpeRange, sharpeRange } from './sharpe-range.js'
import { type TradesByReason, tradesByReason } from './trade-statistics.js'

/** Metrics that returns alone decide, so that the benchmark has them too. */
export const BENCHMARK_METRICS = [
  'totalReturn',
  'cagr',
  'volatility',
  'sharpe',
  'sortino',
  'maxDrawdown',
  'calmar',
  'ulcer',
  'positiveMonths',
  'var95',
  'cvar95',
  'skew',
  'kurtosis',
] as const satisfies readonly MetricName[]

export type BenchmarkMetricName = (typeof BENCHMARK_METRICS)[number]

export interface DayReturn {
  readonly date: string
  readonly return: number
  readonly benchmark: number
}

/** Values at each bar; null before a window is full, and where undefined. */
export interface TearsheetSeries {
  readonly dates: readonly string[]
  /** In multiples of the starting value. */
  readonly equity: readonly number[]
  readonly benchmark: readonly number[]
  /** Without commission, tax and slippage. */
  readonly grossEquity: readonly number[]
  readonly drawdown: readonly number[]
  readonly benchmarkDrawdown: readonly number[]
  readonly exposure: readonly number[]
  readonly rollingSharpe: readonly (number | null)[]
  readonly rollingBenchmarkSharpe: readonly (number | null)[]
  readonly rollingBeta: readonly (number | null)[]
}

/** The numbers of a tearsheet; the same object stands in the HTML as JSON. Fractions, unless something else is said. */
export interface Tearsheet {
  readonly kind: 'tearsheet'
  readonly version: 1
  readonly strategy: {
    readonly name: string
    readonly hash: string
    readonly code: string
    readonly side: string
    readonly rebalance: string
    readonly fill: string
  }
  readonly data: {
    readonly hash: string
    readonly bars: number
    readonly symbols: number
    readonly start: string
    readonly end: string
  }
  readonly market: { readonly name: string; readonly costs: Costs; readonly periodsPerYear: number }
  readonly benchmark: { readonly name: string; readonly metrics: Pick<Metrics, BenchmarkMetricName> }
  readonly riskFree: number
  readonly status: Simulation['status']
  readonly metrics: Metrics
  readonly metricNotes: MetricNotes
  readonly further: FurtherMeasures
  readonly sharpeRange: SharpeRange | null
  readonly years: readonly YearOfReturns[]
  /** Every drawdown is counted; the deepest come first, ten at most. */
  readonly drawdowns: { readonly count: number; readonly deepest: readonly DrawdownSpell[] }
  readonly bestDays: readonly DayReturn[]
  readonly worstDays: readonly DayReturn[]
  readonly trades: {
    readonly closed: number
    readonly open: number
    readonly byReason: readonly TradesByReason[]
    /** Of closed positions, by exit. */
    readonly returns: readonly number[]
    readonly bars: readonly number[]
  }
  readonly contribution: Contribution
  readonly costs: CostsPaid
  /** One-way, by calendar month: Σ traded / equity / 2. */
  readonly turnoverByMonth: readonly { readonly month: string; readonly turnover: number }[]
  /** Bars that the rolling figures look back; null where the range is too short for any. */
  readonly rollingBars: number | null
  readonly series: TearsheetSeries
  readonly caveats: readonly string[]
}

export interface TearsheetOptions {
  /** A year, as a fraction; as in the backtest; default 0. */
  readonly riskFree?: number
}

/** Measures all that a tearsheet shows. `panel` is the one that was backtested. */
export function tearsheet(
  result: StrategyBacktest,
  panel: Panel,
  { riskFree = 0 }: TearsheetOptions = {},
): Tearsheet {
  const { simulation, metrics, metricNotes, market, costs, strategy, range } = result
  const { equity, returns, exposure, fills, trades } = simulation
  const { periodsPerYear } = market
  const bars = equity.length
  const dates = panel.dates.slice(range.start, range.start + bars)
  const benchmark = result.benchmarkReturns.subarray(0, bars)
  const level = levelsOf(benchmark)
  const drawdowns = drawdownSeries(equity)
  const spells = drawdownSpells(equity, dates)
  const years = yearsOfReturns(returns, benchmark, dates)
  const window = rollingWindow(bars)
  const closed = trades.filter(({ reason }) => reason !== 'end')
  const spread = sharpeRange(metrics.sharpe, returns, periodsPerYear)
  const enough = bars >= LEAST_BARS
  const { portfolio } = strategy.graph
  const days = bestAndWorst(returns, benchmark, dates)
  return {
    kind: 'tearsheet',
    version: 1,
    strategy: {
      name: strategy.graph.name,
      hash: strategy.hash,
      code: strategyToCode(strategy),
      side: portfolio.side,
      rebalance:
        typeof portfolio.rebalance === 'string'
          ? portfolio.rebalance
          : `every ${portfolio.rebalance.every} bars`,
      fill: portfolio.fill,
    },
    data: {
      hash: panel.hash,
      bars: range.end - range.start + 1,
      symbols: panel.symbols.length,
      start: panel.dates[range.start]!,
      end: panel.dates[range.end]!,
    },
    market: { name: market.name, costs, periodsPerYear },
    benchmark: {
      name: result.benchmark.name,
      metrics: benchmarkMetrics(
        metricsOfReturns({
          returns: benchmark,
          dates: panel.dates,
          start: range.start,
          periodsPerYear,
          riskFree,
        }),
      ),
    },
    riskFree,
    status: simulation.status,
    metrics,
    metricNotes,
    further: furtherMeasures({
      returns: enough ? returns : new Float64Array(0),
      drawdowns: enough ? drawdowns : new Float64Array(0),
      spells: enough ? spells : [],
      years: enough ? years : [],
      trades: enough ? trades : [],
    }),
    sharpeRange: spread,
    years,
    drawdowns: { count: spells.length, deepest: spells.slice(0, 10) },
    ...days,
    trades: {
      closed: closed.length,
      open: trades.length - closed.length,
      byReason: tradesByReason(trades),
      returns: closed.map((trade) => trade.return),
      bars: closed.map((trade) => trade.bars),
    },
    contribution: contribution(simulation, panel),
    costs: costsPaid(simulation, costs, periodsPerYear),
    turnoverByMonth: turnoverByMonth(simulation, dates, range.start),
    rollingBars: window ?? null,
    series: {
      dates,
      equity: [...equity],
      benchmark: [...level],
      grossEquity: [...grossEquity(equity, fills, range.start)],
      drawdown: [...drawdowns],
      benchmarkDrawdown: [...drawdownSeries(level)],
      exposure: [...exposure].map(finite),
      rollingSharpe: optional(window && rollingSharpe(returns, window, periodsPerYear, riskFree)),
      rollingBenchmarkSharpe: optional(window && rollingSharpe(benchmark, window, periodsPerYear, riskFree)),
      rollingBeta: optional(window && rollingBeta(returns, benchmark, window)),
    },
    caveats: caveats(result, panel, spread),
  }
}

const finite = (value: number): number => (Number.isFinite(value) ? value : 0)

const optional = (values: Float64Array | 0 | undefined): (number | null)[] =>
  values ? Array.from(values, (value) => (Number.isFinite(value) ? value : null)) : []

const benchmarkMetrics = (metrics: Metrics): Pick<Metrics, BenchmarkMetricName> =>
  Object.fromEntries(BENCHMARK_METRICS.map((name) => [name, metrics[name]])) as Pick<
    Metrics,
    BenchmarkMetricName
  >

const DAYS_SHOWN = 5

function bestAndWorst(returns: Float64Array, benchmark: Float64Array, dates: readonly string[]) {
  const order = Array.from(returns, (_, t) => t).sort((a, b) => returns[a]! - returns[b]! || a - b)
  const day = (t: number): DayReturn => ({ date: dates[t]!, return: returns[t]!, benchmark: benchmark[t]! })
  return {
    worstDays: order
      .filter((t) => returns[t]! < 0)
      .slice(0, DAYS_SHOWN)
      .map(day),
    bestDays: order
      .filter((t) => returns[t]! > 0)
      .slice(-DAYS_SHOWN)
      .reverse()
      .map(day),
  }
}

function turnoverByMonth({ fills }: Simulation, dates: readonly string[], start: number) {
  const traded = new Float64Array(dates.length)
  for (const fill of fills) traded[fill.bar - start]! += fill.traded / 2
  return sumsByMonth(traded, dates).map(({ month, sum }) => ({ month, turnover: sum }))
}
