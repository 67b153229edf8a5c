import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesSource, compileKernels } from '../../scripts/generate-kernels.js'
import { closeColumns } from '../../src/backtest/closes.js'
import { createPolicy } from '../../src/backtest/policy.js'
import { Picker } from '../../src/backtest/select.js'
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
  { weight: 2, arbitrary: fc.double({ noNaN: true }) },
  { weight: 2, arbitrary: fc.constantFrom(NONE, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0) },
)
const row = fc.oneof(
  fc.array(key, { minLength: 1, maxLength: 20 }),
  fc.array(key, { minLength: 64, maxLength: 400, size: 'max' }),
  fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 64, maxLength: 200, size: 'max' }),
)
const sign = fc.constantFrom(1 as const, -1 as const)

/** A row that stands somewhere in longer arrays, only every so manyth symbol of it in the universe, or with a close. */
function choiceOf(scores: readonly number[], inUniverse: number, withClose: number) {
  const before = [9, 9, 9]
  const may = (symbol: number) => symbol % inUniverse === 0 && symbol % withClose === 0
  const choice = {
    scores: Float64Array.from([...before, ...scores]),
    row: 3,
    universe:
      inUniverse === 1
        ? undefined
        : Uint8Array.from([0, 0, 0, ...scores.map((_, symbol) => +(symbol % inUniverse === 0))]),
    closes:
      withClose === 1
        ? undefined
        : Float64Array.from([7, ...scores.map((_, symbol) => (symbol % withClose === 0 ? 1e308 : NONE))]),
    closesRow: 1,
  }
  return { choice, may }
}

describe('picking', () => {
  test('the k largest is what sorting would, in narrow rows and in wide ones', () => {
    fc.assert(
      fc.property(
        row,
        fc.integer({ min: -1, max: 130 }),
        sign,
        fc.constantFrom(1, 2, 7),
        fc.constantFrom(1, 3),
        (scores, k, sign, inUniverse, withClose) => {
          const picker = new Picker(scores.length)
          const { choice, may } = choiceOf(scores, inUniverse, withClose)
          // The picker was used before.
          picker.largest({ ...choice, row: 0 }, 5, 1)
          const count = picker.largest(choice, k, sign)
          expect([...picker.picks.subarray(0, count)]).toEqual(bySorting(scores, k, sign, may))
        },
      ),
      { seed: 11, numRuns: 1500 },
    )
  })

  test('a fraction is the largest of those that may be picked, rounded up', () => {
    fc.assert(
      fc.property(
        row,
        fc.constantFrom(0.01, 0.1, 0.25, 0.5, 1),
        sign,
        fc.constantFrom(1, 3),
        (scores, fraction, sign, inUniverse) => {
          const picker = new Picker(scores.length)
          const { choice, may } = choiceOf(scores, inUniverse, 1)
          const all = bySorting(scores, scores.length, sign, may).length
          const count = picker.fraction(choice, fraction, sign)
          const k = Math.ceil(fraction * all - 1e-9)
          expect([...picker.picks.subarray(0, count)]).toEqual(bySorting(scores, k, sign, may))
        },
      ),
      { seed: 12, numRuns: 300 },
    )
  })

  test('above a threshold is each symbol whose key is, and none that equals it', () => {
    fc.assert(
      fc.property(
        row,
        fc.constantFrom(0, 1, -2),
        sign,
        fc.constantFrom(1, 3),
        (scores, threshold, sign, withClose) => {
          const picker = new Picker(scores.length)
          const { choice, may } = choiceOf(scores, 1, withClose)
          const count = picker.over(choice, threshold, sign)
          const expected = bySorting(scores, scores.length, sign, may).filter(
            (symbol) => sign * scores[symbol]! > threshold,
          )
          expect([...picker.picks.subarray(0, count)]).toEqual(expected)
        },
      ),
      { seed: 13, numRuns: 300 },
    )
  })

  test('finds scores of every magnitude beside each other', () => {
    const scores = Float64Array.from({ length: 320 }, (_, symbol) => 10 ** (symbol - 160))
    const picker = new Picker(320)
    const count = picker.largest({ scores, row: 0, closesRow: 0 }, 170, 1)
    expect([...picker.picks.subarray(0, count)]).toEqual(Array.from({ length: 170 }, (_, i) => 150 + i))
    expect(picker.largest({ scores, row: 0, closesRow: 0 }, 3, -1)).toBe(3)
    expect([...picker.picks.subarray(0, 3)]).toEqual([0, 1, 2])
  })

  test('takes the first of equal scores, however many there are', () => {
    const scores = new Float64Array(320).fill(1)
    scores[300] = 2
    const picker = new Picker(320)
    const count = picker.largest({ scores, row: 0, closesRow: 0 }, 4, 1)
    expect([...picker.picks.subarray(0, count)]).toEqual([0, 1, 2, 300])
  })

  test('orders picks by score where that is asked for, ties by symbol', () => {
    const scores = Float64Array.of(1, 5, 3, 5, 2)
    const picker = new Picker(5)
    const choice = { scores, row: 0, closesRow: 0 }
    const count = picker.largest(choice, 4, 1)
    picker.order(choice, count, 1)
    expect([...picker.picks.subarray(0, count)]).toEqual([1, 3, 2, 4])
  })

  test('orders any number of picks as sorting does, from either end', () => {
    fc.assert(
      fc.property(row, fc.nat(400), sign, (values, k, direction) => {
        const scores = Float64Array.from(values)
        const picker = new Picker(scores.length)
        const choice = { scores, row: 0, closesRow: 0 }
        const count = picker.largest(choice, k, direction)
        const sorted = [...picker.picks.subarray(0, count)].sort(
          (a, b) => direction * scores[b]! - direction * scores[a]! || a - b,
        )
        picker.order(choice, count, direction)
        expect([...picker.picks.subarray(0, count)]).toEqual(sorted)
      }),
      { seed: 8, numRuns: 300 },
    )
  })
})

test('the checked-in bytes are what the kernels of backtests compile to', async () => {
  const file = new URL('../../src/backtest/compiled/bytes.ts', import.meta.url)
  expect(readFileSync(file, 'utf8')).toBe(bytesSource(await compileKernels('kernels/backtest/index.ts')))
}, 60_000)

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
