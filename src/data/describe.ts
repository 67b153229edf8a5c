import type { DataHash } from '../base/hash.js'
import type { DataIssue, Dataset, FieldSummary, RowCounts, TableSummary } from './dataset.js'
import type { Panel } from './panel.js'

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

/** What `data describe` prints. */
export interface DatasetDescription {
  readonly hash: DataHash
  readonly rows: RowCounts
  readonly bars: number
  readonly symbols: number
  readonly start: string
  readonly end: string
  readonly fields: readonly FieldSummary[]
  readonly groups: readonly { readonly name: string; readonly labels: readonly string[] }[]
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
