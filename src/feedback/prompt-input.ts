import type { ErrorFacts } from '../champion/entry.js'
import type { MetricValues } from '../champion/objective.js'
import type { ChampionPolicy } from '../champion/policy.js'
import type { FailurePattern } from './failure-patterns.js'
import type { PromptVariant } from './variants/variant.js'

/** A strategy as the model reads it. */
export interface PromptChampion {
  readonly iteration: number
  /** Iteration that crowned it. */
  readonly crownedAt: number
  readonly name: string
  readonly code: string
  readonly language: 'ts' | 'json'
  readonly train: MetricValues
  readonly validation: MetricValues
}

export interface PromptField {
  readonly name: string
  /** Share of the cells (bar, symbol) of train and validation that have a value, 0–1. */
  readonly coverage: number
  /** Computed from other fields: returns, vwap, … */
  readonly derived?: boolean
}

/** An evaluated strategy beside the champion. Of validation nothing is told: the search would learn it by heart. */
export interface PromptStrategy {
  readonly iteration: number
  readonly name: string
  readonly code: string
  readonly train: MetricValues
}

/** A champion's metric on train without each of its parts. */
export interface PromptAblation {
  readonly metric: string
  readonly whole: number | null
  readonly parts: readonly {
    readonly without: string
    readonly value: number | null
    readonly because?: string | undefined
  }[]
}

/** A strategy that failed, as it was written. */
export interface PromptFailure {
  readonly iteration: number
  readonly code: string
  readonly language: string
  readonly error: ErrorFacts
}

/** What every proposal must keep to; absent is free. */
export interface PromptConstraints {
  readonly sides?: readonly string[] | undefined
  readonly rebalances?: readonly string[] | undefined
  readonly universe?: string | undefined
  readonly operators?: readonly string[] | undefined
  /** One-way turnover a year (1: the whole portfolio once). */
  readonly maxTurnover?: number | undefined
  readonly minHoldingBars?: number | undefined
  /** A positive fraction. */
  readonly maxDrawdown?: number | undefined
  readonly maxNodes: number
  readonly maxDepth: number
  readonly maxFields: number
}

export interface PromptInput {
  /** The iteration that the proposal is for. */
  readonly iteration: number
  readonly policy: ChampionPolicy
  /** How to ask; default: for something new. */
  readonly variant?: PromptVariant
  readonly champion: PromptChampion | null
  /** What made the champion work. */
  readonly ablation?: PromptAblation | null
  /** Good strategies unlike the champion and each other, the best first. */
  readonly alternatives?: readonly PromptStrategy[]
  /** Strategies to make the new one of. */
  readonly parents?: readonly PromptStrategy[]
  /** The strategy to mend. */
  readonly failure?: PromptFailure | null
  /** As `summarize` wrote it. */
  readonly feedback: string
  /** As `failurePatterns` counted them. */
  readonly failures: readonly FailurePattern[]
  /** The fields that a proposal may read, derived ones included. */
  readonly fields: readonly PromptField[]
  /** Names of the groups (sector, industry, …). */
  readonly groups: readonly string[]
  readonly constraints: PromptConstraints
  /** Estimated tokens at most (12 000). */
  readonly budgetTokens?: number
}
