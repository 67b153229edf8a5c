import {
  CLOSED,
  CLOSED_VALUE,
  COSTS,
  ENTRY_BAR,
  ENTRY_PRICE,
  OPENED,
  OPENED_VALUE,
  REASON,
  RECORD,
  SHARES,
  TradeLedger,
} from './ledger.js'

/** Orders as they were filled: of symbols, to how many shares, at which prices and costs. */
export interface FilledOrders {
  readonly symbols: Int32Array
  readonly next: Float64Array
  readonly prices: Float64Array
  readonly costs: Float64Array
}

/** Cash, positions, and what became of them. Arrays are by symbol; money is in units of initial equity. */
export class Book {
  cash = 1
  /** Symbols with a position, in no particular order: `held[0 … heldCount − 1]`. */
  readonly held: Int32Array
  heldCount = 0
  /** Highest close since the entry bar; lowest for a short. */
  readonly bestClose: Float64Array
  /** 1 where the whole position is to be closed at its next tradable bar. */
  readonly closing: Uint8Array
  closingCount = 0
  /** Code of why the position is to be closed, 0 while nobody wants that. */
  readonly why: Uint8Array
  /** Whether purchases that add to a position move its entry price: only exit rules look at it. */
  averagesEntries = false
  readonly ledger = new TradeLedger()

  private readonly slot: Int32Array
  private readonly records: Float64Array

  /** Room for positions in `n` symbols. */
  constructor(n: number) {
    this.held = new Int32Array(n)
    this.slot = new Int32Array(n)
    this.closing = new Uint8Array(n)
    this.why = new Uint8Array(n)
    this.bestClose = new Float64Array(n)
    this.records = new Float64Array(RECORD * n)
  }

  shares(i: number): number {
    return this.records[RECORD * i + SHARES]!
  }

  entryPrice(i: number): number {
    return this.records[RECORD * i + ENTRY_PRICE]!
  }

  entryBar(i: number): number {
    return this.records[RECORD * i + ENTRY_BAR]!
  }

  /** Wants the whole position closed. The newest reason counts, but an exit rule's outlives a decision's. */
  wantClosed(i: number, reason: number): void {
    if (this.closing[i] === 0) {
      this.closing[i] = 1
      this.closingCount++
    }
    if (reason >= REASON.stopLoss || this.why[i]! < REASON.stopLoss) this.why[i] = reason
  }

  /** A new decision keeps the position after all. */
  keep(i: number): void {
    if (this.closing[i] === 1) {
      this.closing[i] = 0
      this.closingCount--
    }
    this.why[i] = 0
  }

  /**
   * Fills the order j, which opens a position, or ends one and perhaps opens the opposite one. Its cost is booked on the
   * trade; cash is the caller's. `reason` is the code for a position that ends. (Orders are handed over as they stand:
   * numbers that are no integers would be put on the heap for each call.)
   */
  turn(orders: FilledOrders, j: number, bar: number, reason: number): void {
    const { records } = this
    const i = orders.symbols[j]!
    const now = records[RECORD * i]!
    const next = orders.next[j]!
    if (now === 0) {
      if (next !== 0) this.open(orders, j, bar)
      return
    }
    // One order through zero: its cost belongs to both positions by the shares that each took of it.
    const cost = next === 0 ? orders.costs[j]! : orders.costs[j]! * (now / (now - next))
    this.payOff(i, orders.prices[j]!, cost)
    this.end(i, bar, reason)
    if (next === 0) return
    orders.costs[j] = orders.costs[j]! - cost
    this.open(orders, j, bar)
  }

  /** Fills the order j, whose position goes on. Whether it grows is as good as random: no branch on it. */
  adjust({ symbols, next: shares, prices, costs }: FilledOrders, j: number): void {
    const { records } = this
    const at = RECORD * symbols[j]!
    const next = shares[j]!
    const price = prices[j]!
    const now = Math.abs(records[at]!)
    const after = Math.abs(next)
    const added = after - now
    const bought = added * +(added > 0)
    const sold = added - bought
    records[at] = next
    records[at + OPENED] = records[at + OPENED]! + bought
    records[at + OPENED_VALUE] = records[at + OPENED_VALUE]! + bought * price
    records[at + CLOSED] = records[at + CLOSED]! - sold
    records[at + CLOSED_VALUE] = records[at + CLOSED_VALUE]! - sold * price
    records[at + COSTS] = records[at + COSTS]! + costs[j]!
    if (this.averagesEntries && added > 0)
      records[at + ENTRY_PRICE] = (now * records[at + ENTRY_PRICE]! + added * price) / after
  }

  private open({ symbols, next, prices, costs }: FilledOrders, j: number, bar: number): void {
    const { records } = this
    const i = symbols[j]!
    this.slot[i] = this.heldCount
    this.held[this.heldCount++] = i
    const at = RECORD * i
    const shares = next[j]!
    const price = prices[j]!
    const size = Math.abs(shares)
    records[at] = shares
    records[at + OPENED] = size
    records[at + OPENED_VALUE] = size * price
    records[at + CLOSED] = 0
    records[at + CLOSED_VALUE] = 0
    records[at + COSTS] = costs[j]!
    records[at + ENTRY_BAR] = bar
    records[at + ENTRY_PRICE] = price
    this.bestClose[i] = shares > 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  }

  /** Ends a position at a price and books its trade. */
  close(i: number, price: number, cost: number, bar: number, reason: number): void {
    this.payOff(i, price, cost)
    this.end(i, bar, reason)
  }

  /** Writes down what the rest of a position is closed for. */
  private payOff(i: number, price: number, cost: number): void {
    const { records } = this
    const at = RECORD * i
    const size = Math.abs(records[at]!)
    records[at + CLOSED] = records[at + CLOSED]! + size
    records[at + CLOSED_VALUE] = records[at + CLOSED_VALUE]! + size * price
    records[at + COSTS] = records[at + COSTS]! + cost
  }

  private end(i: number, bar: number, reason: number): void {
    const { records, held } = this
    this.ledger.add(records, RECORD * i, i, bar, reason)
    this.keep(i)
    records[RECORD * i] = 0
    const slot = this.slot[i]!
    const moved = held[--this.heldCount]!
    held[slot] = moved
    this.slot[moved] = slot
  }
}
