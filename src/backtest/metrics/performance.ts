import { calendarKeys } from '../calendar.js'
import { type MetricSheet, NO_VARIATION } from './sheet.js'

/**
 * Volatility and the ratios of mean to risk, a year; and the share of calendar months that gained. `centre` is the mean
 * of the returns.
 */
export function measurePerformance(
  sheet: MetricSheet,
  returns: Float64Array,
  centre: number,
  dates: readonly string[],
  start: number,
  periodsPerYear: number,
  riskFree: number,
): void {
  const year = Math.sqrt(periodsPerYear)
  const floor = riskFree / periodsPerYear
  const n = returns.length
  const month = calendarKeys(dates).month
  let squares = 0
  let drift = 0
  let below = 0
  let months = 0
  let positive = 0
  for (let t = 0; t < n; ) {
    const current = month[start + t]
    let growth = 1
    for (; t < n && month[start + t] === current; t++) {
      const value = returns[t]!
      const distance = value - centre
      squares += distance * distance
      drift += distance
      // A branch on the sign would be guessed wrong half of the time.
      const short = (value - floor) * +(value < floor)
      below += short * short
      growth *= 1 + value
    }
    months++
    if (growth > 1 + 1e-12) positive++
  }
  const excess = centre - floor
  // The second term takes out what rounding left in the mean (Chan, Golub & LeVeque 1983, eq. 1.7).
  const spread = Math.sqrt(Math.max(0, squares - (drift * drift) / n) / (n - 1))
  sheet.put('volatility', spread * year)
  if (spread < NO_VARIATION) sheet.none('sharpe', 'the returns do not vary')
  else sheet.put('sharpe', (excess / spread) * year)

  const downside = Math.sqrt(below / n)
  if (downside < NO_VARIATION) sheet.none('sortino', 'no bar lost')
  else sheet.put('sortino', (excess / downside) * year)

  sheet.put('positiveMonths', positive / months)
}
