import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createPolicy } from '../../src/backtest/policy.js'
import type { EvaluatedRule } from '../../src/backtest/types.js'
import { DEFAULT_PORTFOLIO, type Portfolio, type Select } from '../../src/graph/strategy-graph.js'
import { indicatorsOf } from '../support/simulate.js'
import { type Columns, flags, panelOf, scoreRule, weightsRule } from './make.js'

const NONE = Number.NaN

/** The targets of one decision at bar 0 (or another), by symbol. */
function targets(
  rule: EvaluatedRule,
  portfolio: Partial<Portfolio> = {},
  more: { close?: Columns; universe?: Columns; bar?: number; names?: string[]; exited?: number[] } = {},
): Record<string, number> {
  const close =
    more.close ?? Object.fromEntries((more.names ?? ['A', 'B', 'C', 'D', 'E']).map((name) => [name, [10]]))
  const panel = panelOf(close)
  const whole = { ...DEFAULT_PORTFOLIO, ...portfolio }
  const policy = createPolicy({
    panel,
    rule,
    universe: more.universe && flags(more.universe),
    indicators: indicatorsOf({ panel, portfolio: whole }),
    portfolio: whole,
  })
  const bar = more.bar ?? 0
  for (let t = 0; t <= bar; t++) policy.observe(t)
  for (const symbol of more.exited ?? []) policy.exited(symbol, bar)
  const count = policy.decide(bar)
  return Object.fromEntries(
    Array.from({ length: count }, (_, j) => [panel.symbols[policy.symbols[j]!]!, policy.weights[j]!] as const)
      .filter(([, weight]) => weight !== 0)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

const picked = (
  scores: Columns,
  select: Select,
  ...rest: [Partial<Portfolio>?, Parameters<typeof targets>[2]?]
) => Object.keys(targets(scoreRule(scores, select), ...rest)).join('')

const FIVE = { A: [1], B: [5], C: [3], D: [-2], E: [4] }

describe('selection', () => {
  test('top k takes the k largest scores, bottom k the k smallest', () => {
    expect(picked(FIVE, { top: 2 })).toBe('BE')
    expect(picked(FIVE, { bottom: 2 })).toBe('AD')
  })

  test('ties go to the symbol that sorts first, at both ends', () => {
    const tied = { A: [1], B: [2], C: [2], D: [2], E: [1] }
    expect(picked(tied, { top: 2 })).toBe('BC')
    expect(picked(tied, { bottom: 1 })).toBe('A')
    expect(picked(tied, { bottom: 3 })).toBe('ABE')
  })

  test('more places than symbols takes all', () => {
    expect(picked(FIVE, { top: 9 })).toBe('ABCDE')
  })

  test('topFraction rounds up, with room for a product that is a hair above a whole number', () => {
    expect(picked(FIVE, { topFraction: 0.4 })).toBe('BE')
    expect(picked(FIVE, { topFraction: 0.41 })).toBe('BCE')
    expect(picked(FIVE, { topFraction: 0.01 })).toBe('B')
    expect(picked(FIVE, { topFraction: 1 })).toBe('ABCDE')
    // 0.07 · 100 is 7.000000000000001 in binary.
    const names = Array.from({ length: 100 }, (_, i) => `S${String(i).padStart(3, '0')}`)
    const scores = Object.fromEntries(names.map((name, i) => [name, [i]]))
    expect(0.07 * 100).toBeGreaterThan(7)
    expect(Object.keys(targets(scoreRule(scores, { topFraction: 0.07 }), {}, { names }))).toHaveLength(7)
  })

  test('threshold takes scores above it, not at it', () => {
    expect(picked(FIVE, { threshold: 3 })).toBe('BE')
  })

  test('a symbol without a score, without a close or outside the universe is not eligible', () => {
    const close = { A: [10], B: [NONE], C: [10], D: [10], E: [10] }
    expect(picked({ ...FIVE, E: [NONE] }, { top: 3 }, {}, { close })).toBe('ACD')
    expect(picked({ ...FIVE, E: [Number.POSITIVE_INFINITY] }, { top: 2 })).toBe('BC')
    const universe = { A: [1], B: [0], C: [1], D: [1], E: [1] }
    expect(picked(FIVE, { top: 2 }, {}, { universe })).toBe('CE')
    // The fraction is one of the eligible.
    expect(picked(FIVE, { topFraction: 0.5 }, {}, { universe })).toBe('CE')
  })

  test('side short sells what select picks', () => {
    expect(targets(scoreRule(FIVE, { top: 2 }), { side: 'short' })).toEqual({ B: -0.5, E: -0.5 })
    expect(targets(scoreRule(FIVE, { bottom: 1 }), { side: 'short' })).toEqual({ D: -1 })
  })

  test('long/short buys the top k, sells the bottom k, each leg with half of the gross exposure', () => {
    expect(targets(scoreRule(FIVE, { top: 2 }), { side: 'longShort' })).toEqual({
      A: -0.25,
      B: 0.25,
      D: -0.25,
      E: 0.25,
    })
  })

  test('a symbol in both legs is in neither, and its place goes to nobody', () => {
    expect(targets(scoreRule(FIVE, { top: 3 }), { side: 'longShort' })).toEqual({
      A: -0.25,
      B: 0.25,
      D: -0.25,
      E: 0.25,
    })
    expect(targets(scoreRule(FIVE, { top: 5 }), { side: 'longShort' })).toEqual({})
  })

  test('a long/short threshold x buys scores above x and sells those below −x', () => {
    expect(targets(scoreRule(FIVE, { threshold: 1 }), { side: 'longShort' })).toEqual({
      B: 0.5 / 3,
      C: 0.5 / 3,
      D: -0.5,
      E: 0.5 / 3,
    })
    // Below zero the two overlap: −2 < score < 2 is in both.
    expect(Object.keys(targets(scoreRule(FIVE, { threshold: -2 }), { side: 'longShort' }))).toEqual([
      'B',
      'C',
      'D',
      'E',
    ])
  })

  test('ties of the short leg go to the symbol that sorts first', () => {
    expect(
      targets(scoreRule({ A: [1], B: [1], C: [9], D: [1], E: [9] }, { top: 1 }), { side: 'longShort' }),
    ).toEqual({
      A: -0.5,
      C: 0.5,
    })
  })

  test('who just exited is taken out, and its place is not filled', () => {
    expect(targets(scoreRule(FIVE, { top: 3 }), {}, { exited: [1] })).toEqual({ C: 0.5, E: 0.5 })
  })

  test('no selection is no target', () => {
    expect(targets(scoreRule(FIVE, { threshold: 99 }))).toEqual({})
  })
})

describe('selection by heap equals sorting', () => {
  test('for any scores, ties and sizes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constant(NONE)), {
          minLength: 1,
          maxLength: 40,
        }),
        fc.integer({ min: 1, max: 45 }),
        fc.boolean(),
        (values, k, top) => {
          const names = values.map((_, i) => `S${String(i).padStart(2, '0')}`)
          const scores = Object.fromEntries(names.map((name, i) => [name, [values[i]!]]))
          const expected = names
            .filter((name) => Number.isFinite(scores[name]![0]!))
            .sort((a, b) => (top ? 1 : -1) * (scores[b]![0]! - scores[a]![0]!) || (a < b ? -1 : 1))
            .slice(0, k)
          const weights = targets(
            scoreRule(scores, top ? { top: k } : { bottom: k }),
            { weight: 'rank' },
            { names },
          )
          const byWeight = Object.entries(weights).sort(([, a], [, b]) => b - a)
          expect(byWeight.map(([name]) => name)).toEqual(expected)
        },
      ),
      { seed: 2, numRuns: 300 },
    )
  })
})

describe('weights', () => {
  test('rank gives k′ shares to the symbol picked first, 1 to the last', () => {
    expect(targets(scoreRule(FIVE, { top: 3 }), { weight: 'rank' })).toEqual({ B: 3 / 6, E: 2 / 6, C: 1 / 6 })
    expect(targets(scoreRule(FIVE, { bottom: 2 }), { weight: 'rank' })).toEqual({ D: 2 / 3, A: 1 / 3 })
    expect(targets(scoreRule(FIVE, { threshold: 1 }), { weight: 'rank' })).toEqual({
      B: 3 / 6,
      E: 2 / 6,
      C: 1 / 6,
    })
    expect(targets(scoreRule(FIVE, { top: 2 }), { weight: 'rank', side: 'longShort' })).toEqual({
      A: -0.5 / 3,
      B: 1 / 3,
      D: -1 / 3,
      E: 0.5 / 3,
    })
  })

  test('score weighs in proportion to the positive part, of the negated score in a short leg', () => {
    const all = targets(scoreRule(FIVE, { top: 5 }), { weight: 'score' })
    expect(all).toEqual({ A: 1 / 13, B: 5 / 13, C: 3 / 13, E: 4 / 13 })
    const both = targets(scoreRule({ A: [-1], B: [6], C: [2], D: [-3], E: [0] }, { top: 2 }), {
      weight: 'score',
      side: 'longShort',
    })
    expect(both).toEqual({ A: -0.125, B: 0.375, C: 0.125, D: -0.375 })
  })

  test('score weighs equally where no score has the leg’s sign', () => {
    expect(
      targets(scoreRule({ A: [-1], B: [-2], C: [0], D: [-9], E: [-9] }, { top: 2 }), { weight: 'score' }),
    ).toEqual({
      A: 0.5,
      C: 0.5,
    })
    expect(targets(scoreRule(FIVE, { top: 2 }), { weight: 'score', side: 'short' })).toEqual({
      B: -0.5,
      E: -0.5,
    })
  })

  test('scores too large to add up still weigh', () => {
    expect(
      targets(
        scoreRule({ A: [1e308], B: [1e308], C: [1e308] }, { top: 3 }),
        { weight: 'score' },
        { names: ['A', 'B', 'C'] },
      ),
    ).toEqual({
      A: 1 / 3,
      B: 1 / 3,
      C: 1 / 3,
    })
  })

  test('inverseVolatility weighs by 1/std of the last n returns; without n returns or variation a symbol is left out', () => {
    const close = {
      A: [10, 11, 10, 11], // returns +10%, −9.09%, +10%
      B: [10, 10.5, 10, 10.5],
      C: [10, NONE, 10, 11], // a return is missing
      D: [10, 10, 10, 10], // does not vary
    }
    const score = { A: [4, 4, 4, 4], B: [3, 3, 3, 3], C: [2, 2, 2, 2], D: [1, 1, 1, 1] }
    const sd = (returns: number[]) => {
      const centre = returns.reduce((a, b) => a + b) / returns.length
      return Math.sqrt(returns.reduce((a, b) => a + (b - centre) ** 2, 0) / (returns.length - 1))
    }
    const a = 1 / sd([0.1, 10 / 11 - 1, 0.1])
    const b = 1 / sd([0.05, 10 / 10.5 - 1, 0.05])
    const got = targets(scoreRule(score, { top: 4 }), { weight: { inverseVolatility: 3 } }, { close, bar: 3 })
    expect(Object.keys(got)).toEqual(['A', 'B'])
    expect(got.A).toBeCloseTo(a / (a + b), 12)
    expect(got.B).toBeCloseTo(b / (a + b), 12)
    // Not replaced: with three places C is picked and left out, D is not asked.
    expect(
      Object.keys(
        targets(
          scoreRule({ ...score, D: [9, 9, 9, 9] }, { top: 1 }),
          { weight: { inverseVolatility: 3 } },
          { close, bar: 3 },
        ),
      ),
    ).toEqual([])
    // Three returns need four closes.
    expect(
      targets(scoreRule(score, { top: 4 }), { weight: { inverseVolatility: 3 } }, { close, bar: 2 }),
    ).toEqual({})
  })

  test('inverseVolatility whose indicator was not evaluated is refused', () => {
    const portfolio = { ...DEFAULT_PORTFOLIO, weight: { inverseVolatility: 3 } }
    const rule = scoreRule({ A: [1] }, { top: 1 })
    expect(() => createPolicy({ panel: panelOf({ A: [1] }), rule, portfolio })).toThrow('not evaluated')
  })

  test('long weights sum to the gross exposure', () => {
    expect(targets(scoreRule(FIVE, { top: 2 }), { grossExposure: 1.5 })).toEqual({ B: 0.75, E: 0.75 })
    expect(targets(scoreRule(FIVE, { top: 1 }), { grossExposure: 0.5, side: 'longShort' })).toEqual({
      B: 0.25,
      D: -0.25,
    })
  })
})

describe('a weights panel', () => {
  test('gives the target weights themselves; missing is zero', () => {
    expect(targets(weightsRule({ A: [0.2], B: [NONE], C: [-0.3], D: [0], E: [0.1] }))).toEqual({
      A: 0.2,
      C: -0.3,
      E: 0.1,
    })
  })

  test('a symbol outside the universe, without a close or just exited has target zero, before the gross is taken', () => {
    const close = { A: [10], B: [NONE], C: [10], D: [10], E: [10] }
    const universe = { A: [1], B: [1], C: [0], D: [1], E: [1] }
    expect(
      targets(
        weightsRule({ A: [0.5], B: [9], C: [9], D: [9], E: [0.25] }),
        {},
        { close, universe, exited: [3] },
      ),
    ).toEqual({
      A: 0.5,
      E: 0.25,
    })
  })

  test('is scaled down to the gross exposure', () => {
    expect(targets(weightsRule({ A: [1], B: [-1], C: [0.5], D: [0], E: [0] }))).toEqual({
      A: 0.4,
      B: -0.4,
      C: 0.2,
    })
  })
})

describe('maxWeight', () => {
  test('spreads the excess over the uncapped in proportion, again until none exceeds', () => {
    // 0.5 0.3 0.15 0.05 capped at 0.35: 0.15 goes to the rest by 0.3 : 0.15 : 0.05 → 0.39 0.195 0.065;
    // then 0.04 goes by 0.195 : 0.065 → 0.225 0.075.
    const got = targets(weightsRule({ A: [0.5], B: [0.3], C: [0.15], D: [0.05], E: [0] }), {
      maxWeight: 0.35,
    })
    expect(got.A).toBe(0.35)
    expect(got.B).toBe(0.35)
    expect(got.C).toBeCloseTo(0.225, 15)
    expect(got.D).toBeCloseTo(0.075, 15)
  })

  test('leaves the rest in cash when all are capped', () => {
    expect(targets(scoreRule(FIVE, { top: 3 }), { maxWeight: 0.3 })).toEqual({ B: 0.3, C: 0.3, E: 0.3 })
  })

  test('caps each leg by itself, in size', () => {
    const got = targets(weightsRule({ A: [0.4], B: [0.1], C: [-0.3], D: [-0.2], E: [0] }), {
      maxWeight: 0.26,
    })
    expect(got.A).toBe(0.26)
    expect(got.B).toBeCloseTo(0.24, 15)
    expect(got.C).toBe(-0.26)
    expect(got.D).toBeCloseTo(-0.24, 15)
  })

  test('comes after the scaling to the gross exposure', () => {
    expect(targets(weightsRule({ A: [3], B: [1], C: [0], D: [0], E: [0] }), { maxWeight: 0.6 })).toEqual({
      A: 0.6,
      B: 0.4,
    })
  })

  test('keeps a leg’s sum unless all are capped, and never exceeds the cap', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (raw, maxWeight) => {
          const names = raw.map((_, i) => `S${String(i).padStart(2, '0')}`)
          const rule = weightsRule(Object.fromEntries(names.map((name, i) => [name, [raw[i]!]])))
          const before = Object.values(targets(rule, {}, { names })).reduce((a, b) => a + b, 0)
          const after = Object.values(targets(rule, { maxWeight }, { names }))
          const sum = after.reduce((a, b) => a + b, 0)
          for (const weight of after) expect(weight).toBeLessThanOrEqual(maxWeight)
          if (after.some((weight) => weight < maxWeight * (1 - 1e-12))) expect(sum).toBeCloseTo(before, 10)
          else expect(sum).toBeLessThanOrEqual(before + 1e-10)
        },
      ),
      { seed: 3, numRuns: 300 },
    )
  })
})
