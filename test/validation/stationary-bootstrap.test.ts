import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AlphaloopError } from '../../src/base/errors.js'
import { createRng, type Rng } from '../../src/base/rng.js'
import { deviation } from '../../src/base/stats/deviation.js'
import { mean } from '../../src/base/stats/mean.js'
import { meanBlockLength } from '../../src/validation/block-length.js'
import {
  type ComparedRatio,
  chanceBetter,
  eachBlock,
  stationaryIndices,
} from '../../src/validation/stationary-bootstrap.js'

function ar1(n: number, phi: number, rng: Rng): Float64Array {
  const series = new Float64Array(n)
  let value = rng.normal() / Math.sqrt(1 - phi * phi)
  for (let i = 0; i < n; i++) {
    series[i] = value
    value = phi * value + rng.normal()
  }
  return series
}

const noise = (n: number, drift: number, spread: number, rng: Rng) =>
  Float64Array.from({ length: n }, () => drift + spread * rng.normal())

describe('the mean block length', () => {
  /** The definition as the two papers print it, with two-sided sums, and nothing shared with the source. */
  function plainBlockLength(x: readonly number[]): number {
    const n = x.length
    const average = x.reduce((a, b) => a + b, 0) / n
    const R = (k: number) => {
      let sum = 0
      for (let t = 0; t + Math.abs(k) < n; t++) sum += (x[t]! - average) * (x[t + Math.abs(k)]! - average)
      return sum / n
    }
    const K = Math.max(5, Math.ceil(Math.sqrt(Math.log10(n))))
    const mMax = Math.min(Math.ceil(Math.sqrt(n)) + K, n - 1)
    const insignificant = (k: number) => Math.abs(R(k) / R(0)) < 2 * Math.sqrt(Math.log10(n) / n)
    let M = mMax
    for (let m = 0; m + K <= mMax; m++)
      if (Array.from({ length: K }, (_, k) => insignificant(m + k + 1)).every(Boolean)) {
        M = Math.min(2 * Math.max(m, 1), mMax)
        break
      }
    const lambda = (t: number) => (Math.abs(t) <= 0.5 ? 1 : Math.abs(t) <= 1 ? 2 * (1 - Math.abs(t)) : 0)
    let G = 0
    let g = 0
    for (let k = -M; k <= M; k++) {
      G += lambda(k / M) * Math.abs(k) * R(k)
      g += lambda(k / M) * R(k)
    }
    const b = ((2 * G * G) / (2 * g * g)) ** (1 / 3) * n ** (1 / 3)
    return Math.min(Math.ceil(Math.min(3 * Math.sqrt(n), n / 3)), Math.max(1, b))
  }

  test('is that of the published definition on AR(1) series of every strength', () => {
    for (const phi of [-0.6, 0, 0.1, 0.5, 0.9])
      for (const n of [4, 9, 40, 200, 500]) {
        const series = ar1(n, phi, createRng('definition', String(phi), n))
        expect(meanBlockLength(series)).toBeCloseTo(plainBlockLength([...series]), 8)
      }
  })

  test('centres on the optimum of AR(1), (2φ/(1 − φ²))^⅔·n^⅓ in closed form', () => {
    // R(k) = φ^|k| gives Σ|k|R/ΣR = 2φ/(1 − φ²).
    for (const [phi, optimum] of [
      [0.7, 18.2],
      [-0.4, 8.98],
    ] as const) {
      expect(Math.cbrt(((2 * phi) / (1 - phi * phi)) ** 2 * 800)).toBeCloseTo(optimum, 1)
      const estimates = Array.from({ length: 60 }, (_, i) =>
        meanBlockLength(ar1(800, phi, createRng('optimum', String(phi), i))),
      )
      expect(mean(estimates) / optimum).toBeGreaterThan(0.8)
      expect(mean(estimates) / optimum).toBeLessThan(1.2)
    }
  })

  test('is 1 for a series without variance or under four values', () => {
    expect(meanBlockLength(new Float64Array(50).fill(0.1))).toBe(1)
    expect(meanBlockLength([1, 2, 3])).toBe(1)
  })

  test('does not depend on scale or shift', () => {
    const series = ar1(300, 0.5, createRng('scale'))
    const moved = series.map((value) => 7 - 0.001 * value)
    expect(meanBlockLength(moved)).toBeCloseTo(meanBlockLength(series), 6)
  })
})

describe('stationary resampling', () => {
  test('a resample has n indices in range, in blocks that run on around the circle', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.double({ min: 1, max: 40, noNaN: true }),
        (n, block) => {
          const indices = stationaryIndices(n, block, createRng('resample', n, String(block)))
          expect(indices.length).toBe(n)
          expect([...indices].every((index) => index >= 0 && index < n)).toBe(true)
        },
      ),
      { seed: 3, numRuns: 200 },
    )
  })

  test('block lengths are geometric with the mean asked for, and starts are uniform', () => {
    const n = 100_000
    const lengths: number[] = []
    const starts: number[] = []
    eachBlock(n, 8, createRng('geometric'), (start, length) => {
      lengths.push(length)
      starts.push(start / n)
    })
    lengths.pop()
    expect(mean(lengths)).toBeGreaterThan(7.7)
    expect(mean(lengths)).toBeLessThan(8.3)
    // A geometric law with mean 8 has a deviation of √(8·7).
    expect(deviation(lengths) / Math.sqrt(56)).toBeGreaterThan(0.95)
    expect(deviation(lengths) / Math.sqrt(56)).toBeLessThan(1.05)
    expect(lengths.filter((length) => length === 1).length / lengths.length).toBeCloseTo(1 / 8, 1)
    expect(mean(starts)).toBeCloseTo(0.5, 1)
    expect(Math.min(...lengths)).toBe(1)
  })

  test('a mean of 1 draws every bar by itself', () => {
    const lengths = new Set<number>()
    eachBlock(500, 1, createRng('single'), (_, length) => lengths.add(length))
    expect(lengths).toEqual(new Set([1]))
  })
})

describe('the chance of being better', () => {
  const rng = () => createRng('chance', 42)

  const PLAIN: Record<ComparedRatio, (r: number[], riskFree: number) => number> = {
    sharpe: (r, riskFree) => (mean(r) - riskFree) / deviation(r, 1),
    sortino: (r, riskFree) =>
      (mean(r) - riskFree) / Math.sqrt(mean(r.map((value) => Math.min(value - riskFree, 0) ** 2))),
    calmar: (r) => {
      let equity = 1
      let peak = 1
      let worst = 0
      for (const value of r) {
        equity *= 1 + value
        peak = Math.max(peak, equity)
        worst = Math.min(worst, equity / peak - 1)
      }
      return (equity ** (252 / r.length) - 1) / Math.abs(worst)
    },
  }

  test.each(['sharpe', 'sortino', 'calmar'] as const)(
    'counts what plain %s over the same resamples counts',
    (ratio) => {
      const a = noise(120, 0.0006, 0.01, createRng('a'))
      const b = noise(120, 0.0004, 0.012, createRng('b'))
      const riskFree = ratio === 'calmar' ? 0 : 0.0001
      const stream = rng()
      let wins = 0
      for (let draw = 0; draw < 300; draw++) {
        const indices = [...stationaryIndices(120, 4, stream)]
        const value = (series: Float64Array) =>
          PLAIN[ratio](
            indices.map((i) => series[i]!),
            riskFree,
          )
        if (value(a) > value(b)) wins++
      }
      expect(wins).toBeGreaterThan(0)
      expect(chanceBetter(a, b, { rng: rng(), draws: 300, ratio, riskFree, meanBlock: 4 })).toBe(wins / 300)
    },
  )

  test('is near 1 for a series that is clearly better, and near 0 the other way', () => {
    const good = noise(250, 0.002, 0.008, createRng('good'))
    const bad = noise(250, -0.001, 0.01, createRng('bad'))
    expect(chanceBetter(good, bad, { rng: rng() })).toBeGreaterThan(0.99)
    expect(chanceBetter(bad, good, { rng: rng() })).toBeLessThan(0.01)
  })

  test('is one half for a series against itself, or against itself with leverage', () => {
    const series = noise(250, 0.001, 0.01, createRng('self'))
    expect(chanceBetter(series, series, { rng: rng() })).toBe(0.5)
    expect(
      chanceBetter(
        series.map((value) => value * 1.7),
        series,
        { rng: rng() },
      ),
    ).toBe(0.5)
  })

  test('is paired: a small but steady lead over the same market is seen', () => {
    const market = noise(250, 0.0005, 0.01, createRng('market'))
    const lead = market.map((value, i) => value + 0.0003 + 0.0002 * Math.sin(i))
    expect(chanceBetter(lead, market, { rng: rng() })).toBeGreaterThan(0.95)
  })

  test('the two sides add up to 1 for the same stream, whatever the ratio', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 120 }),
        fc.integer(),
        fc.constantFrom<ComparedRatio>('sharpe', 'sortino', 'calmar'),
        (n, seed, ratio) => {
          const a = noise(n, 0.0005, 0.01, createRng('x', seed))
          const b = noise(n, 0.0004, 0.01, createRng('y', seed))
          const options = { draws: 100, ratio }
          const there = chanceBetter(a, b, { ...options, rng: createRng('pair', seed) })
          const back = chanceBetter(b, a, { ...options, rng: createRng('pair', seed) })
          expect(there + back).toBeCloseTo(1, 12)
        },
      ),
      { seed: 8, numRuns: 100 },
    )
  })

  test('returns without any spread are ordered by their sign, not turned into NaN', () => {
    const up = new Float64Array(60).fill(0.001)
    const cash = new Float64Array(60)
    const down = new Float64Array(60).fill(-0.001)
    for (const ratio of ['sharpe', 'sortino', 'calmar'] as const) {
      expect(chanceBetter(up, cash, { rng: rng(), ratio })).toBe(1)
      expect(chanceBetter(down, cash, { rng: rng(), ratio })).toBe(0)
      expect(chanceBetter(cash, cash, { rng: rng(), ratio })).toBe(0.5)
    }
  })

  test('a strategy that loses everything has a Calmar of −1 wherever the loss is drawn', () => {
    const ruined = new Float64Array(60)
    ruined[30] = -1
    const steady = noise(60, 0.004, 0.005, createRng('steady'))
    expect(chanceBetter(ruined, steady, { rng: rng(), ratio: 'calmar' })).toBeLessThan(0.02)
    // A slow bleed has a worse Calmar than −1; the ruined one wins both where its loss is drawn and where it is not.
    const bleed = new Float64Array(60).fill(-0.01)
    expect(chanceBetter(ruined, bleed, { rng: rng(), ratio: 'calmar' })).toBe(1)
  })

  test('the same stream gives the same chance', () => {
    const a = noise(100, 0.001, 0.01, createRng('p'))
    const b = noise(100, 0.0008, 0.01, createRng('q'))
    expect(chanceBetter(a, b, { rng: rng() })).toBe(chanceBetter(a, b, { rng: rng() }))
  })

  test.each([
    ['lengths that differ', [0.1, 0.2], [0.1], /2 returns and the champion 1/],
    ['too few returns', [0.1], [0.1], /too few/],
    ['a return that is missing', [0.1, Number.NaN], [0.1, 0.2], /return 1 of the challenger is NaN/],
    ['an infinite return', [0.1, 0.2], [Number.POSITIVE_INFINITY, 0.2], /return 0 of the champion/],
  ])('%s are an error, not a verdict', (_, a, b, message) => {
    const run = () => chanceBetter(Float64Array.from(a), Float64Array.from(b), { rng: rng() })
    expect(run).toThrow(message)
    expect(run).toThrow(AlphaloopError)
  })
})
