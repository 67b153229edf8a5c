import type { AccountMemory } from './account-memory.js'
import { ENTRY_BAR, ENTRY_PRICE, REASON, RECORD, SHARES, TradeLedger } from './ledger.js'

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
  readonly ledger: TradeLedger

  readonly memory: AccountMemory
  private readonly records: Float64Array

  /** Room for positions in as many symbols as the memory has records. */
  constructor(memory: AccountMemory) {
    this.memory = memory
    this.held = memory.held
    this.closing = memory.closing
    this.why = new Uint8Array(memory.symbols)
    this.bestClose = memory.bestCloses
    this.records = memory.records
    this.ledger = new TradeLedger(memory.totals)
    for (const left of [memory.records, memory.targets, memory.totals, memory.closing]) left.fill(0)
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

  /** Begins a position for each of the orders `opening[from … to − 1]`. */
  open(from: number, to: number, bar: number): void {
    const { kernels, at } = this.memory
    this.shortCount += kernels.open(at, from, to, this.heldCount, bar, +this.averagesEntries)
    this.heldCount += to - from
  }

  /** Ends the positions of the orders `ending[from … to − 1]` and books their trades; without a reason, by `why`. */
  end(from: number, to: number, bar: number, reason = 0): void {
    const { memory, ledger } = this
    const { kernels, at } = memory
    if (ledger.keepsRows || this.closingCount > 0) this.noteEnds(from, to, bar, reason)
    this.shortCount -= kernels.end(at, from, to, this.heldCount, bar, +(reason !== REASON.end))
    this.heldCount -= to - from
  }

  private noteEnds(from: number, to: number, bar: number, reason: number): void {
    const { why, ledger, records } = this
    const { symbols, prices, costs, ending } = this.memory.orders
    for (let c = from; c < to; c++) {
      const j = ending[c]!
      const i = symbols[j]!
      if (ledger.keepsRows)
        ledger.add(records, i, prices[j]!, costs[j]!, bar, reason === 0 ? why[i]! : reason)
      this.keep(i)
    }
  }
}
