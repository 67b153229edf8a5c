import type {
  FillRecord,
  Simulation,
  SimulationInput,
  Trade,
  TradeReason,
  TradeTotals,
} from '../../../src/backtest/types.js'
import { at, atrSeries, decidePlain, isRebalanceBar, returnStd } from './decide-plain.js'
import { sum } from './stats-plain.js'

/*
 * The oracle: the accounting page, sentence by sentence, slow and obvious, written without a look at the engine.
 * Order of events in a bar: 1 borrow and financing, 2 fills, 3 delistings, 4 marking, 5 exits, 6 the decision.
 */

/** What the random tests count, to be sure that the rules they test really come up. */
export type PlainEvent =
  | 'pendingClose'
  | 'pendingSaved'
  | 'stuck'
  | 'stuckShrinks'
  | 'flip'
  | 'exitOnRebalanceBar'
  | 'exitWhilePending'
  | 'maxWeightBinds'
  | 'weightsScaledDown'
  | 'financing'
  | 'borrow'
  | 'equityGoneAtFill'
  | 'groupCapBinds'
  | 'withinBand'
  | 'turnoverCapped'
  | 'forcedBeforeCap'

/** A position from flat to flat; money and shares are magnitudes, for a short too. */
interface Position {
  readonly side: 1 | -1
  readonly entryBar: number
  /** Signed. */
  shares: number
  /** Average price of the purchases; what the exit rules look at. */
  entryPrice: number
  openedShares: number
  openedMoney: number
  closedShares: number
  closedMoney: number
  costs: number
}

const EXIT_REASONS: readonly (TradeReason | undefined)[] = [
  'stopLoss',
  'takeProfit',
  'trailingStop',
  'atrStop',
  'volatilityStop',
  'maxHoldingBars',
]

export function simulatePlain(
  input: SimulationInput,
  observe: (event: PlainEvent) => void = () => {},
): Simulation {
  const { panel, range, rule, portfolio, costs, periodsPerYear } = input
  const { start, end } = range
  const { exits } = portfolio
  const count = panel.symbols.length
  const symbols = panel.symbols.map((_, symbol) => symbol)

  const close = (bar: number, symbol: number) => at(panel, 'close', bar, symbol)
  const fillPrice = (bar: number, symbol: number) =>
    at(panel, portfolio.fill === 'nextOpen' ? 'open' : 'close', bar, symbol)
  const lastClose = (bar: number, symbol: number) => {
    for (let t = bar; t >= 0; t--) if (Number.isFinite(close(t, symbol))) return close(t, symbol)
    return Number.NaN
  }
  const atr = exits.atrStop ? symbols.map((symbol) => atrSeries(panel, symbol, exits.atrStop!.n)) : []

  // "Equity starts at 1.0 before bar start, all cash."
  let cash = 1
  const positions: (Position | undefined)[] = symbols.map(() => undefined)
  /** Why the position is to be closed as soon as it can trade; undefined where it is not. */
  const closing: (TradeReason | undefined)[] = symbols.map(() => undefined)
  const on = symbols.map(() => false)
  let decided: number[] | undefined

  const equity: number[] = []
  const returns: number[] = []
  const exposure: number[] = []
  const trades: Trade[] = []
  const fills: FillRecord[] = []
  let scaledDown = 0
  const carry = { borrow: 0, financing: 0 }
  let status: Simulation['status'] = 'completed'

  const held = () => symbols.filter((symbol) => positions[symbol] !== undefined)

  /** Cost of changing a holding's value by delta: tax on sales only. */
  const costOf = (delta: number) =>
    delta > 0
      ? delta * (costs.commission + costs.slippage)
      : -delta * (costs.commission + costs.tax + costs.slippage)

  /** The page divides by E; where nothing of it is left at the fill prices there is no such ratio. */
  const record = (bar: number, E: number, traded: number, cost: number) => {
    if (traded > 0 && E > 0) fills.push({ bar, traded: traded / E, cost: cost / E })
  }

  const endTrade = (symbol: number, bar: number, reason: TradeReason) => {
    const p = positions[symbol]!
    const pnl = p.side * (p.closedMoney - p.openedMoney) - p.costs
    trades.push({
      symbol: panel.symbols[symbol]!,
      side: p.side === 1 ? 'long' : 'short',
      entryBar: p.entryBar,
      entryDate: panel.dates[p.entryBar]!,
      entryPrice: p.openedMoney / p.openedShares,
      exitBar: bar,
      exitDate: panel.dates[bar]!,
      exitPrice: p.closedMoney / p.closedShares,
      shares: p.openedShares,
      pnl,
      cost: p.costs,
      return: pnl / p.openedMoney,
      bars: bar - p.entryBar,
      reason,
    })
    positions[symbol] = undefined
    closing[symbol] = undefined
  }

  /** Changes a position to `target` shares (signed) at a price; cash is the caller's business. */
  const change = (
    symbol: number,
    target: number,
    price: number,
    cost: number,
    bar: number,
    reason: TradeReason,
  ) => {
    const before = positions[symbol]?.shares ?? 0
    if (target === before) return
    const moved = Math.abs(target - before)
    const crosses = before !== 0 && before * target < 0

    // The part that closes: all of it where the position goes to zero or changes sign.
    if (before !== 0 && (crosses || Math.abs(target) < Math.abs(before))) {
      const p = positions[symbol]!
      const closed = crosses ? Math.abs(before) : moved
      p.closedShares += closed
      p.closedMoney += closed * price
      p.costs += (cost * closed) / moved
      p.shares = crosses ? 0 : target
      if (p.shares === 0) endTrade(symbol, bar, reason)
    }
    // The part that opens.
    if (target !== 0 && (crosses || Math.abs(target) > Math.abs(before))) {
      const opened = crosses ? Math.abs(target) : moved
      const p = positions[symbol] ?? {
        side: target > 0 ? 1 : -1,
        entryBar: bar,
        shares: 0,
        entryPrice: price,
        openedShares: 0,
        openedMoney: 0,
        closedShares: 0,
        closedMoney: 0,
        costs: 0,
      }
      positions[symbol] = p
      // "Adding d shares to q held makes it (q·entry + d·price)/(q + d), reducing leaves it."
      const q = Math.abs(p.shares)
      p.entryPrice = (q * p.entryPrice + opened * price) / (q + opened)
      p.openedShares += opened
      p.openedMoney += opened * price
      p.costs += (cost * opened) / moved
      p.shares = target
    }
    if (crosses) observe('flip')
  }

  for (let bar = start; bar <= end; bar++) {
    // 1. "|value of shorts at the previous close| × borrowRate/P leaves cash, and then, where cash is negative,
    //    −cash × financingRate/P."
    let shortValue = 0
    for (const symbol of held())
      if (positions[symbol]!.shares < 0) shortValue += -positions[symbol]!.shares * lastClose(bar - 1, symbol)
    if (shortValue * portfolio.borrowRate > 0) observe('borrow')
    const fee = (shortValue * portfolio.borrowRate) / periodsPerYear
    cash -= fee
    carry.borrow += fee
    if (cash < 0) {
      if (portfolio.financingRate > 0) observe('financing')
      const interest = (-cash * portfolio.financingRate) / periodsPerYear
      cash -= interest
      carry.financing += interest
    }

    // 2. Fills. "Value every position at the fill price (without one: at its last finite close before this bar).
    //    E is cash plus those values."
    const tradable = symbols.map((symbol) => Number.isFinite(fillPrice(bar, symbol)))
    const price = symbols.map((symbol) =>
      tradable[symbol] ? fillPrice(bar, symbol) : lastClose(bar - 1, symbol),
    )
    const value = symbols.map((symbol) => (positions[symbol] ? positions[symbol].shares * price[symbol]! : 0))
    const E = cash + sum(value)
    if (decided) {
      // "minTrade: a tradable symbol whose weight would change by less stays as it is, as if it could not trade;
      //  closings (weight 0, or of the other sign) are always traded. Without equity there are no limits."
      const { minTrade, maxTurnover } = portfolio
      const kept = symbols.map(
        (symbol) =>
          minTrade !== undefined &&
          E > 0 &&
          tradable[symbol]! &&
          decided![symbol] !== 0 &&
          decided![symbol]! * value[symbol]! >= 0 &&
          Math.abs(decided![symbol]! - value[symbol]! / E) < minTrade - 1e-12,
      )
      if (kept.includes(true)) observe('withinBand')
      const trades = symbols.map((symbol) => tradable[symbol]! && !kept[symbol])
      const stuck = sum(symbols.filter((s) => !trades[s]).map((s) => Math.abs(value[s]!)))
      // "Targets of symbols that are not tradable are dropped, and their shares stay."
      const weights = decided.map((weight, symbol) => (trades[symbol] ? weight : 0))
      const g = sum(weights.map(Math.abs))
      const scale = (after: number) => {
        // Nothing left to hold with is no room, not 0/0.
        if (g === 0 || after === 0) return 0
        const f = Math.min(1, Math.max(0, portfolio.grossExposure * after - stuck) / (g * after))
        return f * g < 1e-12 ? 0 : f
      }
      const delta = (symbol: number, after: number) =>
        trades[symbol] ? scale(after) * weights[symbol]! * after - value[symbol]! : 0
      // "Fixed point from E⁺ = E until the relative change is below 1e-14." The bound on the rounds is for
      // equities so near to 0 that rounding alone moves them by more.
      let after = E
      for (let round = 0; round < 1000; round++) {
        const next = E - sum(symbols.map((symbol) => costOf(delta(symbol, after))))
        const moved = Math.abs(next - after)
        after = next
        if (moved < 1e-14 * Math.abs(after)) break
      }
      if (E <= 0) observe('equityGoneAtFill')
      if (stuck > 0) observe('stuck')
      if (stuck > 0 && g > 0 && scale(after) < 1) observe('stuckShrinks')
      const f = scale(after)
      const whole = symbols.map((symbol) => delta(symbol, after))
      // "maxTurnover: Σ|Δ|/(2E) is at most x. What exit rules close is traded first and whole; every other trade is
      //  multiplied by the one share a that the rest of the room allows; under 1e-12·E nothing is left over."
      const forced = (symbol: number) =>
        trades[symbol]! && weights[symbol] === 0 && EXIT_REASONS.includes(closing[symbol])
      const size = (which: (symbol: number) => boolean) =>
        sum(symbols.filter(which).map((symbol) => Math.abs(whole[symbol]!)))
      const wish = size((symbol) => !forced(symbol))
      const room =
        maxTurnover === undefined || E <= 0
          ? Number.POSITIVE_INFINITY
          : Math.max(0, 2 * maxTurnover * E - size(forced))
      const a = wish > room ? room / wish : 1
      if (a < 1) observe(size(forced) > 0 ? 'forcedBeforeCap' : 'turnoverCapped')
      const holdings = symbols.map((symbol) => {
        if (!trades[symbol]) return value[symbol]!
        if (a === 1 || forced(symbol)) return f * weights[symbol]! * after
        const part = value[symbol]! + a * whole[symbol]!
        return Math.abs(part) < 1e-12 * E ? 0 : part
      })
      const deltas = symbols.map((symbol) => (trades[symbol] ? holdings[symbol]! - value[symbol]! : 0))
      const cost = deltas.map(costOf)
      // "Afterwards each tradable holding is exactly f·w_i·E⁺ and cash is the rest."
      cash = a < 1 ? E - sum(cost) : after
      for (const symbol of symbols) {
        const holding = holdings[symbol]!
        cash -= holding
        if (!tradable[symbol] && closing[symbol]) observe('pendingClose')
        if (!trades[symbol]) continue
        change(
          symbol,
          holding / price[symbol]!,
          price[symbol]!,
          cost[symbol]!,
          bar,
          closing[symbol] ?? 'rebalance',
        )
      }
      // What the decision keeps, and the fill did not have to close, is no longer on its way out.
      for (const symbol of held()) {
        const isWanted = decided[symbol]! * positions[symbol]!.shares > 0
        // What a turnover cap leaves of a closing is not pending: it is up to the next decision.
        if (!isWanted && !trades[symbol]) continue
        if (isWanted && EXIT_REASONS.includes(closing[symbol])) observe('pendingSaved')
        closing[symbol] = undefined
      }
      const traded = sum(deltas.map(Math.abs))
      record(bar, E, traded, sum(cost))
      decided = undefined
    } else {
      // "Closing a position outside a rebalance trades that symbol only: cash += value − cost."
      let traded = 0
      let paid = 0
      for (const symbol of held()) {
        if (!closing[symbol]) continue
        if (!tradable[symbol]) {
          observe('pendingClose')
          continue
        }
        const cost = costOf(-value[symbol]!)
        cash += value[symbol]! - cost
        traded += Math.abs(value[symbol]!)
        paid += cost
        change(symbol, 0, price[symbol]!, cost, bar, closing[symbol])
      }
      record(bar, E, traded, paid)
    }

    // 3. "A held symbol without a close for delistAfter bars in a row is closed at that bar at its last known
    //    close × (1 − delistHaircut) (short: 1 + it), with the usual costs on that value."
    for (const symbol of held()) {
      let missing = 0
      while (missing <= bar && !Number.isFinite(close(bar - missing, symbol))) missing++
      if (missing < portfolio.delistAfter) continue
      const { side, shares } = positions[symbol]!
      const last = lastClose(bar, symbol) * (1 - side * portfolio.delistHaircut)
      const cost = costOf(-shares * last)
      cash += shares * last - cost
      change(symbol, 0, last, cost, bar, 'delisted')
    }

    // 4. "Equity E_t is marked at the close of t (last known close where missing)."
    const marks = symbols.map((symbol) =>
      positions[symbol] ? positions[symbol].shares * lastClose(bar, symbol) : 0,
    )
    const before = equity.at(-1) ?? 1
    const now = cash + sum(marks)
    equity.push(now)
    returns.push(now / before - 1)
    exposure.push(sum(marks.map(Math.abs)) / now)
    // "Equity ≤ 1e-12 ends the backtest with status ruined; later bars are absent."
    if (now <= 1e-12) {
      status = 'ruined'
      break
    }

    if (rule.kind === 'signals') {
      // "On from a bar where enter is true until a bar where exit is true; exit wins where both are true."
      for (const symbol of symbols) {
        if (rule.exit[bar * count + symbol] === 1) on[symbol] = false
        else if (rule.enter[bar * count + symbol] === 1) on[symbol] = true
      }
    }

    // 5. "Checked at each close for each held symbol (one whose close is pending too), in this order; the first
    //    that holds is the reason. On a bar without a close only maxHoldingBars is checked."
    const exited = symbols.map(() => false)
    for (const symbol of held()) {
      const p = positions[symbol]!
      const price = close(bar, symbol)
      // "peak is the highest of the current entry price and the finite closes from the entry bar on, this one
      //  included." For a short: the lowest.
      let peak = p.entryPrice
      for (let t = p.entryBar; t <= bar; t++)
        if (Number.isFinite(close(t, symbol)))
          peak = p.side === 1 ? Math.max(peak, close(t, symbol)) : Math.min(peak, close(t, symbol))
      const gain = p.side * (price / p.entryPrice - 1)
      // "Comparisons have room for rounding: close ≤ level·(1 + 1e-12)", mirrored for a short.
      const beyond = (level: number) =>
        p.side === 1 ? price <= level * (1 + 1e-12) : price >= level * (1 - 1e-12)
      const priced = Number.isFinite(price)
      let reason: TradeReason | undefined
      if (priced && exits.stopLoss !== undefined && gain <= -exits.stopLoss + 1e-12) reason = 'stopLoss'
      else if (priced && exits.takeProfit !== undefined && gain >= exits.takeProfit - 1e-12)
        reason = 'takeProfit'
      else if (priced && exits.trailingStop !== undefined && beyond(peak * (1 - p.side * exits.trailingStop)))
        reason = 'trailingStop'
      else if (priced && exits.atrStop && beyond(peak - p.side * exits.atrStop.k * atr[symbol]![bar]!))
        reason = 'atrStop'
      else if (
        priced &&
        exits.volatilityStop &&
        beyond(
          peak *
            (1 - p.side * exits.volatilityStop.k * returnStd(panel, symbol, bar, exits.volatilityStop.n)),
        )
      )
        reason = 'volatilityStop'
      else if (exits.maxHoldingBars !== undefined && bar - p.entryBar >= exits.maxHoldingBars)
        reason = 'maxHoldingBars'
      if (!reason) continue
      if (closing[symbol]) observe('exitWhilePending')
      closing[symbol] = reason
      exited[symbol] = true
      // "Turns a signals symbol off until enter is true at a later bar."
      on[symbol] = false
    }

    // 6. The decision.
    if (isRebalanceBar(portfolio.rebalance, panel.dates, start, end, bar)) {
      if (exited.includes(true)) observe('exitOnRebalanceBar')
      const decision = decidePlain(input, bar, on, exited)
      if (decision.capped) observe('maxWeightBinds')
      if (decision.groupCapped) observe('groupCapBinds')
      if (decision.scaledDown) {
        observe('weightsScaledDown')
        scaledDown++
      }
      decided = decision.targets
      for (const symbol of held()) {
        // A new decision takes the place of what was pending; what it closes keeps the name of an exit that is
        // not filled yet.
        if (!EXIT_REASONS.includes(closing[symbol]))
          closing[symbol] = rule.kind === 'signals' && !on[symbol] ? 'signal' : 'rebalance'
      }
    }
  }

  // "Positions open at the end are marked at the last close without cost, reason end."
  const last = start + equity.length - 1
  for (const symbol of held()) change(symbol, 0, lastClose(last, symbol), 0, last, 'end')

  return {
    status,
    equity: Float64Array.from(equity),
    returns: Float64Array.from(returns),
    exposure: Float64Array.from(exposure),
    trades,
    tradeTotals: totalsPlain(trades),
    fills,
    carry,
    warnings:
      scaledDown > 0
        ? [{ code: 'weights-scaled', message: 'gross above grossExposure', count: scaledDown }]
        : [],
  }
}

/** Sums over the closed trades; gains and losses within 1e-12 are neither. */
function totalsPlain(trades: readonly Trade[]): TradeTotals {
  const closed = trades.filter(({ reason }) => reason !== 'end')
  const won = closed.map(({ pnl }) => pnl).filter((pnl) => pnl > 1e-12)
  const lost = closed.map(({ pnl }) => -pnl).filter((loss) => loss > 1e-12)
  return {
    closed: closed.length,
    open: trades.length - closed.length,
    winners: won.length,
    won: sum(won),
    lost: sum(lost),
    returns: sum(closed.map((trade) => trade.return)),
    bars: sum(closed.map(({ bars }) => bars)),
  }
}
