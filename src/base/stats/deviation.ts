import { mean } from './mean.js'

/**
 * Standard deviation by two passes; `ddof` is taken from the count in the denominator (1: sample, 0: population).
 * NaN where there are not more values than `ddof`.
 */
export function deviation(values: ArrayLike<number>, ddof: 0 | 1 = 1): number {
  if (values.length <= ddof) return Number.NaN
  const centre = mean(values)
  let squares = 0
  let drift = 0
  for (let i = 0; i < values.length; i++) {
    const d = values[i]! - centre
    squares += d * d
    drift += d
  }
  // The second term takes out what rounding left in the mean (Chan, Golub & LeVeque 1983, eq. 1.7).
  return Math.sqrt(Math.max(0, squares - (drift * drift) / values.length) / (values.length - ddof))
}
