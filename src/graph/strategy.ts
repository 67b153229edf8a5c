/**
 * From untrusted data to a strategy that can be run:
 * 1. shape: the zod schema (schema.ts)
 * 2. order: inputs before users, no cycles (here)
 * 3. nodes: operator, inputs, parameters, types (check-node.ts)
 * 4. roots: what rule and universe name has the right type (here)
 * 5. canonical form: unused and repeated nodes gone, commuted arguments in one order (canonical.ts)
 * 6. limits and hash (here)
 */
import type { z } from 'zod'
import { type AlphaloopError, usageError } from '../base/errors.js'
import { jsonHash, type StrategyHash } from '../base/hash.js'
import { deepFreeze, type JsonValue } from '../base/json.js'
import { nearest } from '../base/nearest.js'
import { singleLine } from '../base/printable.js'
import { canonicalGraph, meaningOf } from './canonical.js'
import { checkNode } from './check-node.js'
import { DEFAULT_LIMITS, type GraphLimits } from './limits.js'
import type { GraphNode, PortType } from './node.js'
import { contradiction, overruledSetting } from './portfolio-rules.js'
import { operatorNamed } from './registry.js'
import { strategyGraphSchema } from './schema.js'
import type { Rule, StrategyGraph } from './strategy-graph.js'

/** A checked strategy. Only `createStrategy` makes one, so whoever holds one can rely on it. */
export interface Strategy {
  /** Canonical and deeply frozen. */
  readonly graph: StrategyGraph
  /** Equal for strategies that compute the same from the same graph; the name is not part of it. */
  readonly hash: StrategyHash
  /** Type of each node's value, by id. */
  readonly types: ReadonlyMap<string, PortType>
  /** Content key of each node, by id: equal keys compute equal values on one panel, also across strategies. */
  readonly keys: ReadonlyMap<string, string>
  /** Names of the fields that it reads, the benchmark's too, sorted. */
  readonly fields: readonly string[]
  /** Names of the groups that it reads, sorted. */
  readonly groups: readonly string[]
  /** Nodes on the longest path. */
  readonly depth: number
}

/** What can be evaluated: a strategy, or an expression (expression.ts). */
export type Evaluable = Pick<Strategy, 'types' | 'keys' | 'fields' | 'groups'> & {
  readonly graph: Pick<StrategyGraph, 'nodes'>
}

/** What `createStrategy` takes: the JSON form, defaults may be left out. */
export type StrategyInput = z.input<typeof strategyGraphSchema>

/**
 * Checks a strategy in its JSON form and gives it its canonical form and hash.
 * @throws AlphaloopError (usage): INVALID_STRATEGY, UNKNOWN_OPERATOR, UNKNOWN_NODE, CYCLE, WRONG_INPUTS, WRONG_TYPE,
 *   INVALID_PARAMETER, UNKNOWN_OUTPUT, INVALID_PORTFOLIO or LIMIT_EXCEEDED, naming node and cause.
 */
export function createStrategy(input: unknown, limits: GraphLimits = DEFAULT_LIMITS): Strategy {
  const shaped = parseShape(input)
  const ordered = topologicalOrder(shaped.nodes)
  const types = new Map<string, PortType>()
  const nodes = ordered.map((node) => checkNode(node, types))
  checkRoots(shaped.rule, shaped.universe, types)
  checkPortfolio(shaped)
  const { graph, keys } = canonicalGraph({ ...shaped, nodes })
  const depth = checkLimits(graph, limits)
  const { name: _name, ...named } = graph
  const hashed = { ...named, nodes: graph.nodes.map((node) => ({ ...node, params: meaningOf(node) })) }
  return Object.freeze({
    graph: deepFreeze(graph),
    hash: jsonHash(hashed as unknown as JsonValue) as StrategyHash,
    types: nodeTypes(graph),
    keys,
    fields: namesOf(graph, 'field'),
    groups: groupsOf(graph),
    depth,
  })
}

/** The same strategy under another name; its hash stays. */
export function renameStrategy(strategy: Strategy, name: string): Strategy {
  return Object.freeze({ ...strategy, graph: deepFreeze({ ...strategy.graph, name: singleLine(name) }) })
}

/** What a strategy is called that has no name. */
export const UNNAMED = 'Untitled strategy'

function parseShape(input: unknown): StrategyGraph {
  const parsed = strategyGraphSchema.safeParse(input)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    const path = issue.path.join('.')
    throw usageError(
      'INVALID_STRATEGY',
      `${path ? `${path}: ` : ''}${issue.message}`,
      'the JSON form is described by strategy.schema.json',
      {
        path,
        issues: parsed.error.issues
          .slice(0, 20)
          .map(({ path: at, message }) => ({ path: at.join('.'), message })),
      },
    )
  }
  const { $schema: _schema, portfolio, name, ...graph } = parsed.data
  const { costs, ...settings } = portfolio
  // Costs that replace none of the market's are the same as none: they must not give another hash.
  const replaces = Object.values(costs ?? {}).some((cost) => cost !== undefined)
  // A name is shown wherever the strategy is; one made of nothing that can be seen is none.
  const shown = singleLine(name) || UNNAMED
  return { ...graph, name: shown, portfolio: replaces ? { ...settings, costs } : settings } as StrategyGraph
}

/** Inputs before users. @throws AlphaloopError INVALID_STRATEGY, UNKNOWN_NODE or CYCLE */
export function topologicalOrder(nodes: readonly GraphNode[]): GraphNode[] {
  const byId = new Map<string, GraphNode>()
  for (const node of nodes) {
    if (byId.has(node.id))
      throw usageError(
        'INVALID_STRATEGY',
        `two nodes are called ${JSON.stringify(node.id)}`,
        'give each its own id',
      )
    byId.set(node.id, node)
  }
  const order: GraphNode[] = []
  const state = new Map<string, 'open' | 'done'>()
  // An explicit stack: a hostile graph can be deeper than the call stack.
  for (const start of nodes) {
    const stack: { node: GraphNode; next: number }[] = [{ node: start, next: 0 }]
    while (stack.length > 0) {
      const frame = stack[stack.length - 1]!
      const { node } = frame
      if (frame.next === 0) {
        if (state.get(node.id) === 'done') {
          stack.pop()
          continue
        }
        state.set(node.id, 'open')
      }
      const needed = node.mask === undefined ? node.inputs : [...node.inputs, node.mask]
      if (frame.next === needed.length) {
        state.set(node.id, 'done')
        order.push(node)
        stack.pop()
        continue
      }
      const id = needed[frame.next++]!
      const child = byId.get(id)
      if (child === undefined) throw unknownNode(`${node.id} (${node.op})`, id, byId.keys())
      if (state.get(id) === 'open')
        throw usageError(
          'CYCLE',
          `node ${id} reads its own result through ${node.id}`,
          'a graph has no cycles',
        )
      if (state.get(id) !== 'done') stack.push({ node: child, next: 0 })
    }
  }
  return order
}

export function unknownNode(where: string, id: string, valid: Iterable<string>): AlphaloopError {
  const meant = nearest(id, valid)
  return usageError(
    'UNKNOWN_NODE',
    `${where} names the node ${JSON.stringify(id)}, which does not exist${meant ? `; did you mean ${meant}?` : ''}`,
  )
}

function checkRoots(rule: Rule, universe: string | undefined, types: ReadonlyMap<string, PortType>) {
  const root = (role: string, id: string, wanted: PortType) => {
    const type = types.get(id)
    if (type === undefined) throw unknownNode(role, id, types.keys())
    if (type !== wanted)
      throw usageError(
        'WRONG_TYPE',
        `${role} must be a ${wanted}, but ${id} is a ${type}`,
        hintForRoot(wanted, type),
        {
          node: id,
          expected: wanted,
          actual: type,
        },
      )
  }
  if (universe !== undefined) root('universe', universe, 'boolean')
  switch (rule.kind) {
    case 'score':
      root('score', rule.score, 'panel')
      break
    case 'signals':
      root('signals.enter', rule.enter, 'boolean')
      root('signals.exit', rule.exit, 'boolean')
      break
    case 'weights':
      root('weights', rule.weights, 'panel')
      break
    default:
      rule satisfies never
  }
}

const hintForRoot = (wanted: PortType, actual: PortType) =>
  wanted === 'boolean'
    ? 'compare it with something: x.gt(0)'
    : actual === 'boolean'
      ? 'turn it into numbers: where(condition, 1, 0)'
      : 'combine it with a value per symbol, such as field("close")'

function checkPortfolio({ rule, portfolio }: StrategyGraph) {
  const found = contradiction(rule, portfolio) ?? overruledSetting(rule, portfolio)
  if (found === undefined) return
  throw usageError('INVALID_PORTFOLIO', found.message, found.hint, { reason: found.code })
}

/** Refuses what is too large; the depth of the rest. */
export function checkLimits(graph: Pick<StrategyGraph, 'nodes'>, limits: GraphLimits): number {
  const exceed = (what: string, actual: number, limit: number) => {
    if (actual > limit)
      throw usageError(
        'LIMIT_EXCEEDED',
        `the strategy has ${actual} ${what}, the limit is ${limit}`,
        'simplify it',
        {
          what,
          actual,
          limit,
        },
      )
  }
  exceed('nodes', graph.nodes.length, limits.maxNodes)
  exceed('fields', namesOf(graph, 'field').length, limits.maxFields)
  const depths = new Map<string, number>()
  let deepest = 0
  for (const node of graph.nodes) {
    let depth = 0
    for (const id of node.mask === undefined ? node.inputs : [...node.inputs, node.mask])
      depth = Math.max(depth, depths.get(id)!)
    depths.set(node.id, depth + 1)
    deepest = Math.max(deepest, depth + 1)
  }
  exceed('levels', deepest, limits.maxDepth)
  return deepest
}

/** Names of the fields (the benchmark's too) or groups that a graph reads, sorted. */
export function namesOf(graph: Pick<StrategyGraph, 'nodes'>, what: 'field' | 'group'): readonly string[] {
  const names = new Set<string>()
  for (const { op, params } of graph.nodes)
    if (op === what) names.add(String(params.name))
    else if (what === 'field' && op === 'benchmark') names.add(String(params.field))
  return [...names].sort()
}

/** The groups that a strategy needs: those that its nodes read, and the one that its weights are capped by. */
function groupsOf(graph: StrategyGraph): readonly string[] {
  const read = namesOf(graph, 'group')
  const cap = graph.portfolio.groupCap?.group
  return cap === undefined || read.includes(cap) ? read : [...read, cap].sort()
}

/** Types of a checked graph's nodes. */
export function nodeTypes(graph: Pick<StrategyGraph, 'nodes'>): Map<string, PortType> {
  const types = new Map<string, PortType>()
  for (const node of graph.nodes)
    types.set(node.id, operatorNamed(node.op).type(node.inputs.map((id) => types.get(id)!)))
  return types
}
