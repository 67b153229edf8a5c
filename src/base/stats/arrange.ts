/**
 * Brings to `at` the value that would stand there if the first `size` values were sorted: none larger comes before it,
 * none smaller behind (Hoare 1961, FIND).
 */
export function arrange(values: Float64Array, size: number, at: number): void {
  let low = 0
  let high = size - 1
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
