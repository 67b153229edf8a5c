import type { BarRange } from '../backtest/types.js'
import { dataError, usageError } from '../base/errors.js'

export const SPLIT_NAMES = ['train', 'validation', 'test'] as const
export type SplitName = (typeof SPLIT_NAMES)[number]

export interface SplitConfig {
  /** Fractions of the bars, in time order; they add up to 1. */
  readonly train: number
  readonly validation: number
  readonly test: number
  /** Bars left out at the start of validation and of test, so that no position or label reaches across. */
  readonly gapBars: number
  /** The least bars of a range that can be judged. */
  readonly minBars: number
}

/** 31 bars: the first fill is on the second bar of a range, and 30 days in the market make a strategy usable. */
export const DEFAULT_SPLIT: SplitConfig = Object.freeze({
  train: 0.6,
  validation: 0.2,
  test: 0.2,
  gapBars: 21,
  minBars: 31,
})

export type Split = Readonly<Record<SplitName, BarRange>>

/** First and last day of a range, as ISO dates, both included. */
export interface DateRange {
  readonly start: string
  readonly end: string
}

/** A split as a run stores it: by date, so that it means the same bars in a prefix of the panel. */
export type SplitBoundaries = Readonly<Record<SplitName, DateRange>>

/**
 * Cuts `bars` bars by time into train, validation and test; each later range starts `gapBars` after its cut. Throws
 * `SPLIT_FRACTIONS` when the settings make no sense and `SPLIT_TOO_SHORT`, with the bars needed, when a range has
 * fewer than `minBars`.
 */
export function splitBars(bars: number, config: SplitConfig = DEFAULT_SPLIT): Split {
  checkConfig(config)
  const split = cut(bars, config)
  const short = SPLIT_NAMES.find((name) => length(split[name]) < config.minBars)
  if (short !== undefined) {
    const needed = barsNeeded(config)
    throw usageError(
      'SPLIT_TOO_SHORT',
      `split: ${bars} bars leave ${Math.max(0, length(split[short]))} for ${short}, and a range needs ` +
        `${config.minBars}; with these fractions and a gap of ${config.gapBars} bars the data need ${needed}`,
      `load at least ${needed} bars, or change the fractions, gapBars or minBars`,
      { bars, range: short, barsOfRange: Math.max(0, length(split[short])), needed },
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
    boundaries: { train: day(split.train), validation: day(split.validation), test: day(split.test) },
  }
}

/**
 * Finds stored boundaries again in a panel's dates (ascending). `test` is null where the dates end before it, as they
 * do in the loop's own process, which holds the prefix up to the end of validation. Throws
 * `SPLIT_BOUNDARY_MISSING` when a boundary is not among the dates: these are other data than the run was created with.
 */
export function splitFromDates(
  dates: readonly string[],
  boundaries: SplitBoundaries,
): { readonly train: BarRange; readonly validation: BarRange; readonly test: BarRange | null } {
  const range = (name: SplitName): BarRange => ({
    start: indexOfDate(dates, boundaries[name].start, `${name} start`),
    end: indexOfDate(dates, boundaries[name].end, `${name} end`),
  })
  const last = dates.at(-1)
  const sealed = last === undefined || last < boundaries.test.start
  return { train: range('train'), validation: range('validation'), test: sealed ? null : range('test') }
}

/** The least number of bars for which every range has `minBars`. */
export function barsNeeded(config: SplitConfig = DEFAULT_SPLIT): number {
  checkConfig(config)
  const { minBars, gapBars } = config
  let bars = Math.max(
    Math.floor(minBars / config.train),
    Math.floor((minBars + gapBars) / config.validation),
    Math.floor((minBars + gapBars) / config.test),
  )
  // Rounded cuts can take a bar or two more than the fractions say.
  while (SPLIT_NAMES.some((name) => length(cut(bars, config)[name]) < minBars)) bars++
  return bars
}

function cut(bars: number, { train, validation, gapBars }: SplitConfig): Split {
  const first = Math.floor(bars * train + 1e-9)
  const second = Math.floor(bars * (train + validation) + 1e-9)
  return {
    train: { start: 0, end: first - 1 },
    validation: { start: first + gapBars, end: second - 1 },
    test: { start: second + gapBars, end: bars - 1 },
  }
}

const length = ({ start, end }: BarRange): number => end - start + 1

function checkConfig({ train, validation, test, gapBars, minBars }: SplitConfig): void {
  const total = train + validation + test
  if (![train, validation, test].every((fraction) => fraction > 0) || !(Math.abs(total - 1) <= 1e-9))
    throw usageError(
      'SPLIT_FRACTIONS',
      `split: train ${train}, validation ${validation} and test ${test} must be above 0 and add up to 1`,
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
