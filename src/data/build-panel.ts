import type { Adjustments } from './adjustments.js'
import { alignField, alignGroup, byCodeUnit, sharedFloats } from './align.js'
import { announcedColumns } from './announced-columns.js'
import { checkRows } from './checks.js'
import { AVAILABLE, NUMBER_FIELDS } from './columns.js'
import type { BadRows, DataIssue, IssuePlace, RowCounts } from './dataset.js'
import type { Extension, Grid } from './grid.js'
import { counted, IssueList } from './issues.js'
import type { LongTable } from './long-table.js'
import { MENDING } from './mending.js'
import { createPanel, type GroupField, type Panel } from './panel.js'
import { checkSeries } from './series-checks.js'

export interface BuildOptions {
  /** How the data is called in messages. */
  readonly source: string
  readonly onBadRows: BadRows
  readonly unadjusted: boolean
  /** Factors for prices and volume, in place of an `adj_close`. */
  readonly adjustments?: Adjustments | undefined
  readonly staleAfterDays?: number | undefined
  /** What other tables add to the panel of these dates and symbols, which has columns of these names. */
  readonly extend?: (grid: Grid, names: readonly string[]) => Extension
}

/** Fields of a market that are known on their own day, whatever else their row announces. */
const MARKET_FIELDS: ReadonlySet<string> = new Set([
  ...NUMBER_FIELDS,
  'vwap',
  'returns',
  'rawClose',
  'dollarVolume',
])

/**
 * Rows to panel: checked, aligned (dates and symbols ascending), adjusted. With an `adj_close`, open, high, low and
 * close are scaled by adj_close/close and the close as it was stays as `rawClose`, unless `unadjusted`.
 * Throws a data error where rows cannot be used and `onBadRows` is `stop`.
 */
export function buildPanel(
  table: LongTable,
  options: BuildOptions,
): { panel: Panel; issues: DataIssue[]; rows: RowCounts } {
  const checked = checkRows(table, options)
  const { dates, symbols, cells, lost, issues: found, place } = checked
  const size = dates.length * symbols.length
  const issues = [...found]
  const announced = table.asText.has(AVAILABLE)
    ? announcedColumns(
        table,
        checked,
        { dates, symbols },
        {
          staleAfterDays: options.staleAfterDays,
          isAnnounced: (name) => !MARKET_FIELDS.has(name),
        },
      )
    : undefined
  issues.push(...(announced?.issues ?? []))
  const raw = new Map<string, Float64Array>()
  for (const [name, values] of table.numbers) {
    const known = announced?.fields.get(name)
    if (known) {
      raw.set(name, known)
      continue
    }
    const field = alignField(values, cells, size)
    for (const row of lost.get(name) ?? []) field[cells[row]!] = Number.NaN
    raw.set(name, field)
  }
  const groups = new Map<string, GroupField>()
  for (const [name, column] of table.texts) {
    if (!column) {
      issues.push(ignoredText(name))
      continue
    }
    const known = announced?.groups.get(name)
    const group = known ?? alignGroup(column, cells, size)
    if (!known) for (const row of lost.get(name) ?? []) group.codes[cells[row]!] = -1
    groups.set(name, group)
  }
  const rowOf = new Int32Array(size).fill(-1)
  for (let row = 0; row < cells.length; row++) if (cells[row]! >= 0) rowOf[cells[row]!] = row
  const placeOf = (cell: number, detail?: string): IssuePlace => place(rowOf[cell]!, detail)

  const factors = options.unadjusted ? undefined : options.adjustments?.on({ dates, symbols }, raw)
  issues.push(...(factors?.issues ?? []))
  const { fields, unscaled } = factors
    ? { fields: factors.fields, unscaled: [] }
    : options.unadjusted
      ? { fields: raw, unscaled: [] }
      : adjust(raw)
  if (unscaled.length > 0) {
    const list = new IssueList('ADJ_CLOSE_MISSING')
    for (const cell of unscaled) list.add(() => placeOf(cell))
    issues.push(
      ...list.issue(
        'warning',
        (n) => counted(n, 'bar has a close and no adj_close', 'bars have a close and no adj_close'),
        'their prices are missing',
      ),
    )
  }
  issues.push(...checkSeries(raw, { dates, symbols, fields }, placeOf))
  const more = options.extend?.({ dates, symbols }, [...fields.keys(), ...groups.keys()])
  issues.push(...(more?.issues ?? []))
  const kept = cells.reduce((n, cell) => (cell < 0 ? n : n + 1), 0)
  return {
    panel: createPanel({
      dates,
      symbols,
      fields: inOrder(new Map([...fields, ...(more?.fields ?? [])])),
      groups: inOrder(new Map([...groups, ...(more?.groups ?? [])])),
    }),
    issues,
    rows: { read: table.rows, kept },
  }
}

/** A text that cannot be a group. */
export const ignoredText = (name: string, file?: string): DataIssue => ({
  severity: 'warning',
  code: 'TEXT_COLUMN_IGNORED',
  symbol: null,
  date: null,
  line: null,
  ...(file === undefined ? {} : { file }),
  count: 1,
  message: `column '${name}'${file === undefined ? '' : ` of ${file}`} is a text with too many different values for a group and was left out`,
  hint: MENDING.TEXT_COLUMN_IGNORED,
  examples: [],
})

/** Prices scaled by adj_close/close; cells with a close and without an adj_close lose their prices. */
function adjust(raw: ReadonlyMap<string, Float64Array>) {
  const adjusted = raw.get('adj_close')
  const close = raw.get('close')!
  if (!adjusted) return { fields: raw, unscaled: [] as number[] }
  const unscaled: number[] = []
  for (let cell = 0; cell < close.length; cell++)
    if (!Number.isNaN(close[cell]) && Number.isNaN(adjusted[cell])) unscaled.push(cell)
  const fields = new Map<string, Float64Array>()
  for (const [name, values] of raw) {
    if (name === 'adj_close') continue
    if (name !== 'open' && name !== 'high' && name !== 'low' && name !== 'close') {
      fields.set(name, values)
      continue
    }
    const scaled = sharedFloats(values.length).fill(Number.NaN)
    for (let cell = 0; cell < values.length; cell++) {
      // The close becomes adj_close itself: a product with the quotient would be an ulp away now and then.
      const value = name === 'close' ? adjusted[cell]! : values[cell]! * (adjusted[cell]! / close[cell]!)
      if (Number.isFinite(value) && !Number.isNaN(close[cell])) scaled[cell] = value
    }
    fields.set(name, scaled)
  }
  fields.set('rawClose', close)
  return { fields, unscaled }
}

const FIRST = ['open', 'high', 'low', 'close', 'volume', 'rawClose']

/** The known fields in the order that people write them, then the others by name: columns may come in any order. */
function inOrder<V>(named: ReadonlyMap<string, V>): Map<string, V> {
  const position = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length)
  return new Map([...named].sort(([a], [b]) => position(a) - position(b) || byCodeUnit(a, b)))
}
