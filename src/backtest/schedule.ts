import type { Rebalance } from '../graph/strategy-graph.js'
import { calendarKeys, rebalanceBars } from './calendar.js'
import type { BarRange } from './types.js'

/** Where the last bar of a range stands in a strategy's rebalancing, as far as the data can tell. */
export interface RebalanceSchedule {
  /** Day of the last bar. */
  readonly date: string
  /**
   * `due`: it is a rebalance bar whatever day the next bar has. `unlessLast`: it is none, unless no session comes
   * before its week, month or quarter ends (holidays are not known). `notDue`: it is none.
   */
  readonly state: 'due' | 'unlessLast' | 'notDue'
  /** The newest rebalance bar before it; null where there was none yet. */
  readonly last: string | null
  /** The next rebalance after it (`due`: the one after this): on this day or on the last session before it. */
  readonly next: string | null
  /** `{ every: n }` only: bars until the next rebalance, counted from the last bar. */
  readonly nextInBars: number | null
}

const DAY_MS = 86_400_000
const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10)
const timeOf = (day: string): number => Date.parse(`${day}T00:00:00Z`)

/** Bars whose weekdays say whether this market has sessions at weekends. */
const RECENT = 60

function tradesAtWeekends(dates: readonly string[], end: number): boolean {
  for (let t = Math.max(0, end - RECENT); t <= end; t++) {
    const weekday = new Date(timeOf(dates[t]!)).getUTCDay()
    if (weekday === 0 || weekday === 6) return true
  }
  return false
}

/**
 * Whether the last bar of `range` is a rebalance bar. A backtest knows that a bar ends its month by the bar after
 * it; after the last bar there is none, so the calendar's weekdays stand in for it, and weekends where the newest 60
 * bars have any.
 */
export function rebalanceSchedule(
  dates: readonly string[],
  range: BarRange,
  rebalance: Rebalance,
): RebalanceSchedule {
  const { start, end } = range
  const date = dates[end]!
  const lastBar = rebalanceBars(dates, range, rebalance).at(-1)
  const last = lastBar === undefined ? null : dates[lastBar]!
  if (typeof rebalance === 'object') {
    const past = (end - start) % rebalance.every
    const state = past === 0 ? 'due' : 'notDue'
    return { date, state, last, next: null, nextInBars: rebalance.every - past }
  }
  const weekends = tradesAtWeekends(dates, end)
  const nextSession = (time: number): number => {
    let next = time + DAY_MS
    while (!weekends && [0, 6].includes(new Date(next).getUTCDay())) next += DAY_MS
    return next
  }
  const periodOf = (time: number): number => {
    const { week, month, quarter } = calendarKeys([dayOf(time)])
    return { daily: time, weekly: week[0]!, monthly: month[0]!, quarterly: quarter[0]! }[rebalance]
  }
  /** The last day of the period of `time` that may have a session. */
  const lastOf = (time: number): number => {
    let day = time
    for (let next = nextSession(day); periodOf(next) === periodOf(time); next = nextSession(day)) day = next
    return day
  }
  const today = timeOf(date)
  const endOfPeriod = lastOf(today)
  const isDue = endOfPeriod === today
  return {
    date,
    state: isDue ? 'due' : 'unlessLast',
    last,
    next: dayOf(isDue ? lastOf(nextSession(today)) : endOfPeriod),
    nextInBars: null,
  }
}
