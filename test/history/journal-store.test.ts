import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openLock } from '../../src/history/lock.js'
import { verifyHistory } from '../../src/history/verify.js'
import { makeIteration, makeNote } from '../../src/testing/records.js'
import { numbersOf, openJournal, readAll, temporaryFolder, upTo } from './support.js'

const historyPath = () => join(temporaryFolder(), 'history.jsonl')

test('an append waits for the lock as long as it was told, then names the holder; readers do not wait', async () => {
  const path = historyPath()
  const { store } = await openJournal(path, { lockWaitMs: 60 })
  await store.append(makeIteration(0))
  const holder = openLock(`${path}.lock`)
  await holder.acquire(0)
  await expect(store.append(makeIteration(1))).rejects.toMatchObject({
    code: 'LOCK_HELD',
    details: { pid: process.pid },
  })
  expect(numbersOf(await readAll(store))).toEqual([0])
  const waiting = openJournal(path).then(({ store: patient }) => patient.append(makeIteration(1)))
  await sleep(50)
  holder.release()
  expect((await waiting).iteration).toBe(1)
  expect((await store.append(makeIteration(2))).iteration).toBe(2)
})

test('a record that was refused for want of the lock can be saved again under its id', async () => {
  const path = historyPath()
  const { store } = await openJournal(path, { lockWaitMs: 20 })
  const draft = { ...makeIteration(0), id: store.newId() }
  const holder = openLock(`${path}.lock`)
  await holder.acquire(0)
  await expect(store.append(draft)).rejects.toMatchObject({ code: 'LOCK_HELD' })
  holder.release()
  expect((await store.append(draft)).id).toBe(draft.id)
  expect(await store.append(draft)).toEqual(await store.get(0))
  expect(await readAll(store)).toHaveLength(1)
})

test('one line a record, LF at the end, head first: schema, kind, id, iteration', async () => {
  const path = historyPath()
  const { store } = await openJournal(path)
  await store.appendMany([makeIteration(0), makeNote('n')])
  const text = readFileSync(path, 'utf8')
  expect(text.endsWith('}\n')).toBe(true)
  const keys = text
    .trimEnd()
    .split('\n')
    .map((line) => Object.keys(JSON.parse(line)))
  expect(keys[0]!.slice(0, 5)).toEqual(['schema', 'kind', 'id', 'iteration', 'timestamp'])
  expect(keys[1]!.slice(0, 4)).toEqual(['schema', 'kind', 'id', 'timestamp'])
})

test('calls of one moment are written together and each gets its own records', async () => {
  const { store } = await openJournal(historyPath())
  const stored = await Promise.all(
    upTo(200).map((i) => store.append({ ...makeIteration(i), feedback: `f${i}` })),
  )
  expect(stored.map((record) => record.feedback)).toEqual(upTo(200).map((i) => `f${i}`))
  expect(stored.map((record) => record.iteration)).toEqual(upTo(200))
})

test('a store that was idle while others wrote megabytes goes on behind them', async () => {
  const path = historyPath()
  const [{ store: idle }, { store: busy }] = [await openJournal(path), await openJournal(path)]
  await idle.append(makeIteration(0))
  await busy.appendMany(upTo(600).map((i) => makeIteration(i, 4_000)))
  expect(statSync(path).size).toBeGreaterThan(2 << 20)
  expect((await idle.append(makeIteration(1))).iteration).toBe(601)
  const [last] = await busy.tail(1)
  const again = { ...makeIteration(9), id: last!.id }
  expect((await idle.append(again)).iteration).toBe(601)
  expect((await busy.append(again)).iteration).toBe(601)
})

test('each of many iterations is found by its number, also among long records and notes', async () => {
  const { store } = await openJournal(historyPath())
  for (let k = 0; k < 10; k++) {
    await store.appendMany(upTo(100).map((i) => makeIteration(k * 100 + i, i === 50 ? 300_000 : 1_000)))
    await store.appendMany(upTo(50).map((i) => makeNote(`${k}:${i} ${'x'.repeat(2_000)}`)))
  }
  for (const n of [0, 1, 49, 50, 51, 149, 150, 500, 949, 950, 998, 999]) {
    expect((await store.get(n))?.iteration).toBe(n)
  }
  expect(await store.get(1_000)).toBeUndefined()
  expect(await store.get(-1)).toBeUndefined()
  expect(numbersOf(await store.tail(3))).toEqual([997, 998, 999])
})

test('the folder of a run holds the history and its lock, and nothing else', async () => {
  const folder = temporaryFolder()
  const { store } = await openJournal(join(folder, 'history.jsonl'))
  await store.append(makeIteration(0))
  expect(readdirSync(folder).sort()).toEqual(['history.jsonl', 'history.jsonl.lock'])
  expect(readdirSync(join(folder, 'history.jsonl.lock'))).toEqual(['free'])
})

test('verify finds nothing in what the store wrote, and reads an empty file', async () => {
  const { store } = await openJournal(historyPath())
  expect(await verifyHistory(store.path)).toMatchObject({ ok: true, lines: 0, issues: [] })
  await store.appendMany([makeIteration(0), makeNote('a'), makeIteration(1)])
  expect(await verifyHistory(store.path)).toMatchObject({ ok: true, records: 3, iterations: 2, issues: [] })
  await expect(verifyHistory(join(temporaryFolder(), 'none'))).rejects.toMatchObject({
    code: 'HISTORY_MISSING',
  })
})
