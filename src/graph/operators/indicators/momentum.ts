import { relativeStrength } from '../../kernels/recursive-means.js'
import { rollingExtremeAge, rollingMax, rollingMin } from '../../kernels/rolling-extremes.js'
import { rollingMean, rollingSum } from '../../kernels/rolling-sum.js'
import { borrow, giveBack } from '../../kernels/scratch.js'
import type { OperatorDefinition } from '../../operator.js'
import { finite, num, numbers, period, series, widest, widthOf } from '../define.js'
import { plainWilder } from '../time-series/recursive.js'
import { plainMean } from '../time-series/windows.js'
import { plainHighest, plainLowest } from './channels.js'
import { CLOSE, HIGH, LOW, SERIES, withEqualWidths } from './inputs.js'

const rsi: OperatorDefinition = {
  name: 'rsi',
  category: 'indicator',
  inputs: [SERIES],
  params: [period({ default: 14, search: [2, 60] })],
  type: widest,
  lookback: () => Number.POSITIVE_INFINITY,
  warmup: (params) => num(params, 'n'),
  window: () => Number.POSITIVE_INFINITY,
  readsSeries: true,
  kernel: (out, inputs, params, context) =>
    relativeStrength(
      out as Float64Array,
      series(inputs[0]),
      context.asked ?? context.bars,
      widthOf(inputs, context),
      num(params, 'n'),
    ),
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

const stochastic: OperatorDefinition = {
  name: 'stochastic',
  category: 'indicator',
  inputs: [HIGH, LOW, CLOSE],
  params: [
    period({ default: 14, search: [5, 60] }),
    period({ name: 'k', default: 3, search: [1, 10] }),
    period({ name: 'd', default: 3, search: [1, 10] }),
  ],
  outputs: ['k', 'd'],
  type: widest,
  lookback: (params) => num(params, 'n') + num(params, 'k') + num(params, 'd') - 3,
  warmup: (params, output) =>
    num(params, 'n') + num(params, 'k') - 2 + (output === 'd' ? num(params, 'd') - 1 : 0),
  kernel: (out, inputs, params, context, { output }) =>
    withEqualWidths(inputs, context, ([high, low, close], width) => {
      const { bars } = context
      const cells = bars * width
      const highest = borrow(cells)
      const result = out as Float64Array
      rollingMax(highest, high!, bars, width, num(params, 'n'))
      rollingMin(result, low!, bars, width, num(params, 'n'))
      for (let i = 0; i < cells; i++) {
        const v = (100 * (close![i]! - result[i]!)) / (highest[i]! - result[i]!)
        highest[i] = v + (v - v)
      }
      rollingMean(result, highest, bars, width, num(params, 'k'))
      if (output === 'd') {
        highest.set(result.subarray(0, cells))
        rollingMean(result, highest, bars, width, num(params, 'd'))
      }
      giveBack(highest)
    }),
  reference: {
    kind: 'series',
    at: ([high, low, close], params, output) => {
      const n = num(params, 'n')
      const raw = close!.map((c, t) => {
        const top = plainHighest(high!.slice(0, t + 1), n)
        const bottom = plainLowest(low!.slice(0, t + 1), n)
        return finite((100 * (c - bottom)) / (top - bottom))
      })
      const smooth = (values: readonly number[], m: number) =>
        values.map((_, t) => {
          const window = values.slice(Math.max(0, t + 1 - m), t + 1)
          return window.length < m ? Number.NaN : plainMean(window)
        })
      const k = smooth(raw, num(params, 'k'))
      return (output === 'd' ? smooth(k, num(params, 'd')) : k).at(-1)!
    },
  },
  doc: 'stochastic oscillator, 0 … 100: k = sma(k) of the place of the close in the range of the last n bars, d = sma(d) of k; missing where there is no range',
  source: 'George Lane; slow form',
}

const williamsR: OperatorDefinition = {
  name: 'williamsR',
  category: 'indicator',
  inputs: [HIGH, LOW, CLOSE],
  params: [period({ default: 14, search: [5, 60] })],
  type: widest,
  lookback: (params) => num(params, 'n') - 1,
  kernel: (out, inputs, params, context) =>
    withEqualWidths(inputs, context, ([high, low, close], width) => {
      const { bars } = context
      const cells = bars * width
      const lowest = borrow(cells)
      const result = out as Float64Array
      rollingMin(lowest, low!, bars, width, num(params, 'n'))
      rollingMax(result, high!, bars, width, num(params, 'n'))
      for (let i = 0; i < cells; i++) {
        const v = (100 * (close![i]! - result[i]!)) / (result[i]! - lowest[i]!)
        result[i] = v + (v - v)
      }
      giveBack(lowest)
    }),
  reference: {
    kind: 'series',
    at: ([high, low, close], params) => {
      const top = plainHighest(high!, num(params, 'n'))
      const bottom = plainLowest(low!, num(params, 'n'))
      return finite((-100 * (top - close!.at(-1)!)) / (top - bottom))
    },
  },
  doc: 'Williams %R, −100 … 0: place of the close in the range of the last n bars; missing where there is no range',
  source: 'Williams, How I Made One Million Dollars … Trading Commodities (1973)',
}

const aroon: OperatorDefinition = {
  name: 'aroon',
  category: 'indicator',
  inputs: [HIGH, LOW],
  params: [period({ default: 25, search: [5, 60] })],
  outputs: ['up', 'down', 'oscillator'],
  type: widest,
  lookback: (params) => num(params, 'n'),
  kernel: (out, inputs, params, context, { output }) =>
    withEqualWidths(inputs, context, ([high, low], width) => {
      const { bars } = context
      const n = num(params, 'n')
      const cells = bars * width
      const result = out as Float64Array
      if (output === 'down') rollingExtremeAge(result, low!, bars, width, n + 1, -1)
      else rollingExtremeAge(result, high!, bars, width, n + 1, 1)
      if (output !== 'oscillator') {
        for (let i = 0; i < cells; i++) result[i] = (100 * (n - result[i]!)) / n
        return
      }
      const lowAge = borrow(cells)
      rollingExtremeAge(lowAge, low!, bars, width, n + 1, -1)
      for (let i = 0; i < cells; i++) result[i] = (100 * (lowAge[i]! - result[i]!)) / n
      giveBack(lowAge)
    }),
  reference: {
    kind: 'series',
    at: ([high, low], params, output) => {
      const n = num(params, 'n')
      const age = (history: readonly number[], extreme: number) =>
        Number.isNaN(extreme) ? Number.NaN : history.length - 1 - history.lastIndexOf(extreme)
      const up = (100 * (n - age(high!, plainHighest(high!, n + 1)))) / n
      const down = (100 * (n - age(low!, plainLowest(low!, n + 1)))) / n
      return output === 'down' ? down : output === 'oscillator' ? up - down : up
    },
  },
  doc: 'aroon, 0 … 100: 100·(n − bars since the highest high (up) or lowest low (down) of n + 1 bars)/n, oscillator = up − down',
  source: 'Chande, Stocks & Commodities 13:9 (1995)',
}

const efficiencyRatio: OperatorDefinition = {
  name: 'efficiencyRatio',
  category: 'indicator',
  inputs: [SERIES],
  params: [period({ default: 10, search: [5, 120] })],
  type: widest,
  lookback: (params) => num(params, 'n'),
  kernel: (out, inputs, params, context) => {
    const x = numbers(inputs[0])
    const { bars } = context
    const width = widthOf(inputs, context)
    const n = num(params, 'n')
    const cells = bars * width
    const steps = borrow(cells)
    const result = out as Float64Array
    const row = Math.min(width, cells)
    steps.fill(Number.NaN, 0, row)
    for (let i = row; i < cells; i++) steps[i] = Math.abs(x[i]! - x[i - width]!)
    rollingSum(result, steps, bars, width, n)
    const first = Math.min(cells, n * width)
    result.fill(Number.NaN, 0, first)
    for (let i = first; i < cells; i++) {
      // Rounding of the sum must not take a straight line past 1.
      const v = Math.min(1, Math.abs(x[i]! - x[i - n * width]!) / result[i]!)
      result[i] = v + (v - v)
    }
    giveBack(steps)
  },
  reference: {
    kind: 'series',
    at: ([x], params) => {
      const n = num(params, 'n')
      const window = x!.slice(-1 - n)
      if (window.length < n + 1) return Number.NaN
      const way = window.slice(1).reduce((sum, v, i) => sum + Math.abs(v - window[i]!), 0)
      return finite(Math.min(1, Math.abs(window.at(-1)! - window[0]!) / way))
    },
  },
  doc: 'efficiency ratio, 0 … 1: net change over n bars divided by the way there; missing where nothing moved',
  source: 'Kaufman, Trading Systems and Methods',
}

export const MOMENTUM: readonly OperatorDefinition[] = [rsi, stochastic, williamsR, aroon, efficiencyRatio]
