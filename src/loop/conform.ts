import { usageError } from '../base/errors.js'
import type { Config } from '../config/schema.js'
import type { Strategy } from '../graph/strategy.js'
import { assembleStrategy } from '../library/assemble.js'
import { openDraft } from '../search/draft.js'
import { withUniverse } from '../search/finish.js'
import type { SearchSpace } from '../search/proposal.js'
import { violation } from '../search/space.js'

/**
 * A strategy that a person or a model wrote, as this run can evaluate it: filled as the data allow, inside the
 * config's universe.
 * @throws AlphaloopError (usage) CONSTRAINT where it does what the config does not allow; nothing is changed silently
 */
export function conform(strategy: Strategy, space: SearchSpace, config: Config): Strategy {
  const { portfolio, rule } = strategy.graph
  const { sides, rebalances } = config.constraints
  const refuse = (because: string) => {
    throw usageError(
      'CONSTRAINT',
      `${strategy.graph.name}: ${because}`,
      'the constraints of the configuration say what may be proposed',
    )
  }
  if (sides !== undefined && rule.kind !== 'weights' && !sides.includes(portfolio.side))
    refuse(`side '${portfolio.side}' is not allowed; allowed are ${sides.join(', ')}`)
  const { rebalance } = portfolio
  if (rebalances !== undefined && !(typeof rebalance === 'string' && rebalances.includes(rebalance)))
    refuse(`rebalance ${JSON.stringify(rebalance)} is not allowed; allowed are ${rebalances.join(', ')}`)

  const fill = portfolio.fill === 'nextOpen' ? space.fill : (config.fill ?? portfolio.fill)
  const conformed =
    fill === portfolio.fill && space.universe === undefined ? strategy : rebuilt(strategy, space, fill)
  // A person's weights may be short where nothing was said about sides.
  const allowed = sides === undefined ? { ...space, sides: ['long', 'short', 'longShort'] as const } : space
  const because = violation(conformed, allowed)
  if (because !== undefined) refuse(because)
  return conformed
}

function rebuilt(strategy: Strategy, space: SearchSpace, fill: SearchSpace['fill']): Strategy {
  const { nodes, universe, rule, portfolio } = openDraft(strategy, space)
  const parts = {
    name: strategy.graph.name,
    nodes: [...nodes.values()],
    universe,
    rule,
    portfolio: { ...portfolio, fill },
  }
  return assembleStrategy({ ...parts, ...withUniverse(parts, space) }, space.limits)
}
