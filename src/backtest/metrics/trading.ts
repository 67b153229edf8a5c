import type { Simulation, TradeTotals } from '../types.js'
import type { MetricSheet } from './sheet.js'
import type { Sums } from './sums.js'

/** How much was traded, what it cost, and how much of the equity was at work over `closes` closes. */
export function measureTrading(
  sheet: MetricSheet,
  { bars, exposed }: Sums,
  fills: Simulation['fills'],
  closes: number,
  periodsPerYear: number,
): void {
  let traded = 0
  let paid = 0
  for (const fill of fills) {
    traded += fill.traded
    paid += fill.cost
  }
  sheet.put('turnover', (traded * periodsPerYear) / bars / 2)
  sheet.put('costDrag', (paid * periodsPerYear) / bars)
  sheet.put('exposure', exposed / closes)
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
