/**
 * A backtest, bar by bar. At each bar, in this order:
 *   1. borrow and financing costs leave cash (here)
 *   2. what was decided before is filled (`fillDecision` with fill.ts; `fillClosings`)
 *   3. positions without a close for too long are closed (`delist`)
 *   4. equity is marked at the close (follow.ts, `mark`)
 *   5. exit rules trigger (exits.ts)
 *   6. on a rebalance bar, the next portfolio is decided (policy.ts)
 * Positions and trades are kept in book.ts and ledger.ts. Between rebalances only held symbols are looked at, and bars
 * on which nothing can happen but a new close are marked all at once (`walk`).
 */
import type { Panel } from '../data/panel.js'
import type { Portfolio } from '../graph/strategy-graph.js'
import type { Book } from './book.js'
import { rebalanceBars } from './calendar.js'
import { type CloseColumns, closeColumns } from './closes.js'
import { type ExitWatch, watchExits } from './exits.js'
import { equityAfterFill, targetScale } from './fill.js'
import { firstDelisting, valueHeld } from './follow.js'
import { REASON, REASONS, type TradeValues, tradesOf } from './ledger.js'
import { dropWithinBand, partOfWay, turnoverShare } from './limits.js'
import { createPolicy, type Policy, type PolicyInput } from './policy.js'
import { checkRange, contradictionError, missingGroup, missingPrices } from './requirements.js'
import type {
  FillRecord,
  Simulation,
  SimulationInput,
  SimulationTotals,
  Trade,
  TradeReason,
} from './types.js'
import { borrowWorkspace, giveBackWorkspace, type Workspace } from './workspace.js'

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
  /** Those of them that will be closed at the next fill, whatever is decided: an exit rule triggered. */
  readonly closings: readonly { readonly symbol: string; readonly reason: TradeReason }[]
}

/**
 * Simulates a strategy over a range of bars as the accounting page defines it. Equity starts at 1.
 * Throws AlphaloopError: NO_OPEN_PRICES, NO_HIGH_LOW_PRICES, BAD_RANGE, and what `contradictionError` finds.
 */
export function simulate(input: SimulationJob): Simulation {
  return new Run(input, true).finishWithTrades()
}

/** As `simulate`, where nobody asks for the trades, but for their totals. */
export function simulateTotals(input: SimulationJob): SimulationTotals {
  return new Run(input, false).finish()
}

/** Simulates, and decides once more at the last bar. A ruined account holds and targets nothing. */
export function decideAtEnd(input: SimulationJob): FinalDecision {
  const run = new Run(input, true)
  const closings = run.closings()
  return {
    targets: run.finalTargets(),
    holdings: run.holdings(),
    closings,
    simulation: run.finishWithTrades(),
  }
}

/** The place of the first of ascending bars, from a place on, that is not before `bar`. */
function firstFrom(bars: Int32Array, place: number, bar: number): number {
  // It is at most as many places on as bars lie between, and just there where all of them are in the list.
  const farthest = Math.min(bars.length, place + Math.max(0, bar - (bars[place] ?? bar)))
  if (farthest === place || bars[farthest - 1]! < bar) return farthest
  let at = place
  while (bars[at]! < bar) at++
  return at
}

class Run {
  private readonly panel: Panel
  private readonly width: number
  private readonly closes: CloseColumns
  private readonly fillPrices: Float64Array
  private readonly portfolio: Portfolio
  private readonly buyRate: number
  private readonly sellRate: number
  private readonly workspace: Workspace
  private readonly policy: Policy
  private readonly watch: ExitWatch | undefined
  private readonly book: Book
  private readonly start: number
  private readonly end: number
  private readonly equity: Float64Array
  private readonly exposure: Float64Array
  private readonly fills: FillRecord[] = []
  private values: TradeValues | undefined
  private bars = 0
  private ruined = false
  /** Paid so far: for shorts, and for cash below zero. */
  private borrowed = 0
  private financed = 0

  constructor(input: SimulationJob, keepsRows: boolean) {
    const { panel, range, rule, portfolio, costs, periodsPerYear } = input
    checkRange(range, panel.dates.length)
    const obstacle =
      missingPrices(panel, portfolio) ?? missingGroup(panel, portfolio) ?? contradictionError(rule, portfolio)
    if (obstacle) throw obstacle
    this.panel = panel
    this.width = panel.symbols.length
    this.closes = closeColumns(panel)
    this.fillPrices = panel.fields.get(portfolio.fill === 'nextOpen' ? 'open' : 'close')!
    this.portfolio = portfolio
    this.buyRate = costs.commission + costs.slippage
    this.sellRate = costs.commission + costs.tax + costs.slippage
    this.start = range.start
    this.end = range.end
    const bars = range.end - range.start + 1
    this.equity = new Float64Array(bars)
    this.exposure = new Float64Array(bars)
    this.watch = watchExits(portfolio.exits, panel, input.indicators)
    this.workspace = borrowWorkspace(panel)
    this.book = this.workspace.book
    this.book.ledger.keepsRows = keepsRows
    this.book.averagesEntries = this.watch !== undefined
    this.policy = createPolicy(input, this.workspace.policy)
    this.walk(rebalanceBars(panel.dates, range, portfolio.rebalance), periodsPerYear)
  }

  /**
   * From event to event: after the fills of a bar nothing changes hands until the next decision is filled, unless an
   * exit rule triggers, a closing is pending or a position is delisted. Decisions that would change nothing are passed
   * over (`isSettled`).
   */
  private walk(rebalances: Int32Array, periodsPerYear: number): void {
    const { book, policy, closes, watch } = this
    const { short } = this.workspace
    const { net } = book.memory
    const { delistAfter } = this.portfolio
    const borrow = this.portfolio.borrowRate / periodsPerYear
    const financing = this.portfolio.financingRate / periodsPerYear
    let nextRebalance = 0
    let decided = -1
    let shortBefore = 0
    for (let bar = this.start; bar <= this.end; ) {
      this.payToHold(shortBefore * borrow, financing)
      const isFilled = decided >= 0
      if (isFilled) this.fillDecision(bar, decided)
      else if (book.closingCount > 0) this.fillClosings(bar)
      decided = -1

      const isWatched = book.heldCount > 0 && watch !== undefined
      let quiet = bar
      if (!isWatched && book.closingCount === 0 && this.isSettled()) {
        quiet = policy.firstSwitch(bar, this.end)
        nextRebalance = firstFrom(rebalances, nextRebalance, quiet)
      }
      let to = rebalances[nextRebalance] ?? this.end
      const trigger = isWatched ? watch.firstTrigger(book, bar, to, isFilled) : to + 1
      to = book.closingCount > 0 ? bar : Math.min(to, trigger)
      let delisting = firstDelisting(book, closes, bar, to, delistAfter)
      if (delisting === bar) {
        this.delist(bar)
        delisting = firstDelisting(book, closes, bar, to, delistAfter)
      }
      to = Math.min(to, delisting - 1)

      const hasShorts = valueHeld(book, closes, bar, to - bar + 1, short)
      if (hasShorts || book.cash < 0) {
        for (let t = bar; t <= to; t++) {
          if (t > bar) this.payToHold(shortBefore * borrow, financing)
          shortBefore = hasShorts ? short[t - bar]! : 0
          if (this.mark(t, net[t - bar]!, shortBefore)) return
        }
      } else {
        shortBefore = 0
        if (this.markFree(bar, to, net)) return
      }

      policy.observe(quiet, to)
      if (to === trigger) this.exits(to, watch!)

      if (rebalances[nextRebalance] === to) {
        nextRebalance++
        decided = policy.decide(to)
      }
      bar = to + 1
    }
  }

  /**
   * Whether the decisions to come change nothing until a signal does: nothing is held and nothing wanted, or all
   * money is in the one position that is wanted. (With cash at 0 its target f·w·E⁺ is its value, and Δ is 0.)
   */
  private isSettled(): boolean {
    const { book, policy } = this
    const { held, heldCount, cash } = book
    if (heldCount > 1 || (heldCount === 1 && !(cash === 0 && book.shares(held[0]!) > 0))) return false
    return policy.isSettledOn(held, heldCount)
  }

  /** A bar's borrow fee, then interest on cash below zero. */
  private payToHold(fee: number, rate: number): void {
    const { book } = this
    book.cash -= fee
    this.borrowed += fee
    if (book.cash >= 0) return
    const interest = -book.cash * rate
    book.cash -= interest
    this.financed += interest
  }

  /** Fills the policy's last decision, taken at the bar before. */
  private fillDecision(bar: number, count: number): void {
    const { book } = this
    const { grossExposure, minTrade, maxTurnover } = this.portfolio
    const { kernels, at, orders } = book.memory
    const { sums, ending, opening } = orders
    this.takePrices(bar)
    orders.count = kernels.collect(at, book.heldCount, count, book.cash, bar)
    const equity = sums[0]!
    let stuck = sums[1]!
    let stuckNet = sums[2]!
    let gross = sums[3]!
    // A new decision takes the place of what was pending.
    for (let e = sums[4]! - 1; e >= 0; e--) book.wantClosed(ending[e]!, this.reason(ending[e]!))
    for (let o = sums[5]! - 1; o >= 0; o--) book.keep(opening[o]!)
    if (minTrade !== undefined && equity > 0) {
      const kept = dropWithinBand(orders, equity, minTrade, (i) => book.keep(i))
      stuck += kept.gross
      stuckNet += kept.net
      gross = kept.targets
    }
    if (orders.count === 0) return

    const terms = { equity, stuck, grossExposure, buyRate: this.buyRate, sellRate: this.sellRate }
    const after = equityAfterFill(orders, gross, terms)
    const unit = targetScale(after, gross, stuck, grossExposure) * after
    const share = maxTurnover === undefined || equity <= 0 ? 1 : this.shareWithin(maxTurnover, unit, equity)
    this.placeOrders(bar, unit, share, equity)
    const paid = sums[2]!
    book.cash = (share < 1 ? equity - paid : after) - stuckNet - sums[0]!
    this.record(bar, sums[1]!, paid, equity)
  }

  /** Hands the kernels the prices of a bar's fills. */
  private takePrices(bar: number): void {
    const { width } = this
    const { fillPrices } = this.book.memory
    const row = bar * width
    // A copy is begun in the time in which so few are had one by one.
    if (width > 32) fillPrices.set(this.fillPrices.subarray(row, row + width))
    else for (let i = 0; i < width; i++) fillPrices[i] = this.fillPrices[row + i]!
  }

  /** Takes every order's symbol to `unit` times its weight, or to `share` of the way there, and books it. */
  private placeOrders(bar: number, unit: number, share: number, equity: number): void {
    const { book } = this
    const { kernels, at, orders } = book.memory
    const { symbols, weights, values, next, sums, ending, count } = orders
    if (share < 1)
      for (let j = 0; j < count; j++) {
        const value = unit * weights[j]!
        weights[j] = this.isForced(j) ? value : partOfWay(values[j]!, value, share, equity)
      }
    const { buyRate, sellRate } = this
    // Under a cap the weights are values by now.
    const of = share < 1 ? 1 : unit
    kernels.place(at, count, of, buyRate, sellRate, +book.averagesEntries)
    const ends = sums[3]!
    const opens = sums[4]!
    if (book.ledger.keepsRows) for (let e = 0; e < ends; e++) this.nameReason(symbols[ending[e]!]!)
    if (sums[5]! > 0) this.turnThroughZero(bar, ends, opens)
    else {
      // What is held stands before what is new among the orders.
      book.end(0, ends, bar)
      book.open(0, opens, bar)
    }
    if (book.closingCount > 0) for (let j = 0; j < count; j++) if (next[j] !== 0) book.keep(symbols[j]!)
  }

  /** Ends and opens positions in the order of their orders, where some do both. */
  private turnThroughZero(bar: number, ends: number, opens: number): void {
    const { book } = this
    const { orders } = this.book.memory
    const { symbols, next, costs, ending, opening } = orders
    for (let e = 0, o = 0; e < ends || o < opens; ) {
      const j = e < ends ? ending[e]! : orders.count
      const opened = o < opens ? opening[o]! : orders.count
      if (opened < j) {
        book.open(o, o + 1, bar)
        o++
        continue
      }
      const cost = costs[j]!
      const now = book.shares(symbols[j]!)
      // One order through zero: its cost belongs to both positions by the shares that each took of it.
      if (opened === j) costs[j] = cost * (now / (now - next[j]!))
      book.end(e, e + 1, bar)
      costs[j] = cost - costs[j]!
      e++
    }
  }

  /** The share of its orders that a rebalance may do, if their targets are `unit` times their weights. */
  private shareWithin(maxTurnover: number, unit: number, equity: number): number {
    const { orders } = this.book.memory
    let forced = 0
    let other = 0
    for (let j = 0; j < orders.count; j++) {
      const change = Math.abs(unit * orders.weights[j]! - orders.values[j]!)
      if (this.isForced(j)) forced += change
      else other += change
    }
    return turnoverShare(forced, other, equity, maxTurnover)
  }

  /** Whether an exit rule closes what the order j is about. */
  private isForced(j: number): boolean {
    const { orders } = this.book.memory
    return orders.weights[j] === 0 && this.book.why[orders.symbols[j]!]! >= REASON.stopLoss
  }

  /** Closes whole positions outside a rebalance, as far as they can trade; the others keep their shares. */
  private fillClosings(bar: number): void {
    const { book } = this
    const { kernels, at, orders } = book.memory
    const { sums, values, costs, ending } = orders
    this.takePrices(bar)
    const count = kernels.collectClosings(at, book.heldCount, book.cash, bar)
    const equity = sums[0]!
    let traded = 0
    let paid = 0
    for (let j = 0; j < count; j++) {
      // Backwards, because closing moves the last of the list into the gap.
      const order = count - 1 - j
      const value = values[order]!
      const cost = this.closingCost(value)
      costs[order] = cost
      ending[j] = order
      book.cash += value - cost
      traded += Math.abs(value)
      paid += cost
    }
    book.end(0, count, bar)
    this.record(bar, traded, paid, equity)
  }

  private closingCost(value: number): number {
    return value > 0 ? value * this.sellRate : -value * this.buyRate
  }

  /** Notes why the newest decision closes a symbol. */
  private nameReason(i: number): void {
    this.book.why[i] = this.reason(i)
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
    const { book, closes } = this
    const { delistAfter, delistHaircut } = this.portfolio
    const { symbols, prices, costs, ending } = book.memory.orders
    let count = 0
    for (let h = book.heldCount - 1; h >= 0; h--) {
      const i = book.held[h]!
      if (closes.missing![i * closes.bars + bar]! < delistAfter) continue
      const shares = book.shares(i)
      const price = this.lastClose(i, bar) * (shares > 0 ? 1 - delistHaircut : 1 + delistHaircut)
      const cost = this.closingCost(shares * price)
      book.cash += shares * price - cost
      symbols[count] = i
      prices[count] = price
      costs[count] = cost
      ending[count] = count
      count++
    }
    book.end(0, count, bar, REASON.delisted)
  }

  /** The newest close known at a bar. What is held has one: the decision to buy it saw one. */
  private lastClose(i: number, bar: number): number {
    return this.closes.last[i * this.closes.bars + bar]!
  }

  /** Writes down the equity at a close, from the value of all positions and the size of the shorts; true if ruined. */
  private mark(bar: number, net: number, short: number): boolean {
    const equity = this.book.cash + net
    const at = bar - this.start
    this.equity[at] = equity
    this.bars = at + 1
    this.ruined = equity <= RUIN
    this.exposure[at] = this.ruined ? Number.NaN : (net + 2 * short) / equity
    return this.ruined
  }

  /** Marks the closes of a stretch over which holding costs nothing; true if ruined. */
  private markFree(from: number, to: number, net: Float64Array): boolean {
    const { equity, exposure, start } = this
    const { cash } = this.book
    const at = from - start
    const count = to - from + 1
    if (this.book.heldCount === 0 && cash > RUIN) {
      equity.fill(cash, at, at + count)
      exposure.fill(0, at, at + count)
    } else {
      for (let k = 0; k < count; k++) {
        const value = net[k]!
        const total = cash + value
        equity[at + k] = total
        exposure[at + k] = value / total
        if (total <= RUIN) return this.mark(from + k, value, 0)
      }
    }
    this.bars = at + count
    return false
  }

  /** Wants everything closed whose exit rules trigger at a bar. */
  private exits(bar: number, watch: ExitWatch): void {
    const { book } = this
    const { held, heldCount } = book
    for (let h = 0; h < heldCount; h++) {
      const i = held[h]!
      const reason = watch.reasonAt(i, bar)
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
    const { book } = this
    const equity = this.equity[this.bars - 1]!
    return Array.from(book.held.subarray(0, book.heldCount), (i) => ({
      symbol: this.panel.symbols[i]!,
      weight: (book.shares(i) * this.lastClose(i, this.end)) / equity,
    }))
  }

  closings(): FinalDecision['closings'] {
    if (this.ruined) return []
    const { held, heldCount, closing, why } = this.book
    return Array.from(held.subarray(0, heldCount))
      .filter((i) => closing[i] === 1)
      .map((i) => ({ symbol: this.panel.symbols[i]!, reason: REASONS[why[i]!]! }))
  }

  /** Hands over the result with the trades, which become rows when they are read. */
  finishWithTrades(): Simulation {
    const totals = this.finish()
    const { values } = this
    const { dates, symbols } = this.panel
    let rows: Trade[] | undefined
    return {
      ...totals,
      get trades() {
        rows ??= tradesOf(values!, dates, symbols)
        return rows
      },
    }
  }

  /** Marks what is still open at the last close, without cost, and hands over the result. */
  finish(): SimulationTotals {
    const { book } = this
    const end = this.start + this.bars - 1
    const { symbols, prices, costs, ending } = book.memory.orders
    const open = book.held.slice(0, book.heldCount).sort()
    for (let j = 0; j < open.length; j++) {
      const i = open[j]!
      symbols[j] = i
      prices[j] = this.lastClose(i, end)
      costs[j] = 0
      ending[j] = j
    }
    book.end(0, open.length, end, REASON.end)
    const equity = this.equity.subarray(0, this.bars)
    const returns = new Float64Array(this.bars)
    for (let t = 0, before = 1; t < this.bars; t++) {
      returns[t] = equity[t]! / before - 1
      before = equity[t]!
    }
    const scaled = this.policy.scaledDown
    this.values = book.ledger.take()
    giveBackWorkspace(this.workspace)
    return {
      status: this.ruined ? 'ruined' : 'completed',
      equity,
      returns,
      exposure: this.exposure.subarray(0, this.bars),
      tradeTotals: this.values.totals,
      fills: this.fills,
      carry: { borrow: this.borrowed, financing: this.financed },
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
