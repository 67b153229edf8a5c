import type { Simulation, TradeTotals } from '../types.js'
import type { MetricSheet } from './sheet.js'

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
export function measureTrades(
  sheet: MetricSheet,
  { closed, winners, won, lost, returns, bars }: TradeTotals,
): void {
  sheet.put('trades', closed)
  if (closed === 0) {
    for (const name of ['winRate', 'profitFactor', 'expectancy', 'avgHoldingBars'] as const)
      sheet.none(name, 'no position was closed')
    return
  }
  sheet.put('winRate', winners / closed)
  sheet.put('expectancy', returns / closed)
  sheet.put('avgHoldingBars', bars / closed)
  if (lost === 0) sheet.none('profitFactor', 'no closed position lost')
  else sheet.put('profitFactor', won / lost)
}
