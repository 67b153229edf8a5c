import { READ_FORMS } from './date-forms.js'
import type { ReadDates } from './dates.js'
import type { LongTable } from './long-table.js'

/** Days of a table that cannot be read because some show that the day comes first, and others that the month does. */
export interface DayOrder {
  /** The first row of each kind. */
  readonly witnesses: readonly number[]
  /** What the date of a row shows by itself. */
  readonly firstOf: (row: number) => 'day' | 'month' | undefined
  /** What to do about it, with the files where it is they that disagree. */
  readonly mending: string
}

/** Finds the rows that contradict each other; undefined where none do. */
export function findDayOrder(table: LongTable, order: ReadDates['order']): DayOrder | undefined {
  if (order.dayFirst.length === 0 || order.monthFirst.length === 0) return undefined
  const [days, months] = [new Set(order.dayFirst), new Set(order.monthFirst)]
  const firstOf = (row: number) => {
    const code = table.dates.codes[row]!
    return days.has(code) ? 'day' : months.has(code) ? 'month' : undefined
  }
  const witnesses = new Map<'day' | 'month', number>()
  const files = { day: new Set<string>(), month: new Set<string>() }
  let part = 0
  for (let row = 0; row < table.rows; row++) {
    while (table.parts[part + 1] !== undefined && table.parts[part + 1]!.firstRow <= row) part++
    const first = firstOf(row)
    if (first === undefined) continue
    if (!witnesses.has(first)) witnesses.set(first, row)
    files[first].add(table.parts[part]!.file)
  }
  // Texts of rows that were left out before, such as bars of a ticker that was nobody's, decide nothing here.
  if (witnesses.size < 2) return undefined
  const disagree = table.parts.length > 1 && [...files.day].every((file) => !files.month.has(file))
  return {
    witnesses: [...witnesses.values()].sort((a, b) => a - b),
    firstOf,
    mending: disagree
      ? `the files disagree, the day comes first in ${named(files.day)} and the month in ${named(files.month)}: write the days of all as 2020-01-31`
      : `some days have the day first and others the month: write all as 2020-01-31 (${READ_FORMS})`,
  }
}

const named = (files: ReadonlySet<string>) => {
  const names = [...files]
  return `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`
}

/** What to do where the columns of one table, each clear by itself, disagree. */
export const COLUMNS_DISAGREE =
  'the day comes first in one of the columns of dates and the month in the other: write both as 2020-01-31'

/** Whether one column shows that the day comes first and the other that the month does. */
export const columnsDisagreeOnOrder = (one: ReadDates['order'], other: ReadDates['order']): boolean =>
  (one.dayFirst.length > 0 && other.monthFirst.length > 0) ||
  (one.monthFirst.length > 0 && other.dayFirst.length > 0)
