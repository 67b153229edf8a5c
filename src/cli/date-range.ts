import { usageError } from '../base/errors.js'

/** Days given on the command line; both are bars' days, included. */
export interface DateRange {
  readonly start?: string
  readonly end?: string
}

/** Before anything is read: each is a day, and they are in order. */
export function checkDates({ start, end }: DateRange): void {
  for (const [flag, date] of [
    ['--start', start],
    ['--end', end],
  ] as const)
    if (date !== undefined && !isDay(date))
      throw usageError('INVALID_DATE', `${flag} ${date} is no day of the calendar`, howToWrite(date))
  if (start !== undefined && end !== undefined && start > end)
    throw usageError('INVALID_DATE', `--start ${start} lies after --end ${end}`, 'swap the two')
}

/** The same day as it is read here, where it can be told: year first. */
function howToWrite(text: string): string {
  const [, year, month, day] = /^(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})$/.exec(text)?.toSpliced(2, 1) ?? []
  const meant = `${year}-${month?.padStart(2, '0')}-${day?.padStart(2, '0')}`
  return isDay(meant) ? `write it as ${meant}` : 'write it as 2015-01-31'
}

/** `Date` reads 30 February as 1 March: a day must come back as it was given. */
function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`)
  return (
    /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
  )
}

/** Before anything is loaded: the range must hold a bar. */
export function checkRange({ start, end }: DateRange, dates: readonly string[]): void {
  const [first, last] = [dates[0]!, dates.at(-1)!]
  if (dates.some((date) => (start === undefined || date >= start) && (end === undefined || date <= end)))
    return
  const asked =
    end === undefined ? `from ${start} on` : start === undefined ? `up to ${end}` : `from ${start} to ${end}`
  throw usageError('EMPTY_RANGE', `the data has no bar ${asked}`, `it runs from ${first} to ${last}`, {
    start: start ?? null,
    end: end ?? null,
    first,
    last,
  })
}
