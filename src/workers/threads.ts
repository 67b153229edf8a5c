import { Worker } from 'node:worker_threads'
import { environmentError, messageOf } from '../base/errors.js'
import type { StrategyGraph } from '../graph/strategy-graph.js'
import { bestPair, type Marks, marksOf, Remembered } from './affinity.js'
import type { Evaluating, Evaluation, EvaluationSetup, TryOut } from './evaluation.js'
import type { Runner } from './runner.js'
import { sharePanel, type ThreadReply, type ThreadRequest } from './transfer.js'

interface Job {
  readonly id: number
  readonly work: keyof Evaluating
  readonly graph: StrategyGraph
  readonly marks: Marks
  readonly cancelled: () => boolean
  readonly resolve: (result: Evaluation | TryOut | undefined) => void
  readonly reject: (error: Error) => void
}

interface Thread {
  readonly worker: Worker
  /** It has built what evaluations share and waits for graphs. */
  ready: boolean
  job: Job | undefined
  readonly remembered: Remembered
  timer: NodeJS.Timeout | undefined
}

/** An evaluation leaves little behind that is short-lived: a large young generation only fills up before it is looked at. */
const YOUNG_MB = 4

/** An evaluation is begun before any that was asked for so many later: more than the largest batch of a loop. */
const OVERTAKING = 128

/**
 * Evaluates on worker threads over shared memory. An evaluation that takes longer than `timeoutSeconds` ends with its
 * thread, and a new thread takes its place; so does one that dies. A thread that dies before it is ready says that
 * none can work: its evaluation rejects with EVALUATION_THREAD.
 */
export function createThreadRunner(
  setup: EvaluationSetup,
  options: {
    readonly threads: number
    readonly timeoutSeconds: number
    /** The thread's entry, where it does not lie beside this module. */
    readonly entry?: URL
  },
): Runner {
  const { timeoutSeconds, entry = new URL('./thread.js', import.meta.url) } = options
  const workerData = { ...setup, panel: sharePanel(setup.panel) }
  const queue: Job[] = []
  const threads: Thread[] = []
  let nextId = 0
  let closed = false

  /** Takes the job off a thread. */
  const release = (thread: Thread): Job | undefined => {
    clearTimeout(thread.timer)
    const { job } = thread
    thread.job = undefined
    // An idle thread must not keep the process alive; one with a job is waited for through its promise.
    thread.worker.unref()
    return job
  }

  const replace = (thread: Thread, settle: (job: Job) => void) => {
    const at = threads.indexOf(thread)
    if (at < 0) return
    threads.splice(at, 1)
    void thread.worker.terminate()
    const job = release(thread)
    if (job !== undefined) settle(job)
    dispatch()
  }

  const died = (thread: Thread, why: string) =>
    replace(thread, ({ resolve, reject }) => {
      const message = `the evaluation thread died: ${why}`
      if (thread.ready) resolve({ state: 'crashed', message, durationMs: 0 })
      else reject(environmentError('EVALUATION_THREAD', message, 'use fewer workers, or free some memory'))
    })

  // The clock starts when the thread does: only the evaluation's own time counts.
  const startClock = (thread: Thread) => {
    thread.timer = setTimeout(
      () =>
        replace(thread, ({ resolve }) =>
          resolve({ state: 'timedOut', seconds: timeoutSeconds, durationMs: timeoutSeconds * 1000 }),
        ),
      timeoutSeconds * 1000,
    )
  }

  const start = (): Thread => {
    const worker = new Worker(entry, { workerData, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } })
    const thread: Thread = {
      worker,
      ready: false,
      job: undefined,
      remembered: new Remembered(),
      timer: undefined,
    }
    worker.on('message', (reply: ThreadReply) => {
      if (reply.type === 'ready') {
        thread.ready = true
        if (thread.job !== undefined) startClock(thread)
        return
      }
      if (thread.job?.id !== reply.id) return
      release(thread)!.resolve(reply.result)
      dispatch()
    })
    worker.on('error', (error) => died(thread, messageOf(error)))
    worker.on('messageerror', (error) => died(thread, messageOf(error)))
    worker.on('exit', (code) => died(thread, `it ended with code ${code}`))
    threads.push(thread)
    return thread
  }

  /** The next job and the thread that gets it; undefined where all are at work. A thread not yet begun takes the oldest. */
  const next = (): { job: Job; thread: Thread | undefined } | undefined => {
    const idle = threads.filter(({ job }) => job === undefined)
    if (idle.length > 0) {
      const [oldest] = queue
      return bestPair(
        queue.filter(({ id }) => id < oldest!.id + OVERTAKING),
        idle,
        threads,
      )
    }
    return threads.length < options.threads ? { job: queue[0]!, thread: undefined } : undefined
  }

  const dispatch = () => {
    while (!closed && queue.length > 0) {
      const found = next()
      if (found === undefined) return
      const { job } = found
      queue.splice(queue.indexOf(job), 1)
      if (job.cancelled()) {
        job.resolve(undefined)
        continue
      }
      try {
        const thread = found.thread ?? start()
        thread.worker.postMessage({ id: job.id, work: job.work, graph: job.graph } satisfies ThreadRequest)
        thread.job = job
        thread.remembered.use(job.marks)
        thread.worker.ref()
        if (thread.ready) startClock(thread)
      } catch (error) {
        // No more threads are to be had, or the graph is not plain data.
        job.reject(error as Error)
      }
    }
  }

  const inThread = <T extends Evaluation | TryOut>(
    work: keyof Evaluating,
    graph: StrategyGraph,
    cancelled: () => boolean = () => false,
  ): Promise<T | undefined> =>
    new Promise((resolve, reject) => {
      if (closed) {
        resolve(undefined)
        return
      }
      // A thread answers what it was asked for.
      const marks = options.threads > 1 ? marksOf(graph) : []
      queue.push({ id: nextId++, work, graph, marks, cancelled, resolve: resolve as Job['resolve'], reject })
      dispatch()
    })

  return {
    concurrency: options.threads,
    evaluate: (graph, { cancelled } = {}) => inThread<Evaluation>('evaluate', graph, cancelled),
    tryOut: (graph, { cancelled } = {}) => inThread<TryOut>('tryOut', graph, cancelled),
    async close() {
      closed = true
      for (const job of queue.splice(0)) job.resolve(undefined)
      await Promise.all(
        threads.splice(0).map((thread) => {
          release(thread)?.resolve(undefined)
          return thread.worker.terminate()
        }),
      )
    },
  }
}
