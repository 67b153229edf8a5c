import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { millisOfUuidv7, uuidv7 } from '../../src/base/ids.js'
import type { HistoryEntry } from '../../src/champion/entry.js'
import { IdIndex } from '../../src/history/id-index.js'
import { JournalStore } from '../../src/history/journal-store.js'
import { type KnownRecord, parseRecord } from '../../src/history/record.js'
import { makeIteration } from '../../src/testing/records.js'
import { folderInMemory, readAll, upTo } from './support.js'

const valid = {
  schema: 1,
  id: uuidv7(1_700_000_000_000, new Uint8Array(10)),
  iteration: 0,
  timestamp: '2026-11-22T12:00:00.000Z',
  ...makeIteration(1),
}
const because = (value: unknown) => {
  const parsed = parseRecord(value)
  return parsed.ok ? undefined : parsed.because
}

describe('a record', () => {
  test('of schema 1 with unknown keys is read with them', () => {
    expect(parseRecord({ ...valid, mood: 'good', run: { ...valid.run, host: 'x' } })).toMatchObject({
      ok: true,
      record: { mood: 'good', run: { host: 'x' }, iteration: 0 },
    })
  })

  test('that does not fit says which field and why', () => {
    expect(because({ ...valid, iteration: -1 })).toMatch(/^iteration: /)
    expect(because({ ...valid, timestamp: '2026-11-22 12:00' })).toMatch(/^timestamp: .*UTC/)
    expect(because({ ...valid, execution: { status: 'error', durationMs: 1 } })).toMatch(/^execution.error: /)
    expect(because({ ...valid, execution: { status: 'sucess', durationMs: 1 } })).toMatch(/^execution/)
    expect(because({ ...valid, kind: 'iterations' })).toMatch(/^kind: /)
    expect(because({ ...valid, schema: undefined })).toBe('has no schema number and kind')
    expect(because([])).toBe('is not a JSON object')
  })

  test('of a newer schema needs an id alone; what else of it fits is known', () => {
    expect(parseRecord({ schema: 2, kind: 'dream', id: 'x', level: 'LEVEL_9', feedback: 'f' })).toEqual({
      ok: true,
      record: {
        kind: 'newer',
        schema: 2,
        recordKind: 'dream',
        id: 'x',
        known: { schema: 2, feedback: 'f' },
        raw: { schema: 2, kind: 'dream', id: 'x', level: 'LEVEL_9', feedback: 'f' },
      },
    })
    expect(
      parseRecord({ schema: 2, kind: 'iteration', id: 'x', iteration: 1.5, timestamp: 7 }),
    ).toMatchObject({
      ok: true,
      record: { recordKind: 'iteration', known: { schema: 2 } },
    })
    expect(because({ schema: 2, kind: 'dream' })).toContain('kind')
  })

  test('with many faults names three and counts the rest', () => {
    const { method: _, proposer: __, trials: ___, parents: ____, level: _____, ...few } = valid
    expect(because(few)).toMatch(/^method: .*; proposer: .*; trials: .*; and 2 more$/)
  })

  test('of each kind is read, and fits what champion and feedback fold over', () => {
    const { schema, id, timestamp, run } = valid
    const common = { schema, id, timestamp, run }
    const ref = { id, iteration: 3, hash: 'h' }
    const records = [
      valid,
      {
        ...common,
        kind: 'look',
        strategy: { hash: 'h', name: 'n' },
        dataset: 'd',
        metrics: null,
        because: 'b',
      },
      {
        ...common,
        kind: 'change',
        what: 'config',
        differences: [{ path: 'a', before: 1, after: null }],
        because: 'b',
      },
      { ...common, kind: 'demotion', demoted: ref, successor: ref, after: 49, because: 'b' },
      { ...common, kind: 'note', text: 't' },
    ]
    const read = records.map((record) => parseRecord(record))
    expect(read.map((parsed) => parsed.ok)).toEqual(records.map(() => true))
    const entries: HistoryEntry[] = read.map((parsed) => (parsed as { record: KnownRecord }).record)
    expect(entries).toHaveLength(5)
  })
})

test('any draft comes back as it was stored, in order, from any mix of single and joint appends', async () => {
  const root = folderInMemory()
  let run = 0
  const json = fc.jsonValue()
  const texts = fc.array(fc.array(fc.record({ feedback: fc.string({ unit: 'binary' }), extra: json })), {
    maxLength: 5,
  })
  await fc.assert(
    fc.asyncProperty(texts, async (calls) => {
      const store = await JournalStore.open(join(root, String(run++), 'history.jsonl'))
      const stored = (
        await Promise.all(
          calls.map((call) => store.appendMany(call.map((more, i) => ({ ...makeIteration(i), ...more })))),
        )
      ).flat()
      const read = await readAll(store)
      expect(read).toEqual(stored)
      expect(read.map((record) => (record as { feedback?: string }).feedback)).toEqual(
        calls.flat().map(({ feedback }) => JSON.parse(JSON.stringify(feedback))),
      )
      await store.close()
    }),
    { seed: 11, numRuns: 40 },
  )
})

test('a UUID of version 7 carries its time, sorts by it, and keeps version and variant whatever the random bytes', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 48 - 2 }),
      fc.uint8Array({ minLength: 10, maxLength: 10 }),
      fc.uint8Array({ minLength: 10, maxLength: 10 }),
      (millis, a, b) => {
        const id = uuidv7(millis, a)
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        expect(millisOfUuidv7(id)).toBe(millis)
        expect(id < uuidv7(millis + 1, b)).toBe(true)
      },
    ),
    { seed: 3 },
  )
  // The example of RFC 9562, appendix A.6.
  const random = Uint8Array.from([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f])
  expect(uuidv7(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
  expect(() => uuidv7(-1, random)).toThrow(RangeError)
  expect(() => uuidv7(0, random.subarray(1))).toThrow(RangeError)
})

test('an index of ids agrees with a map, for ids of any form', () => {
  const index = new IdIndex()
  const plain = new Map<string, number>()
  for (const i of upTo(5_000)) {
    // Some ids differ in their last digits only, some are no UUIDs, some come twice.
    const id =
      i % 7 === 0
        ? `odd ${i % 100}`
        : uuidv7(
            1_000 + (i % 3),
            Uint8Array.from({ length: 10 }, (_, k) => (k < 8 ? 0 : (i >> (8 * (9 - k))) & 255)),
          )
    index.add(id, i * 10)
    if (!plain.has(id)) plain.set(id, i * 10)
  }
  for (const [id, offset] of plain) expect(index.get(id)).toBe(offset)
  expect(index.get(uuidv7(5, new Uint8Array(10)))).toBeUndefined()
  expect(index.get('odd')).toBeUndefined()
  for (const id of [[...plain.keys()][0]!, [...plain.keys()][1]!]) {
    index.set(id, 77)
    expect(index.get(id)).toBe(77)
  }
})
