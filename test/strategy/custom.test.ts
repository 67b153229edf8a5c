import { describe, expect, expectTypeOf, test } from 'vitest'
import type { AlphaloopError } from '../../src/base/errors.js'
import { createStrategy } from '../../src/graph/strategy.js'
import { expressionOf } from '../../src/research/factor-values.js'
import { createQuickJsSandbox } from '../../src/sandbox/quickjs.js'
import {
  benchmark,
  custom,
  field,
  type PanelExpr,
  rank,
  strategy,
  type VectorExpr,
} from '../../src/strategy/api.js'
import { compileExpression, compileStrategy } from '../../src/strategy/compile.js'
import { strategyToCode } from '../../src/strategy/to-code.js'

const sandbox = createQuickJsSandbox()
const compile = (source: string, fileName = 'my.ts') => compileStrategy(source, sandbox, { fileName })
const factor = (text: string) => compileExpression(text, sandbox, { fields: ['close', 'volume'] })

const errorOf = (promise: Promise<unknown>): Promise<AlphaloopError> =>
  promise.then(
    () => Promise.reject(new Error('nothing was thrown')),
    (error: AlphaloopError) => error,
  )
function thrownBy(run: () => unknown): AlphaloopError {
  try {
    run()
  } catch (error) {
    return error as AlphaloopError
  }
  throw new Error('nothing was thrown')
}

const close = field('close')
const volume = field('volume')

describe('writing a function', () => {
  test('the function and the method make the same node', () => {
    const first = (x: Float64Array) => x[0]
    const asFunction = expressionOf(custom('first', 5, [close], first))
    expect(asFunction.graph.nodes.at(-1)).toEqual({
      id: 'n2',
      op: 'custom',
      inputs: ['n1'],
      params: { name: 'first', n: 5, fn: '(x) => x[0]' },
    })
    expect(expressionOf(close.custom('first', 5, first)).key).toBe(asFunction.key)
    expect(expressionOf(close.custom('first', 5, [], first)).key).toBe(asFunction.key)
    const both = (x: Float64Array, y: Float64Array) => x[0]! - y[0]!
    expect(expressionOf(close.custom('gap', 5, [volume], both)).key).toBe(
      expressionOf(custom('gap', 5, [close, volume], both)).key,
    )
    expect(expressionOf(custom('gap', 5, [close, 2], both)).graph.nodes.map(({ op }) => op)).toEqual([
      'field',
      'constant',
      'custom',
    ])
  })

  test('its types say how many windows there are', () => {
    expectTypeOf(custom('a', 5, [close, volume], (x, y) => x[0]! > y[0]!)).toEqualTypeOf<PanelExpr>()
    expectTypeOf(custom('a', 5, [benchmark('close'), 1], (x) => x[0])).toEqualTypeOf<VectorExpr>()
    expectTypeOf(close.custom('a', 5, [volume], (x, y) => x[0]! / y[0]!)).toEqualTypeOf<PanelExpr>()
    // @ts-expect-error there is one window
    expect(() => expressionOf(custom('a', 5, [close], (x, y) => x[0] + y[0]))).toThrow(
      /takes 2 windows, but there is 1 input/,
    )
    // @ts-expect-error a text is no number
    custom('a', 5, [close], () => 'much')
  })

  test('functions of vectors are vectors', () => {
    expect(expressionOf(benchmark('close').custom('first', 5, (x) => x[0])).type).toBe('vector')
    expect(expressionOf(custom('first', 5, [benchmark('close'), close], (x, y) => x[0]! + y[0]!)).type).toBe(
      'panel',
    )
  })

  test.each([
    [
      () => custom('a', 5, [close], 7 as never),
      /fn must be a function of the windows: \(x\) => x\.at\(-1\) - x\[0\], not 7/,
    ],
    [() => custom('a', 0, [close], (x) => x[0]), /n must be a whole number from 1 to 1000, not 0/],
    [() => custom('a', 5, [], () => 1), /custom: inputs is empty/],
    [() => custom('', 5, [close], (x) => x[0]), /name must be a text of 1 to 200 characters/],
    [
      () => custom('a', 5, [close.gt(1) as never], (x) => x[0]),
      /custom needs numbers as inputs, not a boolean \(gt\)/,
    ],
    [() => custom('a', 5, [undefined as never], (x) => x[0]), /custom: inputs is undefined/],
    [() => custom('a', 5, [close], undefined as never), /custom: fn is undefined/],
    [() => (close as { custom: (...args: unknown[]) => unknown }).custom('a', 5), /fn is missing/],
    [
      () => (custom as (...args: unknown[]) => unknown)('a', 5, [close], (x: number[]) => x[0], 3),
      /3 is one too many/,
    ],
    [() => (custom as (...args: unknown[]) => unknown)(), /inputs is empty/],
  ])('%s is refused', (write, message) => {
    expect(thrownBy(write).message).toMatch(message)
  })

  test('inputs by name do as well', () => {
    const named = (custom as unknown as (given: object) => PanelExpr)({
      name: 'first',
      n: 5,
      inputs: [close],
      fn: (x: Float64Array) => x[0],
    })
    expect(expressionOf(named).key).toBe(expressionOf(close.custom('first', 5, (x) => x[0])).key)
  })

  test('more than eight inputs are refused', () => {
    const nine = Array.from({ length: 9 }, () => close)
    expect(thrownBy(() => expressionOf(custom('a', 5, nine, (...x) => x.length))).message).toMatch(
      /a window has one name|at most 8/,
    )
    const names = nine.map((_, i) => `w${i}`).join(', ')
    const fn = `(${names}) => w0[0]` as never
    expect(thrownBy(() => expressionOf(custom('a', 5, nine, fn))).message).toMatch(
      /takes at most 8 inputs, not 9/,
    )
  })
})

describe('a function in code', () => {
  const source = `import { custom, field, rank, strategy } from 'alphaloop'
const close = field('close')
type Prices = Float64Array
const trend = custom('trend', 20, [close, field('volume')], (price: Prices, volume: Prices) => {
  // Bars with much volume count more.
  let sum = 0
  for (let i = 1; i < price.length; i++) sum += (price[i]! / price[i - 1]! - 1) * volume[i]!;
  return sum
})
export default strategy({ score: rank(trend), select: { top: 5 } })
`

  test('is compiled without its types, and comes back as code with the same hash', async () => {
    const compiled = await compile(source)
    const code = strategyToCode(compiled)
    expect(code).toBe(`import { field, rank, strategy } from 'alphaloop'

const trend20 = field('close').custom('trend', 20, [field('volume')], (price, volume) => {
  let sum = 0
  for (let i = 1; i < price.length; i++) sum += (price[i] / price[i - 1] - 1) * volume[i]
  return sum
})

export default strategy({
  name: 'my',
  score: rank(trend20),
  select: { top: 5 },
})
`)
    expect((await compile(code)).hash).toBe(compiled.hash)
    const json = JSON.stringify(compiled.graph)
    expect((await compile(json, 'my.json')).hash).toBe(compiled.hash)
    expect(createStrategy(JSON.parse(json)).hash).toBe(compiled.hash)
  })

  test('the same function in another layout is the same strategy; its name makes no difference either', async () => {
    const one = await compile(source)
    const other = await compile(
      source
        .replace("'trend'", "'of money'")
        .replace(/ {2}\/\/.*\n/, '')
        .replaceAll('let sum = 0\n', 'let sum = (0);\n\n'),
    )
    expect(other.hash).toBe(one.hash)
    expect([...other.keys.values()]).toEqual([...one.keys.values()])
    expect(other.graph.nodes.find(({ op }) => op === 'custom')!.params.name).toBe('of money')
    expect((await compile(source.replace('let sum = 0', 'let sum = 1'))).hash).not.toBe(one.hash)
    expect((await compile(source.replace('20,', '21,'))).hash).not.toBe(one.hash)
  })

  test('two nodes that differ by name are one', () => {
    const twice = strategy({
      score: close.custom('one', 5, (x) => x[0]).add(rank(close.custom('two', 5, (x) => x[0]))),
      select: { top: 5 },
    })
    expect(twice.graph.nodes.filter(({ op }) => op === 'custom')).toHaveLength(1)
  })

  test('names become variables, whatever they are', () => {
    const named = (name: string) =>
      strategyToCode(
        strategy({
          score: rank(
            close.custom(name, 7, (x) => {
              const first = x[0]
              return first
            }),
          ),
          select: { top: 5 },
        }),
      )
    expect(named('my own slope')).toContain(
      "const myOwnSlope7 = field('close').custom('my own slope', 7, (x) => {\n  const first = x[0]\n  return first\n})",
    )
    expect(named("it's")).toContain("const itS7 = field('close').custom('it\\'s', 7,")
    expect(named('7')).toContain('const custom77 =')
  })

  test('short functions stand where they are read', () => {
    expect(
      strategyToCode(strategy({ score: close.custom('first', 5, (x) => x[0]), select: { top: 5 } })),
    ).toContain("score: field('close').custom('first', 5, (x) => x[0]),")
  })
})

describe('a mistake in a function', () => {
  test('has its place in the file, and says what is there', async () => {
    const error = await errorOf(
      compile(`import { field, strategy } from 'alphaloop'
const LIMIT: number = 3
const x = field('close')
export default strategy({
  score: x.custom('calm', 20, (w: Float64Array) => {
    let most = 0
    for (const v of w) if (v > LIMIT) most = v
    return most
  }),
  select: { top: 3 },
})
`),
    )
    expect(error).toMatchObject({
      kind: 'usage',
      code: 'INVALID_FUNCTION',
      message: 'my.ts:7:32: custom: LIMIT is not known inside the function',
      hint: expect.stringContaining('write the value of LIMIT into the function'),
      details: {
        file: 'my.ts',
        line: 7,
        column: 32,
        sourceLine: '    for (const v of w) if (v > LIMIT) most = v',
      },
    })
  })

  test('on its first line, too, and in an expression', async () => {
    expect(await errorOf(factor("close.custom('a', 5, (x) => x[0] * N)"))).toMatchObject({
      code: 'INVALID_FUNCTION',
      message: 'expression:1:36: custom: N is not known inside the function',
      details: { line: 1, column: 36 },
    })
  })

  test('a function that is none of the author is refused without a place', async () => {
    expect(await errorOf(factor("close.custom('a', 5, Math.max)"))).toMatchObject({
      code: 'INVALID_FUNCTION',
      message: expect.stringContaining('it cannot be read'),
    })
    expect(await errorOf(factor("close.custom('a', 5, ((k) => (x) => k)(1))"))).toMatchObject({
      message: expect.stringContaining('k is not known inside the function'),
    })
  })

  test('in JSON it is named by its node', () => {
    const json = (fn: unknown) => ({
      version: 1,
      name: 'json',
      nodes: [
        { id: 'c', op: 'field', params: { name: 'close' } },
        { id: 'mine', op: 'custom', inputs: ['c'], params: { name: 'mine', n: 5, fn } },
      ],
      rule: { kind: 'score', score: 'mine', select: { top: 3 } },
    })
    expect(createStrategy(json('x => x[0]')).graph.nodes.at(-1)!.params.fn).toBe('(x) => x[0]')
    expect(thrownBy(() => createStrategy(json('(x) => y[0]')))).toMatchObject({
      code: 'INVALID_FUNCTION',
      message: 'node mine: custom: line 1 of the function: y is not known inside the function',
    })
    expect(thrownBy(() => createStrategy(json(7))).message).toMatch(
      /node mine: custom: line 1 of the function: it is not one function/,
    )
    expect(thrownBy(() => createStrategy(json('(x) => 1'.padEnd(5000)))).message).toMatch(
      /it has 5000 characters/,
    )
    expect(thrownBy(() => createStrategy(json('(x, y) => 1')))).toMatchObject({
      code: 'INVALID_PARAMETER',
      message: 'node mine: custom: the function takes 2 windows, but there is 1 input',
      hint: 'custom(name: text, n: 1…1000, [...inputs: numeric], fn: (…windows) => number)',
    })
  })
})
