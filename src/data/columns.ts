import { dataError } from '../base/errors.js'
import { nearest } from '../base/nearest.js'

const DATE_NAMES = ['date', 'datetime', 'timestamp', 'time']
/** `name` comes last: beside a ticker or a code it is the company's name. */
const SYMBOL_NAMES = ['symbol', 'ticker', 'stockid', 'code', 'name']
const FIELD_NAMES: Readonly<Record<string, string>> = {
  open: 'open',
  high: 'high',
  low: 'low',
  close: 'close',
  volume: 'volume',
  vol: 'volume',
  adjclose: 'adj_close',
  adjustedclose: 'adj_close',
  closeadj: 'adj_close',
}

export const PRICE_FIELDS = ['open', 'high', 'low', 'close', 'adj_close'] as const
/** Columns that must be numbers, so that a text in them is an error. */
export const NUMBER_FIELDS = [...PRICE_FIELDS, 'volume'] as const

export interface ColumnRole {
  readonly role: 'date' | 'symbol' | 'field' | 'ignored'
  readonly name: string
}

const plain = (name: string) => name.toLowerCase().replace(/[\s_-]+/g, '')

const quoted = (names: readonly string[]) =>
  names.map((name) => (name === '' ? '(unnamed)' : name)).join(', ')

const LONG_TABLE =
  'a long table has one row per date and symbol, with a header like date,symbol,open,high,low,close,volume'

/**
 * Says what each column of a long table is, by its name (case, spaces, `_` and `-` do not count) or by `mapping` from
 * role or field to column name. A table without a symbol column is one series. `file` stands in messages.
 */
export function resolveColumns(
  header: readonly string[],
  mapping: Readonly<Record<string, string>>,
  file: string,
): ColumnRole[] {
  const roles: (ColumnRole | undefined)[] = header.map(() => undefined)
  const details = { file, columns: header }
  for (const [target, column] of Object.entries(mapping)) {
    let at = header.indexOf(column)
    if (at < 0) at = header.findIndex((name) => plain(name) === plain(column))
    if (at < 0) {
      const meant = nearest(column, header)
      throw dataError(
        'DATA_NO_SUCH_COLUMN',
        `${file} has no column '${column}', which was to be the ${target}; its columns are ${quoted(header)}`,
        meant ? `did you mean ${target}=${meant}?` : `name one of its columns: --columns ${target}=…`,
        details,
      )
    }
    const before = roles[at]
    if (before)
      throw dataError(
        'DATA_COLUMN_TWICE',
        `column '${header[at]}' of ${file} was named both as ${before.name} and as ${target}`,
        'give each column one meaning',
        details,
      )
    const key = plain(target)
    const role = key === 'date' ? 'date' : key === 'symbol' ? 'symbol' : 'field'
    roles[at] = { role, name: role === 'field' ? (FIELD_NAMES[key] ?? target) : role }
  }
  const claim = (role: 'date' | 'symbol', names: readonly string[]) => {
    if (roles.some((known) => known?.role === role)) return
    for (const name of names) {
      const at = header.findIndex((column, i) => !roles[i] && plain(column) === name)
      if (at >= 0) {
        roles[at] = { role, name: role }
        return
      }
    }
  }
  claim('date', DATE_NAMES)
  claim('symbol', SYMBOL_NAMES)
  const resolved = header.map((column, i): ColumnRole => {
    const known = roles[i]
    if (known) return known
    if (column === '') return { role: 'ignored', name: '' }
    const canonical = FIELD_NAMES[plain(column)]
    const taken = canonical !== undefined && roles.some((role) => role?.name === canonical)
    // A column that was named for a field replaces the one that is called like it.
    return taken ? { role: 'ignored', name: '' } : { role: 'field', name: canonical ?? column }
  })
  refuse(header, resolved, file)
  return resolved
}

/** Tables that cannot be a panel, each with what would mend it. */
function refuse(header: readonly string[], roles: readonly ColumnRole[], file: string): void {
  const details = { file, columns: header }
  const fields = roles.filter(({ role }) => role === 'field').map(({ name }) => name)
  if (!roles.some(({ role }) => role === 'date')) {
    const data = header.some((name) => /^\d{4}-?\d\d-?\d\d/.test(name) || /^\d+\.\d+$/.test(name))
    throw dataError(
      'DATA_NO_DATE_COLUMN',
      data
        ? `${file} has no header: its first line is '${header.join(',')}', which looks like data`
        : `${file} has no date column; its columns are ${quoted(header)}`,
      data
        ? `put the column names in the first line; ${LONG_TABLE}`
        : `call it date, datetime, timestamp or time, or say which it is: --columns date=${header.find((name) => name !== '') ?? 'Day'}`,
      details,
    )
  }
  const twice = fields.find((name, i) => fields.indexOf(name) !== i)
  if (twice !== undefined)
    throw dataError(
      'DATA_COLUMN_TWICE',
      `${file} has two columns for '${twice}'; its columns are ${quoted(header)}`,
      `say which one it is: --columns ${twice}=…, or rename the other`,
      details,
    )
  const announced = header.find((name) => plain(name) === 'available')
  if (announced !== undefined)
    throw dataError(
      'DATA_AVAILABLE_COLUMN',
      `${file} has an announcement date column '${announced}', which is not read yet: its fields would be known too early`,
      'shift the fundamental fields to the dates from which they were known, and leave the column out',
      details,
    )
  if (fields.includes('close')) return
  if (isWide(roles)) return
  throw dataError(
    'DATA_NO_CLOSE_COLUMN',
    `${file} has no close column; its columns are ${quoted(header)}`,
    `every panel needs a close; say which column it is: --columns close=${fields.find((name) => /close|last|price|settle/i.test(name)) ?? fields[0] ?? 'Last'}`,
    details,
  )
}

/** Names that a series of its own gives to a price, and nobody to a symbol. */
const NO_SYMBOL =
  /^(last|price|value|settle(ment)?|bid|ask|mid|nav|vwap|ret(urns?)?|turnover|amount|revenue\w*|openinterest)$/

/**
 * Whether the columns are those of a wide table: a date, no symbol, no close, and nothing that is called like a
 * field. Its other columns are symbols then.
 */
export function isWide(roles: readonly ColumnRole[]): boolean {
  const fields = roles.filter(({ role }) => role === 'field')
  return (
    fields.length > 0 &&
    !roles.some(({ role }) => role === 'symbol') &&
    !fields.some(({ name }) => FIELD_NAMES[plain(name)] !== undefined || NO_SYMBOL.test(plain(name)))
  )
}

/** The field that a name means: the canonical one, or the name itself. */
export const fieldNameOf = (name: string): string => FIELD_NAMES[plain(name)] ?? name
