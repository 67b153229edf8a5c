import { dataError } from '../base/errors.js'
import { byCodeUnit } from './align.js'
import { AVAILABLE, PRICE_FIELDS } from './columns.js'
import type { BadRows, DataIssue, IssuePlace } from './dataset.js'
import { mendingOfDays } from './date-forms.js'
import { announcementDays, isSlashed, readDates, readDatesTogether, timeOfDay } from './dates.js'
import { COLUMNS_DISAGREE, columnsDisagreeOnOrder, findDayOrder } from './day-order.js'
import { AFTERWARDS, badNumbersText, badRowsError, counted, IssueList, shownText } from './issues.js'
import { fileOfRow, type LongTable } from './long-table.js'
import { INTRADAY, MENDING } from './mending.js'
import { mendingOfNumbers } from './written-numbers.js'

/** How many lines of each kind of error are shown. */
const SHOWN = 5
/** A panel much larger than its table is a mistaken column, not a sparse market. */
const MOST_CELLS = 400_000_000
const MOST_CELLS_PER_ROW = 200
/** Leaving the bad rows out is no advice where less than this share of all remains. */
const WORTH_KEEPING = 0.1

/** Rows that passed, and where each goes. */
export interface CheckedRows {
  readonly dates: readonly string[]
  readonly symbols: readonly string[]
  /** Per row the cell t·N + i; −1 for a row that is left out. */
  readonly cells: Int32Array
  /** Rows whose value in a column became missing although it is written, by column. */
  readonly lost: ReadonlyMap<string, readonly number[]>
  readonly dayOf: (row: number) => string | undefined
  readonly symbolOf: (row: number) => string | undefined
  /** The day from which a row's announced fields are known; undefined where it is not said. */
  readonly knownFrom: (row: number) => string | undefined
  readonly issues: readonly DataIssue[]
  readonly place: (row: number, detail?: string) => IssuePlace
}

/**
 * Judges the rows of a table, each by itself and against the others of its date and symbol:
 * 1. dates, symbols, numbers and prices are read (`BAD_DATE`, `SYMBOL_MISSING`, `BAD_NUMBER`, `BAD_ROW`,
 *    `PRICE_NOT_POSITIVE`),
 * 2. rows of one date and symbol are compared (`DUPLICATE_EQUAL`, `DUPLICATE_CONFLICT`),
 * 3. errors stop, or cost the row or the cell, as `onBadRows` says (a row without a readable date or symbol has no
 *    cell and always goes),
 * 4. what is left is numbered, dates and symbols ascending.
 * In a table of `revisions` rows of one date and symbol may differ if they became available on different days.
 */
export function checkRows(
  table: LongTable,
  options: {
    readonly onBadRows: BadRows
    readonly source: string
    readonly revisions?: boolean
    /** Places name their file although there is only one. */
    readonly named?: boolean
  },
): CheckedRows {
  const { rows } = table
  const policy = options.onBadRows
  const available = table.asText.get(AVAILABLE)
  const { days: ownDays, zones, ambiguous: unclear, order } = readDates(table.dates.texts)
  const [days = ownDays, known = []] = available
    ? readDatesTogether([table.dates.texts, available.texts])
    : []
  const columnsDisagree =
    available !== undefined && columnsDisagreeOnOrder(order, readDates(available.texts).order)
  const ambiguous = unclear || columnsDisagree
  const symbolTexts = table.symbols.texts

  const dateText = (row: number) => table.dates.texts[table.dates.codes[row]!]
  const dayOf = (row: number) => (table.dates.codes[row]! < 0 ? undefined : days[table.dates.codes[row]!])
  const symbolOf = (row: number) => symbolTexts[table.symbols.codes[row]!]
  const several = options.named || table.parts.length > 1
  const availableDays = available ? announcementDays(available.texts, known) : []
  const knownFrom = (row: number) => {
    const code = available?.codes[row] ?? -1
    return code < 0 ? undefined : availableDays[code]
  }
  const place = (row: number, detail?: string): IssuePlace => ({
    symbol: symbolOf(row) ?? null,
    date: dayOf(row) ?? null,
    line: table.lines[row]!,
    ...(several ? { file: fileOfRow(table, row) } : {}),
    ...(detail === undefined ? {} : { detail }),
  })

  const badDate = new IssueList('BAD_DATE', SHOWN)
  const noSymbol = new IssueList('SYMBOL_MISSING', SHOWN)
  const badNumber = new IssueList('BAD_NUMBER', SHOWN)
  const badRow = new IssueList('BAD_ROW', SHOWN)
  const notPositive = new IssueList('PRICE_NOT_POSITIVE', SHOWN)
  const conflict = new IssueList('DUPLICATE_CONFLICT', SHOWN)
  const equal = new IssueList('DUPLICATE_EQUAL')

  const keep = new Uint8Array(rows).fill(1)
  // Rows that would be left out if all with an error were, whatever the policy.
  const spoiled = new Uint8Array(rows)
  const spoil = (row: number) => {
    spoiled[row] = 1
    if (policy === 'drop') keep[row] = 0
  }
  const lost = new Map<string, number[]>()
  const lostRows: [column: string, row: number][] = []
  for (const { row, text } of table.badRows) {
    badRow.add(() => place(row, text))
    spoil(row)
  }
  for (const { row, column, text } of table.badCells) {
    badNumber.add(() => place(row, `${column} is '${shownText(text)}'`))
    spoil(row)
  }
  for (const name of PRICE_FIELDS) {
    const values = table.numbers.get(name)
    if (!values) continue
    for (let row = 0; row < rows; row++) {
      if (!(values[row]! <= 0)) continue
      notPositive.add(() => place(row, `${name} is ${values[row]}`))
      spoil(row)
      if (policy !== 'drop') lostRows.push([name, row])
    }
  }
  const byDay = new Map<string, number>()
  const dayIndex = days.map((day) => {
    if (day === undefined) return -1
    const known = byDay.get(day)
    if (known !== undefined) return known
    byDay.set(day, byDay.size)
    return byDay.size - 1
  })
  const dayOrder = findDayOrder(table, order)
  const dateShown = (row: number) => {
    const text = dateText(row)
    if (text === undefined) return 'the date is empty'
    const shown = `the date is '${shownText(text)}'`
    const first = dayOrder?.firstOf(row)
    if (first) return `${shown}: the ${first} comes first`
    return ambiguous && !dayOrder && isSlashed(text) ? `${shown}: day or month first?` : shown
  }
  const badDays = new Set<string>()
  // The rows that contradict each other stand first: the others only follow from them.
  for (const row of dayOrder?.witnesses ?? []) badDate.add(() => place(row, dateShown(row)))
  for (let row = 0; row < rows; row++) {
    if (table.dates.codes[row]! < 0 || dayIndex[table.dates.codes[row]!]! < 0) {
      if (!dayOrder?.witnesses.includes(row)) badDate.add(() => place(row, dateShown(row)))
      if (table.dates.codes[row]! >= 0) badDays.add(dateText(row)!)
      spoiled[row] = 1
      keep[row] = 0
    }
    if (available && available.codes[row]! >= 0 && knownFrom(row) === undefined) {
      const text = available.texts[available.codes[row]!]!
      badDate.add(() => place(row, `${AVAILABLE} is '${shownText(text)}'`))
      badDays.add(text)
      spoil(row)
      if (options.revisions) keep[row] = 0
    }
    if (table.symbols.codes[row]! < 0) {
      noSymbol.add(() => place(row, 'the symbol is empty'))
      spoiled[row] = 1
      keep[row] = 0
    }
  }

  const size = byDay.size * symbolTexts.length
  if (size > MOST_CELLS || (size > 50_000_000 && size > rows * MOST_CELLS_PER_ROW))
    throw dataError(
      'DATA_TOO_SPARSE',
      `${options.source} has ${counted(byDay.size, 'date')} and ${counted(symbolTexts.length, 'symbol')}, a panel of ${size} cells, but only ${counted(rows, 'row')}`,
      'the date or the symbol column is probably another one: --columns date=…,symbol=…',
      { dates: byDay.size, symbols: symbolTexts.length, rows },
    )
  const revisionOf =
    options.revisions && available ? revisionCodes(available.codes, availableDays) : undefined
  const owner = revisionOf ? new RevisionOwners() : new RowOwners(size)
  const conflicting = new Set<number>()
  let intraday = false
  const columns = [...table.numbers]
  const groups = [...table.texts].flatMap(([name, column]) => (column ? [[name, column.codes] as const] : []))
  const ownerCell = (row: number) =>
    dayIndex[table.dates.codes[row]!]! * symbolTexts.length +
    table.symbols.codes[row]! +
    (revisionOf ? revisionOf(row) * size : 0)
  const lostCells: [column: string, cell: number][] = []
  for (let row = 0; row < rows; row++) {
    if (!keep[row]) continue
    const cell = ownerCell(row)
    const first = owner.get(cell)
    if (first < 0) {
      owner.set(cell, row)
      continue
    }
    const differing = columns
      .filter(([, values]) => !Object.is(values[first], values[row]))
      .map(([name]) => name)
    const differingGroups = groups.filter(([, codes]) => codes[first] !== codes[row]).map(([name]) => name)
    keep[row] = 0
    if (differing.length + differingGroups.length === 0) {
      equal.add(() => place(row))
      continue
    }
    const name = differing[0]
    const values = name === undefined ? undefined : table.numbers.get(name)
    const seen =
      values === undefined
        ? differingGroups[0]
        : `${name} is ${shownNumber(values[first]!)} and ${shownNumber(values[row]!)}`
    conflict.add(() => place(row, `${seen} (the other is ${table.unit} ${table.lines[first]})`))
    const times = [timeOfDay(dateText(first)!), timeOfDay(dateText(row)!)]
    intraday ||=
      (times[0] !== times[1] && !times.includes(undefined)) ||
      [...differing, ...differingGroups].some((column) => column.toLowerCase() === 'time')
    conflicting.add(cell)
    spoiled[row] = 1
    for (const column of [...differing, ...differingGroups]) lostCells.push([column, cell])
  }
  for (const cell of conflicting) spoil(owner.get(cell))

  const after = AFTERWARDS[policy]
  const dated = after === undefined ? undefined : 'these rows were left out'
  const lists = [badDate, noSymbol, badRow, badNumber, conflict, notPositive]
  const issues = [
    ...badDate.issue(
      'error',
      (n) => counted(n, 'date cannot be read', 'dates cannot be read'),
      dated,
      dayOrder?.mending ?? (columnsDisagree ? COLUMNS_DISAGREE : mendingOfDays([...badDays])),
    ),
    ...noSymbol.issue('error', (n) => counted(n, 'row has no symbol', 'rows have no symbol'), dated),
    ...badRow.issue(
      'error',
      (n) =>
        counted(
          n,
          'row has another number of cells than the header',
          'rows have another number of cells than the header',
        ),
      after,
    ),
    ...badNumber.issue(
      'error',
      () =>
        badNumbersText(
          table.badCells.map(({ text }) => text),
          policy,
        ),
      after,
      mendingOfNumbers(table.badCells.map(({ text }) => text)),
    ),
    ...conflict.issue(
      'error',
      (n) =>
        counted(
          n,
          'row has the date and symbol of another and differs from it',
          'rows have the date and symbol of another and differ from it',
        ),
      after,
      intraday ? INTRADAY : undefined,
    ),
    ...notPositive.issue('error', (n) => counted(n, 'price is 0 or below', 'prices are 0 or below'), after),
    ...equal.issue(
      'warning',
      (n) => counted(n, 'row repeats another', 'rows repeat others'),
      'the repetitions were left out',
    ),
  ]
  const left = spoiled.reduce((n, gone) => n - gone, rows)
  const isRuined = left < rows * WORTH_KEEPING
  // Days of which none can be trusted are no rows to leave out: those that happen to be readable are a random few.
  if (
    issues.some(({ severity }) => severity === 'error') &&
    (policy === 'stop' || (isRuined && left > 0 && ambiguous && badDate.count > 0))
  )
    throw badRowsError(options.source, issues, lists, { isRuined })
  if (zones.length > 1)
    issues.push({
      severity: 'warning',
      code: 'MIXED_TIME_ZONES',
      symbol: null,
      date: null,
      line: null,
      count: zones.length,
      message: `times are given in ${zones.length} time zones (${zones.slice(0, 3).join(', ')}${zones.length > 3 ? ', …' : ''}); each bar has the day that is written`,
      hint: MENDING.MIXED_TIME_ZONES,
      examples: [],
    })

  const usedDays = new Set<number>()
  const usedSymbols = new Set<number>()
  for (let row = 0; row < rows; row++) {
    if (!keep[row]) continue
    usedDays.add(dayIndex[table.dates.codes[row]!]!)
    usedSymbols.add(table.symbols.codes[row]!)
  }
  const dayNames = [...byDay.keys()]
  const dates = [...usedDays].map((day) => dayNames[day]!).sort(byCodeUnit)
  const symbols = [...usedSymbols].map((code) => symbolTexts[code]!).sort(byCodeUnit)
  if (rows === 0)
    throw dataError(
      'DATA_NO_ROWS',
      `${options.source} has a header and no rows`,
      'fill it, or leave it out',
      {
        source: options.source,
        issues,
      },
    )
  if (dates.length === 0) throw badRowsError(options.source, issues, lists, { isRuined: true, usedUp: rows })
  const barOf = new Map(dates.map((day, t) => [day, t]))
  const bar = dayIndex.map((day) => (day < 0 ? -1 : (barOf.get(dayNames[day]!) ?? -1)))
  const rank = new Map(symbols.map((symbol, i) => [symbol, i]))
  const columnOf = symbolTexts.map((symbol) => rank.get(symbol) ?? -1)
  const width = symbols.length
  const cells = new Int32Array(rows)
  for (let row = 0; row < rows; row++)
    cells[row] = keep[row] ? bar[table.dates.codes[row]!]! * width + columnOf[table.symbols.codes[row]!]! : -1
  const lose = (column: string, row: number) => {
    if (cells[row]! < 0) return
    const list = lost.get(column)
    if (list) list.push(row)
    else lost.set(column, [row])
  }
  if (policy === 'missing') {
    for (const [column, row] of lostRows) lose(column, row)
    for (const [column, cell] of lostCells) lose(column, owner.get(cell))
  }
  return { dates, symbols, cells, lost, dayOf, symbolOf, knownFrom, issues, place }
}

const shownNumber = (value: number) => (Number.isNaN(value) ? 'empty' : String(value))

/** The first row of each cell: of a panel's, all of which are probably filled. */
class RowOwners {
  private readonly rows: Int32Array

  constructor(cells: number) {
    this.rows = new Int32Array(cells).fill(-1)
  }

  get(cell: number): number {
    return this.rows[cell]!
  }

  set(cell: number, row: number): void {
    this.rows[cell] = row
  }
}

/** The first row of each cell, where there are many more cells than rows. */
class RevisionOwners {
  private readonly rows = new Map<number, number>()

  get(cell: number): number {
    return this.rows.get(cell) ?? -1
  }

  set(cell: number, row: number): void {
    this.rows.set(cell, row)
  }
}

/** A number for each day of announcement; 0 where it is not said. */
function revisionCodes(codes: Int32Array, days: readonly (string | undefined)[]): (row: number) => number {
  const byDay = new Map<string | undefined, number>([[undefined, 0]])
  const revision = days.map((day) => {
    const code = byDay.get(day) ?? byDay.size
    byDay.set(day, code)
    return code
  })
  return (row) => (codes[row]! < 0 ? 0 : revision[codes[row]!]!)
}
