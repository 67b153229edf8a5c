import type { DemotionRecord, IterationRecord } from '../../src/history/record.js'
import { makeIteration } from '../../src/testing/records.js'

/** An iteration record as the store would give it back: scored on both ranges, LEVEL_2, unless told otherwise. */
export function record(iteration: number, change: Partial<IterationRecord> = {}): IterationRecord {
  const { graph } = makeIteration(1).strategy ?? makeIteration('with a graph').strategy!
  return {
    schema: 1,
    kind: 'iteration',
    id: `id-${iteration}`,
    iteration,
    timestamp: '2026-01-01T00:00:00.000Z',
    run: null,
    method: 'factor_graph',
    proposer: 'template',
    trials: 1,
    parents: [],
    strategy: { hash: `hash-${iteration}`, name: `Strategy ${iteration}`, graph },
    execution: { status: 'success', durationMs: 1 },
    metrics: { train: { sharpe: iteration / 100 }, validation: { sharpe: 0.1 } },
    level: 'LEVEL_2',
    champion: { updated: false, because: 'no', previous: null, gate: 'level' },
    feedback: '',
    ...change,
  }
}

export const demotion = (after: number, demoted: number, successor: number): DemotionRecord => ({
  schema: 1,
  kind: 'demotion',
  id: `demotion-${after}`,
  timestamp: '2026-01-01T00:00:00.000Z',
  run: null,
  demoted: { id: `id-${demoted}`, iteration: demoted, hash: `hash-${demoted}` },
  successor: { id: `id-${successor}`, iteration: successor, hash: `hash-${successor}` },
  after,
  because: 'stale',
})

const error = { category: 'crash', code: 'EVALUATION_CRASHED', message: 'no' }
export const failed = (
  iteration: number,
  status: 'error' | 'rejected' | 'timeout' = 'error',
): IterationRecord =>
  record(iteration, { execution: { status, durationMs: 0, error }, metrics: null, level: 'LEVEL_0' })

/** A call that cost nothing and told nothing. */
export const call = (model: string, ended: string) => ({
  model,
  ended,
  attempts: 1,
  inputTokens: null,
  outputTokens: null,
  costUsd: null,
  charged: { calls: 1, tokens: 0, costUsd: null },
})
