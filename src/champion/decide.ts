import type { Rng } from '../base/rng.js'
import type { Level } from './levels.js'
import type { Objective, RangeMetrics } from './objective.js'

/** Numbers of the champion rules; every one is a setting. */
export interface ChampionPolicy {
  readonly objective: Objective
  /** Objective on validation that a first champion needs. */
  readonly firstChampion: number
  /** The lead that a challenger needs: max(absolute, share · |champion|). */
  readonly margin: {
    readonly absolute: number
    /** Share within `freshIterations` of a crowning. */
    readonly fresh: number
    /** Share later. */
    readonly settled: number
    readonly freshIterations: number
  }
  /** Calmar may be below the champion's by this share of its size. */
  readonly calmarTolerance: number
  /** |max drawdown| may exceed the champion's by this share of it. */
  readonly drawdownTolerance: number
  /** Chance that it is truly better, at least. */
  readonly minChance: number
  /** Bootstrap draws behind that chance. */
  readonly draws: number
  /** Objectives (and drawdowns) this close are equal. */
  readonly tie: number
}

export const DEFAULT_CHAMPION_POLICY: ChampionPolicy = Object.freeze({
  objective: 'sharpe',
  firstChampion: 0.5,
  margin: Object.freeze({ absolute: 0.02, fresh: 0.1, settled: 0.01, freshIterations: 2 }),
  calmarTolerance: 0.1,
  drawdownTolerance: 0.1,
  minChance: 0.6,
  draws: 1000,
  tie: 1e-9,
})

/** A strategy as the champion rules see it. */
export interface Contender {
  readonly hash: string
  readonly level: Level
  /** Metrics on validation. */
  readonly validation: RangeMetrics
  /** Per-bar returns on validation; both sides of a comparison cover the same bars. */
  readonly returns: Float64Array
  /** Nodes in its graph. */
  readonly nodes: number
}

export interface DecisionContext {
  /** Number of the challenger's iteration. */
  readonly iteration: number
  /** Number of the iteration that crowned the champion; ignored where there is none. */
  readonly crownedAt: number | null
  /** Source of the bootstrap's draws, e.g. `createRng(seed, 'champion', iteration)`. */
  readonly rng: Rng
  readonly periodsPerYear: number
  /** The benchmark's returns on validation: needed where the objective is activeSharpe. */
  readonly benchmarkReturns?: Float64Array | undefined
  /** A year's risk-free rate (fraction, 0). */
  readonly riskFree?: number | undefined
}

export type Gate = 'level' | 'undefined' | 'first' | 'margin' | 'calmar' | 'drawdown' | 'chance'

/** What a gate saw. `value` and `limit` are null where infinite, undefined, or not computed. */
export interface GateResult {
  readonly gate: Gate
  readonly verdict: 'passed' | 'failed' | 'notJudged' | 'notReached'
  readonly value: number | null
  readonly limit: number | null
  /** A clause with the numbers. */
  readonly because: string
}

export type ChampionDecision =
  | {
      readonly updated: true
      readonly by: 'first' | 'margin' | 'tie'
      readonly because: string
      readonly gates: readonly GateResult[]
    }
  | {
      readonly updated: false
      readonly gate: Gate
      readonly because: string
      readonly gates: readonly GateResult[]
    }
