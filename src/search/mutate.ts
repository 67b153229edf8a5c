import type { Strategy } from '../graph/strategy.js'
import { COMFORTABLE_NODES } from './finish.js'
import { changeParameter } from './mutate-parameter.js'
import { changeExits, changeRebalance, changeSelection, changeWeights } from './mutate-portfolio.js'
import { insert, remove, replaceSubgraph, swapOperator } from './mutate-structure.js'
import type { MutationContext, MutationResult } from './proposal.js'

export type Mutation = (strategy: Strategy, context: MutationContext) => MutationResult

/** Every mutation of one strategy, by name. Crossover, which takes two, stands beside them. */
export const MUTATIONS = Object.freeze({
  changeParameter,
  swapOperator,
  insert,
  remove,
  replaceSubgraph,
  changeExits,
  changeSelection,
  changeWeights,
  changeRebalance,
} satisfies Record<string, Mutation>)

export type MutationKind = keyof typeof MUTATIONS
export const MUTATION_KINDS = Object.keys(MUTATIONS) as readonly MutationKind[]

/**
 * How often each kind is tried on a strategy of this size: growth becomes rarer and pruning more frequent as it
 * grows, so that a long run does not end in strategies nobody can read.
 */
function weightOf(kind: MutationKind, nodes: number): number {
  const fullness = Math.min(1, nodes / COMFORTABLE_NODES)
  switch (kind) {
    case 'changeParameter':
      return 5
    case 'insert':
      return 0.2 + 4 * (1 - fullness)
    case 'remove':
      return 1 + 4 * fullness
    case 'replaceSubgraph':
      return 4
    case 'swapOperator':
      return 2
    case 'changeExits':
    case 'changeSelection':
      return 2
    case 'changeWeights':
    case 'changeRebalance':
      return 1
    default:
      return kind satisfies never
  }
}

/**
 * One mutation of a kind that is drawn; where that one cannot be made, another kind.
 * @returns which kind it was, beside its result
 */
export function mutate(
  strategy: Strategy,
  context: MutationContext,
): MutationResult & { readonly kind: MutationKind } {
  const { rng } = context
  const left = [...MUTATION_KINDS]
  for (;;) {
    const weights = left.map((kind) => weightOf(kind, strategy.graph.nodes.length))
    const [kind] = left.splice(rng.weighted(weights), 1)
    const result = MUTATIONS[kind!](strategy, context)
    if (result.ok || left.length === 0) return { ...result, kind: kind! }
  }
}
