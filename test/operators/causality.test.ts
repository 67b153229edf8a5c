import { describe, expect, test } from 'vitest'
import type { Column, KernelContext } from '../../src/graph/operator.js'
import { OPERATORS } from '../../src/graph/operators/index.js'
import { headOf, inputsFor, LOOKS, paramsFor, runKernel, same, seeded, testContext } from './support.js'

const shape = { bars: 75, symbols: 3 }
const SEEDS = process.env.ALPHALOOP_DEEP === '1' ? 20 : 2

function contextHead(context: KernelContext, bars: number): KernelContext {
  const cells = bars * context.symbols
  return {
    ...context,
    bars,
    dates: context.dates.slice(0, bars),
    field: (name) => context.field(name).subarray(0, cells),
    group: (name) => context.group(name).subarray(0, cells),
    benchmark: (name) => context.benchmark(name).subarray(0, bars),
  }
}

/** A copy of an input whose bars outside from … to − 1 are something else. */
function changedOutside(input: Column, from: number, to: number, random: () => number): Column {
  const values = input.values.slice()
  for (let i = 0; i < values.length; i++) {
    const bar = Math.floor(i / input.width)
    if (bar >= from && bar < to) continue
    values[i] = input.type === 'boolean' ? 1 - values[i]! : random() < 0.2 ? Number.NaN : random() * 1e12
  }
  return { ...input, values } as Column
}

describe.each(OPERATORS.map((operator) => [operator.name, operator] as const))('%s', (_name, operator) => {
  test('a value is the same bits wherever the panel ends', () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const look = LOOKS[seed % 2]!
      const context = testContext(shape, look, seed)
      const inputs = inputsFor(operator, 'panels', shape, look, seed + 10)
      const params = paramsFor(operator, seed + 20, seed % 2 ? 7 : 30)
      for (const output of operator.outputs ?? [undefined]) {
        const whole = runKernel(operator, inputs, params, context, { output })
        for (let bars = 1; bars < shape.bars; bars += seed === 1 ? 1 : 5) {
          const heads = inputs.map((input) => headOf(input, bars))
          const part = runKernel(operator, heads, params, contextHead(context, bars), { output })
          for (let i = 0; i < part.length; i++)
            if (!same(part[i]!, whole[i]!))
              expect.fail(
                `${JSON.stringify(params)}: ${bars} bars, cell ${i}: ${part[i]}, in full ${whole[i]}`,
              )
        }
      }
    }
  })

  test('values older than its lookback, or later, do not matter', () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const look = LOOKS[seed % 2]!
      const context = testContext(shape, look, seed)
      const params = paramsFor(operator, seed + 40, 9)
      const lookback = operator.lookback(params)
      const inputs = inputsFor(operator, 'panels', shape, look, seed + 30)
      for (const output of operator.outputs ?? [undefined]) {
        const whole = runKernel(operator, inputs, params, context, { output })
        const width = whole.length / shape.bars
        for (let t = 3; t < shape.bars; t += 6) {
          const first = Math.max(0, t - lookback)
          const changed = inputs.map((input, i) => changedOutside(input, first, t + 1, seeded(t + i)))
          const other = runKernel(operator, changed, params, context, { output })
          for (let i = t * width; i < (t + 1) * width; i++)
            if (!same(other[i]!, whole[i]!))
              expect.fail(`${JSON.stringify(params)}: bar ${t}: ${other[i]}, was ${whole[i]}`)
        }
      }
    }
  })

  test('its lookback is no longer than what it uses', () => {
    const params = paramsFor(operator, 3, 3)
    const lookback = operator.lookback(params)
    if (lookback === 0 || lookback === Number.POSITIVE_INFINITY) return
    const look = LOOKS[operator.name === 'ffill' ? 2 : 0]!
    const context = testContext(shape, look, 1)
    const last = shape.bars - 1
    let used = false
    for (let seed = 1; seed <= 12 && !used; seed++) {
      const inputs = inputsFor(operator, 'panels', shape, look, seed)
      const changed = inputs.map((input, i) =>
        changedOutside(input, shape.bars - lookback, shape.bars, seeded(seed + i)),
      )
      for (const output of operator.outputs ?? [undefined]) {
        const whole = runKernel(operator, inputs, params, context, { output })
        const other = runKernel(operator, changed, params, context, { output })
        const width = whole.length / shape.bars
        for (let s = 0; s < width; s++) used ||= !same(whole[last * width + s]!, other[last * width + s]!)
      }
    }
    expect(used).toBe(true)
  })

  if (operator.category !== 'crossSection' && operator.category !== 'source')
    test('a symbol gets the same alone as among many', () => {
      const look = LOOKS[1]!
      const wide = { bars: 40, symbols: 1700 }
      const inputs = inputsFor(operator, 'panels', wide, look, 17)
      const params = paramsFor(operator, 18, 12)
      const output = operator.outputs?.at(-1)
      const among = runKernel(operator, inputs, params, testContext(wide, look, 1), { output })
      for (const symbol of [0, 355, 356, 900, 1699]) {
        const own = inputs.map((input) => ({
          ...input,
          width: 1,
          values: input.values.filter((_: number, i: number) => i % wide.symbols === symbol),
        })) as Column[]
        const context = testContext({ bars: wide.bars, symbols: 1 }, look, 1)
        const alone = runKernel(operator, own, params, context, { output })
        for (let t = 0; t < wide.bars; t++)
          expect(same(alone[t]!, among[t * wide.symbols + symbol]!), `symbol ${symbol}, bar ${t}`).toBe(true)
      }
    })

  const { kind } = operator.reference
  if (kind === 'element' || kind === 'crossSection' || operator.shift)
    test('single bars are the same bits as in full', () => {
      const look = LOOKS[1]!
      const context = testContext(shape, look, 9)
      const gathered = (columns: readonly Column[], bars: readonly number[]) =>
        columns.map((column) => ({
          ...column,
          values: column.values.filter((_: number, i: number) => bars.includes(Math.floor(i / column.width))),
        })) as Column[]
      const rows = [0, 1, 5, 6, 7, 30, shape.bars - 1]
      for (const inputKind of ['panels', 'mixed', 'vectors'] as const) {
        const inputs = inputsFor(operator, inputKind, shape, look, 11)
        const params = paramsFor(operator, 12, 9)
        const whole = runKernel(operator, inputs, params, context)
        const width = whole.length / shape.bars
        const few = { ...context, bars: rows.length }
        const { shift } = operator
        const before = shift ? rows.filter((bar) => bar >= shift.by(params)) : []
        const some = shift
          ? new Float64Array(rows.length * width).fill(Number.NaN)
          : runKernel(operator, gathered(inputs, rows), params, few)
        if (shift) {
          const from = (rows.length - before.length) * width
          const earlier = before.map((bar) => bar - shift.by(params))
          const [now] = gathered(inputs, rows)
          const [then] = gathered(inputs, earlier)
          shift.combine(
            some as Float64Array,
            from,
            (shift.readsNow ? now!.values : new Float64Array(0)) as Float64Array,
            from,
            then!.values as Float64Array,
            0,
            before.length * width,
          )
        }
        for (const [k, bar] of rows.entries())
          for (let s = 0; s < width; s++)
            expect(same(some[k * width + s]!, whole[bar * width + s]!), `bar ${bar}, symbol ${s}`).toBe(true)
      }
    })
})
