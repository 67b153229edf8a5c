import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { editDistance, nearest } from '../../src/base/nearest.js'

describe('the distance of two names', () => {
  test.each([
    ['', '', 0],
    ['sma', 'sma', 0],
    ['', 'ema', 3],
    ['smaa', 'sma', 1],
    ['sna', 'sma', 1],
    ['clsoe', 'close', 1],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
  ])('%s to %s: %d', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance)
    expect(editDistance(b, a)).toBe(distance)
  })

  test('is at least the difference in length, and that where one contains the other', () => {
    const text = fc.string({ maxLength: 8 })
    fc.assert(
      fc.property(text, text, text, (a, before, after) => {
        const whole = before + a + after
        expect(editDistance(a, whole)).toBe(whole.length - a.length)
        expect(editDistance(a, before)).toBeGreaterThanOrEqual(Math.abs(a.length - before.length))
      }),
      { seed: 4 },
    )
  })
})

describe('the nearest name', () => {
  const names = ['close', 'open', 'high', 'low', 'volume', 'dollarVolume', 'returns']

  test.each([
    ['clsoe', 'close'],
    ['Close', 'close'],
    ['CLOSE', 'close'],
    ['vol', 'volume'],
    ['volumes', 'volume'],
    ['adjusted_close_price', 'close'],
    ['lo', 'low'],
    ['return', 'returns'],
    ['dollarVolum', 'dollarVolume'],
  ])('%s: %s', (given, meant) => {
    expect(nearest(given, names)).toBe(meant)
  })

  test.each(['', 'x', 'xy', 'earnings', '__proto__'])('%s: none', (given) => {
    expect(nearest(given, names)).toBeUndefined()
  })

  test('of two at one distance is the first', () => {
    expect(nearest('bat', ['cat', 'rat'])).toBe('cat')
    expect(nearest('bat', ['rat', 'cat'])).toBe('rat')
  })

  test('a name of a million letters is compared with ten thousand in no time', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => `node${i}`)
    expect(nearest('q'.repeat(1e6), many)).toBeUndefined()
  })
})
