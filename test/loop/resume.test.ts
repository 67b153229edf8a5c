import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { JournalStore } from '../../src/history/journal-store.js'
import type { HistoryWarning } from '../../src/history/store.js'
import { resumeState, snapshotState } from '../../src/loop/resume.js'
import { createReturnsCache } from '../../src/loop/returns-cache.js'
import type { LoopState, ProposalView } from '../../src/loop/state.js'
import { makeIteration } from '../../src/testing/records.js'
import { loopFolder } from './engine.js'

const rules = { objective: 'sharpe', scoredWindow: 5 }
const BATCH = 4

async function history(count: number) {
  const folder = loopFolder()
  const path = join(folder, 'history.jsonl')
  const snapshot = join(folder, 'snapshot.json')
  const warnings: string[] = []
  const onWarning = ({ code }: HistoryWarning) => warnings.push(code)
  const store = await JournalStore.open(path, { onWarning })
  const add = async (from: number, to: number) => {
    for (let i = from; i < to; i++) await store.append(makeIteration(i))
  }
  await add(0, count)
  const resume = (file = snapshot) =>
    resumeState(store, { rules, batchSize: BATCH, snapshot: file, onWarning })
  const keep = (warn: (message: string) => void = () => {}) =>
    snapshotState(store, { rules, batchSize: BATCH, snapshot, onWarning: warn })
  return { folder, path, snapshot, store, add, resume, keep, warnings }
}

const plain = ({ state, view }: { state: LoopState; view: ProposalView }) => {
  const { wasEvaluated, ...rest } = view
  const hashes = [...state.evaluated.keys()]
  return { state, view: rest, known: hashes.map(wasEvaluated) }
}

test.each([0, 1, 4, 5, 8, 11, 13])(
  'with and without a snapshot, %i records give the same state and the view before the batch that was cut',
  async (count) => {
    for (const kept of [0, 4, 8].filter((n) => n <= count)) {
      const { add, resume, keep, store } = await history(kept)
      if (kept > 0) await keep()
      await add(kept, count)
      const fresh = await resume('nowhere.json')
      const resumed = await resume()
      expect(plain(resumed)).toEqual(plain(fresh))
      expect(fresh.state.next).toBe(count)
      expect(fresh.view.next).toBe(Math.floor(count / BATCH) * BATCH)
      await store.close()
    }
  },
)

test('a snapshot beyond the batch that was cut is not used', async () => {
  const { resume, keep, store, snapshot } = await history(6)
  await keep()
  expect(readFileSync(snapshot, 'utf8')).toContain('"next":6')
  const resumed = await resume()
  expect(resumed.view.next).toBe(4)
  expect(resumed.view.recent.map(({ iteration }) => iteration)).toEqual([0, 1, 2, 3])
  expect(plain(resumed)).toEqual(plain(await resume('nowhere.json')))
  await store.close()
})

test('a damaged snapshot, or one under other rules, is read past', async () => {
  const { resume, keep, store, snapshot, warnings } = await history(8)
  await keep()
  const whole = plain(await resume())
  const other = { rules: { objective: 'calmar', scoredWindow: 5 }, batchSize: BATCH, onWarning: () => {} }
  const first = await resumeState(store, { ...other, snapshot })
  expect(first.state.parents).not.toEqual(whole.state.parents)
  truncateSync(snapshot, readFileSync(snapshot).length - 9)
  expect(plain(await resume())).toEqual(whole)
  expect(warnings).toContain('HISTORY_SNAPSHOT_IGNORED')
  await store.close()
})

test('a snapshot that cannot be written is said, and nothing else happens', async () => {
  const { keep, snapshot, store, resume } = await history(4)
  mkdirSync(snapshot)
  const said: string[] = []
  await keep((message) => said.push(message))
  expect(said.join()).toContain(snapshot)
  expect((await resume()).state.next).toBe(4)
  await store.close()
})

test("a newer version's iteration keeps its number, within a batch and as the last record", async () => {
  const { path, resume, store, add } = await history(5)
  const newer = {
    schema: 9,
    kind: 'iteration',
    id: '01900000-0000-7000-8000-000000000001',
    iteration: 5,
    level: 'A',
  }
  await appendFile(path, `${JSON.stringify(newer)}\n`)
  expect((await resume()).state.next).toBe(6)
  expect((await resume()).view.next).toBe(4)
  await add(6, 8)
  const { state, view } = await resume()
  expect([state.next, view.next]).toEqual([8, 8])
  expect(state.recent.map(({ iteration }) => iteration)).toEqual([0, 1, 2, 3, 4, 6, 7])
  await store.close()
})

test('a record that cannot be read leaves a gap, and the view is still the one before its batch', async () => {
  const { path, store } = await history(7)
  await store.close()
  const lines = readFileSync(path, 'utf8').split('\n')
  lines[4] = '{"schema":1,"kind":"iteration","broken":true}'
  writeFileSync(path, lines.join('\n'))
  const again = await JournalStore.open(path)
  const { state, view } = await resumeState(again, {
    rules,
    batchSize: BATCH,
    snapshot: 'nowhere.json',
    onWarning: () => {},
  })
  expect(state.next).toBe(7)
  expect(view.next).toBe(4)
  expect(view.recent.map(({ iteration }) => iteration)).toEqual([0, 1, 2, 3])
  await again.close()
})

test('the cache of returns gives back what it was given, and nothing for what is missing or torn', async () => {
  const folder = loopFolder()
  const cache = createReturnsCache(folder)
  const values = Float64Array.of(0.1, -0, Number.MIN_VALUE, -0.5)
  await cache.put('abcdef', values)
  expect(await cache.get('abcdef')).toEqual(values)
  // A view into a larger buffer is written as what it shows.
  await cache.put('abc123', values.subarray(1, 3))
  expect(await cache.get('abc123')).toEqual(values.slice(1, 3))
  expect(await cache.get('ffffff')).toBeUndefined()
  truncateSync(join(folder, 'ab', 'abcdef.f64'), 13)
  expect(await cache.get('abcdef')).toBeUndefined()
  // Nowhere to write to: silence, and the value is computed again.
  writeFileSync(join(folder, 'cd'), '')
  await cache.put('cdcdcd', values)
  expect(await cache.get('cdcdcd')).toBeUndefined()
})
