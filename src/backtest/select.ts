/** So many scores of a row, evenly spread, say where about its k-th largest lies. */
const SAMPLES = 32

/** Scores between the least and the greatest collected are counted in so many equal steps. */
const BINS = 64

/** What is above is infinite, and no score. */
const MOST = Number.MAX_VALUE

/**
 * Picks the symbols with the largest keys out of one row of scores, in a pass or two and without allocating. Which
 * scores pass is as good as random, so no step branches on it:
 * 1. a sample of the row sets a bar that about twice as many as are wanted will pass (`guess`)
 * 2. what passes it is collected; if that is too few, everything is (`collect`)
 * 3. a histogram of those says between which steps the k-th largest lies (`kthLargest`)
 * 4. what is below that is thrown out (`throwOut`)
 * Of equal keys the symbol that sorts first wins.
 */
export class Picker {
  /** The picks: `picks[0 … count − 1]`, symbols ascending unless they were asked for in order. */
  readonly picks: Int32Array
  private readonly keys: Float64Array
  private readonly work: Float64Array
  private readonly bins: Uint8Array
  private readonly counts = new Int32Array(BINS)

  /** Room for picks out of up to `width` symbols. */
  constructor(width: number) {
    this.picks = new Int32Array(width)
    this.keys = new Float64Array(width)
    this.bins = new Uint8Array(width)
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
    if (size < k && bar !== -MOST) size = this.allowed(this.collect(scores, row, sign, -MOST), may)
    return size > k ? this.throwOut(size, k) : size
  }

  /** A key that rather more than k of the row reach; the least number where that would be about half of them. */
  private guess(scores: Float64Array, row: number, k: number, sign: 1 | -1): number {
    const width = this.picks.length
    const { work } = this
    if (width < 2 * SAMPLES) return -MOST
    const rank = Math.ceil((1.5 * k * SAMPLES) / width) + 2
    if (2 * rank > SAMPLES) return -MOST
    // The `rank` largest of the sample, ascending.
    work.fill(-MOST, 0, rank)
    for (let c = 0; c < SAMPLES; c++) {
      const key = sign * scores[row + Math.floor((c * width) / SAMPLES)]!
      if (!(key > work[0]!)) continue
      let to = 1
      for (; to < rank && work[to]! < key; to++) work[to - 1] = work[to]!
      work[to - 1] = key
    }
    return work[0]!
  }

  /** Takes in what is finite and reaches the bar. */
  private collect(scores: Float64Array, row: number, sign: 1 | -1, bar: number): number {
    const { picks, keys } = this
    const width = picks.length
    let size = 0
    for (let symbol = 0; symbol < width; symbol++) {
      const key = sign * scores[row + symbol]!
      picks[size] = symbol
      keys[size] = key
      // A comparison as a number: a branch would be guessed wrong at every other symbol that passes.
      size += isTrue(key >= bar) & isTrue(key <= MOST)
    }
    return size
  }

  /** Keeps of the collected what may be picked. */
  private allowed(size: number, may: ((symbol: number) => boolean) | undefined): number {
    if (may === undefined) return size
    const { picks, keys } = this
    let kept = 0
    for (let c = 0; c < size; c++) {
      const symbol = picks[c]!
      if (!may(symbol)) continue
      picks[kept] = symbol
      keys[kept++] = keys[c]!
    }
    return kept
  }

  /** Keeps the k best of the collected, in their order. */
  private throwOut(size: number, k: number): number {
    const { picks, keys } = this
    const worst = this.kthLargest(size, k)
    let above = 0
    let reach = 0
    for (let c = 0; c < size; c++) {
      above += isTrue(keys[c]! > worst)
      reach += isTrue(keys[c]! >= worst)
    }
    let kept = 0
    if (reach === k) {
      for (let c = 0; c < size; c++) {
        picks[kept] = picks[c]!
        kept += isTrue(keys[c]! >= worst)
      }
      return kept
    }
    let equal = k - above
    for (let c = 0; c < size; c++) {
      const key = keys[c]!
      // Symbols ascend, so the first of those that equal the worst are the ones to keep.
      if (key > worst || (key === worst && equal-- > 0)) picks[kept++] = picks[c]!
    }
    return kept
  }

  /**
   * The k-th largest of the first `size` keys. A larger key is never in a lower bin, whatever rounding does to the
   * bins' edges; where the range has no width or is too wide for a number, all keys are in the lowest.
   */
  private kthLargest(size: number, k: number): number {
    const { keys, bins, counts, work } = this
    let low = keys[0]!
    let high = low
    for (let c = 1; c < size; c++) {
      low = Math.min(low, keys[c]!)
      high = Math.max(high, keys[c]!)
    }
    const scale = (BINS - 1) / (high - low)
    counts.fill(0)
    for (let c = 0; c < size; c++) {
      const bin = ((keys[c]! - low) * scale) | 0
      bins[c] = bin
      counts[bin]!++
    }
    let bin = BINS - 1
    for (; counts[bin]! < k; bin--) k -= counts[bin]!
    let inside = 0
    for (let c = 0; c < size; c++) {
      work[inside] = keys[c]!
      inside += isTrue(bins[c] === bin)
    }
    return greatest(work, inside, k)
  }

  /** Brings the first `count` picks in the order of sign·scores[row + symbol], the largest first, ties as they stand. */
  order(scores: Float64Array, row: number, count: number, sign: 1 | -1): void {
    const best = Array.from(this.picks.subarray(0, count))
    best.sort((a, b) => sign * scores[row + b]! - sign * scores[row + a]! || a - b)
    this.picks.set(best)
  }
}

/** 1 where a condition holds, as a number that needs no branch. */
const isTrue = (condition: boolean): number => (condition as unknown as number) | 0

/** The k-th largest of the first `size` values, which are put in another order (Hoare 1961, FIND). */
function greatest(values: Float64Array, size: number, k: number): number {
  const at = size - k
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
    else break
  }
  return values[at]!
}
