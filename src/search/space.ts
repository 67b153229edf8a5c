import { usageError } from '../base/errors.js'
import { DEFAULT_LIMITS, type GraphLimits } from '../graph/limits.js'
import type { GraphNode } from '../graph/node.js'
import { operatorNamed, REGISTRY } from '../graph/registry.js'
import { createStrategy, type Strategy } from '../graph/strategy.js'
import { DEFAULT_PORTFOLIO, type Rebalance, type Side } from '../graph/strategy-graph.js'
import { createComposer, type Subgraph } from '../library/compose-graph.js'
import type { LibraryEntry } from '../library/entry.js'
import { type Library, libraryFor } from '../library/library.js'
import { defaultValues, MOST_BARS } from '../library/params.js'
import type { RequiredUniverse, SearchConstraints, SearchSpace } from './proposal.js'

const DEFAULT_SIDES: readonly Side[] = ['long']
const DEFAULT_REBALANCES: readonly Rebalance[] = ['weekly', 'monthly']

/**
 * A drawn window fits so many times into the range that is scored: what warms up within it is out of the market that
 * long, and looks worse than it is.
 */
const WINDOWS_IN_RANGE = 8

/**
 * What there is to draw from on a panel, within the constraints: entries of the library whose fields or operators are
 * not allowed are left out here, so that no draw is wasted on them.
 * @param fields every name that `field(…)` accepts on the panel, as `availableFields` gives them
 * @throws AlphaloopError (usage) NOTHING_TO_SEARCH where the constraints leave no field or no operator
 */
export function createSearchSpace(options: {
  readonly fields: readonly string[]
  readonly groups?: readonly string[]
  readonly symbols: number
  /** Bars of the range that proposals are scored on; default: long enough for every window. */
  readonly bars?: number
  readonly constraints?: SearchConstraints
  readonly limits?: GraphLimits
}): SearchSpace {
  const { constraints = {}, groups = [], symbols, limits = DEFAULT_LIMITS } = options
  const fields = options.fields.filter((name) => constraints.fields?.includes(name) ?? true)
  const operators = new Set(
    [...REGISTRY.values()]
      // Sources say what may be read; the fields have a setting of their own.
      .filter(
        ({ name, category }) => category === 'source' || (constraints.operators?.includes(name) ?? true),
      )
      .map(({ name }) => name),
  )
  // The config's universe and a strategy's own are joined by it.
  if (constraints.universe !== undefined) operators.add('and')
  if (fields.length === 0)
    throw usageError(
      'NOTHING_TO_SEARCH',
      `none of the allowed fields is in the data, which has ${options.fields.join(', ')}`,
      'allow some of them, or leave constraints.fields out',
    )
  if (![...operators].some((name) => operatorNamed(name).category !== 'source'))
    throw usageError(
      'NOTHING_TO_SEARCH',
      'the allowed operators leave nothing to build a strategy from',
      'allow more operators, or leave constraints.operators out',
    )
  return {
    fields,
    groups,
    symbols,
    longestWindow: Math.max(
      20,
      Math.min(MOST_BARS, Math.floor((options.bars ?? Infinity) / WINDOWS_IN_RANGE)),
    ),
    limits,
    library: allowedLibrary(libraryFor(fields, groups), fields, groups, operators),
    sides: constraints.sides?.length ? constraints.sides : DEFAULT_SIDES,
    rebalances: constraints.rebalances?.length ? constraints.rebalances : DEFAULT_REBALANCES,
    // Whether a fill at the open is possible is a matter of the data, not of what a strategy may read.
    fill: constraints.fill ?? (options.fields.includes('open') ? 'nextOpen' : 'nextClose'),
    operators,
    universe: constraints.universe === undefined ? undefined : recognisable(constraints.universe),
  }
}

/** The nodes that a condition is the conjunction of: itself where it is no `and`. */
export function conjuncts(root: string, node: (id: string) => GraphNode): string[] {
  const { op, inputs } = node(root)
  return op === 'and' ? inputs.flatMap((id) => conjuncts(id, node)) : [root]
}

function recognisable(universe: Subgraph): RequiredUniverse {
  const close: GraphNode = { id: 'searched-score', op: 'field', inputs: [], params: { name: 'close' } }
  const { graph, keys } = createStrategy({
    version: 1,
    name: 'universe',
    nodes: [...universe.nodes, close],
    universe: universe.root,
    rule: { kind: 'score', score: close.id, select: { top: 1 } },
    portfolio: DEFAULT_PORTFOLIO,
  })
  const byId = new Map(graph.nodes.map((node) => [node.id, node]))
  const key = (id: string) => keys.get(id)!
  return {
    subgraph: universe,
    conjuncts: new Set(conjuncts(graph.universe!, (id) => byId.get(id)!).map(key)),
    nodes: new Set(graph.nodes.map(({ id }) => key(id))),
    fields: new Set(
      universe.nodes.filter(({ op }) => op === 'field').map(({ params }) => String(params.name)),
    ),
  }
}

function allowedLibrary(
  library: Library,
  fields: readonly string[],
  groups: readonly string[],
  operators: ReadonlySet<string>,
): Library {
  const allowed = (entry: LibraryEntry): boolean => {
    // A template chooses as it draws, so its draws are checked one by one.
    if (entry.kind === 'exit' || entry.kind === 'template') return true
    const compose = createComposer('a', fields, groups)
    entry.build(compose, defaultValues(entry.params))
    return compose.nodes.every(
      ({ op, params }) => operators.has(op) && (op !== 'field' || fields.includes(String(params.name))),
    )
  }
  return {
    factors: library.factors.filter(allowed),
    filters: library.filters.filter(allowed),
    exits: library.exits.filter(allowed),
    templates: library.templates.filter(allowed),
  }
}

/** Why a strategy may not be proposed, or undefined where it may. */
export function violation(strategy: Strategy, space: SearchSpace): string | undefined {
  const { graph, fields, groups } = strategy
  const field = fields.find((name) => !space.fields.includes(name) && !space.universe?.fields.has(name))
  if (field !== undefined) return `it reads the field ${field}, which is missing or not allowed`
  const group = groups.find((name) => !space.groups.includes(name))
  if (group !== undefined) return `it reads the group ${group}, which the data lack`
  // What the config itself asks of the universe need not keep to the config's own list.
  const asked = (id: string) => space.universe?.nodes.has(strategy.keys.get(id)!)
  const node = graph.nodes.find(({ op, id }) => !space.operators.has(op) && !asked(id))
  if (node !== undefined) return `it uses ${node.op}, which is not allowed`
  if (graph.rule.kind === 'weights' && !space.sides.includes('long'))
    return 'its weights are long, which is not allowed'
  if (graph.portfolio.exits.atrStop && !(space.fields.includes('high') && space.fields.includes('low')))
    return 'its ATR stop needs high and low, which are missing or not allowed'
  return undefined
}
