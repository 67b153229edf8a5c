import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, type JsonValue } from '../../src/base/json.js'
import { createRng, type Rng } from '../../src/base/rng.js'
import type { GraphNode } from '../../src/graph/node.js'
import type { InputSpec } from '../../src/graph/operator.js'
import { operatorNamed, REGISTRY } from '../../src/graph/registry.js'
import {
  createStrategy,
  renameStrategy,
  type Strategy,
  type StrategyInput,
  topologicalOrder,
} from '../../src/graph/strategy.js'
import { DEFAULT_PORTFOLIO, type StrategyGraph } from '../../src/graph/strategy-graph.js'
import { ROOMY, randomGraph, randomParams } from '../support/random-graph.js'
import { editable, field, hashOf, type NodeInput, rounds, scoredBy, scoreNode } from './make.js'

const OPTIONS = { fields: ['close', 'open', 'high', 'low', 'volume'], groups: ['sector'] }

const forAnyGraph = (runs: number, check: (graph: StrategyGraph, rng: Rng) => void) =>
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), (seed) => {
      const rng = createRng(seed, 'graph')
      check(randomGraph(rng, rng.int(1, 40), OPTIONS), rng)
    }),
    { seed: 11, numRuns: runs },
  )

/** Ways of writing the same strategy differently. */
const REWRITES: Record<string, (graph: StrategyInput, rng: Rng) => StrategyInput> = {
  'its nodes stand in another order': (graph, rng) => ({ ...graph, nodes: rng.shuffle(graph.nodes) }),

  'its nodes have other ids': (graph, rng) => {
    const odd = rng.shuffle(['__proto__', 'constructor', 'n1', 'n2', 'ключ', ' ', '"', 'toString'])
    const ids = new Map(graph.nodes.map(({ id }, i) => [id, odd[i] ?? `other ${i}`]))
    return renamed(graph, (id) => ids.get(id)!)
  },

  'inputs of commutative operators change places': (graph, rng) => ({
    ...graph,
    nodes: graph.nodes.map((node) =>
      operatorNamed(node.op).commutative ? { ...node, inputs: rng.shuffle(node.inputs ?? []) } : node,
    ),
  }),

  'nodes that nothing reads stand beside the others': (graph, rng) => {
    const any = rng.pick(graph.nodes).id
    const idle: NodeInput[] = [
      field('idle', 'somethingElse'),
      { id: 'idle2', op: 'constant', params: { value: 7 } },
      { id: 'idle3', op: 'eq', inputs: ['idle', 'idle2'] },
      { id: 'idle4', op: 'isNaN', inputs: ['idle'] },
      { id: 'idle5', op: 'eq', inputs: ['idle', 'idle'] },
    ]
    const reader = { id: 'idle6', op: 'isNaN', inputs: [any] }
    const readable = operatorTypes(graph).get(any) !== 'boolean'
    return { ...graph, nodes: [...idle, ...graph.nodes, ...(readable ? [reader] : [])] }
  },

  'a node is there twice, and each copy has readers': (graph, rng) => {
    const twin = rng.pick(graph.nodes)
    const id = 'the twin'
    const either = (read: string) => (read === twin.id && rng.next() < 0.5 ? id : read)
    const again = renamed(graph, (read) => read)
    return {
      ...again,
      nodes: [
        ...again.nodes.map((node) => ({
          ...node,
          inputs: (node.inputs ?? []).map(either),
          ...(node.mask === undefined ? {} : { mask: either(node.mask) }),
        })),
        { ...twin, id },
      ],
    }
  },

  'it has another name': (graph) => ({ ...graph, name: `Not ${graph.name}` }),

  'it names its schema': (graph) => ({ ...graph, $schema: './strategy.schema.json' }),

  'defaults are left out': (graph) => ({
    ...graph,
    nodes: graph.nodes.map(withoutDefaults),
    portfolio: Object.fromEntries(
      Object.entries(graph.portfolio ?? {}).filter(
        ([key, value]) =>
          JSON.stringify(value) !== JSON.stringify(DEFAULT_PORTFOLIO[key as keyof typeof DEFAULT_PORTFOLIO]),
      ),
    ),
  }),

  'it says that it replaces no costs': (graph, rng) =>
    graph.portfolio?.costs === undefined
      ? { ...graph, portfolio: { ...graph.portfolio, costs: rng.pick([{}, { tax: undefined }]) } }
      : graph,
}

function withoutDefaults(node: NodeInput): NodeInput {
  const { params: specs, outputs } = operatorNamed(node.op)
  const { inputs, params, output, ...rest } = node
  const told = Object.entries(params ?? {}).filter(([name, value]) => {
    const spec = specs.find((one) => one.name === name)!
    return !('default' in spec) || spec.default !== value
  })
  return {
    ...rest,
    ...(inputs?.length ? { inputs } : {}),
    ...(told.length > 0 ? { params: Object.fromEntries(told) } : {}),
    ...(output === undefined || output === outputs?.[0] ? {} : { output }),
  }
}

function renamed(graph: StrategyInput, to: (id: string) => string): StrategyInput {
  const { rule } = graph
  return {
    ...graph,
    nodes: graph.nodes.map((node) => ({
      ...node,
      id: to(node.id),
      inputs: (node.inputs ?? []).map(to),
      ...(node.mask === undefined ? {} : { mask: to(node.mask) }),
    })),
    ...(graph.universe === undefined ? {} : { universe: to(graph.universe) }),
    rule:
      rule.kind === 'score'
        ? { ...rule, score: to(rule.score) }
        : rule.kind === 'weights'
          ? { ...rule, weights: to(rule.weights) }
          : { ...rule, enter: to(rule.enter), exit: to(rule.exit) },
  }
}

function operatorTypes(graph: StrategyInput) {
  const types = new Map<string, ReturnType<ReturnType<typeof operatorNamed>['type']>>()
  const byId = new Map(graph.nodes.map((node) => [node.id, node]))
  const typeOf = (id: string): 'panel' | 'boolean' | 'vector' => {
    const known = types.get(id)
    if (known !== undefined) return known
    const node = byId.get(id)!
    const type = operatorNamed(node.op).type((node.inputs ?? []).map(typeOf))
    types.set(id, type)
    return type
  }
  for (const { id } of graph.nodes) typeOf(id)
  return types
}

describe('a strategy keeps its hash and its canonical form when', () => {
  test.each(Object.entries(REWRITES))('%s', (_, rewrite) => {
    forAnyGraph(rounds(80, 3000), (graph, rng) => {
      const strategy = createStrategy(graph, ROOMY)
      const other = createStrategy(rewrite(editable(graph), rng), ROOMY)
      expect(other.hash).toBe(strategy.hash)
      expect({ ...other.graph, name: '' }).toEqual({ ...strategy.graph, name: '' })
      expect([...other.keys]).toEqual([...strategy.keys])
    })
  })

  test('all of that happens at once', () => {
    forAnyGraph(rounds(80, 3000), (graph, rng) => {
      const all = rng.shuffle(Object.values(REWRITES))
      const other = all.reduce((written, rewrite) => rewrite(written, rng), editable(graph))
      expect(hashOf(other, ROOMY)).toBe(hashOf(graph, ROOMY))
    })
  })

  test('it is checked again, also from its own JSON', () => {
    forAnyGraph(rounds(80, 3000), (graph) => {
      const strategy = createStrategy(graph, ROOMY)
      for (const again of [
        createStrategy(strategy.graph, ROOMY),
        createStrategy(JSON.parse(JSON.stringify(strategy.graph)), ROOMY),
      ]) {
        expect(again).toEqual(strategy)
        expect(canonicalJson(again.graph as unknown as JsonValue)).toBe(
          canonicalJson(strategy.graph as unknown as JsonValue),
        )
      }
    })
  })

  test('it is renamed', () => {
    const strategy = createStrategy(scoredBy([field('close')]))
    const other = renameStrategy(strategy, 'Another')
    expect(other).toEqual({ ...strategy, graph: { ...strategy.graph, name: 'Another' } })
    expect(Object.isFrozen(other) && Object.isFrozen(other.graph)).toBe(true)
  })
})

/** Changes of a canonical graph that mean something else; undefined where a graph offers no such change. */
const CHANGES: Record<string, (graph: StrategyInput, rng: Rng) => StrategyInput | undefined> = {
  'a parameter': (graph, rng) =>
    changeNode(graph, rng, (node) => {
      const definition = operatorNamed(node.op)
      if (definition.params.length === 0) return undefined
      for (let attempt = 0; attempt < 20; attempt++) {
        const params = {
          ...node.params,
          ...pickOne(randomParams(definition, rng, OPTIONS), rng),
        } as GraphNode['params']
        if (
          definition.checkParams?.(params, node.inputs?.length ?? 0) === undefined &&
          !sameJson(params, node.params)
        )
          return { ...node, params }
      }
      return undefined
    }),

  'an operator': (graph, rng) =>
    changeNode(graph, rng, (node) => {
      const { inputs, params, type } = operatorNamed(node.op)
      const types = operatorTypes(graph)
      const given = (node.inputs ?? []).map((id) => types.get(id)!)
      const alike = [...REGISTRY.values()].filter(
        (other) =>
          other.name !== node.op &&
          other.outputs === undefined &&
          sameJson(other.inputs.map(portOf), inputs.map(portOf)) &&
          sameJson(other.params, params) &&
          other.checkParams?.(node.params ?? {}, given.length) === undefined &&
          other.type(given) === type(given) &&
          (node.mask === undefined || other.category === 'crossSection'),
      )
      if (alike.length === 0) return undefined
      const { output: _, ...rest } = node
      return { ...rest, op: rng.pick(alike).name }
    }),

  'which output is read': (graph, rng) =>
    changeNode(graph, rng, (node) => {
      const others = operatorNamed(node.op).outputs?.filter((output) => output !== node.output)
      return others && { ...node, output: rng.pick(others) }
    }),

  'an edge': (graph, rng) => {
    const types = operatorTypes(graph)
    return changeNode(graph, rng, (node, index) => {
      const inputs = [...(node.inputs ?? [])]
      if (inputs.length === 0) return undefined
      const at = rng.int(0, inputs.length - 1)
      const others = graph.nodes
        .slice(0, index)
        .filter(({ id }) => id !== inputs[at] && types.get(id) === types.get(inputs[at]!))
      if (others.length === 0) return undefined
      inputs[at] = rng.pick(others).id
      return { ...node, inputs }
    })
  },

  'the order of inputs that cannot be commuted': (graph, rng) => {
    const types = operatorTypes(graph)
    return changeNode(graph, rng, (node) => {
      const [a, b, ...rest] = node.inputs ?? []
      if (b === undefined || a === b || types.get(a!) !== types.get(b)) return undefined
      if (operatorNamed(node.op).commutative) return undefined
      return { ...node, inputs: [b, a!, ...rest] }
    })
  },

  'who takes part in a cross-section': (graph, rng) =>
    changeNode(graph, rng, ({ mask, ...rest }, index) => {
      if (operatorNamed(rest.op).category !== 'crossSection') return undefined
      if (mask !== undefined) return rest
      const types = operatorTypes(graph)
      const masks = graph.nodes.slice(0, index).filter(({ id }) => types.get(id) === 'boolean')
      return masks.length === 0 ? undefined : { ...rest, mask: rng.pick(masks).id }
    }),

  'the universe': (graph, rng) => {
    const types = operatorTypes(graph)
    const others = graph.nodes.filter(({ id }) => types.get(id) === 'boolean' && id !== graph.universe)
    if (graph.universe !== undefined && (others.length === 0 || rng.next() < 0.5)) {
      const { universe: _, ...everywhere } = graph
      return everywhere
    }
    return others.length === 0 ? undefined : { ...graph, universe: rng.pick(others).id }
  },

  'what is selected': (graph) => {
    const { rule } = graph
    if (rule.kind === 'score') return { ...graph, rule: { ...rule, select: { topFraction: 0.25 } } }
    if (rule.kind === 'signals' && rule.enter !== rule.exit)
      return { ...graph, rule: { kind: 'signals', enter: rule.exit, exit: rule.enter } }
    return undefined
  },
}

const sameJson = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

const portOf = ({ type, optional, variadic }: InputSpec) => ({ type, optional, variadic })

function pickOne<T>(record: Record<string, T>, rng: Rng): Record<string, T> {
  const key = rng.pick(Object.keys(record))
  return { [key]: record[key]! }
}

function changeNode(
  graph: StrategyInput,
  rng: Rng,
  change: (node: NodeInput, index: number) => NodeInput | undefined,
): StrategyInput | undefined {
  for (const index of rng.shuffle(graph.nodes.map((_, i) => i))) {
    const changed = change(graph.nodes[index]!, index)
    if (changed !== undefined) return { ...graph, nodes: graph.nodes.with(index, changed) }
  }
  return undefined
}

describe('a strategy gets another hash by changing', () => {
  test.each(Object.entries(CHANGES))('%s', (_, change) => {
    const runs = rounds(120, 3000)
    let changed = 0
    forAnyGraph(runs, (graph, rng) => {
      const strategy = createStrategy(graph, ROOMY)
      const other = change(editable(strategy.graph), rng)
      if (other === undefined) return
      changed++
      expect(hashOf(other, ROOMY)).not.toBe(strategy.hash)
    })
    // The property would be empty if few graphs could be changed in this way.
    expect(changed).toBeGreaterThan(runs / 10)
  })

  test.each<[string, StrategyInput['portfolio']]>([
    ['side', { side: 'short' }],
    ['weight', { weight: 'rank' }],
    ['the bars of a weight', { weight: { inverseVolatility: 20 } }],
    ['rebalance', { rebalance: 'weekly' }],
    ['the bars of a rebalance', { rebalance: { every: 21 } }],
    ['fill', { fill: 'nextClose' }],
    ['stopLoss', { exits: { stopLoss: 0.1 } }],
    ['takeProfit', { exits: { takeProfit: 0.1 } }],
    ['trailingStop', { exits: { trailingStop: 0.1 } }],
    ['atrStop', { exits: { atrStop: { n: 14, k: 2 } } }],
    ['the multiple of an atrStop', { exits: { atrStop: { n: 14, k: 3 } } }],
    ['volatilityStop', { exits: { volatilityStop: { n: 14, k: 2 } } }],
    ['maxHoldingBars', { exits: { maxHoldingBars: 9 } }],
    ['commission', { costs: { commission: 0 } }],
    ['tax', { costs: { tax: 0 } }],
    ['slippage', { costs: { slippage: 0 } }],
    ['maxWeight', { maxWeight: 1 }],
    ['groupCap', { groupCap: { group: 'sector', max: 0.3 } }],
    ['the most of a groupCap', { groupCap: { group: 'sector', max: 0.4 } }],
    ['minTrade', { minTrade: 0.01 }],
    ['maxTurnover', { maxTurnover: 0.2 }],
    ['grossExposure', { grossExposure: 0.5 }],
    ['borrowRate', { borrowRate: 0.01 }],
    ['financingRate', { financingRate: 0.06 }],
    ['delistAfter', { delistAfter: 21 }],
    ['delistHaircut', { delistHaircut: 0.5 }],
  ])('%s of the portfolio', (_, portfolio) => {
    const graph = scoredBy([field('close')])
    expect(hashOf({ ...graph, portfolio })).not.toBe(hashOf(graph))
  })

  test('a small number into another small number', () => {
    const at = (value: number) =>
      hashOf(scoredBy([field('close'), { id: 'c', op: 'constant', params: { value } }, add('close', 'c')]))
    const values = [0, 1, -1, Number.MIN_VALUE, 1e-17, 1 + Number.EPSILON, 0.1, 0.1 + 0.2, 0.3, 1e21]
    expect(new Set(values.map(at)).size).toBe(values.length)
    expect(at(-0)).toBe(at(0))
  })
})

const add = (...inputs: string[]): NodeInput => ({ id: 'sum', op: 'add', inputs })

test('two strategies have equal hashes where their expressions, written out in full, are equal', () => {
  // Few operators and fields, so that many pairs are really equal.
  const ops = ['add', 'sub', 'mul', 'max', 'neg'] as const
  const texts = new Map<string, string>()
  const hashes = new Map<string, string>()
  let equal = 0
  for (let i = 0; i < rounds(4000, 100_000); i++) {
    const rng = createRng(i, 'small')
    const nodes: NodeInput[] = [field('a', 'close'), field('b', 'open')]
    for (let k = rng.int(1, 3); k > 0; k--) {
      const op = rng.pick(ops)
      const inputs = Array.from({ length: op === 'neg' ? 1 : 2 }, () => rng.pick(nodes).id)
      nodes.push({ id: `x${k}`, op, inputs })
    }
    const byId = new Map(nodes.map((node) => [node.id, node]))
    const written = (id: string): string => {
      const { op, inputs = [] } = byId.get(id)!
      if (op === 'field') return id
      const parts = inputs.map(written)
      return `${op}(${(op === 'sub' ? parts : parts.sort()).join(' ')})`
    }
    const text = written(nodes.at(-1)!.id)
    const hash = hashOf(scoredBy(nodes))
    if (texts.has(hash)) equal++
    expect(texts.get(hash) ?? text).toBe(text)
    expect(hashes.get(text) ?? hash).toBe(hash)
    texts.set(hash, text)
    hashes.set(text, hash)
  }
  expect(equal).toBeGreaterThan(rounds(4000, 100_000) / 4)
})

describe('the canonical form', () => {
  const messy = scoredBy(
    [
      { id: 'unused', op: 'constant', params: { value: 3 } },
      { id: 'score', op: 'sub', inputs: ['ranked', 'again'] },
      { id: 'ranked', op: 'rank', inputs: ['mom'], mask: 'liquid' },
      { id: 'mom', op: 'pctChange', inputs: ['c1'], params: { n: 20 } },
      { id: 'again', op: 'rank', inputs: ['mom2'], mask: 'liquid' },
      { id: 'mom2', op: 'pctChange', inputs: ['c2'], params: { n: 60 } },
      field('c1', 'close'),
      field('c2', 'close'),
      { id: 'liquid', op: 'gt', inputs: ['volume', 'many'] },
      field('volume'),
      { id: 'many', op: 'constant', params: { value: 1000 } },
    ],
    {
      universe: 'liquid',
      rule: { kind: 'score', score: 'score', select: { top: 3 } },
      portfolio: { costs: { tax: 0 } },
    },
  )

  test('numbers the nodes from the universe on, inputs first, each once', () => {
    const { graph } = createStrategy(messy)
    expect(graph).toEqual({
      version: 1,
      name: 'Test',
      nodes: [
        { id: 'n1', op: 'field', inputs: [], params: { name: 'volume' } },
        { id: 'n2', op: 'constant', inputs: [], params: { value: 1000 } },
        { id: 'n3', op: 'gt', inputs: ['n1', 'n2'], params: {} },
        { id: 'n4', op: 'field', inputs: [], params: { name: 'close' } },
        { id: 'n5', op: 'pctChange', inputs: ['n4'], params: { n: 20 } },
        { id: 'n6', op: 'rank', inputs: ['n5'], params: {}, mask: 'n3' },
        { id: 'n7', op: 'pctChange', inputs: ['n4'], params: { n: 60 } },
        { id: 'n8', op: 'rank', inputs: ['n7'], params: {}, mask: 'n3' },
        { id: 'n9', op: 'sub', inputs: ['n6', 'n8'], params: {} },
      ],
      universe: 'n3',
      rule: { kind: 'score', score: 'n9', select: { top: 3 } },
      portfolio: { ...DEFAULT_PORTFOLIO, costs: { tax: 0 } },
    })
  })

  test('comes with types, fields, groups and depth', () => {
    const strategy = createStrategy(messy)
    expect(Object.fromEntries(strategy.types)).toEqual({
      n1: 'panel',
      n2: 'vector',
      n3: 'boolean',
      n4: 'panel',
      n5: 'panel',
      n6: 'panel',
      n7: 'panel',
      n8: 'panel',
      n9: 'panel',
    })
    expect(strategy.fields).toEqual(['close', 'volume'])
    expect(strategy.groups).toEqual([])
    // volume, gt, rank (through its mask), sub: as deep as close, pctChange, rank, sub.
    expect(strategy.depth).toBe(4)
  })

  test('knows values of one number a bar from those of all symbols', () => {
    const three: NodeInput = { id: 'three', op: 'constant', params: { value: -0 } }
    const six: NodeInput = { id: 'six', op: 'add', inputs: ['three', 'three'] }
    const { types, graph } = createStrategy(
      scoredBy([field('close'), three, six, { id: 's', op: 'mul', inputs: ['six', 'close'] }]),
    )
    expect(graph.nodes.map(({ id, op }) => [op, types.get(id)])).toEqual(
      expect.arrayContaining([
        ['constant', 'vector'],
        ['add', 'vector'],
        ['mul', 'panel'],
      ]),
    )
    // Zero has one form, or equal graphs would compute different infinities.
    expect(Object.is(graph.nodes.find(({ op }) => op === 'constant')!.params.value, 0)).toBe(true)
  })

  test('visits each node once, inputs before users', () => {
    forAnyGraph(rounds(40, 400), (graph, rng) => {
      const order = topologicalOrder(rng.shuffle(graph.nodes)).map(({ id }) => id)
      expect([...order].sort()).toEqual(graph.nodes.map(({ id }) => id).sort())
      const at = new Map(order.map((id, i) => [id, i]))
      for (const { id, inputs } of graph.nodes)
        for (const input of inputs) expect(at.get(input)!).toBeLessThan(at.get(id)!)
    })
  })

  test('counts the way through a mask as depth', () => {
    const deepMask = scoredBy([
      field('close'),
      { id: 'm', op: 'pctChange', inputs: ['close'], params: { n: 5 } },
      { id: 'up', op: 'gt', inputs: ['m', 'close'] },
      { id: 'r', op: 'rank', inputs: ['close'], mask: 'up' },
    ])
    expect(createStrategy(deepMask).depth).toBe(4)
  })

  test('lists groups and fields once, sorted', () => {
    const strategy = createStrategy(
      scoredBy([
        field('v', 'volume'),
        field('c', 'close'),
        { id: 'g', op: 'group', params: { name: 'sector' } },
        { id: 'h', op: 'group', params: { name: 'industry' } },
        { id: 'a', op: 'groupRank', inputs: ['c', 'g'] },
        { id: 'b', op: 'groupRank', inputs: ['v', 'h'] },
        { id: 's', op: 'add', inputs: ['a', 'b'] },
      ]),
    )
    expect(strategy.fields).toEqual(['close', 'volume'])
    expect(strategy.groups).toEqual(['industry', 'sector'])
  })

  test('says the same of a rule by signals and of target weights', () => {
    const nodes: NodeInput[] = [
      field('open'),
      field('close'),
      { id: 'up', op: 'gt', inputs: ['close', 'open'] },
      { id: 'down', op: 'lt', inputs: ['close', 'open'] },
    ]
    const signals = createStrategy(scoredBy(nodes, { rule: { kind: 'signals', enter: 'down', exit: 'up' } }))
    expect(signals.graph.rule).toEqual({ kind: 'signals', enter: 'n3', exit: 'n4' })
    expect(signals.graph.nodes.map(({ op }) => op)).toEqual(['field', 'field', 'lt', 'gt'])
    const weights = createStrategy(scoredBy(nodes, { rule: { kind: 'weights', weights: 'open' } }))
    expect(weights.graph.rule).toEqual({ kind: 'weights', weights: 'n1' })
    expect(weights.graph.nodes).toEqual([
      { id: 'n1', op: 'field', inputs: [], params: { name: 'open' } },
    ] satisfies GraphNode[])
  })

  test('puts the inputs of an input before those of the next', () => {
    const strategy = createStrategy(
      scoredBy([
        field('a'),
        field('b'),
        { id: 'x', op: 'sub', inputs: ['b', 'a'] },
        { id: 'y', op: 'div', inputs: ['x', 'a'] },
      ]),
    )
    expect(scoreNode(strategy)).toEqual({ id: 'n4', op: 'div', inputs: ['n3', 'n2'], params: {} })
  })

  test('fills in default parameters and the first output', () => {
    const strategy = createStrategy(scoredBy([field('close'), { id: 'm', op: 'macd', inputs: ['close'] }]))
    expect(scoreNode(strategy)).toEqual({
      id: 'n2',
      op: 'macd',
      inputs: ['n1'],
      params: { fast: 12, slow: 26, signal: 9 },
      output: 'line',
    })
  })

  test('is frozen through and through', () => {
    forAnyGraph(rounds(40, 40), (graph) => {
      const strategy = createStrategy(graph, ROOMY)
      const visit = (value: unknown, path: string) => {
        if (typeof value !== 'object' || value === null || value instanceof Map) return
        if (!Object.isFrozen(value)) throw new Error(`${path} is not frozen`)
        for (const [key, item] of Object.entries(value)) visit(item, `${path}.${key}`)
      }
      visit(strategy.graph, 'graph')
      expect(Object.isFrozen(strategy)).toBe(true)
    })
  })

  test('leaves what was given as it was', () => {
    forAnyGraph(rounds(40, 40), (graph) => {
      const before = JSON.stringify(graph)
      createStrategy(graph, ROOMY)
      expect(JSON.stringify(graph)).toBe(before)
      expect(Object.isFrozen(graph.nodes)).toBe(false)
    })
  })

  test('has the hash that histories were written with', () => {
    // Records refer to strategies by this number. If it changes, old histories no longer know their duplicates.
    const strategies: Record<string, Strategy> = {
      momentum: createStrategy(
        scoredBy([field('close'), { id: 'm', op: 'pctChange', inputs: ['close'], params: { n: 20 } }]),
      ),
      messy: createStrategy(messy),
    }
    expect(Object.fromEntries(Object.entries(strategies).map(([name, { hash }]) => [name, hash]))).toEqual({
      momentum: 'bd594bd37a29143230683b46a8b26431',
      messy: 'a776cd336050649b7bab8dc7bf43e0b7',
    })
  })

  test('gives equal expressions one content key, across strategies too', () => {
    const mom = (n: number): NodeInput => ({ id: 'm', op: 'pctChange', inputs: ['close'], params: { n } })
    const keyOf = (input: StrategyInput) => {
      const strategy = createStrategy(input)
      return strategy.keys.get(scoreNode(strategy).id)
    }
    const plain = keyOf(scoredBy([field('close'), mom(20)]))
    expect(keyOf(scoredBy([field('volume'), field('close'), mom(20)], { name: 'Other' }))).toBe(plain)
    expect(keyOf(scoredBy([field('close'), mom(21)]))).not.toBe(plain)
  })
})
