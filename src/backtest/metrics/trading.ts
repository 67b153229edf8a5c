import type { Simulation, Trade } from '../types.js'
import type { MetricSheet } from './sheet.js'

/** A pnl within this of 0 is neither gain nor loss. */
const EVEN = 1e-12

/** How much was traded, what it cost, and how much of the equity was at work. */
export function measureTrading(
  sheet: MetricSheet,
  simulation: Pick<Simulation, 'fills' | 'exposure' | 'returns' | 'status'>,
  periodsPerYear: number,
): void {
  const { fills, exposure, returns, status } = simulation
  let traded = 0
  let paid = 0
  for (const fill of fills) {
    traded += fill.traded
    paid += fill.cost
  }
  sheet.put('turnover', (traded * periodsPerYear) / returns.length / 2)
  sheet.put('costDrag', (paid * periodsPerYear) / returns.length)
  // At the bar of the ruin there is no equity to be a share of.
  const closes = status === 'ruined' ? exposure.length - 1 : exposure.length
  let sum = 0
  for (let t = 0; t < closes; t++) sum += exposure[t]!
  sheet.put('exposure', sum / closes)
}

/** Statistics of closed positions; those still open at the end are left out. */
export function measureTrades(sheet: MetricSheet, trades: readonly Trade[]): void {
  let count = 0
  let winners = 0
  let won = 0
  let lost = 0
  let returns = 0
  let bars = 0
  for (const trade of trades) {
    if (trade.reason === 'end') continue
    count++
    if (trade.pnl > EVEN) {
      winners++
      won += trade.pnl
    } else if (trade.pnl < -EVEN) lost -= trade.pnl
    returns += trade.return
    bars += trade.bars
  }
  sheet.put('trades', count)
  if (count === 0) {
    for (const name of ['winRate', 'profitFactor', 'expectancy', 'avgHoldingBars'] as const)
      sheet.none(name, 'no position was closed')
    return
  }
  sheet.put('winRate', winners / count)
  sheet.put('expectancy', returns / count)
  sheet.put('avgHoldingBars', bars / count)
  if (lost === 0) sheet.none('profitFactor', 'no closed position lost')
  else sheet.put('profitFactor', won / lost)
}
