import { mean } from '../../base/stats/mean.js'

/** Where 95 of 100 such samples would put the true Sharpe, were bars independent. */
export interface SharpeRange {
  readonly low: number
  readonly high: number
}

/** Two-sided 95% quantile of the normal distribution. */
const Z95 = 1.959963984540054

/**
 * ±1.96 standard errors around a year's Sharpe of `returns`, one a bar. The error of a Sharpe a bar, SR, from n bars
 * with skewness γ₃ and kurtosis γ₄ (3 for the normal; both moments of the population) is
 * √((1 − γ₃·SR + (γ₄ − 1)/4·SR²) / (n − 1)), here scaled to a year. Mertens, "Comments on Variance of the IID
 * Estimator in Lo (2002)", 2002; Bailey & López de Prado, "The Sharpe Ratio Efficient Frontier", 2012, eq. 8. Null
 * without a Sharpe, and where nothing ever changed.
 */
export function sharpeRange(
  sharpe: number | null,
  returns: Float64Array,
  periodsPerYear: number,
): SharpeRange | null {
  if (sharpe === null) return null
  const { skewness, kurtosis } = shapeOf(returns)
  const perBar = sharpe / Math.sqrt(periodsPerYear)
  const variance = (1 - skewness * perBar + ((kurtosis - 1) / 4) * perBar ** 2) / (returns.length - 1)
  // Not a number where all returns are the same; population moments never make it negative.
  if (!(variance > 0)) return null
  const reach = Z95 * Math.sqrt(variance * periodsPerYear)
  return { low: sharpe - reach, high: sharpe + reach }
}

/** Third and fourth standardised moments of the population. */
function shapeOf(returns: Float64Array): { skewness: number; kurtosis: number } {
  const centre = mean(returns)
  let [second, third, fourth] = [0, 0, 0]
  for (const r of returns) {
    const off = r - centre
    second += off ** 2
    third += off ** 3
    fourth += off ** 4
  }
  const n = returns.length
  const variance = second / n
  return { skewness: third / n / variance ** 1.5, kurtosis: fourth / n / variance ** 2 }
}
