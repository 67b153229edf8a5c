import { Worker } from 'node:worker_threads'
import { messageOf } from '../base/errors.js'
import type { StrategyGraph } from '../graph/strategy-graph.js'
import type { Evaluation, EvaluationSetup } from './evaluation.js'
import type { Runner } from './runner.js'
import { sharePanel, type ThreadReply } from './transfer.js'

interface Job {
  readonly id: number
  readonly graph: StrategyGraph
  readonly cancelled: () => boolean
  readonly resolve: (evaluation: Evaluation | undefined) => void
}

interface Thread {
  readonly worker: Worker
  job: Job | undefined
  timer: NodeJS.Timeout | undefined
}

/**
 * Evaluates on worker threads over shared memory. An evaluation that takes longer than `timeoutSeconds` ends with its
 * thread, and a new thread takes its place; so does one that dies.
 */
export function createThreadRunner(
  setup: EvaluationSetup,
  options: { readonly threads: number; readonly timeoutSeconds: number },
): Runner {
  const workerData = { ...setup, panel: sharePanel(setup.panel) }
  const queue: Job[] = []
  const threads: Thread[] = []
  let nextId = 0
  let closed = false

  const finish = (thread: Thread, evaluation: Evaluation) => {
    clearTimeout(thread.timer)
    const { job } = thread
    thread.job = undefined
    thread.worker.unref()
    job?.resolve(evaluation)
  }

  const replace = (thread: Thread, evaluation: Evaluation) => {
    const at = threads.indexOf(thread)
    if (at < 0) return
    threads.splice(at, 1)
    void thread.worker.terminate()
    finish(thread, evaluation)
    dispatch()
  }

  const start = (): Thread => {
    const worker = new Worker(new URL('./thread.js', import.meta.url), { workerData })
    const thread: Thread = { worker, job: undefined, timer: undefined }
    worker.on('message', ({ id, evaluation }: ThreadReply) => {
      if (thread.job?.id !== id) return
      finish(thread, evaluation)
      dispatch()
    })
    worker.on('error', (error) => {
      replace(thread, {
        state: 'crashed',
        message: `the evaluation thread died: ${messageOf(error)}`,
        durationMs: 0,
      })
    })
    // An idle thread must not keep the process alive; one with a job is waited for through its promise.
    worker.unref()
    threads.push(thread)
    return thread
  }

  const dispatch = () => {
    while (!closed && queue.length > 0) {
      const idle = threads.find(({ job }) => job === undefined)
      if (idle === undefined && threads.length >= options.threads) return
      const job = queue.shift()!
      if (job.cancelled()) {
        job.resolve(undefined)
        continue
      }
      const thread = idle ?? start()
      thread.job = job
      thread.worker.ref()
      const { timeoutSeconds } = options
      thread.timer = setTimeout(
        () =>
          replace(thread, { state: 'timedOut', seconds: timeoutSeconds, durationMs: timeoutSeconds * 1000 }),
        timeoutSeconds * 1000,
      )
      thread.worker.postMessage({ id: job.id, graph: job.graph })
    }
  }

  return {
    concurrency: options.threads,
    evaluate: (graph, { cancelled = () => false } = {}) =>
      new Promise((resolve) => {
        queue.push({ id: nextId++, graph, cancelled, resolve })
        dispatch()
      }),
    async close() {
      closed = true
      for (const job of queue.splice(0)) job.resolve(undefined)
      await Promise.all(
        threads.splice(0).map(({ worker, job, timer }) => {
          clearTimeout(timer)
          job?.resolve(undefined)
          return worker.terminate()
        }),
      )
    },
  }
}
