/** So many scores of a row, evenly spread, say where about its k-th largest lies. */
const SAMPLES = 32

/**
 * Picks the symbols with the largest keys out of one row of scores, in a pass or two and without allocating:
 * 1. a sample of the row sets a bar that about twice as many as are wanted will pass (`guess`)
 * 2. what passes it is collected; if that is too few, everything is (`collect`)
 * 3. all but the k best of those are thrown out (`throwOut`)
 * Of equal keys the symbol that sorts first wins.
 */
export class Picker {
  /** The picks: `picks[0 … count − 1]`, symbols ascending unless they were asked for in order. */
  readonly picks: Int32Array
  private readonly keys: Float64Array
  private readonly work: Float64Array

  /** Room for picks out of up to `width` symbols. */
  constructor(width: number) {
    this.picks = new Int32Array(width)
    this.keys = new Float64Array(width)
    this.work = new Float64Array(Math.max(width, SAMPLES))
  }

  /**
   * Picks the k symbols with the largest finite sign·scores[row + symbol] for which `may` holds; without it, any may
   * be picked. Returns how many were picked.
   */
  largest(
    scores: Float64Array,
    row: number,
    k: number,
    sign: 1 | -1,
    may?: (symbol: number) => boolean,
  ): number {
    if (k <= 0) return 0
    const bar = this.guess(scores, row, k, sign)
    let size = this.allowed(this.collect(scores, row, sign, bar), may)
    if (size < k && bar !== Number.NEGATIVE_INFINITY)
      size = this.allowed(this.collect(scores, row, sign, Number.NEGATIVE_INFINITY), may)
    return size > k ? this.throwOut(size, k) : size
  }

  /** A key that rather more than k of the row reach; −∞ where that would be about half of them. */
  private guess(scores: Float64Array, row: number, k: number, sign: 1 | -1): number {
    const width = this.picks.length
    const { work } = this
    if (width < 2 * SAMPLES) return Number.NEGATIVE_INFINITY
    const rank = Math.ceil((1.5 * k * SAMPLES) / width) + 2
    if (2 * rank > SAMPLES) return Number.NEGATIVE_INFINITY
    // The `rank` largest of the sample, ascending.
    work.fill(Number.NEGATIVE_INFINITY, 0, rank)
    for (let c = 0; c < SAMPLES; c++) {
      const key = sign * scores[row + Math.floor((c * width) / SAMPLES)]!
      if (!(key > work[0]!)) continue
      let to = 1
      for (; to < rank && work[to]! < key; to++) work[to - 1] = work[to]!
      work[to - 1] = key
    }
    return work[0]!
  }

  /** Takes in what reaches the bar. A missing key reaches none. */
  private collect(scores: Float64Array, row: number, sign: 1 | -1, bar: number): number {
    const { picks, keys } = this
    const width = picks.length
    let size = 0
    if (sign === 1) {
      for (let symbol = 0; symbol < width; symbol++) {
        const key = scores[row + symbol]!
        if (!(key >= bar)) continue
        picks[size] = symbol
        keys[size++] = key
      }
      return size
    }
    for (let symbol = 0; symbol < width; symbol++) {
      const key = -scores[row + symbol]!
      if (!(key >= bar)) continue
      picks[size] = symbol
      keys[size++] = key
    }
    return size
  }

  /** Keeps of the collected what is finite and may be picked. */
  private allowed(size: number, may: ((symbol: number) => boolean) | undefined): number {
    const { picks, keys } = this
    let kept = 0
    for (let c = 0; c < size; c++) {
      const symbol = picks[c]!
      const key = keys[c]!
      if (!Number.isFinite(key) || (may !== undefined && !may(symbol))) continue
      picks[kept] = symbol
      keys[kept++] = key
    }
    return kept
  }

  /** Keeps the k best of the collected, in their order. */
  private throwOut(size: number, k: number): number {
    const { picks, keys, work } = this
    for (let c = 0; c < size; c++) work[c] = keys[c]!
    const worst = this.kthLargest(size, k)
    let equal = k
    for (let c = 0; c < size; c++) if (keys[c]! > worst) equal--
    let kept = 0
    for (let c = 0; c < size; c++) {
      const key = keys[c]!
      // Symbols ascend, so the first of those that equal the worst are the ones to keep.
      if (!(key > worst) && !(key === worst && equal-- > 0)) continue
      picks[kept++] = picks[c]!
    }
    return kept
  }

  /** The k-th largest of the first `size` values of `work`, which are put in another order (Hoare 1961, FIND). */
  private kthLargest(size: number, k: number): number {
    const { work } = this
    const at = size - k
    let low = 0
    let high = size - 1
    while (low < high) {
      const pivot = work[(low + high) >> 1]!
      let i = low
      let j = high
      while (i <= j) {
        while (work[i]! < pivot) i++
        while (work[j]! > pivot) j--
        if (i > j) break
        const swapped = work[i]!
        work[i++] = work[j]!
        work[j--] = swapped
      }
      if (at <= j) high = j
      else if (at >= i) low = i
      else break
    }
    return work[at]!
  }

  /** Brings the first `count` picks in the order of sign·scores[row + symbol], the largest first, ties as they stand. */
  order(scores: Float64Array, row: number, count: number, sign: 1 | -1): void {
    const best = Array.from(this.picks.subarray(0, count))
    best.sort((a, b) => sign * scores[row + b]! - sign * scores[row + a]! || a - b)
    this.picks.set(best)
  }
}
