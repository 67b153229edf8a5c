import type pc from 'picocolors'
import type { Order } from '../../backtest/orders.js'
import type { Positions } from '../../backtest/positions.js'
import type { RebalanceSchedule } from '../../backtest/schedule.js'
import type { Rebalance } from '../../graph/strategy-graph.js'
import { percentText } from './figures.js'
import { table } from './table.js'
import { wrap } from './wrap.js'

/** Money for a person: two decimals, thousands apart. */
export const moneyText = (value: number): string =>
  // Without the sign that rounding leaves on a nought.
  (Math.round(value * 100) / 100 + 0).toLocaleString('en-US', {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  })

const sharesText = (shares: number): string => shares.toLocaleString('en-US', { maximumFractionDigits: 8 })

/** A price in its own precision: coins cost fractions of a cent, shares hundreds. */
const priceText = (price: number): string =>
  Number.isFinite(price)
    ? price.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: price < 1 ? 8 : 4 })
    : '–'

const rebalanceText = (rebalance: Rebalance): string =>
  typeof rebalance === 'object' ? `every ${rebalance.every} bars` : rebalance

/** Whether this is the day to trade, in sentences. */
export function scheduleText(schedule: RebalanceSchedule, rebalance: Rebalance, onSchedule: boolean): string {
  const { date, state, last, next, nextInBars } = schedule
  const rhythm = `rebalances ${rebalanceText(rebalance)}`
  const before = last === null ? '' : `, last on ${last}`
  const after = next === null ? `${nextInBars} bars on` : `on ${next} or the last session before it`
  if (state === 'due')
    return `${date} is a rebalance day: the strategy ${rhythm}${before}. The next one is ${after}.`
  const unless =
    state === 'unlessLast'
      ? ` (unless no session comes before that: holidays are not known, and then ${date} is one)`
      : ''
  const orders = onSchedule
    ? 'Only what exit rules close is ordered; --on-schedule keeps the rest.'
    : 'These orders rebalance now all the same; --on-schedule orders only what exit rules close.'
  return `${date} is no rebalance day: the strategy ${rhythm}${before}, and next ${after}${unless}. ${orders}`
}

const words = ({ action, reason, from, to }: Order): string => {
  if (action === 'close') return reason === 'rebalance' ? 'close' : `close (${reason})`
  if (action === 'reverse') return to < 0 ? 'sell and go short' : 'cover and go long'
  if (to < 0 && from === 0) return 'open short'
  return action
}

/** What to hold and what to order, for a person. */
export function positionsReport(
  found: Positions,
  options: {
    readonly colors: ReturnType<typeof pc.createColors>
    readonly columns: number
    readonly source: string
    readonly onSchedule: boolean
  },
): string {
  const { strategy, schedule, plan, costs, market, lot } = found
  const { colors, columns, source, onSchedule } = options
  const { portfolio } = strategy.graph
  const held = new Map(plan.holdings.map((holding) => [holding.symbol, holding]))
  const when = portfolio.fill === 'nextOpen' ? 'open' : 'close'
  const lots = lot === 1 ? 'whole shares' : lot < 1 ? `fractions of ${lot} share` : `lots of ${lot} shares`
  const inHoldings = plan.equity - plan.cash.before

  const sections = [
    `${colors.bold(strategy.graph.name)}  (${strategy.hash.slice(0, 8)}, ${source})`,
    [
      wrap(scheduleText(schedule, portfolio.rebalance, onSchedule), columns),
      wrap(
        `Decided at the close of ${schedule.date}, to be traded at the next ${when}; amounts are those of that close. ${market.name}, ${lots}; commission ${share(costs.commission)}, tax ${share(costs.tax)} on sales, slippage ${share(costs.slippage)}.`,
        columns,
      ),
    ].join('\n'),
    `Account: ${moneyText(plan.equity)} = ${moneyText(inHoldings)} in holdings + ${moneyText(plan.cash.before)} cash`,
  ]

  sections.push(
    plan.orders.length === 0
      ? 'Orders: none.'
      : `${colors.bold(`Orders (${plan.orders.length})`)}\n${table(
          ['', 'shares', 'symbol', 'at about', 'value', 'cost', ''],
          plan.orders.map((order) => [
            order.side,
            sharesText(order.shares),
            order.symbol,
            priceText(order.price),
            moneyText(order.value),
            moneyText(order.cost),
            words(order),
          ]),
          { colors, right: [1, 3, 4, 5] },
        )}`,
  )

  const targets = new Map(plan.targets.map((target) => [target.symbol, target]))
  const symbols = [...new Set([...held.keys(), ...targets.keys()])].sort((a, b) => {
    const size = (symbol: string) => Math.abs(targets.get(symbol)?.weight ?? 0)
    return size(b) - size(a) || (a < b ? -1 : 1)
  })
  if (symbols.length > 0)
    sections.push(
      `${colors.bold('Afterwards')}\n${table(
        ['symbol', 'target', 'weight', 'shares', 'value'],
        symbols.map((symbol) => {
          const holding = held.get(symbol)
          const target = targets.get(symbol)
          return [
            symbol,
            target === undefined ? '–' : percentText(target.weight),
            percentText(holding?.weight ?? 0),
            sharesText(holding?.shares ?? 0),
            moneyText(holding?.value ?? 0),
          ]
        }),
        { colors, right: [1, 2, 3, 4] },
      )}`,
    )
  sections.push(
    `Cash left: ${moneyText(plan.cash.after)} (${percentText(plan.cash.after / plan.equity)}); costs ${moneyText(plan.cost)}; turnover ${percentText(plan.turnover)} one-way`,
  )
  if (plan.notTradable.length > 0)
    sections.push(
      `${colors.bold('Not tradable')}\n${table(
        ['symbol', 'shares', 'why'],
        plan.notTradable.map(({ symbol, shares, why }) => [symbol, sharesText(shares), why]),
        { colors, right: [1] },
      )}`,
    )
  return sections.join('\n\n')
}

const share = (fraction: number): string => `${Number((fraction * 100).toFixed(6))}%`
