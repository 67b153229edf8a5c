import type { FillRecord, Simulation } from '../../backtest/types.js'
import type { Costs } from '../../graph/strategy-graph.js'

/** What trading cost, a year, as fractions of equity, and the equity without it. */
export interface CostsPaid {
  readonly commission: number
  readonly tax: number
  readonly slippage: number
  readonly total: number
  /** Return a year of the same portfolio weights, traded for nothing; null where the equity is gone. */
  readonly grossCagr: number | null
  readonly netCagr: number | null
}

/**
 * Costs by kind. A fill's cost is traded · (commission + slippage) + sold · tax, so that what the first two leave is
 * the tax. Costs of delistings are in the equity, but not among the fills.
 */
export function costsPaid(
  { fills, equity, status }: Pick<Simulation, 'fills' | 'equity' | 'status'>,
  { commission, slippage, tax }: Costs,
  periodsPerYear: number,
): CostsPaid {
  const years = equity.length / periodsPerYear
  let traded = 0
  let total = 0
  let growth = 1
  for (const { traded: value, cost } of fills) {
    traded += value
    total += cost
    growth *= 1 - cost
  }
  const a = (rate: number) => (traded * rate) / years
  const ruined = status === 'ruined'
  const end = equity.at(-1)!
  return {
    commission: a(commission),
    slippage: a(slippage),
    tax: tax === 0 ? 0 : Math.max(0, total / years - a(commission + slippage)),
    total: total / years,
    grossCagr: ruined ? null : (end / growth) ** (1 / years) - 1,
    netCagr: ruined ? null : end ** (1 / years) - 1,
  }
}

/**
 * Equity had the same weights been traded for nothing: a fill leaves E·(1 − cost), and weights are shares of what it
 * leaves, so that each fill's cost is one factor of all later equity. Exact where all fills are rebalances; a position
 * closed between them leaves the others' shares, and their weights without the cost would be smaller by as much.
 */
export function grossEquity(equity: Float64Array, fills: readonly FillRecord[], start: number): Float64Array {
  let factor = 1
  let next = 0
  return equity.map((value, t) => {
    for (; next < fills.length && fills[next]!.bar <= start + t; next++) factor *= 1 - fills[next]!.cost
    return value / factor
  })
}
