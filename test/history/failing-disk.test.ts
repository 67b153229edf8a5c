import { readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { historyError } from '../../src/history/errors.js'
import { exportJsonLines } from '../../src/history/export.js'
import type { JournalSystem } from '../../src/history/journal-store.js'
import { TextStore } from '../../src/history/text-store.js'
import { verifyHistory } from '../../src/history/verify.js'
import { makeIteration, makeNote } from '../../src/testing/records.js'
import { numbersOf, openJournal, readAll, temporaryFolder, upTo } from './support.js'

/*
 * Failures that no test can ask a healthy disk for: the system's calls are made, up to the one that fails.
 */

const failure = (code: string) => Object.assign(new Error(`${code}: what the system said`), { code })

const historyPath = () => join(temporaryFolder(), 'history.jsonl')

/** A disk that takes `bytes` more bytes, and then fails. */
function diskWith(bytes: number, code: string) {
  const disk = { left: bytes }
  const write: JournalSystem['write'] = (fd, buffer, from) => {
    const length = Math.min(buffer.length - from, disk.left)
    if (length <= 0) throw failure(code)
    disk.left -= length
    return writeSync(fd, buffer, from, length)
  }
  return { disk, system: { write } }
}

const REASONS: [errno: string, code: string, says: RegExp][] = [
  ['ENOSPC', 'HISTORY_NO_SPACE', /no space is left/],
  ['EDQUOT', 'HISTORY_QUOTA', /quota is used up/],
  ['EACCES', 'HISTORY_NO_PERMISSION', /permission is denied/],
  ['EPERM', 'HISTORY_NO_PERMISSION', /not permitted/],
  ['EROFS', 'HISTORY_READ_ONLY', /read-only/],
  ['EFBIG', 'HISTORY_TOO_LARGE', /may not grow/],
  ['EIO', 'HISTORY_IO', /EIO: what the system said/],
]

describe('an append that the disk refuses', () => {
  test.each(REASONS)(
    'with %s is a %s that names the file; the file ends on a whole record, and the next append goes on',
    async (errno, code, says) => {
      const path = historyPath()
      const { disk, system } = diskWith(Number.POSITIVE_INFINITY, errno)
      const { store, warnings } = await openJournal(path, { system })
      await store.append(makeIteration(0))
      const before = readFileSync(path)
      // Half of a line gets through.
      disk.left = 100
      const refused = store.append(makeIteration(1))
      await expect(refused).rejects.toMatchObject({
        code,
        kind: 'environment',
        message: expect.stringMatching(says),
        hint: expect.stringMatching(/\w/),
        details: { path, errno, stored: 0 },
      })
      await expect(refused).rejects.toThrow(path)
      expect(readFileSync(path)).toEqual(before)
      disk.left = Number.POSITIVE_INFINITY
      expect((await store.append(makeIteration(1))).iteration).toBe(1)
      expect(numbersOf(await readAll(store))).toEqual([0, 1])
      expect(warnings).toEqual([])
      expect((await verifyHistory(path)).issues).toEqual([])
    },
  )

  test('keeps the whole lines of a batch, counts them, and stores the rest under their ids later', async () => {
    const path = historyPath()
    const { disk, system } = diskWith(20_000, 'EDQUOT')
    const { store } = await openJournal(path, { system })
    const batch = upTo(8).map((i) => ({ ...makeIteration(i, 4_000), id: store.newId() }))
    const error = await store.appendMany(batch).catch((reason) => reason)
    expect(error).toMatchObject({ code: 'HISTORY_QUOTA' })
    const stored = error.details.stored as number
    expect(stored).toBeGreaterThan(0)
    expect(stored).toBeLessThan(8)
    expect(numbersOf(await readAll(store))).toEqual(upTo(stored))
    disk.left = Number.POSITIVE_INFINITY
    expect(numbersOf(await store.appendMany(batch))).toEqual(upTo(8))
    expect(await readAll(store)).toHaveLength(8)
    expect((await verifyHistory(path)).issues).toEqual([])
  })

  test('of calls that were written together fails those that were not stored, a twin of them too, and no other', async () => {
    const { store } = await openJournal(historyPath(), diskWith(6_000, 'ENOSPC'))
    const twin = { ...makeNote('x'.repeat(4_000)), id: store.newId() }
    const outcomes = await Promise.allSettled([
      store.append(makeNote('x'.repeat(4_000))),
      store.append(twin),
      store.append(twin),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(outcomes.slice(1)).toMatchObject([
      { reason: { code: 'HISTORY_NO_SPACE' } },
      { reason: { code: 'HISTORY_NO_SPACE' } },
    ])
    expect(await readAll(store)).toHaveLength(1)
  })
})

describe('after a sync that failed', () => {
  test('nobody knows what reached the disk: the store appends no more, also not what waits; a new one goes on', async () => {
    const path = historyPath()
    let healthy = true
    let syncs = 0
    const system: Partial<JournalSystem> = {
      sync: async () => {
        syncs++
        if (!healthy) throw failure('EIO')
      },
    }
    const { store } = await openJournal(path, { system })
    await store.append(makeIteration(0))
    healthy = false
    const first = store.append(makeIteration(1))
    // Comes in while the first is being written.
    const second = first.then(
      () => undefined,
      () => store.append(makeIteration(2)),
    )
    await Promise.resolve()
    await Promise.resolve()
    const waiting = store.append(makeIteration(3))
    const broken = { code: 'HISTORY_IO', message: expect.stringContaining(`cannot sync ${path}`) }
    await expect(first).rejects.toMatchObject(broken)
    await expect(waiting).rejects.toMatchObject(broken)
    await expect(second).rejects.toMatchObject(broken)
    healthy = true
    await expect(store.append(makeIteration(4))).rejects.toMatchObject(broken)
    expect(syncs).toBe(2)
    const { store: again } = await openJournal(path)
    expect((await again.append(makeIteration(5))).iteration).toBe(2)
    expect(numbersOf(await readAll(again))).toEqual([0, 1, 2])
  })
})

test('a history on a network file system is opened with a warning that names it', async () => {
  const path = historyPath()
  const { store, warnings } = await openJournal(path, { system: { networkFileSystem: () => 'NFS' } })
  await store.append(makeIteration(0))
  expect(warnings).toMatchObject([
    {
      code: 'HISTORY_NETWORK_FILE_SYSTEM',
      message: expect.stringContaining('NFS'),
      details: { path, fileSystem: 'NFS' },
    },
  ])
})

test('what is no error of the file system is told as it is', () => {
  expect(historyError('h', 'read', 'odd')).toMatchObject({
    code: 'HISTORY_IO',
    message: 'cannot read h: odd',
    details: { path: 'h', errno: 'EIO' },
  })
  const cause = new TypeError('odd')
  expect(historyError('h', 'read', cause)).toMatchObject({ message: 'cannot read h: odd', cause })
})

describe('a directory where a file is read', () => {
  test('is named by verify, export, reader and text store', async () => {
    const folder = temporaryFolder()
    const isDirectory = { code: 'HISTORY_IS_DIRECTORY', details: { path: folder } }
    await expect(verifyHistory(folder)).rejects.toMatchObject(isDirectory)
    await expect(exportJsonLines(folder).next()).rejects.toMatchObject(isDirectory)
    const path = join(folder, 'history.jsonl')
    const { store } = await openJournal(path)
    await store.append(makeIteration(0))
    const texts = new TextStore(path)
    await expect(texts.put('text')).rejects.toMatchObject({ code: 'HISTORY_NO_FOLDER' })
    await expect(texts.get('0'.repeat(32))).rejects.toMatchObject({ code: 'HISTORY_NO_FOLDER' })
    await expect(exportJsonLines(join(folder, 'none')).next()).rejects.toMatchObject({
      code: 'HISTORY_MISSING',
    })
  })
})

test('a file in the lock’s place is an error that names the history', async () => {
  const path = historyPath()
  const { store } = await openJournal(path)
  writeFileSync(`${path}.lock`, '')
  await expect(store.append(makeIteration(0))).rejects.toMatchObject({
    code: 'HISTORY_NO_FOLDER',
    details: { path },
  })
  rmSync(`${path}.lock`)
  expect((await store.append(makeIteration(0))).iteration).toBe(0)
})
