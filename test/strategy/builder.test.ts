import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AlphaloopError } from '../../src/base/errors.js'
import { REGISTRY } from '../../src/graph/registry.js'
import { strategyGraphSchema } from '../../src/graph/schema.js'
import { createStrategy } from '../../src/graph/strategy.js'
import { createBuilder } from '../../src/strategy/builder.js'
import { hostBuilder } from '../../src/strategy/host.js'
import { SETTINGS } from '../../src/strategy/settings.js'
import { builderTable } from '../../src/strategy/signatures.js'

// The tests write what authors write, right and wrong: types would refuse half of it.
// biome-ignore lint/suspicious/noExplicitAny: untyped on purpose
type Any = any
const builder = hostBuilder()
const api = builder.api as Any
const { strategy } = builder as Any
const close = api.field('close')
const check = (options: object) => createStrategy({ name: 'x', ...(strategy(options) as object) })
const nodesOf = (expression: unknown) => builder.expression(expression).nodes
const rootOf = (expression: unknown) => nodesOf(expression).at(-1)!

function refusal(action: () => unknown): AlphaloopError {
  try {
    action()
  } catch (thrown) {
    if (thrown instanceof AlphaloopError) return thrown
    throw thrown
  }
  throw new Error('nothing was thrown')
}

describe('calls', () => {
  test('every operator is a function, and a method with the first input in front', () => {
    for (const { name, call, inputs } of builderTable().operators) {
      expect(typeof api[call], call).toBe('function')
      if (inputs.length > 0) expect(typeof close[name], name).toBe('function')
    }
    expect(nodesOf(api.sma(close, 20))).toEqual(nodesOf(close.sma(20)))
    expect(nodesOf(api.where(close.gt(5), 1, 0))).toEqual(nodesOf(close.gt(5).where(1, 0)))
  })

  test('numbers become constants', () => {
    expect(nodesOf(close.add(1))[1]).toMatchObject({ op: 'constant', params: { value: 1 } })
    expect(nodesOf(api.sub(1, close))[0]).toMatchObject({ op: 'constant' })
  })

  test('an operator whose name is reserved has another as a function', () => {
    expect(rootOf(api.variance(close, 5))).toMatchObject({ op: 'var' })
    expect(rootOf(close.var(5))).toMatchObject({ op: 'var' })
    expect(rootOf(close.variance(5))).toMatchObject({ op: 'var' })
  })

  test('inputs that are left out are the fields of the panel', () => {
    const fields = (expression: unknown) =>
      nodesOf(expression)
        .filter(({ op }) => op === 'field')
        .map(({ params }) => params.name)
    expect(fields(api.atr(14))).toEqual(['high', 'low', 'close'])
    expect(fields(api.atr())).toEqual(['high', 'low', 'close'])
    expect(fields(api.atr({ high: api.field('a') }, 14))).toEqual(['a', 'low', 'close'])
    expect(fields(api.atr(api.field('a'), api.field('b'), api.field('c'), 14))).toEqual(['a', 'b', 'c'])
    expect(fields(api.rsi(api.field('a'), 14))).toEqual(['a'])
    expect(fields(api.rsi(14))).toEqual(['close'])
    expect(rootOf(api.rsi({ n: 7 })).params).toEqual({ n: 7 })
  })

  test('some of several fields by place are refused, because nobody can tell which', () => {
    expect(refusal(() => api.atr(close, 14)).message).toBe(
      'atr: give all of high, low, close, or none, or name those that you give: atr({ high: x })',
    )
  })

  test('several outputs are properties, the first is the value itself', () => {
    expect(rootOf(api.macd(close, 12, 26, 9).histogram).output).toBe('histogram')
    expect(rootOf(api.macd(close, 12, 26, 9)).output).toBe('line')
    expect(rootOf(api.adx(14).adx).output).toBe('adx')
  })

  test('inputs that repeat come one by one or as an array', () => {
    const [a, b] = [api.field('a'), api.field('b')]
    expect(nodesOf(close.regressOut(a, b))).toEqual(nodesOf(api.regressOut(close, [a, b])))
    expect(refusal(() => close.regressOut()).message).toBe('regressOut: x is missing')
  })

  test('an optional input may be left out', () => {
    expect(rootOf(close.cumMax()).inputs).toHaveLength(1)
    expect(rootOf(close.cumMax(close.gt(1))).inputs).toHaveLength(2)
  })
})

describe('the universe', () => {
  const liquid = api.field('volume').sma(20).gt(1000)

  test('is handed to every cross-section of the score', () => {
    const { graph } = check({
      universe: liquid,
      score: close.rank().add(close.lag(1).demean()),
      select: { top: 3 },
    })
    expect(
      graph.nodes
        .filter(({ mask }) => mask === graph.universe)
        .map(({ op }) => op)
        .sort(),
    ).toEqual(['demean', 'rank'])
  })

  test('is handed to the cross-sections of signals and weights too', () => {
    const signals = check({ universe: liquid, signals: { enter: close.top(3), exit: close.bottom(3) } }).graph
    expect(signals.nodes.filter(({ mask }) => mask !== undefined)).toHaveLength(2)
    const weights = check({ universe: liquid, weights: close.rank() }).graph
    expect(weights.nodes.filter(({ mask }) => mask !== undefined)).toHaveLength(1)
  })

  test('does not mask its own expression; what it shares with the score becomes two nodes', () => {
    const rank = close.rank()
    const { graph } = check({ universe: rank.gt(0.5), score: rank, select: { top: 3 } })
    expect(graph.nodes.filter(({ op }) => op === 'rank').map(({ mask }) => mask)).toEqual([
      undefined,
      graph.universe,
    ])
  })

  test('gives way to a mask that the author names, and to null', () => {
    const cheap = close.lt(5)
    const { graph } = check({
      universe: liquid,
      weights: close
        .rank({ mask: cheap })
        .add(close.rank({ mask: null }))
        .add(close.rank({ mask: liquid })),
    })
    const masks = graph.nodes.filter(({ op }) => op === 'rank').map(({ mask }) => mask)
    expect(masks).toHaveLength(3)
    expect(masks).toContain(undefined)
    expect(masks).toContain(graph.universe)
    expect(refusal(() => close.rank({ mask: close })).code).toBe('WRONG_TYPE')
  })

  test('a strategy without one has no masks', () => {
    expect(check({ weights: close.rank() }).graph.nodes.every(({ mask }) => mask === undefined)).toBe(true)
  })
})

describe('what is wrong is said in words', () => {
  const cases: [string, () => unknown, string, RegExp][] = [
    [
      'unknown method',
      () => close.smaa(5),
      'UNKNOWN_METHOD',
      /no method or output "smaa"; did you mean sma\?/,
    ],
    ['a name from elsewhere', () => close.mean(5), 'UNKNOWN_METHOD', /did you mean sma\?/],
    ['unknown output', () => api.macd().histogramm, 'UNKNOWN_METHOD', /did you mean histogram\?/],
    [
      'a negative lag',
      () => close.lag(-1),
      'INVALID_PARAMETER',
      /lag: n must be a whole number from 1 to 1000, not -1; a negative one would read the future/,
    ],
    ['a lag of zero', () => close.lag(0), 'INVALID_PARAMETER', /not 0$/],
    ['a broken window', () => close.sma(2.5), 'INVALID_PARAMETER', /sma: n must be a whole number/],
    ['a window that is NaN', () => close.sma(Number.NaN), 'INVALID_PARAMETER', /not NaN/],
    ['a window that is a text', () => close.sma('20'), 'INVALID_PARAMETER', /not the text '20'/],
    ['a window that changes', () => close.sma(close), 'INVALID_PARAMETER', /cannot change from bar to bar/],
    ['a missing window', () => close.sma(), 'INVALID_PARAMETER', /sma: n is missing/],
    ['an undefined window', () => close.sma(undefined), 'INVALID_PARAMETER', /sma: n is undefined/],
    ['too many arguments', () => close.sma(5, 6), 'WRONG_INPUTS', /6 is one too many/],
    ['a missing input', () => api.add(close), 'WRONG_INPUTS', /add: b is missing/],
    ['no input at all', () => api.sma(), 'WRONG_INPUTS', /sma: x is missing/],
    ['an undefined input', () => close.add(undefined), 'WRONG_INPUTS', /add: b is undefined/],
    ['NaN as an input', () => close.add(Number.NaN), 'WRONG_TYPE', /add: b is NaN/],
    ['a text as an input', () => api.rank('close'), 'WRONG_TYPE', /rank: x is the text 'close'/],
    ['a long text', () => api.rank('x'.repeat(100)), 'WRONG_TYPE', /x…'/],
    ['true as an input', () => close.gt(1).and(true), 'WRONG_TYPE', /is true, which is not an expression/],
    ['false as an input', () => close.gt(1).and(false), 'WRONG_TYPE', /is false/],
    ['a function as an input', () => close.add(api.rank), 'WRONG_TYPE', /was it meant to be called/],
    ['null as an input', () => close.add(null), 'WRONG_TYPE', /add: b is null/],
    ['an array as an input', () => close.add([close]), 'WRONG_TYPE', /an array/],
    [
      'a boolean for a number',
      () => close.gt(5).add(1),
      'WRONG_TYPE',
      /add needs numbers as a, not a boolean \(gt\)/,
    ],
    [
      'a number for a boolean',
      () => close.and(close.gt(1)),
      'WRONG_TYPE',
      /and needs a boolean as a, not a panel/,
    ],
    ['a vector for a panel', () => api.rank(5), 'WRONG_TYPE', /rank needs a panel as x, not a vector/],
    ['an unknown named input', () => api.atr({ hihg: close }), 'WRONG_INPUTS', /did you mean high\?/],
    ['an unknown choice', () => api.calendar('mnoth'), 'INVALID_PARAMETER', /did you mean month\?/],
    ['an empty field name', () => api.field(''), 'INVALID_PARAMETER', /a text of 1 to 200 characters/],
    ['a field that is no name', () => api.field(5), 'INVALID_PARAMETER', /not 5/],
    ['arithmetic of the language', () => close / 2, 'WRONG_TYPE', /cannot calculate or compare/],
    ['a comparison of the language', () => close > 2, 'WRONG_TYPE', /cannot calculate or compare/],
    ['text of an expression', () => `${close}`, 'WRONG_TYPE', /cannot calculate or compare/],
    [
      'a method without its expression',
      () => {
        const { sma } = close
        return sma(5)
      },
      'WRONG_INPUTS',
      /without its expression/,
    ],
    ['no settings', () => strategy(), 'INVALID_SETTING', /takes one object of settings, not undefined/],
    [
      'a strategy of a strategy',
      () => strategy(strategy({ weights: close })),
      'INVALID_SETTING',
      /not a strategy/,
    ],
    ['an expression alone', () => strategy(close), 'INVALID_SETTING', /not a panel \(field\)/],
    [
      'nothing to hold',
      () => strategy({}),
      'INVALID_SETTING',
      /score with select, signals or weights is missing/,
    ],
    [
      'select without score',
      () => strategy({ select: { top: 3 } }),
      'INVALID_SETTING',
      /select needs a score/,
    ],
    ['score without select', () => strategy({ score: close }), 'INVALID_SETTING', /a score needs select/],
    [
      'score and weights',
      () => strategy({ score: close, weights: close }),
      'INVALID_SETTING',
      /score and weights contradict/,
    ],
    [
      'select beside weights',
      () => strategy({ select: { top: 3 }, weights: close }),
      'INVALID_SETTING',
      /select needs a score, but there are weights/,
    ],
    [
      'an undefined score',
      () => strategy({ score: undefined, select: { top: 1 } }),
      'INVALID_SETTING',
      /score is undefined/,
    ],
    [
      'an unknown setting',
      () => strategy({ weights: close, rebalanse: 'daily' }),
      'UNKNOWN_SETTING',
      /did you mean rebalance\?/,
    ],
    [
      'an unknown choice of a setting',
      () => strategy({ weights: close, rebalance: 'montly' }),
      'INVALID_SETTING',
      /did you mean monthly\?/,
    ],
    [
      'an unknown exit',
      () => strategy({ weights: close, exits: { stoploss: 0.1 } }),
      'UNKNOWN_SETTING',
      /did you mean stopLoss\?/,
    ],
    [
      'two selections',
      () => strategy({ score: close, select: { top: 1, bottom: 1 } }),
      'INVALID_SETTING',
      /exactly one setting, 2 were given/,
    ],
    [
      'half a stop',
      () => strategy({ weights: close, exits: { atrStop: { n: 14 } } }),
      'INVALID_SETTING',
      /exits\.atrStop\.k is missing/,
    ],
    [
      'a selection that is a number',
      () => strategy({ score: close, select: 5 }),
      'INVALID_SETTING',
      /select must be one of \{ top: … \}/,
    ],
    [
      'a stop of the wrong sign',
      () => strategy({ weights: close, exits: { stopLoss: -0.1 } }),
      'INVALID_SETTING',
      /exits\.stopLoss must be a number above 0 and at most 1, not -0\.1/,
    ],
    [
      'a boolean score',
      () => strategy({ score: close.gt(1), select: { top: 3 } }),
      'WRONG_TYPE',
      /score must be a panel, not a boolean/,
    ],
    [
      'a constant score',
      () => strategy({ score: 1, select: { top: 3 } }),
      'WRONG_TYPE',
      /score must be a panel, not a vector/,
    ],
    [
      'a universe of numbers',
      () => strategy({ universe: close, weights: close }),
      'WRONG_TYPE',
      /universe must be a boolean/,
    ],
    ['an empty name', () => strategy({ name: '', weights: close }), 'INVALID_SETTING', /name must be a text/],
    [
      'broken top',
      () => strategy({ score: close, select: { top: 2.5 } }),
      'INVALID_SETTING',
      /select.top must be a whole number/,
    ],
  ]
  test.each(cases)('%s', (_name, action, code, message) => {
    const error = refusal(action)
    expect(error.message).toMatch(message)
    expect(error.code).toBe(code)
    expect(error.kind).toBe('usage')
  })

  test('an error of a call names its signature', () => {
    expect(refusal(() => close.sma(-1)).hint).toBe('sma(x: numeric, n: 1…1000)')
  })
})

describe('expressions as objects', () => {
  test('can be looked at by printers and promises without an error', async () => {
    expect(close.then).toBeUndefined()
    expect(close.toJSON).toBeUndefined()
    expect(close[Symbol.iterator]).toBeUndefined()
    expect(await close).toBe(close)
    expect(JSON.stringify(close)).toBe('{}')
    expect(Object.getPrototypeOf(close).nothing).toBeUndefined()
  })

  test('cannot be changed', () => {
    expect(Object.isFrozen(close)).toBe(true)
    expect(() => {
      close.extra = 1
    }).toThrow(TypeError)
  })

  test('no output of an operator hides a method that goes by another meaning', () => {
    for (const { name, outputs } of builderTable().operators)
      for (const output of outputs ?? []) if (REGISTRY.has(output)) expect(output, name).toBe(name)
  })

  test('long chains need no call stack', () => {
    let x = close
    for (let i = 0; i < 50_000; i++) x = x.neg()
    expect(builder.expression(x).nodes).toHaveLength(50_001)
  })
})

test('a builder stops a program that makes too many nodes', () => {
  const small = createBuilder({ ...builderTable(), maxNodes: 10 }, (code) => {
    throw new Error(code)
  })
  const x = small.api.field!('close') as Any
  expect(() => {
    for (let i = 0; i < 20; i++) x.neg()
  }).toThrow('LIMIT_EXCEEDED')
})

test('what strategy returned is told from what looks like it', () => {
  const json = strategy({ weights: close })
  expect(builder.isStrategy(json)).toBe(true)
  expect(builder.isStrategy({ ...json })).toBe(false)
  expect(builder.isStrategy(null)).toBe(false)
  expect(builder.isExpression(close)).toBe(true)
  expect(builder.isExpression(5)).toBe(false)
})

describe('the settings and the schema say the same', () => {
  const base = { version: 1, name: 'x', nodes: [{ id: 'a', op: 'field', params: { name: 'close' } }] }
  const accepts = (portfolio: object) =>
    strategyGraphSchema.safeParse({ ...base, rule: { kind: 'weights', weights: 'a' }, portfolio }).success
  const builds = (options: object) => {
    try {
      strategy({ weights: close, ...options })
      return true
    } catch {
      return false
    }
  }

  test('every setting of the portfolio is known to both', () => {
    const portfolio = strategyGraphSchema.shape.portfolio.unwrap().shape
    const elsewhere = ['name', 'universe', 'score', 'select', 'signals', 'weights']
    expect(
      Object.keys(SETTINGS)
        .filter((key) => !elsewhere.includes(key))
        .sort(),
    ).toEqual(Object.keys(portfolio).sort())
  })

  test('they accept and refuse the same values', () => {
    const number = fc.oneof(
      fc.constantFrom(
        -1,
        0,
        0.5,
        1,
        1.5,
        2,
        10,
        10.5,
        100,
        100.5,
        1000,
        1001,
        10_000,
        10_001,
        Number.NaN,
        Number.POSITIVE_INFINITY,
      ),
      fc.double(),
    )
    const value = fc.oneof(
      number,
      fc.constantFrom(
        'long',
        'short',
        'longShort',
        'equal',
        'score',
        'rank',
        'daily',
        'monthly',
        'nextOpen',
        'nextClose',
        '',
      ),
      fc.dictionary(
        fc.constantFrom(
          'inverseVolatility',
          'every',
          'stopLoss',
          'takeProfit',
          'trailingStop',
          'maxHoldingBars',
          'commission',
          'tax',
          'slippage',
          'n',
          'k',
        ),
        number,
        { maxKeys: 2 },
      ),
      fc.record({ atrStop: fc.dictionary(fc.constantFrom('n', 'k'), number) }),
      fc.record({ volatilityStop: fc.record({ n: number, k: number }) }),
      fc.constantFrom(null, [], true),
    )
    const keys = Object.keys(strategyGraphSchema.shape.portfolio.unwrap().shape)
    fc.assert(
      fc.property(fc.constantFrom(...keys), value, (key, setting) => {
        expect(builds({ [key]: setting })).toBe(accepts({ [key]: setting }))
      }),
      { seed: 1, numRuns: 3000 },
    )
  })

  test('selections too', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom('top', 'bottom', 'threshold', 'topFraction', 'x'),
          fc.oneof(fc.constantFrom(0, 1, 2.5, 100_000, 100_001), fc.double()),
          { maxKeys: 2 },
        ),
        (select) => {
          const schema = strategyGraphSchema.safeParse({
            ...base,
            rule: { kind: 'score', score: 'a', select },
          }).success
          let built = true
          try {
            strategy({ score: close, select })
          } catch {
            built = false
          }
          expect(built).toBe(schema)
        },
      ),
      { seed: 2, numRuns: 1000 },
    )
  })
})
