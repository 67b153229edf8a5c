import { wilderMean } from '../../kernels/recursive-means.js'
import { borrow, giveBack } from '../../kernels/scratch.js'
import type { OperatorDefinition } from '../../operator.js'
import { num, numbers, period, widest, widthOf } from '../define.js'
import { plainWilder } from '../time-series/recursive.js'
import { SERIES } from './inputs.js'

const rsi: OperatorDefinition = {
  name: 'rsi',
  category: 'indicator',
  inputs: [SERIES],
  params: [period({ default: 14, search: [2, 60] })],
  type: widest,
  lookback: () => Number.POSITIVE_INFINITY,
  kernel: (out, inputs, params, context) => {
    const x = numbers(inputs[0])
    const width = widthOf(inputs, context)
    const n = num(params, 'n')
    const gains = out as Float64Array
    const cells = context.bars * width
    const losses = borrow(cells)
    const row = Math.min(width, cells)
    gains.fill(Number.NaN, 0, row)
    losses.fill(Number.NaN, 0, row)
    for (let i = row; i < cells; i++) {
      const d = x[i]! - x[i - width]!
      gains[i] = Math.max(d, 0)
      losses[i] = Math.max(0 - d, 0)
    }
    wilderMean(gains, gains, context.bars, width, n)
    wilderMean(losses, losses, context.bars, width, n)
    for (let i = 0; i < cells; i++) {
      const gain = gains[i]!
      const both = gain + losses[i]!
      gains[i] = both === 0 ? 50 : (100 * gain) / both
    }
    giveBack(losses)
  },
  reference: {
    kind: 'series',
    at: ([x], params) => {
      const n = num(params, 'n')
      const changes = x!.slice(1).map((v, i) => v - x![i]!)
      const gain = plainWilder(
        changes.map((d) => Math.max(d, 0)),
        n,
      )
      const loss = plainWilder(
        changes.map((d) => Math.max(-d, 0)),
        n,
      )
      return gain === 0 && loss === 0 ? 50 : (100 * gain) / (gain + loss)
    },
  },
  doc: 'relative strength index, 0 … 100: share of the gains in gains and losses (Wilder averages); 50 where both are 0',
  source: 'Wilder, New Concepts in Technical Trading Systems (1978)',
}

export const MOMENTUM: readonly OperatorDefinition[] = [rsi]
