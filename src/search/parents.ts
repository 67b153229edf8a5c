import type { Rng } from '../base/rng.js'
import type { Parent } from './proposal.js'

/** Best distinct strategies that parents are chosen among. */
export const POOL_SIZE = 20
const TOURNAMENT_SIZE = 3
/** What a node costs in a comparison: of two that earn the same, the smaller one is read and trusted more easily. */
const NODE_PENALTY = 0.001

const fitness = ({ score, strategy }: Parent): number => score - NODE_PENALTY * strategy.graph.nodes.length

/** The operators of a strategy without its numbers: what differs in numbers only would fill the pool with one idea. */
const skeleton = ({ strategy: { graph } }: Parent): string =>
  `${graph.rule.kind}:${graph.nodes.map(({ op, output, inputs }) => `${op}.${output ?? ''}(${inputs.join()})`).join()}`

/**
 * The parents to choose among: the best distinct strategies by their score on train, one of each shape, and the
 * champion. Validation
 * is no part of it: it judges what the search finds, and would no longer be a judge if the search climbed it.
 */
export function parentPool(parents: readonly Parent[], champion: Parent | undefined): Parent[] {
  const distinct = new Map<string, Parent>()
  if (champion !== undefined) distinct.set(skeleton(champion), champion)
  const best = parents
    .filter(({ score }) => Number.isFinite(score))
    // Equal fitness: by hash, so that the order in which records arrived cannot matter.
    .sort((a, b) => fitness(b) - fitness(a) || (a.strategy.hash < b.strategy.hash ? -1 : 1))
  for (const parent of best) {
    if (distinct.size >= POOL_SIZE) break
    const shape = skeleton(parent)
    if (!distinct.has(shape)) distinct.set(shape, parent)
  }
  return [...distinct.values()]
}

/** The fittest of three drawn from the pool; `undefined` where it is empty. */
export function tournament(rng: Rng, pool: readonly Parent[]): Parent | undefined {
  if (pool.length === 0) return undefined
  let best = rng.pick(pool)
  for (let i = 1; i < Math.min(TOURNAMENT_SIZE, pool.length); i++) {
    const other = rng.pick(pool)
    if (fitness(other) > fitness(best)) best = other
  }
  return best
}
