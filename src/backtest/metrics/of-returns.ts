import { tradeTotals } from '../ledger.js'
import type { Metrics } from '../types.js'
import { computeMetrics, type MetricInput } from './compute.js'

/** Returns compounded, from 1 before the first. */
export function levelsOf(returns: Float64Array): Float64Array {
  let level = 1
  return returns.map((r) => {
    level *= 1 + r
    return level
  })
}

/** The metrics of bare returns (a benchmark's): always invested, nothing traded, no costs. */
export function metricsOfReturns(
  input: Omit<MetricInput, 'simulation'> & { readonly returns: Float64Array },
): Metrics {
  const { returns, ...rest } = input
  const simulation = {
    status: 'completed' as const,
    equity: levelsOf(returns),
    returns,
    exposure: new Float64Array(returns.length).fill(1),
    tradeTotals: tradeTotals([]),
    fills: [],
  }
  return computeMetrics({ ...rest, simulation }).metrics
}
