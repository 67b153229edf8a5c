import { arrange } from '../base/stats/arrange.js'

/** So many scores of a row, evenly spread, say where about its k-th largest lies. */
const SAMPLES = 32

/** Scores between the least and the greatest collected are counted in so many equal steps. */
const BINS = 64

/** Of what has no place any more. */
const NO_BIN = -1

/** So many are taken out of a bin one by one. */
const MOST_DROPPED = 4

/** What is above is infinite, and no score. */
const MOST = Number.MAX_VALUE

/**
 * Picks the symbols with the largest keys out of one row of scores, in a pass or two and without allocating. Which
 * scores pass is as good as random, so no step branches on it:
 * 1. a sample of the row sets a bar that about twice as many as are wanted will pass (`guess`)
 * 2. what passes it is collected; if that is too few, everything is (`collect`)
 * 3. a histogram of those says between which steps the k-th largest lies, and what is below is thrown out (`throwOut`)
 * Of equal keys the symbol that sorts first wins.
 */
export class Picker {
  /** The picks: `picks[0 … count − 1]`, symbols ascending unless they were asked for in order. */
  readonly picks: Int32Array
  private readonly keys: Float64Array
  private readonly work: Float64Array
  private readonly bins: Int8Array
  private readonly counts = new Int32Array(BINS)

  /** Room for picks out of up to `width` symbols. */
  constructor(width: number) {
    this.picks = new Int32Array(width)
    this.keys = new Float64Array(width)
    this.bins = new Int8Array(width)
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
    let bar = this.guess(scores, row, k, sign)
    let size = this.allowed(scores, row, sign, this.collect(scores, row, sign, bar), may)
    if (size < k && bar !== -MOST) {
      bar = -MOST
      size = this.allowed(scores, row, sign, this.collect(scores, row, sign, bar), may)
    }
    return size > k ? this.throwOut(size, k, bar) : size
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

  /** Takes in what reaches the bar; a missing key reaches none. */
  private collect(scores: Float64Array, row: number, sign: 1 | -1, bar: number): number {
    const { picks } = this
    const width = picks.length
    let size = 0
    for (let symbol = 0; symbol < width; symbol++) {
      picks[size] = symbol
      // A comparison as a number: a branch would be guessed wrong at every other symbol that passes.
      size += isTrue(sign * scores[row + symbol]! >= bar)
    }
    return size
  }

  /** Keeps of the collected what is finite and may be picked, and fetches its keys. */
  private allowed(
    scores: Float64Array,
    row: number,
    sign: 1 | -1,
    size: number,
    may: ((symbol: number) => boolean) | undefined,
  ): number {
    const { picks, keys } = this
    let kept = 0
    for (let c = 0; c < size; c++) {
      const symbol = picks[c]!
      const key = sign * scores[row + symbol]!
      if (key > MOST || (may !== undefined && !may(symbol))) continue
      picks[kept] = symbol
      keys[kept++] = key
    }
    return kept
  }

  /**
   * Keeps the k best of the collected, which reach `bar`, in their order. A larger key is never in a lower bin,
   * whatever rounding does to the bins' edges; where their range has no width or is too wide for a number, all are in
   * the lowest.
   */
  private throwOut(size: number, k: number, bar: number): number {
    const { picks, keys, bins, counts } = this
    const low = bar === -MOST ? least(keys, size) : bar
    let high = low
    for (let c = 0; c < size; c++) high = Math.max(high, keys[c]!)
    const scale = (BINS - 1) / (high - low)
    counts.fill(0)
    for (let c = 0; c < size; c++) {
      const bin = ((keys[c]! - low) * scale) | 0
      bins[c] = bin
      counts[bin]!++
    }
    // The bin that the k-th largest is in, and how many of it have a place.
    let edge = BINS - 1
    let places = k
    for (; counts[edge]! < places; edge--) places -= counts[edge]!
    if (counts[edge]! - places <= MOST_DROPPED)
      for (let many = counts[edge]! - places; many > 0; many--) this.dropWorst(size, edge)
    else this.dropAll(size, edge, places)
    let kept = 0
    for (let c = 0; c < size; c++) {
      picks[kept] = picks[c]!
      kept += isTrue(bins[c]! >= edge)
    }
    return kept
  }

  /** Takes the smallest key out of a bin, of equal ones the last. */
  private dropWorst(size: number, bin: number): void {
    const { keys, bins } = this
    let worst = 0
    let key = Number.POSITIVE_INFINITY
    for (let c = 0; c < size; c++) {
      if (bins[c] !== bin || keys[c]! > key) continue
      key = keys[c]!
      worst = c
    }
    bins[worst] = NO_BIN
  }

  /** Takes all but the `places` largest keys out of a bin, of equal ones the last. */
  private dropAll(size: number, bin: number, places: number): void {
    const { keys, bins, work } = this
    let inside = 0
    for (let c = 0; c < size; c++) if (bins[c] === bin) work[inside++] = keys[c]!
    const worst = greatest(work, inside, places)
    let equal = places
    for (let c = 0; c < inside; c++) if (work[c]! > worst) equal--
    for (let c = 0; c < size; c++) {
      // Symbols ascend, so the first of those that equal the worst are the ones to keep.
      if (bins[c] !== bin || keys[c]! > worst || (keys[c] === worst && equal-- > 0)) continue
      bins[c] = NO_BIN
    }
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

function least(values: Float64Array, size: number): number {
  let found = Number.POSITIVE_INFINITY
  for (let c = 0; c < size; c++) found = Math.min(found, values[c]!)
  return found
}

/** The k-th largest of the first `size` values, which are put in another order. */
function greatest(values: Float64Array, size: number, k: number): number {
  arrange(values, size, size - k)
  return values[size - k]!
}
