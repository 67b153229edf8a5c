import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { environmentError } from '../base/errors.js'
import { currentHolder, type Holder, livenessOf } from './holder.js'

/*
 * A lock between threads and processes of one host, made of one file that is never copied: a baton.
 *
 * 1. The lock is a directory that holds exactly one file, and the name of that file says who has it: `free`, or
 *    the holder's process, thread, start time and a token that no other lock instance ever has.
 * 2. Taking it is rename(free → mine), giving it back rename(mine → free). A rename moves the one name it is given
 *    or fails, so of any number of takers one wins.
 * 3. Taking over from a dead holder is rename(its name → mine): again one winner, and since the dead never come
 *    back and names are never used again, a taker that was slow finds the name gone instead of robbing the winner.
 *    There is no moment at which the baton is removed and made anew, which is where lock files go wrong.
 * 4. The directory is made beside, with the free baton in it, and renamed into place: that fails when another one
 *    stands there (a directory can only replace an empty one), so there is never a second baton.
 *
 * Nothing is judged by age, so a holder with a blocked event loop, or a stopped one, keeps what it has.
 */

const FREE = 'free'
const PREFIX = 'held'

/** Excludes all others while it is held. */
export interface Lock {
  /** Takes the lock if it can be had now. Returns undefined when taken, otherwise who has it. */
  tryAcquire(): LockRefusal | undefined
  /** Takes the lock, waiting at most `waitMs`; rejects with LOCK_HELD, which names the holder's pid. */
  acquire(waitMs: number): Promise<void>
  /** Gives the lock back. Without effect where it is not held. */
  release(): void
  /**
   * Takes the lock as `acquire` does, does the work in the same breath and gives it back: the work is synchronous
   * and nothing else of this thread runs between, so a busy event loop never keeps others waiting.
   */
  hold<T>(waitMs: number, work: () => T): Promise<T>
}

export interface LockRefusal {
  /** Undefined where others are just passing it on. */
  readonly holder?: Holder
  readonly certain: boolean
}

const nameOf = (holder: Holder, token: string) =>
  [PREFIX, holder.pid, holder.tid, holder.start, holder.boot, holder.space, token].join('.')

function holderOf(name: string): Holder | undefined {
  const [prefix, pid, tid, start, boot, space] = name.split('.')
  if (prefix !== PREFIX || space === undefined) return undefined
  return { pid: Number(pid), tid: Number(tid), start: start!, boot: boot!, space }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code

/**
 * The lock at a path, which becomes a small directory that stays. `onTakeOver` hears of locks taken from the dead.
 * Throws plain file system errors where the directory cannot be made or changed.
 */
export function openLock(path: string, options: { onTakeOver?: (dead: Holder) => void } = {}): Lock {
  const token = randomBytes(8).toString('hex')
  const me = currentHolder()
  const mine = nameOf(me, token)
  let held = false

  const create = () => {
    const made = `${path}.${me.pid}.${token}`
    mkdirSync(made, { recursive: true })
    try {
      closeSync(openSync(join(made, FREE), 'w'))
      renameSync(made, path)
    } catch (error) {
      rmSync(made, { recursive: true, force: true })
      // Another was quicker, or else it cannot be made here.
      if (!namesIn()?.length) throw error
    }
  }

  const namesIn = (): string[] | undefined => {
    try {
      return readdirSync(path)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw error
    }
  }

  const take = (from: string): boolean => {
    try {
      renameSync(join(path, from), join(path, mine))
      held = true
      return true
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false
      throw error
    }
  }

  const tryAcquire = (): LockRefusal | undefined => {
    if (held) throw new Error('lock: it is held by this instance already')
    // The common case costs one rename.
    if (take(FREE)) return undefined
    for (let round = 0; round < 3; round++) {
      const names = namesIn()
      if (names === undefined || names.length === 0) {
        create()
        if (take(FREE)) return undefined
        continue
      }
      for (const name of names) {
        if (name === FREE) {
          if (take(FREE)) return undefined
          continue
        }
        const holder = holderOf(name)
        if (holder === undefined) continue
        const liveness = livenessOf(holder)
        if (liveness !== 'dead') return { holder, certain: liveness === 'alive' }
        if (take(name)) {
          options.onTakeOver?.(holder)
          return undefined
        }
      }
    }
    return { certain: true }
  }

  const release = () => {
    if (!held) return
    held = false
    try {
      renameSync(join(path, mine), join(path, FREE))
    } catch (error) {
      // The directory was deleted by hand: there is nothing left to give back.
      if (codeOf(error) !== 'ENOENT') throw error
    }
  }

  const hold = async <T>(waitMs: number, work: () => T): Promise<T> => {
    const began = performance.now()
    for (let pause = 0.5; ; pause = Math.min(pause * 1.5, 20)) {
      const refusal = tryAcquire()
      if (refusal === undefined) return work()
      const left = waitMs - (performance.now() - began)
      if (left <= 0) throw lockHeld(path, refusal, waitMs)
      // Chance keeps waiters from coming back in step; it has no part in any result.
      await sleep(Math.min(left, pause * (0.5 + Math.random())))
    }
  }

  return {
    tryAcquire,
    acquire: (waitMs) => hold(waitMs, () => undefined),
    release,
    hold: (waitMs, work) =>
      hold(waitMs, () => {
        try {
          return work()
        } finally {
          release()
        }
      }),
  }
}

function lockHeld(path: string, { holder, certain }: LockRefusal, waitMs: number) {
  const who = holder ? `process ${holder.pid}` : 'other processes'
  return environmentError(
    'LOCK_HELD',
    `${path} is held by ${who}; waited ${Math.round(waitMs / 100) / 10} s`,
    certain
      ? `wait for ${who} to finish, or end it`
      : `${who} belongs to another container or user and cannot be seen from here; if it is surely gone, delete ${path}`,
    { path, ...(holder ? { pid: holder.pid, thread: holder.tid } : {}), waitedMs: waitMs },
  )
}
