import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

/**
 * Who holds a lock: a thread of a process, told from any later one by its start time. It is written into the name
 * of the lock's file, so every part is free of dots and slashes.
 */
export interface Holder {
  readonly pid: number
  /** Id of the thread in the system's eyes; 0 where the system does not tell (then the process stands for it). */
  readonly tid: number
  /**
   * When it started: the thread, in ticks since the boot (Linux), or `ps` and a hash of the process's start as `ps`
   * tells it (elsewhere); '' where it cannot be known.
   */
  readonly start: string
  /** This boot of this machine: nothing of an earlier boot lives. '' where the system does not tell. */
  readonly boot: string
  /** The process id name space: ids of another one (a container) say nothing here. '' where there are none. */
  readonly space: string
}

/** `unknown`: it may live, so it must be treated as alive. */
export type Liveness = 'alive' | 'dead' | 'unknown'

/** What the system tells about its processes. Each call throws where it cannot tell. */
export interface ProcessSource {
  /** The calling process, and whether this is its main thread. */
  readonly pid: number
  readonly isMainThread: boolean
  /** Text and target of a file of /proc. */
  readFile(path: string): string
  readLink(path: string): string
  /** What `ps -o stat= -o lstart=` prints of a process: `S    Sun Nov 22 13:09:44 2026`. */
  ps(pid: number): string
  /** As kill(2) with signal 0: throws ESRCH where no process has the id, EPERM where another user's has. */
  signal(pid: number): void
}

/** The running system. */
export const SYSTEM: ProcessSource = {
  pid: process.pid,
  isMainThread,
  readFile: (path) => readFileSync(path, 'latin1'),
  readLink: (path) => readlinkSync(path),
  ps: (pid) =>
    execFileSync('ps', ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      // The start is compared as text, so it must not depend on language and time zone.
      env: { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5_000,
    }),
  signal: (pid) => {
    process.kill(pid, 0)
  },
}

const short = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 8)

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

interface Task {
  /** One letter; Z and X are over, though their id is still taken. */
  readonly state: string
  readonly start: string
}

/** State letter and start time of a task: fields 3 and 22 of its stat file, see proc(5). */
function taskByProc(path: string, system: ProcessSource): Task | undefined {
  const text = attempt(() => system.readFile(path))
  if (text === undefined) return undefined
  // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? '', start: fields[19] ?? '' }
}

/** A process as `ps` knows it, for systems without /proc. */
function taskByPs(pid: number, system: ProcessSource): Task | undefined {
  const [state, ...start] =
    attempt(() => system.ps(pid))
      ?.trim()
      .split(/\s+/) ?? []
  return state === undefined || start.length === 0
    ? undefined
    : { state, start: `ps${short(start.join(' '))}` }
}

/** The calling thread, as the system sees it. */
export function readHolder(system: ProcessSource): Holder {
  const { pid } = system
  // The link is read by this very thread, so it names this thread; worker threads have no other way to learn their id.
  const [pidText, , tidText] = attempt(() => system.readLink('/proc/thread-self'))?.split('/') ?? []
  const onProc = pidText === String(pid) && tidText !== undefined
  const tid = onProc ? Number(tidText) : system.isMainThread ? pid : 0
  const task = onProc ? taskByProc(`/proc/${pid}/task/${tid}/stat`, system) : taskByPs(pid, system)
  const boot = attempt(() => system.readFile('/proc/sys/kernel/random/boot_id').trim())
  const space = attempt(() => system.readLink('/proc/self/ns/pid'))
  return {
    pid,
    tid,
    start: task?.start ?? '',
    boot: boot ? short(boot) : '',
    space: space ? short(space) : '',
  }
}

let self: Holder | undefined

/** The calling thread; asked of the system once. */
export function currentHolder(): Holder {
  self ??= readHolder(SYSTEM)
  return self
}

/** Whether a process with this id exists, whoever owns it. */
function exists(pid: number, system: ProcessSource): boolean {
  try {
    system.signal(pid)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

const over = ({ state }: Task) => state.startsWith('Z') || state.startsWith('X')

/**
 * Whether a holder can still write, as the thread `me` sees it. Dead is only what surely is: its boot is over, its id
 * is free, its thread is gone or a zombie, or the id was given to another since (the start time differs).
 */
export function livenessOf(
  holder: Holder,
  me: Holder = currentHolder(),
  system: ProcessSource = SYSTEM,
): Liveness {
  // One of the two may have run without /proc (a bare container).
  if (holder.boot !== me.boot) return holder.boot === '' || me.boot === '' ? 'unknown' : 'dead'
  if (holder.space !== me.space) return 'unknown'
  if (!exists(holder.pid, system)) return 'dead'
  if (holder.start === '') return 'unknown'
  if (holder.start.startsWith('ps')) {
    const task = taskByPs(holder.pid, system)
    if (task !== undefined) return over(task) || task.start !== holder.start ? 'dead' : 'alive'
    return exists(holder.pid, system) ? 'unknown' : 'dead'
  }
  if (taskByProc(`/proc/${holder.pid}/stat`, system) === undefined) {
    // It ended just now, or /proc hides other users' processes.
    return exists(holder.pid, system) ? 'unknown' : 'dead'
  }
  // All writing under a lock is done by the thread itself, so once it is gone nothing of it can still reach the file.
  const thread = taskByProc(`/proc/${holder.pid}/task/${holder.tid}/stat`, system)
  return thread === undefined || over(thread) || thread.start !== holder.start ? 'dead' : 'alive'
}
