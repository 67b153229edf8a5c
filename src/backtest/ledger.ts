import type { Trade, TradeReason, TradeTotals } from './types.js'

/** Reasons by code, as kept per symbol; 0 is none. The exit rules stand in the order in which they are checked. */
export const REASONS = [
  undefined,
  'rebalance',
  'signal',
  'stopLoss',
  'takeProfit',
  'trailingStop',
  'atrStop',
  'volatilityStop',
  'maxHoldingBars',
  'delisted',
  'end',
] as const satisfies readonly (TradeReason | undefined)[]

export const REASON = {
  rebalance: 1,
  signal: 2,
  stopLoss: 3,
  takeProfit: 4,
  trailingStop: 5,
  atrStop: 6,
  volatilityStop: 7,
  maxHoldingBars: 8,
  delisted: 9,
  end: 10,
} as const

/**
 * One position's numbers stand together in a record, so that a fill touches one line of the cache for each symbol and
 * not one of every array. Places in a record:
 */
export const RECORD = 8
/** Shares held: negative for a short, 0 for no position. */
export const SHARES = 0
/** Shares opened and closed in all (positive), and Σ shares × price of each. */
export const OPENED = 1
export const OPENED_VALUE = 2
export const CLOSED = 3
export const CLOSED_VALUE = 4
/** Commission, tax and slippage of all fills. */
export const COSTS = 5
export const ENTRY_BAR = 6
/** Average price of the position's purchases, as far as they are still held. */
export const ENTRY_PRICE = 7

/** Whole numbers of a trade: symbol, entry bar, exit bar, twice the reason's code and 1 for a long. */
const PLACES = 4
/** Its other numbers: shares opened, Σ shares × price of them, the same of what was closed, and costs. */
const AMOUNTS = 5
/** Trades that there is room for in the beginning. */
const ROOM = 256

type FixedTotals = [number, number, number, number, number, number, number]

/** A pnl within this of 0 is neither gain nor loss (kernels/backtest/turn.ts). */
const EVEN = 1e-12

/** Totals of a list of trades, in its order. */
export function tradeTotals(trades: readonly Trade[]): TradeTotals {
  const totals = { closed: 0, open: 0, winners: 0, won: 0, lost: 0, returns: 0, bars: 0 }
  for (const trade of trades) {
    if (trade.reason === 'end') {
      totals.open++
      continue
    }
    totals.closed++
    if (trade.pnl > EVEN) {
      totals.winners++
      totals.won += trade.pnl
    } else if (trade.pnl < -EVEN) totals.lost -= trade.pnl
    totals.returns += trade.return
    totals.bars += trade.bars
  }
  return totals
}

/** The trades of a finished backtest, as numbers. */
export interface TradeValues {
  readonly places: Int32Array
  readonly amounts: Float64Array
  readonly totals: TradeTotals
}

const pnlOf = (isLong: boolean, openedValue: number, closedValue: number, cost: number): number =>
  (isLong ? closedValue - openedValue : openedValue - closedValue) - cost

/**
 * Where a backtest writes down its trades. They are kept as numbers and become rows only when somebody reads them:
 * most backtests of a search are asked for totals alone.
 */
export class TradeLedger {
  private places = new Int32Array(ROOM * PLACES)
  private amounts = new Float64Array(ROOM * AMOUNTS)
  private size = 0
  /** What the kernels count: the numbers of TradeTotals in their order. */
  private readonly totals: Float64Array

  /** Whether rows can be had of the trades, or totals alone. */
  keepsRows = true

  constructor(totals: Float64Array) {
    this.totals = totals
  }

  /** Writes down the trade of a position all of which is now closed, at a price and a cost. */
  add(records: Float64Array, symbol: number, price: number, cost: number, bar: number, reason: number): void {
    const at = RECORD * symbol
    const shares = records[at + SHARES]!
    const left = Math.abs(shares)
    if (this.size * PLACES === this.places.length) this.grow()
    const { places, amounts, size } = this
    const to = size * PLACES
    places[to] = symbol
    places[to + 1] = records[at + ENTRY_BAR]!
    places[to + 2] = bar
    places[to + 3] = 2 * reason + +(shares > 0)
    const from = size * AMOUNTS
    amounts[from] = records[at + OPENED]!
    amounts[from + 1] = records[at + OPENED_VALUE]!
    amounts[from + 2] = records[at + CLOSED]! + left
    amounts[from + 3] = records[at + CLOSED_VALUE]! + left * price
    amounts[from + 4] = records[at + COSTS]! + cost
    this.size = size + 1
  }

  private grow(): void {
    const places = new Int32Array(2 * this.places.length)
    places.set(this.places)
    this.places = places
    const amounts = new Float64Array(2 * this.amounts.length)
    amounts.set(this.amounts)
    this.amounts = amounts
  }

  /** Hands over what was written down, and is empty again. */
  take(): TradeValues {
    const { size } = this
    const [closed, open, winners, won, lost, returns, bars] = this.totals as unknown as FixedTotals
    const taken = {
      places: this.places.slice(0, size * PLACES),
      amounts: this.amounts.slice(0, size * AMOUNTS),
      totals: { closed, open, winners, won, lost, returns, bars },
    }
    this.size = 0
    this.totals.fill(0)
    return taken
  }
}

/** Trades as rows, in the order in which they were closed. */
export function tradesOf(
  { places, amounts }: TradeValues,
  dates: readonly string[],
  symbols: readonly string[],
): Trade[] {
  return Array.from({ length: places.length / PLACES }, (_, row) => {
    const at = row * PLACES
    const entryBar = places[at + 1]!
    const exitBar = places[at + 2]!
    const code = places[at + 3]!
    const isLong = code % 2 === 1
    const from = row * AMOUNTS
    const opened = amounts[from]!
    const openedValue = amounts[from + 1]!
    const closedValue = amounts[from + 3]!
    const cost = amounts[from + 4]!
    const pnl = pnlOf(isLong, openedValue, closedValue, cost)
    return {
      symbol: symbols[places[at]!]!,
      side: isLong ? 'long' : 'short',
      entryBar,
      entryDate: dates[entryBar]!,
      entryPrice: openedValue / opened,
      exitBar,
      exitDate: dates[exitBar]!,
      exitPrice: closedValue / amounts[from + 2]!,
      shares: opened,
      pnl,
      cost,
      return: pnl / openedValue,
      bars: exitBar - entryBar,
      reason: REASONS[code >> 1]!,
    }
  })
}
