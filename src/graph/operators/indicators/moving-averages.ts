import { exponentialMean } from '../../kernels/recursive-means.js'
import { rollingMoments } from '../../kernels/rolling-moments.js'
import { rollingMean } from '../../kernels/rolling-sum.js'
import { borrow, giveBack } from '../../kernels/scratch.js'
import type { OperatorDefinition } from '../../operator.js'
import { finite, num, numbers, period, widest, widthOf } from '../define.js'
import { plainEma } from '../time-series/recursive.js'
import { plainMean, plainVariance } from '../time-series/windows.js'
import { SERIES } from './inputs.js'

const macd: OperatorDefinition = {
  name: 'macd',
  category: 'indicator',
  inputs: [SERIES],
  params: [
    period({ name: 'fast', default: 12, search: [2, 60] }),
    period({ name: 'slow', min: 2, default: 26, search: [5, 200] }),
    period({ name: 'signal', default: 9, search: [2, 40] }),
  ],
  checkParams: (params) =>
    num(params, 'fast') < num(params, 'slow')
      ? undefined
      : `fast ${params.fast} must be shorter than slow ${params.slow}`,
  outputs: ['line', 'signal', 'histogram'],
  type: widest,
  lookback: () => Number.POSITIVE_INFINITY,
  warmup: (params, output) => num(params, 'slow') - 1 + (output === 'line' ? 0 : num(params, 'signal') - 1),
  kernel: (out, inputs, params, context, { output }) => {
    const x = numbers(inputs[0])
    const { bars } = context
    const width = widthOf(inputs, context)
    const cells = bars * width
    const line = out as Float64Array
    const other = borrow(cells)
    exponentialMean(line, x, bars, width, num(params, 'fast'))
    exponentialMean(other, x, bars, width, num(params, 'slow'))
    for (let i = 0; i < cells; i++) {
      const v = line[i]! - other[i]!
      line[i] = v + (v - v)
    }
    if (output === 'signal' || output === 'histogram') {
      exponentialMean(other, line, bars, width, num(params, 'signal'))
      if (output === 'signal') line.set(other)
      else for (let i = 0; i < cells; i++) line[i] = line[i]! - other[i]!
    }
    giveBack(other)
  },
  reference: {
    kind: 'series',
    at: ([x], params, output) => {
      const lines = x!.map((_, t) => {
        const history = x!.slice(0, t + 1)
        return plainEma(history, num(params, 'fast')) - plainEma(history, num(params, 'slow'))
      })
      const line = lines.at(-1)!
      if (output !== 'signal' && output !== 'histogram') return line
      const signal = plainEma(lines, num(params, 'signal'))
      return output === 'signal' ? signal : line - signal
    },
  },
  doc: 'moving average convergence/divergence: line = ema(fast) − ema(slow), signal = ema of the line, histogram = line − signal',
  source: 'Appel, Technical Analysis: Power Tools for Active Investors (2005)',
}

type Bands = 'upper' | 'lower' | 'percentB' | 'width'

/** One output of the bands around `mean` at `k` deviations of `std`. */
function band(output: Bands, x: number, mean: number, std: number, k: number): number {
  const upper = mean + k * std
  const lower = mean - k * std
  switch (output) {
    case 'upper':
      return upper
    case 'lower':
      return lower
    case 'percentB':
      // Equal values make a band without width, and no place in it.
      return std === 0 ? Number.NaN : (x - lower) / (upper - lower)
    case 'width':
      return (upper - lower) / mean
  }
}

const bollinger: OperatorDefinition = {
  name: 'bollinger',
  category: 'indicator',
  inputs: [SERIES],
  params: [
    period({ default: 20, search: [5, 120] }),
    { name: 'k', kind: 'number', min: 0.01, max: 100, default: 2, search: [1, 3] },
  ],
  outputs: ['upper', 'middle', 'lower', 'percentB', 'width'],
  type: widest,
  lookback: (params) => num(params, 'n') - 1,
  kernel: (out, inputs, params, context, { output }) => {
    const x = numbers(inputs[0])
    const width = widthOf(inputs, context)
    const n = num(params, 'n')
    const k = num(params, 'k')
    // The middle is the very number that sma gives.
    rollingMean(out as Float64Array, x, context.bars, width, n)
    if (output === 'middle') return
    rollingMoments(x, context.bars, width, n, (at, _mean, m2, count) => {
      for (let s = 0; s < count; s++) {
        const v = band(output as Bands, x[at + s]!, out[at + s]!, Math.sqrt(m2[s]! / n), k)
        out[at + s] = v + (v - v)
      }
    })
  },
  reference: {
    kind: 'series',
    at: ([x], params, output) => {
      const n = num(params, 'n')
      const window = x!.slice(-n)
      if (window.length < n || window.some(Number.isNaN)) return Number.NaN
      const mean = plainMean(window)
      const reach = num(params, 'k') * Math.sqrt(plainVariance(window, 0))
      const [lower, upper] = [mean - reach, mean + reach]
      if (output === 'percentB') return finite((window.at(-1)! - lower) / (upper - lower))
      if (output === 'width') return finite((upper - lower) / mean)
      return output === 'lower' ? lower : output === 'middle' ? mean : upper
    },
  },
  doc: 'bands k standard deviations (ddof 0) around sma(n); percentB = place between lower (0) and upper (1), width = (upper − lower)/middle',
  source: 'Bollinger, Bollinger on Bollinger Bands (2001)',
}

export const MOVING_AVERAGES: readonly OperatorDefinition[] = [macd, bollinger]
