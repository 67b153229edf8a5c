/** Rows at least this long are sorted by radix. */
const RADIX_FROM = 48
/** So many neighbours with equal upper halves, and the lower halves are sorted by radix too. */
const LONG_RUN = 16

/**
 * Sorts rows of doubles by index, without allocating per row. Ties stay in order of position, −0 equals 0. Long rows:
 * radix sort on the upper 32 bits of the order-preserving integer form of a double (a least-significant-digit sort, a
 * byte a pass, passes in which all agree left out), then insertion for the few that agree in them.
 */
export class RowOrder {
  /** Values of the row (−0 made 0), in the order given to `sort`. */
  readonly values: Float64Array
  /** `order[i]`: position in `values` of the i-th smallest. */
  order: Int32Array
  private spare: Int32Array
  private readonly words: Uint32Array
  private readonly high: Uint32Array
  private readonly low: Uint32Array
  private readonly counts = new Int32Array(1024)

  constructor(size: number) {
    this.values = new Float64Array(size)
    this.words = new Uint32Array(this.values.buffer)
    this.order = new Int32Array(size)
    this.spare = new Int32Array(size)
    this.high = new Uint32Array(size)
    this.low = new Uint32Array(size)
  }

  /** Sorts the first `count` of `values` (finite, no −0), leaving the result in `order`. */
  sort(count: number): void {
    const { order } = this
    for (let i = 0; i < count; i++) order[i] = i
    if (count >= RADIX_FROM) {
      this.makeKeys(count)
      this.radix(this.high, count)
      if (this.longestRun(count) > LONG_RUN) {
        for (let i = 0; i < count; i++) this.order[i] = i
        this.radix(this.low, count)
        this.radix(this.high, count)
      }
    }
    this.insertion(count)
  }

  private makeKeys(count: number): void {
    const { words, high, low } = this
    for (let i = 0; i < count; i++) {
      const l = words[2 * i]!
      const h = words[2 * i + 1]!
      // A negative number has every bit turned over, a positive one its sign: then integers order as the doubles do.
      const turn = (h | 0) >> 31
      high[i] = h ^ (turn | 0x80000000)
      low[i] = l ^ turn
    }
  }

  private radix(keys: Uint32Array, count: number): void {
    const { counts } = this
    counts.fill(0)
    for (let i = 0; i < count; i++) {
      const k = keys[i]!
      const b0 = k & 255
      const b1 = 256 + ((k >>> 8) & 255)
      const b2 = 512 + ((k >>> 16) & 255)
      const b3 = 768 + (k >>> 24)
      counts[b0] = counts[b0]! + 1
      counts[b1] = counts[b1]! + 1
      counts[b2] = counts[b2]! + 1
      counts[b3] = counts[b3]! + 1
    }
    for (let pass = 0; pass < 4; pass++) {
      const base = pass * 256
      const shift = pass * 8
      if (counts[base + ((keys[0]! >>> shift) & 255)] === count) continue
      let sum = 0
      for (let b = base; b < base + 256; b++) {
        const c = counts[b]!
        counts[b] = sum
        sum += c
      }
      const { order, spare } = this
      for (let i = 0; i < count; i++) {
        const index = order[i]!
        const b = base + ((keys[index]! >>> shift) & 255)
        const to = counts[b]!
        counts[b] = to + 1
        spare[to] = index
      }
      this.order = spare
      this.spare = order
    }
  }

  private longestRun(count: number): number {
    const { order, high } = this
    let longest = 1
    let run = 1
    for (let i = 1; i < count; i++) {
      run = high[order[i]!] === high[order[i - 1]!] ? run + 1 : 1
      if (run > longest) longest = run
    }
    return longest
  }

  private insertion(count: number): void {
    const { order, values } = this
    let previous = count > 0 ? values[order[0]!]! : 0
    for (let i = 1; i < count; i++) {
      const index = order[i]!
      const v = values[index]!
      if (previous <= v) {
        previous = v
        continue
      }
      let j = i - 1
      while (j >= 0 && values[order[j]!]! > v) {
        order[j + 1] = order[j]!
        j--
      }
      order[j + 1] = index
    }
  }
}
