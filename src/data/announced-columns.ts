import { usedLabels } from './align.js'
import { type Announcement, AnnouncementPlan } from './announced.js'
import type { CheckedRows } from './checks.js'
import type { Extension, Grid } from './grid.js'
import { counted, IssueList } from './issues.js'
import type { LongTable } from './long-table.js'
import type { GroupField } from './panel.js'

/**
 * The announced columns of a checked table, each value from the day on from which it is known; see announced.ts.
 * Numbers of rows that do not say when they became known are left out. In a table of prices, where dates are bars, a
 * text without a day is known on its own (a sector is not announced); elsewhere dates are ends of periods, and an
 * earlier announcement is worth a warning.
 */
export function announcedColumns(
  table: LongTable,
  { cells, lost, dayOf, symbolOf, knownFrom, place }: CheckedRows,
  { dates, symbols }: Grid,
  options: {
    readonly staleAfterDays: number | undefined
    /** Of a table of prices: which numbers are announced. Without it all are, and its texts, too. */
    readonly isAnnounced?: (name: string) => boolean
  },
): Extension {
  const columnOf = new Map(symbols.map((symbol, i) => [symbol, i]))
  const numbers = [...table.numbers].filter(([name]) => options.isAnnounced?.(name) ?? true)
  const texts = [...table.texts].flatMap(([name, texts]) => (texts ? [[name, texts] as const] : []))
  const early = new IssueList('AVAILABLE_EARLY')
  const unsaid = new IssueList('AVAILABLE_MISSING')
  const rows: Announcement[] = []
  const ownDay: Announcement[] = []
  for (let row = 0; row < table.rows; row++) {
    if (cells[row]! < 0) continue
    const symbol = columnOf.get(symbolOf(row)!)
    const period = dayOf(row)!
    const known = knownFrom(row)
    const isFull = numbers.some(([, values]) => !Number.isNaN(values[row]))
    if (known === undefined && isFull) unsaid.add(() => place(row))
    if (known !== undefined && known < period && options.isAnnounced === undefined)
      early.add(() => place(row, `available on ${known}`))
    if (symbol === undefined) continue
    if (texts.length > 0 && (known !== undefined || options.isAnnounced !== undefined))
      ownDay.push({ row, symbol, period, known: known ?? period })
    if (known !== undefined && isFull) rows.push({ row, symbol, period, known })
  }
  const lostRows = (name: string) => new Set(lost.get(name))
  const plan = new AnnouncementPlan(dates, symbols.length, rows, options.staleAfterDays)
  const fields = new Map<string, Float64Array>()
  for (const [name, values] of numbers) {
    const missing = lostRows(name)
    fields.set(
      name,
      plan.numbers((row) => (missing.has(row) ? Number.NaN : values[row]!)),
    )
  }
  const groups = new Map<string, GroupField>()
  const groupPlan =
    texts.length === 0 ? plan : new AnnouncementPlan(dates, symbols.length, ownDay, options.staleAfterDays)
  for (const [name, text] of texts) {
    const missing = lostRows(name)
    const { labels, renamed } = usedLabels(
      text,
      (row) => cells[row]! >= 0 && columnOf.has(symbolOf(row)!) && !missing.has(row),
    )
    const codes = groupPlan.codes((row) => {
      const code = text.codes[row]!
      return code < 0 || missing.has(row) ? -1 : renamed[code]!
    })
    groups.set(name, { labels, codes })
  }
  const issues = [
    ...early.issue('warning', (n) =>
      counted(
        n,
        'row was available before the end of its period',
        'rows were available before the end of their periods',
      ),
    ),
    ...unsaid.issue(
      'warning',
      (n) =>
        counted(
          n,
          'row has values and no day from which they were known',
          'rows have values and no day from which they were known',
        ),
      'they were left out',
    ),
  ]
  return { fields, groups, issues }
}
