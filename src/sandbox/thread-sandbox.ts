/**
 * The sandbox in a thread of its own. QuickJS stops a program by itself at its limits, but for a few of its native
 * loops that never ask (`indexOf` over a claimed length of 1e15), and no parser bounds its time: their thread is ended
 * from outside.
 * 1. What is to be read or run waits its turn; the thread is started with the first.
 * 2. The thread says when it begins: the clock of the limit runs from there, with some grace, because the engine's own
 *    end of a program says more.
 * 3. A thread that is late, runs out of memory or dies is replaced; the result of what it did says why.
 */
import { Worker } from 'node:worker_threads'
import { environmentError, messageOf } from '../base/errors.js'
import {
  DEFAULT_SANDBOX_LIMITS,
  ENGINE_DOWN,
  type Sandbox,
  type SandboxLimits,
  type SandboxProgram,
  type SandboxResult,
  type SourceReading,
  type SourceText,
} from './sandbox.js'

type Work =
  | { readonly kind: 'read'; readonly text: SourceText }
  | { readonly kind: 'run'; readonly program: SandboxProgram }

type Result = SandboxResult | SourceReading

export interface SandboxRequest {
  readonly id: number
  readonly work: Work
}

export type SandboxReply =
  | { readonly type: 'started'; readonly id: number }
  | { readonly type: 'ended'; readonly id: number; readonly result: Result }
  | { readonly type: 'failed'; readonly id: number; readonly message: string }

/** What a thread is given beyond a limit before it is ended, in milliseconds. */
const GRACE_MS = 250
/** What an engine may take to start and to read the prelude, on a machine that has other things to do. */
const START_MS = 30_000

interface Job {
  readonly id: number
  readonly work: Work
  readonly resolve: (result: Result) => void
  readonly reject: (error: Error) => void
}

/** A sandbox that no program can block or bring down. @see Sandbox */
export function createThreadSandbox(options: { limits?: Partial<SandboxLimits> } = {}): Sandbox {
  const limits = { ...DEFAULT_SANDBOX_LIMITS, ...options.limits }
  const queue: Job[] = []
  let worker: Worker | undefined
  let job: Job | undefined
  let begun = false
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let nextId = 0

  const settle = (settled: (job: Job) => void) => {
    clearTimeout(timer)
    const done = job
    job = undefined
    // An idle thread must not keep the process alive.
    worker?.unref()
    if (done !== undefined) settled(done)
    next()
  }

  const replace = (settled: (job: Job) => void) => {
    const gone = worker
    worker = undefined
    gone?.removeAllListeners()
    // A thread that ends while it is being ended has nothing more to say.
    gone?.on('error', () => {})
    void gone?.terminate()
    settle(settled)
  }

  const start = (): Worker => {
    const { source, eval: isText } = program()
    const made = new Worker(source, {
      eval: isText,
      workerData: limits,
      // The engine's memory is WebAssembly's and has its own limit; these are for what the engine's host keeps. Only
      // what a stack uses is ever taken; read-source.ts says why its end must be far away.
      resourceLimits: { maxOldGenerationSizeMb: 128, stackSizeMb: 64 },
      execArgv: [],
      // What a broken engine prints belongs to nobody's output.
      stdout: true,
      stderr: true,
    })
    made.on('message', (reply: SandboxReply) => {
      if (made !== worker || reply.id !== job?.id) return
      if (reply.type === 'started') {
        begun = true
        clearTimeout(timer)
        const limitMs = job.work.kind === 'read' ? limits.readMs : limits.timeMs
        timer = setTimeout(() => replace(({ resolve }) => resolve(LATE)), limitMs + GRACE_MS)
      } else if (reply.type === 'ended') {
        settle(({ resolve }) => resolve(reply.result))
      } else {
        replace(({ reject }) => reject(broken(reply.message)))
      }
    })
    const died = (why: string, memory: boolean) => {
      if (made !== worker) return
      replace(({ work, resolve, reject }) => {
        if (!begun) reject(broken(why))
        else if (memory) resolve({ state: 'stopped', limit: 'memory', position: undefined })
        else resolve(work.kind === 'read' ? { state: 'tooDeep' } : ENGINE_DOWN)
      })
    }
    made.on('error', (error: NodeJS.ErrnoException) =>
      died(messageOf(error), error.code === 'ERR_WORKER_OUT_OF_MEMORY'),
    )
    made.on('exit', (code) => died(`it ended with code ${code}`, false))
    return made
  }

  const next = () => {
    if (closed || job !== undefined) return
    job = queue.shift()
    if (job === undefined) return
    begun = false
    try {
      worker ??= start()
      worker.ref()
      timer = setTimeout(() => replace(({ reject }) => reject(broken('it did not start in time'))), START_MS)
      worker.postMessage({ id: job.id, work: job.work } satisfies SandboxRequest)
    } catch (error) {
      replace(({ reject }) => reject(broken(messageOf(error))))
    }
  }

  // What comes back is the result of the kind of work that was asked for.
  const ask = <R extends Result>(work: Work) =>
    new Promise<R>((resolve, reject) => {
      if (closed) throw new Error('the sandbox is closed')
      queue.push({ id: nextId++, work, resolve: resolve as (result: Result) => void, reject })
      next()
    })

  return {
    read: (text) => ask<SourceReading>({ kind: 'read', text }),
    run: (program) => ask<SandboxResult>({ kind: 'run', program }),
    async close() {
      closed = true
      const waiting = [...(job === undefined ? [] : [job]), ...queue.splice(0)]
      job = undefined
      clearTimeout(timer)
      const gone = worker
      worker = undefined
      for (const { reject } of waiting) reject(new Error('the sandbox was closed'))
      await gone?.terminate()
    },
  }
}

const LATE: SandboxResult & SourceReading = { state: 'stopped', limit: 'time', position: undefined }

const broken = (why: string) =>
  environmentError(
    'SANDBOX_THREAD',
    `the sandbox's thread does not work: ${why}`,
    'free some memory or threads',
  )

/** The thread's program beside this file. As TypeScript it needs tsx, which only developers have. */
function program(): { source: string | URL; eval: boolean } {
  const here = import.meta.url
  if (!here.endsWith('.ts')) return { source: new URL('./thread.js', here), eval: false }
  const tsx = import.meta.resolve('tsx/esm/api')
  const entry = new URL('./thread.ts', here).href
  const source = `import(${JSON.stringify(tsx)}).then(({ register }) => (register(), import(${JSON.stringify(entry)})))`
  return { source, eval: true }
}
