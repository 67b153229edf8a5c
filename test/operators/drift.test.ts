import { describe, expect, test } from 'vitest'
import type { Column, KernelContext, Params } from '../../src/graph/operator.js'
import { OPERATORS } from '../../src/graph/operators/index.js'
import { runKernel, seeded } from './support.js'

const DEEP = process.env.ALPHALOOP_DEEP === '1'

function run(name: string, series: readonly Float64Array[], params: Params): Float64Array {
  const operator = OPERATORS.find((candidate) => candidate.name === name)!
  const bars = series[0]!.length
  const context: KernelContext = {
    bars,
    symbols: 1,
    dates: [],
    field: () => new Float64Array(),
    group: () => new Int32Array(),
    benchmark: () => new Float64Array(),
  }
  const inputs = series.map((values): Column => ({ type: 'panel', width: 1, values }))
  return runKernel(operator, inputs, params, context) as Float64Array
}

/** Two passes: windows of values of like size lose nothing. */
function std(window: Float64Array): number {
  const mean = window.reduce((sum, v) => sum + v, 0) / window.length
  return Math.sqrt(window.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (window.length - 1))
}

describe('rolling values do not drift', () => {
  const bars = DEEP ? 1_000_000 : 100_000
  const random = seeded(4)
  const x = Float64Array.from({ length: bars }, () => 0.02 * (random() - 0.5))
  // A bad print every ten thousand bars; the last passes 30 bars before the end.
  for (let t = 5000; t < bars; t += 10_000) x[t] = 1e12
  x[bars - 30] = 1e12
  const y = Float64Array.from({ length: bars }, () => random())
  const clean = (t: number) => x.subarray(t - 19, t + 1).every((v) => v < 1)
  const last = bars - 1

  test('std(20) is right to 1e-9 after values of 1e12 have passed through', () => {
    const got = run('std', [x], { n: 20 })
    let compared = 0
    for (let t = 19; t < bars; t += t > bars - 200 ? 1 : 37) {
      if (!clean(t)) continue
      const wanted = std(x.subarray(t - 19, t + 1))
      expect(Math.abs(got[t]! - wanted)).toBeLessThanOrEqual(1e-9 * wanted)
      compared++
    }
    expect(compared).toBeGreaterThan(1000)
  })

  test('what follows a value of 1e12 is what follows without it', () => {
    const tail = (values: Float64Array) => values.subarray(bars - 8)
    // Whole blocks are kept in front, so that windows are cut at the same bars.
    const from = bars - 20 - ((bars - 20) % 20)
    for (const name of [
      'sum',
      'sma',
      'var',
      'std',
      'zscore',
      'slope',
      'rSquared',
      'skew',
      'kurt',
      'decayLinear',
      'median',
    ])
      expect([...tail(run(name, [x], { n: 20 }))], name).toEqual(
        [...run(name, [x.subarray(from - 20)], { n: 20 })].slice(-8),
      )
    for (const name of ['corr', 'cov', 'beta'])
      expect([...tail(run(name, [x, y], { n: 20 }))], name).toEqual(
        [...run(name, [x.subarray(from - 20), y.subarray(from - 20)], { n: 20 })].slice(-8),
      )
    expect(clean(last)).toBe(true)
  })

  test('windows that contain a bad print, or lie far from 0, are right as well', () => {
    for (const n of [2, 20, 250, 1000]) {
      const far = Float64Array.from({ length: 3 * n }, () => 1e6 + random())
      for (const t of [0, n, 2 * n - 1, 2 * n + 1]) if (t < far.length && n > 2) far[t] = 1e12
      const got = run('std', [far], { n })
      for (let t = n - 1; t < far.length; t++) {
        const window = far.subarray(t - n + 1, t + 1)
        const wanted = std(window.map((v) => v - window[0]!))
        expect(Math.abs(got[t]! - wanted)).toBeLessThanOrEqual(1e-9 * wanted)
      }
    }
  })

  test('a window of equal values has no deviation, whatever came before', () => {
    const flat = x.slice(0, 400)
    flat.fill(0.1, 100)
    for (const t of [119, 120, 133, 399]) {
      expect(run('std', [flat], { n: 20 })[t]).toBe(0)
      expect(run('sma', [flat], { n: 20 })[t]).toBe(0.1)
      expect(run('zscore', [flat], { n: 20 })[t]).toBeNaN()
      expect(run('corr', [flat, y.slice(0, 400)], { n: 20 })[t]).toBeNaN()
      expect(run('beta', [y.slice(0, 400), flat], { n: 20 })[t]).toBeNaN()
      expect(run('rSquared', [flat], { n: 20 })[t]).toBeNaN()
    }
  })
})
