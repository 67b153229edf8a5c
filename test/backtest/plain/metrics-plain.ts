import {
  type FillRecord,
  METRIC_NAMES,
  type MetricName,
  type Simulation,
  type SimulationInput,
  type Trade,
} from '../../../src/backtest/types.js'
import { at } from './decide-plain.js'
import { simulatePlain } from './simulate-plain.js'
import { mean, quantile, std, sum } from './stats-plain.js'

export interface PlainMetricsInput {
  readonly status: Simulation['status']
  readonly equity: ArrayLike<number>
  readonly returns: ArrayLike<number>
  readonly exposure: ArrayLike<number>
  readonly trades: readonly Trade[]
  readonly fills: readonly FillRecord[]
  /** The benchmark's return at each evaluated bar; absent: the metrics against it are null. */
  readonly benchmark?: ArrayLike<number>
  /** The dates of the evaluated bars, as many as `equity` has values or more (the rest is ignored). */
  readonly dates: readonly string[]
  readonly periodsPerYear: number
  /** Annual. */
  readonly riskFree?: number
}

/** Below this a standard deviation or a sum is rounding noise: "no variance". */
const NOTHING = 1e-12

/** Every metric of the accounting page from its definition; null where it is undefined. */
export function metricsPlain(input: PlainMetricsInput): Record<MetricName, number | null> {
  const r = Array.from(input.returns)
  const E = Array.from(input.equity)
  const n = r.length
  const P = input.periodsPerYear
  const rf = (input.riskFree ?? 0) / P
  const undefinedAll = Object.fromEntries(METRIC_NAMES.map((name) => [name, null])) as Record<
    MetricName,
    number | null
  >
  // "Under 20 bars all of them."
  if (n < 20) return undefinedAll

  const ratio = (numerator: number, denominator: number) =>
    Math.abs(denominator) <= NOTHING ? Number.NaN : numerator / denominator

  const end = E.at(-1)!
  const totalReturn = end - 1
  const cagr = input.status === 'ruined' ? -1 : end ** (P / n) - 1
  const deviation = std(r)
  const excess = mean(r) - rf
  const downside = Math.sqrt(mean(r.map((value) => Math.min(value - rf, 0) ** 2)))

  let peak = 1
  const drawdowns = E.map((value) => {
    peak = Math.max(peak, value)
    return value / peak - 1
  })
  const maxDrawdown = Math.min(...drawdowns)

  // "Exposure leaves the last bar out" where it was ruined.
  const exposures = Array.from(input.exposure).slice(0, input.status === 'ruined' ? n - 1 : n)

  const closed = input.trades.filter((trade) => trade.reason !== 'end')
  const wins = closed.filter((trade) => trade.pnl > NOTHING)
  const losses = closed.filter((trade) => trade.pnl < -NOTHING)

  const months = new Map<string, number>()
  for (let t = 0; t < n; t++) {
    const month = input.dates[t]!.slice(0, 7)
    months.set(month, (months.get(month) ?? 1) * (1 + r[t]!))
  }

  const low = quantile(r, 0.05)

  // pandas: G1 = n·√(n − 1)/(n − 2) · Σd³/(Σd²)^1.5, and its counterpart for the fourth power.
  const d = r.map((value) => value - mean(r))
  const d2 = sum(d.map((value) => value ** 2))
  const d3 = sum(d.map((value) => value ** 3))
  const d4 = sum(d.map((value) => value ** 4))
  const flat = deviation <= NOTHING
  const skew = flat ? Number.NaN : ((n * Math.sqrt(n - 1)) / (n - 2)) * (d3 / d2 ** 1.5)
  const kurtosis = flat
    ? Number.NaN
    : (n * (n + 1) * (n - 1) * d4) / ((n - 2) * (n - 3) * d2 ** 2) - (3 * (n - 1) ** 2) / ((n - 2) * (n - 3))

  const result: Partial<Record<MetricName, number>> = {
    totalReturn,
    cagr,
    volatility: deviation * Math.sqrt(P),
    sharpe: ratio(excess, deviation) * Math.sqrt(P),
    sortino: ratio(excess, downside) * Math.sqrt(P),
    maxDrawdown,
    calmar: ratio(cagr, Math.abs(maxDrawdown)),
    ulcer: Math.sqrt(mean(drawdowns.map((value) => value ** 2))),
    turnover: (sum(input.fills.map((fill) => fill.traded)) * P) / n / 2,
    costDrag: (sum(input.fills.map((fill) => fill.cost)) * P) / n,
    exposure: mean(exposures),
    trades: closed.length,
    winRate: wins.length / closed.length,
    profitFactor: ratio(sum(wins.map((trade) => trade.pnl)), sum(losses.map((trade) => -trade.pnl))),
    expectancy: mean(closed.map((trade) => trade.return)),
    avgHoldingBars: mean(closed.map((trade) => trade.bars)),
    positiveMonths: [...months.values()].filter((growth) => growth > 1 + 1e-12).length / months.size,
    var95: -low,
    cvar95: -mean(r.filter((value) => value <= low + 1e-12)),
    skew,
    kurtosis,
  }

  if (input.benchmark) {
    const b = Array.from(input.benchmark).slice(0, n)
    const difference = r.map((value, t) => value - b[t]!)
    const covariance = sum(r.map((value, t) => (value - mean(r)) * (b[t]! - mean(b)))) / (n - 1)
    const flatBenchmark = std(b) <= NOTHING
    const beta = flatBenchmark ? Number.NaN : covariance / std(b) ** 2
    result.beta = beta
    result.alpha = (mean(r) - beta * mean(b)) * P
    result.trackingError = std(difference) * Math.sqrt(P)
    result.informationRatio = ratio(mean(difference), std(difference)) * Math.sqrt(P)
    const capture = (inside: (value: number) => boolean) => {
      const bars = b.map((_, t) => t).filter((t) => inside(b[t]!))
      return mean(bars.map((t) => r[t]!)) / mean(bars.map((t) => b[t]!))
    }
    result.upCapture = capture((value) => value > 1e-12)
    result.downCapture = capture((value) => value < -1e-12)
  }

  const metrics = { ...undefinedAll }
  for (const name of METRIC_NAMES) {
    const value = result[name]
    // "Null, never 0, NaN or Infinity."
    metrics[name] = value !== undefined && Number.isFinite(value) ? value : null
  }
  return metrics
}

/**
 * The default benchmark: "equal weight of all symbols with a finite close, and in the config's universe if it has
 * one, rebalanced monthly, filled as the strategy is, without costs or haircut".
 */
export function benchmarkPlain(
  input: Pick<SimulationInput, 'panel' | 'range' | 'periodsPerYear'> & {
    readonly fill: SimulationInput['portfolio']['fill']
    readonly delistAfter: number
    readonly configUniverse?: Uint8Array
  },
): Simulation {
  const { panel } = input
  const count = panel.symbols.length
  const score = new Float64Array(panel.dates.length * count)
  for (let bar = 0; bar < panel.dates.length; bar++)
    for (let symbol = 0; symbol < count; symbol++)
      score[bar * count + symbol] = Number.isFinite(at(panel, 'close', bar, symbol)) ? 1 : Number.NaN
  return simulatePlain({
    panel,
    range: input.range,
    rule: { kind: 'score', score, select: { topFraction: 1 } },
    ...(input.configUniverse ? { universe: input.configUniverse } : {}),
    portfolio: {
      side: 'long',
      weight: 'equal',
      rebalance: 'monthly',
      fill: input.fill,
      exits: {},
      grossExposure: 1,
      borrowRate: 0,
      financingRate: 0,
      delistAfter: input.delistAfter,
      delistHaircut: 0,
    },
    costs: { commission: 0, tax: 0, slippage: 0 },
    periodsPerYear: input.periodsPerYear,
  })
}
