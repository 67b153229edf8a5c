import { existsSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { openLock } from '../../../src/history/lock.js'

/** What a test asks of a process that takes a lock. */
export type LockOrder =
  /** Takes it, says so, and is then busy for so long that its event loop does not turn. */
  | { readonly does: 'block'; readonly lock: string; readonly blockMs: number }
  /** Takes it and dies with it. */
  | { readonly does: 'die'; readonly lock: string }
  /** Adds 1 to the number in a file, again and again; dies now and then while it holds the lock. */
  | {
      readonly does: 'count'
      readonly lock: string
      readonly counter: string
      readonly times: number
      readonly dieAt?: number
    }

const order: LockOrder = JSON.parse(process.argv[2]!)
const lock = openLock(order.lock)

const spin = (ms: number) => {
  const until = performance.now() + ms
  while (performance.now() < until);
}

switch (order.does) {
  case 'block':
    await lock.acquire(10_000)
    writeSync(1, 'held\n')
    spin(order.blockMs)
    lock.release()
    break
  case 'die':
    await lock.acquire(10_000)
    process.kill(process.pid, 'SIGKILL')
    break
  case 'count':
    for (let i = 0; i < order.times; i++) {
      await lock.hold(60_000, () => {
        // Reading, waiting and writing apart: whoever is not alone here loses a count.
        const count = existsSync(order.counter) ? Number(readFileSync(order.counter, 'utf8')) : 0
        spin(0.2)
        if (i === order.dieAt) process.kill(process.pid, 'SIGKILL')
        writeFileSync(order.counter, String(count + 1))
      })
    }
    break
}
