import { dataError } from '../base/errors.js'
import { nearest } from '../base/nearest.js'
import { singleLine } from '../base/printable.js'
import { holdsDay } from './date-forms.js'

const DATE_NAMES = ['date', 'datetime', 'timestamp', 'time']
/** What the date of a table of reports may be called as well. */
const PERIOD_NAMES = ['period', 'periodend', 'perioddate']
const AVAILABLE_NAMES = ['available', 'availabledate', 'announcementdate']
/** `name` comes last: beside a ticker or a code it is the company's name. */
export const SYMBOL_NAMES = ['symbol', 'ticker', 'stockid', 'code', 'name']
/** The column of the days from which values are known. */
export const AVAILABLE = 'available'
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

/**
 * `field`: numbers, or texts with few values. `group`: names of groups, whatever they look like. `text`: a column that
 * is kept as it is written, under its name (`available`, `from`, `ticker` …).
 */
export interface ColumnRole {
  readonly role: 'date' | 'symbol' | 'field' | 'group' | 'text' | 'ignored'
  readonly name: string
}

/** The names that somebody gave to the columns of their tables. */
export interface ColumnNames {
  /** From role or field to the name of the column. */
  readonly mapping: Readonly<Record<string, string>>
  /** Columns that are groups although they look like numbers. */
  readonly groups?: readonly string[]
  /** Of another table than that of the prices: it needs no close, and no date where it is about symbols. */
  readonly joined?: boolean
}

export const plain = (name: string) => name.toLowerCase().replace(/[\s_-]+/g, '')

/** Column names as they stand in a message. */
export const quotedNames = (names: readonly string[]) =>
  names.map((name) => (name === '' ? UNNAMED : singleLine(name))).join(', ')

/** How a column without a name is called, in messages and by whoever names columns. */
export const UNNAMED = '(unnamed)'

const LONG_TABLE =
  'a long table has one row per date and symbol, with a header like date,symbol,open,high,low,close,volume'

/**
 * Where a column stands in a header, in its own spelling or another of case, spaces, `_` and `-`; `(unnamed)` is the
 * first without a name. −1 for nowhere.
 */
export function columnAt(header: readonly string[], column: string): number {
  const at = header.indexOf(column === UNNAMED && !header.includes(UNNAMED) ? '' : column)
  return at >= 0 ? at : header.findIndex((name) => plain(name) === plain(column))
}

/**
 * Says what each column of a long table is, by its name (case, spaces, `_` and `-` do not count) or by the names
 * given. A table of prices without a symbol column is one series. Where no column is called a date, a first one without
 * a name is it, if it holds one in `firstRow`: pandas writes its index so. `file` stands in messages.
 */
export function resolveColumns(
  header: readonly string[],
  { mapping, groups = [], joined = false }: ColumnNames,
  file: string,
  firstRow: readonly string[] = [],
): ColumnRole[] {
  const roles: (ColumnRole | undefined)[] = header.map(() => undefined)
  const details = { file, columns: header }
  for (const [target, column] of Object.entries(mapping)) {
    const at = columnAt(header, column)
    if (at < 0) {
      const meant = nearest(column, header)
      throw dataError(
        'DATA_NO_SUCH_COLUMN',
        `${file} has no column '${column}', which was to be the ${target}; its columns are ${quotedNames(header)}`,
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
    const role =
      key === 'date' || key === 'symbol'
        ? key
        : key === AVAILABLE
          ? 'text'
          : groups.some((group) => columnAt(header, group) === at || group === target)
            ? 'group'
            : 'field'
    roles[at] = { role, name: role === 'field' || role === 'group' ? (FIELD_NAMES[key] ?? target) : key }
  }
  const claim = (role: 'date' | 'symbol' | 'text', name: string, names: readonly string[]) => {
    if (roles.some((known) => known?.name === name)) return
    for (const candidate of names) {
      const at = header.findIndex((column, i) => !roles[i] && plain(column) === candidate)
      if (at >= 0) {
        roles[at] = { role, name }
        return
      }
    }
  }
  claim('date', 'date', joined ? [...DATE_NAMES, ...PERIOD_NAMES] : DATE_NAMES)
  const isNamed = roles.some((known) => known?.role === 'date')
  if (!isNamed && !roles[0] && /^(unnamed: 0)?$/i.test(header[0] ?? '') && holdsDay(firstRow[0] ?? ''))
    roles[0] = { role: 'date', name: 'date' }
  claim('symbol', 'symbol', SYMBOL_NAMES)
  claim('text', AVAILABLE, AVAILABLE_NAMES)
  const resolved = header.map((column, i): ColumnRole => {
    const known = roles[i]
    if (known) return known
    if (column === '') return { role: 'ignored', name: '' }
    const canonical = FIELD_NAMES[plain(column)]
    const taken = canonical !== undefined && roles.some((role) => role?.name === canonical)
    // A column that was named for a field replaces the one that is called like it.
    if (taken) return { role: 'ignored', name: '' }
    const isGroup = groups.some((group) => columnAt(header, group) === i)
    return { role: isGroup ? 'group' : 'field', name: canonical ?? column }
  })
  if (joined) refuseJoined(header, resolved, file)
  else refuse(header, resolved, file, firstRow)
  if (isWide(resolved)) refuseFieldsOfSymbols(resolved, file)
  return resolved
}

/** Tables that cannot be a panel, each with what would mend it. */
function refuse(
  header: readonly string[],
  roles: readonly ColumnRole[],
  file: string,
  firstRow: readonly string[],
): void {
  const details = { file, columns: header }
  const fields = refuseTwice(header, roles, file)
  if (!roles.some(({ role }) => role === 'date')) {
    const data = header.some((name) => /^\d{4}-?\d\d-?\d\d/.test(name) || /^\d+\.\d+$/.test(name))
    throw dataError(
      'DATA_NO_DATE_COLUMN',
      data
        ? `${file} has no header: its first line is '${singleLine(header.join(','))}', which looks like data`
        : `${file} has no date column; its columns are ${quotedNames(header)}`,
      data
        ? `put the column names in the first line; ${LONG_TABLE}`
        : `call it date, datetime, timestamp or time, or say which it is: ${columnsFlag({ date: likelyDate(header, firstRow) })}`,
      details,
    )
  }
  if (fields.includes('close')) return
  if (isWide(roles)) return
  throw dataError(
    'DATA_NO_CLOSE_COLUMN',
    `${file} has no close column; its columns are ${quotedNames(header)}`,
    `every panel needs a close; say which column it is: --columns close=${fields.find((name) => /close|last|price|settle/i.test(name)) ?? fields[0] ?? 'Last'}`,
    details,
  )
}

/** The column that holds a date in the first row, or some other name to start from. */
function likelyDate(header: readonly string[], firstRow: readonly string[]): string {
  const at = header.findIndex((_, i) => holdsDay(firstRow[i] ?? ''))
  if (at >= 0) return header[at] || UNNAMED
  return header.find((name) => name !== '') ?? 'Day'
}

/** The flag that names columns, as a shell takes it. */
export function columnsFlag(mapping: Readonly<Record<string, string>>): string {
  const value = Object.entries(mapping)
    .map(([role, column]) => `${role}=${column}`)
    .join(',')
  return `--columns ${/^[\p{L}\p{N}_.=,-]+$/u.test(value) ? value : `'${value}'`}`
}

const FIELD_OF_SYMBOL =
  /^(?:(.+?)[\s_.:|/-]+(adj[\s_-]?close|open|high|low|close|volume)|(adj[\s_-]?close|open|high|low|close|volume)[\s_.:|/-]+(.+))$/i

/** A wide table has one field. @throws AlphaloopError (data) DATA_WIDE_FIELDS for columns such as `A close,A open` */
function refuseFieldsOfSymbols(roles: readonly ColumnRole[], file: string): void {
  const first = new Map<string, { column: string; field: string }>()
  for (const { role, name: column } of roles) {
    const match = role === 'field' ? FIELD_OF_SYMBOL.exec(column) : null
    if (!match) continue
    const symbol = (match[1] ?? match[4])!.trim()
    const field = plain((match[2] ?? match[3])!)
    const other = first.get(symbol)
    if (other === undefined) first.set(symbol, { column, field })
    else if (other.field !== field)
      throw dataError(
        'DATA_WIDE_FIELDS',
        `${file} has a column for each symbol and field ('${other.column}', '${column}'), which would make a symbol of each`,
        `give a folder with one wide table per field (close.csv, open.csv, …) whose columns are the symbols, or a long table: ${LONG_TABLE}`,
        { file, columns: [other.column, column] },
      )
  }
}

/** The names of the fields and groups; two columns cannot be one of them. */
function refuseTwice(header: readonly string[], roles: readonly ColumnRole[], file: string): string[] {
  const fields = roles.filter(isValue).map(({ name }) => name)
  const twice = fields.find((name, i) => fields.indexOf(name) !== i)
  if (twice === undefined) return fields
  throw dataError(
    'DATA_COLUMN_TWICE',
    `${file} has two columns for '${twice}'; its columns are ${quotedNames(header)}`,
    `say which one it is: --columns ${twice}=…, or rename the other`,
    { file, columns: header },
  )
}

/** Tables that cannot stand beside one of prices. */
function refuseJoined(header: readonly string[], roles: readonly ColumnRole[], file: string): void {
  const details = { file, columns: header }
  const fields = refuseTwice(header, roles, file)
  const has = (name: string) => roles.some((role) => role.name === name && !isValue(role))
  if (!has('symbol') && !isWide(roles))
    throw dataError(
      'DATA_JOIN_NO_SYMBOL',
      `${file} is to be joined to the prices and has no symbol column; its columns are ${quotedNames(header)}`,
      'a joined table has a date and a symbol (fields that change) or a symbol alone (groups); --columns symbol=… names the column',
      details,
    )
  if (has(AVAILABLE) && !has('date'))
    throw dataError(
      'DATA_NO_DATE_COLUMN',
      `${file} has an announcement date column and no date for the period that is reported; its columns are ${quotedNames(header)}`,
      'call it date or period, or say which it is: --columns date=…',
      details,
    )
  if (fields.length === 0)
    throw dataError(
      'DATA_JOIN_NO_FIELDS',
      `${file} is to be joined to the prices and has no field; its columns are ${quotedNames(header)}`,
      'leave it out, or add the columns that it is to bring',
      details,
    )
}

const isValue = ({ role }: ColumnRole) => role === 'field' || role === 'group'

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
    roles.some(({ role }) => role === 'date') &&
    !roles.some(({ role }) => role === 'symbol' || role === 'group' || role === 'text') &&
    !fields.some(({ name }) => FIELD_NAMES[plain(name)] !== undefined || NO_SYMBOL.test(plain(name)))
  )
}

/** The field that a name means: the canonical one, or the name itself. */
export const fieldNameOf = (name: string): string => FIELD_NAMES[plain(name)] ?? name
