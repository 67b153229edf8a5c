import { byCodeUnit } from './align.js'
import type { DataIssue } from './dataset.js'
import { daysAfter, readDates } from './dates.js'
import { counted, IssueList } from './issues.js'
import { type CodedColumn, fileOfRow, type LongTable, selectRows } from './long-table.js'
import { daysOf, RowProblems, textOf, type WantedColumn } from './side-table.js'

export const RENAME_COLUMNS: readonly WantedColumn[] = [
  { role: 'symbol', name: 'symbol', names: ['file', 'entity', 'symbol', 'id', 'permno', 'name'] },
  { role: 'date', name: 'date', names: ['date', 'until', 'to'] },
  { role: 'text', name: 'ticker', names: ['ticker', 'mapped_symbol'] },
  { role: 'text', name: 'from', names: ['from', 'start'], optional: true },
]

const HINT =
  'each row has a company (file), a day and the ticker that it had up to and including that day; its first row is its first day; or give from and to'

/** A ticker that a company had, from the first day to the last, both included. */
interface Spell {
  readonly row: number
  readonly entity: string
  readonly ticker: string
  readonly from: string
  readonly to: string
}

/**
 * Which company a ticker stood for, day by day. In the table of a company each row is the last day of a ticker, and
 * the first row also the first day of the company; where there is a column `from`, each row is a spell by itself.
 */
export class Renames {
  readonly file: string
  readonly rows: number
  private readonly byTicker = new Map<string, Spell[]>()
  private readonly entities = new Set<string>()

  /** @throws AlphaloopError (data) DATA_BAD_RENAMES with the lines that cannot be used */
  constructor(table: LongTable, file: string) {
    this.file = file
    this.rows = table.rows
    const problems = new RowProblems(table, file)
    const spells = spellsOf(table, problems)
    problems.refuse('DATA_BAD_RENAMES', HINT)
    for (const spell of spells) {
      this.entities.add(spell.entity)
      const known = this.byTicker.get(spell.ticker)
      if (known) known.push(spell)
      else this.byTicker.set(spell.ticker, [spell])
    }
    for (const list of this.byTicker.values()) {
      list.sort((a, b) => byCodeUnit(a.from, b.from) || byCodeUnit(a.to, b.to))
      let latest: Spell | undefined
      for (const spell of list) {
        if (latest !== undefined && latest.entity !== spell.entity && spell.from <= latest.to)
          problems.add(
            spell.row,
            `${spell.ticker} is ${latest.entity} until ${latest.to} and ${spell.entity} from ${spell.from}`,
          )
        if (latest === undefined || spell.to > latest.to) latest = spell
      }
    }
    problems.refuse('DATA_BAD_RENAMES', 'a ticker is one company at a time: mend the days')
  }

  /** How many spells are of these companies. */
  used(symbols: readonly string[]): number {
    const known = new Set(symbols)
    return [...this.byTicker.values()].flat().filter(({ entity }) => known.has(entity)).length
  }

  /**
   * The bars under the names of their companies. Bars of a known ticker on days when it was nobody's are left out;
   * bars of tickers that the table does not know stay as they are.
   */
  on(table: LongTable): { table: LongTable; issues: DataIssue[] } {
    const { days } = readDates(table.dates.texts)
    const names: string[] = []
    const codeOf = new Map<string, number>()
    const coded = (name: string) => {
      const code = codeOf.get(name) ?? names.push(name) - 1
      codeOf.set(name, code)
      return code
    }
    const unclaimed = new Map<string, { first: number; bars: number }>()
    const unknown = new Set<string>()
    const codes = new Int32Array(table.rows).fill(-1)
    const keep = new Uint8Array(table.rows).fill(1)
    for (let row = 0; row < table.rows; row++) {
      const ticker = table.symbols.texts[table.symbols.codes[row]!]
      const day = table.dates.codes[row]! < 0 ? undefined : days[table.dates.codes[row]!]
      if (ticker === undefined) continue
      const spells = this.byTicker.get(ticker)
      if (spells === undefined && !this.entities.has(ticker)) unknown.add(ticker)
      // A row without a day is an error that the checks tell.
      if (day === undefined || (spells === undefined && !this.entities.has(ticker))) {
        codes[row] = coded(ticker)
        continue
      }
      const spell = spells?.find(({ from, to }) => from <= day && day <= to)
      if (spell !== undefined) {
        codes[row] = coded(spell.entity)
        continue
      }
      keep[row] = 0
      const count = unclaimed.get(ticker)
      unclaimed.set(ticker, { first: count?.first ?? row, bars: (count?.bars ?? 0) + 1 })
    }
    const symbols: CodedColumn = { texts: names, codes }
    return {
      table: selectRows(table, (row) => keep[row] === 1, symbols),
      issues: [...this.unclaimedIssue(table, unclaimed), ...this.unknownIssue(unknown)],
    }
  }

  private unclaimedIssue(
    table: LongTable,
    unclaimed: ReadonlyMap<string, { readonly first: number; readonly bars: number }>,
  ): DataIssue[] {
    const list = new IssueList('TICKER_UNCLAIMED')
    let total = 0
    for (const [ticker, { first, bars }] of unclaimed) {
      total += bars
      list.add(() => ({
        symbol: ticker,
        date: null,
        line: table.lines[first]!,
        ...(table.parts.length > 1 ? { file: fileOfRow(table, first) } : {}),
        detail: counted(bars, 'bar'),
      }))
    }
    return list.issue(
      'warning',
      (n) =>
        `${counted(total, 'bar')} of ${counted(n, 'ticker')} on days when ${this.file} gives the ticker to nobody`,
      'these bars were left out',
    )
  }

  private unknownIssue(unknown: ReadonlySet<string>): DataIssue[] {
    const list = new IssueList('TICKER_UNKNOWN')
    for (const symbol of unknown) list.add(() => ({ symbol, date: null, line: null }))
    return list.issue(
      'warning',
      (n) => `${counted(n, 'ticker is', 'tickers are')} not in ${this.file}`,
      'their bars keep their names',
    )
  }
}

function spellsOf(table: LongTable, problems: RowProblems): Spell[] {
  const entityOf = textOf(table, 'symbol')
  const tickerOf = textOf(table, 'ticker')
  const toText = textOf(table, 'date')
  const fromText = textOf(table, 'from')
  const [toOf, fromOf] = daysOf(table, ['date', 'from'], problems)
  const withFrom = table.asText.has('from')
  const rows: { row: number; entity: string; ticker: string; to: string; from: string | undefined }[] = []
  for (let row = 0; row < table.rows; row++) {
    const [entity, ticker] = [entityOf(row), tickerOf(row)]
    const isOpen = toText(row) === undefined
    const to = isOpen && withFrom ? '9999-12-31' : toOf(row)
    const from = fromOf(row)
    if (entity === undefined) problems.add(row, 'the company is empty')
    else if (ticker === undefined) problems.add(row, 'the ticker is empty')
    else if (isOpen && !withFrom) problems.add(row, 'the date is empty')
    else if (withFrom && fromText(row) === undefined) problems.add(row, 'from is empty')
    else if (from !== undefined && to !== undefined && from > to)
      problems.add(row, `from ${from} lies after ${to}`)
    else if (to !== undefined) rows.push({ row, entity, ticker, to, from })
  }
  const lastOf = new Map<string, string>()
  return rows
    .toSorted((a, b) => byCodeUnit(a.to, b.to) || a.row - b.row)
    .flatMap(({ row, entity, ticker, to, from }) => {
      const before = lastOf.get(entity)
      lastOf.set(entity, to)
      // Two rows of one day say the same thing twice.
      if (!withFrom && before === to) return []
      return [{ row, entity, ticker, to, from: from ?? (before === undefined ? to : daysAfter(before, 1)) }]
    })
}
