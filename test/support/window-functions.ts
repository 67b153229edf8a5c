import type { WindowFunctions } from '../../src/graph/window-function/window-functions.js'

/** Functions of one and of several windows: sums, orders, branches, arrays of their own, answers that are no numbers. */
export const ONE_WINDOW: readonly string[] = [
  '(x) => x.reduce((sum, v) => sum + v, 0) / x.length',
  '(x) => {\n  let most = x[0]\n  for (const v of x) {\n    if (v > most) most = v\n  }\n  return most - x.at(-1)\n}',
  '(x) => {\n  x.sort()\n  return x[x.length >> 1]\n}',
  '(x) => x[x.length - 1] > x[0]',
]
export const TWO_WINDOWS: readonly string[] = [
  '(x, y) => x.reduce((sum, v, i) => sum + v * y[i], 0)',
  '(x, y) => {\n  let wins = 0\n  for (let i = 0; i < x.length; i++) {\n    if (x[i] > y[i]) wins++\n  }\n  return wins === 0 ? undefined : wins / x.length\n}',
  '(a, b) => Math.max(...a) - Math.min(...b)',
]
const THREE_WINDOWS = '(x, y, z) => [x, y, z].map((w) => w[0]).sort((a, b) => a - b)[1]'

export const WINDOW_FUNCTION_TEXTS: readonly string[] = [...ONE_WINDOW, ...TWO_WINDOWS, THREE_WINDOWS]

/** The plain form of `WindowFunctions`, for functions of ours: one call after the other, in this very engine. */
export const hostWindowFunctions: WindowFunctions = {
  apply({ text, n, inputs }, windows) {
    const fn = new Function(`'use strict'; return (${text})`)() as (...x: Float64Array[]) => unknown
    const room = new Float64Array(n * inputs)
    while (windows.fill(room, 1) > 0) {
      const given = Array.from({ length: inputs }, (_, i) => room.slice(i * n, i * n + n))
      const value = Number(fn(...given) ?? Number.NaN)
      windows.take(Float64Array.of(Number.isFinite(value) ? value : Number.NaN))
    }
  },
}
