import { counted } from '../base/counted.js'
import { usageError } from '../base/errors.js'
import { nearest } from '../base/nearest.js'
import type { Panel } from '../data/panel.js'
import { checkWindows, rootsOf } from '../graph/first-values.js'
import type { Strategy } from '../graph/strategy.js'
import type { Costs } from '../graph/strategy-graph.js'
import { type BacktestOptions, evaluatorFor, marketFor, rangeOf, withFill } from './backtest-strategy.js'
import { effectiveCosts, usualLot } from './markets.js'
import { type OrderPlan, planOrders, type Quote } from './orders.js'
import { type RebalanceSchedule, rebalanceSchedule } from './schedule.js'
import { decideAtEnd, type FinalDecision } from './simulate.js'
import { evaluateRule } from './strategy-rule.js'
import type { Market } from './types.js'
import { ungroupedWarning } from './ungrouped.js'

/** What an account without holdings is worth where nothing is said. */
export const DEFAULT_CAPITAL = 100_000

export interface PositionsOptions
  extends Pick<
    BacktestOptions,
    'market' | 'costs' | 'start' | 'end' | 'fill' | 'benchmark' | 'evaluator' | 'windowFunctions'
  > {
  /** Shares by symbol, negative for a short; default: none. */
  readonly shares?: Readonly<Record<string, number>>
  /** Money beside them. Default: what `capital` leaves; without it 0 where there are shares, else 100 000. */
  readonly cash?: number | undefined
  /** What the account is worth altogether, in place of `cash`. */
  readonly capital?: number | undefined
  /** Shares that are traded together; default: the market's usual lot. */
  readonly lot?: number | undefined
  /** Keep to the strategy's calendar: on a day without a rebalance, order only what exit rules close. */
  readonly onSchedule?: boolean
}

/** What to hold after the last bar of the data, and how to get there. */
export interface Positions {
  readonly strategy: Strategy
  readonly market: Market
  /** The costs that orders are estimated with. */
  readonly costs: Costs
  readonly lot: number
  readonly schedule: RebalanceSchedule
  /** Target weights decided at the close of the last bar, as on a rebalance bar. */
  readonly decided: FinalDecision['targets']
  /** What the account that followed the strategy from the start holds at that close, and what it closes next. */
  readonly model: Pick<FinalDecision, 'holdings' | 'closings'>
  /** The account's own way there. */
  readonly plan: OrderPlan
  readonly warnings: readonly { readonly code: string; readonly message: string }[]
}

/**
 * Decides at the last bar of the data (or of `end`) as a backtest does at a rebalance, with everything that it knows
 * from the start on (signals that are on, exits, pending closings), and plans the orders that take an account there at
 * the last closes: `rawClose` where prices are adjusted, since that is what a share costs.
 * @throws AlphaloopError (usage) BAD_ACCOUNT, BAD_LOT, and what `backtest` throws
 */
export function positions(strategy: Strategy, panel: Panel, options: PositionsOptions = {}): Positions {
  const market = marketFor(options)
  const filled = options.fill === undefined ? strategy : withFill(strategy, options.fill)
  const { portfolio } = filled.graph
  const range = rangeOf(panel, options.start, options.end)
  const lot = options.lot ?? usualLot(market)
  if (!(Number.isFinite(lot) && lot > 0))
    throw usageError(
      'BAD_LOT',
      `a lot of ${lot} shares cannot be traded`,
      'give a number above 0, such as 1 or 1000',
    )
  const costs = effectiveCosts(market, portfolio)
  const quotes = quotesAt(panel, range.end)
  const account = accountOf(options, quotes)
  checkWindows(filled, rootsOf(filled), range.end + 1)
  const evaluated = evaluateRule(filled, evaluatorFor(panel, options))
  const ungrouped = ungroupedWarning(panel, portfolio, evaluated, [range.end])
  const decision = decideAtEnd({
    panel,
    range,
    ...evaluated,
    portfolio,
    costs,
    periodsPerYear: market.periodsPerYear,
  })
  const schedule = rebalanceSchedule(panel.dates, range, portfolio.rebalance)
  const plan = planOrders({
    targets: decision.targets,
    account,
    quotes,
    noQuote: (symbol) => unknownSymbol(symbol, panel.symbols),
    lot,
    costs,
    portfolio,
    closings: new Map(decision.closings.map(({ symbol, reason }) => [symbol, reason])),
    closingsOnly: options.onSchedule === true && schedule.state !== 'due',
  })
  return {
    strategy: filled,
    market,
    costs,
    lot,
    schedule,
    decided: decision.targets,
    model: { holdings: decision.holdings, closings: decision.closings },
    plan,
    warnings: [
      ...debtOf(account, options.capital),
      ...warningsOf(decision, plan, lot, panel.dates[range.start + decision.simulation.equity.length - 1]!),
      ...(ungrouped === undefined ? [] : [{ code: ungrouped.code, message: ungrouped.message }]),
    ],
  }
}

/** The newest price of every symbol that has one, as it is paid for a share. */
function quotesAt({ dates, symbols, fields }: Panel, bar: number): Map<string, Quote> {
  const closes = fields.get('close')!
  const paid = fields.get('rawClose') ?? closes
  const quotes = new Map<string, Quote>()
  symbols.forEach((symbol, i) => {
    let t = bar
    while (t >= 0 && !Number.isFinite(closes[t * symbols.length + i]!)) t--
    if (t < 0) return
    const at = t * symbols.length + i
    const price = Number.isFinite(paid[at]!) ? paid[at]! : closes[at]!
    quotes.set(
      symbol,
      t === bar
        ? { price }
        : { price, stuck: `no price on ${dates[bar]}; the last is ${price} of ${dates[t]}` },
    )
  })
  return quotes
}

function accountOf(
  { shares = {}, cash, capital }: PositionsOptions,
  quotes: ReadonlyMap<string, Quote>,
): { shares: Readonly<Record<string, number>>; cash: number } {
  const refuse = (message: string, hint: string) => usageError('BAD_ACCOUNT', message, hint)
  if (cash !== undefined && capital !== undefined)
    throw refuse(
      'both the cash and the capital are given, and the one follows from the other',
      'give the cash beside the holdings, or what all of it is worth as capital',
    )
  const held = Object.entries(shares).filter(([, count]) => count !== 0)
  const value = held.reduce((sum, [symbol, count]) => sum + count * (quotes.get(symbol)?.price ?? 0), 0)
  const money = cash ?? (capital !== undefined ? capital - value : held.length > 0 ? 0 : DEFAULT_CAPITAL)
  if (value + money > 0) return { shares, cash: money }
  throw refuse(
    `the account is worth ${value + money}: ${value} in holdings and ${money} in cash`,
    'say what cash there is, or whether the shares are right',
  )
}

/** A capital below what is held is more likely a slip than an account on credit. */
function debtOf({ cash }: { readonly cash: number }, capital: number | undefined): Positions['warnings'] {
  if (capital === undefined || cash >= 0) return []
  const [held, owed] = [capital - cash, -cash].map((money) => money.toFixed(2))
  const message = `the holdings are worth ${held}, more than the capital of ${capital}: the account is taken to owe ${owed}`
  return [{ code: 'ON_CREDIT', message }]
}

/** Why a holding has no price at all. */
function unknownSymbol(symbol: string, symbols: readonly string[]): string {
  if (symbols.includes(symbol)) return 'the data has no price of it up to this day'
  const bare = (text: string) => text.replace(/^0+/, '').toLowerCase()
  const meant = symbols.find((one) => bare(one) === bare(symbol)) ?? nearest(symbol, symbols)
  return `the data has no symbol ${JSON.stringify(symbol)}${meant === undefined ? '' : `; did you mean ${meant}?`}`
}

function warningsOf(
  decision: FinalDecision,
  plan: OrderPlan,
  lot: number,
  lastDay: string,
): Positions['warnings'] {
  const warnings: { code: string; message: string }[] = []
  if (decision.simulation.status === 'ruined')
    warnings.push({
      code: 'RUINED',
      message: `an account that followed the strategy was ruined on ${lastDay}: there is nothing to hold`,
    })
  else if (decision.targets.length === 0)
    warnings.push({ code: 'NO_TARGETS', message: 'the strategy selects nothing today: it holds cash' })
  const small = plan.targets.filter(({ value, shares }) => value !== 0 && shares === 0)
  if (small.length > 0)
    warnings.push({
      code: 'BELOW_ONE_LOT',
      message: `${small.length} of ${counted(plan.targets.length, 'target')} ${small.length === 1 ? 'is' : 'are'} worth less than one lot of ${lot}: ${named(small)}`,
    })
  const shorts = plan.orders.filter(({ from, to }) => to < 0 && to < from)
  if (shorts.length > 0)
    warnings.push({
      code: 'SELLS_SHORT',
      message: `${counted(shorts.length, 'order sells', 'orders sell')} short: ${named(shorts)}`,
    })
  if (plan.cash.after < -1e-9 * plan.equity)
    warnings.push({ code: 'BORROWS', message: 'the cash left is below 0: the orders need credit' })
  if (plan.notTradable.length > 0)
    warnings.push({
      code: 'NOT_TRADABLE',
      message: `${counted(plan.notTradable.length, 'holding')} cannot be traded and ${plan.notTradable.length === 1 ? 'stays' : 'stay'}: ${named(plan.notTradable)}`,
    })
  return warnings
}

const named = (list: readonly { readonly symbol: string }[]): string =>
  `${list
    .slice(0, 5)
    .map(({ symbol }) => symbol)
    .join(', ')}${list.length > 5 ? ' …' : ''}`
