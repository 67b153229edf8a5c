import { appendFileSync, closeSync, openSync, writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { uuidv7 } from '../../../src/base/ids.js'
import { JournalStore } from '../../../src/history/journal-store.js'
import { type Lock, openLock } from '../../../src/history/lock.js'
import { makeIteration } from '../../../src/testing/records.js'
import { HALF_A_RECORD } from './half-a-record.js'

/** What a test asks of a writer: a process (as JSON in its first argument) or a thread (as its workerData). */
export interface WriterOrder {
  readonly path: string
  readonly name: string
  /** Records to append, one after the other; absent: until it is killed or the standard input ends. */
  readonly count?: number
  /** Each acknowledged record as `id number`, a line each. */
  readonly acknowledged: string
  /** Ids are made from the record's place alone, so that writers of equal orders append the same ids. */
  readonly sameIds?: boolean
  /** Dies by SIGKILL: with the lock held after its write, or with half a record written under the lock. */
  readonly dies?: 'holding' | 'torn'
  /** Appends without any lock: the experiment that shows what the lock is for. */
  readonly withoutLock?: boolean
}

const order: WriterOrder = parentPort ? workerData : JSON.parse(process.argv[2]!)

const noLock: Lock = {
  tryAcquire: () => undefined,
  acquire: async () => {},
  release: () => {},
  hold: async (_wait, work) => work(),
}

function lockThatDies(): Lock {
  const lock = openLock(`${order.path}.lock`)
  return {
    ...lock,
    hold: (wait, work) =>
      lock.hold(wait, () => {
        const result = work()
        process.kill(process.pid, 'SIGKILL')
        return result
      }),
  }
}

async function dieWithHalfARecord(): Promise<never> {
  const lock = openLock(`${order.path}.lock`)
  await lock.acquire(30_000)
  const fd = openSync(order.path, 'a')
  writeSync(fd, HALF_A_RECORD)
  process.kill(process.pid, 'SIGKILL')
  throw new Error('not reached')
}

if (order.dies === 'torn') await dieWithHalfARecord()

const lock = order.withoutLock ? noLock : order.dies === 'holding' ? lockThatDies() : undefined
const store = await JournalStore.open(order.path, lock ? { lock } : {})
let stopped = false
if (order.count === undefined) {
  process.stdin.on('end', () => {
    stopped = true
  })
  process.stdin.resume()
}
const acknowledged = openSync(order.acknowledged, 'a')
for (let i = 0; i !== order.count && !stopped; i++) {
  const draft = makeIteration(`${order.name}-${i}`, i % 7 === 0 ? 9_000 : 0)
  const stored = await store.append(
    order.sameIds ? { ...draft, id: uuidv7(1_700_000_000_000 + i, new Uint8Array(10)) } : draft,
  )
  // One write with O_APPEND: what is in the page cache survives the death of this process.
  writeSync(acknowledged, `${stored.id} ${stored.iteration}\n`)
}
closeSync(acknowledged)
await store.close()
if (parentPort === null && order.count !== undefined)
  appendFileSync(`${order.acknowledged}.done`, `${order.name}\n`)
