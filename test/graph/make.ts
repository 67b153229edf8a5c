import type { GraphNode } from '../../src/graph/node.js'
import { createStrategy, type Strategy, type StrategyInput } from '../../src/graph/strategy.js'
import type { StrategyGraph } from '../../src/graph/strategy-graph.js'

export type NodeInput = StrategyInput['nodes'][number]

export const field = (id: string, name = id): NodeInput => ({ id, op: 'field', params: { name } })

/** A strategy in its JSON form that scores by the last of the nodes. */
export const scoredBy = (nodes: readonly NodeInput[], more: Partial<StrategyInput> = {}): StrategyInput => ({
  version: 1,
  name: 'Test',
  nodes: [...nodes],
  rule: { kind: 'score', score: nodes.at(-1)!.id, select: { top: 3 } },
  ...more,
})

/** The canonical node that a rule scores by. */
export function scoreNode(strategy: Strategy): GraphNode {
  const { rule, nodes } = strategy.graph
  if (rule.kind !== 'score') throw new Error('the rule has no score')
  return nodes.find(({ id }) => id === rule.score)!
}

export const hashOf = (graph: unknown, limits?: Parameters<typeof createStrategy>[1]) =>
  createStrategy(graph, limits).hash

/** A copy that can be changed. */
export const editable = (graph: StrategyGraph): StrategyInput => JSON.parse(JSON.stringify(graph))

/**
 * Rounds of a property: few in the normal run, all in `npm run test:deep`, and still fewer where they are repeated for
 * thousands of mutants.
 */
export const rounds = (normal: number, deep: number) =>
  process.env.ALPHALOOP_DEEP === '1' ? deep : process.env.STRYKER_AREA ? Math.ceil(normal / 5) : normal
