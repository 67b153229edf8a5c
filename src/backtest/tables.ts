import type { ContributionRow } from './contribution.js'
import type { Order } from './orders.js'
import type { Simulation, Trade } from './types.js'

export const EQUITY_COLUMNS = ['date', 'equity', 'return', 'exposure'] as const
export const TRADE_COLUMNS = [
  'symbol',
  'entryDate',
  'entryPrice',
  'exitDate',
  'exitPrice',
  'shares',
  'pnl',
  'return',
  'bars',
  'reason',
  'side',
  'cost',
] as const

export const ORDER_COLUMNS = [
  'symbol',
  'side',
  'shares',
  'price',
  'value',
  'cost',
  'from',
  'to',
  'action',
  'reason',
] as const
export const CONTRIBUTION_COLUMNS = [
  'kind',
  'name',
  'pnl',
  'share',
  'trades',
  'open',
  'bars',
  'cost',
] as const

type Cell = string | number

/** Quoted where the text would break the row apart (RFC 4180); numbers in their shortest exact form, NaN empty. */
function csvCell(value: Cell): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : ''
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}

const csv = (columns: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  [columns, ...rows].map((row) => `${row.map(csvCell).join(',')}\n`).join('')

/**
 * The equity curve as rows of EQUITY_COLUMNS, one for each bar that is present. `start` is the range's first bar;
 * equity is in multiples of `initialCapital`.
 */
export function equityRows(
  simulation: Pick<Simulation, 'equity' | 'returns' | 'exposure'>,
  dates: readonly string[],
  start: number,
  initialCapital = 1,
): Cell[][] {
  const { equity, returns, exposure } = simulation
  return Array.from(equity, (value, t) => [
    dates[start + t]!,
    value * initialCapital,
    returns[t]!,
    exposure[t]!,
  ])
}

/** The trades as rows of TRADE_COLUMNS, by exit, then symbol, then entry; shares, pnl and cost in terms of `initialCapital`. */
export function tradeRows(trades: readonly Trade[], initialCapital = 1): Cell[][] {
  const order = (a: Trade, b: Trade) =>
    a.exitBar - b.exitBar || (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : a.entryBar - b.entryBar)
  return [...trades]
    .sort(order)
    .map((trade) => [
      trade.symbol,
      trade.entryDate,
      trade.entryPrice,
      trade.exitDate,
      trade.exitPrice,
      trade.shares * initialCapital,
      trade.pnl * initialCapital,
      trade.return,
      trade.bars,
      trade.reason,
      trade.side,
      trade.cost * initialCapital,
    ])
}

/** `date,equity,return,exposure` as CSV text. */
export const equityCsv = (...args: Parameters<typeof equityRows>): string =>
  csv(EQUITY_COLUMNS, equityRows(...args))

/** The trades as CSV text. */
export const tradesCsv = (...args: Parameters<typeof tradeRows>): string =>
  csv(TRADE_COLUMNS, tradeRows(...args))

/** Orders in the order in which they are to be sent, as CSV text. */
export const ordersCsv = (orders: readonly Order[]): string =>
  csv(
    ORDER_COLUMNS,
    orders.map((order) => ORDER_COLUMNS.map((column) => order[column])),
  )

/**
 * Contributions as CSV text: `kind` is `symbol` or the name of a group field. pnl and cost are in units of initial
 * equity.
 */
export const contributionCsv = (parts: {
  readonly symbols: readonly ContributionRow[]
  readonly groups: Readonly<Record<string, readonly ContributionRow[]>>
}): string =>
  csv(
    CONTRIBUTION_COLUMNS,
    [['symbol', parts.symbols] as const, ...Object.entries(parts.groups)].flatMap(([kind, rows]) =>
      rows.map(({ name, pnl, share, trades, open, bars, cost }) => [
        kind,
        name,
        pnl,
        share ?? Number.NaN,
        trades,
        open,
        bars,
        cost,
      ]),
    ),
  )
