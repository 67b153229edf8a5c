/**
 * Quantile by linear interpolation between order statistics at position q·(n − 1) (type 7 of Hyndman & Fan 1996, the
 * default of numpy and R). `q` in [0, 1]; NaN of nothing.
 */
export function quantile(values: ArrayLike<number>, q: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = Float64Array.from(values).sort()
  const position = q * (sorted.length - 1)
  const below = Math.floor(position)
  const low = sorted[below]!
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!
  return low === high ? low : low + (position - below) * (high - low)
}
