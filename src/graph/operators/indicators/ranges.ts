import { wilderMean } from '../../kernels/recursive-means.js'
import { trueRange } from '../../kernels/true-range.js'
import type { OperatorDefinition } from '../../operator.js'
import { num, period, widest } from '../define.js'
import { plainWilder } from '../time-series/recursive.js'
import { CLOSE, HIGH, LOW, withEqualWidths } from './inputs.js'

/** True range of every bar of one symbol. */
export function plainTrueRange(
  high: readonly number[],
  low: readonly number[],
  close: readonly number[],
): number[] {
  return high.map((h, t) => {
    const before = t === 0 ? Number.NaN : close[t - 1]!
    if (Number.isNaN(before)) return h - low[t]!
    return Math.max(h - low[t]!, Math.abs(h - before), Math.abs(low[t]! - before))
  })
}

const atr: OperatorDefinition = {
  name: 'atr',
  category: 'indicator',
  inputs: [HIGH, LOW, CLOSE],
  params: [period({ default: 14, search: [2, 60] })],
  type: widest,
  lookback: () => Number.POSITIVE_INFINITY,
  kernel: (out, inputs, params, context) =>
    withEqualWidths(inputs, context, ([high, low, close], width) => {
      const ranges = out as Float64Array
      trueRange(ranges, high!, low!, close!, context.bars, width)
      wilderMean(ranges, ranges, context.bars, width, num(params, 'n'))
    }),
  reference: {
    kind: 'series',
    at: ([high, low, close], params) => plainWilder(plainTrueRange(high!, low!, close!), num(params, 'n')),
  },
  doc: 'average true range (Wilder average), in units of price',
  source: 'Wilder, New Concepts in Technical Trading Systems (1978)',
}

export const RANGES: readonly OperatorDefinition[] = [atr]
