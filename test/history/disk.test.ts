import { execFileSync, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { JournalStore } from '../../src/history/journal-store.js'
import { verifyHistory } from '../../src/history/verify.js'
import { makeIteration } from '../../src/testing/records.js'
import { numbersOf, openJournal, readAll, temporaryFolder, upTo } from './support.js'

const isRoot = process.getuid?.() === 0

/** Whether this machine lets us mount a small disk in memory. */
const canMount = (() => {
  if (process.platform !== 'linux' || !isRoot) return false
  const probe = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'])
  return probe.status === 0
})()

function smallDisk(size: string): string {
  const folder = join(temporaryFolder(), 'disk')
  mkdirSync(folder)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder])
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder])
  })
  return folder
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: { code: string; details: Record<string, unknown>; message: string }) => error,
  )

test.skipIf(!canMount)(
  'a disk that fills up (needs root to mount one): the error names file and cause, the file ends on a whole record, and it goes on once there is space',
  async () => {
    const disk = smallDisk('256k')
    const path = join(disk, 'history.jsonl')
    const { store } = await openJournal(path)
    const ballast = join(disk, 'ballast')
    writeFileSync(ballast, Buffer.alloc(100 * 1024))
    let stored = 0
    let error: Awaited<ReturnType<typeof failure>>
    for (; error === undefined; stored++) error = await failure(store.append(makeIteration(stored, 9_000)))
    stored--
    expect(error).toMatchObject({
      code: 'HISTORY_NO_SPACE',
      kind: 'environment',
      details: { path, stored: 0 },
    })
    expect(error.message).toContain(path)
    expect(readFileSync(path).at(-1)).toBe(10)
    expect((await verifyHistory(path)).issues).toEqual([])
    expect(numbersOf(await readAll(store))).toEqual(upTo(stored))
    expect(await failure(store.append(makeIteration('again', 9_000)))).toMatchObject({
      code: 'HISTORY_NO_SPACE',
    })
    truncateSync(ballast)
    expect((await store.append(makeIteration('now', 9_000))).iteration).toBe(stored)
    const { store: other } = await openJournal(path)
    expect((await other.append(makeIteration('later'))).iteration).toBe(stored + 1)
    expect((await verifyHistory(path)).issues).toEqual([])
  },
)

test.skipIf(!canMount)(
  'of a batch that does not fit (needs root to mount a disk) the whole first lines stay, are counted, and are not stored twice',
  async () => {
    const disk = smallDisk('128k')
    const path = join(disk, 'history.jsonl')
    const { store } = await openJournal(path)
    const ballast = join(disk, 'ballast')
    writeFileSync(ballast, Buffer.alloc(64 * 1024))
    const batch = upTo(8).map((i) => ({ ...makeIteration(i, 15_000), id: store.newId() }))
    const error = await failure(store.appendMany(batch))
    expect(error).toMatchObject({ code: 'HISTORY_NO_SPACE' })
    const stored = error!.details.stored as number
    expect(stored).toBeGreaterThan(0)
    expect(stored).toBeLessThan(8)
    expect(numbersOf(await readAll(store))).toEqual(upTo(stored))
    execFileSync('mount', ['-o', 'remount,size=1m', disk])
    expect(numbersOf(await store.appendMany(batch))).toEqual(upTo(8))
    expect(numbersOf(await readAll(store))).toEqual(upTo(8))
    expect((await verifyHistory(path)).issues).toEqual([])
  },
)

test.skipIf(!canMount)(
  'a torn tail that cannot be moved away for want of space (needs root to mount a disk) stays until it can',
  async () => {
    const disk = smallDisk('128k')
    const path = join(disk, 'history.jsonl')
    const { store } = await openJournal(path)
    await store.append(makeIteration(0))
    await store.close()
    appendFileSync(path, `{"schema":1,"kind":"note","text":"${'x'.repeat(40_000)}`)
    const ballast = join(disk, 'ballast')
    for (;;) {
      try {
        appendFileSync(ballast, Buffer.alloc(4096))
      } catch {
        break
      }
    }
    const before = statSync(path).size
    const { store: again, warnings } = await openJournal(path).catch((error) => {
      throw error
    })
    expect(await failure(again.append(makeIteration(1)))).toMatchObject({ code: 'HISTORY_NO_SPACE' })
    expect(statSync(path).size).toBe(before)
    truncateSync(ballast)
    expect((await again.append(makeIteration(1))).iteration).toBe(1)
    expect(warnings.map(({ code }) => code)).toEqual(['HISTORY_TORN_TAIL'])
  },
)

test.skipIf(!canMount)(
  'a file system that is read-only (needs root to mount one) is named, and can be read',
  async () => {
    const disk = smallDisk('128k')
    const path = join(disk, 'history.jsonl')
    const { store } = await openJournal(path)
    await store.append(makeIteration(0))
    await store.close()
    execFileSync('mount', ['-o', 'remount,ro', disk])
    expect(await failure(openJournal(path))).toMatchObject({ code: 'HISTORY_READ_ONLY', details: { path } })
    const { store: reader } = await openJournal(path, { readOnly: true })
    expect(numbersOf(await readAll(reader))).toEqual([0])
  },
)

/** Makes a file refuse to be written, for root too; false where this machine cannot. */
function protect(path: string): boolean {
  if (!isRoot) {
    chmodSync(path, 0o444)
    return true
  }
  if (spawnSync('chattr', ['+i', path]).status !== 0) return false
  onTestFinished(() => {
    spawnSync('chattr', ['-i', path])
  })
  return true
}

test('a file that may not be written is named, and can be read', async ({ skip }) => {
  const path = join(temporaryFolder(), 'history.jsonl')
  const { store } = await openJournal(path)
  await store.append(makeIteration(0))
  const before = readFileSync(path)
  if (!protect(path)) skip('root ignores permission bits, and this file system has no immutable files')
  expect(await failure(openJournal(path))).toMatchObject({ code: 'HISTORY_NO_PERMISSION', details: { path } })
  if (isRoot) {
    // A store that had it open before.
    expect(await failure(store.append(makeIteration(1)))).toMatchObject({ code: 'HISTORY_NO_PERMISSION' })
  }
  const { store: reader } = await openJournal(path, { readOnly: true })
  expect(numbersOf(await readAll(reader))).toEqual([0])
  expect(await failure(reader.append(makeIteration(1)))).toMatchObject({ code: 'HISTORY_READ_ONLY' })
  expect(readFileSync(path)).toEqual(before)
})

test('a directory in its place, and a file in its folder’s place, are named', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'history.jsonl')
  mkdirSync(path)
  expect(await failure(openJournal(path))).toMatchObject({ code: 'HISTORY_IS_DIRECTORY', details: { path } })
  const file = join(folder, 'file')
  writeFileSync(file, '')
  expect(await failure(openJournal(join(file, 'history.jsonl')))).toMatchObject({
    code: 'HISTORY_NO_FOLDER',
  })
})

test('a history that is not there is an error for a reader, and made for a writer', async () => {
  const path = join(temporaryFolder(), 'deep', 'run', 'history.jsonl')
  expect(await failure(JournalStore.open(path, { readOnly: true }))).toMatchObject({
    code: 'HISTORY_MISSING',
  })
  expect(existsSync(path)).toBe(false)
  const { store } = await openJournal(path)
  expect((await store.append(makeIteration(0))).iteration).toBe(0)
})

test('a device in its place is refused', async () => {
  expect(await failure(JournalStore.open('/dev/null'))).toMatchObject({ code: 'HISTORY_NOT_A_HISTORY' })
})
