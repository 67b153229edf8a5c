import { deviation } from '../../base/stats/deviation.js'
import { mean } from '../../base/stats/mean.js'
import { calendarKeys } from '../calendar.js'
import { type MetricSheet, NO_VARIATION } from './sheet.js'

/** Volatility and the ratios of mean to risk, a year; and the share of calendar months that gained. */
export function measurePerformance(
  sheet: MetricSheet,
  returns: Float64Array,
  dates: readonly string[],
  start: number,
  periodsPerYear: number,
  riskFree: number,
): void {
  const year = Math.sqrt(periodsPerYear)
  const floor = riskFree / periodsPerYear
  const excess = mean(returns) - floor
  const spread = deviation(returns)
  sheet.put('volatility', spread * year)
  if (spread < NO_VARIATION) sheet.none('sharpe', 'the returns do not vary')
  else sheet.put('sharpe', (excess / spread) * year)

  let squares = 0
  for (let t = 0; t < returns.length; t++) squares += Math.min(returns[t]! - floor, 0) ** 2
  const downside = Math.sqrt(squares / returns.length)
  if (downside < NO_VARIATION) sheet.none('sortino', 'no bar lost')
  else sheet.put('sortino', (excess / downside) * year)

  const month = calendarKeys(dates).month
  let months = 0
  let positive = 0
  for (let t = 0; t < returns.length; ) {
    const current = month[start + t]
    let growth = 1
    for (; t < returns.length && month[start + t] === current; t++) growth *= 1 + returns[t]!
    months++
    if (growth > 1 + 1e-12) positive++
  }
  sheet.put('positiveMonths', positive / months)
}
