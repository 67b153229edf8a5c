import { mean } from '../../base/stats/mean.js'
import { METRIC_NAMES, type MetricNotes, type Metrics, type SimulationTotals } from '../types.js'
import { measureAgainst } from './benchmark.js'
import { measureDrawdowns } from './drawdown.js'
import { measurePerformance } from './performance.js'
import { MetricSheet } from './sheet.js'
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
  const { returns, equity, status } = simulation
  const sheet = new MetricSheet()
  if (returns.length < LEAST_BARS) {
    for (const name of METRIC_NAMES)
      sheet.none(name, `${returns.length} bars are too few: at least ${LEAST_BARS} are needed`)
    return sheet.finish()
  }
  const finalEquity = equity[equity.length - 1]!
  const ruined = status === 'ruined'
  const cagr = ruined ? -1 : finalEquity ** (periodsPerYear / returns.length) - 1
  sheet.put('totalReturn', finalEquity - 1)
  sheet.put('cagr', cagr)
  const centre = mean(returns)
  measurePerformance(sheet, returns, centre, dates, start, periodsPerYear, riskFree)
  measureDrawdowns(sheet, equity, cagr)
  measureTails(sheet, returns, centre)
  measureTrading(sheet, simulation, periodsPerYear)
  measureTrades(sheet, simulation.tradeTotals)
  measureAgainst(sheet, returns, centre, benchmark, periodsPerYear)
  return sheet.finish()
}
