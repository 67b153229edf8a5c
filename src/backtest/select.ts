/**
 * Picks the symbols with the largest keys out of candidates, by a bounded heap: O(N log k), nothing allocated after
 * construction. Of equal keys the symbol that sorts first wins.
 */
export class Picker {
  /** The picks, best first: `picks[0 … count − 1]`. */
  readonly picks: Int32Array
  private readonly symbols: Int32Array
  private readonly keys: Float64Array

  /** Room for picks out of up to `width` symbols. */
  constructor(width: number) {
    this.picks = new Int32Array(width)
    this.symbols = new Int32Array(width)
    this.keys = new Float64Array(width)
  }

  /**
   * Picks the k candidates with the largest sign·scores[offset + symbol]. Candidates ascend, and may be `picks`
   * itself. Returns how many were picked: min(k, count).
   */
  largest(
    candidates: Int32Array,
    count: number,
    k: number,
    scores: Float64Array,
    offset: number,
    sign: 1 | -1,
  ): number {
    const symbols = this.symbols
    const keys = this.keys
    const wanted = Math.min(k, count)
    if (wanted <= 0) return 0
    let size = wanted
    for (let c = 0; c < wanted; c++) {
      const symbol = candidates[c]!
      this.rise(c, symbol, sign * scores[offset + symbol]!)
    }
    let worst = keys[0]!
    for (let c = wanted; c < count; c++) {
      const symbol = candidates[c]!
      const key = sign * scores[offset + symbol]!
      // Symbols ascend: of equal keys the one that comes later loses.
      if (key <= worst) continue
      this.sink(wanted, symbol, key)
      worst = keys[0]!
    }
    for (let at = wanted - 1; at >= 0; at--) {
      this.picks[at] = symbols[0]!
      size--
      if (size > 0) this.sink(size, symbols[size]!, keys[size]!)
    }
    return wanted
  }

  /** The root of the heap is the worst of the picks: the smallest key, of equal ones the symbol that sorts last. */
  private rise(hole: number, symbol: number, key: number): void {
    const symbols = this.symbols
    const keys = this.keys
    let at = hole
    while (at > 0) {
      const parent = (at - 1) >> 1
      const other = keys[parent]!
      if (other < key || (other === key && symbols[parent]! > symbol)) break
      keys[at] = other
      symbols[at] = symbols[parent]!
      at = parent
    }
    keys[at] = key
    symbols[at] = symbol
  }

  private sink(size: number, symbol: number, key: number): void {
    const symbols = this.symbols
    const keys = this.keys
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= size) break
      const right = child + 1
      if (
        right < size &&
        (keys[right]! < keys[child]! || (keys[right] === keys[child] && symbols[right]! > symbols[child]!))
      )
        child = right
      if (keys[child]! > key || (keys[child] === key && symbols[child]! < symbol)) break
      keys[at] = keys[child]!
      symbols[at] = symbols[child]!
      at = child
    }
    keys[at] = key
    symbols[at] = symbol
  }
}
