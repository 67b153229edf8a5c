/**
 * A backtest, bar by bar. At each bar, in this order:
 *   1. borrow and financing costs leave cash (here)
 *   2. what was decided before is filled (`fillDecision` with fill.ts; `fillClosings`)
 *   3. positions without a close for too long are closed (`delist`)
 *   4. equity is marked at the close (`mark`)
 *   5. exit rules are checked (exits.ts)
 *   6. on a rebalance bar, the next portfolio is decided (policy.ts)
 * Positions and trades are kept in book.ts. Between rebalances only held symbols are looked at.
 */
import type { Panel } from '../data/panel.js'
import type { Portfolio } from '../graph/strategy-graph.js'
import { Book, REASON } from './book.js'
import { rebalanceBars } from './calendar.js'
import { createExitCheck, type ExitCheck } from './exits.js'
import { equityAfterFill, type Orders, targetScale } from './fill.js'
import { createPolicy, type Policy, type PolicyInput } from './policy.js'
import { checkRange, contradictionError, missingPrices } from './requirements.js'
import type { FillRecord, Simulation, SimulationInput } from './types.js'

/** Equity at or below this ends a backtest. */
const RUIN = 1e-12

/** As SimulationInput, or with the rule that holds every symbol there is (the benchmark's). */
export type SimulationJob = Omit<SimulationInput, 'rule' | 'universe'> &
  Pick<PolicyInput, 'rule' | 'universe'>

/** What to hold after the last bar of a range. */
export interface FinalDecision {
  readonly simulation: Simulation
  /** Target weights decided at the close of the last bar, as if it were a rebalance bar; fractions of equity. */
  readonly targets: readonly { readonly symbol: string; readonly weight: number }[]
  /** The weights that the simulated account holds at that close. */
  readonly holdings: readonly { readonly symbol: string; readonly weight: number }[]
}

/**
 * Simulates a strategy over a range of bars as the accounting page defines it. Equity starts at 1.
 * Throws AlphaloopError: NO_OPEN_PRICES, NO_HIGH_LOW_PRICES, BAD_RANGE, and what `contradictionError` finds.
 */
export function simulate(input: SimulationJob): Simulation {
  return new Run(input).finish()
}

/** Simulates, and decides once more at the last bar. A ruined account holds and targets nothing. */
export function decideAtEnd(input: SimulationJob): FinalDecision {
  const run = new Run(input)
  return { targets: run.finalTargets(), holdings: run.holdings(), simulation: run.finish() }
}

const NET = 0
const SHORT = 1

/**
 * Takes in a bar's closes of what is held and adds up its value; true if something has been without a close for too
 * long. A function of plain arrays, because this is where a backtest spends its time.
 */
function followCloses(
  book: Book,
  closes: Float64Array,
  row: number,
  delistAfter: number,
  totals: Float64Array,
): boolean {
  const { held, heldCount, shares, lastClose, missing } = book
  let gone = false
  let net = 0
  let short = 0
  for (let h = 0; h < heldCount; h++) {
    const i = held[h]!
    let close = closes[row + i]!
    if (Number.isFinite(close)) {
      lastClose[i] = close
      missing[i] = 0
    } else {
      close = lastClose[i]!
      if (++missing[i]! >= delistAfter) gone = true
    }
    const value = shares[i]! * close
    net += value
    if (value < 0) short -= value
  }
  totals[NET] = net
  totals[SHORT] = short
  return gone
}

class Run {
  private readonly panel: Panel
  private readonly width: number
  private readonly closes: Float64Array
  private readonly fillPrices: Float64Array
  private readonly portfolio: Portfolio
  private readonly buyRate: number
  private readonly sellRate: number
  private readonly policy: Policy
  private readonly checkExit: ExitCheck | undefined
  private readonly book: Book
  private readonly orders: Orders
  /** Dense target weights by symbol, all 0 between fills. */
  private readonly target: Float64Array
  private readonly start: number
  private readonly end: number
  private readonly equity: Float64Array
  private readonly exposure: Float64Array
  private readonly fills: FillRecord[] = []
  private bars = 0
  private ruined = false
  /** At the newest close: NET value of all positions, and size of the SHORTs. */
  private readonly totals = new Float64Array(2)

  constructor(input: SimulationJob) {
    const { panel, range, rule, portfolio, costs, periodsPerYear } = input
    checkRange(range, panel.dates.length)
    const obstacle = missingPrices(panel, portfolio) ?? contradictionError(rule, portfolio)
    if (obstacle) throw obstacle
    this.panel = panel
    this.width = panel.symbols.length
    this.closes = panel.fields.get('close')!
    this.fillPrices = panel.fields.get(portfolio.fill === 'nextOpen' ? 'open' : 'close')!
    this.portfolio = portfolio
    this.buyRate = costs.commission + costs.slippage
    this.sellRate = costs.commission + costs.tax + costs.slippage
    this.policy = createPolicy(input)
    this.checkExit = createExitCheck(portfolio.exits, panel)
    this.book = new Book(panel.dates, panel.symbols)
    this.orders = {
      count: 0,
      symbols: new Int32Array(this.width),
      weights: new Float64Array(this.width),
      values: new Float64Array(this.width),
    }
    this.target = new Float64Array(this.width)
    this.start = range.start
    this.end = range.end
    this.equity = new Float64Array(range.end - range.start + 1)
    this.exposure = new Float64Array(range.end - range.start + 1)
    this.walk(rebalanceBars(panel.dates, range, portfolio.rebalance), periodsPerYear)
  }

  private walk(rebalances: Int32Array, periodsPerYear: number): void {
    const book = this.book
    const policy = this.policy
    const closes = this.closes
    const width = this.width
    const totals = this.totals
    const { delistAfter } = this.portfolio
    const borrow = this.portfolio.borrowRate / periodsPerYear
    const financing = this.portfolio.financingRate / periodsPerYear
    let nextRebalance = 0
    let decided = -1
    for (let bar = this.start; bar <= this.end; bar++) {
      book.cash -= totals[SHORT]! * borrow
      if (book.cash < 0) book.cash += book.cash * financing

      if (decided >= 0) this.fillDecision(bar, decided)
      else if (book.closingCount > 0) this.fillClosings(bar)
      decided = -1

      if (followCloses(book, closes, bar * width, delistAfter, totals)) this.delist(bar)
      if (this.mark(bar)) return

      policy.observe(bar)
      if (this.checkExit) this.exits(bar, this.checkExit)

      if (rebalances[nextRebalance] === bar) {
        nextRebalance++
        decided = policy.decide(bar)
      }
    }
  }

  /** Fills the policy's last decision, taken at the bar before. */
  private fillDecision(bar: number, count: number): void {
    const book = this.book
    const { symbols, weights } = this.policy
    const { grossExposure } = this.portfolio
    const orders = this.orders
    const target = this.target
    const row = bar * this.width
    const prices = this.fillPrices
    for (let j = 0; j < count; j++) target[symbols[j]!] = weights[j]!

    let equity = book.cash
    let stuck = 0
    let stuckNet = 0
    let size = 0
    let gross = 0
    for (let h = 0; h < book.heldCount; h++) {
      const i = book.held[h]!
      const price = prices[row + i]!
      const weight = target[i]!
      const shares = book.shares[i]!
      if (Number.isFinite(price)) {
        const value = shares * price
        equity += value
        orders.symbols[size] = i
        orders.weights[size] = weight
        orders.values[size++] = value
        gross += Math.abs(weight)
      } else {
        const value = shares * book.lastClose[i]!
        equity += value
        stuck += Math.abs(value)
        stuckNet += value
        // A new decision takes the place of what was pending.
        if (weight === 0 || weight > 0 !== shares > 0) book.wantClosed(i, this.reason(i))
        else book.keep(i)
      }
    }
    for (let j = 0; j < count; j++) {
      const i = symbols[j]!
      target[i] = 0
      if (book.shares[i] !== 0 || weights[j] === 0 || !Number.isFinite(prices[row + i]!)) continue
      orders.symbols[size] = i
      orders.weights[size] = weights[j]!
      orders.values[size++] = 0
      gross += Math.abs(weights[j]!)
    }
    orders.count = size
    if (size === 0) return

    const terms = { equity, stuck, grossExposure, buyRate: this.buyRate, sellRate: this.sellRate }
    const after = equityAfterFill(orders, gross, terms)
    const unit = targetScale(after, gross, stuck, grossExposure) * after
    let cash = after - stuckNet
    let traded = 0
    let paid = 0
    for (let j = 0; j < size; j++) {
      const i = orders.symbols[j]!
      const value = unit * orders.weights[j]!
      const change = value - orders.values[j]!
      const cost = change > 0 ? change * this.buyRate : -change * this.sellRate
      const price = prices[row + i]!
      const shares = value / price
      // The decision saw a close at its own bar, so that is the last one known to a new position.
      book.change(i, shares, price, cost, bar, this.closes[row - this.width + i]!, this.reason(i))
      if (shares !== 0) book.keep(i)
      cash -= value
      traded += Math.abs(change)
      paid += cost
    }
    book.cash = cash
    this.record(bar, traded, paid, equity)
  }

  /** Closes whole positions outside a rebalance, as far as they can trade; the others keep their shares. */
  private fillClosings(bar: number): void {
    const book = this.book
    const row = bar * this.width
    const prices = this.fillPrices
    let equity = book.cash
    for (let h = 0; h < book.heldCount; h++) {
      const i = book.held[h]!
      const price = prices[row + i]!
      equity += book.shares[i]! * (Number.isFinite(price) ? price : book.lastClose[i]!)
    }
    let traded = 0
    let paid = 0
    // Backwards, because closing moves the last of the list into the gap.
    for (let h = book.heldCount - 1; h >= 0; h--) {
      const i = book.held[h]!
      const price = prices[row + i]!
      if (book.closing[i] === 0 || !Number.isFinite(price)) continue
      const value = book.shares[i]! * price
      const cost = this.closingCost(value)
      book.cash += value - cost
      book.close(i, price, cost, bar, book.why[i]!)
      traded += Math.abs(value)
      paid += cost
    }
    this.record(bar, traded, paid, equity)
  }

  private closingCost(value: number): number {
    return value > 0 ? value * this.sellRate : -value * this.buyRate
  }

  /** Why the newest decision closes a symbol that it does not want: an exit rule that triggered before comes first. */
  private reason(i: number): number {
    const why = this.book.why[i]!
    if (why >= REASON.stopLoss) return why
    return this.policy.isOff(i) ? REASON.signal : REASON.rebalance
  }

  private record(bar: number, traded: number, paid: number, equity: number): void {
    // A share of nothing is undefined; such an account is ruined at the close unless the price comes back.
    if (traded > 0 && equity > RUIN) this.fills.push({ bar, traded: traded / equity, cost: paid / equity })
  }

  private delist(bar: number): void {
    const book = this.book
    const { delistAfter, delistHaircut } = this.portfolio
    for (let h = book.heldCount - 1; h >= 0; h--) {
      const i = book.held[h]!
      if (book.missing[i]! < delistAfter) continue
      const shares = book.shares[i]!
      const price = book.lastClose[i]! * (shares > 0 ? 1 - delistHaircut : 1 + delistHaircut)
      const cost = this.closingCost(shares * price)
      book.cash += shares * price - cost
      book.close(i, price, cost, bar, REASON.delisted)
    }
    let net = 0
    let short = 0
    for (let h = 0; h < book.heldCount; h++) {
      const i = book.held[h]!
      const value = book.shares[i]! * book.lastClose[i]!
      net += value
      if (value < 0) short -= value
    }
    this.totals[NET] = net
    this.totals[SHORT] = short
  }

  /** Writes down the equity at the close; true if the account is ruined. */
  private mark(bar: number): boolean {
    const net = this.totals[NET]!
    const equity = this.book.cash + net
    const at = bar - this.start
    this.equity[at] = equity
    this.bars = at + 1
    this.ruined = equity <= RUIN
    this.exposure[at] = this.ruined ? Number.NaN : (net + 2 * this.totals[SHORT]!) / equity
    return this.ruined
  }

  private exits(bar: number, check: ExitCheck): void {
    const book = this.book
    for (let h = 0; h < book.heldCount; h++) {
      const i = book.held[h]!
      const reason = check(book, i, bar)
      if (reason === 0) continue
      book.wantClosed(i, reason)
      this.policy.exited(i, bar)
    }
  }

  finalTargets(): FinalDecision['targets'] {
    if (this.ruined) return []
    const { symbols, weights } = this.policy
    const count = this.policy.decide(this.end)
    return Array.from({ length: count }, (_, j) => ({
      symbol: this.panel.symbols[symbols[j]!]!,
      weight: weights[j]!,
    })).filter(({ weight }) => weight !== 0)
  }

  holdings(): FinalDecision['holdings'] {
    if (this.ruined) return []
    const { held, heldCount, shares, lastClose } = this.book
    const equity = this.equity[this.bars - 1]!
    return Array.from(held.subarray(0, heldCount), (i) => ({
      symbol: this.panel.symbols[i]!,
      weight: (shares[i]! * lastClose[i]!) / equity,
    }))
  }

  /** Marks what is still open at the last close, without cost, and hands over the result. */
  finish(): Simulation {
    const book = this.book
    for (const i of book.held.slice(0, book.heldCount).sort()) {
      book.close(i, book.lastClose[i]!, 0, this.start + this.bars - 1, REASON.end)
    }
    const equity = this.equity.subarray(0, this.bars)
    const returns = new Float64Array(this.bars)
    for (let t = 0, before = 1; t < this.bars; t++) {
      returns[t] = equity[t]! / before - 1
      before = equity[t]!
    }
    const scaled = this.policy.scaledDown
    return {
      status: this.ruined ? 'ruined' : 'completed',
      equity,
      returns,
      exposure: this.exposure.subarray(0, this.bars),
      trades: book.trades,
      fills: this.fills,
      warnings:
        scaled === 0
          ? []
          : [
              {
                code: 'WEIGHTS_SCALED',
                message: `At ${scaled} rebalances the weights' gross was above the gross exposure and was scaled down to it.`,
                count: scaled,
              },
            ],
    }
  }
}
