import { REASON, TradeLedger } from './ledger.js'

/** Cash, positions, and what became of them. Arrays are by symbol; money is in units of initial equity. */
export class Book {
  cash = 1
  /** Symbols with a position, in no particular order: `held[0 … heldCount − 1]`. */
  readonly held: Int32Array
  heldCount = 0
  /** Negative for a short. */
  readonly shares: Float64Array
  /** Average price of the position's purchases, as far as they are still held. */
  readonly entryPrice: Float64Array
  readonly entryBar: Int32Array
  /** Highest close since the entry bar; lowest for a short. */
  readonly bestClose: Float64Array
  /** 1 where the whole position is to be closed at its next tradable bar. */
  readonly closing: Uint8Array
  closingCount = 0
  /** Code of why the position is to be closed, 0 while nobody wants that. */
  readonly why: Uint8Array
  readonly ledger = new TradeLedger()

  private readonly slot: Int32Array
  private readonly openedShares: Float64Array
  private readonly openedValue: Float64Array
  private readonly closedShares: Float64Array
  private readonly closedValue: Float64Array
  private readonly costs: Float64Array

  /** Room for positions in `n` symbols. */
  constructor(n: number) {
    this.held = new Int32Array(n)
    this.slot = new Int32Array(n)
    this.entryBar = new Int32Array(n)
    this.closing = new Uint8Array(n)
    this.why = new Uint8Array(n)
    this.shares = new Float64Array(n)
    this.entryPrice = new Float64Array(n)
    this.bestClose = new Float64Array(n)
    this.openedShares = new Float64Array(n)
    this.openedValue = new Float64Array(n)
    this.closedShares = new Float64Array(n)
    this.closedValue = new Float64Array(n)
    this.costs = new Float64Array(n)
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
   * Takes a symbol from the shares held to `next` at `price`. `cost` is booked on the trade; cash is the caller's.
   * `reason` is the code for a position that ends here.
   */
  change(i: number, next: number, price: number, cost: number, bar: number, reason: number): void {
    const now = this.shares[i]!
    if (now === 0) {
      if (next !== 0) this.open(i, next, price, cost, bar)
    } else if (next === 0) {
      this.close(i, price, cost, bar, reason)
    } else if (now > 0 !== next > 0) {
      // One order through zero: its cost belongs to both positions by the shares that each took of it.
      const closing = cost * (now / (now - next))
      this.close(i, price, closing, bar, reason)
      this.open(i, next, price, cost - closing, bar)
    } else {
      const added = Math.abs(next) - Math.abs(now)
      this.shares[i] = next
      this.costs[i]! += cost
      if (added > 0) {
        this.entryPrice[i] = (Math.abs(now) * this.entryPrice[i]! + added * price) / Math.abs(next)
        this.openedShares[i]! += added
        this.openedValue[i]! += added * price
      } else {
        this.closedShares[i]! -= added
        this.closedValue[i]! -= added * price
      }
    }
  }

  private open(i: number, shares: number, price: number, cost: number, bar: number): void {
    this.slot[i] = this.heldCount
    this.held[this.heldCount++] = i
    this.shares[i] = shares
    this.entryPrice[i] = price
    this.entryBar[i] = bar
    this.bestClose[i] = shares > 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
    this.openedShares[i] = Math.abs(shares)
    this.openedValue[i] = Math.abs(shares) * price
    this.closedShares[i] = 0
    this.closedValue[i] = 0
    this.costs[i] = cost
  }

  /** Ends a position at a price and books its trade. */
  close(i: number, price: number, cost: number, bar: number, reason: number): void {
    const shares = this.shares[i]!
    const isLong = shares > 0
    const openedValue = this.openedValue[i]!
    const closedValue = this.closedValue[i]! + Math.abs(shares) * price
    const gain = isLong ? closedValue - openedValue : openedValue - closedValue
    const costs = this.costs[i]! + cost
    const opened = this.openedShares[i]!
    const closed = this.closedShares[i]! + Math.abs(shares)
    const entry = this.entryBar[i]!
    const pnl = gain - costs
    this.ledger.add(i, isLong, entry, bar, opened, openedValue, closed, closedValue, pnl, reason, costs)
    this.keep(i)
    this.shares[i] = 0
    const slot = this.slot[i]!
    const moved = this.held[--this.heldCount]!
    this.held[slot] = moved
    this.slot[moved] = slot
  }
}
