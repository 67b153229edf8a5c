import { usageError } from '../base/errors.js'
import type { Config } from '../config/schema.js'
import type { Panel } from '../data/panel.js'
import { availableFields, checkSources } from '../graph/evaluate/context.js'
import type { Subgraph } from '../library/compose-graph.js'
import type { Sandbox } from '../sandbox/sandbox.js'
import type { SearchSpace } from '../search/proposal.js'
import { createSearchSpace } from '../search/space.js'
import { compileExpression } from '../strategy/compile.js'
import type { Split } from '../validation/splits.js'

/** What proposals may be made of: the panel's fields and groups, within the configured constraints. */
export async function searchSpace(
  config: Config,
  panel: Panel,
  split: Split,
  sandbox: Sandbox,
): Promise<SearchSpace> {
  const fields = availableFields(panel)
  const { sides, rebalances, fields: allowed, operators, universe } = config.constraints
  return createSearchSpace({
    fields: fields.filter((name) => !tellsFuture(name, panel) || allowed?.includes(name)),
    groups: [...panel.groups.keys()].sort(),
    symbols: panel.symbols.length,
    bars: split.train.end - split.train.start + 1,
    limits: config.limits,
    constraints: {
      ...(sides ? { sides } : {}),
      ...(rebalances ? { rebalances } : {}),
      ...(allowed ? { fields: allowed } : {}),
      ...(operators ? { operators } : {}),
      ...(config.fill ? { fill: config.fill } : {}),
      ...(universe === undefined
        ? {}
        : { universe: await compileUniverse(universe, fields, panel, config.benchmark, sandbox) }),
    },
  })
}

/**
 * Beside prices that were adjusted backwards, rawClose/close is the product of all splits and dividends still to come: a
 * search would find that. Filters on the price as it was paid have dollarVolume; who wants the field names it.
 */
const tellsFuture = (name: string, { fields }: Panel): boolean =>
  name === 'rawClose' && fields.has('rawClose')

async function compileUniverse(
  text: string,
  fields: readonly string[],
  panel: Panel,
  benchmark: string | undefined,
  sandbox: Sandbox,
): Promise<Subgraph> {
  const expression = await compileExpression(text, sandbox, { fields, fileName: 'constraints.universe' })
  checkSources(expression, panel, benchmark)
  const { nodes, universe } = universeOf(expression)
  return { nodes, root: universe }
}

/** The nodes of a condition, without masks, and its root. */
function universeOf(expression: Awaited<ReturnType<typeof compileExpression>>) {
  if (expression.type !== 'boolean')
    throw usageError(
      'INVALID_CONFIG',
      `constraints.universe is a ${expression.type}, but it must say for each symbol whether it may be held`,
      'compare it with something: close.gt(5)',
    )
  return { nodes: expression.graph.nodes, universe: expression.root }
}

/** A strategy that holds everything in a universe: how the benchmark's universe is evaluated. */
export const universeStrategy = (universe: Subgraph) => ({
  version: 1 as const,
  name: 'Universe',
  nodes: [
    ...universe.nodes.map((node) => ({ ...node, inputs: [...node.inputs], params: { ...node.params } })),
    { id: 'held', op: 'field', inputs: [], params: { name: 'close' } },
  ],
  universe: universe.root,
  rule: { kind: 'score' as const, score: 'held', select: { top: 1 } },
})
