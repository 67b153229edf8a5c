import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  currentHolder,
  livenessOf,
  type ProcessSource,
  readHolder,
  SYSTEM,
} from '../../src/history/holder.js'

const failing = (code: string) => () => {
  throw Object.assign(new Error(code), { code })
}

/** fields 3 and 22 of proc(5)'s stat, with a name that invites miscounting. */
const stat = (pid: number, state: string, start: string) =>
  `${pid} (a) b (c d) ${state} ${Array.from({ length: 18 }, (_, i) => i).join(' ')} ${start} 0 0\n`

const BOOT = '/proc/sys/kernel/random/boot_id'

interface Described {
  readonly pid?: number
  readonly isMainThread?: boolean
  readonly files?: Readonly<Record<string, string>>
  readonly links?: Readonly<Record<string, string>>
  /** Output of ps by process id. */
  readonly ps?: Readonly<Record<number, string>>
  /** Error code of kill(pid, 0), by process id; a process that is not named exists. */
  readonly signals?: Readonly<Record<number, string>>
}

/** A system as described; everything else cannot be told. */
const system = ({
  pid = 100,
  isMainThread = true,
  files = {},
  links = {},
  ps = {},
  signals = {},
}: Described) =>
  ({
    pid,
    isMainThread,
    readFile: (path) => files[path] ?? failing('ENOENT')(),
    readLink: (path) => links[path] ?? failing('ENOENT')(),
    ps: (of) => ps[of] ?? failing('ENOENT')(),
    signal: (of) => {
      if (signals[of] !== undefined) failing(signals[of])()
    },
  }) satisfies ProcessSource

const linux = (described: Described = {}) =>
  system({
    ...described,
    files: {
      [BOOT]: 'd3b0-7384\n',
      '/proc/100/stat': stat(100, 'S', '5000'),
      '/proc/100/task/101/stat': stat(101, 'R', '5001'),
      ...described.files,
    },
    links: {
      '/proc/thread-self': '100/task/101',
      '/proc/self/ns/pid': 'pid:[4026531836]',
      ...described.links,
    },
  })

const mac = (described: Described = {}) =>
  system({ ps: { 100: 'S+   Sun Nov 22 13:09:44 2026    \n' }, ...described })

describe('on Linux', () => {
  test('a thread is told by its own id and start in ticks, whatever the program is called', () => {
    expect(readHolder(linux())).toMatchObject({ pid: 100, tid: 101, start: '5001' })
  })

  test('it lives while its start is the same, and is dead when its id has another start (the id was used again)', () => {
    const holder = readHolder(linux())
    const seen = (files: Record<string, string>) => livenessOf(holder, holder, linux({ files }))
    expect(seen({})).toBe('alive')
    expect(seen({ '/proc/100/task/101/stat': stat(101, 'T', '5001') })).toBe('alive')
    expect(seen({ '/proc/100/task/101/stat': stat(101, 'S', '9000') })).toBe('dead')
    expect(seen({ '/proc/100/task/101/stat': stat(101, 'Z', '5001') })).toBe('dead')
    expect(seen({ '/proc/100/task/101/stat': stat(101, 'X', '5001') })).toBe('dead')
  })

  test('a thread that is gone is dead though its process lives', () => {
    const holder = readHolder(linux())
    expect(livenessOf({ ...holder, tid: 102 }, holder, linux())).toBe('dead')
  })

  test('an id that no process has is dead; one of another user lives', () => {
    const holder = readHolder(linux())
    expect(livenessOf(holder, holder, linux({ signals: { 100: 'ESRCH' } }))).toBe('dead')
    expect(livenessOf(holder, holder, linux({ signals: { 100: 'EPERM' } }))).toBe('alive')
  })

  test('a process that /proc hides (hidepid) is unknown, and dead once its id is free', () => {
    const holder = { ...readHolder(linux()), pid: 200 }
    expect(livenessOf(holder, readHolder(linux()), linux())).toBe('unknown')
    let asked = 0
    const ending = { ...linux(), signal: () => (asked++ === 0 ? undefined : failing('ESRCH')()) }
    expect(livenessOf(holder, readHolder(linux()), ending)).toBe('dead')
    expect(asked).toBe(2)
  })

  test('another boot is dead; another container, whose ids mean nothing here, is unknown even where its id is free', () => {
    const me = readHolder(linux())
    const restarted = readHolder(linux({ files: { [BOOT]: 'another\n' } }))
    expect(livenessOf(restarted, me, linux())).toBe('dead')
    const contained = readHolder(linux({ links: { '/proc/self/ns/pid': 'pid:[4026532999]' } }))
    expect(livenessOf(contained, me, linux({ signals: { 100: 'ESRCH' } }))).toBe('unknown')
  })

  test('a container without /proc and one with it take each other for unknown, never for dead', () => {
    const bare = readHolder(system({}))
    expect(bare).toEqual({ pid: 100, tid: 100, start: '', boot: '', space: '' })
    expect(livenessOf(bare, readHolder(linux()), linux())).toBe('unknown')
    expect(livenessOf(readHolder(linux()), bare, system({}))).toBe('unknown')
    expect(livenessOf(bare, bare, system({}))).toBe('unknown')
  })

  test('a link that names another process (a /proc of another name space) is not believed', () => {
    const holder = readHolder(
      linux({ links: { '/proc/thread-self': '7/task/7' }, ps: { 100: 'S Sun Nov 22 13:09:44 2026' } }),
    )
    expect(holder.tid).toBe(100)
    expect(holder.start).toMatch(/^ps[0-9a-f]{8}$/)
  })
})

describe('on macOS, where only ps tells', () => {
  test('a process is told by its start; blanks about it make no difference, a second does', () => {
    const holder = readHolder(mac())
    expect(holder).toMatchObject({ pid: 100, tid: 100, boot: '', space: '' })
    expect(holder.start).toMatch(/^ps[0-9a-f]{8}$/)
    const seen = (line: string) => livenessOf(holder, holder, mac({ ps: { 100: line } }))
    expect(seen('Ss  Sun Nov 22 13:09:44 2026\n')).toBe('alive')
    expect(seen('T    Sun Nov 22 13:09:44 2026  \n')).toBe('alive')
    expect(seen('S    Sun Nov 22 13:09:45 2026\n')).toBe('dead')
  })

  test('a zombie, which keeps its id and start until its parent asks, is dead', () => {
    const holder = readHolder(mac())
    const zombie = mac({ ps: { 100: 'Z    Sun Nov 22 13:09:44 2026\n' } })
    expect(livenessOf(holder, holder, zombie)).toBe('dead')
  })

  test('worker threads stand under their process', () => {
    expect(readHolder(mac({ isMainThread: false }))).toMatchObject({ pid: 100, tid: 0 })
  })

  test('without ps, or with one that says nothing, a process is unknown; with a free id it is dead', () => {
    const holder = readHolder(mac())
    expect(livenessOf(holder, holder, mac({ ps: {} }))).toBe('unknown')
    expect(livenessOf(holder, holder, mac({ ps: { 100: '\n' } }))).toBe('unknown')
    expect(livenessOf(holder, holder, mac({ signals: { 100: 'ESRCH' } }))).toBe('dead')
    let asked = 0
    const ending = mac({ ps: {} })
    const gone = { ...ending, signal: () => (asked++ === 0 ? undefined : failing('ESRCH')()) }
    expect(livenessOf(holder, holder, gone)).toBe('dead')
    expect(readHolder(mac({ ps: {} })).start).toBe('')
  })
})

describe('the running system', () => {
  test('knows this thread, and is asked once', () => {
    expect(readHolder(SYSTEM)).toEqual(currentHolder())
    expect(currentHolder()).toBe(currentHolder())
    expect(livenessOf(currentHolder())).toBe('alive')
    expect(livenessOf({ ...currentHolder(), pid: 2 ** 22 + 1 })).toBe('dead')
  })

  test('its ps tells a live process, a zombie and one that never was apart (needs ps and sh)', async ({
    skip,
  }) => {
    const noProc: ProcessSource = {
      ...SYSTEM,
      readFile: failing('ENOENT'),
      readLink: failing('ENOENT'),
    }
    const me = readHolder(noProc)
    if (me.start === '') skip('there is no ps here')
    expect(livenessOf(me, me, noProc)).toBe('alive')
    expect(livenessOf({ ...me, pid: 2 ** 22 + 1 }, me, noProc)).toBe('dead')
    expect(livenessOf({ ...me, start: 'ps00000000' }, me, noProc)).toBe('dead')
    // A shell that becomes a sleeper never asks for its child's end: the child stays a zombie.
    const shell = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 30'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    try {
      const [text] = (await once(shell.stdout, 'data')) as [Buffer]
      const child = readHolder({ ...noProc, pid: Number(text) })
      expect(livenessOf(child, me, noProc)).toBe('alive')
      for (let i = 0; i < 500 && !SYSTEM.ps(child.pid).startsWith('Z'); i++) await sleep(20)
      expect(livenessOf(child, me, noProc)).toBe('dead')
    } finally {
      shell.kill('SIGKILL')
    }
  })

  test.skipIf(process.platform !== 'linux')(
    'its /proc gives the start that stands in the stat file (needs /proc)',
    () => {
      const { pid, tid, start } = currentHolder()
      expect(readFileSync(`/proc/${pid}/task/${tid}/stat`, 'latin1').split(' ')).toContain(start)
    },
  )
})
