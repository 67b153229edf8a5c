import { createEvaluation, type EvaluationSetup } from './evaluation.js'
import type { Runner } from './runner.js'

/**
 * Evaluates in the calling thread, one after the other: for the library, for tests and where threads are not to be
 * had. Between two evaluations the event loop turns, so that an interrupt is seen.
 */
export function createInlineRunner(setup: EvaluationSetup, now: () => number): Runner {
  const evaluating = createEvaluation(setup, now)
  let last: Promise<unknown> = Promise.resolve()
  let closed = false
  const inTurn = <T>(work: () => T, cancelled: () => boolean = () => false): Promise<T | undefined> => {
    const turn = last.then(async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return closed || cancelled() ? undefined : work()
    })
    last = turn
    return turn
  }
  return {
    concurrency: 1,
    evaluate: (graph, { cancelled } = {}) => inTurn(() => evaluating.evaluate(graph), cancelled),
    tryOut: (graph, { cancelled } = {}) => inTurn(() => evaluating.tryOut(graph), cancelled),
    async close() {
      closed = true
    },
  }
}
