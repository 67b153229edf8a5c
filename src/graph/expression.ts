import { usageError } from '../base/errors.js'
import { deepFreeze } from '../base/json.js'
import { canonicalGraph } from './canonical.js'
import { checkNode } from './check-node.js'
import { DEFAULT_LIMITS, type GraphLimits } from './limits.js'
import type { GraphNode, PortType } from './node.js'
import type { BooleanColumn, Column } from './operator.js'
import { strategyGraphSchema } from './schema.js'
import { checkLimits, type Evaluable, namesOf, nodeTypes, topologicalOrder, unknownNode } from './strategy.js'
import { DEFAULT_PORTFOLIO, type StrategyGraph } from './strategy-graph.js'

/** A checked expression: nodes as in a strategy, and the one whose value it is. */
export interface Expression extends Evaluable {
  readonly root: string
  readonly type: PortType
  /** Equal for expressions that compute the same from the same graph. */
  readonly key: string
  readonly depth: number
}

/**
 * Checks a bare expression (a factor), nodes in the JSON form and the id of one, as `createStrategy` checks a strategy, and gives it the same canonical form.
 * @throws AlphaloopError (usage) as `createStrategy` does for nodes and limits
 */
export function createExpression(
  nodes: unknown,
  root: unknown,
  limits: GraphLimits = DEFAULT_LIMITS,
): Expression {
  const shaped = strategyGraphSchema.shape.nodes.safeParse(nodes)
  if (!shaped.success || typeof root !== 'string')
    throw usageError(
      'INVALID_STRATEGY',
      `this is no expression: ${shaped.error?.issues[0]?.message ?? 'no root'}`,
    )
  const types = new Map<string, PortType>()
  const checked = topologicalOrder(shaped.data as GraphNode[]).map((node) => checkNode(node, types))
  if (!types.has(root)) throw unknownNode('the root', root, types.keys())
  // The canonical form starts from a rule's roots; of all rules, weights names one node.
  const whole: StrategyGraph = {
    version: 1,
    name: 'expression',
    nodes: checked,
    rule: { kind: 'weights', weights: root },
    portfolio: DEFAULT_PORTFOLIO,
  }
  const { graph, keys } = canonicalGraph(whole)
  const depth = checkLimits(graph, limits)
  const id = graph.nodes.at(-1)!.id
  const canonicalTypes = nodeTypes(graph)
  return Object.freeze({
    graph: deepFreeze({ nodes: graph.nodes }),
    root: id,
    type: canonicalTypes.get(id)!,
    key: keys.get(id)!,
    types: canonicalTypes,
    keys,
    fields: namesOf(graph, 'field'),
    groups: namesOf(graph, 'group'),
    depth,
  })
}

/**
 * Any column as numbers per bar and symbol, T × N: a boolean as 1 and 0, a vector repeated over the symbols. The
 * result may be the column's own array: not to be written to.
 */
export function panelValues(column: Column, bars: number, symbols: number): Float64Array {
  if (column.type === 'panel') return column.values
  if (column.type === 'boolean') return Float64Array.from((column as BooleanColumn).values)
  const values = new Float64Array(bars * symbols)
  for (let t = 0; t < bars; t++) values.fill(column.values[t]!, t * symbols, (t + 1) * symbols)
  return values
}
