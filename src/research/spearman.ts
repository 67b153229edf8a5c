/** Scratch space for `spearman`, so that a loop over bars allocates nothing. */
export interface RankScratch {
  readonly sorted: Float64Array
  readonly ranksA: Float64Array
  readonly ranksB: Float64Array
}

export const rankScratch = (size: number): RankScratch => ({
  sorted: new Float64Array(size),
  ranksA: new Float64Array(size),
  ranksB: new Float64Array(size),
})

/** Ranks 1 … n of the first n values into `out`; equal values share the average of their places. */
export function averageRanks(values: Float64Array, n: number, sorted: Float64Array, out: Float64Array): void {
  // Sorting numbers by themselves is several times faster than sorting places by a comparison.
  const ascending = sorted.subarray(0, n)
  ascending.set(values.subarray(0, n))
  ascending.sort()
  for (let i = 0; i < n; i++) {
    const value = values[i]!
    const below = countBelow(ascending, n, value)
    let to = below + 1
    while (to < n && ascending[to] === value) to++
    out[i] = (below + 1 + to) / 2
  }
}

/** How many of n ascending values are less than `value`. */
function countBelow(ascending: Float64Array, n: number, value: number): number {
  let low = 0
  let high = n
  while (low < high) {
    const middle = (low + high) >> 1
    if (ascending[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Spearman's rank correlation of the first n values of two arrays: Pearson's of their average ranks. NaN where one of
 * them is constant.
 */
export function spearman(a: Float64Array, b: Float64Array, n: number, scratch: RankScratch): number {
  averageRanks(a, n, scratch.sorted, scratch.ranksA)
  averageRanks(b, n, scratch.sorted, scratch.ranksB)
  return correlationOfRanks(scratch.ranksA, scratch.ranksB, n)
}

/** Pearson's correlation of the first n average ranks of two sides; NaN where one of them is constant. */
export function correlationOfRanks(ranksA: Float64Array, ranksB: Float64Array, n: number): number {
  // Average ranks always sum to n(n + 1)/2, so the means are known exactly.
  const mean = (n + 1) / 2
  let cross = 0
  let squareA = 0
  let squareB = 0
  for (let i = 0; i < n; i++) {
    const x = ranksA[i]! - mean
    const y = ranksB[i]! - mean
    cross += x * y
    squareA += x * x
    squareB += y * y
  }
  return squareA === 0 || squareB === 0 ? Number.NaN : cross / Math.sqrt(squareA * squareB)
}
