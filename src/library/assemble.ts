import { DEFAULT_LIMITS, type GraphLimits } from '../graph/limits.js'
import type { GraphNode } from '../graph/node.js'
import { operatorNamed } from '../graph/registry.js'
import { createStrategy, type Strategy } from '../graph/strategy.js'
import type { Portfolio, Rule } from '../graph/strategy-graph.js'

/**
 * A strategy in the making. Its cross-sectional nodes carry no mask: who takes part in a cross-section follows from
 * where the node stands, and is settled when the parts are assembled. A node that has a mask all the same keeps it.
 */
export interface StrategyParts {
  readonly name: string
  readonly nodes: readonly GraphNode[]
  readonly universe?: string | undefined
  readonly rule: Rule
  readonly portfolio: Portfolio
}

/**
 * Makes a checked strategy of its parts. The universe's own expression is copied without masks, what the rule reads
 * is copied with the universe as the mask of each cross-section, as the builder does it: a node that both read
 * becomes two where that makes a difference.
 * @throws AlphaloopError as `createStrategy` does.
 */
export function assembleStrategy(parts: StrategyParts, limits: GraphLimits = DEFAULT_LIMITS): Strategy {
  const byId = new Map(parts.nodes.map((node) => [node.id, node]))
  const nodes: GraphNode[] = []
  const done = new Set<string>()
  const copy = (id: string, region: 'u' | 'r', universe: string | undefined): string => {
    const node = byId.get(id)
    // An unknown id stays as it is: createStrategy says what is wrong with it.
    if (node === undefined) return id
    const name = `${region}:${id}`
    if (done.has(name)) return name
    const { mask: own, ...rest } = node
    const inputs = node.inputs.map((input) => copy(input, region, universe))
    const crosses = operatorNamed(node.op).category === 'crossSection'
    const mask = own !== undefined ? copy(own, region, universe) : crosses ? universe : undefined
    done.add(name)
    nodes.push({ ...rest, id: name, inputs, ...(mask === undefined ? {} : { mask }) })
    return name
  }
  const universe = parts.universe === undefined ? undefined : copy(parts.universe, 'u', undefined)
  const inRule = (id: string) => copy(id, 'r', universe)
  const { rule } = parts
  const rooted: Rule =
    rule.kind === 'score'
      ? { ...rule, score: inRule(rule.score) }
      : rule.kind === 'signals'
        ? { ...rule, enter: inRule(rule.enter), exit: inRule(rule.exit) }
        : { ...rule, weights: inRule(rule.weights) }
  return createStrategy(
    {
      version: 1,
      name: parts.name,
      nodes,
      ...(universe === undefined ? {} : { universe }),
      rule: rooted,
      portfolio: parts.portfolio,
    },
    limits,
  )
}
