import { AlphaloopError } from '../base/errors.js'
import type { Rng } from '../base/rng.js'
import { meanBlockLength } from './block-length.js'

/** What is compared between two return series. Sharpe and Sortino stay per bar: a year's factor changes no order. */
export type ComparedRatio = 'sharpe' | 'sortino' | 'calmar'

export interface ChanceOptions {
  readonly rng: Rng
  /** Bootstrap draws (1 000). */
  readonly draws?: number
  readonly ratio?: ComparedRatio
  /** Risk-free return of a bar (0). */
  readonly riskFree?: number
  /** Bars of a year (252), for Calmar's annual growth. */
  readonly periodsPerYear?: number
  /** Mean block length; by default the longer of the two that the series ask for. */
  readonly meanBlock?: number
}

/**
 * Draws the blocks of one resample of 0 … n − 1 (Politis & Romano 1994, section 2): each block starts anywhere with
 * equal chance, its length is geometric with mean `meanBlock`, the series is a circle, and the last block is cut so
 * that the lengths add up to n.
 */
export function eachBlock(
  n: number,
  meanBlock: number,
  rng: Rng,
  visit: (start: number, length: number) => void,
): void {
  const end = meanBlock > 1 ? 1 / meanBlock : 1
  const logStay = Math.log1p(-end)
  let left = n
  while (left > 0) {
    // One draw serves both: its whole part picks the start, its fraction (44 bits and more) the length.
    const point = rng.next() * n
    const start = Math.floor(point)
    const fraction = point - start
    const length = fraction < end ? 1 : 1 + Math.floor(Math.log1p(-fraction) / logStay)
    const taken = Math.min(length, left)
    visit(start, taken)
    left -= taken
  }
}

/** One resample of 0 … n − 1 as indices. */
export function stationaryIndices(n: number, meanBlock: number, rng: Rng): Int32Array {
  const indices = new Int32Array(n)
  let at = 0
  eachBlock(n, meanBlock, rng, (start, length) => {
    for (let i = 0; i < length; i++) indices[at++] = (start + i) % n
  })
  return indices
}

/**
 * The chance that the challenger is truly better: the share of paired resamples (the same bars for both) in which its
 * ratio exceeds the champion's; equal within 1e-9 counts half, so a series against itself has 0.5 and
 * chance(a, b) + chance(b, a) = 1 for the same stream. A ratio over a spread of 0 is ±Infinity by the sign of the
 * mean, and 0 where that is 0 too.
 *
 * Costs O(draws · n / block length) for Sharpe and Sortino (sums of whole blocks from prefix sums), O(draws · n) for
 * Calmar. Throws `RETURNS_UNUSABLE` when the series differ in length, are empty or hold a value that is not finite.
 */
export function chanceBetter(
  challenger: Float64Array,
  champion: Float64Array,
  { rng, draws = 1000, ratio = 'sharpe', riskFree = 0, periodsPerYear = 252, meanBlock }: ChanceOptions,
): number {
  assertComparable(challenger, champion)
  const n = challenger.length
  const block = Math.max(1, meanBlock ?? Math.max(meanBlockLength(challenger), meanBlockLength(champion)))
  const resampled = RATIOS[ratio]
  const first = resampled(challenger, riskFree, periodsPerYear)
  const second = resampled(champion, riskFree, periodsPerYear)
  const visit = (start: number, length: number) => {
    first.add(start, length)
    second.add(start, length)
  }
  let score = 0
  for (let draw = 0; draw < draws; draw++) {
    first.reset()
    second.reset()
    eachBlock(n, block, rng, visit)
    const a = first.value()
    const b = second.value()
    if (a === b || Math.abs(a - b) <= 1e-9 * Math.max(1, Math.min(Math.abs(a), Math.abs(b)))) score += 0.5
    else if (a > b) score += 1
  }
  return score / draws
}

/** A ratio of a resample that arrives block by block. */
interface Resampled {
  reset(): void
  add(start: number, length: number): void
  value(): number
}

const RATIOS = { sharpe, sortino, calmar } satisfies Record<
  ComparedRatio,
  (returns: Float64Array, riskFree: number, periodsPerYear: number) => Resampled
>

/**
 * Below this a spread of returns is none: differences of prefix sums leave up to 1e-18 of variance per bar where there
 * is none, and no real strategy is that quiet.
 */
const NO_SPREAD = 1e-8

function over(gain: number, spread: number): number {
  if (spread > NO_SPREAD) return gain / spread
  if (Math.abs(gain) <= NO_SPREAD) return 0
  return gain > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
}

/** Prefix sums over the series written twice, so that a block never has to wrap. */
function prefix(returns: Float64Array, of: (value: number) => number): Float64Array {
  const n = returns.length
  const sums = new Float64Array(2 * n + 1)
  for (let i = 0; i < 2 * n; i++) sums[i + 1] = sums[i]! + of(returns[i % n]!)
  return sums
}

function sharpe(returns: Float64Array, riskFree: number): Resampled {
  const n = returns.length
  const centre = returns.reduce((sum, value) => sum + value, 0) / n
  // Around the mean, so that the variance is not a small difference of large sums.
  const sums = prefix(returns, (value) => value - centre)
  const squares = prefix(returns, (value) => (value - centre) ** 2)
  let sum = 0
  let square = 0
  return {
    reset() {
      sum = 0
      square = 0
    },
    add(start, length) {
      sum += sums[start + length]! - sums[start]!
      square += squares[start + length]! - squares[start]!
    },
    value() {
      const mean = sum / n
      const variance = (square - sum * mean) / (n - 1)
      return over(mean + centre - riskFree, Math.sqrt(Math.max(0, variance)))
    },
  }
}

function sortino(returns: Float64Array, riskFree: number): Resampled {
  const n = returns.length
  const sums = prefix(returns, (value) => value - riskFree)
  const falls = prefix(returns, (value) => Math.min(value - riskFree, 0) ** 2)
  let sum = 0
  let fall = 0
  return {
    reset() {
      sum = 0
      fall = 0
    },
    add(start, length) {
      sum += sums[start + length]! - sums[start]!
      fall += falls[start + length]! - falls[start]!
    },
    value: () => over(sum / n, Math.sqrt(Math.max(0, fall) / n)),
  }
}

function calmar(returns: Float64Array, _riskFree: number, periodsPerYear: number): Resampled {
  const n = returns.length
  let equity = 1
  let peak = 1
  let deepest = 0
  return {
    reset() {
      equity = 1
      peak = 1
      deepest = 0
    },
    add(start, length) {
      for (let i = start; i < start + length; i++) {
        equity *= 1 + returns[i < n ? i : i - n]!
        if (equity > peak) peak = equity
        else if (1 - equity / peak > deepest) deepest = 1 - equity / peak
      }
    },
    value: () => over(equity > 0 ? equity ** (periodsPerYear / n) - 1 : -1, deepest),
  }
}

function assertComparable(challenger: Float64Array, champion: Float64Array): void {
  const fail = (why: string, details: Record<string, unknown>) => {
    throw new AlphaloopError('failure', 'RETURNS_UNUSABLE', `chanceBetter: ${why}`, {
      hint: 'Both series are per-bar returns over the same bars of one range.',
      details,
    })
  }
  if (challenger.length !== champion.length)
    fail(`the challenger has ${challenger.length} returns and the champion ${champion.length}`, {
      challenger: challenger.length,
      champion: champion.length,
    })
  if (challenger.length < 2)
    fail(`${challenger.length} returns are too few to compare`, { bars: challenger.length })
  for (const [name, series] of [
    ['challenger', challenger],
    ['champion', champion],
  ] as const) {
    const at = series.findIndex((value) => !Number.isFinite(value))
    if (at >= 0) fail(`return ${at} of the ${name} is ${series[at]}`, { series: name, bar: at })
  }
}
