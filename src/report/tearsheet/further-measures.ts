import type { Trade } from '../../backtest/types.js'
import { quantile } from '../../base/stats/quantile.js'
import type { YearOfReturns } from '../months.js'
import type { DrawdownSpell } from './drawdowns.js'

/** Measures that a tearsheet shows beside the metrics; null where undefined. */
export interface FurtherMeasures {
  readonly bestDay: number | null
  readonly worstDay: number | null
  /** Calendar months, partial ones included. */
  readonly bestMonth: number | null
  readonly worstMonth: number | null
  /** Mean depth of all drawdowns (< 0). */
  readonly averageDrawdown: number | null
  /** Bars of the longest, from its high to its recovery or to the end. */
  readonly longestDrawdownBars: number | null
  /** Share of bars below an earlier high. */
  readonly timeUnderWater: number | null
  /** |95th percentile of returns / 5th percentile|. */
  readonly tailRatio: number | null
  /** Σ gains / Σ losses of bars, the threshold being 0: Keating & Shadwick, "A Universal Performance Measure", 2002. */
  readonly omega: number | null
  /** Mean return of closed positions that gained over that of those that lost, as a size. */
  readonly payoffRatio: number | null
}

const EVEN = 1e-12

/** Fewer bars than the metrics need give nothing here either: the caller passes no returns then. */
export function furtherMeasures(input: {
  readonly returns: Float64Array
  readonly drawdowns: Float64Array
  readonly spells: readonly DrawdownSpell[]
  readonly years: readonly YearOfReturns[]
  readonly trades: readonly Trade[]
}): FurtherMeasures {
  const { returns, drawdowns, spells, years, trades } = input
  const months = years.flatMap((year) => year.months.filter((value) => value !== null))
  const low = quantile(returns, 0.05)
  const gains = sumOf(returns, (r) => Math.max(r, 0))
  const losses = sumOf(returns, (r) => Math.max(-r, 0))
  return {
    bestDay: extreme(returns, Math.max),
    worstDay: extreme(returns, Math.min),
    bestMonth: extreme(months, Math.max),
    worstMonth: extreme(months, Math.min),
    averageDrawdown:
      spells.length === 0 ? null : spells.reduce((sum, { depth }) => sum + depth, 0) / spells.length,
    longestDrawdownBars: extreme(
      spells.map(({ bars }) => bars),
      Math.max,
    ),
    timeUnderWater:
      drawdowns.length === 0 ? null : drawdowns.filter((value) => value < -EVEN).length / drawdowns.length,
    tailRatio: Math.abs(low) > EVEN ? Math.abs(quantile(returns, 0.95) / low) : null,
    omega: losses > EVEN ? gains / losses : null,
    payoffRatio: payoff(trades),
  }
}

function payoff(trades: readonly Trade[]): number | null {
  const closed = trades.filter(({ reason }) => reason !== 'end')
  const won = closed.filter(({ pnl }) => pnl > EVEN)
  const lost = closed.filter(({ pnl }) => pnl < -EVEN)
  if (won.length === 0 || lost.length === 0) return null
  const meanOf = (some: readonly Trade[]) => some.reduce((sum, trade) => sum + trade.return, 0) / some.length
  return Math.abs(meanOf(won) / meanOf(lost))
}

const sumOf = (values: Float64Array, of: (value: number) => number) =>
  values.reduce((sum, value) => sum + of(value), 0)

/** Not spread into a call: a long history has more bars than a call takes arguments. */
function extreme(values: ArrayLike<number>, of: (a: number, b: number) => number): number | null {
  if (values.length === 0) return null
  let found = values[0]!
  for (let i = 1; i < values.length; i++) found = of(found, values[i]!)
  return found
}
