import type { Rng } from '../../src/base/rng.js'
import type { GraphNode, ParamValue, PortType } from '../../src/graph/node.js'
import type { InputSpec, OperatorDefinition, ParamSpec } from '../../src/graph/operator.js'
import { operatorNamed, REGISTRY } from '../../src/graph/registry.js'
import {
  DEFAULT_PORTFOLIO,
  type Portfolio,
  type Rule,
  type StrategyGraph,
} from '../../src/graph/strategy-graph.js'
import { WINDOW_FUNCTION_TEXTS } from './window-functions.js'

export interface RandomGraphOptions {
  /** Fields that it reads; names of fields that operators take by default (high, low, …) may come on top. */
  readonly fields: readonly string[]
  /** What `group` may read; no group is read where there is none. */
  readonly groups?: readonly string[]
  /** What `benchmark` may read; default: what the equal weight of all symbols has. */
  readonly benchmark?: readonly string[]
  /** Windows and other whole numbers span at most this much above their least value. */
  readonly longest?: number
  /** Functions of windows may be among the operators: they need a place to run. */
  readonly functions?: boolean
}

/** Graphs as large as chance makes them. */
export const ROOMY = { maxNodes: 10_000, maxDepth: 10_000, maxFields: 100 }

/** A valid parameter, the default one in three times. */
function randomParam(spec: ParamSpec, rng: Rng, op: string, options: RandomGraphOptions): ParamValue {
  if (spec.kind === 'text')
    return rng.pick(
      op === 'group'
        ? options.groups!
        : op === 'benchmark'
          ? (options.benchmark ?? ['close', 'returns'])
          : options.fields,
    )
  if (spec.kind === 'function') return rng.pick(WINDOW_FUNCTION_TEXTS)
  if (spec.default !== undefined && rng.next() < 0.3) return spec.default
  if (spec.kind === 'choice') return rng.pick(spec.choices)
  const min = Math.max(spec.min, -1e6)
  const max = Math.min(spec.max, 1e6)
  if (spec.kind === 'integer') return rng.int(min, Math.min(max, min + (options.longest ?? 60)))
  return rng.next() < 0.5
    ? Math.min(max, Math.max(min, rng.int(-3, 20_000)))
    : min + rng.next() * (Math.min(max, min + 10) - min)
}

export function randomParams(
  { name, params }: OperatorDefinition,
  rng: Rng,
  options: RandomGraphOptions,
): Record<string, ParamValue> {
  return Object.fromEntries(params.map((spec) => [spec.name, randomParam(spec, rng, name, options)]))
}

/**
 * A valid strategy of about `size` nodes over the whole registry, as somebody might write it: masks of every kind,
 * nodes that nothing reads, repeated fields. Parameters are complete, portfolio settings may be defaults.
 */
export function randomGraph(rng: Rng, size: number, options: RandomGraphOptions): StrategyGraph {
  const nodes: GraphNode[] = []
  const types = new Map<string, PortType>()
  const add = (node: Omit<GraphNode, 'id'>) => {
    const id = `r${nodes.length}`
    nodes.push({ id, ...node })
    types.set(id, operatorNamed(node.op).type(node.inputs.map((input) => types.get(input)!)))
    return id
  }
  const pick = (wanted: InputSpec['type']) => {
    const fitting = nodes.filter(({ id }) =>
      wanted === 'numeric' ? types.get(id) !== 'boolean' : types.get(id) === wanted,
    )
    // Later ones more often, so that graphs grow deep as well as wide.
    return rng.next() < 0.6 ? fitting.at(-1)!.id : rng.pick(fitting).id
  }
  const field = (name: string) => add({ op: 'field', inputs: [], params: { name } })
  for (const name of rng.shuffle(options.fields).slice(0, 4)) field(name)
  const a = add({ op: 'constant', inputs: [], params: { value: rng.int(-5, 12_345) } })
  // A condition that is mostly true or mostly false, for universes and signals to begin with.
  add({ op: rng.pick(['gt', 'le']), inputs: [pick('panel'), a], params: {} })

  const definitions = [...REGISTRY.values()].filter(
    ({ name, params }) =>
      (name !== 'group' || options.groups?.length) &&
      (options.functions || params.every(({ kind }) => kind !== 'function')),
  )
  let universe: string | undefined
  const universeAt = rng.next() < 0.7 ? rng.int(1, size) : Number.POSITIVE_INFINITY
  for (let i = 0; i < size; i++) {
    if (i === universeAt) universe = pick('boolean')
    const definition = rng.pick(definitions)
    const inputs: string[] = []
    for (const spec of definition.inputs) {
      if (spec.optional && rng.next() < 0.5) break
      if (spec.defaultField !== undefined && rng.next() < 0.6) {
        inputs.push(field(spec.defaultField))
        continue
      }
      const times = spec.variadic ? rng.int(1, 3) : 1
      for (let k = 0; k < times; k++) inputs.push(pick(spec.type))
    }
    const params = randomParams(definition, rng, options)
    if (definition.checkParams?.(params, inputs.length) !== undefined) continue
    const output = definition.outputs === undefined ? {} : { output: rng.pick(definition.outputs) }
    const chance = rng.next()
    const mask =
      definition.category !== 'crossSection' || chance < 0.2
        ? {}
        : universe !== undefined && chance < 0.8
          ? { mask: universe }
          : { mask: pick('boolean') }
    add({ op: definition.name, inputs, params, ...output, ...mask })
  }
  const rule = rng.pick<Rule>([
    { kind: 'score', score: pick('panel'), select: { top: rng.int(1, 50) } },
    { kind: 'weights', weights: pick('panel') },
    { kind: 'signals', enter: pick('boolean'), exit: pick('boolean') },
  ])
  return {
    version: 1,
    name: 'Random',
    nodes,
    ...(universe === undefined ? {} : { universe }),
    rule,
    portfolio: randomPortfolio(rng, rule),
  }
}

function randomPortfolio(rng: Rng, rule: Rule): Portfolio {
  return {
    ...DEFAULT_PORTFOLIO,
    ...(rng.next() < 0.5 ? { rebalance: { every: rng.int(1, 60) } } : {}),
    ...(rng.next() < 0.5 ? { exits: { trailingStop: 0.1, atrStop: { n: 14, k: 2.5 } } } : {}),
    ...(rng.next() < 0.3 ? { costs: { commission: 0.001 }, maxWeight: 0.2 } : {}),
    ...(rng.fork('limits').next() < 0.3 ? { minTrade: 0.02, maxTurnover: 0.25 } : {}),
    ...(rule.kind !== 'weights' && rng.next() < 0.5 ? { weight: { inverseVolatility: 20 } } : {}),
  }
}
