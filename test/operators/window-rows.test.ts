import { expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { RowSet } from '../../src/graph/evaluate/rows.js'
import type { Column } from '../../src/graph/operator.js'
import { OPERATORS } from '../../src/graph/operators/index.js'
import { ONE_WINDOW } from '../support/window-functions.js'
import { LOOKS, testContext } from './support.js'

const WINDOWED = OPERATORS.filter(({ window }) => window !== undefined)

test('the operators that can fill rows alone are those on windows of one or two series, and some recursive ones', () => {
  expect(WINDOWED.map(({ name }) => name).sort()).toEqual(
    [
      ...[
        'sum',
        'sma',
        'product',
        'decayLinear',
        'var',
        'std',
        'zscore',
        'skew',
        'kurt',
        'median',
        'quantile',
      ],
      ...['tsRank', 'tsMin', 'tsMax', 'argMin', 'argMax', 'corr', 'cov', 'beta'],
      ...['slope', 'rSquared', 'residual'],
      ...['ema', 'wilder', 'rsi', 'atr'],
      'custom',
    ].sort(),
  )
})

test.each(WINDOWED.map((operator) => [operator.name, operator] as const))(
  '%s has the same bits at rows as at all bars, from inputs at all bars or at those of its windows',
  (name, operator) => {
    const bars = 90
    let finite = 0
    for (const width of [1, 3, 4, 9])
      for (const n of [4, 7, 20, 61]) {
        const rng = createRng(n, name, width)
        const params = {
          n,
          span: n,
          ...(name === 'quantile' ? { q: rng.pick([0, 0.3, 0.5, 1]) } : {}),
          ...(name === 'custom' ? { name: 'a function', fn: ONE_WINDOW[n % ONE_WINDOW.length]! } : {}),
        }
        const inputs = operator.inputs.map(() =>
          Float64Array.from({ length: bars * width }, () =>
            rng.next() < 0.01 ? Number.NaN : rng.next() < 0.2 ? 1 : 0.5 + rng.next(),
          ),
        )
        const column = (values: Float64Array): Column => ({ type: 'panel', width, values })
        const context = testContext({ bars, symbols: width }, LOOKS[0]!, 1)
        const extra = { output: undefined, mask: undefined }
        const full = new Float64Array(bars * width)
        operator.kernel(full, inputs.map(column), params, context, extra)
        const share = rng.pick([0.05, 0.2, 0.6])
        const chosen = Array.from({ length: bars }, (_, bar) => bar).filter(
          (bar) => bar === n || bar === bars - 1 || rng.next() < share,
        )
        const rows = new RowSet(Int32Array.from(chosen), bars)
        const read = rows.windowsOf(operator.window!(params))
        for (const isCompact of [false, true]) {
          const given = inputs.map((values) =>
            isCompact
              ? Float64Array.from(
                  { length: read.bars.length * width },
                  (_, i) => values[read.bars[Math.floor(i / width)]! * width + (i % width)]!,
                )
              : values,
          )
          const asked = { bars: rows.bars, places: isCompact ? read.rowOf : undefined }
          const out = new Float64Array(chosen.length * width).fill(123)
          const count = isCompact ? read.bars.length : bars
          operator.kernel(out, given.map(column), params, { ...context, bars: count, asked }, extra)
          for (const [k, bar] of chosen.entries())
            for (let s = 0; s < width; s++)
              if (!Object.is(out[k * width + s], full[bar * width + s]))
                expect.fail(`${n} of ${width}, compact ${isCompact}, bar ${bar}: ${out[k * width + s]}`)
        }
        finite += full.filter((v) => !Number.isNaN(v)).length
      }
    expect(finite).toBeGreaterThan(1000)
  },
)

test('rows of a panel too wide for one strip have the same bits as at all bars', () => {
  const [bars, width, n] = [1010, 300, 1000]
  const rng = createRng(1, 'strips')
  const values = Float64Array.from({ length: bars * width }, () => rng.next())
  const context = testContext({ bars, symbols: width }, LOOKS[0]!, 1)
  const extra = { output: undefined, mask: undefined }
  const asked = { bars: Int32Array.of(5, 999, 1003, 1009) }
  for (const name of ['sma', 'zscore', 'product', 'median', 'corr']) {
    const operator = OPERATORS.find((one) => one.name === name)!
    const inputs = operator.inputs.map((): Column => ({ type: 'panel', width, values }))
    const full = new Float64Array(bars * width)
    operator.kernel(full, inputs, { n }, context, extra)
    const out = new Float64Array(asked.bars.length * width)
    operator.kernel(out, inputs, { n }, { ...context, asked }, extra)
    for (const [k, bar] of asked.bars.entries())
      expect(out.subarray(k * width, (k + 1) * width)).toEqual(full.subarray(bar * width, (bar + 1) * width))
    expect(out.at(-1)).not.toBeNaN()
  }
})
