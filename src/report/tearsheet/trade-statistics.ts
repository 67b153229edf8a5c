import type { Trade, TradeReason } from '../../backtest/types.js'
import { median } from '../../base/stats/median.js'

/** A pnl within this of 0 is neither gain nor loss (as in the metrics). */
const EVEN = 1e-12

export interface TradesByReason {
  readonly reason: TradeReason
  readonly count: number
  readonly winRate: number
  readonly meanReturn: number
  readonly medianBars: number
  /** Sum, in units of the starting equity. */
  readonly pnl: number
}

/** Closed positions by why they were closed, most frequent first. */
export function tradesByReason(trades: readonly Trade[]): TradesByReason[] {
  const byReason = new Map<TradeReason, Trade[]>()
  for (const trade of trades) {
    if (trade.reason === 'end') continue
    const some = byReason.get(trade.reason)
    if (some === undefined) byReason.set(trade.reason, [trade])
    else some.push(trade)
  }
  return [...byReason]
    .map(([reason, some]) => ({
      reason,
      count: some.length,
      winRate: some.filter(({ pnl }) => pnl > EVEN).length / some.length,
      meanReturn: some.reduce((sum, trade) => sum + trade.return, 0) / some.length,
      medianBars: median(some.map(({ bars }) => bars)),
      pnl: some.reduce((sum, { pnl }) => sum + pnl, 0),
    }))
    .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1))
}
