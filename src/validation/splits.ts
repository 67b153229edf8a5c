import type { BarRange } from '../backtest/types.js'
import { dataError, usageError } from '../base/errors.js'

export const SPLIT_NAMES = ['train', 'validation', 'test'] as const
export type SplitName = (typeof SPLIT_NAMES)[number]

export interface SplitConfig {
  /** Fractions of the bars, in time order; they add up to 1. `test` may be 0: nothing is sealed. */
  readonly train: number
  readonly validation: number
  readonly test: number
  /** Bars left out at the start of validation and of test, so that no position or label reaches across. */
  readonly gapBars: number
  /** The least bars of a range that can be judged (31). */
  readonly minBars?: number | undefined
}

/** The first fill is on the second bar of a range, and 30 days in the market make a strategy usable. */
const MIN_BARS = 31

export const DEFAULT_SPLIT: SplitConfig = Object.freeze({
  train: 0.6,
  validation: 0.2,
  test: 0.2,
  gapBars: 21,
  minBars: MIN_BARS,
})

export interface Split {
  readonly train: BarRange
  readonly validation: BarRange
  /** Null where nothing is sealed, or where the dates end before it. */
  readonly test: BarRange | null
}

/** First and last day of a range, as ISO dates, both included. */
export interface DateRange {
  readonly start: string
  readonly end: string
}

/** A split as a run stores it: by date, so that it means the same bars in a prefix of the panel. */
export interface SplitBoundaries {
  readonly train: DateRange
  readonly validation: DateRange
  readonly test: DateRange | null
}

/**
 * Cuts `bars` bars by time into train, validation and test; each later range starts `gapBars` after its cut. Throws
 * `SPLIT_FRACTIONS` when the settings make no sense and `SPLIT_TOO_SHORT`, with the bars needed, when a range has
 * fewer than `minBars`.
 */
export function splitBars(bars: number, config: SplitConfig = DEFAULT_SPLIT): Split {
  checkConfig(config)
  const { gapBars, minBars = MIN_BARS } = config
  const split = cut(bars, config)
  for (const name of SPLIT_NAMES) {
    const range = split[name]
    if (range === null || length(range) >= minBars) continue
    const left = Math.max(0, length(range))
    const needed = barsNeeded(config)
    throw usageError(
      'SPLIT_TOO_SHORT',
      `split: ${bars} bars leave ${left} for ${name}, and a range needs ${minBars}; with these fractions and a gap ` +
        `of ${gapBars} bars the data need ${needed}`,
      `load at least ${needed} bars, or change the fractions or gapBars`,
      { bars, range: name, barsOfRange: left, needed },
    )
  }
  return split
}

/** The split of a list of dates, as bar ranges and as the boundary dates to store. Errors as `splitBars`. */
export function splitDates(
  dates: readonly string[],
  config: SplitConfig = DEFAULT_SPLIT,
): { readonly split: Split; readonly boundaries: SplitBoundaries } {
  const split = splitBars(dates.length, config)
  const day = ({ start, end }: BarRange): DateRange => ({ start: dates[start]!, end: dates[end]! })
  return {
    split,
    boundaries: {
      train: day(split.train),
      validation: day(split.validation),
      test: split.test && day(split.test),
    },
  }
}

/**
 * Finds stored boundaries again in a panel's dates (ascending). `test` is null where the dates end before it, as they
 * do in the loop's own process, which holds the prefix up to the end of validation. Throws
 * `SPLIT_BOUNDARY_MISSING` when a boundary is not among the dates: these are other data than the run was created with.
 */
export function splitFromDates(dates: readonly string[], boundaries: SplitBoundaries): Split {
  const find = ({ start, end }: DateRange, name: SplitName): BarRange => ({
    start: indexOfDate(dates, start, `${name} start`),
    end: indexOfDate(dates, end, `${name} end`),
  })
  const { train, validation, test } = boundaries
  const last = dates.at(-1)
  const sealed = test === null || last === undefined || last < test.start
  return {
    train: find(train, 'train'),
    validation: find(validation, 'validation'),
    test: sealed ? null : find(test, 'test'),
  }
}

/** The least number of bars from which on every range always has `minBars`. */
export function barsNeeded(config: SplitConfig = DEFAULT_SPLIT): number {
  checkConfig(config)
  const { train, validation, test, gapBars, minBars = MIN_BARS } = config
  const enough = (range: BarRange | null) => range === null || length(range) >= minBars
  const fits = (bars: number) => {
    const split = cut(bars, config)
    return enough(split.train) && enough(split.validation) && enough(split.test)
  }
  // A range of bars · f never has fewer than floor(bars · f) before its gap, so this many are always enough.
  let bars = Math.ceil(
    Math.max(minBars / train, (minBars + gapBars) / validation, test > 0 ? (minBars + gapBars) / test : 0) +
      1e-6,
  )
  while (fits(bars - 1)) bars--
  return bars
}

function cut(bars: number, { train, validation, test, gapBars }: SplitConfig): Split {
  const first = Math.floor(bars * train + 1e-9)
  const second = test > 0 ? Math.floor(bars * (train + validation) + 1e-9) : bars
  return {
    train: { start: 0, end: first - 1 },
    validation: { start: first + gapBars, end: second - 1 },
    test: test > 0 ? { start: second + gapBars, end: bars - 1 } : null,
  }
}

const length = ({ start, end }: BarRange): number => end - start + 1

function checkConfig({ train, validation, test, gapBars, minBars = MIN_BARS }: SplitConfig): void {
  const total = train + validation + test
  if (!(train > 0) || !(validation > 0) || !(test >= 0) || !(Math.abs(total - 1) <= 1e-9))
    throw usageError(
      'SPLIT_FRACTIONS',
      `split: train ${train}, validation ${validation} and test ${test} must add up to 1, the first two above 0`,
      'for example train 0.6, validation 0.2, test 0.2',
      { train, validation, test },
    )
  if (!Number.isInteger(gapBars) || gapBars < 0 || !Number.isInteger(minBars) || minBars < 1)
    throw usageError(
      'SPLIT_FRACTIONS',
      `split: gapBars ${gapBars} must be a whole number from 0 and minBars ${minBars} one from 1`,
      'for example gapBars 21, minBars 31',
      { gapBars, minBars },
    )
}

function indexOfDate(dates: readonly string[], wanted: string, what: string): number {
  let low = 0
  let high = dates.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (dates[middle]! < wanted) low = middle + 1
    else high = middle
  }
  if (dates[low] === wanted) return low
  throw dataError(
    'SPLIT_BOUNDARY_MISSING',
    `split: ${what} is ${wanted}, and the data have no such day (${dates[0] ?? 'no days'}` +
      `${dates.length > 0 ? ` … ${dates.at(-1)}` : ''})`,
    'use the data that the run was created with, or start a new run',
    { boundary: what, date: wanted },
  )
}
