/**
 * What flows along an edge. `panel`: T × N float64, NaN missing. `boolean`: T × N, missing counts as false.
 * `vector`: one float64 per bar, broadcast over the symbols where a panel is expected.
 */
export type PortType = 'panel' | 'boolean' | 'vector'

export type ParamValue = number | string

/**
 * One step of a strategy's computation. Fields and constants are nodes too (`field` with param `name`, `constant`
 * with param `value`), so that every tool that walks a graph meets one shape only.
 */
export interface GraphNode {
  readonly id: string
  /** Name of a registered operator. */
  readonly op: string
  /** Ids of earlier nodes, in the operator's order. */
  readonly inputs: readonly string[]
  /** Every parameter of the operator, defaults filled in. */
  readonly params: Readonly<Record<string, ParamValue>>
  /** Which output, for operators that have several (`macd`: `line`, `signal`, `histogram`). */
  readonly output?: string
  /** Id of a boolean node: symbols outside it are left out of a cross-section. Cross-sectional operators only. */
  readonly mask?: string
}
