import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { correlation } from '../../src/base/stats/correlation.js'
import { deviation } from '../../src/base/stats/deviation.js'
import { mean } from '../../src/base/stats/mean.js'
import { median } from '../../src/base/stats/median.js'
import { quantile } from '../../src/base/stats/quantile.js'

describe('basic statistics', () => {
  test('mean and deviation of 2, 4, 4, 4, 5, 5, 7, 9', () => {
    const values = [2, 4, 4, 4, 5, 5, 7, 9]
    expect(mean(values)).toBe(5)
    expect(deviation(values, 0)).toBe(2)
    expect(deviation(values)).toBeCloseTo(Math.sqrt(32 / 7), 14)
  })

  test('a deviation far from zero keeps its digits', () => {
    const shifted = [1, 2, 3, 4].map((value) => value + 1e9)
    expect(deviation(shifted)).toBeCloseTo(Math.sqrt(5 / 3), 12)
  })

  test('nothing has no mean, one value no sample deviation', () => {
    expect(mean([])).toBeNaN()
    expect(deviation([1])).toBeNaN()
    expect(deviation([1], 0)).toBe(0)
    expect(quantile([], 0.5)).toBeNaN()
    expect(median([])).toBeNaN()
  })

  test('quantiles interpolate as numpy does by default', () => {
    const values = [7, 1, 3, 10]
    expect(quantile(values, 0)).toBe(1)
    expect(quantile(values, 0.05)).toBeCloseTo(1.3, 14)
    expect(quantile(values, 0.25)).toBe(2.5)
    expect(quantile(values, 0.9)).toBeCloseTo(9.1, 14)
    expect(quantile(values, 1)).toBe(10)
    expect(median(values)).toBe(5)
    expect(median([3, 1, 2])).toBe(2)
    expect(values).toEqual([7, 1, 3, 10])
  })

  test('infinite values are ordered, not turned into NaN', () => {
    expect(median([1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])).toBe(Number.POSITIVE_INFINITY)
  })

  test('correlation of a known pair, and its extremes', () => {
    expect(correlation([1, 2, 3, 4, 5], [2, 1, 4, 3, 5])).toBeCloseTo(0.8, 14)
    expect(correlation([1, 2, 3], [-2, -4, -6])).toBeCloseTo(-1, 14)
    expect(() => correlation([1], [1, 2])).toThrow(RangeError)
  })

  test('what does not vary correlates with nothing', () => {
    expect(correlation([0.1, 0.1, 0.1], [1, 2, 3])).toBeNaN()
    expect(correlation([1, 2, 3], [0, 0, 0])).toBeNaN()
    expect(correlation([1], [1])).toBeNaN()
  })

  test('correlation is symmetric, within [-1, 1], and blind to shift and scale', () => {
    const pairs = fc.array(
      fc.tuple(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: -1000, max: 1000 })),
      {
        minLength: 3,
        maxLength: 40,
      },
    )
    fc.assert(
      fc.property(pairs, (rows) => {
        const x = rows.map(([a]) => a)
        const y = rows.map(([, b]) => b)
        const r = correlation(x, y)
        if (Number.isNaN(r)) return
        expect(Math.abs(r)).toBeLessThanOrEqual(1)
        expect(correlation(y, x)).toBeCloseTo(r, 12)
        expect(
          correlation(
            x.map((value) => 3 * value + 7),
            y.map((value) => -0.5 * value),
          ),
        ).toBeCloseTo(-r, 10)
      }),
      { seed: 11, numRuns: 200 },
    )
  })
})
