import { averageTrueRange, wilderMean } from '../../kernels/recursive-means.js'
import { borrow, giveBack } from '../../kernels/scratch.js'
import { directionalMovement, trueRange } from '../../kernels/true-range.js'
import type { OperatorDefinition } from '../../operator.js'
import { num, period, widest } from '../define.js'
import { plainWilder } from '../time-series/recursive.js'
import { CLOSE, HIGH, LOW, withEqualSeries, withEqualWidths } from './inputs.js'

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

/** Average true range at the newest bar. */
export function plainAtr(
  high: readonly number[],
  low: readonly number[],
  close: readonly number[],
  n: number,
): number {
  return plainWilder(plainTrueRange(high, low, close), n)
}

const atr: OperatorDefinition = {
  name: 'atr',
  category: 'indicator',
  inputs: [HIGH, LOW, CLOSE],
  params: [period({ default: 14, search: [2, 60] })],
  type: widest,
  lookback: () => Number.POSITIVE_INFINITY,
  warmup: (params) => num(params, 'n') - 1,
  window: () => Number.POSITIVE_INFINITY,
  readsSeries: true,
  kernel: (out, inputs, params, context) =>
    withEqualSeries(inputs, context, ([high, low, close], width) =>
      averageTrueRange(
        out as Float64Array,
        [high!, low!, close!],
        context.asked ?? context.bars,
        width,
        num(params, 'n'),
      ),
    ),
  reference: {
    kind: 'series',
    at: ([high, low, close], params) => plainAtr(high!, low!, close!, num(params, 'n')),
  },
  doc: 'average true range (Wilder average), in units of price',
  source: 'Wilder, New Concepts in Technical Trading Systems (1978)',
}

/** Ratio of two means in percent; missing in a market without any range. */
const percent = (part: number, whole: number) => {
  const v = (100 * part) / whole
  return v + (v - v)
}

/** Imbalance of two directional indicators in percent: 0 where nothing moved either way. */
const imbalance = (plus: number, minus: number) =>
  plus + minus === 0 ? 0 : (100 * Math.abs(plus - minus)) / (plus + minus)

const adx: OperatorDefinition = {
  name: 'adx',
  category: 'indicator',
  inputs: [HIGH, LOW, CLOSE],
  params: [period({ default: 14, search: [5, 60] })],
  outputs: ['adx', 'plusDi', 'minusDi'],
  type: widest,
  lookback: () => Number.POSITIVE_INFINITY,
  warmup: (params, output) => (output === 'adx' ? 2 * num(params, 'n') - 1 : num(params, 'n')),
  kernel: (out, inputs, params, context, { output }) =>
    withEqualWidths(inputs, context, ([high, low, close], width) => {
      const { bars } = context
      const n = num(params, 'n')
      const cells = bars * width
      const range = borrow(cells)
      const minus = borrow(cells)
      const plus = out as Float64Array
      trueRange(range, high!, low!, close!, bars, width)
      directionalMovement(plus, minus, range, high!, low!, bars, width)
      wilderMean(range, range, bars, width, n)
      wilderMean(plus, plus, bars, width, n)
      wilderMean(minus, minus, bars, width, n)
      if (output === 'plusDi') for (let i = 0; i < cells; i++) plus[i] = percent(plus[i]!, range[i]!)
      else if (output === 'minusDi') for (let i = 0; i < cells; i++) plus[i] = percent(minus[i]!, range[i]!)
      else {
        for (let i = 0; i < cells; i++)
          plus[i] = imbalance(percent(plus[i]!, range[i]!), percent(minus[i]!, range[i]!))
        wilderMean(plus, plus, bars, width, n)
      }
      giveBack(range, minus)
    }),
  reference: {
    kind: 'series',
    at: ([high, low, close], params, output) => {
      const n = num(params, 'n')
      const ups = high!.map((h, t) => (t === 0 ? Number.NaN : h - high![t - 1]!))
      const downs = low!.map((l, t) => (t === 0 ? Number.NaN : low![t - 1]! - l))
      const known = (t: number) => !Number.isNaN(ups[t]! + downs[t]!)
      const plusMoves = ups.map((u, t) => (known(t) ? (u > downs[t]! && u > 0 ? u : 0) : Number.NaN))
      const minusMoves = downs.map((d, t) => (known(t) ? (d > ups[t]! && d > 0 ? d : 0) : Number.NaN))
      const ranges = plainTrueRange(high!, low!, close!).map((r, t) => (known(t) ? r : Number.NaN))
      const share = (moves: readonly number[], t: number) => {
        const range = plainWilder(ranges.slice(0, t + 1), n)
        return range === 0 ? Number.NaN : (100 * plainWilder(moves.slice(0, t + 1), n)) / range
      }
      const newest = high!.length - 1
      if (output === 'plusDi') return share(plusMoves, newest)
      if (output === 'minusDi') return share(minusMoves, newest)
      const dx = ups.map((_, t) => {
        const plus = share(plusMoves, t)
        const minus = share(minusMoves, t)
        return plus + minus === 0 ? 0 : (100 * Math.abs(plus - minus)) / (plus + minus)
      })
      return plainWilder(dx, n)
    },
  },
  doc: 'average directional index, 0 … 100: strength of a trend either way; plusDi and minusDi are the directional indicators (Wilder averages, from the second bar on)',
  source: 'Wilder, New Concepts in Technical Trading Systems (1978)',
}

export const RANGES: readonly OperatorDefinition[] = [atr, adx]
