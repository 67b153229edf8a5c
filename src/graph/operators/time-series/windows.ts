import type { BarsAsked } from '../../kernels/compiled/blocks.js'
import type { Series } from '../../kernels/compiled/series.js'
import { rollingMoments, rollingVariance } from '../../kernels/rolling-moments.js'
import { rollingLinearDecay, rollingMean, rollingProduct, rollingSum } from '../../kernels/rolling-sum.js'
import type { OperatorDefinition, Params } from '../../operator.js'
import { num, numbers, onWindow, period, series, widest, widthOf, X } from '../define.js'

/** What a kernel of the last n values of one input needs to say. */
export interface WindowOperator {
  name: string
  doc: string
  source?: string
  /** Shortest window. */
  min?: number
  params?: OperatorDefinition['params']
  fill: (out: Float64Array, x: Series, bars: BarsAsked, width: number, n: number, params: Params) => void
  plain: (window: readonly number[], params: Params) => number
}

/** One whose kernel looks at its input besides, and so needs an array of it. */
export interface ArrayWindowOperator extends Omit<WindowOperator, 'fill'> {
  fillFromArray: (
    out: Float64Array,
    x: Float64Array,
    bars: BarsAsked,
    width: number,
    n: number,
    params: Params,
  ) => void
}

export function windowed(operator: WindowOperator | ArrayWindowOperator) {
  const { name, doc, source, min = 1, params = [], plain } = operator
  const definition: OperatorDefinition = {
    name,
    category: 'timeSeries',
    inputs: [X],
    params: [period({ min }), ...params],
    type: widest,
    lookback: (given) => num(given, 'n') - 1,
    window: (given) => num(given, 'n'),
    ...('fill' in operator ? { readsSeries: true } : {}),
    kernel: (out, inputs, given, context) => {
      const [input] = inputs
      const bars = context.asked ?? context.bars
      const width = widthOf(inputs, context)
      const n = num(given, 'n')
      if ('fill' in operator) operator.fill(out as Float64Array, series(input), bars, width, n, given)
      else operator.fillFromArray(out as Float64Array, numbers(input), bars, width, n, given)
    },
    reference: onWindow(plain),
    doc,
    ...(source ? { source } : {}),
  }
  return definition
}

const total = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0)

/** Mean that is exact where all values are equal. */
export function plainMean(values: readonly number[]): number {
  return values.every((v) => v === values[0]) ? values[0]! : total(values) / values.length
}

/** Variance about the mean, `ddof` 0 or 1. */
export function plainVariance(values: readonly number[], ddof = 1): number {
  const mean = plainMean(values)
  return total(values.map((v) => (v - mean) ** 2)) / (values.length - ddof)
}

const sum = windowed({
  name: 'sum',
  doc: 'sum of the last n values',
  fill: rollingSum,
  plain: total,
})

const sma = windowed({
  name: 'sma',
  doc: 'mean of the last n values (simple moving average); exact where they are all equal',
  fill: rollingMean,
  plain: plainMean,
})

const product = windowed({
  name: 'product',
  doc: 'product of the last n values',
  fill: rollingProduct,
  plain: (window) => window.reduce((so, v) => so * v, 1),
})

const decayLinear = windowed({
  name: 'decayLinear',
  doc: 'mean of the last n values with weights 1 … n, the newest heaviest',
  fill: rollingLinearDecay,
  plain: (window) => total(window.map((v, i) => v * (i + 1))) / ((window.length * (window.length + 1)) / 2),
})

const variance = windowed({
  name: 'var',
  doc: 'variance of the last n values (ddof 1)',
  min: 2,
  fill: (out, x, bars, width, n) => rollingVariance(out, x, bars, width, n, false),
  plain: (window) => plainVariance(window),
})

const std = windowed({
  name: 'std',
  doc: 'standard deviation of the last n values (ddof 1)',
  min: 2,
  fill: (out, x, bars, width, n) => rollingVariance(out, x, bars, width, n, true),
  plain: (window) => Math.sqrt(plainVariance(window)),
})

const zscore = windowed({
  name: 'zscore',
  doc: '(x − mean)/std of the last n values; missing where std is 0',
  min: 2,
  fillFromArray: (out, x, bars, width, n) => {
    const scale = 1 / (n - 1)
    rollingMoments(x, bars, width, n, (at, mean, m2, count, from) => {
      for (let s = 0; s < count; s++) {
        const v = (x[from + s]! - mean[s]!) / Math.sqrt(m2[s]! * scale)
        out[at + s] = v + (v - v)
      }
    })
  },
  plain: (window) => (window.at(-1)! - plainMean(window)) / Math.sqrt(plainVariance(window)),
})

export const WINDOWS: readonly OperatorDefinition[] = [sum, sma, product, decayLinear, variance, std, zscore]
