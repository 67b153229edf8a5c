import { byCodeUnit, sharedFloats, sharedInts } from './align.js'
import { daysAfter } from './dates.js'
import { barFrom } from './side-table.js'

/** A row of values that became known on a day. */
export interface Announcement {
  readonly row: number
  /** Its symbol's column in the panel. */
  readonly symbol: number
  /** The period that is reported, an ISO day. */
  readonly period: string
  /** The day from which it is known. */
  readonly known: string
}

/** Where a row's value would stand: bars `from` up to and without `until` of a symbol. */
interface Span extends Announcement {
  readonly said: string
  readonly from: number
  readonly until: number
}

/**
 * Point-in-time values: at bar t a field is that of the latest period among the rows known by the day of t, a later
 * row of the same period being its revision; a late row of an older period changes nothing. A missing value announces
 * nothing. Values stay until the next one, or for `staleAfterDays` days.
 * 1. rows are put in the order in which they become known, by symbol
 * 2. each field takes them one by one, and each stands from its first bar to that of the next one taken
 */
export class AnnouncementPlan {
  private readonly dates: readonly string[]
  private readonly width: number
  private readonly spans: readonly (readonly Span[])[]

  constructor(
    dates: readonly string[],
    width: number,
    rows: readonly Announcement[],
    staleAfterDays: number | undefined,
  ) {
    this.dates = dates
    this.width = width
    const bySymbol = Array.from({ length: width }, (): Span[] => [])
    // Days repeat, from symbol to symbol and from field to field.
    const bars = new Map<string, number>()
    const firstBar = (day: string) => {
      const known = bars.get(day)
      if (known !== undefined) return known
      const bar = barFrom(dates, day)
      bars.set(day, bar)
      return bar
    }
    for (const row of rows) {
      // What is said of a period before it ends cannot be its result: it counts from the end on.
      const known = row.known < row.period ? row.period : row.known
      const from = firstBar(known)
      const until =
        staleAfterDays === undefined ? dates.length : firstBar(daysAfter(known, staleAfterDays + 1))
      if (from < dates.length) {
        const { symbol, period, known: said } = row
        bySymbol[symbol]!.push({ row: row.row, symbol, period, known, said, from, until })
      }
    }
    for (const spans of bySymbol)
      spans.sort(
        (a, b) =>
          byCodeUnit(a.known, b.known) || byCodeUnit(a.period, b.period) || byCodeUnit(a.said, b.said),
      )
    this.spans = bySymbol
  }

  /** The field of one column. */
  numbers(numberAt: (row: number) => number): Float64Array {
    const field = sharedFloats(this.dates.length * this.width).fill(Number.NaN)
    this.fill(
      (row) => Number.isFinite(numberAt(row)),
      (cell, row) => {
        const value = numberAt(row)
        field[cell] = value === 0 ? 0 : value
      },
    )
    return field
  }

  /** The codes of one group; −1 where none is known. */
  codes(codeAt: (row: number) => number): Int32Array {
    const codes = sharedInts(this.dates.length * this.width).fill(-1)
    this.fill(
      (row) => codeAt(row) >= 0,
      (cell, row) => {
        codes[cell] = codeAt(row)
      },
    )
    return codes
  }

  private fill(has: (row: number) => boolean, write: (cell: number, row: number) => void): void {
    this.spans.forEach((spans, i) => {
      let current: Span | undefined
      const stand = (until: number) => {
        if (current === undefined) return
        const end = Math.min(until, current.until)
        for (let t = current.from; t < end; t++) write(t * this.width + i, current.row)
      }
      for (const span of spans) {
        if (!has(span.row) || (current !== undefined && span.period < current.period)) continue
        stand(span.from)
        current = span
      }
      stand(this.dates.length)
    })
  }
}
