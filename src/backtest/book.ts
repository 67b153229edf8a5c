import { REASON, TradeLedger } from './ledger.js'

/**
 * One position's numbers stand together in a record, so that a fill touches one line of the cache for each symbol and
 * not one of every array. Places in a record:
 */
const RECORD = 8
/** Shares held: negative for a short, 0 for no position. */
const SHARES = 0
/** Shares opened and closed in all (positive), and Σ shares × price of each. */
const OPENED = 1
const OPENED_VALUE = 2
const CLOSED = 3
const CLOSED_VALUE = 4
const COSTS = 5
const ENTRY_BAR = 6
/** Average price of the position's purchases, as far as they are still held. */
const ENTRY_PRICE = 7

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
   * Takes a symbol without a position, or whose position ends here, to `next` shares at `price`. `cost` is booked on
   * the trade; cash is the caller's. `reason` is the code for a position that ends.
   */
  turn(i: number, next: number, price: number, cost: number, bar: number, reason: number): void {
    const now = this.shares(i)
    if (now === 0) {
      if (next !== 0) this.open(i, next, price, cost, bar)
    } else if (next === 0) this.close(i, price, cost, bar, reason)
    else {
      // One order through zero: its cost belongs to both positions by the shares that each took of it.
      const closing = cost * (now / (now - next))
      this.close(i, price, closing, bar, reason)
      this.open(i, next, price, cost - closing, bar)
    }
  }

  /** Takes a position to `next` shares of its sign. Whether these are more is as good as random: no branch on it. */
  adjust(i: number, next: number, price: number, cost: number): void {
    const { records } = this
    const at = RECORD * i
    const now = Math.abs(records[at]!)
    const after = Math.abs(next)
    const added = after - now
    const isMore = +(added > 0)
    const bought = added * isMore
    const sold = added - bought
    records[at] = next
    records[at + OPENED] = records[at + OPENED]! + bought
    records[at + OPENED_VALUE] = records[at + OPENED_VALUE]! + bought * price
    records[at + CLOSED] = records[at + CLOSED]! - sold
    records[at + CLOSED_VALUE] = records[at + CLOSED_VALUE]! - sold * price
    records[at + COSTS] = records[at + COSTS]! + cost
    if (this.averagesEntries && added > 0)
      records[at + ENTRY_PRICE] = (now * records[at + ENTRY_PRICE]! + added * price) / after
  }

  private open(i: number, shares: number, price: number, cost: number, bar: number): void {
    const { records } = this
    this.slot[i] = this.heldCount
    this.held[this.heldCount++] = i
    const at = RECORD * i
    const size = Math.abs(shares)
    records[at] = shares
    records[at + OPENED] = size
    records[at + OPENED_VALUE] = size * price
    records[at + CLOSED] = 0
    records[at + CLOSED_VALUE] = 0
    records[at + COSTS] = cost
    records[at + ENTRY_BAR] = bar
    records[at + ENTRY_PRICE] = price
    this.bestClose[i] = shares > 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  }

  /** Ends a position at a price and books its trade. */
  close(i: number, price: number, cost: number, bar: number, reason: number): void {
    const { records } = this
    const at = RECORD * i
    const shares = records[at]!
    const size = Math.abs(shares)
    this.ledger.add(
      i,
      shares > 0,
      records[at + ENTRY_BAR]!,
      bar,
      records[at + OPENED]!,
      records[at + OPENED_VALUE]!,
      records[at + CLOSED]! + size,
      records[at + CLOSED_VALUE]! + size * price,
      reason,
      records[at + COSTS]! + cost,
    )
    this.keep(i)
    records[at] = 0
    const slot = this.slot[i]!
    const moved = this.held[--this.heldCount]!
    this.held[slot] = moved
    this.slot[moved] = slot
  }
}
