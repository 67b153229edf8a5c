import { closeSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { currentHolder } from '../../src/history/holder.js'
import { openLock } from '../../src/history/lock.js'
import { temporaryFolder } from './support.js'

/*
 * What others do between two system calls of a taker, at the moments that a race of processes seldom hits: the real
 * calls are made, and just before one of them another has acted.
 */

type Call = 'rename' | 'readdir'
const others = vi.hoisted(() => ({ act: undefined as ((call: Call, path: string) => void) | undefined }))

vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>()
  const first = (call: Call, path: string) => {
    // What the others do is done by real calls, without others of their own.
    const act = others.act
    others.act = undefined
    act?.(call, path)
    others.act = act
  }
  return {
    ...real,
    renameSync: (from: string, to: string) => {
      first('rename', from)
      real.renameSync(from, to)
    },
    readdirSync: (path: string) => {
      first('readdir', path)
      return real.readdirSync(path)
    },
  }
})

afterEach(() => {
  others.act = undefined
})

const { pid, tid, start, boot, space } = currentHolder()
const nameOf = (token: string, of = start) => ['held', pid, tid, of, boot, space, token].join('.')
const live = nameOf('00000000')
const dead = nameOf('ffffffff', '1')

function lockOf(baton: string): string {
  const path = join(temporaryFolder(), 'lock')
  mkdirSync(path)
  closeSync(openSync(join(path, baton), 'w'))
  return path
}

/** Acts once, before the first call that fits. */
function onceBefore(fits: (call: Call, path: string) => boolean, act: () => void): { acted: number } {
  const seen = { acted: 0 }
  others.act = (call, path) => {
    if (seen.acted > 0 || !fits(call, path)) return
    seen.acted++
    act()
  }
  return seen
}

describe('a taker finds', () => {
  test('that another made the lock first: it uses that one, and leaves none of its own', () => {
    const folder = temporaryFolder()
    const path = join(folder, 'lock')
    const seen = onceBefore(
      (call, from) => call === 'rename' && dirname(from) === folder,
      () => {
        mkdirSync(path)
        writeFileSync(join(path, live), '')
      },
    )
    expect(openLock(path).tryAcquire()).toMatchObject({ holder: { pid } })
    expect(seen.acted).toBe(1)
    expect(readdirSync(folder)).toEqual(['lock'])
    expect(readdirSync(path)).toEqual([live])
  })

  test('that the holder has just given it back: it takes it', () => {
    const path = lockOf(live)
    const seen = onceBefore(
      (call) => call === 'readdir',
      () => renameSync(join(path, live), join(path, 'free')),
    )
    expect(openLock(path).tryAcquire()).toBeUndefined()
    expect(seen.acted).toBe(1)
  })

  test('that another was quicker to take it from the dead: it waits for that one, and tells of no take-over', () => {
    const path = lockOf(dead)
    const taken: number[] = []
    const seen = onceBefore(
      (call, from) => call === 'rename' && basename(from) === dead,
      () => renameSync(join(path, dead), join(path, live)),
    )
    const refusal = openLock(path, { onTakeOver: (holder) => taken.push(holder.pid) }).tryAcquire()
    expect(refusal).toMatchObject({ holder: { pid, start }, certain: true })
    expect(seen.acted).toBe(1)
    expect(taken).toEqual([])
    expect(readdirSync(path)).toEqual([live])
  })

  test('that it was taken between the look and the grip: it waits', () => {
    const path = lockOf(live)
    let looks = 0
    others.act = (call, from) => {
      if (call === 'readdir' && looks++ === 0) renameSync(join(path, live), join(path, 'free'))
      else if (call === 'rename' && looks === 1 && basename(from) === 'free')
        renameSync(join(path, 'free'), join(path, live))
    }
    expect(openLock(path).tryAcquire()).toMatchObject({ holder: { pid }, certain: true })
    expect(looks).toBe(2)
  })

  test('only batons on their way, again and again: it says that others have it, and of nobody in particular', async () => {
    const path = lockOf('free')
    // Whenever it reaches for the free baton another has just taken it, and gives it back before it looks.
    others.act = (call, from) => {
      const names = readdirSync(path)
      if (call === 'rename' && basename(from) === 'free' && names.includes('free'))
        renameSync(join(path, 'free'), join(path, live))
      if (call === 'readdir' && names.includes(live)) renameSync(join(path, live), join(path, 'free'))
    }
    expect(openLock(path).tryAcquire()).toEqual({ certain: true })
    await expect(openLock(path).acquire(5)).rejects.toMatchObject({
      code: 'LOCK_HELD',
      message: expect.stringContaining('other processes'),
    })
  })

  test('that the folder was deleted while it looked: it makes it anew', () => {
    const path = lockOf(live)
    const seen = onceBefore(
      (call) => call === 'readdir',
      () => rmSync(path, { recursive: true }),
    )
    expect(openLock(path).tryAcquire()).toBeUndefined()
    expect(seen.acted).toBe(1)
    expect(readdirSync(path)).toHaveLength(1)
  })
})
