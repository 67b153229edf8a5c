import type { Panel } from '../data/panel.js'
import type { StrategyGraph } from '../graph/strategy-graph.js'
import type { Evaluating, Evaluation, TryOut } from './evaluation.js'

export interface ThreadRequest {
  readonly id: number
  readonly work: keyof Evaluating
  readonly graph: StrategyGraph
}
export type ThreadReply =
  | { readonly type: 'ready' }
  | { readonly type: 'done'; readonly id: number; readonly result: Evaluation | TryOut }

const shared = <A extends Float64Array | Int32Array>(values: A): A => {
  if (values.buffer instanceof SharedArrayBuffer) return values
  const Type = values.constructor as { new (buffer: SharedArrayBuffer): A }
  const copy = new Type(new SharedArrayBuffer(values.byteLength))
  copy.set(values)
  return copy
}

/** The panel on shared memory, copied there at most once. */
export function sharePanel(panel: Panel): Panel {
  return {
    dates: panel.dates,
    symbols: panel.symbols,
    hash: panel.hash,
    fields: new Map([...panel.fields].map(([name, values]) => [name, shared(values)])),
    groups: new Map(
      [...panel.groups].map(([name, { codes, labels }]) => [name, { codes: shared(codes), labels }]),
    ),
  }
}
