import { dataError } from '../base/errors.js'
import { alignField, alignGroup, sharedInts, usedLabels } from './align.js'
import { announcedColumns } from './announced-columns.js'
import { ignoredText } from './build-panel.js'
import { type CheckedRows, checkRows } from './checks.js'
import { AVAILABLE, columnsFlag } from './columns.js'
import type { BadRows, DataIssue, TableSummary } from './dataset.js'
import { holdsDay } from './date-forms.js'
import type { Extension, Grid } from './grid.js'
import { counted, firstOf, IssueList } from './issues.js'
import type { LongTable } from './long-table.js'
import { MENDING } from './mending.js'
import type { GroupField } from './panel.js'
import { RowProblems } from './side-table.js'

export interface JoinOptions {
  /** How the table is called in messages. */
  readonly source: string
  readonly onBadRows: BadRows
  readonly staleAfterDays: number | undefined
}

export interface JoinedTable extends Extension {
  readonly kind: TableSummary['kind']
  readonly used: number
}

/**
 * The columns of another table on the dates and symbols of the prices, which it does not add to:
 * - with a date, each value at its own date and symbol;
 * - with `available`, each value from the day on from which it is known (announced.ts);
 * - without a date, groups that hold on all days.
 * @throws AlphaloopError (data) for rows that cannot be used, and DATA_JOIN_NOTHING_MATCHES
 */
export function joinTable(table: LongTable, grid: Grid, options: JoinOptions): JoinedTable {
  if (table.undated) return joinGroups(table, grid, options)
  const announced = table.asText.has(AVAILABLE)
  const checked = checkRows(table, { ...options, revisions: announced, named: true })
  const matched = matchRows(table, checked, grid, announced, options.source)
  const issues = [...checked.issues, ...matched.issues]
  const ignored = [...table.texts].filter(([, column]) => column === undefined)
  for (const [name] of ignored) issues.push(ignoredText(name, options.source))
  if (announced) {
    const { fields, groups, issues: more } = announcedColumns(table, checked, grid, options)
    return { kind: 'announced', used: matched.used, fields, groups, issues: [...issues, ...more] }
  }
  const { cells } = matched
  const size = grid.dates.length * grid.symbols.length
  const fields = new Map<string, Float64Array>()
  for (const [name, values] of table.numbers) {
    const field = alignField(values, cells, size)
    for (const row of checked.lost.get(name) ?? []) if (cells[row]! >= 0) field[cells[row]!] = Number.NaN
    fields.set(name, field)
  }
  const groups = new Map<string, GroupField>()
  for (const [name, column] of table.texts) {
    if (!column) continue
    const group = alignGroup(column, cells, size)
    for (const row of checked.lost.get(name) ?? []) if (cells[row]! >= 0) group.codes[cells[row]!] = -1
    groups.set(name, group)
  }
  return { kind: 'daily', used: matched.used, fields, groups, issues }
}

/** Which rows have a place in the panel; of announcements any symbol of it will do. */
function matchRows(
  table: LongTable,
  { cells: own, dayOf, symbolOf, place }: CheckedRows,
  { dates, symbols }: Grid,
  announced: boolean,
  source: string,
) {
  const barOf = new Map(dates.map((date, t) => [date, t]))
  const columnOf = new Map(symbols.map((symbol, i) => [symbol, i]))
  const unmatched = new IssueList('JOIN_UNMATCHED')
  const cells = new Int32Array(table.rows).fill(-1)
  const strangers = new Set<string>()
  let used = 0
  let elsewhere = 0
  for (let row = 0; row < table.rows; row++) {
    if (own[row]! < 0) continue
    const i = columnOf.get(symbolOf(row)!)
    const t = announced ? 0 : barOf.get(dayOf(row)!)
    if (i === undefined || t === undefined) {
      if (i === undefined) strangers.add(symbolOf(row)!)
      else elsewhere++
      unmatched.add(() => place(row))
      continue
    }
    used++
    cells[row] = t * symbols.length + i
  }
  if (used === 0)
    throw dataError(
      'DATA_JOIN_NOTHING_MATCHES',
      `no row of ${source} has a ${announced ? 'symbol' : 'date and symbol'} of the prices: it has ${firstOf(table.symbols.texts)}, they have ${firstOf(symbols)}`,
      'write symbols in both as in the prices; a table without a symbol column is read as a wide one, with a column per symbol',
      { file: source, symbols: table.symbols.texts.slice(0, 3), prices: symbols.slice(0, 3) },
    )
  const why = [
    ...(strangers.size > 0 ? [`${counted(strangers.size, 'symbol')} without prices`] : []),
    ...(elsewhere > 0 ? [`${counted(elsewhere, 'row')} on days without a bar`] : []),
  ].join(', ')
  const issues = unmatched.issue(
    'warning',
    (n) => `${counted(n, 'row')} of ${source} ${n === 1 ? 'has' : 'have'} no place among the prices (${why})`,
    'they were left out',
  )
  return { cells, used, issues }
}

/** Groups that never change. Numbers are left out: one that never changes is one that is known too early. */
function joinGroups(table: LongTable, { dates, symbols }: Grid, { source }: JoinOptions): JoinedTable {
  // Numbers are left out below, so it does not matter how they are written.
  const problems = new RowProblems({ ...table, badCells: [] }, source)
  const rowOf = new Map<string, number>()
  const columns = [...table.texts].flatMap(([name, column]) => (column ? [[name, column] as const] : []))
  const repeated = new IssueList('DUPLICATE_EQUAL')
  for (let row = 0; row < table.rows; row++) {
    const symbol = table.symbols.texts[table.symbols.codes[row]!]
    if (symbol === undefined) {
      problems.add(row, 'the symbol is empty')
      continue
    }
    const first = rowOf.get(symbol)
    if (first === undefined) rowOf.set(symbol, row)
    else {
      const other = columns.find(([, { codes }]) => codes[first] !== codes[row])
      if (other) problems.add(row, `${other[0]} is another than in ${table.unit} ${table.lines[first]}`)
      else repeated.add(() => ({ symbol, date: null, line: table.lines[row]!, file: source }))
    }
  }
  const dated = dateColumns(table)
  const nameDates = dated.length === 0 ? undefined : datesFlag(dated)
  problems.refuse(
    'DATA_BAD_GROUPS',
    nameDates === undefined
      ? 'each symbol has one row; groups that change need a date column'
      : `no column is called date, so each symbol has one row; ${nameDates}`,
  )

  const rows = symbols.map((symbol) => rowOf.get(symbol) ?? -1)
  const used = rows.filter((row) => row >= 0).length
  const strangers = new IssueList('JOIN_UNMATCHED')
  const known = new Set(symbols)
  for (const [symbol, row] of rowOf)
    if (!known.has(symbol))
      strangers.add(() => ({ symbol, date: null, line: table.lines[row]!, file: source }))
  if (used === 0)
    throw dataError(
      'DATA_JOIN_NOTHING_MATCHES',
      `no row of ${source} has a symbol of the prices: it has ${firstOf([...rowOf.keys()])}, they have ${firstOf(symbols)}`,
      'write symbols in both as in the prices',
      { file: source },
    )
  const groups = new Map<string, GroupField>()
  for (const [name, column] of columns) {
    const isUsed = new Set(rows)
    const { labels, renamed } = usedLabels(column, (row) => isUsed.has(row))
    const codes = sharedInts(dates.length * symbols.length)
    const own = rows.map((row) => (row < 0 || column.codes[row]! < 0 ? -1 : renamed[column.codes[row]!]!))
    for (let cell = 0; cell < codes.length; cell++) codes[cell] = own[cell % symbols.length]!
    groups.set(name, { codes, labels })
  }
  const issues: DataIssue[] = [
    ...repeated.issue('warning', (n) => counted(n, 'row repeats another', 'rows repeat others')),
    ...strangers.issue(
      'warning',
      (n) => `${counted(n, 'symbol')} of ${source} ${n === 1 ? 'has' : 'have'} no prices`,
    ),
    ...[...table.texts].flatMap(([name, column]) => (column ? [] : [ignoredText(name, source)])),
    ...dated
      .filter((name) => table.texts.get(name) !== undefined)
      .map(
        (name): DataIssue => ({
          severity: 'warning',
          code: 'DATES_AS_GROUP',
          symbol: null,
          date: null,
          line: null,
          file: source,
          count: 1,
          message: `column '${name}' of ${source} holds dates and was read as a group: no column is called date`,
          hint: `right for dates that never change; ${nameDates}`,
          examples: [],
        }),
      ),
    ...[...table.numbers.keys()].map(
      (name): DataIssue => ({
        severity: 'warning',
        code: 'NUMBER_COLUMN_IGNORED',
        symbol: null,
        date: null,
        line: null,
        file: source,
        count: 1,
        message: `column '${name}' of ${source} is a number without a date and was left out`,
        hint: MENDING.NUMBER_COLUMN_IGNORED,
        examples: [],
      }),
    ),
  ]
  return { kind: 'groups', used, fields: new Map(), groups, issues }
}

/** Columns that hold dates, or, where their texts are too many to be kept, are called so. */
const dateColumns = (table: LongTable): string[] =>
  [...table.texts].flatMap(([name, column]) => {
    const holds =
      column === undefined ? /date|day|month|period/i.test(name) : column.texts.slice(0, 50).every(holdsDay)
    return holds && column?.texts.length !== 0 ? [name] : []
  })

const SAID = /announce|publi|release|report|filed|filing|available|known/i

/** How columns of dates are named for what they are: that of the period, and that of its announcement. */
function datesFlag(names: readonly string[]): string {
  const said = names.length > 1 ? names.find((name) => SAID.test(name)) : undefined
  const period = names.find((name) => name !== said)!
  const flag = columnsFlag({ date: period, ...(said === undefined ? {} : { available: said }) })
  return `if ${names.length === 1 ? `${period} is the date of a row` : `${names.join(' and ')} are the dates of a row`}, say so: ${flag}`
}

/** Refuses a name that two tables have: which of them is meant cannot be known. */
export function refuseCollisions(
  tables: readonly { readonly source: string; readonly names: readonly string[] }[],
): void {
  const owner = new Map<string, string>()
  for (const { source, names } of tables)
    for (const name of names) {
      const first = owner.get(name)
      if (first !== undefined)
        throw dataError(
          'DATA_FIELD_TWICE',
          `both ${first} and ${source} have a field '${name}'`,
          `rename it in one of them; tables that continue each other (years, symbols) belong in one folder, which is read as one table`,
          { field: name, files: [first, source] },
        )
      owner.set(name, source)
    }
}
