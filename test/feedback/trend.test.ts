import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { trendOf } from '../../src/feedback/trend.js'

describe('the trend of the last five scored values', () => {
  test.each<[number[], ReturnType<typeof trendOf>]>([
    [[], null],
    [[1, 2], null],
    [[0.4, 0.6, 0.9], 'strongly improving'],
    [[1, 1.05, 1.08], 'improving'],
    [[0.4, 0.9, 0.8, 1.2], 'improving'],
    [[0.9, 0.6, 0.4], 'declining'],
    [[1.08, 1.05, 1], 'weakening'],
    [[1.2, 0.8, 0.9, 0.4], 'weakening'],
    [[1, 0.2, 1.1, 0.3, 1.05], 'fluctuating'],
    [[1, 1.01, 1], 'fluctuating'],
    [[1, 1.6, 1.3], 'fluctuating'],
    [[1, 1.4, 1.3], 'improving'],
    [[1, 1, 1], 'fluctuating'],
    [[-1, -0.5, 0.2], 'strongly improving'],
    [[0.2, -0.5, -1], 'declining'],
    [[5, 5, 0.4, 0.6, 0.7, 0.8, 0.9], 'strongly improving'],
  ])('%j is %s', (values, trend) => {
    expect(trendOf(values)).toBe(trend)
  })

  test('read backwards, an improvement is a decline of the same strength', () => {
    const mirror = {
      'strongly improving': 'declining',
      improving: 'weakening',
      declining: 'strongly improving',
      weakening: 'improving',
      fluctuating: 'fluctuating',
    } as const
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -200, max: 200 }), { minLength: 3, maxLength: 5 }), (cents) => {
        const values = cents.map((value) => value / 100)
        // Mirrored at the first value, so that the size it is measured by stays.
        const mirrored = values.map((value) => 2 * values[0]! - value)
        expect(trendOf(mirrored)).toBe(mirror[trendOf(values)!])
      }),
      { seed: 13, numRuns: 500 },
    )
  })
})
