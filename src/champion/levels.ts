import {
  figure,
  OBJECTIVES,
  type Objective,
  objectiveOf,
  type Quantity,
  type RangeMetrics,
} from './objective.js'

export const LEVELS = ['LEVEL_0', 'LEVEL_1', 'LEVEL_2', 'LEVEL_3'] as const
export type Level = (typeof LEVELS)[number]

/** What one range says about a strategy that ran through it. */
export interface RangeOutcome extends RangeMetrics {
  /** Bars with a position at the close. */
  readonly daysInMarket: number
  /** Positions opened, those still open at the end too. */
  readonly positions: number
  /** The benchmark's value of the objective on this range; null where it has none. */
  readonly benchmark: number | null
}

/** How an evaluation ended; the level follows from it. */
export type Outcome =
  | { readonly state: 'notCompiled'; readonly message: string }
  | { readonly state: 'rejected'; readonly gate: string; readonly because: string }
  | { readonly state: 'crashed'; readonly message: string }
  | { readonly state: 'timedOut'; readonly seconds: number }
  | { readonly state: 'ruined'; readonly range: 'train' | 'validation'; readonly date: string }
  | { readonly state: 'scored'; readonly train: RangeOutcome; readonly validation: RangeOutcome }

export interface LevelThresholds {
  readonly objective?: Objective | undefined
  /** Days in the market under which a range is too little to judge. */
  readonly minDaysInMarket: number
  /** What the objective must exceed on both ranges for LEVEL_3 (0). */
  readonly minObjective?: number | undefined
}

export const DEFAULT_LEVEL_THRESHOLDS: LevelThresholds = Object.freeze({
  objective: 'sharpe',
  minDaysInMarket: 30,
  minObjective: 0,
})

export interface Classification {
  readonly level: Level
  /** One sentence with the numbers. */
  readonly because: string
}

const RANGES = ['train', 'validation'] as const

/**
 * The level of an outcome. LEVEL_0: never ran to its end. LEVEL_1: ran, but cannot be used (ruined; on train or on
 * validation no position, too few days in the market, or no value of the objective). LEVEL_3: the objective is above
 * `minObjective` on both ranges, and on at least one of them at least the benchmark's. LEVEL_2: every other.
 * A benchmark without a value counts as cash (0), and the sentence says so.
 */
export function classify(
  outcome: Outcome,
  thresholds: LevelThresholds = DEFAULT_LEVEL_THRESHOLDS,
): Classification {
  switch (outcome.state) {
    case 'notCompiled':
      return { level: 'LEVEL_0', because: sentence(`The strategy did not compile: ${outcome.message}`) }
    case 'rejected':
      return {
        level: 'LEVEL_0',
        because: sentence(`Rejected before it ran (${outcome.gate}): ${outcome.because}`),
      }
    case 'crashed':
      return { level: 'LEVEL_0', because: sentence(`The evaluation crashed: ${outcome.message}`) }
    case 'timedOut':
      return {
        level: 'LEVEL_0',
        because: `The evaluation was stopped after ${figure(outcome.seconds)} seconds.`,
      }
    case 'ruined':
      return {
        level: 'LEVEL_1',
        because: `Ruined: the equity was gone on ${outcome.date} (${outcome.range}).`,
      }
    case 'scored':
      return classifyScored(outcome, thresholds)
  }
}

function classifyScored(
  outcome: Extract<Outcome, { state: 'scored' }>,
  { objective = 'sharpe', minDaysInMarket, minObjective = 0 }: LevelThresholds,
): Classification {
  const { label } = OBJECTIVES[objective]
  for (const range of RANGES) {
    const { positions, daysInMarket } = outcome[range]
    if (positions === 0) return { level: 'LEVEL_1', because: `No trades on ${range}.` }
    if (daysInMarket < minDaysInMarket)
      return {
        level: 'LEVEL_1',
        because: `In the market on ${daysInMarket} days of ${range} only; ${minDaysInMarket} are needed.`,
      }
  }
  const values: Record<(typeof RANGES)[number], number> = { train: 0, validation: 0 }
  for (const range of RANGES) {
    const value: Quantity = objectiveOf(outcome[range], objective)
    if (!value.defined)
      return { level: 'LEVEL_1', because: sentence(`${label} on ${range} is undefined: ${value.because}`) }
    values[range] = value.value
  }
  const both = `${label} is ${figure(values.train)} on train and ${figure(values.validation)} on validation`
  for (const range of RANGES)
    if (!(values[range] > minObjective))
      return { level: 'LEVEL_2', because: `${both}; both must be above ${figure(minObjective)}.` }
  const bars = RANGES.map((range) => {
    const own = outcome[range].benchmark
    const known = own !== null && Number.isFinite(own)
    return {
      reached: values[range] >= (known ? own : 0),
      text: known ? figure(own) : '0 (the benchmark has none, so cash)',
    }
  })
  const against = `the benchmark's is ${bars[0]!.text} and ${bars[1]!.text}`
  return bars.some((bar) => bar.reached)
    ? { level: 'LEVEL_3', because: `${both}; ${against}.` }
    : { level: 'LEVEL_2', because: `${both}, below the benchmark on both: ${against}.` }
}

/** Ends a text that came from elsewhere with one full stop. */
const sentence = (text: string): string => (/[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`)
