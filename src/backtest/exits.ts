import type { Panel } from '../data/panel.js'
import type { Exits } from '../graph/strategy-graph.js'
import type { Book } from './book.js'
import { closeColumns } from './closes.js'
import type { ExitIndicators } from './exit-indicators.js'
import { REASON } from './ledger.js'

/** Room for rounding, so that a level hit exactly is hit in every arithmetic. */
const ROOM = 1e-12

/** Whether a close has fallen to a level, for a long (s = 1), or risen to it, for a short (s = −1). */
const isBeyond = (s: number, close: number, level: number): boolean => s * close <= s * level * (1 + s * ROOM)

/** Says at a close whether a held symbol's exit rules trigger: the code of the first that does, 0 for none. */
export type ExitCheck = (book: Book, i: number, bar: number) => number

/**
 * The exit rules of a strategy as one check, or undefined where it has none. The check also follows the position's
 * best close, so it has to be called at every close of every position. Shorts are mirrored. Throws RangeError where an
 * indicator that a rule names is not given.
 */
export function createExitCheck(
  exits: Exits,
  panel: Panel,
  { averageRange, deviation }: ExitIndicators = {},
): ExitCheck | undefined {
  const { stopLoss, takeProfit, trailingStop, atrStop, volatilityStop, maxHoldingBars } = exits
  const rules = [stopLoss, takeProfit, trailingStop, atrStop, volatilityStop, maxHoldingBars]
  if (rules.every((rule) => rule === undefined)) return undefined
  const { bars, last, missing } = closeColumns(panel)
  const width = panel.symbols.length
  if ((atrStop && averageRange === undefined) || (volatilityStop && deviation === undefined))
    throw new RangeError('the indicators of the exit rules were not evaluated')

  return (book, i, bar) => {
    const at = i * bars + bar
    if (missing === undefined || missing[at] === 0) {
      const close = last[at]!
      // Seen from a short, prices are mirrored: s·price rises when the position gains.
      const s = book.shares(i) > 0 ? 1 : -1
      const entry = book.entryPrice(i)
      if (s * close > s * book.bestClose[i]!) book.bestClose[i] = close
      const best = book.bestClose[i]!
      const peak = s * entry > s * best ? entry : best
      const gain = s * (close / entry - 1)
      if (stopLoss !== undefined && gain <= -stopLoss + ROOM) return REASON.stopLoss
      if (takeProfit !== undefined && gain >= takeProfit - ROOM) return REASON.takeProfit
      if (trailingStop !== undefined && isBeyond(s, close, peak * (1 - s * trailingStop)))
        return REASON.trailingStop
      // A missing indicator makes its comparison false.
      if (atrStop && isBeyond(s, close, peak - s * atrStop.k * averageRange![bar * width + i]!))
        return REASON.atrStop
      if (
        volatilityStop &&
        isBeyond(s, close, peak * (1 - s * volatilityStop.k * deviation![bar * width + i]!))
      )
        return REASON.volatilityStop
    }
    if (maxHoldingBars !== undefined && bar - book.entryBar(i) >= maxHoldingBars) return REASON.maxHoldingBars
    return 0
  }
}
