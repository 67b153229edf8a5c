import type { ElementName } from '../../kernels/compiled/elements.js'
import type { OperatorDefinition, Shift } from '../../operator.js'
import { finite, num, numbers, period, widest, widthOf, X } from '../define.js'

function shifted(
  name: string,
  doc: string,
  readsNow: boolean,
  combine: Shift['combine'],
  plain: (now: number, before: number) => number,
  compiled?: ElementName,
): OperatorDefinition {
  return {
    name,
    category: 'timeSeries',
    inputs: [X],
    params: [period({ search: [1, 252] })],
    type: widest,
    lookback: (params) => num(params, 'n'),
    shift: { by: (params) => num(params, 'n'), readsNow, combine, ...(compiled ? { compiled } : {}) },
    kernel: (out, inputs, params, context) => {
      const width = widthOf(inputs, context)
      const x = numbers(inputs[0])
      const first = Math.min(num(params, 'n'), context.bars) * width
      ;(out as Float64Array).fill(Number.NaN, 0, first)
      combine(out as Float64Array, first, x, first, x, 0, context.bars * width - first)
    },
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
    false,
    (out, o, _now, _ni, before, bi, count) => {
      for (let i = 0; i < count; i++) out[o + i] = before[bi + i]!
    },
    (_now, before) => before,
  ),
  shifted(
    'delta',
    'x − its value n bars ago',
    true,
    (out, o, now, ni, before, bi, count) => {
      for (let i = 0; i < count; i++) {
        const v = now[ni + i]! - before[bi + i]!
        out[o + i] = v + (v - v)
      }
    },
    (now, before) => now - before,
    'sub',
  ),
  shifted(
    'pctChange',
    'x divided by its value n bars ago, − 1; nothing is filled forward',
    true,
    (out, o, now, ni, before, bi, count) => {
      for (let i = 0; i < count; i++) {
        const v = now[ni + i]! / before[bi + i]! - 1
        out[o + i] = v + (v - v)
      }
    },
    (now, before) => now / before - 1,
    'change',
  ),
  shifted(
    'logReturn',
    'natural logarithm of x divided by its value n bars ago',
    true,
    (out, o, now, ni, before, bi, count) => {
      for (let i = 0; i < count; i++) {
        const v = Math.log(now[ni + i]! / before[bi + i]!)
        out[o + i] = v + (v - v)
      }
    },
    (now, before) => Math.log(now / before),
  ),
]
