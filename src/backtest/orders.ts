/**
 * From target weights and an account to orders, at known prices:
 * 1. the account is valued; what has no price today cannot trade and stays (here)
 * 2. the fill's equation gives the value of every position, costs paid (fill.ts), within the limits (limits.ts)
 * 3. the changes become whole lots, towards zero; closings are complete (here)
 * 4. purchases are cut until the cash is enough (here)
 */
import type { Costs, Portfolio } from '../graph/strategy-graph.js'
import { equityAfterFill, ordersOf, targetScale } from './fill.js'
import { isWithinBand, partOfWay, turnoverShare } from './limits.js'
import type { TradeReason } from './types.js'

/** What is held: shares by symbol, negative for a short, and cash, negative for a debt. */
export interface Account {
  readonly shares: Readonly<Record<string, number>>
  readonly cash: number
}

/** What one share costs on the day of the decision. */
export interface Quote {
  readonly price: number
  /** Why it cannot be traded, although it has a (former) price. */
  readonly stuck?: string
}

export interface OrdersInput {
  /** Fractions of the account's worth; negative for a short. */
  readonly targets: readonly { readonly symbol: string; readonly weight: number }[]
  readonly account: Account
  /** By symbol; one that is missing has no price, and `noQuote` says why. */
  readonly quotes: ReadonlyMap<string, Quote>
  readonly noQuote: (symbol: string) => string
  /** Shares that are traded together: 1, 1000, or a fraction such as 1e-8. */
  readonly lot: number
  readonly costs: Costs
  readonly portfolio: Pick<Portfolio, 'grossExposure' | 'minTrade' | 'maxTurnover'>
  /** Positions that the strategy closes, and why; others that are not in the targets close by the rebalance. */
  readonly closings?: ReadonlyMap<string, TradeReason>
  /** Leave everything but `closings` as it is, targets too. */
  readonly closingsOnly?: boolean
}

export interface Order {
  readonly symbol: string
  readonly side: 'buy' | 'sell'
  /** Positive. */
  readonly shares: number
  readonly price: number
  /** shares · price. */
  readonly value: number
  /** Commission, tax and slippage, estimated from the value. */
  readonly cost: number
  /** Shares held before and after; negative for a short. */
  readonly from: number
  readonly to: number
  readonly action: 'open' | 'increase' | 'reduce' | 'close' | 'reverse'
  readonly reason: TradeReason
}

/** A position at the prices of the decision. */
export interface Holding {
  readonly symbol: string
  readonly shares: number
  readonly price: number
  readonly value: number
  /** Of the account's worth. */
  readonly weight: number
}

/** What a strategy wants of one symbol. */
export interface Target {
  readonly symbol: string
  readonly weight: number
  /** What the account can have of it: costs paid, and beside what cannot be sold. */
  readonly value: number
  readonly price: number
  /** `value` in whole lots, towards zero; an account that holds other shares already may end near it. */
  readonly shares: number
}

export interface OrderPlan {
  /** Cash and holdings at the prices of the decision; what has no price counts nothing. */
  readonly equity: number
  readonly targets: readonly Target[]
  /** Sales first: their money pays for the purchases. Each by value, the largest first. */
  readonly orders: readonly Order[]
  /** After the orders, by symbol. */
  readonly holdings: readonly Holding[]
  readonly cash: { readonly before: number; readonly after: number }
  /** Σ cost of the orders. */
  readonly cost: number
  /** Σ value of the orders / (2 · equity). */
  readonly turnover: number
  /** Holdings that cannot be traded; `value` is null where no price is known. */
  readonly notTradable: readonly {
    readonly symbol: string
    readonly shares: number
    readonly value: number | null
    readonly why: string
  }[]
}

/** Lots within this of a whole number are whole. */
const LOT_ROOM = 1e-9

const inLots = (shares: number, lot: number): number =>
  // Twelve decimals take away the noise that multiplying by a fraction leaves.
  Number((Math.trunc(shares / lot + Math.sign(shares) * LOT_ROOM) * lot).toFixed(12)) + 0

/** One tradable symbol on its way through the steps. */
interface Line {
  readonly symbol: string
  readonly price: number
  readonly held: number
  readonly weight: number
  /** The target's value once costs are paid, before lots. */
  wanted: number
  to: number
}

/** Plans the orders that take an account to target weights. `account` must be worth more than nothing. */
export function planOrders(input: OrdersInput): OrderPlan {
  const { account, quotes, lot, costs, closings = new Map<string, TradeReason>() } = input
  const held = Object.entries(account.shares).filter(([, shares]) => shares !== 0)
  const weights = new Map(input.targets.map(({ symbol, weight }) => [symbol, weight]))
  const buyRate = costs.commission + costs.slippage
  const sellRate = costs.commission + costs.tax + costs.slippage
  const costOf = (value: number) => (value > 0 ? value * buyRate : -value * sellRate)

  const notTradable: OrderPlan['notTradable'][number][] = []
  const stays: Holding[] = []
  const lines: Line[] = []
  let equity = account.cash
  let stuck = 0
  for (const [symbol, shares] of held) {
    const quote = quotes.get(symbol)
    const value = quote === undefined ? null : shares * quote.price
    equity += value ?? 0
    if (quote !== undefined && quote.stuck === undefined) {
      const { price } = quote
      lines.push({ symbol, price, held: shares, weight: weights.get(symbol) ?? 0, wanted: 0, to: shares })
      continue
    }
    stuck += Math.abs(value ?? 0)
    if (quote !== undefined)
      stays.push({ symbol, shares, price: quote.price, value: shares * quote.price, weight: 0 })
    notTradable.push({ symbol, shares, value, why: quote?.stuck ?? input.noQuote(symbol) })
  }
  for (const { symbol, weight } of input.targets) {
    const quote = quotes.get(symbol)
    if (quote === undefined || quote.stuck !== undefined || (account.shares[symbol] ?? 0) !== 0) continue
    lines.push({ symbol, price: quote.price, held: 0, weight, wanted: 0, to: 0 })
  }

  if (input.closingsOnly) {
    for (const line of lines) {
      line.wanted = closings.has(line.symbol) ? 0 : line.held * line.price
      line.to = closings.has(line.symbol) ? 0 : line.held
    }
  } else {
    size(lines, input, closings, { equity, stuck, buyRate, sellRate })
    affordable(lines, input, costOf)
  }

  const orders = lines.filter((line) => line.to !== line.held).map((line) => orderOf(line, closings, costOf))
  orders.sort(
    (a, b) =>
      (a.side === b.side ? 0 : a.side === 'sell' ? -1 : 1) ||
      b.value - a.value ||
      (a.symbol < b.symbol ? -1 : 1),
  )
  const paid = orders.reduce((sum, { cost }) => sum + cost, 0)
  const traded = orders.reduce((sum, { value }) => sum + value, 0)
  const holdings = [
    ...stays,
    ...lines
      .filter(({ to }) => to !== 0)
      .map(({ symbol, price, to }) => ({ symbol, shares: to, price, value: to * price, weight: 0 })),
  ]
  return {
    equity,
    targets: targetsOf(lines, input),
    orders,
    holdings: holdings
      .map((holding) => ({ ...holding, weight: holding.value / equity }))
      .sort((a, b) => (a.symbol < b.symbol ? -1 : 1)),
    cash: { before: account.cash, after: cashAfter(lines, account.cash, costOf) },
    cost: paid,
    turnover: traded / (2 * equity),
    notTradable,
  }

  function targetsOf(all: readonly Line[], { targets }: OrdersInput): Target[] {
    const bySymbol = new Map(all.map((line) => [line.symbol, line]))
    return targets.map(({ symbol, weight }) => {
      const price = quotes.get(symbol)?.price ?? Number.NaN
      const value = bySymbol.get(symbol)?.wanted ?? 0
      return { symbol, weight, value, price, shares: Number.isFinite(price) ? inLots(value / price, lot) : 0 }
    })
  }
}

/** Steps 2 and 3: what every line shall be worth, and how many shares that makes. */
function size(
  lines: readonly Line[],
  { portfolio, lot }: OrdersInput,
  closings: ReadonlyMap<string, TradeReason>,
  terms: { equity: number; stuck: number; buyRate: number; sellRate: number },
): void {
  const { grossExposure, minTrade, maxTurnover } = portfolio
  const { equity } = terms
  const kept = (line: Line) =>
    minTrade !== undefined && isWithinBand(line.weight, line.held * line.price, equity, minTrade)
  const trading = lines.filter((line) => !kept(line))
  let stuck = terms.stuck
  for (const line of lines) {
    if (!kept(line)) continue
    line.wanted = line.held * line.price
    stuck += Math.abs(line.wanted)
  }
  const gross = trading.reduce((sum, { weight }) => sum + Math.abs(weight), 0)
  const after = equityAfterFill(
    ordersOf(
      trading.map(({ weight }) => weight),
      trading.map(({ held, price }) => held * price),
    ),
    gross,
    { ...terms, stuck, grossExposure },
  )
  const unit = targetScale(after, gross, stuck, grossExposure) * after
  const isForced = (line: Line) => line.weight === 0 && isExit(closings.get(line.symbol))
  let forced = 0
  let other = 0
  for (const line of trading) {
    line.wanted = unit * line.weight
    const change = Math.abs(line.wanted - line.held * line.price)
    if (isForced(line)) forced += change
    else other += change
  }
  const share = maxTurnover === undefined ? 1 : turnoverShare(forced, other, equity, maxTurnover)
  for (const line of trading) {
    const now = line.held * line.price
    if (share < 1 && !isForced(line)) line.wanted = partOfWay(now, line.wanted, share, equity)
    line.to = sharesOf(line, lot)
  }
}

/** The shares that a line goes to: closings whole, everything else in lots towards zero. */
function sharesOf({ held, wanted, price }: Line, lot: number): number {
  if (wanted === 0) return 0
  const wish = wanted / price
  if (held * wish < 0) return inLots(wish, lot)
  return Number((held + inLots(wish - held, lot)).toFixed(12))
}

/**
 * Step 4: a sale that was rounded towards zero brings less than was planned. The largest purchases give up lots until
 * the cash is at least what the plan without lots leaves, or 0 where that is more.
 */
function affordable(
  lines: readonly Line[],
  { account, lot }: OrdersInput,
  costOf: (value: number) => number,
): void {
  const planned = lines.reduce((cash, { held, price, wanted }) => {
    const change = wanted - held * price
    return cash - change - costOf(change)
  }, account.cash)
  const least = Math.min(0, planned)
  const purchases = lines
    .filter(({ held, to }) => to > held && to > 0)
    .map((line) => ({ line, floor: Math.max(0, line.held) }))
    .sort((a, b) => (b.line.to - b.floor) * b.line.price - (a.line.to - a.floor) * a.line.price)
  for (const { line, floor } of purchases) {
    const missing = least - cashAfter(lines, account.cash, costOf)
    if (missing <= LOT_ROOM * line.price * lot) return
    const perLot = lot * line.price + costOf(lot * line.price)
    const lots = Math.ceil(missing / perLot - LOT_ROOM)
    line.to = Math.max(floor, Number((line.to - lots * lot).toFixed(12)))
  }
}

const cashAfter = (lines: readonly Line[], cash: number, costOf: (value: number) => number): number =>
  lines.reduce((left, { held, to, price }) => {
    const change = (to - held) * price
    return left - change - costOf(change)
  }, cash)

/** Whether an exit rule closes a position, rather than a decision. */
export const isExit = (reason: TradeReason | undefined): boolean =>
  reason !== undefined && reason !== 'rebalance' && reason !== 'signal'

function orderOf(
  { symbol, price, held, to }: Line,
  closings: ReadonlyMap<string, TradeReason>,
  costOf: (value: number) => number,
): Order {
  const shares = Number(Math.abs(to - held).toFixed(12))
  const closes = to === 0
  return {
    symbol,
    side: to > held ? 'buy' : 'sell',
    shares,
    price,
    value: shares * price,
    cost: costOf((to - held) * price),
    from: held,
    to,
    action: closes
      ? 'close'
      : held === 0
        ? 'open'
        : held * to < 0
          ? 'reverse'
          : Math.abs(to) > Math.abs(held)
            ? 'increase'
            : 'reduce',
    reason: closes ? (closings.get(symbol) ?? 'rebalance') : 'rebalance',
  }
}
