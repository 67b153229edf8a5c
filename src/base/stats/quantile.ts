/**
 * Quantile by linear interpolation between order statistics at position q·(n − 1) (type 7 of Hyndman & Fan 1996, the
 * default of numpy and R). `q` in [0, 1]; NaN of nothing. NaN among the values counts as larger than all of them.
 */
export function quantile(values: ArrayLike<number>, q: number): number {
  const n = values.length
  if (n === 0) return Number.NaN
  const position = q * (n - 1)
  const below = Math.floor(position)
  const copy = new Float64Array(values)
  if (copy.some(Number.isNaN)) copy.sort()
  else arrange(copy, below)
  const low = copy[below]!
  // The next order statistic is the least of those behind.
  let high = low
  if (below + 1 < n) {
    high = copy[below + 1]!
    for (let i = below + 2; i < n; i++) if (copy[i]! < high) high = copy[i]!
  }
  return low === high ? low : low + (position - below) * (high - low)
}

/** Brings the value that would stand at `at` if they were sorted there, none larger before it (Hoare 1961, FIND). */
function arrange(values: Float64Array, at: number): void {
  let low = 0
  let high = values.length - 1
  while (low < high) {
    const pivot = values[(low + high) >> 1]!
    let i = low
    let j = high
    while (i <= j) {
      while (values[i]! < pivot) i++
      while (values[j]! > pivot) j--
      if (i > j) break
      const swapped = values[i]!
      values[i++] = values[j]!
      values[j--] = swapped
    }
    if (at <= j) high = j
    else if (at >= i) low = i
    else return
  }
}
