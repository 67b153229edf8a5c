import type { Level } from './levels.js'
import type { MetricReasons, MetricValues } from './objective.js'

/**
 * The records that champion, hall of fame and feedback fold over, as far as they read them: a structural part of the
 * history record (the journal's schema). An iteration is discriminated by `execution.status`.
 */
export type HistoryEntry = IterationEntry | DemotionEntry | NewerEntry | OtherEntry

export interface ErrorFacts {
  readonly category: string
  readonly code?: string | null | undefined
  readonly message: string
  /** 1-based place in the strategy's code, where it has one. */
  readonly line?: number | null | undefined
  readonly column?: number | null | undefined
  /** What to do about it. */
  readonly hint?: string | null | undefined
}

export type ExecutionFacts =
  | { readonly status: 'success' }
  | { readonly status: 'ruined'; readonly error?: ErrorFacts | null | undefined }
  | { readonly status: 'rejected'; readonly error: ErrorFacts }
  | { readonly status: 'error'; readonly error: ErrorFacts }
  | { readonly status: 'timeout'; readonly error?: ErrorFacts | null | undefined }

/** What a gate of the champion rules saw. `value` and `limit` are null where infinite or undefined. */
export interface GateFacts {
  readonly gate: string
  readonly verdict: 'passed' | 'failed' | 'notJudged' | 'notReached'
  readonly value: number | null
  readonly limit: number | null
}

/** The decision about the champion, as recorded. Folds read it and never decide again. */
export interface ChampionFacts {
  readonly updated: boolean
  readonly because: string
  /** Id of the record whose strategy was champion before. */
  readonly previous?: string | null | undefined
  /** The gate that refused; absent where updated. */
  readonly gate?: string | null | undefined
  readonly gates?: readonly GateFacts[] | null | undefined
}

export interface StrategyFacts {
  readonly hash: string
  readonly name: string
}

export interface IterationEntry {
  readonly kind: 'iteration'
  readonly id: string
  readonly iteration: number
  readonly parents?: readonly string[] | undefined
  readonly strategy?: StrategyFacts | null | undefined
  readonly execution: ExecutionFacts
  readonly metrics?:
    | {
        readonly train?: MetricValues | null | undefined
        readonly validation?: MetricValues | null | undefined
      }
    | null
    | undefined
  readonly metricNotes?:
    | { readonly train?: MetricReasons | undefined; readonly validation?: MetricReasons | undefined }
    | null
    | undefined
  readonly level: Level
  readonly champion?: ChampionFacts | null | undefined
}

/** The champion was found stale. It carries no number of its own. */
export interface DemotionEntry {
  readonly kind: 'demotion'
  readonly id: string
  readonly demoted: StrategyRefFacts
  /** The record that takes over. */
  readonly successor: StrategyRefFacts
  /** Number of the last iteration before the demotion. */
  readonly after: number
  readonly because: string
}

export interface StrategyRefFacts {
  readonly id: string
  readonly iteration: number
  readonly hash: string
  readonly name?: string | undefined
}

/** A record of a newer schema: what of it is known. */
export interface NewerEntry {
  readonly kind: 'newer'
  readonly recordKind: string
  readonly id: string
  readonly iteration?: number | undefined
  readonly known: Partial<Omit<IterationEntry, 'kind'>>
}

/** Looks, changes and notes: of no consequence here. */
export interface OtherEntry {
  readonly kind: 'look' | 'change' | 'note'
  readonly id: string
}
