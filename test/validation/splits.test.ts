import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AlphaloopError } from '../../src/base/errors.js'
import {
  barsNeeded,
  DEFAULT_SPLIT,
  type SplitConfig,
  splitBars,
  splitDates,
  splitFromDates,
} from '../../src/validation/splits.js'

const days = (n: number) =>
  Array.from({ length: n }, (_, i) => new Date(Date.UTC(2010, 0, 1 + i)).toISOString().slice(0, 10))

const thrownBy = (run: () => unknown): AlphaloopError => {
  try {
    run()
  } catch (error) {
    if (error instanceof AlphaloopError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('the split into train, validation and test', () => {
  test('1 000 bars: 60/20/20 with 21 bars left out after each cut', () => {
    expect(splitBars(1000)).toEqual({
      train: { start: 0, end: 599 },
      validation: { start: 621, end: 799 },
      test: { start: 821, end: 999 },
    })
  })

  test('fractions that are no binary fractions cut where they say', () => {
    // 0.7 + 0.1 is 0.7999… in binary.
    const split = splitBars(10, { train: 0.7, validation: 0.1, test: 0.2, gapBars: 0, minBars: 1 })
    expect(split.train.end).toBe(6)
    expect(split.validation).toEqual({ start: 7, end: 7 })
    expect(split.test).toEqual({ start: 8, end: 9 })
  })

  test('without a test fraction nothing is sealed and validation reaches the end', () => {
    const { split, boundaries } = splitDates(days(500), { ...DEFAULT_SPLIT, validation: 0.4, test: 0 })
    expect(split).toEqual({ train: { start: 0, end: 299 }, validation: { start: 321, end: 499 }, test: null })
    expect(boundaries.test).toBeNull()
    expect(splitFromDates(days(500), boundaries)).toEqual(split)
  })

  test('too few bars are refused with the number that is needed, and that number is enough and the least', () => {
    const error = thrownBy(() => splitBars(200))
    expect(error.code).toBe('SPLIT_TOO_SHORT')
    expect(error.message).toContain('200 bars')
    expect(error.message).toContain(`need ${barsNeeded()}`)
    expect(error.details.needed).toBe(barsNeeded())
    expect(() => splitBars(barsNeeded())).not.toThrow()
    expect(() => splitBars(barsNeeded() - 1)).toThrow(AlphaloopError)
  })

  test('no bars at all are too few', () => {
    expect(thrownBy(() => splitBars(0)).details).toMatchObject({ bars: 0, range: 'train', barsOfRange: 0 })
  })

  test.each([
    [{ train: 0.6, validation: 0.2, test: 0.3 }],
    [{ train: 0, validation: 0.5, test: 0.5 }],
    [{ train: 0.8, validation: 0, test: 0.2 }],
    [{ train: 0.9, validation: 0.2, test: -0.1 }],
    [{ train: Number.NaN, validation: 0.5, test: 0.5 }],
    [{ gapBars: -1 }],
    [{ gapBars: 2.5 }],
    [{ minBars: 0 }],
  ])('settings %j are refused', (change) => {
    expect(thrownBy(() => splitBars(1000, { ...DEFAULT_SPLIT, ...change })).code).toBe('SPLIT_FRACTIONS')
  })

  test('ranges are disjoint, ordered, gapped, long enough and inside the data; stored dates find them again', () => {
    const configs = fc
      .tuple(
        fc.integer({ min: 1, max: 18 }),
        fc.integer({ min: 1, max: 18 }),
        fc.integer({ min: 0, max: 40 }),
      )
      .filter(([train, validation]) => train + validation < 20)
      .map(
        ([train, validation, gapBars]): SplitConfig => ({
          train: train / 20,
          validation: validation / 20,
          test: 1 - train / 20 - validation / 20,
          gapBars,
          minBars: 5,
        }),
      )
    fc.assert(
      fc.property(configs, fc.integer({ min: 0, max: 600 }), (config, extra) => {
        const bars = barsNeeded(config) + extra
        const dates = days(bars)
        const cut = splitDates(dates, config)
        const { train, validation, test: sealed } = cut.split
        if (sealed === null) throw new Error('sealed part missing')
        expect(train.start).toBe(0)
        expect(sealed.end).toBe(bars - 1)
        expect(validation.start - train.end - 1).toBe(config.gapBars)
        expect(sealed.start - validation.end - 1).toBe(config.gapBars)
        for (const { start, end } of [train, validation, sealed])
          expect(end - start + 1).toBeGreaterThanOrEqual(5)

        expect(splitFromDates(dates, cut.boundaries)).toEqual(cut.split)
        const prefix = dates.slice(0, validation.end + 1)
        expect(splitFromDates(prefix, cut.boundaries)).toEqual({ train, validation, test: null })
      }),
      { seed: 5, numRuns: 300 },
    )
  })

  test('boundaries that the data do not have are refused by name', () => {
    const dates = days(1000)
    const { boundaries } = splitDates(dates)
    const holes = dates.filter((date) => date !== boundaries.validation.end)
    const error = thrownBy(() => splitFromDates(holes, boundaries))
    expect(error.code).toBe('SPLIT_BOUNDARY_MISSING')
    expect(error.details).toEqual({ boundary: 'validation end', date: boundaries.validation.end })
    expect(thrownBy(() => splitFromDates([], boundaries)).message).toContain('no days')
  })

  test('a day more of data moves no stored boundary', () => {
    const { split, boundaries } = splitDates(days(1000))
    expect(splitFromDates(days(1100), boundaries)).toEqual(split)
  })
})
