import type { Panel } from '../data/panel.js'
import { DEFAULT_PORTFOLIO, type Fill } from '../graph/strategy-graph.js'
import { simulateTotals } from './simulate.js'
import type { BarRange } from './types.js'

/**
 * Returns of the default benchmark at each bar of a range: equal weight of every symbol with a finite close (and in
 * `universe`, T × N, if given), rebalanced monthly, filled as the strategy is, without costs or haircut. It depends
 * on nothing else of a strategy, so callers that judge many compute it once.
 */
export function benchmarkReturns(input: {
  readonly panel: Panel
  readonly range: BarRange
  readonly fill: Fill
  readonly universe?: Uint8Array | undefined
}): Float64Array {
  const { panel, range, fill, universe } = input
  const { returns } = simulateTotals({
    panel,
    range,
    rule: { kind: 'everything' },
    ...(universe ? { universe } : {}),
    portfolio: { ...DEFAULT_PORTFOLIO, fill },
    costs: { commission: 0, tax: 0, slippage: 0 },
    periodsPerYear: 252, // of no effect: nothing is borrowed
  })
  return Float64Array.from(returns)
}
