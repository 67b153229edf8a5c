import { rollingExtremeAge, rollingMax, rollingMin } from '../../kernels/rolling-extremes.js'
import { rollingQuantile, rollingRank } from '../../kernels/rolling-order.js'
import type { OperatorDefinition } from '../../operator.js'
import { num } from '../define.js'
import { windowed } from './windows.js'

function plainQuantile(window: readonly number[], q: number): number {
  const sorted = [...window].sort((a, b) => a - b)
  const place = q * (sorted.length - 1)
  const low = sorted[Math.floor(place)]!
  const high = sorted[Math.ceil(place)]!
  return low + (high - low) * (place - Math.floor(place))
}

export const ORDER_STATISTICS: readonly OperatorDefinition[] = [
  windowed({
    name: 'median',
    doc: 'median of the last n values',
    fill: (out, x, bars, width, n) => rollingQuantile(out, x, bars, width, n, 0.5),
    plain: (window) => plainQuantile(window, 0.5),
  }),
  windowed({
    name: 'quantile',
    doc: 'quantile q of the last n values, linear interpolation',
    params: [{ name: 'q', kind: 'number', min: 0, max: 1, search: [0.05, 0.95] }],
    fill: (out, x, bars, width, n, params) => rollingQuantile(out, x, bars, width, n, num(params, 'q')),
    plain: (window, params) => plainQuantile(window, num(params, 'q')),
  }),
  windowed({
    name: 'tsRank',
    doc: 'percentile of the newest among the last n values, in (0, 1], average ties',
    fill: rollingRank,
    plain: (window) => {
      const newest = window.at(-1)!
      const below = window.filter((v) => v < newest).length
      const equal = window.filter((v) => v === newest).length
      return (below + (equal + 1) / 2) / window.length
    },
  }),
  windowed({
    name: 'tsMin',
    doc: 'smallest of the last n values',
    fill: rollingMin,
    plain: (window) => Math.min(...window),
  }),
  windowed({
    name: 'tsMax',
    doc: 'largest of the last n values',
    fill: rollingMax,
    plain: (window) => Math.max(...window),
  }),
  windowed({
    name: 'argMin',
    doc: 'bars back to the smallest of the last n values, 0 = this bar, of equal ones the most recent',
    fill: (out, x, bars, width, n) => rollingExtremeAge(out, x, bars, width, n, -1),
    plain: (window) => window.length - 1 - window.lastIndexOf(Math.min(...window)),
  }),
  windowed({
    name: 'argMax',
    doc: 'bars back to the largest of the last n values, 0 = this bar, of equal ones the most recent',
    fill: (out, x, bars, width, n) => rollingExtremeAge(out, x, bars, width, n, 1),
    plain: (window) => window.length - 1 - window.lastIndexOf(Math.max(...window)),
  }),
]
