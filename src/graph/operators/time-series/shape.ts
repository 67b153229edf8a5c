import { rollingShape } from '../../kernels/rolling-shape.js'
import type { OperatorDefinition } from '../../operator.js'
import { plainMean, windowed } from './windows.js'

/** pandas 1.5: below this variance (ddof 0) skew and kurt are missing, unless all values are equal. */
const TOO_FLAT = 1e-14

/** Mean of a power of the deviations. */
function plainMoment(window: readonly number[], power: number): number {
  const mean = plainMean(window)
  return window.reduce((sum, v) => sum + (v - mean) ** power, 0) / window.length
}

const skew = windowed({
  name: 'skew',
  doc: 'skewness of the last n values, bias-corrected; 0 where they are all equal',
  source: 'Joanes & Gill 1998, G1',
  min: 3,
  fill: (out, x, bars, width, n) => {
    const correction = Math.sqrt(n * (n - 1)) / (n - 2)
    rollingShape(x, bars, width, n, (at, m2, m3, _m4, count) => {
      for (let s = 0; s < count; s++) {
        const variance = m2[s]! / n
        const v =
          variance > TOO_FLAT
            ? (correction * (m3[s]! / n)) / (variance * Math.sqrt(variance))
            : variance === 0
              ? 0
              : Number.NaN
        out[at + s] = v + (v - v)
      }
    })
  },
  plain: (window) => {
    const n = window.length
    const variance = plainMoment(window, 2)
    if (variance === 0) return 0
    if (variance <= TOO_FLAT) return Number.NaN
    return ((Math.sqrt(n * (n - 1)) / (n - 2)) * plainMoment(window, 3)) / variance ** 1.5
  },
})

const kurt = windowed({
  name: 'kurt',
  doc: 'excess kurtosis of the last n values, bias-corrected; −3 where they are all equal',
  source: 'Joanes & Gill 1998, G2',
  min: 4,
  fill: (out, x, bars, width, n) => {
    const scale = 1 / ((n - 2) * (n - 3))
    rollingShape(x, bars, width, n, (at, m2, _m3, m4, count) => {
      for (let s = 0; s < count; s++) {
        const variance = m2[s]! / n
        const v =
          variance > TOO_FLAT
            ? scale * (((n * n - 1) * (m4[s]! / n)) / (variance * variance) - 3 * (n - 1) ** 2)
            : variance === 0
              ? -3
              : Number.NaN
        out[at + s] = v + (v - v)
      }
    })
  },
  plain: (window) => {
    const n = window.length
    const variance = plainMoment(window, 2)
    if (variance === 0) return -3
    if (variance <= TOO_FLAT) return Number.NaN
    const ratio = plainMoment(window, 4) / variance ** 2
    return ((n * n - 1) * ratio - 3 * (n - 1) ** 2) / ((n - 2) * (n - 3))
  },
})

export const SHAPE: readonly OperatorDefinition[] = [skew, kurt]
