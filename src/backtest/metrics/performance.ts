import { rebalanceBars } from '../calendar.js'
import { type MetricSheet, NO_VARIATION } from './sheet.js'
import type { Sums } from './sums.js'

/** Volatility and the ratios of mean to risk, a year; `floor` is the riskless return of a bar. */
export function measurePerformance(
  sheet: MetricSheet,
  { bars: n, centre, drift, second, below }: Sums,
  periodsPerYear: number,
  floor: number,
): void {
  const year = Math.sqrt(periodsPerYear)
  const excess = centre - floor
  // The second term takes out what rounding left in the mean (Chan, Golub & LeVeque 1983, eq. 1.7).
  const spread = Math.sqrt(Math.max(0, second - (drift * drift) / n) / (n - 1))
  sheet.put('volatility', spread * year)
  if (spread < NO_VARIATION) sheet.none('sharpe', 'the returns do not vary')
  else sheet.put('sharpe', (excess / spread) * year)

  const downside = Math.sqrt(below / n)
  if (downside < NO_VARIATION) sheet.none('sortino', 'no bar lost')
  else sheet.put('sortino', (excess / downside) * year)
}

/** Growth of a month above this is a gain, not rounding. */
const GAIN = 1 + 1e-12

/** The share of calendar months that gained, partial ones included. `equity` begins at the bar `start`, after 1. */
export function measureMonths(
  sheet: MetricSheet,
  equity: Float64Array,
  dates: readonly string[],
  start: number,
): void {
  const last = equity.length - 1
  const ends = rebalanceBars(dates, { start, end: start + last }, 'monthly')
  let before = 1
  let positive = 0
  for (let m = 0; m <= ends.length; m++) {
    const value = equity[m < ends.length ? ends[m]! - start : last]!
    if (value / before > GAIN) positive++
    before = value
  }
  sheet.put('positiveMonths', positive / (ends.length + 1))
}
