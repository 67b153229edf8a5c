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

const COLUMNS = 11

/** A pnl within this of 0 is neither gain nor loss. */
const EVEN = 1e-12

class Totals implements TradeTotals {
  closed = 0
  open = 0
  winners = 0
  won = 0
  lost = 0
  returns = 0
  bars = 0

  count(pnl: number, gain: number, bars: number): void {
    this.closed++
    if (pnl > EVEN) {
      this.winners++
      this.won += pnl
    } else if (pnl < -EVEN) this.lost -= pnl
    this.returns += gain
    this.bars += bars
  }
}

/** Totals of a list of trades, in its order. */
export function tradeTotals(trades: readonly Trade[]): TradeTotals {
  const totals = new Totals()
  for (const trade of trades) {
    if (trade.reason === 'end') totals.open++
    else totals.count(trade.pnl, trade.return, trade.bars)
  }
  return totals
}

/** The trades of a finished backtest, as numbers: eleven to a trade. */
export interface TradeValues {
  readonly values: Float64Array
  readonly totals: TradeTotals
}

/**
 * Where a backtest writes down its trades. They are kept as numbers and become rows only when somebody reads them:
 * most backtests of a search are asked for totals alone.
 */
export class TradeLedger {
  private values = new Float64Array(256 * COLUMNS)
  private size = 0
  private totals = new Totals()

  /**
   * Writes down a position from flat to flat: index of its symbol, shares and Σ shares × price of what was opened and
   * of what was closed, `pnl` after `cost` (commission, tax and slippage of all its fills), the reason's code.
   */
  add(
    symbol: number,
    isLong: boolean,
    entryBar: number,
    exitBar: number,
    opened: number,
    openedValue: number,
    closed: number,
    closedValue: number,
    pnl: number,
    reason: number,
    cost: number,
  ): void {
    if (this.size === this.values.length) {
      const larger = new Float64Array(2 * this.size)
      larger.set(this.values)
      this.values = larger
    }
    const { values, size } = this
    values[size] = symbol
    values[size + 1] = isLong ? 1 : 0
    values[size + 2] = entryBar
    values[size + 3] = exitBar
    values[size + 4] = opened
    values[size + 5] = openedValue
    values[size + 6] = closed
    values[size + 7] = closedValue
    values[size + 8] = pnl
    values[size + 9] = reason
    values[size + 10] = cost
    this.size = size + COLUMNS
    if (reason === REASON.end) this.totals.open++
    else this.totals.count(pnl, pnl / openedValue, exitBar - entryBar)
  }

  /** Hands over what was written down, and is empty again. */
  take(): TradeValues {
    const taken = { values: this.values.slice(0, this.size), totals: this.totals }
    this.size = 0
    this.totals = new Totals()
    return taken
  }
}

/** Trades as rows, in the order in which they were closed. */
export function tradesOf(
  { values }: TradeValues,
  dates: readonly string[],
  symbols: readonly string[],
): Trade[] {
  const rows: Trade[] = []
  for (let at = 0; at < values.length; at += COLUMNS) {
    const entryBar = values[at + 2]!
    const exitBar = values[at + 3]!
    const opened = values[at + 4]!
    const openedValue = values[at + 5]!
    const pnl = values[at + 8]!
    rows.push({
      symbol: symbols[values[at]!]!,
      side: values[at + 1] === 1 ? 'long' : 'short',
      entryBar,
      entryDate: dates[entryBar]!,
      entryPrice: openedValue / opened,
      exitBar,
      exitDate: dates[exitBar]!,
      exitPrice: values[at + 7]! / values[at + 6]!,
      shares: opened,
      pnl,
      cost: values[at + 10]!,
      return: pnl / openedValue,
      bars: exitBar - entryBar,
      reason: REASONS[values[at + 9]!]!,
    })
  }
  return rows
}
