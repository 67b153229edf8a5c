import { describe, expect, test } from 'vitest'
import { AlphaloopError } from '../../src/base/errors.js'
import { createRng, type Rng } from '../../src/base/rng.js'
import { createPanel, type Panel, panelPrefix } from '../../src/data/panel.js'
import { DERIVED_FIELDS, deriveField } from '../../src/graph/derived-fields.js'
import { createEvaluator, type Evaluator } from '../../src/graph/evaluate/columnar.js'
import { availableFields, kernelContext } from '../../src/graph/evaluate/context.js'
import { evaluatePlainly } from '../../src/graph/evaluate/reference.js'
import { createExpression, panelValues } from '../../src/graph/expression.js'
import { borrow, giveBack, releaseScratch } from '../../src/graph/kernels/scratch.js'
import type { Column, Params } from '../../src/graph/operator.js'
import { REGISTRY } from '../../src/graph/registry.js'
import { createStrategy, type Strategy } from '../../src/graph/strategy.js'
import { days } from '../backtest/make.js'
import { same } from '../operators/support.js'
import { ROOMY, randomGraph } from '../support/random-graph.js'
import { expectPlainValues } from './compare-plainly.js'
import { field, type NodeInput, rounds, scoredBy, scoreNode } from './make.js'
import { makePanel, PANEL_GRAPHS, PANEL_LOOKS } from './panels.js'

const allIds = (strategy: Strategy) => strategy.graph.nodes.map(({ id }) => id)
const strategyOf = (rng: Rng, size = rng.int(1, 25)) =>
  createStrategy(randomGraph(rng, size, PANEL_GRAPHS), ROOMY)

/** A copy of every value: those of an evaluator may be overwritten by its next call. */
const copied = (columns: readonly Column[]) => columns.map(({ values }) => values.slice())

const evaluated = (strategy: Strategy, panel: Panel, ids = allIds(strategy)) =>
  copied(createEvaluator(panel).evaluate(strategy, ids))

function expectSameBits(got: ArrayLike<number>, wanted: ArrayLike<number>, what: string) {
  if (got.length !== wanted.length) expect.fail(`${what}: ${got.length} values, not ${wanted.length}`)
  for (let i = 0; i < got.length; i++)
    if (!Object.is(got[i], wanted[i])) expect.fail(`${what}: cell ${i} is ${got[i]}, not ${wanted[i]}`)
}

describe('the columnar evaluator and the plain one', () => {
  test('agree on random graphs over nasty panels', () => {
    let exact = 0
    let nodes = 0
    for (let i = 0; i < rounds(200, 3000); i++) {
      const rng = createRng(i, 'evaluate')
      const look = rng.pick(PANEL_LOOKS)
      const panel = makePanel(look, i)
      const strategy = strategyOf(rng)
      const ids = allIds(strategy)
      const columns = createEvaluator(panel).evaluate(strategy, ids)
      const whole = evaluatePlainly(strategy, ids, panel)
      const plainly = expectPlainValues(strategy, columns, panel, `graph ${i} on ${look.name}`)
      const equalBits = new Set<string>()
      for (const [index, node] of strategy.graph.nodes.entries()) {
        nodes++
        const values = columns[index]!.values
        const plain = plainly[index]!
        const reads = node.mask === undefined ? node.inputs : [...node.inputs, node.mask]
        if (reads.every((id) => equalBits.has(id))) {
          const given = whole[index]!
          expect(given.length).toBe(plain.length)
          for (let cell = 0; cell < plain.length; cell++)
            if (!same(given[cell]!, plain[cell]!))
              expect.fail(`graph ${i}, ${node.id} ${node.op}: whole ${given[cell]}, alone ${plain[cell]}`)
          if (given.every((value, cell) => same(value, values[cell]!))) equalBits.add(node.id)
        }
      }
      exact += equalBits.size
    }
    // Most values are the same bits all the way from the data, so the whole graph is compared too.
    expect(exact / nodes).toBeGreaterThan(0.7)
  })

  test('meet every operator in these graphs, but for functions of a strategy’s author', () => {
    const met = new Set<string>()
    for (let i = 0; i < 300; i++)
      for (const { op } of randomGraph(createRng(i, 'met'), 25, PANEL_GRAPHS).nodes) met.add(op)
    expect([...REGISTRY.keys()].filter((name) => !met.has(name))).toEqual(['custom'])
  })
})

describe('a value is the same bits', () => {
  const forAnyStrategy = (
    label: string,
    runs: number,
    check: (strategy: Strategy, panel: Panel, rng: Rng) => void,
  ) => {
    for (let i = 0; i < runs; i++) {
      const rng = createRng(i, label)
      check(strategyOf(rng), makePanel(rng.pick(PANEL_LOOKS), i), rng)
    }
  }

  test('in whatever order, alone or together with others', () => {
    forAnyStrategy('order', rounds(80, 3000), (strategy, panel, rng) => {
      const ids = allIds(strategy)
      const values = evaluated(strategy, panel)
      const order = rng.shuffle(ids)
      const shuffled = evaluated(strategy, panel, order)
      for (const [i, id] of order.entries())
        expectSameBits(shuffled[i]!, values[ids.indexOf(id)]!, `${id} in another order`)
      const one = rng.int(0, ids.length - 1)
      expectSameBits(evaluated(strategy, panel, [ids[one]!])[0]!, values[one]!, `${ids[one]} alone`)
    })
  })

  test('on a panel that ends earlier', () => {
    forAnyStrategy('prefix', rounds(60, 2000), (strategy, panel, rng) => {
      const values = evaluated(strategy, panel)
      for (const bars of [1, 2, rng.int(3, panel.dates.length - 1), panel.dates.length - 1]) {
        const part = evaluated(strategy, panelPrefix(panel, bars))
        for (const [i, { id, op }] of strategy.graph.nodes.entries()) {
          const cells = (values[i]!.length / panel.dates.length) * bars
          expectSameBits(part[i]!, values[i]!.subarray(0, cells), `${id} ${op} after ${bars} bars`)
        }
      }
    })
  })

  test.each([0, 1, 3000, 20_000, Number.POSITIVE_INFINITY])(
    'with %d bytes for values of earlier strategies',
    (cacheBytes) => {
      for (let i = 0; i < rounds(10, 200); i++) {
        const rng = createRng(i, 'budget')
        const panel = makePanel(rng.pick(PANEL_LOOKS), i)
        const strategies = Array.from({ length: 8 }, () => strategyOf(rng, rng.int(1, 15)))
        const evaluator = createEvaluator(panel, { cacheBytes })
        for (let k = 0; k < 25; k++) {
          const strategy = rng.pick(strategies)
          const ids = rng.shuffle(allIds(strategy)).slice(0, rng.int(1, 6))
          const wanted = evaluated(strategy, panel, ids)
          const got = evaluator.evaluate(strategy, ids)
          for (const [at, id] of ids.entries())
            expectSameBits(got[at]!.values, wanted[at]!, `${id} of call ${k}`)
        }
      }
    },
  )
})

const PANEL = makePanel(PANEL_LOOKS[1]!, 1)
const CELLS = PANEL.dates.length * PANEL.symbols.length
const BYTES = CELLS * 8

const lagged = (n: number): NodeInput => ({ id: `lag${n}`, op: 'lag', inputs: ['close'], params: { n } })
const lagStrategy = (n: number, name = 'Lag') =>
  createStrategy(scoredBy([field('close'), lagged(n)], { name }))
const scoreOf = (strategy: Strategy) => [scoreNode(strategy).id]

/** lag1 + lag2 + … + lagN of close, added up from the left. */
function sumOfLags(n: number): Strategy {
  const nodes = [field('close'), ...Array.from({ length: n }, (_, i) => lagged(i + 1))]
  let last = 'lag1'
  for (let i = 2; i <= n; i++) {
    nodes.push({ id: `sum${i}`, op: 'add', inputs: [last, `lag${i}`] })
    last = `sum${i}`
  }
  return createStrategy(scoredBy(nodes), ROOMY)
}

describe('the cache', () => {
  test('gives strategies that share an expression the same array', () => {
    const evaluator = createEvaluator(PANEL)
    const [first] = evaluator.evaluate(lagStrategy(3), scoreOf(lagStrategy(3)))
    const sum = sumOfLags(4)
    const shared = sum.graph.nodes.find(({ op, params }) => op === 'lag' && params.n === 3)!
    const before = evaluator.stats().misses
    const [again] = evaluator.evaluate(sum, [shared.id])
    expect(again!.values).toBe(first!.values)
    expect(evaluator.stats()).toMatchObject({ misses: before, hits: 1 })
  })

  test('computes nothing twice, and nothing that was not asked for', () => {
    const evaluator = createEvaluator(PANEL)
    const sum = sumOfLags(3)
    evaluator.evaluate(sum, scoreOf(sum))
    // close and the sum of all: the lags and the sum of two are computed as that is, and kept nowhere.
    expect(evaluator.stats()).toMatchObject({ hits: 0, misses: 2, bytes: BYTES })
    evaluator.evaluate(sum, scoreOf(sum))
    expect(evaluator.stats()).toMatchObject({ hits: 1, misses: 2, bytes: BYTES })
    const lag = sum.graph.nodes.find(({ op }) => op === 'lag')!
    const fresh = createEvaluator(PANEL)
    fresh.evaluate(sum, [lag.id])
    expect(fresh.stats()).toMatchObject({ hits: 0, misses: 2, bytes: BYTES })
  })

  test('lends the panel’s own fields without a copy and without counting them', () => {
    const evaluator = createEvaluator(PANEL)
    const strategy = createStrategy(scoredBy([field('close')]))
    const [close] = evaluator.evaluate(strategy, scoreOf(strategy))
    expect(close!.values).toBe(PANEL.fields.get('close'))
    expect(evaluator.stats().bytes).toBe(0)
  })

  test('counts fields that had to be computed, and lets them go like any other value', () => {
    const evaluator = createEvaluator(PANEL, { cacheBytes: BYTES })
    const use = (name: string) => {
      const strategy = createStrategy(scoredBy([field(name)]))
      return evaluator.evaluate(strategy, scoreOf(strategy))[0]!.values.slice()
    }
    const returns = use('returns')
    expect(evaluator.stats()).toMatchObject({ bytes: BYTES, misses: 1 })
    use('dollarVolume')
    expect(evaluator.stats()).toMatchObject({ bytes: BYTES, misses: 2 })
    expect(use('returns')).toEqual(returns)
    expect(evaluator.stats()).toMatchObject({ bytes: BYTES, misses: 3 })
  })

  test('idle working memory of kernels counts, and goes before it takes the place of most values', () => {
    releaseScratch()
    const evaluator = createEvaluator(PANEL, { cacheBytes: 10 * BYTES })
    giveBack(borrow(BYTES / 8))
    evaluator.evaluate(lagStrategy(1), scoreOf(lagStrategy(1)))
    expect(evaluator.stats().held - evaluator.stats().bytes).toBeGreaterThanOrEqual(BYTES)
    giveBack(borrow(BYTES))
    evaluator.evaluate(lagStrategy(2), scoreOf(lagStrategy(2)))
    expect(evaluator.stats()).toMatchObject({ bytes: 2 * BYTES })
    expect(evaluator.stats().held).toBeLessThan(3 * BYTES)
  })

  test('forgets what was used least, and of that what was used least recently', () => {
    const evaluator = createEvaluator(PANEL, { cacheBytes: 2 * BYTES })
    const use = (n: number) => evaluator.evaluate(lagStrategy(n), scoreOf(lagStrategy(n)))
    const computes = (n: number) => {
      const before = evaluator.stats().misses
      use(n)
      return evaluator.stats().misses > before
    }
    use(1)
    use(2)
    use(1)
    use(3)
    expect(computes(1)).toBe(false)
    expect(computes(3)).toBe(false)
    expect(computes(2)).toBe(true)
    expect(computes(1)).toBe(false)
    expect(computes(3)).toBe(true)
  })

  test('keeps its budget, except for what the last call gave', () => {
    for (const cacheBytes of [0, BYTES, 3 * BYTES, 10 * BYTES]) {
      const evaluator = createEvaluator(PANEL, { cacheBytes })
      for (let i = 0; i < 40; i++) {
        const rng = createRng(i, 'kept')
        const strategy = strategyOf(rng)
        const ids = rng.shuffle(allIds(strategy)).slice(0, 3)
        const given = evaluator.evaluate(strategy, ids)
        const lent = new Set(PANEL.fields.values())
        const own = given.reduce(
          (sum, { values }) => sum + (lent.has(values as Float64Array) ? 0 : values.byteLength),
          0,
        )
        expect(evaluator.stats().bytes).toBeLessThanOrEqual(Math.max(cacheBytes, own))
        // Where even the largest array is beyond the budget, each of the last call may stand in a slab made for it;
        // a quarter of the budget may be kernels' working memory.
        const most = Math.max(cacheBytes, given.length * BYTES + cacheBytes / 4)
        expect(evaluator.stats().held).toBeLessThanOrEqual(most)
      }
    }
  })

  test('counts bytes exactly: booleans one, numbers eight, values a bar over all symbols once', () => {
    const evaluator = createEvaluator(PANEL)
    const strategy = createStrategy(
      scoredBy([
        { id: 'c', op: 'constant', params: { value: 3 } },
        field('close'),
        { id: 'up', op: 'gt', inputs: ['close', 'c'] },
        { id: 'x', op: 'where', inputs: ['up', 'close', 'c'] },
      ]),
    )
    const up = strategy.graph.nodes.find(({ op }) => op === 'gt')!
    evaluator.evaluate(strategy, [...scoreOf(strategy), up.id])
    expect(evaluator.stats().bytes).toBe(PANEL.dates.length * 8 + CELLS + CELLS * 8)
  })

  test('frees arrays that a strategy has used up while it is still being computed', () => {
    const evaluator = createEvaluator(PANEL, { cacheBytes: 0 })
    const sum = sumOfLags(40)
    evaluator.evaluate(sum, scoreOf(sum))
    expect(evaluator.stats().bytes).toBe(BYTES)
  })

  test('fills arrays that are free again before it makes new ones', () => {
    const evaluator = createEvaluator(PANEL, { cacheBytes: 0 })
    const arrays = new Set<unknown>()
    for (let n = 1; n <= 50; n++)
      for (const { values } of evaluator.evaluate(lagStrategy(n), scoreOf(lagStrategy(n))))
        arrays.add(values.buffer)
    expect(arrays.size).toBeLessThanOrEqual(2)
  })

  test('never gives one array to two values of a call', () => {
    const evaluator = createEvaluator(PANEL, { cacheBytes: 0 })
    for (let i = 0; i < 30; i++) {
      const strategy = strategyOf(createRng(i, 'distinct'), 20)
      const columns = evaluator.evaluate(strategy, allIds(strategy))
      const views = columns.filter(({ values }) =>
        [...PANEL.fields.values()].includes(values as Float64Array),
      )
      expect(new Set(columns.map(({ values }) => values)).size).toBeGreaterThanOrEqual(
        columns.length - views.length,
      )
    }
  })

  test('survives a strategy that cannot be computed', () => {
    const evaluator = createEvaluator(PANEL, { cacheBytes: BYTES })
    const good = lagStrategy(2)
    const wanted = copied(evaluator.evaluate(good, scoreOf(good)))
    const missing = createStrategy(scoredBy([field('revenue')]))
    expect(() => evaluator.evaluate(missing, scoreOf(missing))).toThrow(AlphaloopError)
    expectSameBits(evaluator.evaluate(good, scoreOf(good))[0]!.values, wanted[0]!, 'afterwards')
  })

  test('is not written to by any strategy: the panel stays as it was', () => {
    const panel = makePanel(PANEL_LOOKS[2]!, 5)
    const before = new Map([...panel.fields].map(([name, values]) => [name, values.slice()]))
    const evaluator = createEvaluator(panel, { cacheBytes: 0 })
    for (let i = 0; i < 60; i++) {
      const strategy = strategyOf(createRng(i, 'untouched'))
      evaluator.evaluate(strategy, allIds(strategy))
    }
    for (const [name, values] of before) expectSameBits(panel.fields.get(name)!, values, name)
  })

  test('a graph of 20 000 levels is evaluated without overflowing the stack', () => {
    const nodes: NodeInput[] = [field('close')]
    for (let i = 0; i < 20_000; i++)
      nodes.push({ id: `x${i}`, op: 'neg', inputs: [i === 0 ? 'close' : `x${i - 1}`] })
    const deep = createStrategy(scoredBy(nodes), { maxNodes: 1e6, maxDepth: 1e6, maxFields: 1 })
    const evaluator: Evaluator = createEvaluator(PANEL, { cacheBytes: 0 })
    expectSameBits(
      evaluator.evaluate(deep, scoreOf(deep))[0]!.values,
      PANEL.fields.get('close')!,
      'neg of neg',
    )
  })
})

describe('what the data does not have', () => {
  const evaluate = (strategy: Strategy, panel = PANEL) =>
    createEvaluator(panel).evaluate(strategy, scoreOf(strategy))
  const bare = createPanel({
    dates: days(3),
    symbols: ['A', 'B'],
    fields: new Map([['close', Float64Array.of(1, 2, 2, 4, 3, Number.NaN)]]),
  })
  const error = (call: () => unknown) => {
    try {
      call()
    } catch (thrown) {
      const { kind, code, message, hint, details } = thrown as AlphaloopError
      return { kind, code, message, hint, details }
    }
    throw new Error('it was accepted')
  }

  test('a field is named with the nearest one and all that there are', () => {
    const strategy = createStrategy(scoredBy([field('f', 'volumes')]))
    const available = [...PANEL_GRAPHS.fields].sort()
    for (const call of [() => evaluate(strategy), () => evaluatePlainly(strategy, scoreOf(strategy), PANEL)])
      expect(error(call)).toEqual({
        kind: 'usage',
        code: 'UNKNOWN_FIELD',
        message: 'the data has no field "volumes"; did you mean volume?',
        hint: `it has ${available.join(', ')}`,
        details: { field: 'volumes', available },
      })
  })

  test('a group likewise, and where there are none it says so', () => {
    const byGroup = (name: string) =>
      createStrategy(
        scoredBy([
          field('close'),
          { id: 'g', op: 'group', params: { name } },
          { id: 'r', op: 'groupRank', inputs: ['close', 'g'] },
        ]),
      )
    expect(error(() => evaluate(byGroup('sektor')))).toEqual({
      kind: 'usage',
      code: 'UNKNOWN_GROUP',
      message: 'the data has no group "sektor"; did you mean sector?',
      hint: 'it has sector',
      details: { group: 'sektor', available: ['sector'] },
    })
    expect(error(() => evaluate(byGroup('industry'), bare))).toMatchObject({
      message: 'the data has no group "industry"',
      hint: "it has no groups: join a table of them with --data sectors.csv (symbol,sector); an alpha101(…) reads yours with { industry: 'name of your group' }",
    })
  })

  test.each(['__proto__', 'constructor', 'toString'])('%s is no field and no group of any data', (name) => {
    expect(error(() => kernelContext(PANEL).field(name)).code).toBe('UNKNOWN_FIELD')
    expect(error(() => kernelContext(PANEL).group(name)).code).toBe('UNKNOWN_GROUP')
  })

  test('is refused before anything is computed', () => {
    const evaluator = createEvaluator(bare)
    const strategy = createStrategy(
      scoredBy([field('close'), field('v', 'volume'), { id: 'x', op: 'add', inputs: ['close', 'v'] }]),
    )
    expect(() => evaluator.evaluate(strategy, scoreOf(strategy))).toThrow(AlphaloopError)
    expect(evaluator.stats()).toMatchObject({ hits: 0, misses: 0, bytes: 0 })
  })

  test('is told with every operator that reads it by itself', () => {
    const inputs = ['high', 'low', 'close']
    const strategy = createStrategy(
      scoredBy([
        ...inputs.map((name) => field(name)),
        { id: 'a', op: 'atr', inputs, params: { n: 2 } },
        { id: 'b', op: 'cci', inputs, params: { n: 2 } },
        { id: 'x', op: 'add', inputs: ['a', 'b'] },
      ]),
    )
    expect(() => createEvaluator(bare).evaluate(strategy, scoreOf(strategy))).toThrow(
      /the data has no field "high", which (atr and cci|cci and atr) read$/,
    )
  })

  test('a return from or to an infinite close is missing, as close/lag(close, 1) − 1 is', () => {
    const close = Float64Array.of(1, Number.POSITIVE_INFINITY, 2, 3)
    const returns = deriveField('returns', new Map([['close', close]]), 1)!
    expect([...returns]).toEqual([Number.NaN, Number.NaN, Number.NaN, 0.5])
  })

  test('fields that follow from others are there', () => {
    expect(availableFields(bare)).toEqual(['close', 'rawClose', 'returns'])
    expect(availableFields(PANEL)).toEqual([...PANEL_GRAPHS.fields].sort())
    const with_ = (...names: string[]) =>
      availableFields({
        symbols: [],
        fields: new Map(['close', ...names].map((name) => [name, new Float64Array()])),
      })
    expect(with_('high')).not.toContain('vwap')
    expect(with_('low')).not.toContain('vwap')
    expect(with_('volume')).toContain('dollarVolume')
    expect(with_('vwap')).toContain('vwap')
    for (const name of availableFields(bare)) expect(kernelContext(bare).field(name)).toHaveLength(6)
    for (const name of DERIVED_FIELDS) expect(kernelContext(PANEL).field(name)).toHaveLength(CELLS)
  })
})

describe('derived fields', () => {
  const N = Number.NaN
  const columns = (fields: Record<string, number[]>) =>
    new Map(Object.entries(fields).map(([name, values]) => [name, Float64Array.from(values)]))
  const derive = (name: string, fields: Record<string, number[]>, symbols = 2) => {
    const values = deriveField(name, columns(fields), symbols)
    return values && [...values]
  }

  test('returns are to the close of the bar before, missing at the first and where either is', () => {
    expect(derive('returns', { close: [10, 20, 11, N, 11, 22, 0, 33] })).toEqual([
      N,
      N,
      11 / 10 - 1,
      N,
      0,
      N,
      -1,
      0.5,
    ])
    // A close of 0 gives no return to the next bar.
    expect(derive('returns', { close: [0, 5] }, 1)).toEqual([N, N])
  })

  test('vwap is the mean of high, low and close', () => {
    const fields = { close: [10, 20], high: [12, N], low: [8.5, 19] }
    expect(derive('vwap', fields)).toEqual([(12 + 8.5 + 10) / 3, N])
    expect(derive('vwap', { close: [10, 20], high: [12, 21] })).toBeUndefined()
    expect(derive('vwap', { close: [10, 20], low: [1, 2] })).toBeUndefined()
    expect(derive('vwap', { high: [12, 21], low: [1, 2] })).toBeUndefined()
  })

  test('dollar volume is at the raw close where prices were adjusted', () => {
    expect(derive('dollarVolume', { close: [10, 20], volume: [3, N] })).toEqual([30, N])
    expect(derive('dollarVolume', { close: [10, 20], rawClose: [100, 200], volume: [3, 4] })).toEqual([
      300, 800,
    ])
    expect(derive('dollarVolume', { close: [1e300, 1], volume: [1e300, 1] })).toEqual([N, 1])
    expect(derive('dollarVolume', { close: [10, 20] })).toBeUndefined()
    expect(derive('dollarVolume', { volume: [10, 20] })).toBeUndefined()
  })

  test('the raw close is the close where prices were not adjusted', () => {
    const fields = columns({ close: [1, 2] })
    expect(deriveField('rawClose', fields, 2)).toBe(fields.get('close'))
  })

  test('a field that the data has comes as it is', () => {
    const own = columns({ close: [1, 2], vwap: [5, 6], returns: [7, 8] })
    for (const name of ['vwap', 'returns']) expect(deriveField(name, own, 2)).toBe(own.get(name))
    expect(deriveField('revenue', own, 2)).toBeUndefined()
    expect(deriveField('returns', columns({ open: [1, 2] }), 2)).toBeUndefined()
  })

  test('are computed once', () => {
    const context = kernelContext(PANEL)
    expect(context.field('returns')).toBe(context.field('returns'))
  })
})

describe('an expression', () => {
  const nodes = [
    { id: 'c', op: 'field', inputs: [], params: { name: 'close' } },
    { id: 'five', op: 'constant', inputs: [], params: { value: 5 } },
    { id: 'sum', op: 'add', inputs: ['five', 'c'], params: {} },
    { id: 'up', op: 'gt', inputs: ['sum', 'five'], params: {} },
    { id: 'g', op: 'group', inputs: [], params: { name: 'sector' } },
    { id: 'gr', op: 'groupRank', inputs: ['sum', 'g'], params: {} },
  ]

  test('is its root and what that reads, in canonical form', () => {
    const sum = createExpression(nodes, 'sum')
    expect(sum.graph.nodes.map(({ op }) => op).sort()).toEqual(['add', 'constant', 'field'])
    expect(sum).toMatchObject({ root: 'n3', type: 'panel', depth: 2, fields: ['close'], groups: [] })
    expect(Object.isFrozen(sum) && Object.isFrozen(sum.graph.nodes[0])).toBe(true)
    expect(createExpression(nodes, 'gr')).toMatchObject({ type: 'panel', groups: ['sector'], depth: 3 })
  })

  test('may be of any type', () => {
    expect(createExpression(nodes, 'up').type).toBe('boolean')
    expect(createExpression(nodes, 'five').type).toBe('vector')
  })

  test('has one key however it is written, and the key of the same node in a strategy', () => {
    const { key } = createExpression(nodes, 'sum')
    const turned = nodes.map((node) => (node.op === 'add' ? { ...node, inputs: ['c', 'five'] } : node))
    expect(createExpression(turned.reverse(), 'sum').key).toBe(key)
    expect(createExpression(nodes, 'up').key).not.toBe(key)
    const strategy = createStrategy(scoredBy(nodes, { rule: { kind: 'weights', weights: 'sum' } }))
    expect([...strategy.keys.values()]).toContain(key)
  })

  test('gives numbers per bar and symbol, whatever its type', () => {
    const evaluator = createEvaluator(PANEL)
    const values = (root: string) => {
      const expression = createExpression(nodes, root)
      const [column] = evaluator.evaluate(expression, [expression.root])
      return panelValues(column!, PANEL.dates.length, PANEL.symbols.length)
    }
    const close = PANEL.fields.get('close')!
    expectSameBits(values('five'), new Float64Array(CELLS).fill(5), 'a vector')
    expectSameBits(
      values('sum'),
      close.map((c) => c + 5),
      'a panel',
    )
    expectSameBits(
      values('up'),
      close.map((c) => (c > 0 ? 1 : 0)),
      'a boolean',
    )
    expect(values('c')).toBe(close)
    const ramp: Column = { type: 'vector', width: 1, values: Float64Array.of(1, 2) }
    expect([...panelValues(ramp, 2, 3)]).toEqual([1, 1, 1, 2, 2, 2])
  })
})

test('inputs that can be commuted give the same value either way', () => {
  // The canonical form puts them in one order: that must not change what a strategy says.
  const context = kernelContext(PANEL)
  for (const definition of REGISTRY.values()) {
    if (!definition.commutative) continue
    const rolling = definition.category === 'timeSeries'
    for (let i = 0; i < 20; i++) {
      const rng = createRng(i, 'commute')
      const column = (type: string): Column => {
        if (type === 'boolean') {
          const values = Uint8Array.from({ length: CELLS }, () => rng.int(0, 1))
          return { type: 'boolean', width: PANEL.symbols.length, values }
        }
        const values = Float64Array.from({ length: CELLS }, () =>
          rolling ? rng.normal() : rng.pick([Number.NaN, 0, -0, rng.int(-2, 2), 1e200 * rng.normal()]),
        )
        return { type: 'panel', width: PANEL.symbols.length, values }
      }
      const inputs = definition.inputs.map(({ type }) => column(type))
      const params: Params = Object.fromEntries(definition.params.map(({ name }) => [name, rng.int(3, 9)]))
      const out = (given: readonly Column[]) => {
        const boolean = definition.type(given.map(({ type }) => type)) === 'boolean'
        const values = boolean ? new Uint8Array(CELLS) : new Float64Array(CELLS)
        definition.kernel(values, given, params, context, { output: undefined, mask: undefined })
        return values
      }
      const [one, other] = [out(inputs), out([...inputs].reverse())]
      for (let cell = 0; cell < CELLS; cell++)
        if (!same(one[cell]!, other[cell]!) && !(rolling && Math.abs(one[cell]! - other[cell]!) < 1e-12))
          expect.fail(`${definition.name}: ${one[cell]} and ${other[cell]}`)
    }
  }
})
