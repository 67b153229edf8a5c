import type { ErrorFacts, HistoryEntry, IterationEntry } from '../champion/entry.js'
import { adviceFor } from './advice.js'
import { iterationsOf } from './scenario.js'
import { asSentence } from './sentences.js'

/** Failures of one category among the recent records. */
export interface FailurePattern {
  readonly category: string
  readonly count: number
  /** Codes that occurred, the most frequent first. */
  readonly codes: readonly string[]
  /** Different messages, the latest first, at most `examples`. */
  readonly examples: readonly { readonly iteration: number; readonly message: string }[]
  readonly lastIteration: number
  readonly advice: string
}

export interface FailureOptions {
  /** Iterations looked at, from the end (50). */
  readonly window?: number
  /** Messages kept of a category (3). */
  readonly examples?: number
}

/**
 * What failed lately, by category, the most frequent first (on a tie the latest): errors, rejections, time-outs, ruin,
 * and runs that ended as LEVEL_1 (`unusable`). Successes of LEVEL_2 and LEVEL_3 are no failures.
 */
export function failurePatterns(
  records: readonly HistoryEntry[],
  { window = 50, examples = 3 }: FailureOptions = {},
): FailurePattern[] {
  const groups = new Map<string, { iteration: number; error: ErrorFacts }[]>()
  for (const record of iterationsOf(records).slice(-window)) {
    const error = failureOf(record)
    if (error === null) continue
    const group = groups.get(error.category) ?? []
    group.push({ iteration: record.iteration, error })
    groups.set(error.category, group)
  }
  const patterns = [...groups].map(([category, group]): FailurePattern => {
    const latest = [...group].reverse()
    const messages = new Map<string, number>()
    for (const { iteration, error } of latest) {
      const message = asSentence(error.message, 40)
      if (message !== '' && !messages.has(message)) messages.set(message, iteration)
    }
    const { error, iteration: lastIteration } = latest[0]!
    return {
      category,
      count: group.length,
      codes: byFrequency(group.flatMap(({ error: { code } }) => (code ? [code] : []))),
      examples: [...messages].slice(0, examples).map(([message, iteration]) => ({ iteration, message })),
      lastIteration,
      advice: asSentence(error.hint ?? '', 60) || adviceFor(category, error.code),
    }
  })
  return patterns.sort((a, b) => b.count - a.count || b.lastIteration - a.lastIteration)
}

/** The patterns as sentences, one line a category; empty where nothing failed. */
export function describeFailures(patterns: readonly FailurePattern[]): string {
  return patterns
    .map(({ category, count, examples, advice }) => {
      const told = examples.map(({ iteration, message }) => `iteration ${iteration}: ${message}`).join(' ')
      const name = asSentence(category, 8).replace(/\.$/, '') || 'unknown'
      return `${count} × ${name}${told === '' ? '.' : `, ${told}`} ${advice}`
    })
    .join('\n')
}

const UNUSABLE: ErrorFacts = {
  category: 'unusable',
  message: 'It ran, but made no trades, was too few days in the market, or has no defined score.',
  hint: 'Loosen the conditions, so that something is held on most days of both ranges.',
}

/** What went wrong in an iteration; null where nothing did. */
export function failureOf({ execution, level }: IterationEntry): ErrorFacts | null {
  switch (execution.status) {
    case 'success':
      return level === 'LEVEL_1' ? UNUSABLE : null
    case 'rejected':
    case 'error':
      return execution.error
    case 'timeout':
      return execution.error ?? { category: 'timeout', message: 'The evaluation took too long.' }
    case 'ruined':
      return (
        execution.error ?? {
          category: 'ruined',
          message: 'The strategy lost all of its equity.',
          hint: 'Take less gross exposure, or add a stop.',
        }
      )
  }
}

function byFrequency(items: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1]).map(([item]) => item)
}
