import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import type { HistoryCursor } from '../../src/history/store.js'
import { verifyHistory } from '../../src/history/verify.js'
import { makeIteration } from '../../src/testing/records.js'
import { HALF_A_RECORD } from './processes/half-a-record.js'
import { ended, readAcknowledged, runWriterThread, startWriter } from './processes/start.js'
import { numbersOf, openJournal, readAll, rounds, temporaryFolder, upTo } from './support.js'

const PROCESSES = 8
const PER_PROCESS = rounds(50, 500)

test(`5 threads and ${PROCESSES} processes append ${PER_PROCESS} records each at once: all are there, once, numbered 0…n−1`, async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'history.jsonl')
  const order = (name: string, count: number) => ({
    path,
    name,
    count,
    acknowledged: join(folder, `${name}.acknowledged`),
  })
  const names = [...upTo(PROCESSES).map((i) => `process${i}`), ...upTo(5).map((i) => `thread${i}`)]
  const processes = upTo(PROCESSES).map((i) => startWriter(order(`process${i}`, PER_PROCESS)))
  const threads = upTo(5).map((i) => runWriterThread(order(`thread${i}`, 1)))
  const codes = await Promise.all(processes.map(ended))
  await Promise.all(threads)
  expect(codes).toEqual(upTo(PROCESSES).map(() => 0))

  const { store, warnings } = await openJournal(path)
  const records = await readAll(store)
  const n = PROCESSES * PER_PROCESS + 5
  expect(numbersOf(records)).toEqual(upTo(n))
  expect(new Set(records.map((record) => record.id)).size).toBe(n)
  const stored = new Map(records.map((r) => [r.id, r.kind === 'iteration' ? r.iteration : -1]))
  const acknowledged = names.flatMap((name) => [...readAcknowledged(join(folder, `${name}.acknowledged`))])
  expect(acknowledged).toHaveLength(n)
  expect(acknowledged.filter(([id, number]) => stored.get(id) !== number)).toEqual([])
  expect(warnings).toEqual([])
  expect((await verifyHistory(path)).issues).toEqual([])
}, 300_000)

test('five threads of one process exclude each other', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'history.jsonl')
  const each = rounds(20, 200)
  await Promise.all(
    upTo(5).map((i) =>
      runWriterThread({ path, name: `t${i}`, count: each, acknowledged: join(folder, `t${i}`) }),
    ),
  )
  const { store } = await openJournal(path)
  expect(numbersOf(await readAll(store))).toEqual(upTo(5 * each))
}, 120_000)

test('4 processes save the same 60 ids at once: each is stored once, and all are told the same number', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'history.jsonl')
  const { store } = await openJournal(path)
  // Records that stood before, so that the ids have to be looked for.
  await store.appendMany(upTo(200).map((i) => makeIteration(i)))
  const names = upTo(4).map((i) => `p${i}`)
  const writers = names.map((name) =>
    startWriter({ path, name, count: 60, acknowledged: join(folder, name), sameIds: true }),
  )
  expect(await Promise.all(writers.map(ended))).toEqual([0, 0, 0, 0])
  const [first, ...others] = names.map((name) => readAcknowledged(join(folder, name)))
  expect(first!.size).toBe(60)
  for (const other of others) expect(other).toEqual(first)
  expect(numbersOf(await readAll(store))).toEqual(upTo(260))
  expect((await verifyHistory(path)).issues).toEqual([])
}, 120_000)

test('without the lock acknowledged records are lost or share a number: the proof can fail', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'history.jsonl')
  await Promise.all(
    upTo(5).map((i) =>
      ended(
        startWriter({
          path,
          name: `p${i}`,
          count: 200,
          acknowledged: join(folder, `p${i}`),
          withoutLock: true,
        }),
      ),
    ),
  )
  const { store } = await openJournal(path)
  const present = new Set((await readAll(store)).map((record) => record.id))
  const acknowledged = upTo(5).flatMap((i) => [...readAcknowledged(join(folder, `p${i}`))])
  // Writers that stumble and stop early prove nothing: only what was acknowledged counts.
  const lost = acknowledged.filter(([id]) => !present.has(id)).length
  const shared = acknowledged.length - new Set(acknowledged.map(([, number]) => number)).size
  expect(
    lost + shared,
    `${acknowledged.length} acknowledged, ${lost} lost, ${shared} shared`,
  ).toBeGreaterThan(0)
}, 120_000)

const AT_RANDOM = rounds(20, 200)
const AT_THE_WORST = rounds(10, 100)

test(`${AT_RANDOM} writers are killed at a random moment and ${AT_THE_WORST} at the worst ones while 4 others append: what was acknowledged is there, nothing torn is seen`, async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'history.jsonl')
  const rng = createRng('kills')
  const others = upTo(4).map((i) =>
    startWriter({ path, name: `other${i}`, acknowledged: join(folder, `other${i}`) }),
  )
  // A random moment seldom hits the worst ones, so some victims choose them: with the lock held, or half a line out.
  const victims = upTo(AT_RANDOM + AT_THE_WORST).map((i) => ({
    name: `victim${i}`,
    dies:
      i % 3 < 2 && i < AT_RANDOM * 1.5 ? undefined : i % 2 === 0 ? ('holding' as const) : ('torn' as const),
  }))
  expect(victims.filter(({ dies }) => dies === undefined)).toHaveLength(AT_RANDOM)
  const kill = async ({ name, dies }: (typeof victims)[number]) => {
    const acknowledged = join(folder, name)
    const victim = startWriter({ path, name, acknowledged, ...(dies ? { dies } : {}) })
    if (dies === undefined) {
      while (!statSync(acknowledged, { throwIfNoEntry: false })?.size) await sleep(1)
      await sleep(rng.next() * 40)
      victim.kill('SIGKILL')
    }
    return ended(victim)
  }
  const reader = await openJournal(path)
  let done = false
  let read = 0
  const reading = (async () => {
    let cursor: HistoryCursor | undefined
    for (let pages = 0; !done; await sleep(20)) {
      // Now and then from the start, mostly on from where it was.
      if (pages % 50 === 0) {
        cursor = undefined
        read = 0
      }
      for await (const page of reader.store.pages(cursor)) {
        cursor = page.cursor
        pages++
        for (const number of numbersOf(page.records))
          if (number !== read++) throw new Error(`a reader saw iteration ${number} in place ${read - 1}`)
      }
    }
  })()
  const deaths: (number | string)[] = []
  for (let i = 0; i < victims.length; i += 5)
    deaths.push(...(await Promise.all(victims.slice(i, i + 5).map(kill))))
  for (const other of others) other.stdin!.end()
  expect(await Promise.all(others.map(ended))).toEqual([0, 0, 0, 0])
  done = true
  await reading
  expect(read).toBeGreaterThan(AT_RANDOM)
  expect(deaths).toEqual(victims.map(() => 'SIGKILL'))

  // One more record, so that a tail that the last victim tore is moved away.
  const { store } = await openJournal(path)
  await store.append({ kind: 'note', run: null, text: 'after' })
  const records = await readAll(store)
  const stored = new Map(records.map((r) => [r.id, r.kind === 'iteration' ? r.iteration : -1]))
  expect(numbersOf(records)).toEqual(upTo(records.length - 1))
  const names = [...upTo(4).map((i) => `other${i}`), ...victims.map(({ name }) => name)]
  const acknowledged = names.flatMap((name) => [...readAcknowledged(join(folder, name))])
  expect(acknowledged.filter(([id, number]) => stored.get(id) !== number)).toEqual([])
  expect(acknowledged.length).toBeGreaterThan(AT_RANDOM)
  // Every half line that was written on purpose was moved away, whatever a random moment added: one that dies after it
  // has copied a half aside and before it has cut it off leaves it to be copied again.
  const torn = readdirSync(folder).filter((name) => name.includes('.torn-'))
  const halves = torn.flatMap((name) =>
    readFileSync(join(folder, name), 'utf8').split(HALF_A_RECORD).slice(1),
  )
  expect(halves.length).toBeGreaterThanOrEqual(victims.filter(({ dies }) => dies === 'torn').length)
  expect((await verifyHistory(path)).issues).toEqual([])
  expect(reader.warnings.filter(({ code }) => code === 'HISTORY_BAD_LINE')).toEqual([])
}, 600_000)
