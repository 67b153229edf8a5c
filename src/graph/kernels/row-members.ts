/**
 * The members of one bar's cross-section: positions and values of what is finite and inside the mask. Values have −0
 * made 0. Returns how many.
 */
export function gather(
  x: Float64Array,
  at: number,
  symbols: number,
  mask: Uint8Array | undefined,
  positions: Int32Array,
  values: Float64Array,
): number {
  let count = 0
  if (mask === undefined)
    for (let s = 0; s < symbols; s++) {
      const v = x[at + s]! + 0
      positions[count] = s
      values[count] = v
      count += v - v === 0 ? 1 : 0
    }
  else
    for (let s = 0; s < symbols; s++) {
      const v = x[at + s]! + 0
      positions[count] = s
      values[count] = v
      count += v - v === 0 && mask[at + s] === 1 ? 1 : 0
    }
  return count
}

/** Whole codes below this one are looked up in a table. */
const SMALL_CODES = 4096

/**
 * Sorts the members of a bar by group: members that belong to none are left out, each group's stand together in the
 * order of symbols. Made once per kernel call; nothing is allocated per bar.
 */
export class RowGroups {
  /** Members by group: positions in the row, and values. */
  readonly positions: Int32Array
  readonly values: Float64Array
  /** Group g's members stand at starts[g] … starts[g + 1] − 1; `count` groups. */
  starts = new Int32Array(17)
  count = 0
  /** Ids of codes in the present bar: of small whole ones in a table (entries of other bars have other stamps). */
  private readonly ids = new Map<number, number>()
  private readonly smallIds = new Int32Array(SMALL_CODES)
  private readonly stamps = new Int32Array(SMALL_CODES)
  private stamp = 0
  private readonly idOf: Int32Array

  constructor(symbols: number) {
    this.positions = new Int32Array(symbols)
    this.values = new Float64Array(symbols)
    this.idOf = new Int32Array(symbols)
  }

  /** Groups the first `members` entries of `positions` and `values` by `codes` (one bar's, from `at`); NaN is no group. */
  arrange(
    positions: Int32Array,
    values: Float64Array,
    members: number,
    codes: Float64Array,
    at: number,
  ): void {
    const { idOf } = this
    // Per bar: codes may be anything, and groups that are gone must not cost time for ever.
    this.ids.clear()
    this.stamp++
    this.count = 0
    for (let i = 0; i < members; i++) idOf[i] = this.idOfCode(codes[at + positions[i]!]!)
    if (this.starts.length < this.count + 2) this.starts = new Int32Array(2 * this.count + 2)
    const { starts } = this
    starts.fill(0)
    // Counting sort: starts[g + 1] first counts group g, then is where the next of its members goes.
    for (let i = 0; i < members; i++) if (idOf[i]! >= 0) starts[idOf[i]! + 2] = starts[idOf[i]! + 2]! + 1
    for (let g = 2; g <= this.count + 1; g++) starts[g] = starts[g]! + starts[g - 1]!
    for (let i = 0; i < members; i++) {
      const id = idOf[i]!
      if (id < 0) continue
      const to = starts[id + 1]!
      starts[id + 1] = to + 1
      this.positions[to] = positions[i]!
      this.values[to] = values[i]!
    }
  }
  private idOfCode(code: number): number {
    if (code >= 0 && code < SMALL_CODES && Math.floor(code) === code) {
      if (this.stamps[code] !== this.stamp) {
        this.stamps[code] = this.stamp
        this.smallIds[code] = this.count++
      }
      return this.smallIds[code]!
    }
    if (Number.isNaN(code)) return -1
    const known = this.ids.get(code)
    if (known !== undefined) return known
    this.ids.set(code, this.count)
    return this.count++
  }
}
