import type { DataIssue } from './dataset.js'
import type { GroupField } from './panel.js'

/** The dates and symbols of a panel, both ascending. */
export interface Grid {
  readonly dates: readonly string[]
  readonly symbols: readonly string[]
}

/** Columns of a panel, and what was noticed in their table. */
export interface Extension {
  readonly fields: ReadonlyMap<string, Float64Array>
  readonly groups: ReadonlyMap<string, GroupField>
  readonly issues: readonly DataIssue[]
}
