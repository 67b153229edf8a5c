/**
 * Window functions in a thread of their own, for callers that compute and cannot wait otherwise:
 * 1. The caller puts windows into shared memory, asks the thread and sleeps until it has answered.
 * 2. The engine there stops a function at its limits. Of its native loops some never ask for the time: their thread is
 *    ended from here, a little later, and the next function gets a new one.
 */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { type AlphaloopError, environmentError, usageError } from '../base/errors.js'
import type { WindowFunction, WindowFunctions } from '../graph/window-function/window-functions.js'
import type { WindowFailure } from './window-engine.js'
import {
  MOST_CALLS,
  MOST_VALUES,
  newWindowMemory,
  type WindowAnswer,
  type WindowRequest,
  windowMemory,
} from './window-memory.js'

/** Time for one function on one panel, in seconds. */
export const DEFAULT_CUSTOM_SECONDS = 30

/** What a thread is given beyond the limit before it is ended, in milliseconds. */
const GRACE_MS = 500
/** What it may take to start, on a machine that has other things to do. */
const START_MS = 30_000

interface Thread {
  readonly worker: Worker
  readonly memory: ReturnType<typeof windowMemory>
}

/** Whoever calls sleeps until it is answered, so one thread does for all callers of this one. */
let thread: Thread | undefined

/** Ends the thread; the next function starts another. */
export async function endWindowThread(): Promise<void> {
  const gone = thread
  thread = undefined
  await gone?.worker.terminate()
}

/**
 * Window functions in a thread, which starts with the first of them and does not keep the process alive.
 * @param options.seconds time for one function on one panel
 */
export function createWindowFunctions(
  options: { readonly seconds?: number | undefined } = {},
): WindowFunctions {
  const { seconds = DEFAULT_CUSTOM_SECONDS } = options

  /** Sends a request and waits for its answer; undefined where none came in time. */
  const ask = ({ worker, memory: { control, text } }: Thread, request: WindowRequest, waitMs: number) => {
    const before = Atomics.load(control, 0)
    worker.postMessage(request)
    if (Atomics.wait(control, 0, before, waitMs) === 'timed-out') return undefined
    const length = Atomics.load(control, 1)
    if (length === 0) return 'done'
    return JSON.parse(new TextDecoder().decode(text.slice(0, length))) as WindowAnswer
  }

  return {
    apply(work, windows) {
      const { text, n, inputs } = work
      let room = Math.max(1, Math.min(MOST_CALLS, windows.most, Math.floor(MOST_VALUES / (n * inputs))))
      const block = room
      let done = 0
      let deadline: number | undefined
      /** The thread that has the function, and whether it was called there before. */
      let opened: Thread | undefined
      let isFresh = true

      const fail = (failure: WindowFailure): never => {
        throw failed(work, failure, { seconds, done, most: windows.most })
      }
      const open = (used: Thread) => {
        const answer = ask(used, { type: 'open', task: { text, n, inputs, room } }, START_MS)
        if (answer === undefined) throw broken('it did not start in time')
        if (answer !== 'done') fail(failureIn(answer))
        opened = used
        isFresh = true
        deadline ??= performance.now() + seconds * 1000
      }
      /** False where the memory did not do: then the rest is to be done from anew. */
      const run = (used: Thread, from: number, count: number): boolean => {
        const timeMs = Math.max(0, deadline! - performance.now())
        const answer = ask(used, { type: 'run', from, count, timeMs }, timeMs + GRACE_MS)
        if (answer === 'done') {
          isFresh = false
          return true
        }
        if (answer === undefined) {
          void endWindowThread()
          return fail({ state: 'stopped', limit: 'time' })
        }
        const failure = failureIn(answer)
        if (failure.state !== 'stopped' || failure.limit !== 'memory' || (isFresh && count === 1))
          return fail(failure)
        // Calls leave rubbish behind that the engine collects late: fewer of them in a fresh one may do.
        if (isFresh) room = Math.max(1, count >> 3)
        opened = undefined
        return false
      }

      for (;;) {
        thread ??= startThread()
        const used = thread
        const count = windows.fill(used.memory.windows, block)
        if (count === 0) return
        for (let from = 0; from < count; ) {
          if (opened !== used) open(used)
          const some = Math.min(room, count - from)
          if (!run(used, from, some)) continue
          from += some
          done += some
        }
        const results = used.memory.results.subarray(0, count)
        for (let k = 0; k < count; k++) if (!Number.isFinite(results[k])) results[k] = Number.NaN
        windows.take(results)
      }
    },
  }
}

/** What a function did; what the thread itself did wrong is thrown. */
function failureIn(answer: WindowAnswer): WindowFailure {
  if (answer.type === 'failed') return answer.failure
  throw broken(answer.message)
}

/** The thread is of no more use. */
function broken(why: string): AlphaloopError {
  void endWindowThread()
  return environmentError(
    'SANDBOX_THREAD',
    `the thread of custom functions does not work: ${why}`,
    'free some memory or threads',
  )
}

function startThread(): Thread {
  const shared = newWindowMemory()
  const { source, eval: isText } = program()
  let worker: Worker
  try {
    worker = new Worker(source, {
      eval: isText,
      workerData: shared,
      // The engine's memory is WebAssembly's and has its own limit; this is for what the engine's host keeps.
      resourceLimits: { maxOldGenerationSizeMb: 64, stackSizeMb: 4 },
      execArgv: [],
      // What a broken engine prints belongs to nobody's output.
      stdout: true,
      stderr: true,
    })
  } catch (error) {
    throw broken(error instanceof Error ? error.message : String(error))
  }
  worker.on('error', () => {})
  // An idle thread must not keep the process alive; whoever waits for it sleeps.
  worker.unref()
  return { worker, memory: windowMemory(shared) }
}

const STOPPED = {
  time: [
    'CUSTOM_TIMEOUT',
    'is there a loop without an end? Otherwise shorten the window, or allow more: limits.customSeconds',
  ],
  memory: ['CUSTOM_MEMORY', 'keep no more than the window'],
  stack: ['CUSTOM_STACK', 'is there a recursion without an end?'],
} as const

function failed(
  { name, text }: WindowFunction,
  failure: WindowFailure,
  { seconds, done, most }: { seconds: number; done: number; most: number },
): AlphaloopError {
  const label = `custom ${JSON.stringify(name)}`
  const details = { operator: 'custom', function: name, windowsDone: done, windowsAtMost: most }
  if (failure.state === 'stopped') {
    const [code, hint] = STOPPED[failure.limit]
    const what =
      failure.limit === 'time'
        ? `did not end within ${seconds} s: it was through with ${done} of at most ${most} windows`
        : failure.limit === 'memory'
          ? 'used up its memory'
          : 'calls itself too deeply'
    return usageError(code, `${label} ${what}`, hint, details)
  }
  const { message, position } = failure
  const line = position === undefined ? undefined : text.split('\n')[position.line - 1]
  const place = position === undefined ? '' : ` in line ${position.line}`
  return usageError(
    'CUSTOM_ERROR',
    `${label} failed${place}: ${message}`,
    line === undefined ? undefined : `the line is: ${line.trim().slice(0, 200)}`,
    position === undefined
      ? details
      : { ...details, functionLine: position.line, functionColumn: position.column },
  )
}

/**
 * The thread's program beside this file. As TypeScript it needs tsx, which only developers have, and of tsx the part
 * that loads modules at once: the other part asks the thread that sleeps.
 */
function program(): { source: string | URL; eval: boolean } {
  const here = import.meta.url
  if (!here.endsWith('.ts')) return { source: new URL('./window-thread.js', here), eval: false }
  const tsx = createRequire(here).resolve('tsx/cjs')
  const entry = fileURLToPath(new URL('./window-thread.ts', here))
  return { source: `require(${JSON.stringify(tsx)}); require(${JSON.stringify(entry)})`, eval: true }
}
