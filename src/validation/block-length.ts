/**
 * Mean block length of the stationary bootstrap, chosen from the data: Politis & White 2004 (Econometric Reviews 23,
 * section 3) with the constant D_SB = 2·g(0)² of the correction by Patton, Politis & White 2009 (Econometric Reviews
 * 28, eq. 9).
 *
 * 1. K = max(5, ceil(√log10 n)), m_max = ceil(√n) + K.
 * 2. m is the smallest lag after which K autocorrelations in a row are below 2·√(log10 n / n); none: m_max / 2.
 * 3. M = min(2·max(m, 1), m_max); G = Σ λ(k/M)·|k|·R(k), g = Σ λ(k/M)·R(k) over |k| ≤ M, where λ is the flat-top
 *    window (1 up to a half, then falling to 0 at 1) and R the autocovariance with divisor n.
 * 4. length = (G²/g²)^⅓ · n^⅓, at least 1 and at most min(3√n, n/3).
 *
 * A series that does not vary, or of under 4 values, has no dependence to keep: 1.
 */
export function meanBlockLength(series: ArrayLike<number>): number {
  const n = series.length
  if (n < 4) return 1
  let centre = 0
  for (let i = 0; i < n; i++) centre += series[i]! / n
  const covariance = (lag: number) => {
    let sum = 0
    for (let i = lag; i < n; i++) sum += (series[i]! - centre) * (series[i - lag]! - centre)
    return sum / n
  }
  const variance = covariance(0)
  if (!(Math.sqrt(variance) > 1e-14 * Math.abs(centre))) return 1

  const run = Math.max(5, Math.ceil(Math.sqrt(Math.log10(n))))
  const maxLag = Math.min(Math.ceil(Math.sqrt(n)) + run, n - 1)
  const negligible = 2 * Math.sqrt(Math.log10(n) / n) * variance
  const covariances = Float64Array.from({ length: maxLag + 1 }, (_, lag) => covariance(lag))
  let bandwidth = maxLag
  let quiet = 0
  for (let lag = 1; lag <= maxLag; lag++) {
    quiet = Math.abs(covariances[lag]!) < negligible ? quiet + 1 : 0
    if (quiet === run) {
      bandwidth = Math.min(2 * Math.max(lag - run, 1), maxLag)
      break
    }
  }

  let spectral = variance
  let slope = 0
  for (let lag = 1; lag <= bandwidth; lag++) {
    const share = lag / bandwidth
    const weight = share <= 0.5 ? 1 : 2 * (1 - share)
    spectral += 2 * weight * covariances[lag]!
    slope += 2 * weight * lag * covariances[lag]!
  }
  const longest = Math.ceil(Math.min(3 * Math.sqrt(n), n / 3))
  const length = Math.cbrt((slope / spectral) ** 2 * n)
  return Math.min(longest, Math.max(1, length))
}
