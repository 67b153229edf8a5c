import type { GraphNode, ParamValue } from '../graph/node.js'
import { operatorNamed } from '../graph/registry.js'

/** Id of a node that was composed. */
export type Ref = string

/** Nodes with the one that the rest is read from: a part of a strategy, ready to be put in somewhere. */
export interface Subgraph {
  readonly nodes: readonly GraphNode[]
  readonly root: Ref
}

/** Puts nodes together; knows which fields and groups there are to read. */
export interface Composer {
  /** Every node so far, inputs before users. */
  readonly nodes: readonly GraphNode[]
  readonly fields: ReadonlySet<string>
  readonly groups: readonly string[]
  field(name: string): Ref
  group(name: string): Ref
  /**
   * A node of any operator. Numbers among the inputs become constants; inputs that are left out become the operator's
   * default fields; parameters stand in the operator's own order, the last ones may be left out.
   */
  op(
    name: string,
    inputs: readonly (Ref | number)[],
    params?: readonly ParamValue[],
    output?: string | undefined,
  ): Ref
}

/** A composer whose node ids begin with `prefix`, so that its nodes can join others. */
export function createComposer(
  prefix: string,
  fields: Iterable<string>,
  groups: readonly string[] = [],
): Composer {
  const nodes: GraphNode[] = []
  const push = (node: Omit<GraphNode, 'id'>): Ref => {
    const id = `${prefix}${nodes.length + 1}`
    nodes.push({ id, ...node })
    return id
  }
  const field = (name: string) => push({ op: 'field', inputs: [], params: { name } })
  return {
    nodes,
    fields: new Set(fields),
    groups,
    field,
    group: (name) => push({ op: 'group', inputs: [], params: { name } }),
    op(name, inputs, params = [], output) {
      const definition = operatorNamed(name)
      const ids = inputs.map((input) =>
        typeof input === 'string' ? input : push({ op: 'constant', inputs: [], params: { value: input } }),
      )
      for (const spec of definition.inputs.slice(ids.length))
        if (spec.defaultField !== undefined) ids.push(field(spec.defaultField))
      return push({
        op: name,
        inputs: ids,
        params: Object.fromEntries(params.map((value, i) => [definition.params[i]?.name ?? `#${i}`, value])),
        ...(output === undefined ? {} : { output }),
      })
    },
  }
}
