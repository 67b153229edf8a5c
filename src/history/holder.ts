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
  /** When it started, in the system's own unit; '' where it cannot be known. */
  readonly start: string
  /** This boot of this machine. Nothing of an earlier boot lives. */
  readonly boot: string
  /** The process id name space: ids of another one (a container) say nothing here. */
  readonly space: string
}

/** `unknown`: it may live, so it must be treated as alive. */
export type Liveness = 'alive' | 'dead' | 'unknown'

const short = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 8)

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** State letter and start time of a task: fields 3 and 22 of its stat file, see proc(5). */
function readStat(path: string): { state: string; start: string } | undefined {
  const text = attempt(() => readFileSync(path, 'latin1'))
  if (text === undefined) return undefined
  // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? '', start: fields[19] ?? '' }
}

/** Start of a process by `ps`, for systems without /proc; '' where there is none. */
function startByPs(pid: number): string {
  const text = attempt(() =>
    execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5_000,
    }).trim(),
  )
  return text ? short(text) : ''
}

let self: Holder | undefined

/** The calling thread. */
export function currentHolder(): Holder {
  if (self !== undefined) return self
  // The link is read by this very thread, so it names this thread; worker threads have no other way to learn their id.
  const [pidText, , tidText] = attempt(() => readlinkSync('/proc/thread-self'))?.split('/') ?? []
  const onProc = pidText === String(process.pid) && tidText !== undefined
  const tid = onProc ? Number(tidText) : isMainThread ? process.pid : 0
  const stat = onProc ? readStat(`/proc/${process.pid}/task/${tid}/stat`) : undefined
  self = {
    pid: process.pid,
    tid,
    start: stat ? stat.start : startByPs(process.pid),
    boot: short(attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()) ?? ''),
    space: short(attempt(() => readlinkSync('/proc/self/ns/pid')) ?? ''),
  }
  return self
}

/** Whether a process with this id exists, whoever owns it. */
function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/**
 * Whether a holder can still write. Dead is only what surely is: its boot is over, its id is free, its thread is
 * gone or a zombie, or the id was given to another since (the start time differs).
 */
export function livenessOf(holder: Holder): Liveness {
  const me = currentHolder()
  if (holder.boot !== me.boot) return 'dead'
  if (holder.space !== me.space) return 'unknown'
  if (!processExists(holder.pid)) return 'dead'
  const stat = readStat(`/proc/${holder.pid}/stat`)
  if (stat === undefined) {
    // No /proc, or one that hides other users' processes.
    if (holder.start === '') return 'unknown'
    const start = startByPs(holder.pid)
    return start === '' ? 'unknown' : start === holder.start ? 'alive' : 'dead'
  }
  const thread = readStat(`/proc/${holder.pid}/task/${holder.tid}/stat`)
  // All writing under a lock is done by the thread itself, so once it is gone nothing of it can still reach the file.
  if (thread === undefined) return processExists(holder.pid) && holder.tid === 0 ? 'unknown' : 'dead'
  if (thread.state === 'Z' || thread.state === 'X') return 'dead'
  return thread.start === holder.start ? 'alive' : 'dead'
}
