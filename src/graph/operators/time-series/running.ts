import type { Column, KernelContext, OperatorDefinition } from '../../operator.js'
import { num, numbers, period, truths, widest, widthOf, X } from '../define.js'

const ffill: OperatorDefinition = {
  name: 'ffill',
  category: 'timeSeries',
  inputs: [X],
  params: [period({ name: 'limit', search: [1, 63] })],
  type: widest,
  lookback: (params) => num(params, 'limit'),
  warmup: () => 0,
  kernel: (out, inputs, params, context) => {
    const x = numbers(inputs[0])
    const width = widthOf(inputs, context)
    const limit = num(params, 'limit')
    const last = new Float64Array(width).fill(Number.NaN)
    const age = new Int32Array(width)
    for (let t = 0; t < context.bars; t++) {
      const at = t * width
      for (let s = 0; s < width; s++) {
        const v = x[at + s]!
        if (Number.isNaN(v)) {
          age[s] = age[s]! + 1
          out[at + s] = age[s]! <= limit ? last[s]! : Number.NaN
        } else {
          age[s] = 0
          out[at + s] = last[s] = v
        }
      }
    }
  },
  reference: {
    kind: 'series',
    at: ([x], params) => x!.slice(-1 - num(params, 'limit')).findLast((v) => !Number.isNaN(v)) ?? Number.NaN,
  },
  doc: 'x, and where it is missing its last value of at most `limit` bars ago',
}

function runningExtreme(
  out: Float64Array,
  inputs: readonly Column[],
  context: KernelContext,
  sign: 1 | -1,
): void {
  const x = numbers(inputs[0])
  const width = widthOf(inputs, context)
  // A vector beside a reset by symbol: one value a bar for all of them.
  const shared = inputs[0]!.type === 'vector' && width > 1
  const reset = inputs.length > 1 ? truths(inputs[1]) : undefined
  const best = new Float64Array(width).fill(Number.NEGATIVE_INFINITY)
  for (let t = 0; t < context.bars; t++) {
    const at = t * width
    for (let s = 0; s < width; s++) {
      if (reset !== undefined && reset[at + s] === 1) best[s] = Number.NEGATIVE_INFINITY
      const v = x[shared ? t : at + s]!
      if (sign * v > best[s]!) best[s] = sign * v
      out[at + s] = Number.isNaN(v) ? Number.NaN : sign * best[s]!
    }
  }
}

function running(name: string, doc: string, sign: 1 | -1): OperatorDefinition {
  return {
    name,
    category: 'timeSeries',
    inputs: [X, { name: 'reset', type: 'boolean', optional: true }],
    params: [],
    type: widest,
    lookback: () => Number.POSITIVE_INFINITY,
    kernel: (out, inputs, _params, context) => runningExtreme(out as Float64Array, inputs, context, sign),
    reference: {
      kind: 'series',
      at: ([x, reset]) => {
        if (Number.isNaN(x!.at(-1)!)) return Number.NaN
        const start = Math.max(0, reset?.lastIndexOf(1) ?? 0)
        const values = x!.slice(start).filter((v) => !Number.isNaN(v))
        return sign > 0 ? Math.max(...values) : Math.min(...values)
      },
    },
    doc: `${doc} since the last true of reset (since the first bar without one); missing where x is`,
  }
}

export const RUNNING: readonly OperatorDefinition[] = [
  ffill,
  running('cumMax', 'largest x', 1),
  running('cumMin', 'smallest x', -1),
]
