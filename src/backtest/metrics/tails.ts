import { quantile } from '../../base/stats/quantile.js'
import { type MetricSheet, NO_VARIATION } from './sheet.js'

/**
 * The shape of the returns: the worst twentieth, skewness and excess kurtosis (bias-corrected as in pandas). `centre`
 * is the mean of the returns.
 */
export function measureTails(sheet: MetricSheet, returns: Float64Array, centre: number): void {
  const worst = quantile(returns, 0.05)
  let lost = 0
  let losers = 0
  let second = 0
  let third = 0
  let fourth = 0
  const n = returns.length
  for (let t = 0; t < n; t++) {
    const value = returns[t]!
    if (value <= worst + 1e-12) {
      lost += value
      losers++
    }
    const distance = value - centre
    const square = distance * distance
    second += square
    third += square * distance
    fourth += square * square
  }
  sheet.put('var95', 0 - worst)
  sheet.put('cvar95', 0 - lost / losers)

  if (Math.sqrt(second / (n - 1)) < NO_VARIATION) {
    sheet.none('skew', 'the returns do not vary')
    sheet.none('kurtosis', 'the returns do not vary')
    return
  }
  // Joanes & Gill 1998: G1 and G2, from sums of powers about the mean.
  sheet.put('skew', (n * Math.sqrt(n - 1) * third) / ((n - 2) * second ** 1.5))
  const correction = (3 * (n - 1) ** 2) / ((n - 2) * (n - 3))
  sheet.put('kurtosis', (n * (n + 1) * (n - 1) * fourth) / ((n - 2) * (n - 3) * second ** 2) - correction)
}
