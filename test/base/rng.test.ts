import { describe, expect, test } from 'vitest'
import { createRng, type Rng } from '../../src/base/rng.js'

const draws = (rng: Rng, n = 5) => Array.from({ length: n }, () => rng.next())

describe('a stream of chance', () => {
  test('is fixed by its labels, their types and their order', () => {
    expect(draws(createRng(1, 'a'))).toEqual(draws(createRng(1, 'a')))
    const others = [createRng('1', 'a'), createRng('a', 1), createRng(1), createRng(1, 'b'), createRng('1a')]
    for (const other of others) expect(draws(other)).not.toEqual(draws(createRng(1, 'a')))
  })

  test('is the same on every machine', () => {
    // Histories are reproduced from their seed: these numbers may never change.
    const rng = createRng(42, 'fixed')
    expect(draws(rng, 3)).toEqual(FIXED.next)
    expect(rng.normal()).toBe(FIXED.normal)
    expect(rng.int(1, 1000)).toBe(FIXED.int)
    expect(rng.shuffle([1, 2, 3, 4, 5])).toEqual(FIXED.shuffle)
  })

  test('forks independently of what was drawn before', () => {
    const fresh = createRng(1).fork('child')
    const used = createRng(1)
    draws(used, 100)
    expect(draws(used.fork('child'))).toEqual(draws(fresh))
    expect(draws(createRng(1).fork('other'))).not.toEqual(draws(createRng(1).fork('child')))
    expect(draws(createRng(1).fork())).not.toEqual(draws(createRng(1)))
  })

  test('is uniform in [0, 1)', () => {
    const values = draws(createRng('uniform'), 20_000)
    for (const value of values) expect(value >= 0 && value < 1).toBe(true)
    const tenths = new Array<number>(10).fill(0)
    for (const value of values) tenths[Math.floor(value * 10)]!++
    // Chi-squared with 9 degrees of freedom: 27.9 is passed once in a thousand.
    expect(tenths.reduce((sum, n) => sum + (n - 2000) ** 2 / 2000, 0)).toBeLessThan(27.9)
  })

  test('whole numbers reach both ends and nothing beyond', () => {
    const rng = createRng('int')
    const seen = new Set(Array.from({ length: 500 }, () => rng.int(-2, 3)))
    expect([...seen].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3])
    expect(rng.int(7, 7)).toBe(7)
  })

  test('normal draws have mean 0, deviation 1 and no skew, the spare one too', () => {
    const rng = createRng('normal')
    const n = 40_000
    const values = Array.from({ length: n }, () => rng.normal())
    const moment = (k: number) => values.reduce((sum, value) => sum + value ** k, 0) / n
    expect(Math.abs(moment(1))).toBeLessThan(0.02)
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.03)
    expect(Math.abs(moment(3))).toBeLessThan(0.06)
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.15)
    expect(new Set(values).size).toBe(n)
  })
})

describe('picking', () => {
  test('from nothing is refused', () => {
    expect(() => createRng(1).pick([])).toThrow('rng.pick: the list is empty')
  })

  test('in proportion to weights, never one of weight 0', () => {
    const rng = createRng('weights')
    const counts = [0, 0, 0, 0]
    for (let i = 0; i < 10_000; i++) counts[rng.weighted([0, 1, 3, 0])]!++
    expect(counts[0]).toBe(0)
    expect(counts[3]).toBe(0)
    expect(Math.abs(counts[1]! / 10_000 - 0.25)).toBeLessThan(0.02)
  })

  test('by weights that are all 0, or none, is refused', () => {
    for (const weights of [[], [0, 0], [Number.NaN]])
      expect(() => createRng(1).weighted(weights)).toThrow('rng.weighted: no weight is above 0')
  })

  test('a shuffle keeps every item, leaves the list alone and reaches every order', () => {
    const rng = createRng('shuffle')
    const items = [1, 2, 3]
    const orders = new Set(Array.from({ length: 200 }, () => rng.shuffle(items).join('')))
    expect(items).toEqual([1, 2, 3])
    expect([...orders].sort()).toEqual(['123', '132', '213', '231', '312', '321'])
  })
})

const FIXED = {
  next: [0.5245759524414678, 0.7364504899995115, 0.46788050806024706],
  normal: 0.3596225606252125,
  int: 752,
  shuffle: [3, 1, 4, 2, 5],
}
