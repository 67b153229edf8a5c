import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { bytesSource, compileKernels } from '../../scripts/generate-kernels.js'
import { inBlocks } from '../../src/graph/kernels/compiled/blocks.js'
import type { Column, OperatorDefinition, Params } from '../../src/graph/operator.js'
import { OPERATORS } from '../../src/graph/operators/index.js'
import { column, LOOKS, runKernel, runReference, same, seeded, testContext } from './support.js'

const named = (name: string) => OPERATORS.find((operator) => operator.name === name)!

const contextOf = (bars: number, symbols: number) => testContext({ bars, symbols }, LOOKS[0]!, 1)

const panel = (values: Float64Array, width: number): Column => ({ type: 'panel', width, values })

/** Operators of one symbol's series whose kernels are compiled, with windows of n bars. */
const ROLLING: readonly [name: string, params: (n: number) => Params][] = [
  ...[
    ...['sum', 'sma', 'var', 'std', 'tsRank', 'tsMin', 'tsMax', 'decayLinear', 'zscore', 'wilder'],
    ...['slope', 'rSquared', 'residual', 'skew', 'kurt', 'cci', 'median', 'argMin', 'argMax'],
  ].map((name) => [name, (n: number) => ({ n })] as [string, (n: number) => Params]),
  ['ema', (n) => ({ span: n })],
  ...['corr', 'cov', 'beta'].map((name) => [name, (n: number) => ({ n })] as [string, (n: number) => Params]),
]

const inputsOf = (operator: OperatorDefinition, random: () => number, bars: number, width: number) =>
  operator.inputs.map(() =>
    Float64Array.from({ length: bars * width }, () => (random() < 0.04 ? Number.NaN : 50 + 100 * random())),
  )

test('the checked-in bytes are what the kernels compile to', async () => {
  const file = new URL('../../src/graph/kernels/compiled/bytes.ts', import.meta.url)
  expect(readFileSync(file, 'utf8')).toBe(bytesSource(await compileKernels()))
}, 60_000)

describe('a compiled kernel', () => {
  const bars = 47

  test.each(ROLLING)(
    '%s gives a symbol the same bits alone as among any number of others',
    (name, paramsOf) => {
      const operator = named(name)
      for (const width of [2, 3, 4, 5, 7, 8, 9, 16, 21]) {
        for (const n of [2, 5, 20]) {
          const columns = inputsOf(operator, seeded(width * 100 + n), bars, width)
          const run = (inputs: readonly Float64Array[], symbols: number) =>
            runKernel(
              operator,
              inputs.map((values) => panel(values, symbols)),
              paramsOf(n),
              contextOf(bars, symbols),
            )
          const together = run(columns, width)
          for (let s = 0; s < width; s++) {
            const alone = run(
              columns.map((values) => Float64Array.from({ length: bars }, (_, t) => values[t * width + s]!)),
              1,
            )
            for (let t = 0; t < bars; t++) {
              if (!Object.is(alone[t], together[t * width + s]))
                expect.fail(`${name}(${n}), symbol ${s} of ${width}, bar ${t}`)
            }
          }
        }
      }
    },
  )

  test.each(['sma', 'std', 'corr', 'tsRank', 'zscore', 'tsMax'])(
    '%s gives the same bits in strips of symbols as one by one',
    (name) => {
      const operator = named(name)
      // The working memory of one call cannot hold 1000 bars of so many symbols.
      const [many, n, width] = [1003, 1000, 400]
      const columns = inputsOf(operator, seeded(3), many, width).map((values) =>
        values.map((v) => (Number.isNaN(v) ? 1 : v)),
      )
      const whole = runKernel(
        operator,
        columns.map((values) => panel(values, width)),
        { n },
        contextOf(many, width),
      )
      for (const s of [0, 1, 99, 100, 131, 132, 133, 199, 200, 266, 267, 398, 399]) {
        const alone = runKernel(
          operator,
          columns.map((values) =>
            panel(
              Float64Array.from({ length: many }, (_, t) => values[t * width + s]!),
              1,
            ),
          ),
          { n },
          contextOf(many, 1),
        )
        for (let t = 0; t < many; t++)
          if (!Object.is(alone[t], whole[t * width + s])) expect.fail(`symbol ${s}, bar ${t}`)
        expect(alone[many - 1]).not.toBeNaN()
      }
    },
  )

  test('means begin at each symbol’s own first value, and wait out gaps of any length', () => {
    const [long, width] = [400, 13]
    const random = seeded(9)
    const x = new Float64Array(long * width).fill(Number.NaN)
    for (let s = 0; s < width; s++) {
      // Symbol s begins late, has gaps that grow, and (the last) never a value.
      for (let t = s * 11; t < long && s < width - 1; t++)
        if (t % (s + 3) !== 0 && (t < 200 || t > 200 + 5 * s)) x[t * width + s] = 10 + random()
    }
    for (const [name, params] of [
      ['ema', { span: 7 }],
      ['wilder', { n: 7 }],
    ] as const) {
      const operator = named(name)
      const context = contextOf(long, width)
      const got = runKernel(operator, [panel(x, width)], params, context)
      const wanted = runReference(operator, [panel(x, width)], params, context)
      for (let i = 0; i < got.length; i++) {
        const off = Math.abs(got[i]! - wanted[i]!)
        if (!same(got[i]!, wanted[i]!) && !(off <= 1e-12 * Math.abs(wanted[i]!)))
          expect.fail(`${name} cell ${i}: ${got[i]}, plainly ${wanted[i]}`)
      }
    }
  })

  test('an exponential mean that overflows is missing, and starts anew', () => {
    const huge = Number.MAX_VALUE
    for (const width of [1, 8, 9]) {
      const series = [1, 1, huge, -huge, 5, 5, 5]
      const x = Float64Array.from({ length: 7 * width }, (_, i) => series[Math.floor(i / width)]!)
      const got = runKernel(named('ema'), [panel(x, width)], { span: 2 }, contextOf(7, width))
      const before = 1 + (2 / 3) * (huge - 1)
      const wanted = [Number.NaN, 1, before, Number.NaN, Number.NaN, 5, 5]
      expect([...got]).toEqual(wanted.flatMap((v) => Array(width).fill(v)))
    }
  })

  test('blocks of a panel without symbols or bars are none', () => {
    const never = () => expect.fail('called')
    inBlocks([new Float64Array()], 1, 0, 5, 3, never, never)
    inBlocks([new Float64Array()], 1, 5, 0, 3, never, never)
  })
})

describe('a compiled cross-section', () => {
  /** Rows that a radix sort of scaled keys finds hard. */
  const ROWS: readonly [what: string, value: (random: () => number, s: number) => number][] = [
    ['equal', () => 3],
    ['two values', (random) => (random() < 0.5 ? 1 : -1)],
    ['a few apart by the last bit', (random) => 1 + Math.floor(random() * 4) * 2 ** -52],
    ['crowded between outliers', (random, s) => (s === 0 ? 1e300 : s === 1 ? -1e300 : random())],
    ['of every size', (random) => (random() - 0.5) * 2 ** Math.floor(random() * 2000 - 1000)],
    ['descending and crowded', (_random, s) => 1e-300 * (1000 - s) + (s === 0 ? 1 : 0)],
    ['signed zeros', (random) => (random() < 0.5 ? 0 : -0)],
    ['subnormal', (random) => (random() - 0.5) * 1e-320],
    ['with infinities', (random) => (random() < 0.1 ? Number.POSITIVE_INFINITY : random() - 0.5)],
    ...LOOKS.map(({ name, value, missing }): [string, (random: () => number) => number] => [
      name,
      (random) => (random() < missing ? Number.NaN : value(random)),
    ]),
  ]

  test.each(ROWS)('ranks rows that are %s', (_what, value) => {
    for (const symbols of [1, 2, 3, 50, 333]) {
      const bars = symbols > 300 ? 4 : 9
      const random = seeded(symbols)
      const x = Float64Array.from({ length: bars * symbols }, (_, i) => value(random, i % symbols))
      const context = contextOf(bars, symbols)
      const taking = column('boolean', { bars, symbols }, LOOKS[0]!, random).values as Uint8Array
      for (const mask of [undefined, taking, new Uint8Array(x.length)])
        for (const [name, params] of [
          ['rank', {}],
          ['bucket', { q: 7 }],
          ['top', { k: 5 }],
          ['bottom', { k: 5 }],
          ['winsorize', { p: 0.1 }],
        ] as const) {
          const operator = named(name)
          const clean = x.map((v) => (Number.isFinite(v) ? v : Number.NaN))
          const got = runKernel(operator, [panel(x, symbols)], params, context, { mask })
          const wanted = runReference(operator, [panel(clean, symbols)], params, context, { mask })
          for (let i = 0; i < got.length; i++)
            if (!same(got[i]!, wanted[i]!))
              expect.fail(`${name} of ${symbols}, cell ${i}: ${got[i]}, not ${wanted[i]}`)
        }
    }
  })

  test('groups may have any codes', () => {
    const [bars, symbols] = [6, 60]
    const random = seeded(8)
    const codes = [0, -0, 1, 4095, 4096, 1e12, -1, 0.5, 2.5, Number.NaN]
    const shape = { bars, symbols }
    const x = column('panel', shape, LOOKS[1]!, random)
    const g = panel(
      Float64Array.from({ length: bars * symbols }, () => codes[Math.floor(random() * codes.length)]!),
      symbols,
    )
    const context = contextOf(bars, symbols)
    for (const name of ['groupRank', 'groupMean', 'groupDemean', 'groupZscore']) {
      const got = runKernel(named(name), [x, g], {}, context)
      const wanted = runReference(named(name), [x, g], {}, context)
      for (let i = 0; i < got.length; i++)
        if (!same(got[i]!, wanted[i]!) && !(Math.abs(got[i]! - wanted[i]!) <= 1e-12 * Math.abs(wanted[i]!)))
          expect.fail(`${name}, cell ${i}: ${got[i]}, not ${wanted[i]}`)
    }
  })
})
