import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quantile } from '../../../src/base/stats/quantile.js'

/** By sorting, as it is defined: NaN behind everything. */
function bySorting(values: Float64Array, q: number): number {
  const sorted = values.slice().sort()
  const position = q * (sorted.length - 1)
  const at = Math.floor(position)
  const low = sorted[at]!
  const high = sorted[Math.min(at + 1, sorted.length - 1)]!
  return low === high ? low : low + (position - at) * (high - low)
}

const value = fc.oneof(
  { weight: 8, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1, max: 1 }) },
  { weight: 3, arbitrary: fc.integer({ min: -2, max: 2 }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
)

test('many values have the quantiles that sorting gives, whatever the sample of them promised', () => {
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 400, maxLength: 1500, size: 'max' }),
      fc.constantFrom(0, 0.001, 0.01, 0.05, 0.2, 0.5, 0.95, 1),
      (list, q) => {
        const values = Float64Array.from(list)
        const before = values.slice()
        expect(quantile(values, q)).toBe(bySorting(values, q))
        expect(values).toEqual(before)
      },
    ),
    { seed: 3, numRuns: 150 },
  )
})

test('a sample of far too small values does no harm', () => {
  // Every sixteenth of 1024 values is sampled: these are the smallest, and the bar lets too few pass.
  const values = Float64Array.from({ length: 1024 }, (_, i) => (i % 16 === 0 ? -1000 + i / 16 : i))
  for (const q of [0.01, 0.05, 0.06, 0.07, 0.1, 0.2]) expect(quantile(values, q)).toBe(bySorting(values, q))
})
