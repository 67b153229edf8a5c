import { meanAbsoluteDeviation } from '../../kernels/rolling-shape.js'
import { rollingMean, rollingSum } from '../../kernels/rolling-sum.js'
import { borrow, giveBack } from '../../kernels/scratch.js'
import type { OperatorDefinition } from '../../operator.js'
import { finite, num, period, widest } from '../define.js'
import { plainMean } from '../time-series/windows.js'
import { CLOSE, HIGH, LOW, VOLUME, withEqualWidths } from './inputs.js'

const typical = (high: readonly number[], low: readonly number[], close: readonly number[]) =>
  close.map((c, t) => (high[t]! + low[t]! + c) / 3)

function typicalPrice(
  out: Float64Array,
  high: Float64Array,
  low: Float64Array,
  close: Float64Array,
  cells: number,
): void {
  for (let i = 0; i < cells; i++) out[i] = (high[i]! + low[i]! + close[i]!) / 3
}

const cci: OperatorDefinition = {
  name: 'cci',
  category: 'indicator',
  inputs: [HIGH, LOW, CLOSE],
  params: [period({ min: 2, default: 20, search: [5, 60] })],
  type: widest,
  lookback: (params) => num(params, 'n') - 1,
  kernel: (out, inputs, params, context) =>
    withEqualWidths(inputs, context, ([high, low, close], width) => {
      const { bars } = context
      const n = num(params, 'n')
      const cells = bars * width
      const price = borrow(cells)
      const mean = borrow(cells)
      const result = out as Float64Array
      typicalPrice(price, high!, low!, close!, cells)
      rollingMean(mean, price, bars, width, n)
      meanAbsoluteDeviation(result, price, mean, bars, width, n)
      for (let i = 0; i < cells; i++) {
        const v = (price[i]! - mean[i]!) / (0.015 * result[i]!)
        result[i] = v + (v - v)
      }
      giveBack(price, mean)
    }),
  reference: {
    kind: 'series',
    at: ([high, low, close], params) => {
      const window = typical(high!, low!, close!).slice(-num(params, 'n'))
      if (window.length < num(params, 'n')) return Number.NaN
      const mean = plainMean(window)
      const deviation = plainMean(window.map((v) => Math.abs(v - mean)))
      return finite((window.at(-1)! - mean) / (0.015 * deviation))
    },
  },
  doc: 'commodity channel index: typical price (high + low + close)/3 less its mean, in units of 0.015 mean absolute deviations',
  source: 'Lambert, Commodities (1980)',
}

const mfi: OperatorDefinition = {
  name: 'mfi',
  category: 'indicator',
  inputs: [HIGH, LOW, CLOSE, VOLUME],
  params: [period({ default: 14, search: [5, 60] })],
  type: widest,
  lookback: (params) => num(params, 'n'),
  kernel: (out, inputs, params, context) =>
    withEqualWidths(inputs, context, ([high, low, close, volume], width) => {
      const { bars } = context
      const n = num(params, 'n')
      const cells = bars * width
      const result = out as Float64Array
      const flow = borrow(cells)
      const fallen = borrow(cells)
      typicalPrice(result, high!, low!, close!, cells)
      const row = Math.min(width, cells)
      flow.fill(Number.NaN, 0, row)
      fallen.fill(Number.NaN, 0, row)
      for (let i = row; i < cells; i++) {
        const change = result[i]! - result[i - width]!
        const money = result[i]! * volume![i]! + (change - change)
        flow[i] = change > 0 ? money : money - money
        fallen[i] = change < 0 ? money : money - money
      }
      rollingSum(result, flow, bars, width, n)
      rollingSum(flow, fallen, bars, width, n)
      for (let i = 0; i < cells; i++) {
        const rose = result[i]!
        const both = rose + flow[i]!
        const v = both === 0 ? 50 : (100 * rose) / both
        result[i] = v + (v - v)
      }
      giveBack(flow, fallen)
    }),
  reference: {
    kind: 'series',
    at: ([high, low, close, volume], params) => {
      const n = num(params, 'n')
      const price = typical(high!, low!, close!)
      if (price.length < n + 1) return Number.NaN
      let rose = 0
      let fell = 0
      for (let t = price.length - n; t < price.length; t++) {
        const change = price[t]! - price[t - 1]!
        const money = price[t]! * volume![t]!
        if (Number.isNaN(change + money)) return Number.NaN
        if (change > 0) rose += money
        if (change < 0) fell += money
      }
      return rose + fell === 0 ? 50 : finite((100 * rose) / (rose + fell))
    },
  },
  doc: 'money flow index, 0 … 100: share of typical price × volume that fell on rising typical prices, over n bars; 50 where there was none',
  source: 'Quong & Soudack, Stocks & Commodities 7:3 (1989)',
}

const obv: OperatorDefinition = {
  name: 'obv',
  category: 'indicator',
  inputs: [CLOSE, VOLUME],
  params: [],
  type: widest,
  lookback: () => Number.POSITIVE_INFINITY,
  kernel: (out, inputs, _params, context) =>
    withEqualWidths(inputs, context, ([close, volume], width) => {
      const balance = new Float64Array(width)
      const last = new Float64Array(width).fill(Number.NaN)
      for (let t = 0; t < context.bars; t++)
        for (let s = 0; s < width; s++) {
          const i = t * width + s
          const c = close![i]!
          const v = volume![i]!
          if (Number.isNaN(c + v)) {
            out[i] = Number.NaN
            continue
          }
          if (c > last[s]!) balance[s] = balance[s]! + v
          else if (c < last[s]!) balance[s] = balance[s]! - v
          last[s] = c
          const total = balance[s]!
          out[i] = total + (total - total)
        }
    }),
  reference: {
    kind: 'series',
    at: ([close, volume]) => {
      const days = close!
        .map((c, t) => ({ c, v: volume![t]! }))
        .filter(({ c, v }) => !Number.isNaN(c) && !Number.isNaN(v))
      if (Number.isNaN(close!.at(-1)! + volume!.at(-1)!)) return Number.NaN
      return days.slice(1).reduce((sum, { c, v }, i) => sum + Math.sign(c - days[i]!.c) * v, 0)
    },
  },
  doc: 'on-balance volume: volume added on rising closes and taken off on falling ones, 0 at the first bar; bars that miss either are passed over',
  source: "Granville's New Key to Stock Market Profits (1963)",
}

export const VOLUME_INDICATORS: readonly OperatorDefinition[] = [cci, mfi, obv]
