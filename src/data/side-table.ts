import { dataError } from '../base/errors.js'
import { type ColumnRole, columnAt, quotedNames } from './columns.js'
import { mendingOfDay } from './date-forms.js'
import { readDatesTogether } from './dates.js'
import { counted, shownText } from './issues.js'
import { fileOfRow, type LongTable } from './long-table.js'

/** A column that a table of dates and names must or may have. */
export interface WantedColumn {
  readonly role: 'date' | 'symbol' | 'text' | 'field'
  readonly name: string
  /** What it may be called in the file; the first is how it is asked for. */
  readonly names: readonly string[]
  readonly optional?: boolean
}

/** What the columns of a table of memberships, factors or tickers are; others are not read. */
export function resolveSide(
  header: readonly string[],
  wanted: readonly WantedColumn[],
  file: string,
  what: string,
): ColumnRole[] {
  const roles: ColumnRole[] = header.map(() => ({ role: 'ignored', name: '' }))
  for (const { role, name, names, optional } of wanted) {
    const at = names
      .map((candidate) => columnAt(header, candidate))
      .find((found) => found >= 0 && roles[found]!.role === 'ignored')
    if (at !== undefined) roles[at] = { role, name }
    else if (!optional)
      throw dataError(
        'DATA_NO_SUCH_COLUMN',
        `${file} is to be ${what} and has no column '${names[0]}'; its columns are ${quotedNames(header)}`,
        `its header is ${wanted.map(({ names: [first] }) => first).join(',')}`,
        { file, columns: header },
      )
  }
  return roles
}

const SHOWN = 5

/** Collects the rows of a table that cannot be used, and refuses it with the first of each. */
export class RowProblems {
  private count = 0
  private readonly places: string[] = []
  private first: number | null = null
  private readonly table: LongTable
  private readonly file: string

  constructor(table: LongTable, file: string) {
    this.table = table
    this.file = file
    for (const { row, text } of table.badRows) this.add(row, text)
    for (const { row, column, text } of table.badCells) this.add(row, `${column} is '${shownText(text)}'`)
  }

  add(row: number, text: string): void {
    const line = this.table.lines[row]!
    if (this.count++ === 0) this.first = line
    const symbol = this.table.symbols.texts[this.table.symbols.codes[row]!]
    const part = this.table.parts.length > 1 ? `${fileOfRow(this.table, row)} ` : ''
    if (this.places.length < SHOWN)
      this.places.push(
        `  ${part}${this.table.unit} ${line}${symbol === undefined ? '' : `: ${symbol}`} – ${text}`,
      )
  }

  /** @throws AlphaloopError (data) `code`, where a row was added */
  refuse(code: string, hint: string): void {
    if (this.count === 0) return
    const more = this.count > this.places.length ? [`  … and ${this.count - this.places.length} more`] : []
    throw dataError(
      code,
      `${this.file} has ${counted(this.count, 'row')} that cannot be used:\n${[...this.places, ...more].join('\n')}`,
      hint,
      { file: this.file, line: this.first, rows: this.count },
    )
  }
}

/** The texts of a column row by row; undefined where a cell is empty or the column is not there. */
export function textOf(table: LongTable, name: string): (row: number) => string | undefined {
  const column = name === 'symbol' ? table.symbols : name === 'date' ? table.dates : table.asText.get(name)
  return (row) => (column === undefined ? undefined : column.texts[column.codes[row]!])
}

/**
 * The days of columns row by row; undefined where a cell is empty. What is no day is added to the problems. Whether
 * months or days come first is decided by all of them together.
 */
export function daysOf<const Names extends readonly string[]>(
  table: LongTable,
  names: Names,
  problems: RowProblems,
): { [Key in keyof Names]: (row: number) => string | undefined } {
  const columns = names.map((name) => (name === 'date' ? table.dates : table.asText.get(name)))
  const all = readDatesTogether(columns.map((column) => column?.texts ?? []))
  return columns.map((column, k) => {
    if (column === undefined) return () => undefined
    const days = all[k]!
    for (let row = 0; row < table.rows; row++) {
      const code = column.codes[row]!
      if (code < 0 || days[code] !== undefined) continue
      const known = mendingOfDay(column.texts[code]!)
      problems.add(row, `${names[k]} ${known ?? `is '${shownText(column.texts[code]!)}'`}`)
    }
    return (row: number) => days[column.codes[row]!]
  }) as never
}

/** The first bar on or after a day. */
export function barFrom(dates: readonly string[], day: string): number {
  let low = 0
  let high = dates.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (dates[middle]! < day) low = middle + 1
    else high = middle
  }
  return low
}
