/** What the texts of a date column say, each as an ISO day, or undefined where it cannot be read. */
export interface ReadDates {
  readonly days: readonly (string | undefined)[]
  /** Time zones that were written out, `local` for a time of day without one; more than one is worth a warning. */
  readonly zones: readonly string[]
  /** Set where every text could be month/day as well as day/month; then no slashed day is readable. */
  readonly ambiguous: boolean
  /** Which of the texts show that the day comes first, and which that the month does. */
  readonly order: { readonly dayFirst: readonly number[]; readonly monthFirst: readonly number[] }
}

const ISO =
  /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ](?:[01]?\d|2[0-3])(?::[0-5]\d(?::[0-6]\d(?:[.,]\d+)?)?)?\s*(Z|UTC|[+-]\d\d(?::?\d\d)?)?)?$/i
const COMPACT = /^(\d{4})(\d\d)(\d\d)$/
const SLASHED = /^(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d\d)(?:[T ]\d{1,2}:\d\d(?::\d\d)?(?:\s*[AP]M)?)?$/i
const DOTTED = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/
const EPOCH = /^-?\d+(?:\.0*)?$/

/** `2020-01-31` and that many days later. */
export const daysAfter = (date: string, days: number): string =>
  new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10)

/** An ISO day, or undefined where the calendar has no such day or the year is not one of markets. */
function day(year: number, month: number, date: number): string | undefined {
  if (year < 1600 || year > 2200 || month < 1 || month > 12 || date < 1) return undefined
  if (date > new Date(Date.UTC(year, month, 0)).getUTCDate()) return undefined
  return `${year}-${String(month).padStart(2, '0')}-${String(date).padStart(2, '0')}`
}

function epochDay(text: string): string | undefined {
  const value = Number(text)
  const digits = text.replace(/^-|\.0*$/g, '').length
  // Seconds have 9 or 10 digits from 1973 to 2286, milliseconds 12 or 13, microseconds 15 or 16, nanoseconds 18 or 19.
  const scale = { 9: 1e3, 10: 1e3, 12: 1, 13: 1, 15: 1e-3, 16: 1e-3, 18: 1e-6, 19: 1e-6 }[digits]
  if (scale === undefined) return undefined
  const moment = new Date(Math.floor(value * scale))
  return Number.isNaN(moment.getTime())
    ? undefined
    : day(moment.getUTCFullYear(), moment.getUTCMonth() + 1, moment.getUTCDate())
}

/** The time of day of a date that can be read, as it is written; undefined for a day alone. */
export function timeOfDay(text: string): string | undefined {
  if (EPOCH.test(text) && !COMPACT.test(text)) return text
  return /\d[T ](\d.*)$/i.exec(text)?.[1]
}

/**
 * Reads the different texts of one date column together: whether 03/04/2017 is in March or in April is decided by the
 * column (some text has a number above 12 in one place), never by guess. The day of a date-time is the day as
 * written, whatever its time zone. Numbers of 9 and more digits are seconds (ms, µs, ns) since 1970 UTC.
 */
export function readDates(texts: readonly string[]): ReadDates {
  const order = { dayFirst: [] as number[], monthFirst: [] as number[] }
  let slashed = false
  for (let i = 0; i < texts.length; i++) {
    const match = SLASHED.exec(texts[i]!)
    if (!match) continue
    slashed = true
    const [first, second] = [Number(match[1]), Number(match[2])]
    // The same number twice is the same day by either reading.
    if (first > 12 && first <= 31 && second <= 12) order.dayFirst.push(i)
    if (second > 12 && second <= 31 && first <= 12) order.monthFirst.push(i)
  }
  const monthFirst = order.monthFirst.length > 0
  const decided = monthFirst !== order.dayFirst.length > 0
  const zones = new Set<string>()
  const days = texts.map((text) => {
    const iso = ISO.exec(text)
    if (iso) {
      const midnight = /[T ]00?(:00(:00([.,]0+)?)?)?$/i.test(text)
      if (iso[4]) zones.add(/^(Z|UTC|[+-]00:?(00)?)$/i.test(iso[4]) ? 'UTC' : iso[4])
      else if (text.length > 10 && !midnight) zones.add('local')
      return day(Number(iso[1]), Number(iso[2]), Number(iso[3]))
    }
    const compact = COMPACT.exec(text)
    if (compact) return day(Number(compact[1]), Number(compact[2]), Number(compact[3]))
    const slash = SLASHED.exec(text)
    if (slash) {
      const [first, second, written] = [Number(slash[1]), Number(slash[2]), Number(slash[3])]
      if (!decided && first !== second) return undefined
      const year = slash[3]!.length === 4 ? written : written + (written < 70 ? 2000 : 1900)
      return monthFirst ? day(year, first, second) : day(year, second, first)
    }
    const dot = DOTTED.exec(text)
    if (dot) return day(Number(dot[3]), Number(dot[2]), Number(dot[1]))
    return EPOCH.test(text) ? epochDay(text) : undefined
  })
  return { days, zones: [...zones].sort(), ambiguous: slashed && !decided, order }
}

/**
 * The days from which announcements are known, for the texts of their column; undefined where one cannot be read. A
 * day, or a moment in a zone that is not UTC, counts for the bar of that day: strategies act after its close, at the
 * next bar at the earliest. A moment in UTC, which no exchange's day need be, counts from the day after: there it is
 * the same day or the next one everywhere.
 */
export function announcementDays(
  texts: readonly string[],
  days: readonly (string | undefined)[] = readDates(texts).days,
): (string | undefined)[] {
  return days.map((day, i) => (day !== undefined && isMomentInUtc(texts[i]!) ? daysAfter(day, 1) : day))
}

/** Whether a day is written with its year last, so that its month and its day may be taken for each other. */
export const isSlashed = (text: string): boolean => {
  const [, first, second] = SLASHED.exec(text) ?? []
  return Number(first) <= 12 && Number(second) <= 12
}

/** The days of several columns of one table, in which months and days stand in the same order. */
export function readDatesTogether(columns: readonly (readonly string[])[]): (string | undefined)[][] {
  const { days } = readDates(columns.flat())
  let start = 0
  return columns.map(({ length }) => {
    start += length
    return days.slice(start - length, start)
  })
}

const MIDNIGHT = /[T ]00?(?::00(?::00(?:[.,]0+)?)?)?\s*(?:Z|UTC|[+-]00(?::?00)?)?$/i

function isMomentInUtc(text: string): boolean {
  if (EPOCH.test(text) && !COMPACT.test(text)) {
    const digits = text.replace(/^-|\.0*$/g, '').length
    const perDay = 86_400 * 10 ** (Math.floor((digits - 9) / 3) * 3)
    return Number(text) % perDay !== 0
  }
  return /[T ]\d.*(?:Z|UTC|[+-]00(?::?00)?)$/i.test(text) && !MIDNIGHT.test(text)
}
