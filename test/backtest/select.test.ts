import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { closeColumns } from '../../src/backtest/closes.js'
import { createPolicy } from '../../src/backtest/policy.js'
import { Picker } from '../../src/backtest/select.js'
import { returnDeviation } from '../../src/backtest/volatility.js'
import { RowSet } from '../../src/graph/evaluate/rows.js'
import { DEFAULT_PORTFOLIO } from '../../src/graph/strategy-graph.js'
import { panelOf, scoreRule } from './make.js'

const NONE = Number.NaN

/** The k best by sorting: finite keys that may be picked, of equal ones the first; ascending by symbol. */
function bySorting(scores: readonly number[], k: number, sign: 1 | -1, may: (symbol: number) => boolean) {
  return scores
    .map((_, symbol) => symbol)
    .filter((symbol) => Number.isFinite(scores[symbol]!) && may(symbol))
    .sort((a, b) => sign * (scores[b]! - scores[a]!) || a - b)
    .slice(0, Math.max(0, k))
    .sort((a, b) => a - b)
}

const key = fc.oneof(
  { weight: 6, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }) },
  { weight: 4, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 2, arbitrary: fc.constantFrom(NONE, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0) },
)

describe('picking the k largest', () => {
  test('picks what sorting would, in narrow rows and in wide ones', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(key, { minLength: 1, maxLength: 20 }),
          fc.array(key, { minLength: 64, maxLength: 400, size: 'max' }),
        ),
        fc.integer({ min: -1, max: 60 }),
        fc.constantFrom(1 as const, -1 as const),
        fc.constantFrom(1, 2, 7),
        (scores, k, sign, every) => {
          const picker = new Picker(scores.length)
          // The row stands somewhere in a longer array, and the picker was used before.
          const long = Float64Array.from([9, 9, 9, ...scores])
          picker.largest(long, 0, 5, 1)
          const may = (symbol: number) => symbol % every === 0
          const count = picker.largest(long, 3, k, sign, every === 1 ? undefined : may)
          expect([...picker.picks.subarray(0, count)]).toEqual(bySorting(scores, k, sign, may))
        },
      ),
      { seed: 11, numRuns: 600 },
    )
  })

  test('finds them also where the sampled scores are far above all others', () => {
    const scores = new Float64Array(320).fill(1)
    // Every tenth symbol is in the sample; none of them may be picked.
    for (let symbol = 0; symbol < 320; symbol += 10) scores[symbol] = 100
    scores[7] = 3
    const picker = new Picker(320)
    const count = picker.largest(scores, 0, 2, 1, (symbol) => symbol % 10 !== 0)
    expect([...picker.picks.subarray(0, count)]).toEqual([1, 7])
  })

  test('orders picks by score where that is asked for, ties by symbol', () => {
    const scores = Float64Array.of(1, 5, 3, 5, 2)
    const picker = new Picker(5)
    const count = picker.largest(scores, 0, 4, 1)
    picker.order(scores, 0, count, 1)
    expect([...picker.picks.subarray(0, count)]).toEqual([1, 3, 2, 4])
  })
})

describe('closes by symbol', () => {
  const panel = panelOf({ A: [1, NONE, NONE, 4], B: [NONE, 2, 3, NONE] })

  test('know the newest close, and for how long there has been none', () => {
    const { bars, last, missing } = closeColumns(panel)
    expect(bars).toBe(4)
    expect([...last]).toEqual([1, 1, 1, 4, NONE, 2, 3, 3])
    expect([...missing!]).toEqual([0, 1, 2, 0, 1, 0, 0, 1])
  })

  test('know the longest gap behind the first close, and whether a close is not above zero', () => {
    const holes = panelOf({ A: [1, NONE, NONE, 4, NONE], B: [NONE, NONE, NONE, 3, 3], C: [1, 1, 1, 1, 0] })
    expect([...closeColumns(holes).longestGap!]).toEqual([2, 0, 0])
    expect(closeColumns(holes).isPositive).toBe(false)
  })

  test('of a panel without holes need no count, and are made once', () => {
    const whole = panelOf({ A: [1, 2], B: [3, 4] })
    expect(closeColumns(whole)).toEqual({
      bars: 2,
      last: Float64Array.of(1, 2, 3, 4),
      missing: undefined,
      longestGap: undefined,
      isPositive: true,
    })
    expect(closeColumns(whole)).toBe(closeColumns(whole))
  })

  test('turn more symbols than are turned at a time', () => {
    const names = Array.from({ length: 40 }, (_, i) => `S${String(i).padStart(2, '0')}`)
    const wide = panelOf(Object.fromEntries(names.map((name, i) => [name, [i + 1, 100 + i]])))
    const { last } = closeColumns(wide)
    for (const i of names.keys()) expect([last[2 * i], last[2 * i + 1]]).toEqual([i + 1, 100 + i])
  })

  test('a hole within the window leaves no deviation of returns, one before it does no harm', () => {
    const closes = closeColumns(panelOf({ A: [NONE, 1, 2, 3, 5] }))
    expect(returnDeviation(closes, 0, 4, 4)).toBeNaN()
    expect(returnDeviation(closes, 0, 4, 3)).toBeGreaterThan(0)
  })
})

test('a decision at a bar that the rule was not evaluated at is refused', () => {
  const policy = createPolicy({
    panel: panelOf({ A: [1, 1], B: [1, 1] }),
    rule: scoreRule({ A: [1], B: [2] }, { top: 1 }),
    decisionRows: new RowSet(Int32Array.of(1), 2),
    portfolio: DEFAULT_PORTFOLIO,
  })
  expect(policy.decide(1)).toBe(1)
  expect(policy.symbols[0]).toBe(1)
  expect(() => policy.decide(0)).toThrow(RangeError)
})
