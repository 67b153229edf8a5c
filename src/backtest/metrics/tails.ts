import { type MetricSheet, NO_VARIATION } from './sheet.js'
import type { Sums } from './sums.js'

/** The shape of the returns: the worst twentieth, skewness and excess kurtosis (bias-corrected as in pandas). */
export function measureTails(
  sheet: MetricSheet,
  { bars: n, worst, lost, losers, second, third, fourth }: Sums,
): void {
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
