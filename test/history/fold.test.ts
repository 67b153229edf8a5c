import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { contentHash } from '../../src/base/hash.js'
import { type Fold, foldRecords } from '../../src/history/fold.js'
import { foldHistory, foldOne } from '../../src/history/fold-history.js'
import type { KnownRecord } from '../../src/history/record.js'
import { makeIteration, makeNote } from '../../src/testing/records.js'
import { openJournal, readAll, temporaryFolder, upTo } from './support.js'

const counting: Fold<Record<string, number>> = {
  name: 'levels',
  version: 1,
  initial: () => ({}),
  apply(state, record) {
    if (record.kind === 'iteration') state[record.level] = (state[record.level] ?? 0) + 1
    return state
  },
}

const hashes: Fold<Set<string>> = {
  name: 'hashes',
  version: 'a',
  initial: () => new Set(),
  apply: (state, record) =>
    record.kind === 'iteration' && record.strategy ? state.add(record.strategy.hash) : state,
  serialize: (state) => [...state],
  deserialize: (value) => new Set(value as string[]),
}

async function historyOf(n: number) {
  const folder = temporaryFolder()
  const { store, warnings } = await openJournal(join(folder, 'history.jsonl'))
  await store.appendMany(upTo(n).map((i) => makeIteration(i)))
  await store.append(makeNote('end'))
  const snapshot = join(folder, 'snapshot.json')
  const fold = () =>
    foldHistory(store, { counting, hashes }, { snapshot, writeAfter: 1, onWarning: (w) => warnings.push(w) })
  return { store, snapshot, fold, warnings, path: store.path }
}

test('several folds in one pass give what each gives over the records in memory', async () => {
  const { store } = await historyOf(40)
  const { states, read } = await foldHistory(store, { counting, hashes })
  const records = (await readAll(store)) as KnownRecord[]
  expect(read).toBe(41)
  expect(states.counting).toEqual(foldRecords(counting, records))
  expect(states.hashes).toEqual(foldRecords(hashes, records))
  expect(await foldOne(store, counting)).toEqual(states.counting)
})

describe('a snapshot', () => {
  test('saves reading what it covers, and gives the same states', async () => {
    const { store, fold } = await historyOf(30)
    expect((await fold()).read).toBe(31)
    expect((await fold()).read).toBe(0)
    await store.appendMany([makeIteration(30), makeIteration(31)])
    const folded = await fold()
    expect(folded.read).toBe(2)
    expect(folded.states).toEqual((await foldHistory(store, { counting, hashes })).states)
  })

  test('is written only once enough was read beyond it', async () => {
    const { store, snapshot } = await historyOf(5)
    await foldHistory(store, { counting }, { snapshot })
    expect(existsSync(snapshot)).toBe(false)
  })

  const damages: [string, (snapshot: string, path: string) => void][] = [
    ['cut short', (snapshot) => truncateSync(snapshot, readFileSync(snapshot).length - 20)],
    [
      'with a byte changed',
      (snapshot) => {
        const bytes = readFileSync(snapshot)
        bytes[100]! ^= 1
        writeFileSync(snapshot, bytes)
      },
    ],
    ['that is empty', (snapshot) => truncateSync(snapshot)],
    ['that is something else', (snapshot) => writeFileSync(snapshot, 'hello\nworld\n')],
    [
      'of a longer history',
      (_, path) => {
        const lines = readFileSync(path, 'utf8').split(/(?<=\n)/)
        writeFileSync(path, lines.slice(0, 10).join(''))
      },
    ],
    [
      'of another history',
      (_, path) => {
        writeFileSync(path, readFileSync(path, 'utf8').replaceAll('"id":"0', '"id":"1'))
      },
    ],
  ]
  test.each(damages)('%s is not used, and is made anew', async (_, damage) => {
    const { snapshot, fold, path } = await historyOf(20)
    await fold()
    damage(snapshot, path)
    const { store } = await openJournal(path)
    const plain = await foldHistory(store, { counting, hashes })
    const folded = await fold()
    expect(folded.read).toBe(plain.read)
    expect(folded.states).toEqual(plain.states)
    expect((await fold()).read).toBe(0)
  })

  test('of a fold with another version, or without one of the folds, is not used', async () => {
    const { store, snapshot, fold } = await historyOf(20)
    await fold()
    const newer = { ...counting, version: 2 }
    expect((await foldHistory(store, { newer, hashes }, { snapshot })).read).toBe(21)
    const other = { ...counting, name: 'other' }
    expect((await foldHistory(store, { counting, other }, { snapshot })).read).toBe(21)
  })

  test('whose state cannot be brought back is not used', async () => {
    const { store, snapshot, fold } = await historyOf(20)
    await fold()
    const failing: Fold<Set<string>> = {
      ...hashes,
      deserialize: () => {
        throw new Error('no')
      },
    }
    expect((await foldHistory(store, { failing }, { snapshot })).states.failing.size).toBeGreaterThan(0)
  })
})

test('records of a newer schema are left out of folds', async () => {
  const { store, path } = await historyOf(3)
  appendFileSync(path, '{"schema":9,"kind":"iteration","id":"y","iteration":3,"level":"LEVEL_7"}\n')
  expect((await foldHistory(store, { counting })).read).toBe(4)
})

test('a fold that fails is an error of its own, also behind a snapshot', async () => {
  const { store, snapshot, fold } = await historyOf(20)
  await fold()
  await store.append(makeIteration(20))
  const failing: Fold<Record<string, number>> = {
    ...counting,
    apply: () => {
      throw new TypeError('the fold failed')
    },
  }
  await expect(foldHistory(store, { failing })).rejects.toThrow('the fold failed')
  await expect(foldHistory(store, { failing }, { snapshot })).rejects.toThrow('the fold failed')
})

test('a fold that asks for records of a newer schema is given them; its state as JSON needs no forms of its own', async () => {
  const { store, path, snapshot } = await historyOf(3)
  appendFileSync(path, '{"schema":9,"kind":"iteration","id":"y","iteration":3,"level":"LEVEL_7"}\n')
  const seen: Fold<number[]> = {
    name: 'seen',
    version: 1,
    initial: () => [],
    apply: (state) => state,
    applyNewer: (state, { iteration }) => [...state, iteration ?? -1],
  }
  const options = { snapshot, writeAfter: 1 }
  expect((await foldHistory(store, { seen }, options)).states.seen).toEqual([3])
  const again = await foldHistory(store, { seen }, options)
  expect([again.read, again.states.seen]).toEqual([0, [3]])
})

test('a snapshot that cannot be read, or is of another form, is said and not used', async () => {
  const { snapshot, fold, warnings } = await historyOf(20)
  const body = JSON.stringify({ format: 2 })
  writeFileSync(snapshot, `${contentHash(body)}\n${body}\n`)
  expect((await fold()).read).toBe(21)
  expect(warnings.at(-1)).toMatchObject({
    code: 'HISTORY_SNAPSHOT_IGNORED',
    message: expect.stringContaining('of another version'),
  })
  rmSync(snapshot)
  mkdirSync(snapshot)
  await expect(fold()).rejects.toThrow()
  expect(warnings.at(-1)).toMatchObject({
    code: 'HISTORY_SNAPSHOT_IGNORED',
    message: expect.stringContaining('cannot be read'),
  })
})

test('two folds of one name in a pass are refused', async () => {
  const { store } = await historyOf(1)
  await expect(foldHistory(store, { a: counting, b: counting })).rejects.toThrow('named alike')
})

test('an empty history gives the initial states and no snapshot', async () => {
  const folder = temporaryFolder()
  const { store } = await openJournal(join(folder, 'history.jsonl'))
  const snapshot = join(folder, 'snapshot.json')
  expect(await foldHistory(store, { counting }, { snapshot, writeAfter: 0 })).toEqual({
    states: { counting: {} },
    cursor: undefined,
    read: 0,
  })
  expect(existsSync(snapshot)).toBe(false)
})
