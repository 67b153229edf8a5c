import { describe, expect, test } from 'vitest'
import type { DemotionEntry, HistoryEntry, IterationEntry } from '../../src/champion/entry.js'
import { iterationsSinceCrowning, NO_CHAMPION, trackChampion, trackRecord } from '../../src/champion/track.js'

const record = (
  iteration: number,
  updated: boolean,
  change: Partial<IterationEntry> = {},
): IterationEntry => ({
  kind: 'iteration',
  id: `id${iteration}`,
  iteration,
  strategy: { hash: `h${iteration}`, name: `Strategy ${iteration}` },
  execution: { status: 'success' },
  level: 'LEVEL_3',
  champion: { updated, because: updated ? 'better' : 'worse', previous: null },
  ...change,
})

const demotion: DemotionEntry = {
  kind: 'demotion',
  id: 'd',
  demoted: { id: 'id1', iteration: 1, hash: 'h1' },
  successor: { id: 'id3', iteration: 3, hash: 'h3', name: 'Strategy 3' },
  after: 4,
  because: 'stale',
}

describe('the champion of a history', () => {
  test('is nobody in an empty one', () => {
    expect(trackChampion([])).toBe(NO_CHAMPION)
    expect(iterationsSinceCrowning(NO_CHAMPION)).toBeNull()
  })

  test('is the last one crowned, and every reign ends where the next begins', () => {
    const track = trackChampion([
      record(0, false),
      record(1, true),
      record(2, false),
      record(3, true),
      record(4, false),
    ])
    expect(track.current).toMatchObject({
      id: 'id3',
      hash: 'h3',
      name: 'Strategy 3',
      from: 3,
      to: null,
      how: 'crowned',
    })
    expect(track.reigns.map(({ iteration, from, to }) => [iteration, from, to])).toEqual([
      [1, 1, 3],
      [3, 3, null],
    ])
    expect(track).toMatchObject({ recorded: 5, lastIteration: 4 })
    expect(iterationsSinceCrowning(track)).toBe(1)
  })

  test('follows a demotion to the successor, whose reign begins after the last iteration before it', () => {
    const track = trackChampion([
      record(0, false),
      record(1, true),
      record(3, false),
      record(4, false),
      demotion,
      record(5, false),
    ])
    expect(track.current).toEqual({
      id: 'id3',
      iteration: 3,
      hash: 'h3',
      name: 'Strategy 3',
      how: 'succeeded',
      because: 'stale',
      from: 4,
      to: null,
    })
    expect(track.reigns[0]).toMatchObject({ iteration: 1, to: 4 })
    expect(iterationsSinceCrowning(track)).toBe(1)
    const { name: _, ...nameless } = demotion.successor
    expect(trackRecord(NO_CHAMPION, { ...demotion, successor: nameless }).current?.name).toBeNull()
  })

  test('is what the records say, however absurd: a fold never decides again', () => {
    const absurd = record(7, true, {
      level: 'LEVEL_0',
      metrics: null,
      execution: { status: 'timeout' },
      strategy: null,
    })
    expect(trackChampion([record(6, true), absurd]).current).toMatchObject({
      id: 'id7',
      hash: null,
      name: null,
    })
  })

  test('is not moved by looks, changes, notes, and records without a decision', () => {
    const crowned = record(0, true)
    const others: HistoryEntry[] = (['look', 'change', 'note'] as const).map((kind) => ({ kind, id: kind }))
    const { champion: _, ...undecided } = record(1, true)
    const track = trackChampion([crowned, ...others, undecided])
    expect(track.current?.id).toBe('id0')
    expect(track.recorded).toBe(2)
  })

  test('reads what it knows of newer records', () => {
    const newer: HistoryEntry = {
      kind: 'newer',
      recordKind: 'iteration',
      id: 'n',
      iteration: 9,
      known: { champion: { updated: true, because: 'better' } },
    }
    expect(trackChampion([record(0, true), newer]).current).toMatchObject({ id: 'n', iteration: 9 })
    expect(trackChampion([{ ...newer, recordKind: 'odd' }])).toBe(NO_CHAMPION)
    expect(trackChampion([{ ...newer, iteration: undefined }])).toBe(NO_CHAMPION)
  })

  test('a fold continued from any point gives the same as from the start', () => {
    const records = [record(0, true), record(1, false), demotion, record(2, true), record(3, false)]
    for (let cut = 0; cut <= records.length; cut++) {
      let track = trackChampion(records.slice(0, cut))
      for (const rest of records.slice(cut)) track = trackRecord(track, rest)
      expect(track).toEqual(trackChampion(records))
    }
  })
})
