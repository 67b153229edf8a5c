import type { Metrics } from '../../backtest/types.js'

/** Where 95 of 100 such samples would put the true Sharpe, were bars independent. */
export interface SharpeRange {
  readonly low: number
  readonly high: number
}

/** Two-sided 95% quantile of the normal distribution. */
const Z95 = 1.959963984540054

/**
 * Standard error of a Sharpe a bar, SR, from n bars with skewness γ₃ and excess kurtosis γ₄:
 * √((1 − γ₃·SR + (γ₄ + 2)/4·SR²) / n), here scaled to a year. Mertens, "Comments on Variance of the IID Estimator in
 * Lo (2002)", 2002; Bailey & López de Prado, "The Sharpe Ratio Efficient Frontier", 2012, eq. 8.
 */
export function sharpeRange(
  { sharpe, skew, kurtosis }: Pick<Metrics, 'sharpe' | 'skew' | 'kurtosis'>,
  bars: number,
  periodsPerYear: number,
): SharpeRange | null {
  if (sharpe === null || skew === null || kurtosis === null) return null
  const perBar = sharpe / Math.sqrt(periodsPerYear)
  const variance = (1 - skew * perBar + ((kurtosis + 2) / 4) * perBar ** 2) / bars
  if (!(variance > 0)) return null
  const reach = Z95 * Math.sqrt(variance * periodsPerYear)
  return { low: sharpe - reach, high: sharpe + reach }
}
