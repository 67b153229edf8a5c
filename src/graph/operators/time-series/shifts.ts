import type { OperatorDefinition } from '../../operator.js'
import { anyRows, finite, num, numbers, period, widest, widthOf, X } from '../define.js'

/** out[i] = op(x[i], x[i − shift]) for from ≤ i < to. */
type LagLoop = (out: Float64Array, x: Float64Array, shift: number, from: number, to: number) => void

function shifted(
  name: string,
  doc: string,
  loop: LagLoop,
  plain: (now: number, before: number) => number,
): OperatorDefinition {
  return {
    name,
    category: 'timeSeries',
    inputs: [X],
    params: [period({ search: [1, 252] })],
    type: widest,
    lookback: (params) => num(params, 'n'),
    ...anyRows((out, inputs, params, context, _extra, from, to) => {
      const n = num(params, 'n')
      const width = widthOf(inputs, context)
      const first = Math.min(Math.max(from, n), to)
      ;(out as Float64Array).fill(Number.NaN, from * width, first * width)
      loop(out as Float64Array, numbers(inputs[0]), n * width, first * width, to * width)
    }),
    reference: {
      kind: 'series',
      at: ([x], params) => {
        const before = x!.at(-1 - num(params, 'n'))
        return before === undefined ? Number.NaN : finite(plain(x!.at(-1)!, before))
      },
    },
    doc,
  }
}

export const SHIFTS: readonly OperatorDefinition[] = [
  shifted(
    'lag',
    'value n bars ago',
    (out, x, shift, from, to) => {
      for (let i = from; i < to; i++) out[i] = x[i - shift]!
    },
    (_now, before) => before,
  ),
  shifted(
    'delta',
    'x − its value n bars ago',
    (out, x, shift, from, to) => {
      for (let i = from; i < to; i++) {
        const v = x[i]! - x[i - shift]!
        out[i] = v + (v - v)
      }
    },
    (now, before) => now - before,
  ),
  shifted(
    'pctChange',
    'x divided by its value n bars ago, − 1; nothing is filled forward',
    (out, x, shift, from, to) => {
      for (let i = from; i < to; i++) {
        const v = x[i]! / x[i - shift]! - 1
        out[i] = v + (v - v)
      }
    },
    (now, before) => now / before - 1,
  ),
  shifted(
    'logReturn',
    'natural logarithm of x divided by its value n bars ago',
    (out, x, shift, from, to) => {
      for (let i = from; i < to; i++) {
        const v = Math.log(x[i]! / x[i - shift]!)
        out[i] = v + (v - v)
      }
    },
    (now, before) => Math.log(now / before),
  ),
]
