import type { DataHash } from '../base/hash.js'
import type { DataIssue, Dataset, FieldSummary, GroupSummary, RowCounts, TableSummary } from './dataset.js'
import { counted, firstOf } from './issues.js'
import { MENDING } from './mending.js'
import type { Panel } from './panel.js'

/** A group that more than this share of the symbols lacks is probably not spelled as the prices are. */
const MANY_WITHOUT = 0.2

/** Coverage of each field of a panel, in the panel's order. */
export function summarizeFields(panel: Panel): FieldSummary[] {
  const close = panel.fields.get('close')
  return [...panel.fields].map(([name, values]) => {
    let present = 0
    let missing = 0
    for (let cell = 0; cell < values.length; cell++) {
      if (!Number.isNaN(values[cell])) present++
      else if (close && !Number.isNaN(close[cell])) missing++
    }
    return { name, coverage: values.length === 0 ? 0 : present / values.length, missing }
  })
}

/** Coverage of each group of a panel, and a warning for each that many symbols have no place in. */
export function summarizeGroups(panel: Panel): { groups: GroupSummary[]; issues: DataIssue[] } {
  const close = panel.fields.get('close')!
  const width = panel.symbols.length
  const priced = new Set<number>()
  let cells = 0
  for (let cell = 0; cell < close.length; cell++) {
    if (Number.isNaN(close[cell])) continue
    cells++
    priced.add(cell % width)
  }
  const issues: DataIssue[] = []
  const groups = [...panel.groups].map(([name, { labels, codes }]): GroupSummary => {
    const placed = new Set<number>()
    let labelled = 0
    for (let cell = 0; cell < close.length; cell++) {
      if (Number.isNaN(close[cell]) || codes[cell]! < 0) continue
      labelled++
      placed.add(cell % width)
    }
    const without = [...priced].filter((i) => !placed.has(i)).sort((a, b) => a - b)
    if (without.length > priced.size * MANY_WITHOUT)
      issues.push({
        severity: 'warning',
        code: 'GROUP_INCOMPLETE',
        symbol: panel.symbols[without[0]!]!,
        date: null,
        line: null,
        count: without.length,
        message: `${without.length} of ${counted(priced.size, 'symbol')} ${without.length === 1 ? 'has' : 'have'} no ${name}: ${firstOf(without.map((i) => panel.symbols[i]!))}`,
        hint: MENDING.GROUP_INCOMPLETE,
        examples: without.slice(0, 3).map((i) => ({ symbol: panel.symbols[i]!, date: null, line: null })),
      })
    return { name, labels, coverage: cells === 0 ? 0 : labelled / cells, symbols: placed.size }
  })
  return { groups, issues }
}

/** What `data describe` prints. */
export interface DatasetDescription {
  readonly hash: DataHash
  readonly rows: RowCounts
  readonly bars: number
  readonly symbols: number
  readonly start: string
  readonly end: string
  readonly fields: readonly FieldSummary[]
  readonly groups: readonly GroupSummary[]
  /** The tables that the data was made of; empty for the built-in market. */
  readonly tables: readonly TableSummary[]
  readonly issues: readonly DataIssue[]
}

/** A data set in numbers: size, range, coverage of each field, issues. */
export const describeDataset = (dataset: Dataset): DatasetDescription => ({
  hash: dataset.hash,
  rows: dataset.rows,
  bars: dataset.dates.length,
  symbols: dataset.symbols.length,
  start: dataset.dates[0]!,
  end: dataset.dates.at(-1)!,
  fields: dataset.fields,
  groups: dataset.groups,
  tables: dataset.tables,
  issues: dataset.issues,
})
