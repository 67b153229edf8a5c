import { createEvaluation, type EvaluationSetup } from './evaluation.js'
import type { Runner } from './runner.js'

/** Evaluates in the calling thread: for the library, for tests and where threads are not to be had. */
export function createInlineRunner(setup: EvaluationSetup, now: () => number): Runner {
  const evaluate = createEvaluation(setup, now)
  return {
    concurrency: 1,
    evaluate: async (graph, options) => (options?.cancelled?.() ? undefined : evaluate(graph)),
    close: async () => {},
  }
}
