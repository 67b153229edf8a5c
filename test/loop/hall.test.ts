import { describe, expect, test } from 'vitest'
import type { Level } from '../../src/champion/levels.js'
import type { HistoryRecord } from '../../src/history/record.js'
import { hallOfHistory } from '../../src/loop/hall.js'
import { makeIteration } from '../../src/testing/records.js'

const RUN = { data: 'd', config: 'c', seed: 1, version: '0.1.0' }

function scored(iteration: number, level: Level, sharpe: number | null, run = RUN): HistoryRecord {
  const draft = makeIteration('hall')
  return {
    ...draft,
    schema: 1,
    id: `id-${iteration}`,
    iteration,
    timestamp: '2026-01-01T00:00:00Z',
    run,
    level,
    strategy: { hash: `hash-${iteration}`, name: `Strategy ${iteration}`, graph: null },
    execution: { status: 'success', durationMs: 1 },
    metrics: { train: {}, validation: { sharpe, calmar: 9 } },
  }
}

async function* from(records: readonly HistoryRecord[]) {
  yield* records
}

const wave = (shift: number) => Float64Array.from({ length: 60 }, (_, t) => Math.sin(t * (1 + shift)) / 100)
const nothing = () => ({ get: async () => undefined, put: async () => {} })

describe('the hall of fame of a history', () => {
  test('places strategies by what was recorded of validation', async () => {
    const hall = await hallOfHistory(
      from([
        scored(0, 'LEVEL_3', 2.5),
        scored(1, 'LEVEL_3', 1.6),
        scored(2, 'LEVEL_2', 3),
        scored(3, 'LEVEL_1', 4),
      ]),
      nothing,
    )
    expect(hall.champions.map(({ iteration }) => iteration)).toEqual([0])
    expect(hall.contenders.map(({ iteration }) => iteration)).toEqual([1])
    expect(hall.archived.map(({ iteration }) => iteration)).toEqual([2])
  })

  test('leaves out iterations whose objective has no value', async () => {
    const hall = await hallOfHistory(from([scored(0, 'LEVEL_3', null)]), nothing)
    expect([...hall.champions, ...hall.contenders, ...hall.archived]).toEqual([])
  })

  test('goes by the objective of the newest settings', async () => {
    const change = {
      ...makeIteration('hall'),
      kind: 'change',
      schema: 1,
      id: 'id-change',
      timestamp: '2026-01-01T00:00:00Z',
      run: RUN,
      what: 'config',
      differences: [],
      because: '',
      settings: {
        config: { objective: 'calmar' },
        data: { source: 'x', hash: 'd', symbols: 1, start: '2020-01-01', end: '2021-01-01' },
        split: {
          train: { start: '2020-01-01', end: '2020-06-01' },
          validation: { start: '2020-07-01', end: '2021-01-01' },
          test: null,
        },
      },
    } as unknown as HistoryRecord
    const hall = await hallOfHistory(from([change, scored(0, 'LEVEL_3', 0.1)]), nothing)
    expect(hall.champions.map(({ value }) => value)).toEqual([9])
  })

  test('keeps the best of those whose cached returns move together, each from the cache of its own settings', async () => {
    const caches: Record<string, Record<string, Float64Array>> = {
      'd-c': { 'hash-0': wave(0), 'hash-1': wave(0).map((r) => 2 * r), 'hash-2': wave(0.7) },
      'd-other': { 'hash-3': wave(0) },
    }
    const hall = await hallOfHistory(
      from([
        scored(0, 'LEVEL_3', 2.1),
        scored(1, 'LEVEL_3', 2.4),
        scored(2, 'LEVEL_3', 2.2),
        scored(3, 'LEVEL_3', 2.0, { ...RUN, config: 'other' }),
      ]),
      (run) => ({ get: async (hash) => caches[`${run.data}-${run.config}`]![hash], put: async () => {} }),
    )
    expect(hall.champions.map(({ iteration }) => iteration)).toEqual([1, 2])
    expect(hall.refused.map(({ reason, entry }) => [reason, entry.iteration])).toEqual([
      ['nearDuplicate', 0],
      ['nearDuplicate', 3],
    ])
  })
})
