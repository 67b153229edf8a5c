import type { Panel } from '../data/panel.js'
import type { Exits } from '../graph/strategy-graph.js'
import type { Book } from './book.js'
import { type CloseColumns, closeColumns } from './closes.js'
import type { Indicators } from './indicators.js'
import { REASON } from './ledger.js'

/** Room for rounding, so that a level hit exactly is hit in every arithmetic. */
const ROOM = 1e-12

/** No level: what is compared with it is never beyond it. */
const NONE = Number.NaN

/**
 * The exit rules of a strategy over what it holds. Until the next purchase the closes alone say when a position's rules
 * trigger, so each position is searched for that bar once, close by close in the column of its symbol, and the bars
 * before the first of them all need no check.
 */
export class ExitWatch {
  private readonly closes: CloseColumns
  private readonly width: number
  /** Levels of the rules; `NONE` where there is no such rule. */
  private readonly stop: number
  private readonly take: number
  private readonly trailing: number
  private readonly rangeUnit: number
  private readonly deviationUnit: number
  private readonly holding: number
  private readonly averageRange: Float64Array | undefined
  private readonly deviation: Float64Array | undefined
  /** By symbol: where a held symbol's rules trigger, of the bars that were searched, or a bar behind them. */
  private readonly triggerBar: Int32Array
  private readonly triggerReason: Uint8Array

  /** Throws RangeError where an indicator that a rule names is not given. */
  constructor(exits: Exits, panel: Panel, { averageRange, deviation }: Indicators = {}) {
    const { stopLoss, takeProfit, trailingStop, atrStop, volatilityStop, maxHoldingBars } = exits
    if ((atrStop && averageRange === undefined) || (volatilityStop && deviation === undefined))
      throw new RangeError('the indicators of the exit rules were not evaluated')
    this.closes = closeColumns(panel)
    this.width = panel.symbols.length
    this.stop = stopLoss === undefined ? NONE : -stopLoss + ROOM
    this.take = takeProfit === undefined ? NONE : takeProfit - ROOM
    this.trailing = trailingStop ?? NONE
    this.rangeUnit = atrStop?.k ?? NONE
    this.deviationUnit = volatilityStop?.k ?? NONE
    this.holding = maxHoldingBars ?? Number.POSITIVE_INFINITY
    this.averageRange = atrStop && averageRange
    this.deviation = volatilityStop && deviation
    this.triggerBar = new Int32Array(this.width)
    this.triggerReason = new Uint8Array(this.width)
  }

  /**
   * The first of the bars `from` … `to` at whose close a rule of anything held triggers; else to + 1. The closes before
   * `from` were searched, or nothing was held at them. `isFilled`: a decision was filled at `from`; without one, what
   * was found before stays true but for what triggered before `from` and could not be closed.
   */
  firstTrigger(book: Book, from: number, to: number, isFilled: boolean): number {
    const { triggerBar } = this
    const { held, heldCount } = book
    let first = to + 1
    for (let h = 0; h < heldCount; h++) {
      const i = held[h]!
      if (isFilled || triggerBar[i]! < from) this.search(book, i, from, to)
      const bar = triggerBar[i]!
      if (bar < first) first = bar
    }
    return first
  }

  /** Why a held symbol exits at a bar that `firstTrigger` came to: the code of the first rule, 0 for none. */
  reasonAt(i: number, bar: number): number {
    return this.triggerBar[i] === bar ? this.triggerReason[i]! : 0
  }

  /** Searches the closes `from` … `to` of a position up to the one at which a rule triggers. */
  private search(book: Book, i: number, from: number, to: number): void {
    const { width, stop, take, averageRange, deviation, rangeUnit, deviationUnit } = this
    const { bars, last, missing } = this.closes
    // Seen from a short, prices are mirrored: s·price rises when the position gains.
    const s = book.shares(i) > 0 ? 1 : -1
    const entry = book.entryPrice(i)
    const perEntry = 1 / entry
    const room = 1 + s * ROOM
    const kept = 1 - s * this.trailing
    const due = book.entryBar(i) + this.holding
    const end = due < to ? Math.max(from, due) : to
    let best = s * book.bestClose[i]!
    let reason = 0
    let bar = from
    for (; bar <= end; bar++) {
      const at = i * bars + bar
      if (missing !== undefined && missing[at] !== 0) continue
      const price = s * last[at]!
      if (price > best) best = price
      const peak = s * entry > best ? s * entry : best
      const gain = price * perEntry - s
      if (gain <= stop) reason = REASON.stopLoss
      else if (gain >= take) reason = REASON.takeProfit
      else if (price <= peak * kept * room) reason = REASON.trailingStop
      // A missing indicator makes its comparison false.
      else if (
        averageRange !== undefined &&
        price <= (peak - rangeUnit * averageRange[bar * width + i]!) * room
      )
        reason = REASON.atrStop
      else if (
        deviation !== undefined &&
        price <= peak * (1 - s * deviationUnit * deviation[bar * width + i]!) * room
      )
        reason = REASON.volatilityStop
      else continue
      break
    }
    if (reason === 0 && due <= end) {
      reason = REASON.maxHoldingBars
      bar = end
    }
    book.bestClose[i] = s * best
    this.triggerBar[i] = bar
    this.triggerReason[i] = reason
  }
}

/** A watch over the exit rules of a strategy; undefined where it has none. Throws as its constructor does. */
export function watchExits(
  exits: Exits,
  panel: Panel,
  indicators: Indicators | undefined,
): ExitWatch | undefined {
  const { stopLoss, takeProfit, trailingStop, atrStop, volatilityStop, maxHoldingBars } = exits
  const rules = [stopLoss, takeProfit, trailingStop, atrStop, volatilityStop, maxHoldingBars]
  return rules.every((rule) => rule === undefined) ? undefined : new ExitWatch(exits, panel, indicators)
}
