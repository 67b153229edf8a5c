import { deviation } from '../../base/stats/deviation.js'
import { mean } from '../../base/stats/mean.js'

/** Half a year of daily bars. */
export const ROLLING_BARS = 126
const FEWEST_BARS = 20
/** Below this a deviation is rounding (as in the metrics). */
const NO_VARIATION = 1e-12

/**
 * How long a window to look through: half a year, less where the range is short of two of them; undefined where
 * nothing would be left to see.
 */
export function rollingWindow(bars: number): number | undefined {
  const window = Math.min(ROLLING_BARS, Math.floor(bars / 3))
  return window < FEWEST_BARS ? undefined : window
}

/** Sharpe over the last `window` bars, a year; NaN before the window is full and where nothing varies. */
export function rollingSharpe(
  returns: Float64Array,
  window: number,
  periodsPerYear: number,
  riskFree: number,
): Float64Array {
  return returns.map((_, t) => {
    if (t + 1 < window) return Number.NaN
    const part = returns.subarray(t + 1 - window, t + 1)
    const spread = deviation(part)
    return spread < NO_VARIATION
      ? Number.NaN
      : ((mean(part) - riskFree / periodsPerYear) / spread) * Math.sqrt(periodsPerYear)
  })
}

/** Beta to the benchmark over the last `window` bars; NaN as for the Sharpe. */
export function rollingBeta(returns: Float64Array, benchmark: Float64Array, window: number): Float64Array {
  return returns.map((_, t) => {
    if (t + 1 < window) return Number.NaN
    const own = returns.subarray(t + 1 - window, t + 1)
    const other = benchmark.subarray(t + 1 - window, t + 1)
    const [centre, centreOther] = [mean(own), mean(other)]
    let covariance = 0
    let variance = 0
    for (let i = 0; i < window; i++) {
      covariance += (own[i]! - centre) * (other[i]! - centreOther)
      variance += (other[i]! - centreOther) ** 2
    }
    return Math.sqrt(variance / (window - 1)) < NO_VARIATION ? Number.NaN : covariance / variance
  })
}
