import type { ErrorFacts, HistoryEntry, IterationEntry } from '../champion/entry.js'
import { type Objective, objectiveOf, type Quantity } from '../champion/objective.js'
import { FLAT } from './trend.js'

/** What became of the latest iteration. Values are the objective on train. */
export type Scenario =
  | { readonly kind: 'firstIteration' }
  | { readonly kind: 'firstScored'; readonly iteration: number; readonly value: number }
  | {
      readonly kind: 'improving' | 'declining' | 'flat'
      readonly iteration: number
      readonly value: number
      readonly previous: { readonly iteration: number; readonly value: number }
    }
  /** It ran, but the objective has no value on train. */
  | { readonly kind: 'unmeasured'; readonly iteration: number; readonly because: string }
  | { readonly kind: 'ruined'; readonly iteration: number }
  | { readonly kind: 'rejected' | 'error'; readonly iteration: number; readonly error: ErrorFacts }
  | { readonly kind: 'timeout'; readonly iteration: number; readonly error: ErrorFacts | null }

/** An iteration whose objective has a value on train. */
export interface ScoredIteration {
  readonly iteration: number
  readonly value: number
}

/** The objective of an iteration on train, or why there is none. */
export const trainObjective = (record: IterationEntry, objective: Objective): Quantity =>
  objectiveOf({ metrics: record.metrics?.train ?? {}, notes: record.metricNotes?.train }, objective)

export const iterationsOf = (records: readonly HistoryEntry[]): IterationEntry[] =>
  records.filter((record) => record.kind === 'iteration')

/** Iterations that ran to their end and have a finite objective on train, in order. */
export const scoredOf = (records: readonly IterationEntry[], objective: Objective): ScoredIteration[] =>
  records.flatMap((record) => {
    if (record.execution.status !== 'success') return []
    const value = trainObjective(record, objective)
    return value.defined && Number.isFinite(value.value)
      ? [{ iteration: record.iteration, value: value.value }]
      : []
  })

/** The scenario of the last of these records; a change under 0.02 is flat. */
export function scenarioOf(records: readonly IterationEntry[], objective: Objective): Scenario {
  const latest = records.at(-1)
  if (latest === undefined) return { kind: 'firstIteration' }
  const { iteration, execution } = latest
  switch (execution.status) {
    case 'rejected':
    case 'error':
      return { kind: execution.status, iteration, error: execution.error }
    case 'timeout':
      return { kind: 'timeout', iteration, error: execution.error ?? null }
    case 'ruined':
      return { kind: 'ruined', iteration }
    case 'success': {
      const measured = trainObjective(latest, objective)
      if (!measured.defined) return { kind: 'unmeasured', iteration, because: measured.because }
      const { value } = measured
      const previous = scoredOf(records.slice(0, -1), objective).at(-1)
      if (previous === undefined || !Number.isFinite(value)) return { kind: 'firstScored', iteration, value }
      const change = value - previous.value
      const kind = Math.abs(change) < FLAT ? 'flat' : change > 0 ? 'improving' : 'declining'
      return { kind, iteration, value, previous }
    }
  }
}
