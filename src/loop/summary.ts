import type { Level } from '../champion/levels.js'
import type { MetricValues } from '../history/record.js'
import type { Spent } from '../llm/budget.js'
import type { StopReason } from './events.js'
import type { LoopState } from './state.js'

/** What `run --json` prints: totals of the whole history, times of this call. */
export interface RunSummary {
  readonly runDir: string
  readonly iterations: number
  /** Iterations that the run was asked for in all. */
  readonly total: number
  readonly levels: Readonly<Record<Level, number>>
  readonly methods: Readonly<Record<string, number>>
  readonly proposers: Readonly<Record<string, number>>
  readonly statuses: Readonly<Record<string, number>>
  readonly fallbacks: number
  /** How often which failure of a model was the reason of a fallback. */
  readonly fallbackCauses: Readonly<Record<string, number>>
  /** What models have cost in the whole run, as the budget counts it; null where none was asked. */
  readonly models: ModelSummary | null
  readonly trials: number
  readonly distinctStrategies: number
  readonly champion: ChampionSummary | null
  /** Of a replay: the first record of the recorded run, and the first iteration that is its own. */
  readonly replay?: { readonly of: string; readonly until: number }
  /** Iterations recorded by this call. */
  readonly recorded: number
  /** Why this call ended. */
  readonly stopped: StopReason
  readonly durationMs: number
  readonly evaluationsPerSecond: number
}

export interface ModelSummary extends Omit<Spent, 'costUsd'> {
  /** US dollars; null where no price is known of any model that was asked. */
  readonly costUsd: number | null
  /** Of the calls, those whose cost and tokens are the most that they may have come to: the provider did not tell. */
  readonly estimatedCalls: number
  /** Of the calls, those that a replay answered from its recordings: nothing was sent for them. */
  readonly replayedCalls: number
  /** The others, which were made. */
  readonly liveCalls: number
  /** Iterations that each model answered, and those it was asked for, by its name. */
  readonly byName: Readonly<Record<string, { readonly asked: number; readonly answered: number }>>
  /** Models whose price is not known: the dollars leave them out. */
  readonly withoutPrice: readonly string[]
}

export interface ChampionSummary {
  readonly iteration: number
  readonly hash: string
  readonly name: string
  readonly metrics: { readonly train: MetricValues | null; readonly validation: MetricValues | null }
}

export function summarizeRun(
  state: LoopState,
  facts: {
    readonly runDir: string
    readonly total: number
    readonly recorded: number
    readonly evaluated: number
    readonly stopped: StopReason
    readonly durationMs: number
    /** Of the loop alone, without reading data and starting. */
    readonly loopMs: number
  },
): RunSummary {
  const { counts, championRecord } = state
  const { runDir, total, recorded, evaluated, stopped, durationMs, loopMs } = facts
  return {
    runDir,
    iterations: state.next,
    total,
    levels: counts.levels,
    methods: counts.methods,
    proposers: counts.proposers,
    statuses: counts.statuses,
    fallbacks: counts.fallbacks,
    fallbackCauses: counts.fallbackCauses,
    models: modelSummary(state),
    trials: counts.trials,
    distinctStrategies: state.evaluated.size,
    champion:
      championRecord === null
        ? null
        : {
            iteration: championRecord.iteration,
            hash: championRecord.strategy!.hash,
            name: championRecord.strategy!.name,
            metrics: {
              train: championRecord.metrics?.train ?? null,
              validation: championRecord.metrics?.validation ?? null,
            },
          },
    ...(state.replay ? { replay: { of: state.replay.of, until: state.replay.until } } : {}),
    recorded,
    stopped,
    durationMs,
    evaluationsPerSecond: loopMs > 0 ? evaluated / (loopMs / 1000) : 0,
  }
}

function modelSummary({ models, spent, estimatedCalls, replayedCalls }: LoopState): ModelSummary | null {
  const names = Object.keys(models)
  if (names.length === 0) return null
  const withoutPrice = names.filter((name) => models[name]!.costUsd === null)
  return {
    ...spent,
    costUsd: withoutPrice.length === names.length ? null : spent.costUsd,
    estimatedCalls,
    replayedCalls,
    liveCalls: spent.calls - replayedCalls,
    byName: Object.fromEntries(
      names.map((name) => [name, { asked: models[name]!.asked, answered: models[name]!.answered }]),
    ),
    withoutPrice,
  }
}
