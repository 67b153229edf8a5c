import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { currentHolder, type Holder } from '../../src/history/holder.js'
import { openLock } from '../../src/history/lock.js'
import type { LockOrder } from './processes/lock-holder.js'
import { ended, startProcess } from './processes/start.js'
import { rounds, temporaryFolder, upTo } from './support.js'

const startHolder = (order: LockOrder) => startProcess('lock-holder.ts', order)

/** A lock that is left in the name of a given holder. */
function plant(path: string, holder: Holder): void {
  mkdirSync(path, { recursive: true })
  const { pid, tid, start, boot, space } = holder
  closeSync(openSync(join(path, ['held', pid, tid, start, boot, space, 'feedbeef'].join('.')), 'w'))
}

const onLinux = process.platform === 'linux'

describe('a lock', () => {
  test('excludes other instances of the same thread until it is given back', () => {
    const path = join(temporaryFolder(), 'lock')
    const [a, b] = [openLock(path), openLock(path)]
    expect(a.tryAcquire()).toBeUndefined()
    expect(b.tryAcquire()).toMatchObject({ holder: { pid: process.pid }, certain: true })
    a.release()
    expect(b.tryAcquire()).toBeUndefined()
    b.release()
  })

  test('is free again after work under it has failed', async () => {
    const path = join(temporaryFolder(), 'lock')
    const lock = openLock(path)
    const failing = lock.hold(0, () => {
      throw new Error('the work failed')
    })
    await expect(failing).rejects.toThrow('the work failed')
    expect(openLock(path).tryAcquire()).toBeUndefined()
  })

  test('that is made by many at once is one lock', () => {
    const path = join(temporaryFolder(), 'lock')
    const locks = upTo(50).map(() => openLock(path))
    expect(locks.filter((lock) => lock.tryAcquire() === undefined)).toHaveLength(1)
    expect(readdirSync(path)).toHaveLength(1)
  })

  test('that was deleted, or lost its baton in a crash, is made anew', () => {
    const path = join(temporaryFolder(), 'lock')
    const lock = openLock(path)
    expect(lock.tryAcquire()).toBeUndefined()
    lock.release()
    rmSync(path, { recursive: true })
    expect(lock.tryAcquire()).toBeUndefined()
    lock.release()
    rmSync(join(path, 'free'))
    expect(lock.tryAcquire()).toBeUndefined()
  })

  test('that vanished while it was held is no error to give back, and can be taken anew', () => {
    const path = join(temporaryFolder(), 'lock')
    const lock = openLock(path)
    expect(lock.tryAcquire()).toBeUndefined()
    rmSync(path, { recursive: true })
    lock.release()
    expect(existsSync(path)).toBe(false)
    expect(lock.tryAcquire()).toBeUndefined()
  })

  test('is not taken twice by one instance, and giving it back twice frees no other’s', () => {
    const path = join(temporaryFolder(), 'lock')
    const [a, b] = [openLock(path), openLock(path)]
    expect(a.tryAcquire()).toBeUndefined()
    expect(() => a.tryAcquire()).toThrow('held by this instance')
    a.release()
    expect(b.tryAcquire()).toBeUndefined()
    a.release()
    expect(a.tryAcquire()).toMatchObject({ certain: true })
  })

  test('is not disturbed by files of others in its folder', () => {
    const path = join(temporaryFolder(), 'lock')
    const [a, b] = [openLock(path), openLock(path)]
    expect(a.tryAcquire()).toBeUndefined()
    for (const name of ['.DS_Store', 'held', 'held.1.2']) closeSync(openSync(join(path, name), 'w'))
    expect(b.tryAcquire()).toMatchObject({ holder: { pid: process.pid } })
    a.release()
    expect(b.tryAcquire()).toBeUndefined()
    expect(readdirSync(path)).toContain('.DS_Store')
  })

  test('cannot be made where a file stands in its place, or in its folder’s place', () => {
    const path = join(temporaryFolder(), 'lock')
    closeSync(openSync(path, 'w'))
    expect(() => openLock(path).tryAcquire()).toThrow('ENOTDIR')
    expect(() => openLock(join(path, 'lock')).tryAcquire()).toThrow('ENOTDIR')
    expect(existsSync(path)).toBe(true)
  })

  test('that cannot be given back says so', () => {
    const path = join(temporaryFolder(), 'lock')
    const lock = openLock(path)
    expect(lock.tryAcquire()).toBeUndefined()
    rmSync(path, { recursive: true })
    closeSync(openSync(path, 'w'))
    expect(() => lock.release()).toThrow('ENOTDIR')
  })

  test('names the pid of its holder when the wait is over', async () => {
    const path = join(temporaryFolder(), 'lock')
    const holder = openLock(path)
    await holder.acquire(0)
    await expect(openLock(path).acquire(30)).rejects.toMatchObject({
      code: 'LOCK_HELD',
      kind: 'environment',
      details: { pid: process.pid, waitedMs: 30 },
      message: expect.stringContaining(`process ${process.pid}`),
    })
  })
})

describe('a lock left behind', () => {
  test('by a killed process is taken over at once, and only once', async () => {
    const path = join(temporaryFolder(), 'lock')
    const holder = startHolder({ does: 'die', lock: path })
    expect(await ended(holder)).toBe('SIGKILL')
    const dead: number[] = []
    const takers = upTo(20).map(() => openLock(path, { onTakeOver: ({ pid }) => dead.push(pid) }))
    expect(takers.filter((taker) => taker.tryAcquire() === undefined)).toHaveLength(1)
    expect(dead).toEqual([holder.pid])
  })

  test('by a process whose id another has by now is taken over', () => {
    const path = join(temporaryFolder(), 'lock')
    plant(path, { ...currentHolder(), start: '1' })
    expect(openLock(path).tryAcquire()).toBeUndefined()
  })

  test('before the machine was started again is taken over, though its id is in use', () => {
    const path = join(temporaryFolder(), 'lock')
    plant(path, { ...currentHolder(), boot: '00000000' })
    expect(openLock(path).tryAcquire()).toBeUndefined()
  })

  test.skipIf(!onLinux)(
    'by a thread that was terminated is taken over while its process lives (needs /proc)',
    async () => {
      const path = join(temporaryFolder(), 'lock')
      const worker = new Worker(
        `require('node:worker_threads').parentPort.postMessage(require('node:fs').readlinkSync('/proc/thread-self')); setInterval(() => {}, 1000)`,
        { eval: true },
      )
      const [link] = (await once(worker, 'message')) as [string]
      const tid = Number(link.split('/')[2])
      const stat = readFileSync(`/proc/${process.pid}/task/${tid}/stat`, 'latin1')
      const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!
      plant(path, { ...currentHolder(), tid, start })
      expect(openLock(path).tryAcquire()).toMatchObject({ certain: true })
      await worker.terminate()
      expect(openLock(path).tryAcquire()).toBeUndefined()
    },
  )
})

describe('a lock is never stolen', () => {
  test('from a process whose event loop is blocked', async () => {
    const path = join(temporaryFolder(), 'lock')
    const holder = startHolder({ does: 'block', lock: path, blockMs: 1_200 })
    await once(holder.stdout!, 'data')
    const taker = openLock(path)
    await expect(taker.acquire(300)).rejects.toMatchObject({
      code: 'LOCK_HELD',
      details: { pid: holder.pid },
    })
    await taker.acquire(20_000)
    expect(await ended(holder)).toBe(0)
  })

  test('from a process that is stopped', async () => {
    const path = join(temporaryFolder(), 'lock')
    const holder = startHolder({ does: 'block', lock: path, blockMs: 200 })
    await once(holder.stdout!, 'data')
    holder.kill('SIGSTOP')
    const taker = openLock(path)
    await expect(taker.acquire(600)).rejects.toMatchObject({
      code: 'LOCK_HELD',
      details: { pid: holder.pid },
    })
    holder.kill('SIGCONT')
    await taker.acquire(20_000)
  })

  test('from a holder in another container, which cannot be seen from here', async () => {
    const path = join(temporaryFolder(), 'lock')
    plant(path, { ...currentHolder(), pid: 2 ** 22 + 1, space: '00000000' })
    await expect(openLock(path).acquire(10)).rejects.toMatchObject({
      code: 'LOCK_HELD',
      hint: expect.stringContaining(`delete ${path}`),
    })
  })

  test('from the winner of a take-over, by a taker that saw the dead holder and was slow', () => {
    const path = join(temporaryFolder(), 'lock')
    plant(path, { ...currentHolder(), start: '1' })
    const dead = readdirSync(path)[0]!
    const winner = openLock(path)
    expect(winner.tryAcquire()).toBeUndefined()
    // What the slow one would do next: the dead holder's name is gone for good, so it moves nothing.
    expect(() => renameSync(join(path, dead), join(path, 'slow'))).toThrow('ENOENT')
    expect(openLock(path).tryAcquire()).toMatchObject({ holder: { pid: process.pid } })
  })
})

const COUNTERS = rounds(6, 12)

test(`${COUNTERS} processes count under one lock, half of them dying while they hold it: no count is lost`, async () => {
  const folder = temporaryFolder()
  const counter = join(folder, 'counter')
  const times = 40
  const order = (i: number): LockOrder => ({
    does: 'count',
    lock: join(folder, 'lock'),
    counter,
    times,
    ...(i % 2 === 0 ? { dieAt: 10 + i } : {}),
  })
  const ends = await Promise.all(upTo(COUNTERS).map((i) => ended(startHolder(order(i)))))
  expect(ends).toEqual(upTo(COUNTERS).map((i) => (i % 2 === 0 ? 'SIGKILL' : 0)))
  const expected = upTo(COUNTERS).reduce((sum, i) => sum + (i % 2 === 0 ? 10 + i : times), 0)
  expect(existsSync(counter) && Number(readFileSync(counter, 'utf8'))).toBe(expected)
}, 120_000)
