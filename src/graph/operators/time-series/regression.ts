import { rollingCoMoment } from '../../kernels/rolling-co-moments.js'
import { rollingTrend } from '../../kernels/rolling-trend.js'
import type { OperatorDefinition } from '../../operator.js'
import { finite, num, period, widest, X } from '../define.js'
import { withEqualSeries } from '../indicators/inputs.js'
import { plainMean, windowed } from './windows.js'

/** Σ of products of deviations. */
function plainProducts(x: readonly number[], y: readonly number[]): number {
  const meanX = plainMean(x)
  const meanY = plainMean(y)
  return x.reduce((sum, v, i) => sum + (v - meanX) * (y[i]! - meanY), 0)
}

function ofTwo(
  name: string,
  doc: string,
  commutative: boolean,
  what: 'correlation' | 'covariance' | 'slope',
  plain: (x: readonly number[], y: readonly number[]) => number,
): OperatorDefinition {
  return {
    name,
    category: 'timeSeries',
    inputs: [X, { name: 'y', type: 'numeric' }],
    params: [period({ min: 2 })],
    type: widest,
    ...(commutative ? { commutative } : {}),
    lookback: (params) => num(params, 'n') - 1,
    window: (params) => num(params, 'n'),
    readsSeries: true,
    kernel: (out, inputs, params, context) =>
      withEqualSeries(inputs, context, ([x, y], width) =>
        rollingCoMoment(
          out as Float64Array,
          x!,
          y!,
          context.asked ?? context.bars,
          width,
          num(params, 'n'),
          what,
        ),
      ),
    reference: {
      kind: 'series',
      at: ([x, y], params) => {
        const n = num(params, 'n')
        if (x!.length < n) return Number.NaN
        const windows = [x!.slice(-n), y!.slice(-n)] as const
        return windows.flat().some(Number.isNaN) ? Number.NaN : finite(plain(...windows))
      },
    },
    doc,
  }
}

const cov = ofTwo(
  'cov',
  'covariance of x and y over the last n bars (ddof 1)',
  true,
  'covariance',
  (x, y) => plainProducts(x, y) / (x.length - 1),
)

const corr = ofTwo(
  'corr',
  'correlation of x and y over the last n bars; missing where either is constant',
  true,
  'correlation',
  (x, y) => {
    const r = plainProducts(x, y) / Math.sqrt(plainProducts(x, x) * plainProducts(y, y))
    return Number.isFinite(r) ? Math.max(-1, Math.min(1, r)) : Number.NaN
  },
)

const beta = ofTwo(
  'beta',
  'slope of x on y over the last n bars: cov(x, y)/var(y)',
  false,
  'slope',
  (x, y) => plainProducts(x, y) / plainProducts(y, y),
)

/** Σ(k − k̄)² of k = 0 … n − 1. */
const squaredPositions = (n: number) => (n * (n * n - 1)) / 12

const positions = (n: number) => Array.from({ length: n }, (_, k) => k)

const plainSlope = (window: readonly number[]) => {
  const k = positions(window.length)
  return plainProducts(window, k) / plainProducts(k, k)
}

const slope = windowed({
  name: 'slope',
  doc: 'slope of the regression line through the last n values, per bar',
  min: 2,
  fill: (out, x, bars, width, n) => {
    const kk = squaredPositions(n)
    rollingTrend(x, bars, width, n, (at, _mean, _xx, xk, count) => {
      for (let s = 0; s < count; s++) {
        const v = xk[s]! / kk
        out[at + s] = v + (v - v)
      }
    })
  },
  plain: plainSlope,
})

const rSquared = windowed({
  name: 'rSquared',
  doc: 'share of the variance of the last n values that their regression line explains; missing where they are equal',
  min: 2,
  fill: (out, x, bars, width, n) => {
    const kk = squaredPositions(n)
    rollingTrend(x, bars, width, n, (at, _mean, xx, xk, count) => {
      for (let s = 0; s < count; s++) {
        const v = Math.min(1, (xk[s]! * xk[s]!) / (kk * xx[s]!))
        out[at + s] = v + (v - v)
      }
    })
  },
  plain: (window) => {
    const k = positions(window.length)
    return Math.min(1, plainProducts(window, k) ** 2 / (plainProducts(k, k) * plainProducts(window, window)))
  },
})

const residual = windowed({
  name: 'residual',
  doc: 'newest value less the regression line through the last n values',
  min: 2,
  fillFromArray: (out, x, bars, width, n) => {
    const lever = (n - 1) / 2 / squaredPositions(n)
    rollingTrend(x, bars, width, n, (at, mean, _xx, xk, count, from) => {
      for (let s = 0; s < count; s++) {
        const v = x[from + s]! - mean[s]! - xk[s]! * lever
        out[at + s] = v + (v - v)
      }
    })
  },
  plain: (window) => window.at(-1)! - (plainMean(window) + (plainSlope(window) * (window.length - 1)) / 2),
})

export const REGRESSION: readonly OperatorDefinition[] = [corr, cov, beta, slope, rSquared, residual]
