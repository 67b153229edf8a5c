import type { ErrorFacts, ExecutionFacts, IterationEntry } from '../../src/champion/entry.js'

/** A scored record with this train Sharpe. */
export const success = (
  iteration: number,
  sharpe: number | null,
  change: Partial<IterationEntry> = {},
): IterationEntry => ({
  kind: 'iteration',
  id: `id${iteration}`,
  iteration,
  execution: { status: 'success' },
  metrics: { train: { sharpe }, validation: { sharpe: 0.1 } },
  level: 'LEVEL_2',
  champion: { updated: false, because: 'not LEVEL_3', previous: null, gate: 'level' },
  ...change,
})

export const failure = (iteration: number, execution: ExecutionFacts): IterationEntry => ({
  kind: 'iteration',
  id: `id${iteration}`,
  iteration,
  execution,
  metrics: null,
  level: execution.status === 'ruined' ? 'LEVEL_1' : 'LEVEL_0',
  champion: { updated: false, because: 'not scored', previous: null },
})

export const unknownField: ErrorFacts = {
  category: 'unknown_field',
  code: 'UNKNOWN_FIELD',
  message: 'there is no field "roe"; nearest is "rvol"',
  line: 4,
  column: 17,
}
