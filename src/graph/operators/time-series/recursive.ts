import { exponentialMean, wilderMean } from '../../kernels/recursive-means.js'
import type { OperatorDefinition } from '../../operator.js'
import { num, period, series, widest, widthOf, X } from '../define.js'

const present = (values: readonly number[]) => values.filter((v) => !Number.isNaN(v))

/** Exponential mean at the newest bar: weights of the past decay over missing bars too. */
export function plainEma(history: readonly number[], span: number): number {
  const alpha = 2 / (span + 1)
  let mean = Number.NaN
  let weight = 1
  for (const v of history) {
    weight *= 1 - alpha
    if (Number.isNaN(v)) continue
    mean = Number.isNaN(mean) ? v : (weight * mean + alpha * v) / (weight + alpha)
    weight = 1
  }
  return present(history).length >= span ? mean : Number.NaN
}

/** Wilder's mean at the newest bar. */
export function plainWilder(history: readonly number[], n: number): number {
  const values = present(history)
  if (values.length < n || Number.isNaN(history.at(-1)!)) return Number.NaN
  const start = values.slice(0, n).reduce((sum, v) => sum + v, 0) / n
  return values.slice(n).reduce((y, v) => y + (v - y) / n, start)
}

const ema: OperatorDefinition = {
  name: 'ema',
  category: 'timeSeries',
  inputs: [X],
  params: [period({ name: 'span' })],
  type: widest,
  lookback: () => Number.POSITIVE_INFINITY,
  warmup: (params) => num(params, 'span') - 1,
  window: () => Number.POSITIVE_INFINITY,
  readsSeries: true,
  kernel: (out, inputs, params, context) =>
    exponentialMean(
      out as Float64Array,
      series(inputs[0]),
      context.asked ?? context.bars,
      widthOf(inputs, context),
      num(params, 'span'),
    ),
  reference: { kind: 'series', at: ([x], params) => plainEma(x!, num(params, 'span')) },
  doc: 'exponential moving average, α = 2/(span + 1); past weights decay over missing bars too',
}

const wilder: OperatorDefinition = {
  name: 'wilder',
  category: 'timeSeries',
  inputs: [X],
  params: [period()],
  type: widest,
  lookback: () => Number.POSITIVE_INFINITY,
  warmup: (params) => num(params, 'n') - 1,
  window: () => Number.POSITIVE_INFINITY,
  readsSeries: true,
  kernel: (out, inputs, params, context) =>
    wilderMean(
      out as Float64Array,
      series(inputs[0]),
      context.asked ?? context.bars,
      widthOf(inputs, context),
      num(params, 'n'),
    ),
  reference: { kind: 'series', at: ([x], params) => plainWilder(x!, num(params, 'n')) },
  doc: "Wilder's average: the mean of the first n values, from then on y += (x − y)/n",
  source: 'Wilder, New Concepts in Technical Trading Systems (1978)',
}

export const RECURSIVE: readonly OperatorDefinition[] = [ema, wilder]
