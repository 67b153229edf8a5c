import { describe, expect, test } from 'vitest'
import { AlphaloopError } from '../../src/base/errors.js'
import { createExpression } from '../../src/graph/expression.js'
import { createStrategy, type StrategyInput } from '../../src/graph/strategy.js'
import { field, type NodeInput, rounds, scoredBy } from './make.js'

/** What stands in an error that the call must throw. */
function refusal(call: () => unknown) {
  try {
    call()
  } catch (error) {
    expect(error).toBeInstanceOf(AlphaloopError)
    const { kind, code, message, hint, details } = error as AlphaloopError
    expect(kind).toBe('usage')
    return { code, message, hint, details }
  }
  throw new Error('it was accepted')
}

const refused = (graph: unknown, limits?: Parameters<typeof createStrategy>[1]) =>
  refusal(() => createStrategy(graph, limits))

const close = field('close')
const node = (op: string, inputs: string[] = ['close'], params = {}, more = {}): NodeInput => ({
  id: 'x',
  op,
  inputs,
  params,
  ...more,
})
const withNode = (...given: Parameters<typeof node>) => scoredBy([close, node(...given)])
const up: NodeInput = { id: 'up', op: 'gt', inputs: ['close', 'close'] }

describe('an operator that does not exist', () => {
  test('is named with its node and the nearest one', () => {
    expect(refused(withNode('emma'))).toEqual({
      code: 'UNKNOWN_OPERATOR',
      message: 'node x: there is no operator "emma"; did you mean ema?',
      hint: 'write ema',
      details: { operator: 'emma', nearest: 'ema' },
    })
  })

  test.each(['quintessence', '__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    '%s is like nothing that there is',
    (op) => {
      expect(refused(withNode(op))).toEqual({
        code: 'UNKNOWN_OPERATOR',
        message: `node x: there is no operator "${op}"`,
        hint: '`alphaloop operators` lists every operator',
        details: { operator: op },
      })
    },
  )
})

describe('a node that does not exist', () => {
  const message = (graph: unknown) => {
    const { code, message } = refused(graph)
    expect(code).toBe('UNKNOWN_NODE')
    return message
  }

  test('as an input or a mask is named with who reads it, and with the nearest one', () => {
    expect(message(withNode('neg', ['clsoe']))).toBe(
      'x (neg) names the node "clsoe", which does not exist; did you mean close?',
    )
    expect(message(withNode('rank', ['close'], {}, { mask: 'liquid' }))).toBe(
      'x (rank) names the node "liquid", which does not exist',
    )
  })

  test.each<[string, Partial<StrategyInput>]>([
    ['score', { rule: { kind: 'score', score: 'gone', select: { top: 1 } } }],
    ['signals.enter', { rule: { kind: 'signals', enter: 'gone', exit: 'up' } }],
    ['signals.exit', { rule: { kind: 'signals', enter: 'up', exit: 'gone' } }],
    ['weights', { rule: { kind: 'weights', weights: 'gone' } }],
    ['universe', { universe: 'gone' }],
  ])('as %s', (role, more) => {
    expect(message(scoredBy([close, up, node('neg')], more))).toBe(
      `${role} names the node "gone", which does not exist`,
    )
  })

  test.each(['__proto__', 'constructor', 'hasOwnProperty'])('although every object has a %s', (id) => {
    expect(message(withNode('neg', [id]))).toBe(`x (neg) names the node "${id}", which does not exist`)
    expect(message(scoredBy([close], { universe: id }))).toBe(
      `universe names the node "${id}", which does not exist`,
    )
  })

  test('as the root of an expression', () => {
    expect(
      refusal(() => createExpression([{ id: 'a', op: 'field', inputs: [], params: { name: 'a' } }], 'b')),
    ).toMatchObject({
      code: 'UNKNOWN_NODE',
      message: 'the root names the node "b", which does not exist; did you mean a?',
    })
  })
})

describe('a cycle', () => {
  const cycle = (message: string) => ({
    code: 'CYCLE',
    message,
    hint: 'a graph has no cycles',
    details: {},
  })

  test('of one node', () => {
    expect(refused(withNode('neg', ['x']))).toEqual(cycle('node x reads its own result through x'))
  })

  test('of two', () => {
    expect(refused(scoredBy([close, { id: 'y', op: 'neg', inputs: ['x'] }, node('neg', ['y'])]))).toEqual(
      cycle('node y reads its own result through x'),
    )
  })

  test('through a mask', () => {
    const mask: NodeInput = { id: 'm', op: 'gt', inputs: ['x', 'close'] }
    expect(refused(scoredBy([close, mask, node('rank', ['close'], {}, { mask: 'm' })]))).toEqual(
      cycle('node m reads its own result through x'),
    )
  })

  test('among nodes that nothing else reads', () => {
    const idle: NodeInput = { id: 'idle', op: 'neg', inputs: ['idle'] }
    expect(refused(scoredBy([idle, close])).code).toBe('CYCLE')
  })

  test('of 100 000 nodes does not overflow the stack', () => {
    const many = rounds(100_000, 100_000)
    const ring = Array.from({ length: many }, (_, i) => ({
      id: `r${i}`,
      op: 'neg',
      inputs: [`r${(i + 1) % many}`],
    }))
    expect(refused(scoredBy(ring))).toEqual(cycle(`node r0 reads its own result through r${many - 1}`))
  })

  test('is not what a node read on many ways is', () => {
    // Every node reads the one before twice: 2^40 ways lead to the first.
    const ladder: NodeInput[] = Array.from({ length: 40 }, (_, i) => ({
      id: `l${i}`,
      op: 'add',
      inputs: i === 0 ? ['close', 'close'] : [`l${i - 1}`, `l${i - 1}`],
    }))
    const limits = { maxNodes: 41, maxDepth: 41, maxFields: 1 }
    expect(createStrategy(scoredBy([close, ...ladder]), limits).depth).toBe(41)
  })
})

describe('inputs', () => {
  test.each<[string, NodeInput, string, string]>([
    ['too few', node('add', ['close']), 'add takes 2 inputs, not 1', 'add(a: numeric, b: numeric)'],
    ['too many', node('neg', ['close', 'close']), 'neg takes 1 input, not 2', 'neg(x: numeric)'],
    [
      'too many beside an optional one',
      node('cumMax', ['close', 'up', 'up']),
      'cumMax takes 1 to 2 inputs, not 3',
      'cumMax(x: numeric, reset?: boolean)',
    ],
    [
      'too few of any number',
      node('regressOut', ['close']),
      'regressOut takes at least 2 inputs, not 1',
      'regressOut(y: panel, ...x: panel)',
    ],
    [
      'some for a source',
      node('field', ['close'], { name: 'a' }),
      'field takes 0 inputs, not 1',
      'field(name: text)',
    ],
  ])('%s', (_, given, message, hint) => {
    expect(refused(scoredBy([close, up, given]))).toEqual({
      code: 'WRONG_INPUTS',
      message: `node x: ${message}`,
      hint,
      details: { node: 'x', operator: given.op },
    })
  })

  test('a mask outside a cross-section', () => {
    expect(refused(scoredBy([close, up, node('neg', ['close'], {}, { mask: 'up' })]))).toEqual({
      code: 'WRONG_INPUTS',
      message: 'node x: neg is not cross-sectional, so it takes no mask',
      hint: undefined,
      details: {},
    })
  })

  test('any number of them, where an operator takes any', () => {
    const graph = (n: number) =>
      withNode('regressOut', ['close', ...Array.from({ length: n }, () => 'close')])
    for (const n of [1, 2, 5, 20]) expect(createStrategy(graph(n)).graph.nodes).toHaveLength(2)
  })
})

describe('a type that does not fit', () => {
  test.each<[string, NodeInput, string, Record<string, unknown>]>([
    [
      'a condition for a number',
      node('neg', ['up']),
      'neg needs a numeric as x, but up is a boolean',
      { input: 'x', expected: 'numeric', actual: 'boolean' },
    ],
    [
      'a number for a condition',
      node('not', ['close']),
      'not needs a boolean as cond, but close is a panel',
      { input: 'cond', expected: 'boolean', actual: 'panel' },
    ],
    [
      'a condition as second input',
      node('add', ['close', 'up']),
      'add needs a numeric as b, but up is a boolean',
      { input: 'b', expected: 'numeric', actual: 'boolean' },
    ],
    [
      'a condition as the third of any number',
      node('regressOut', ['close', 'close', 'up']),
      'regressOut needs a panel as x, but up is a boolean',
      { input: 'x', expected: 'panel', actual: 'boolean' },
    ],
  ])('%s', (_, given, message, details) => {
    const refusedWith = refused(scoredBy([close, up, given]))
    expect(refusedWith).toEqual({
      code: 'WRONG_TYPE',
      message: `node x: ${message}`,
      hint: expect.stringMatching(new RegExp(`^${given.op}\\(`)),
      details: { node: 'x', operator: given.op, ...details },
    })
  })

  test('a mask of numbers', () => {
    expect(refused(withNode('rank', ['close'], {}, { mask: 'close' }))).toMatchObject({
      code: 'WRONG_TYPE',
      message: 'node x: the mask of rank must be a boolean',
    })
  })

  const five: NodeInput = { id: 'five', op: 'constant', params: { value: 5 } }
  test.each<[string, string, string, string, Partial<StrategyInput>]>([
    ['score', 'panel', 'up', 'boolean', { rule: { kind: 'score', score: 'up', select: { top: 1 } } }],
    ['score', 'panel', 'five', 'vector', { rule: { kind: 'score', score: 'five', select: { top: 1 } } }],
    ['weights', 'panel', 'up', 'boolean', { rule: { kind: 'weights', weights: 'up' } }],
    ['weights', 'panel', 'five', 'vector', { rule: { kind: 'weights', weights: 'five' } }],
    ['signals.enter', 'boolean', 'close', 'panel', { rule: { kind: 'signals', enter: 'close', exit: 'up' } }],
    ['signals.exit', 'boolean', 'five', 'vector', { rule: { kind: 'signals', enter: 'up', exit: 'five' } }],
    ['universe', 'boolean', 'close', 'panel', { universe: 'close' }],
  ])('%s is a %s, not %s', (role, expected, id, actual, more) => {
    const hints: Record<string, string> = {
      panel: 'compare it with something: x.gt(0)',
      vector:
        expected === 'boolean'
          ? 'compare it with something: x.gt(0)'
          : 'combine it with a value per symbol, such as field("close")',
      boolean: 'turn it into numbers: where(condition, 1, 0)',
    }
    expect(refused(scoredBy([up, five, close], more))).toEqual({
      code: 'WRONG_TYPE',
      message: `${role} must be a ${expected}, but ${id} is a ${actual}`,
      hint: hints[actual],
      details: { node: id, expected, actual },
    })
  })
})

describe('a parameter', () => {
  const because = (op: string, params: object, inputs = ['close']) => {
    const { code, message, hint, details } = refused(withNode(op, inputs, params))
    expect(code).toBe('INVALID_PARAMETER')
    expect(hint).toMatch(new RegExp(`^${op}\\(`))
    expect(details).toMatchObject({ node: 'x', operator: op })
    return message
  }

  test('a negative lag would read the future, and the message says so', () => {
    expect(refused(withNode('lag', ['close'], { n: -3 }))).toEqual({
      code: 'INVALID_PARAMETER',
      message:
        'node x: lag: n must be a whole number from 1 to 1000, not -3; a negative one would read the future',
      hint: 'lag(x: numeric, n: 1…1000)',
      details: { node: 'x', operator: 'lag', parameter: 'n', given: -3 },
    })
  })

  test.each([
    ['lag', { n: 0 }, 'n must be a whole number from 1 to 1000, not 0'],
    ['lag', { n: 1001 }, 'n must be a whole number from 1 to 1000, not 1001'],
    ['lag', { n: 2.5 }, 'n must be a whole number from 1 to 1000, not 2.5'],
    ['lag', { n: 1e300 }, 'n must be a whole number from 1 to 1000, not 1e+300'],
    ['lag', { n: 'NaN' }, 'n must be a whole number from 1 to 1000, not "NaN"'],
    ['lag', { n: '20' }, 'n must be a whole number from 1 to 1000, not "20"'],
    ['lag', { n: '-1' }, 'n must be a whole number from 1 to 1000, not "-1"'],
    ['lag', {}, 'n is missing'],
    ['quantile', { n: 5, q: 1.5 }, 'q must be a number from 0 to 1, not 1.5'],
    ['quantile', { n: 5, q: -0.5 }, 'q must be a number from 0 to 1, not -0.5'],
    ['quantile', { n: 5, q: '0.5' }, 'q must be a number from 0 to 1, not "0.5"'],
  ])('%s %j', (op, params, message) => {
    expect(because(op, params)).toBe(`node x: ${op}: ${message}`)
  })

  test('the ends of a range belong to it', () => {
    for (const n of [1, 1000]) createStrategy(withNode('lag', ['close'], { n }))
    for (const q of [0, 1]) createStrategy(withNode('quantile', ['close'], { n: 5, q }))
  })

  test('that the operator does not have is named, with the nearest one', () => {
    expect(refused(withNode('macd', ['close'], { fats: 3 }))).toEqual({
      code: 'INVALID_PARAMETER',
      message: 'node x: macd has no parameter "fats"; did you mean fast?',
      hint: 'macd(x: numeric = close, fast: 1…1000 = 12, slow: 2…1000 = 26, signal: 1…1000 = 9) → .line .signal .histogram',
      details: { node: 'x', operator: 'macd', parameter: 'fats' },
    })
    for (const name of ['constructor', 'toString', 'valueOf', '__defineGetter__'])
      expect(because('neg', { [name]: 1 })).toBe(`node x: neg has no parameter "${name}"`)
  })

  test('that every object inherits is not there for it', () => {
    // A parameter that is missing must not be looked up on the prototype.
    const inherited = Object.create({ n: 5 })
    expect(because('lag', inherited)).toBe('node x: lag: n is missing')
  })

  test('that does not fit another one', () => {
    const message = because('macd', { fast: 26, slow: 12 })
    expect(message).toMatch(/^node x: macd: .*fast.*slow/)
  })

  test('that is one of several words', () => {
    expect(because('calendar', { part: 'year' }, [])).toBe(
      'node x: calendar: part must be one of dayOfWeek, month, dayOfMonth, not "year"',
    )
    expect(because('calendar', { part: 3 }, [])).toBe(
      'node x: calendar: part must be one of dayOfWeek, month, dayOfMonth, not 3',
    )
  })

  test.each([[{ name: '' }], [{ name: 3 }]])('that is a text: %j', (params) => {
    expect(because('field', params, [])).toBe('node x: field: name must be a text of 1 to 200 characters')
  })

  test('the hint says how the operator is called, with choices and defaults', () => {
    expect(refused(withNode('calendar', [], { part: 'year' })).hint).toBe(
      "calendar(part: 'dayOfWeek'|'month'|'dayOfMonth' = dayOfWeek)",
    )
    expect(refused(withNode('field', [], {})).hint).toBe('field(name: text)')
    expect(refused(withNode('lag', ['close'], {})).hint).toBe('lag(x: numeric, n: 1…1000)')
  })

  test('any number will do for a constant', () => {
    expect(because('constant', { value: 'five' }, [])).toBe(
      'node x: constant: value must be a number, not "five"',
    )
  })

  test('a text that is missing', () => {
    expect(because('field', {}, [])).toBe('node x: field: name is missing')
  })

  test('a text of 200 letters is fine', () => {
    createStrategy(scoredBy([field('a', 'a'.repeat(200))]))
    expect(refused(scoredBy([field('a', 'a'.repeat(201))]))).toMatchObject({
      code: 'INVALID_PARAMETER',
      details: { node: 'a', parameter: 'name' },
    })
  })

  test('a negative number where numbers may be negative says nothing of the future', () => {
    expect(because('clip', { lo: 3, hi: -3 })).not.toContain('future')
  })
})

describe('an output', () => {
  test('that the operator does not have', () => {
    expect(refused(withNode('macd', ['close'], {}, { output: 'histogramm' }))).toEqual({
      code: 'UNKNOWN_OUTPUT',
      message: 'node x: macd has no output .histogramm; did you mean .histogram?',
      hint: 'its outputs are .line, .signal, .histogram',
      details: {},
    })
    expect(refused(withNode('macd', ['close'], {}, { output: 'constructor' })).message).toBe(
      'node x: macd has no output .constructor',
    )
  })

  test('of an operator that has one only', () => {
    expect(refused(withNode('neg', ['close'], {}, { output: 'line' }))).toMatchObject({
      code: 'UNKNOWN_OUTPUT',
      message: 'node x: neg has one output, so .line does not exist',
    })
  })
})

describe('portfolio settings that contradict the rule', () => {
  const signals: Partial<StrategyInput> = { rule: { kind: 'signals', enter: 'up', exit: 'up' } }
  const weights: Partial<StrategyInput> = { rule: { kind: 'weights', weights: 'close' } }
  const bottom: Partial<StrategyInput> = { rule: { kind: 'score', score: 'close', select: { bottom: 3 } } }

  test.each<[string, Partial<StrategyInput>, StrategyInput['portfolio'], string, string, string]>([
    [
      'a weighting by score without one',
      signals,
      { weight: 'score' },
      'WEIGHT_NEEDS_SCORE',
      'weight: "score" needs a score, but the strategy selects by signals',
      'use weight: "equal" or { inverseVolatility: n }, or give a score',
    ],
    [
      'a weighting by rank without a score',
      signals,
      { weight: 'rank' },
      'WEIGHT_NEEDS_SCORE',
      'weight: "rank" needs a score, but the strategy selects by signals',
      'use weight: "equal" or { inverseVolatility: n }, or give a score',
    ],
    [
      'two sides by signals',
      signals,
      { side: 'longShort' },
      'SIDE_NEEDS_SCORE',
      'side: "longShort" needs a score that says what to buy and what to sell; signals only say what is on',
      'use side: "long" or "short", or give a score',
    ],
    [
      'the bottom and two sides',
      bottom,
      { side: 'longShort' },
      'SELECT_CONTRADICTS_SIDE',
      'select: { bottom } with side: "longShort" says twice, and differently, what to buy',
      'use select: { top } for as many on each side; negate the score to turn the legs round',
    ],
    [
      'a side beside weights',
      weights,
      { side: 'short' },
      'SIDE_BESIDE_WEIGHTS',
      'side: "short" says who is bought, and so do the weights',
      'leave side out: negative weights are short positions',
    ],
    [
      'two sides beside weights',
      weights,
      { side: 'longShort' },
      'SIDE_BESIDE_WEIGHTS',
      'side: "longShort" says who is bought, and so do the weights',
      'leave side out: negative weights are short positions',
    ],
    [
      'a weighting beside weights',
      weights,
      { weight: { inverseVolatility: 20 } },
      'WEIGHT_BESIDE_WEIGHTS',
      'weight and weights contradict each other',
      'leave weight out: the panel gives the target weights itself',
    ],
  ])('%s', (_, more, portfolio, reason, message, hint) => {
    expect(refused(scoredBy([close, up], { ...more, portfolio }))).toEqual({
      code: 'INVALID_PORTFOLIO',
      message,
      hint,
      details: { reason },
    })
  })

  test.each<[string, Partial<StrategyInput>, StrategyInput['portfolio']]>([
    ['signals with equal weights, short', signals, { side: 'short' }],
    ['signals by inverse volatility', signals, { weight: { inverseVolatility: 20 } }],
    ['the bottom alone', bottom, { side: 'short', weight: 'rank' }],
    ['the top on two sides', {}, { side: 'longShort', weight: 'score' }],
    ['weights', weights, { grossExposure: 2, maxWeight: 0.1 }],
  ])('%s are no contradiction', (_, more, portfolio) => {
    createStrategy(scoredBy([up, close], { ...more, portfolio }))
  })
})

describe('a limit', () => {
  const chain = (length: number): NodeInput[] => [
    close,
    ...Array.from({ length: length - 1 }, (_, i) => ({
      id: `c${i}`,
      op: 'neg',
      inputs: [i === 0 ? 'close' : `c${i - 1}`],
    })),
  ]
  const wide = (fields: number): NodeInput[] => [
    ...Array.from({ length: fields }, (_, i) => field(`f${i}`)),
    ...Array.from({ length: fields - 1 }, (_, i) => ({
      id: `s${i}`,
      op: 'add',
      inputs: [i === 0 ? 'f0' : `s${i - 1}`, `f${i + 1}`],
    })),
  ]

  test.each<[string, (n: number) => NodeInput[], number, number]>([
    ['levels', chain, 30, 31],
    ['fields', wide, 10, 11],
  ])('of %s', (what, make, limit, actual) => {
    createStrategy(scoredBy(make(limit)))
    expect(refused(scoredBy(make(actual)))).toEqual({
      code: 'LIMIT_EXCEEDED',
      message: `the strategy has ${actual} ${what}, the limit is ${limit}`,
      hint: 'simplify it',
      details: { what, actual, limit },
    })
  })

  test('of nodes, 200 unless told otherwise', () => {
    // A tree over lags 1 … n of one field: n lags, n − 1 additions and the field.
    const tree = (n: number): NodeInput[] => {
      const nodes: NodeInput[] = [close]
      let level = Array.from({ length: n }, (_, i) => ({
        id: `l${i}`,
        op: 'lag',
        inputs: ['close'],
        params: { n: i + 1 },
      }))
      nodes.push(...level)
      for (let depth = 0; level.length > 1; depth++) {
        const next = []
        for (let i = 0; i + 1 < level.length; i += 2)
          next.push({
            id: `a${depth}_${i}`,
            op: 'add',
            inputs: [level[i]!.id, level[i + 1]!.id],
            params: {} as never,
          })
        nodes.push(...next)
        if (level.length % 2 === 1) next.push(level.at(-1)!)
        level = next
      }
      return nodes
    }
    expect(createStrategy(scoredBy(tree(100))).graph.nodes).toHaveLength(200)
    const oneMore = scoredBy([...tree(100), { id: 'neg', op: 'neg', inputs: [tree(100).at(-1)!.id] }])
    expect(refused(oneMore)).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { what: 'nodes', actual: 201, limit: 200 },
    })
    createStrategy(oneMore, { maxNodes: 201, maxDepth: 30, maxFields: 10 })
  })

  test('counts what is left in the canonical form, not what was written', () => {
    const twins = Array.from({ length: 300 }, (_, i) => field(`twin${i}`, 'close'))
    expect(
      createStrategy(scoredBy([...twins, ...Array.from({ length: 20 }, (_, i) => field(`f${i}`)), close]))
        .depth,
    ).toBe(1)
  })

  test('of levels counts the way through masks', () => {
    const graph = scoredBy([close, up, node('rank', ['close'], {}, { mask: 'up' })])
    const limits = { maxNodes: 9, maxDepth: 3, maxFields: 9 }
    expect(createStrategy(graph, limits).depth).toBe(3)
    expect(refused(graph, { ...limits, maxDepth: 2 }).details).toEqual({
      what: 'levels',
      actual: 3,
      limit: 2,
    })
  })

  test('holds for expressions too', () => {
    const nodes = chain(31).map((given) => ({ inputs: [], params: {}, ...given }))
    expect(refusal(() => createExpression(nodes, 'c29')).code).toBe('LIMIT_EXCEEDED')
    expect(createExpression(nodes, 'c28').depth).toBe(30)
  })

  test('refuses a chain of 100 000 nodes without overflowing the stack', () => {
    // The last first, so that the whole chain is open before any of it is done.
    const many = rounds(100_000, 100_000)
    const nodes = chain(many)
    expect(refused({ ...scoredBy(nodes), nodes: nodes.toReversed() })).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { what: 'nodes', actual: many, limit: 200 },
    })
  })

  test('may be lifted', () => {
    const limits = { maxNodes: 1e9, maxDepth: 1e9, maxFields: 1e9 }
    expect(createStrategy(scoredBy(chain(20_000)), limits).depth).toBe(20_000)
  })
})

describe('what is no strategy at all', () => {
  const path = (graph: unknown) => {
    const { code, message, hint, details } = refused(graph)
    expect(code).toBe('INVALID_STRATEGY')
    expect(hint).toBe('the JSON form is described by strategy.schema.json')
    expect(message).toMatch(details.path === '' ? /^./ : new RegExp(`^${String(details.path)}: .`))
    expect(details.issues).toContainEqual({ path: details.path, message: expect.any(String) })
    return details.path
  }

  test.each([[null], [undefined], ['strategy'], [[]], [42], [() => 1]])('%s', (given) => {
    expect(path(given)).toBe('')
  })

  const nested = () => {
    let deep: unknown = 1
    for (let i = 0; i < 100_000; i++) deep = [deep]
    return deep
  }
  const good = scoredBy([close])
  const json = (text: string) => JSON.parse(text) as object
  test.each<[string, unknown, string]>([
    ['another version', { ...good, version: 2 }, 'version'],
    ['no name', { ...good, name: '' }, 'name'],
    ['no nodes', { ...good, nodes: [] }, 'nodes'],
    ['a setting that does not exist', { ...good, leverage: 3 }, ''],
    ['a rule that does not exist', { ...good, rule: { kind: 'luck' } }, 'rule.kind'],
    ['an id of nothing', scoredBy([{ ...close, id: '' }]), 'nodes.0.id'],
    ['an id of a million letters', scoredBy([{ ...close, id: 'a'.repeat(1e6) }]), 'nodes.0.id'],
    ['an input of a million letters', withNode('neg', ['a'.repeat(1e6)]), 'nodes.1.inputs.0'],
    [
      'a parameter of a million letters',
      withNode('lag', ['close'], { n: 'a'.repeat(1e6) }),
      'nodes.1.params.n',
    ],
    ['a number as an input', scoredBy([close, { ...node('neg'), inputs: [1] as never }]), 'nodes.1.inputs.0'],
    ['an infinite parameter', withNode('lag', ['close'], json('{"n":1e999}')), 'nodes.1.params.n'],
    ['a parameter that is not a number', withNode('lag', ['close'], { n: Number.NaN }), 'nodes.1.params.n'],
    ['parameters in a list', withNode('lag', ['close'], [20]), 'nodes.1.params'],
    [
      'a parameter called __proto__',
      withNode('lag', ['close'], json('{"n":1,"__proto__":2}')),
      'nodes.1.params',
    ],
    ['a key called __proto__', json('{"__proto__":1}'), 'version'],
    ['a list 100 000 deep', nested(), ''],
    ['a parameter 100 000 deep', withNode('lag', ['close'], { n: nested() }), 'nodes.1.params.n'],
    ['inputs 100 000 deep', withNode('neg', nested() as string[]), 'nodes.1.inputs.0'],
    [
      'a selection of two kinds',
      { ...good, rule: { ...good.rule, select: { top: 1, bottom: 1 } } },
      'rule.select',
    ],
    ['a selection of none', { ...good, rule: { ...good.rule, select: { top: 0 } } }, 'rule.select.top'],
    ['a stop of 0', { ...good, portfolio: { exits: { stopLoss: 0 } } }, 'portfolio.exits.stopLoss'],
    ['a side that does not exist', { ...good, portfolio: { side: 'up' } }, 'portfolio.side'],
    ['an exposure of nothing', { ...good, portfolio: { grossExposure: 0 } }, 'portfolio.grossExposure'],
  ])('%s', (_, graph, at) => {
    expect(path(graph)).toBe(at)
  })

  test('an expression without nodes, or without a root', () => {
    const one = [{ id: 'a', op: 'field', params: { name: 'a' } }]
    expect(refusal(() => createExpression([], 'a'))).toMatchObject({
      code: 'INVALID_STRATEGY',
      message: expect.stringMatching(/^this is no expression: ./),
    })
    expect(refusal(() => createExpression(one, undefined))).toMatchObject({
      code: 'INVALID_STRATEGY',
      message: 'this is no expression: no root',
    })
    expect(createExpression(one, 'a').root).toBe('n1')
  })

  test('two nodes of one id', () => {
    expect(refused(scoredBy([close, field('close', 'open')]))).toEqual({
      code: 'INVALID_STRATEGY',
      message: 'two nodes are called "close"',
      hint: 'give each its own id',
      details: {},
    })
  })

  test('a key called __proto__ beside what is right', () => {
    const graph = JSON.parse(`{"__proto__":{"polluted":1},${JSON.stringify(good).slice(1)}`)
    expect(refused(graph).code).toBe('INVALID_STRATEGY')
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })

  test('an error repeats no more than a little of what was given', () => {
    const long = 'a'.repeat(1e6)
    for (const graph of [
      withNode(long.slice(0, 64)),
      withNode('neg', [long.slice(0, 64)]),
      withNode('lag', ['close'], { n: long.slice(0, 200) }),
    ])
      expect(refused(graph).message.length).toBeLessThan(400)
  })
})
