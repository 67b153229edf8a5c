import { METRIC_NAMES, type MetricNotes, type Metrics, type SimulationTotals } from '../types.js'
import { measureAgainst } from './benchmark.js'
import { measureDrawdowns } from './drawdown.js'
import { measureMonths, measurePerformance } from './performance.js'
import { MetricSheet } from './sheet.js'
import { sumsOf } from './sums.js'
import { measureTails } from './tails.js'
import { measureTrades, measureTrading } from './trading.js'

/** Fewer bars than this say nothing about a strategy. */
export const LEAST_BARS = 20

export interface MetricInput {
  readonly simulation: Omit<SimulationTotals, 'carry' | 'warnings'>
  /** The panel's dates, and the bar of the first return. */
  readonly dates: readonly string[]
  readonly start: number
  readonly periodsPerYear: number
  /** Returns over the same bars, at least as many as the simulation has; absent: those metrics are null. */
  readonly benchmark?: Float64Array | undefined
  /** A year, as a fraction; default 0. */
  readonly riskFree?: number | undefined
}

/**
 * Every metric of a simulation, as the accounting page defines them; an undefined one is null, with the reason in
 * `notes`.
 */
export function computeMetrics(input: MetricInput): { metrics: Metrics; notes: MetricNotes } {
  const { simulation, dates, start, periodsPerYear, benchmark, riskFree = 0 } = input
  const { returns, equity, exposure, status } = simulation
  const bars = returns.length
  const sheet = new MetricSheet()
  if (bars < LEAST_BARS) {
    for (const name of METRIC_NAMES)
      sheet.none(name, `${bars} bars are too few: at least ${LEAST_BARS} are needed`)
    return sheet.finish()
  }
  const finalEquity = equity[equity.length - 1]!
  const ruined = status === 'ruined'
  const cagr = ruined ? -1 : finalEquity ** (periodsPerYear / bars) - 1
  sheet.put('totalReturn', finalEquity - 1)
  sheet.put('cagr', cagr)
  const floor = riskFree / periodsPerYear
  const isCovered = benchmark !== undefined && benchmark.length >= bars
  const sums = sumsOf({
    returns,
    equity,
    // At the bar of the ruin there is no equity to be a share of.
    exposure: ruined ? exposure.subarray(0, -1) : exposure,
    benchmark: isCovered ? benchmark : undefined,
    floor,
  })
  measurePerformance(sheet, sums, periodsPerYear, floor)
  measureMonths(sheet, equity, dates, start)
  measureDrawdowns(sheet, sums, cagr)
  measureTails(sheet, sums)
  measureTrading(sheet, sums, simulation.fills, ruined ? bars - 1 : bars, periodsPerYear)
  measureTrades(sheet, simulation.tradeTotals)
  const why = benchmark ? `the benchmark has ${benchmark.length} of ${bars} bars` : 'there is no benchmark'
  measureAgainst(sheet, sums, periodsPerYear, why)
  return sheet.finish()
}
