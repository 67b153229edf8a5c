import type { Panel } from '../data/panel.js'
import type { CloseColumns } from './closes.js'

/**
 * Standard deviation (ddof 1) of one symbol's last n close-to-close returns at a bar; NaN unless all n are finite.
 * Two passes over the window.
 */
export function returnDeviation(closes: CloseColumns, symbol: number, bar: number, n: number): number {
  if (bar < n || n < 2) return Number.NaN
  const { last: prices, missing } = closes
  const end = symbol * closes.bars + bar
  const first = end - n
  if (missing !== undefined) for (let at = first; at <= end; at++) if (missing[at] !== 0) return Number.NaN
  let sum = 0
  for (let at = first + 1; at <= end; at++) sum += prices[at]! / prices[at - 1]! - 1
  const mean = sum / n
  if (!Number.isFinite(mean)) return Number.NaN
  let squares = 0
  for (let at = first + 1; at <= end; at++) {
    const distance = prices[at]! / prices[at - 1]! - 1 - mean
    squares += distance * distance
  }
  return Math.sqrt(squares / (n - 1))
}

/**
 * Wilder's average true range, advanced symbol by symbol and only as far as it is asked for. The true range is
 * high − low where the previous close is missing; the average starts as the mean of the first n finite ranges of the
 * panel, and a missing range leaves it alone.
 */
export class AverageTrueRange {
  private readonly high: Float64Array
  private readonly low: Float64Array
  private readonly close: Float64Array
  private readonly width: number
  private readonly n: number
  /** By symbol: the next bar to take in, the finite ranges so far, their sum and later the average. */
  private readonly next: Int32Array
  private readonly count: Int32Array
  private readonly average: Float64Array

  /** The panel must have `high` and `low`. */
  constructor(panel: Panel, n: number) {
    this.high = panel.fields.get('high')!
    this.low = panel.fields.get('low')!
    this.close = panel.fields.get('close')!
    this.width = panel.symbols.length
    this.n = n
    this.next = new Int32Array(this.width)
    this.count = new Int32Array(this.width)
    this.average = new Float64Array(this.width)
  }

  /** The average at a bar, NaN where it is missing. Bars asked of one symbol must ascend. */
  at(symbol: number, bar: number): number {
    let count = this.count[symbol]!
    let average = this.average[symbol]!
    let range = Number.NaN
    for (let t = this.next[symbol]!; t <= bar; t++) {
      range = this.trueRange(symbol, t)
      if (!Number.isFinite(range)) continue
      count++
      if (count < this.n) average += range
      else if (count === this.n) average = (average + range) / this.n
      else average += (range - average) / this.n
    }
    this.next[symbol] = bar + 1
    this.count[symbol] = count
    this.average[symbol] = average
    return Number.isFinite(range) && count >= this.n ? average : Number.NaN
  }

  private trueRange(symbol: number, bar: number): number {
    const cell = bar * this.width + symbol
    const high = this.high[cell]!
    const low = this.low[cell]!
    const before = bar > 0 ? this.close[cell - this.width]! : Number.NaN
    if (!Number.isFinite(before)) return high - low
    return Math.max(high - low, Math.abs(high - before), Math.abs(low - before))
  }
}
