import type { Rebalance } from '../graph/strategy-graph.js'
import type { BarRange } from './types.js'

/** Calendar period of every bar: equal numbers, same period. */
export interface CalendarKeys {
  /** ISO weeks, counted from the week of 1970-01-01. */
  readonly week: Int32Array
  /** year · 12 + month. */
  readonly month: Int32Array
  readonly quarter: Int32Array
}

const digit = (text: string, at: number) => text.charCodeAt(at) - 48

/** Days since 1970-01-01 in the proleptic Gregorian calendar (years start in March, so leap days come last). */
function dayNumber(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1
  const m = month > 2 ? month - 3 : month + 9
  return (
    365 * y +
    Math.floor(y / 4) -
    Math.floor(y / 100) +
    Math.floor(y / 400) +
    Math.floor((153 * m + 2) / 5) +
    day -
    1 -
    719468
  )
}

const known = new WeakMap<readonly string[], CalendarKeys>()

/** The periods of ISO days (`2013-02-08`). Remembered by the identity of the list: thousands of backtests share it. */
export function calendarKeys(dates: readonly string[]): CalendarKeys {
  const before = known.get(dates)
  if (before) return before
  const keys: CalendarKeys = {
    week: new Int32Array(dates.length),
    month: new Int32Array(dates.length),
    quarter: new Int32Array(dates.length),
  }
  for (let t = 0; t < dates.length; t++) {
    const text = dates[t]!
    const year = digit(text, 0) * 1000 + digit(text, 1) * 100 + digit(text, 2) * 10 + digit(text, 3)
    const month = digit(text, 5) * 10 + digit(text, 6)
    const day = digit(text, 8) * 10 + digit(text, 9)
    // 1970-01-01 was a Thursday: its week began three days before.
    keys.week[t] = Math.floor((dayNumber(year, month, day) + 3) / 7)
    keys.month[t] = year * 12 + month - 1
    keys.quarter[t] = Math.floor((year * 12 + month - 1) / 3)
  }
  known.set(dates, keys)
  return keys
}

/** Rebalance bars by calendar, range and rule: thousands of backtests share a few. */
const knownBars = new WeakMap<readonly string[], Map<string, Int32Array>>()
const MOST_KEPT = 256

/**
 * The bars of a range at whose close the portfolio is decided, ascending. Calendar rules take the last bar of each
 * week, month or quarter, as far as a bar of the next one is in the range; the range's last bar is never one of
 * them, because nothing decided there could fill. Remembered by the identity of the list of dates, so the array is not
 * to be written to.
 */
export function rebalanceBars(dates: readonly string[], range: BarRange, rebalance: Rebalance): Int32Array {
  let ofDates = knownBars.get(dates)
  if (ofDates === undefined) {
    ofDates = new Map()
    knownBars.set(dates, ofDates)
  }
  const name = `${typeof rebalance === 'object' ? rebalance.every : rebalance} ${range.start} ${range.end}`
  let bars = ofDates.get(name)
  if (bars === undefined) {
    bars = findRebalanceBars(dates, range, rebalance)
    if (ofDates.size === MOST_KEPT) ofDates.clear()
    ofDates.set(name, bars)
  }
  return bars
}

function findRebalanceBars(
  dates: readonly string[],
  { start, end }: BarRange,
  rebalance: Rebalance,
): Int32Array {
  const bars = new Int32Array(Math.max(0, end - start))
  let count = 0
  if (rebalance === 'daily') {
    for (let t = start; t < end; t++) bars[count++] = t
  } else if (typeof rebalance === 'object') {
    for (let t = start; t < end; t += rebalance.every) bars[count++] = t
  } else {
    const keys = calendarKeys(dates)
    const period = { weekly: keys.week, monthly: keys.month, quarterly: keys.quarter }[rebalance]
    for (let t = start; t < end; t++) if (period[t] !== period[t + 1]) bars[count++] = t
  }
  return bars.slice(0, count)
}
