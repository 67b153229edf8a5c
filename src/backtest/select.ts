/**
 * Picks the symbols with the largest keys out of one row of scores: O(N + k log k) for usual rows, nothing allocated
 * after construction. What is above the worst of the best so far is collected; when there is no more room, all but
 * the k best are thrown out, and the bar rises. Of equal keys the symbol that sorts first wins.
 */
export class Picker {
  /** The picks: `picks[0 … count − 1]`, symbols ascending unless they were asked for in order. */
  readonly picks: Int32Array
  private readonly keys: Float64Array
  private readonly work: Float64Array
  private size = 0
  private wanted = 0
  private limit = 0
  /** Only keys above this are worth collecting. */
  private bar = Number.NEGATIVE_INFINITY

  /** Room for picks out of up to `width` symbols. */
  constructor(width: number) {
    this.picks = new Int32Array(width)
    this.keys = new Float64Array(width)
    this.work = new Float64Array(width)
  }

  /**
   * Picks the k symbols with the largest finite sign·scores[row + symbol] for which `may` holds. Returns how many
   * were picked.
   */
  largest(
    scores: Float64Array,
    row: number,
    k: number,
    sign: 1 | -1,
    may: (symbol: number) => boolean,
  ): number {
    const { picks, keys } = this
    const width = picks.length
    this.size = 0
    this.wanted = Math.min(k, width)
    // Room for as many again, so that throwing out pays.
    this.limit = Math.min(width, 2 * this.wanted + 16)
    this.bar = Number.NEGATIVE_INFINITY
    if (this.wanted <= 0) return 0
    let bar = this.bar
    for (let symbol = 0; symbol < width; symbol++) {
      const key = sign * scores[row + symbol]!
      // Symbols ascend: of equal keys the one that comes later loses. A missing key is above nothing.
      if (!(key > bar) || key === Number.POSITIVE_INFINITY || !may(symbol)) continue
      if (this.size === this.limit) {
        this.throwOut()
        bar = this.bar
        if (!(key > bar)) continue
      }
      picks[this.size] = symbol
      keys[this.size++] = key
    }
    if (this.size > this.wanted) this.throwOut()
    return this.size
  }

  /** Keeps the best, in their order, and raises the bar to the worst of them. */
  private throwOut(): void {
    const { picks, keys, size, wanted } = this
    const bar = this.kthLargest(wanted)
    let above = 0
    for (let c = 0; c < size; c++) if (keys[c]! > bar) above++
    let equal = wanted - above
    let kept = 0
    for (let c = 0; c < size; c++) {
      const key = keys[c]!
      if (!(key > bar) && !(key === bar && equal-- > 0)) continue
      picks[kept] = picks[c]!
      keys[kept++] = key
    }
    this.size = kept
    this.bar = bar
  }

  /** The k-th largest of the collected keys (Hoare's selection on a copy). */
  private kthLargest(k: number): number {
    const { work, keys, size } = this
    for (let c = 0; c < size; c++) work[c] = keys[c]!
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

  /** Brings the `count` symbols of `picks` in the order of sign·scores[row + symbol], the largest first, ties as they stand. */
  order(scores: Float64Array, row: number, count: number, sign: 1 | -1): void {
    const best = Array.from(this.picks.subarray(0, count))
    best.sort((a, b) => sign * scores[row + b]! - sign * scores[row + a]! || a - b)
    this.picks.set(best)
  }
}
