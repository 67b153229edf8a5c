/**
 * From parts to a proposal:
 * 1. the config's universe is put before the strategy's own
 * 2. settings that lie outside the constraints are moved into them
 * 3. `assembleStrategy` sets the masks and checks the whole
 * 4. what is not allowed, too large, or no change at all is refused, in words
 */
import { AlphaloopError } from '../base/errors.js'
import type { GraphNode } from '../graph/node.js'
import type { Strategy } from '../graph/strategy.js'
import type { Portfolio } from '../graph/strategy-graph.js'
import { assembleStrategy, type StrategyParts } from '../library/assemble.js'
import { sameRebalance } from '../library/portfolio.js'
import type { MutationResult, SearchSpace } from './proposal.js'
import { violation } from './space.js'

/** Above this size a strategy may be changed, but no longer grow: it is read by people. */
export const COMFORTABLE_NODES = 60

/** Refusals that say that this cannot be made here. Anything else is a defect of whoever composed it and is thrown. */
const REFUSALS: ReadonlySet<string> = new Set(['LIMIT_EXCEEDED', 'INVALID_PARAMETER', 'INVALID_PORTFOLIO'])

/**
 * @param origin what the parts are a change of: the result must differ from it, and may not grow beyond the
 *   comfortable size
 */
export function finishStrategy(
  parts: StrategyParts,
  space: SearchSpace,
  what: string,
  origin?: Strategy,
): MutationResult {
  let strategy: Strategy
  try {
    strategy = assembleStrategy(
      { ...withUniverse(parts, space), name: parts.name, portfolio: withinConstraints(parts, space) },
      space.limits,
    )
  } catch (error) {
    if (error instanceof AlphaloopError && REFUSALS.has(error.code))
      return { ok: false, because: error.message }
    throw error
  }
  const because = violation(strategy, space)
  if (because !== undefined) return { ok: false, because }
  const size = strategy.graph.nodes.length
  if (size > Math.max(COMFORTABLE_NODES, origin?.graph.nodes.length ?? 0))
    return { ok: false, because: `it would grow to ${size} nodes` }
  if (strategy.hash === origin?.hash) return { ok: false, because: 'it would be the same strategy' }
  return { ok: true, strategy, what }
}

/** Puts the config's universe before the strategy's own. */
export function withUniverse(
  { nodes, universe, rule }: StrategyParts,
  space: SearchSpace,
): Pick<StrategyParts, 'nodes' | 'universe' | 'rule'> {
  if (space.universe === undefined) return { nodes, universe, rule }
  // Ids of the config's nodes are set apart from the strategy's.
  const apart = (id: string) => `c:${id}`
  const asked = space.universe.subgraph.nodes.map(({ mask, ...node }) => ({
    ...node,
    id: apart(node.id),
    inputs: node.inputs.map(apart),
    ...(mask === undefined ? {} : { mask: apart(mask) }),
  }))
  const root = apart(space.universe.subgraph.root)
  if (universe === undefined) return { nodes: [...nodes, ...asked], universe: root, rule }
  const both: GraphNode = { id: 'c&', op: 'and', inputs: [root, universe], params: {} }
  return { nodes: [...nodes, ...asked, both], universe: both.id, rule }
}

function withinConstraints({ rule, portfolio }: StrategyParts, space: SearchSpace): Portfolio {
  const side =
    rule.kind === 'weights' || space.sides.includes(portfolio.side)
      ? portfolio.side
      : (space.sides.find((one) => one !== 'longShort' || rule.kind === 'score') ?? portfolio.side)
  const rebalance = space.rebalances.some((one) => sameRebalance(one, portfolio.rebalance))
    ? portfolio.rebalance
    : space.rebalances[0]!
  // A fill at the close is possible everywhere, one at the open only where the data have opens.
  const fill = portfolio.fill === 'nextClose' ? portfolio.fill : space.fill
  return { ...portfolio, side, rebalance, fill }
}
