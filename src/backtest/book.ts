import type { AccountMemory } from './account-memory.js'
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

/** A list of the one order 0. */
const FIRST = Int32Array.of(0)

/** Cash, positions, and what became of them. Arrays are by symbol; money is in units of initial equity. */
export class Book {
  cash = 1
  /** Symbols with a position, in no particular order: `held[0 … heldCount − 1]`. */
  readonly held: Int32Array
  heldCount = 0
  /** Positions of fewer than no shares. */
  shortCount = 0
  /** Highest close since the entry bar; lowest for a short. */
  readonly bestClose: Float64Array
  /** 1 where the whole position is to be closed at its next tradable bar. */
  readonly closing: Uint8Array
  closingCount = 0
  /** Code of why the position is to be closed, 0 while nobody wants that. */
  readonly why: Uint8Array
  /** Whether entry prices and best closes are kept: only exit rules look at them. */
  averagesEntries = false
  /** One order, for a position that is closed by itself. */
  private readonly single = {
    symbols: new Int32Array(1),
    next: new Float64Array(1),
    prices: new Float64Array(1),
    costs: new Float64Array(1),
  }
  readonly ledger = new TradeLedger()

  readonly memory: AccountMemory
  private readonly slot: Int32Array
  private readonly records: Float64Array

  /** Room for positions in as many symbols as the memory has records. */
  constructor(memory: AccountMemory) {
    const n = memory.symbols
    this.memory = memory
    this.held = memory.held
    this.slot = new Int32Array(n)
    this.closing = new Uint8Array(n)
    this.why = new Uint8Array(n)
    this.bestClose = new Float64Array(n)
    this.records = memory.records
    this.records.fill(0)
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

  /** Ends a position at a price and books its trade. */
  close(i: number, price: number, cost: number, bar: number, reason: number): void {
    const { single } = this
    single.symbols[0] = i
    single.prices[0] = price
    single.costs[0] = cost
    this.why[i] = reason
    this.end(single, FIRST, 0, 1, bar)
  }

  /** Opens a position for each of the orders `list[from … to − 1]`. */
  open(
    { symbols, next, prices, costs }: FilledOrders,
    list: Int32Array,
    from: number,
    to: number,
    bar: number,
  ): void {
    const { records, held, slot, bestClose, averagesEntries } = this
    let count = this.heldCount
    let shorts = this.shortCount
    for (let c = from; c < to; c++) {
      const j = list[c]!
      const i = symbols[j]!
      slot[i] = count
      held[count++] = i
      const at = RECORD * i
      const shares = next[j]!
      const price = prices[j]!
      const size = Math.abs(shares)
      shorts += +(shares < 0)
      records[at] = shares
      records[at + OPENED] = size
      records[at + OPENED_VALUE] = size * price
      records[at + CLOSED] = 0
      records[at + CLOSED_VALUE] = 0
      records[at + COSTS] = costs[j]!
      records[at + ENTRY_BAR] = bar
      if (!averagesEntries) continue
      records[at + ENTRY_PRICE] = price
      bestClose[i] = shares > 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
    }
    this.heldCount = count
    this.shortCount = shorts
  }

  /** Ends the positions of the orders `list[from … to − 1]`; why is told by symbol in `why`. */
  end(
    { symbols, prices, costs }: FilledOrders,
    list: Int32Array,
    from: number,
    to: number,
    bar: number,
  ): void {
    const { records, held, slot, why } = this
    for (let c = from; c < to; c++) {
      const j = list[c]!
      const i = symbols[j]!
      const at = RECORD * i
      const shares = records[at]!
      const size = Math.abs(shares)
      this.shortCount -= +(shares < 0)
      records[at + CLOSED] = records[at + CLOSED]! + size
      records[at + CLOSED_VALUE] = records[at + CLOSED_VALUE]! + size * prices[j]!
      records[at + COSTS] = records[at + COSTS]! + costs[j]!
      this.ledger.add(records, at, i, bar, why[i]!)
      records[at] = 0
      const moved = held[--this.heldCount]!
      held[slot[i]!] = moved
      slot[moved] = slot[i]!
      this.keep(i)
    }
  }
}
