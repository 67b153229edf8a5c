import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { tradeTotals } from '../../src/backtest/ledger.js'
import { computeMetrics } from '../../src/backtest/metrics/compute.js'
import type { MetricName, Metrics, Simulation } from '../../src/backtest/types.js'
import { furtherMeasures } from '../../src/report/tearsheet/further-measures.js'
import { rankScratch, spearman } from '../../src/research/spearman.js'
import { sharedData } from '../support/shared-data.js'
import { metricsPlain } from './plain/metrics-plain.js'

const P = 252

function simulationOf(returns: Float64Array, exposure = new Float64Array(returns.length).fill(1)) {
  let value = 1
  const equity = returns.map((r) => {
    value *= 1 + r
    return value
  })
  return {
    status: 'completed',
    equity,
    returns,
    exposure,
    trades: [],
    tradeTotals: tradeTotals([]),
    fills: [],
    warnings: [],
  } as const satisfies Partial<Simulation>
}

const metricsOf = (returns: Float64Array, dates: readonly string[], benchmark?: Float64Array, riskFree = 0) =>
  computeMetrics({
    simulation: simulationOf(returns),
    dates,
    start: 0,
    periodsPerYear: P,
    benchmark,
    riskFree,
  }).metrics

/** What is known of one column: its metrics, those with a risk-free rate of 0.0001 a day, and the market's. */
interface Column {
  readonly returns: Float64Array
  readonly metrics: Metrics
  readonly withRate: Metrics
  readonly market: { readonly returns: Float64Array; readonly metrics: Metrics }
}

/** empyrical's values, from ours: conventions differ, so each says how one follows from the other. */
const COUNTERPARTS: Readonly<Record<string, (column: Column) => number>> = {
  n: ({ returns }) => returns.length,
  cum_return_final: metric('totalReturn'),
  annual_return: metric('cagr'),
  annual_volatility: metric('volatility'),
  sharpe_rf0: metric('sharpe'),
  'sharpe_rf_daily_0.0001': ({ withRate }) => withRate.sharpe!,
  sortino_req0: metric('sortino'),
  // The denominator of sortino: its numerator is sharpe's.
  downside_risk: ({ metrics: m }) => (m.sharpe! * m.volatility!) / m.sortino!,
  max_drawdown: metric('maxDrawdown'),
  calmar: metric('calmar'),
  omega: (column) => further(column).omega!,
  tail_ratio: (column) => further(column).tailRatio!,
  // Losses are positive here.
  var_5pct: ({ metrics }) => -metrics.var95!,
  // There the mean of the lowest floor((n − 1)·0.05) + 1, which are those up to the quantile.
  cvar_5pct: ({ metrics }) => -metrics.cvar95!,
  // Ours are the bias-corrected forms of theirs.
  skew_biased: ({ metrics, returns: { length: n } }) => (metrics.skew! * (n - 2)) / Math.sqrt(n * (n - 1)),
  kurtosis_fisher_biased: ({ metrics, returns: { length: n } }) =>
    ((metrics.kurtosis! * (n - 2) * (n - 3)) / (n - 1) - 6) / (n + 1),
  mean_daily: ({ metrics: m }) => (m.sharpe! * m.volatility!) / P,
  std_daily_ddof1: ({ metrics }) => metrics.volatility! / Math.sqrt(P),
  // Theirs compounds the daily intercept, ours multiplies it.
  alpha_annual_vs_EW: ({ metrics }) => (1 + metrics.alpha! / P) ** P - 1,
  beta_vs_EW: metric('beta'),
  // Theirs is a day's.
  excess_sharpe_vs_EW: ({ metrics }) => metrics.informationRatio! / Math.sqrt(P),
  pearson_vs_EW: ({ metrics, market }) => (metrics.beta! * market.metrics.volatility!) / metrics.volatility!,
  spearman_vs_EW: ({ returns, market }) =>
    spearman(returns, market.returns, returns.length, rankScratch(returns.length)),
}

/** Values of the reference without a counterpart, and why. */
const NOT_COMPARED: Readonly<Record<string, string>> = {
  stability: 'R² of the logarithm of the equity over time: no metric here',
  up_capture_vs_EW: 'ratio of compounded annual returns of the up days there, of mean returns here',
  down_capture_vs_EW: 'ratio of compounded annual returns of the down days there, of mean returns here',
}

function metric(name: MetricName): (column: Column) => number {
  return ({ metrics }) => metrics[name]!
}

const further = ({ returns }: Column) =>
  furtherMeasures({ returns, drawdowns: new Float64Array(), spells: [], years: [], trades: [] })

const returnsFile = sharedData('perf-vectors/reference/returns.csv')
const metricsFile = sharedData('perf-vectors/reference/metrics.json')

describe.skipIf(!returnsFile || !metricsFile)(
  'agree with empyrical on five years of real returns (skipped without the shared data)',
  () => {
    // A skipped group is still collected, so its files may be missing here.
    const text = returnsFile ? readFileSync(returnsFile, 'utf8') : 'date,EW'
    const [header, ...rows] = text
      .trim()
      .split('\n')
      .map((line) => line.split(','))
    const dates = rows.map((row) => row[0]!)
    const returnsOf = (name: string) => Float64Array.from(rows, (row) => Number(row[header!.indexOf(name)]))
    const reference = JSON.parse(metricsFile ? readFileSync(metricsFile, 'utf8') : '{"metrics":{}}')
      .metrics as Record<string, Record<string, number>>
    const market = returnsOf('EW')

    test.each(['EW', 'AAPL', 'AMD', 'KO', 'MSFT', 'XOM', 'EBAY'])('%s', (name) => {
      const returns = returnsOf(name)
      const column: Column = {
        returns,
        metrics: metricsOf(returns, dates, market),
        withRate: metricsOf(returns, dates, market, 0.0001 * P),
        market: { returns: market, metrics: metricsOf(market, dates) },
      }
      for (const [key, wanted] of Object.entries(reference[name]!)) {
        if (key in NOT_COMPARED) continue
        const got = COUNTERPARTS[key]?.(column)
        if (got === undefined || !(Math.abs(got - wanted) <= 1e-9 * Math.abs(wanted)))
          expect.fail(`${key}: ${got}, empyrical ${wanted}`)
      }
    })

    test('every value of the reference is compared, or is left out for a reason', () => {
      const all = new Set(Object.values(reference).flatMap((values) => Object.keys(values)))
      const known = [...Object.keys(COUNTERPARTS), ...Object.keys(NOT_COMPARED)]
      expect(known.sort()).toEqual([...all].sort())
    })
  },
)

const pyfolio = ['returns', 'pos', 'gross_lev'].map((name) =>
  sharedData(`perf-vectors/pyfolio/test_${name}.csv.gz`),
)

/*
 * Of these only inputs are published. Transactions are not replayed: they are prices and shares of a backtest that traded
 * within the day, and there is nothing to compare the result with. empyrical's own files are for attributing returns to
 * factors, which has no counterpart here.
 */
describe.skipIf(pyfolio.includes(undefined))(
  'on a real backtest of six years published with pyfolio (skipped without the shared data)',
  () => {
    const lines = (path: string | undefined) =>
      path === undefined
        ? []
        : gunzipSync(readFileSync(path))
            .toString()
            .trim()
            .split('\n')
            .map((line) => line.split(','))
    const [returnLines, positionLines, leverageLines] = pyfolio.map(lines)
    const dates = returnLines!.map(([day]) => day!.slice(0, 10))
    const returns = Float64Array.from(returnLines!, ([, r]) => Number(r))
    const leverage = Float64Array.from(leverageLines!, ([, l]) => Number(l))

    test('gross value over equity, from positions and cash, is the published leverage', () => {
      const byDay = new Map(leverageLines!.map(([day, value]) => [day, Number(value)]))
      let days = 0
      for (const [day, ...cells] of positionLines!.slice(1)) {
        const held = cells.map(Number)
        const equity = held.reduce((sum, v) => sum + v, 0)
        const gross = held.slice(0, -1).reduce((sum, v) => sum + Math.abs(v), 0)
        expect(Math.abs(gross / equity / byDay.get(day)! - 1)).toBeLessThan(1e-9)
        days++
      }
      expect(days).toBeGreaterThan(1400)
    })

    test('every metric is what the plain formulas give', () => {
      const simulation = simulationOf(returns, leverage)
      const { metrics } = computeMetrics({ simulation, dates, start: 0, periodsPerYear: P })
      const plain = metricsPlain({ ...simulation, dates, periodsPerYear: P })
      let compared = 0
      for (const [name, value] of Object.entries(metrics)) {
        const wanted = plain[name as MetricName]
        if (value === null || wanted === null) expect(value, name).toBe(wanted)
        else {
          expect(Math.abs(value - wanted), name).toBeLessThanOrEqual(1e-9 * Math.max(Math.abs(wanted), 1e-3))
          compared++
        }
      }
      expect(compared).toBeGreaterThan(14)
      expect(metrics.exposure).toBeCloseTo(leverage.reduce((sum, l) => sum + l, 0) / leverage.length, 12)
    })
  },
)
