import { contentHash } from '../../base/hash.js'

/** So many shifted sets are remembered by each: a long search meets every lag. */
const MOST_KEPT = 64

/**
 * Bars of a panel whose values are wanted without those of the others. Their values stand row by row in a compact
 * array: row k is bar `bars[k]`.
 */
export class RowSet {
  /** Equal for equal bars of one panel. */
  readonly key: string
  readonly bars: Int32Array
  private readonly of: number
  private readonly earlier = new Map<number, RowSet>()
  private readonly windows = new Map<number, RowSet>()
  private places: Int32Array | undefined

  /** `bars` ascend; `of` is how many the panel has. */
  constructor(bars: Int32Array, of: number, key?: string) {
    this.bars = bars
    this.of = of
    this.key = key ?? contentHash(new Uint8Array(bars.buffer, bars.byteOffset, bars.byteLength))
  }

  /** By bar of the panel: its row, or −1. */
  get rowOf(): Int32Array {
    if (this.places === undefined) {
      this.places = new Int32Array(this.of).fill(-1)
      for (let k = 0; k < this.bars.length; k++) this.places[this.bars[k]!] = k
    }
    return this.places
  }

  /** The bars n before, as far as there are any: the first of these rows have none. */
  before(n: number): RowSet {
    let found = this.earlier.get(n)
    if (found === undefined) {
      const first = this.bars.findIndex((bar) => bar >= n)
      const bars = this.bars.slice(first < 0 ? this.bars.length : first).map((bar) => bar - n)
      found = new RowSet(bars, this.of)
      if (this.earlier.size === MOST_KEPT) this.earlier.clear()
      this.earlier.set(n, found)
    }
    return found
  }

  /** These bars and the n − 1 before each of them, as far as there are any. */
  windowsOf(n: number): RowSet {
    let found = this.windows.get(n)
    if (found === undefined) {
      const bars: number[] = []
      for (const bar of this.bars)
        for (let t = Math.max(bar - n + 1, (bars.at(-1) ?? -1) + 1); t <= bar; t++) bars.push(t)
      found = new RowSet(Int32Array.from(bars), this.of)
      if (this.windows.size === MOST_KEPT) this.windows.clear()
      this.windows.set(n, found)
    }
    return found
  }
}

/** Copies the rows' values of a full array (one row for each bar of the panel) into a compact one. */
export function gatherRows<Values extends Float64Array | Uint8Array>(
  out: Values,
  full: Values,
  width: number,
  { bars }: RowSet,
): void {
  for (let k = 0; k < bars.length; k++) {
    const at = bars[k]! * width
    out.set(full.subarray(at, at + width), k * width)
  }
}
