/** Scratch space for `spearman`, so that a loop over bars allocates nothing. */
export interface RankScratch {
  readonly order: Uint32Array
  readonly ranksA: Float64Array
  readonly ranksB: Float64Array
}

export const rankScratch = (size: number): RankScratch => ({
  order: new Uint32Array(size),
  ranksA: new Float64Array(size),
  ranksB: new Float64Array(size),
})

/** Ranks 1 … n of the first n values into `out`; equal values share the average of their places. */
export function averageRanks(values: Float64Array, n: number, order: Uint32Array, out: Float64Array): void {
  const places = order.subarray(0, n)
  for (let i = 0; i < n; i++) places[i] = i
  places.sort((a, b) => values[a]! - values[b]!)
  for (let from = 0; from < n; ) {
    let to = from + 1
    while (to < n && values[places[to]!] === values[places[from]!]) to++
    const rank = (from + 1 + to) / 2
    for (let i = from; i < to; i++) out[places[i]!] = rank
    from = to
  }
}

/**
 * Spearman's rank correlation of the first n values of two arrays: Pearson's of their average ranks. NaN where one of
 * them is constant.
 */
export function spearman(a: Float64Array, b: Float64Array, n: number, scratch: RankScratch): number {
  averageRanks(a, n, scratch.order, scratch.ranksA)
  averageRanks(b, n, scratch.order, scratch.ranksB)
  // Average ranks always sum to n(n + 1)/2, so the means are known exactly.
  const mean = (n + 1) / 2
  let cross = 0
  let squareA = 0
  let squareB = 0
  for (let i = 0; i < n; i++) {
    const x = scratch.ranksA[i]! - mean
    const y = scratch.ranksB[i]! - mean
    cross += x * y
    squareA += x * x
    squareB += y * y
  }
  return squareA === 0 || squareB === 0 ? Number.NaN : cross / Math.sqrt(squareA * squareB)
}
