import type { Panel } from '../data/panel.js'
import type { Simulation } from './types.js'

/** What one symbol, or one group of symbols, added to a backtest. Money is in units of initial equity (1.0). */
export interface ContributionRow {
  readonly name: string
  /** Σ pnl of its positions, net of their costs; those open at the end are marked at the last close. */
  readonly pnl: number
  /** pnl over the total return; null where the total return is under 1e-12 in size. */
  readonly share: number | null
  /** Closed positions. */
  readonly trades: number
  /** Positions still open at the end. */
  readonly open: number
  /** Σ bars held, of open positions too. */
  readonly bars: number
  /** Commission, tax and slippage paid, which `pnl` is already net of. */
  readonly cost: number
}

export interface Contribution {
  /** Symbols that were held, by pnl from the largest down; ties by name. */
  readonly symbols: readonly ContributionRow[]
  /**
   * The same for every group field of the panel, by its name. A position counts for the group that its symbol was in
   * at the entry; symbols without one stand under the name ''.
   */
  readonly groups: Readonly<Record<string, readonly ContributionRow[]>>
  /** Paid to hold, by the account as a whole: Σ pnl − borrow − financing = totalReturn. */
  readonly borrow: number
  readonly financing: number
  readonly totalReturn: number
}

/** Where a simulated account's return came from, by symbol and by group. */
export function contribution(
  simulation: Pick<Simulation, 'trades' | 'carry' | 'equity'>,
  panel: Pick<Panel, 'symbols' | 'groups'>,
): Contribution {
  const { trades, carry, equity } = simulation
  const totalReturn = equity[equity.length - 1]! - 1
  const column = new Map(panel.symbols.map((symbol, i) => [symbol, i]))
  const rows = (nameOf: (trade: Simulation['trades'][number]) => string) => tally(trades, nameOf, totalReturn)
  return {
    symbols: rows(({ symbol }) => symbol),
    groups: Object.fromEntries(
      [...panel.groups].map(([name, { codes, labels }]) => [
        name,
        rows(
          ({ symbol, entryBar }) =>
            labels[codes[entryBar * panel.symbols.length + column.get(symbol)!]!] ?? '',
        ),
      ]),
    ),
    ...carry,
    totalReturn,
  }
}

function tally(
  trades: Simulation['trades'],
  nameOf: (trade: Simulation['trades'][number]) => string,
  totalReturn: number,
): ContributionRow[] {
  const sums = new Map<string, { pnl: number; trades: number; open: number; bars: number; cost: number }>()
  for (const trade of trades) {
    const name = nameOf(trade)
    let sum = sums.get(name)
    if (sum === undefined) {
      sum = { pnl: 0, trades: 0, open: 0, bars: 0, cost: 0 }
      sums.set(name, sum)
    }
    sum.pnl += trade.pnl
    sum.bars += trade.bars
    sum.cost += trade.cost
    if (trade.reason === 'end') sum.open++
    else sum.trades++
  }
  return [...sums]
    .map(([name, sum]) => ({
      name,
      ...sum,
      share: Math.abs(totalReturn) < 1e-12 ? null : sum.pnl / totalReturn,
    }))
    .sort((a, b) => b.pnl - a.pnl || (a.name < b.name ? -1 : 1))
}
