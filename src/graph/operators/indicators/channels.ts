import { exponentialMean, wilderMean } from '../../kernels/recursive-means.js'
import { rollingMax, rollingMin } from '../../kernels/rolling-extremes.js'
import { borrow, giveBack } from '../../kernels/scratch.js'
import { superTrend } from '../../kernels/super-trend.js'
import { trueRange } from '../../kernels/true-range.js'
import type { OperatorDefinition } from '../../operator.js'
import { num, period, widest } from '../define.js'
import { plainEma } from '../time-series/recursive.js'
import { CLOSE, HIGH, LOW, withEqualWidths } from './inputs.js'
import { plainAtr } from './ranges.js'

/** The last n values, or undefined unless all n are there. */
function whole(history: readonly number[], n: number): readonly number[] | undefined {
  const window = history.slice(-n)
  return window.length < n || window.some(Number.isNaN) ? undefined : window
}

export function plainHighest(history: readonly number[], n: number): number {
  const window = whole(history, n)
  return window === undefined ? Number.NaN : Math.max(...window)
}

export function plainLowest(history: readonly number[], n: number): number {
  const window = whole(history, n)
  return window === undefined ? Number.NaN : Math.min(...window)
}

const donchian: OperatorDefinition = {
  name: 'donchian',
  category: 'indicator',
  inputs: [HIGH, LOW],
  params: [period({ default: 20, search: [5, 120] })],
  outputs: ['upper', 'lower', 'middle'],
  type: widest,
  lookback: (params) => num(params, 'n') - 1,
  kernel: (out, inputs, params, context, { output }) =>
    withEqualWidths(inputs, context, ([high, low], width) => {
      const n = num(params, 'n')
      const result = out as Float64Array
      if (output === 'lower') {
        rollingMin(result, low!, context.bars, width, n)
        return
      }
      rollingMax(result, high!, context.bars, width, n)
      if (output !== 'middle') return
      const cells = context.bars * width
      const lowest = borrow(cells)
      rollingMin(lowest, low!, context.bars, width, n)
      for (let i = 0; i < cells; i++) {
        const v = (result[i]! + lowest[i]!) / 2
        result[i] = v + (v - v)
      }
      giveBack(lowest)
    }),
  reference: {
    kind: 'series',
    at: ([high, low], params, output) => {
      const upper = plainHighest(high!, num(params, 'n'))
      const lower = plainLowest(low!, num(params, 'n'))
      return output === 'lower' ? lower : output === 'middle' ? (upper + lower) / 2 : upper
    },
  },
  doc: 'highest high, lowest low and their middle over the last n bars, this one included (for breakouts compare with lag(1))',
  source: "Donchian's four-week rule, as in Kaufman, Trading Systems and Methods",
}

const keltner: OperatorDefinition = {
  name: 'keltner',
  category: 'indicator',
  inputs: [HIGH, LOW, CLOSE],
  params: [
    period({ default: 20, search: [5, 120] }),
    { name: 'k', kind: 'number', min: 0.01, max: 100, default: 2, search: [1, 4] },
  ],
  outputs: ['upper', 'middle', 'lower'],
  type: widest,
  lookback: () => Number.POSITIVE_INFINITY,
  warmup: (params) => num(params, 'n') - 1,
  kernel: (out, inputs, params, context, { output }) =>
    withEqualWidths(inputs, context, ([high, low, close], width) => {
      const n = num(params, 'n')
      const result = out as Float64Array
      exponentialMean(result, close!, context.bars, width, n)
      if (output === 'middle') return
      const cells = context.bars * width
      const range = borrow(cells)
      trueRange(range, high!, low!, close!, context.bars, width)
      wilderMean(range, range, context.bars, width, n)
      const k = output === 'lower' ? -num(params, 'k') : num(params, 'k')
      for (let i = 0; i < cells; i++) {
        const v = result[i]! + k * range[i]!
        result[i] = v + (v - v)
      }
      giveBack(range)
    }),
  reference: {
    kind: 'series',
    at: ([high, low, close], params, output) => {
      const n = num(params, 'n')
      const middle = plainEma(close!, n)
      if (output === 'middle') return middle
      const reach = num(params, 'k') * plainAtr(high!, low!, close!, n)
      return output === 'lower' ? middle - reach : middle + reach
    },
  },
  doc: 'bands k average true ranges, atr(n), around ema(close, n)',
  source: "Linda Raschke's form of Keltner's channel (1960)",
}

const supertrend: OperatorDefinition = {
  name: 'supertrend',
  category: 'indicator',
  inputs: [HIGH, LOW, CLOSE],
  params: [
    period({ default: 10, search: [5, 60] }),
    { name: 'k', kind: 'number', min: 0.01, max: 100, default: 3, search: [1, 6] },
  ],
  outputs: ['line', 'direction'],
  type: widest,
  lookback: () => Number.POSITIVE_INFINITY,
  warmup: (params) => num(params, 'n') - 1,
  kernel: (out, inputs, params, context, { output }) =>
    withEqualWidths(inputs, context, ([high, low, close], width) => {
      const range = borrow(context.bars * width)
      trueRange(range, high!, low!, close!, context.bars, width)
      wilderMean(range, range, context.bars, width, num(params, 'n'))
      superTrend(
        out as Float64Array,
        high!,
        low!,
        close!,
        range,
        context.bars,
        width,
        num(params, 'k'),
        output === 'direction',
      )
      giveBack(range)
    }),
  reference: {
    kind: 'series',
    at: ([high, low, close], params, output) => {
      const k = num(params, 'k')
      let state: { upper: number; lower: number; up: boolean; close: number } | undefined
      let complete = false
      for (const [t, c] of close!.entries()) {
        const atr = plainAtr(
          high!.slice(0, t + 1),
          low!.slice(0, t + 1),
          close!.slice(0, t + 1),
          num(params, 'n'),
        )
        const middle = (high![t]! + low![t]!) / 2
        complete = !Number.isNaN(middle + atr + c)
        if (!complete) continue
        const upper = middle + k * atr
        const lower = middle - k * atr
        if (state === undefined) {
          state = { upper, lower, up: c >= middle, close: c }
          continue
        }
        const nowUpper: number = upper < state.upper || state.close > state.upper ? upper : state.upper
        const nowLower: number = lower > state.lower || state.close < state.lower ? lower : state.lower
        state = { upper: nowUpper, lower: nowLower, up: state.up ? c >= nowLower : c > nowUpper, close: c }
      }
      if (state === undefined || !complete) return Number.NaN
      if (output === 'direction') return state.up ? 1 : -1
      return state.up ? state.lower : state.upper
    },
  },
  doc: 'trailing stop line k average true ranges from the middle of the bar, and its direction: 1 up (line below), −1 down',
  source: 'Olivier Seban; band rules as TradingView publishes them',
}

export const CHANNELS: readonly OperatorDefinition[] = [donchian, keltner, supertrend]
