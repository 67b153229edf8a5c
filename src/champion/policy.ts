import type { Rng } from '../base/rng.js'
import type { Level } from './levels.js'
import type { Objective, RangeMetrics } from './objective.js'

/** Numbers of the champion rules; every one is a setting, under the names that the config has. */
export interface ChampionPolicy {
  readonly objective: Objective
  /** Objective on validation that a first champion needs. */
  readonly firstSharpe: number
  /** The lead that a challenger needs is max(marginAbsolute, share · |champion|) … */
  readonly marginAbsolute: number
  /** … with this share within `recentIterations` of a crowning, */
  readonly marginRecent: number
  /** and this one later. */
  readonly marginSettled: number
  readonly recentIterations: number
  /** Calmar may be below the champion's by this share of its size. */
  readonly calmarTolerance: number
  /** |max drawdown| may be this multiple of the champion's. */
  readonly drawdownFactor: number
  /** Chance that it is truly better, at least. */
  readonly minChance: number
  readonly bootstrapDraws: number
  /** Objectives, and drawdowns, this close are equal (1e-9). */
  readonly tie?: number | undefined
}

export const DEFAULT_CHAMPION_POLICY: ChampionPolicy = Object.freeze({
  objective: 'sharpe',
  firstSharpe: 0.5,
  marginAbsolute: 0.02,
  marginRecent: 0.1,
  marginSettled: 0.01,
  recentIterations: 2,
  calmarTolerance: 0.1,
  drawdownFactor: 1.1,
  minChance: 0.6,
  bootstrapDraws: 1000,
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

/** The lead over the champion that a challenger needs at this iteration, and the target it makes. */
export function requiredMargin(
  champion: number,
  policy: ChampionPolicy,
  context: Pick<DecisionContext, 'iteration' | 'crownedAt'>,
): { readonly share: number; readonly lead: number; readonly target: number } {
  const { marginAbsolute, marginRecent, marginSettled, recentIterations } = policy
  const { iteration, crownedAt } = context
  const share = crownedAt !== null && iteration - crownedAt <= recentIterations ? marginRecent : marginSettled
  const lead = Math.max(marginAbsolute, share * Math.abs(champion))
  return { share, lead, target: champion + lead }
}
