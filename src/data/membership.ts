import { dataError } from '../base/errors.js'
import { byCodeUnit, sharedFloats } from './align.js'
import { SYMBOL_NAMES } from './columns.js'
import type { DataIssue } from './dataset.js'
import type { Grid } from './grid.js'
import { counted, firstOf, IssueList } from './issues.js'
import type { LongTable } from './long-table.js'
import { barFrom, daysOf, RowProblems, textOf, type WantedColumn } from './side-table.js'

export const UNIVERSE_COLUMNS: readonly WantedColumn[] = [
  { role: 'symbol', name: 'symbol', names: SYMBOL_NAMES },
  { role: 'text', name: 'from', names: ['from', 'start', 'start_date', 'date_from', 'added'] },
  {
    role: 'text',
    name: 'to',
    names: ['to', 'until', 'end', 'end_date', 'date_to', 'removed'],
    optional: true,
  },
]

const HINT =
  'each row has a symbol, its first day as a member and its last, which is empty while it still is one'

/** Later than any bar, and a day that can be counted from. */
const OPEN_END = '9999-12-31'

/**
 * Who belonged to a universe when: 1 from the first day of a spell to its last, both included, and 0 on all others, for
 * every symbol of the panel. Spells that overlap are merged.
 * @throws AlphaloopError (data) DATA_BAD_UNIVERSE with the lines that cannot be used, and DATA_JOIN_NOTHING_MATCHES
 */
export function membership(
  table: LongTable,
  file: string,
  { dates, symbols }: Grid,
): { field: Float64Array; issues: DataIssue[]; used: number } {
  const problems = new RowProblems(table, file)
  const symbolOf = textOf(table, 'symbol')
  const toText = textOf(table, 'to')
  const fromText = textOf(table, 'from')
  const [fromOf, toOf] = daysOf(table, ['from', 'to'], problems)
  const spells: { row: number; symbol: string; from: string; to: string }[] = []
  for (let row = 0; row < table.rows; row++) {
    const [symbol, from] = [symbolOf(row), fromOf(row)]
    const to = toText(row) === undefined ? OPEN_END : toOf(row)
    if (symbol === undefined) problems.add(row, 'the symbol is empty')
    else if (fromText(row) === undefined) problems.add(row, 'from is empty')
    else if (from === undefined || to === undefined) continue
    else if (from > to) problems.add(row, `from ${from} lies after to ${to}`)
    else spells.push({ row, symbol, from, to })
  }
  problems.refuse('DATA_BAD_UNIVERSE', HINT)
  spells.sort((a, b) => byCodeUnit(a.symbol, b.symbol) || byCodeUnit(a.from, b.from) || a.row - b.row)

  const width = symbols.length
  const columnOf = new Map(symbols.map((symbol, i) => [symbol, i]))
  const field = sharedFloats(dates.length * width).fill(0)
  const overlaps = new IssueList('UNIVERSE_OVERLAP')
  const unknown = new Map<string, number>()
  let used = 0
  let last: { symbol: string; to: string } | undefined
  for (const { row, symbol, from, to } of spells) {
    const isSame = last?.symbol === symbol
    if (isSame && from <= last!.to)
      overlaps.add(() => ({ symbol, date: from, line: table.lines[row]!, file }))
    last = { symbol, to: isSame && last!.to > to ? last!.to : to }
    const i = columnOf.get(symbol)
    if (i === undefined) {
      unknown.set(symbol, unknown.get(symbol) ?? row)
      continue
    }
    used++
    for (let t = barFrom(dates, from); t < dates.length && dates[t]! <= to; t++) field[t * width + i] = 1
  }
  if (used === 0 && spells.length > 0)
    throw dataError(
      'DATA_JOIN_NOTHING_MATCHES',
      `no member of ${file} has prices: it has ${firstOf([...unknown.keys()])}, the prices have ${firstOf(symbols)}`,
      'write symbols in both as in the prices',
      { file, symbols: [...unknown.keys()].slice(0, 3), prices: symbols.slice(0, 3) },
    )
  const strangers = new IssueList('UNIVERSE_UNKNOWN')
  for (const [symbol, row] of unknown)
    strangers.add(() => ({ symbol, date: null, line: table.lines[row]!, file }))
  return {
    field,
    used,
    issues: [
      ...overlaps.issue('warning', (n) =>
        counted(n, 'spell of membership overlaps another', 'spells of membership overlap others'),
      ),
      ...strangers.issue('warning', (n) => counted(n, 'member has no prices', 'members have no prices')),
    ],
  }
}
