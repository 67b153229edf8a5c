import { RowOrder } from '../graph/kernels/row-order.js'

/** Scratch space for `spearman`, so that a loop over bars allocates nothing. */
export interface RankScratch {
  readonly order: RowOrder
  readonly ranksA: Float64Array
  readonly ranksB: Float64Array
}

export const rankScratch = (size: number): RankScratch => ({
  order: new RowOrder(size),
  ranksA: new Float64Array(size),
  ranksB: new Float64Array(size),
})

/** Ranks 1 … n of the first n values, all finite, into `out`; equal values share the average of their places. */
export function averageRanks(values: Float64Array, n: number, row: RowOrder, out: Float64Array): void {
  // The order takes −0 for less than 0.
  for (let i = 0; i < n; i++) row.values[i] = values[i]! + 0
  row.sort(n)
  const { values: sorted, order } = row
  for (let from = 0; from < n; ) {
    const value = sorted[order[from]!]!
    let to = from + 1
    while (to < n && sorted[order[to]!] === value) to++
    const rank = (from + 1 + to) / 2
    for (let k = from; k < to; k++) out[order[k]!] = rank
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
