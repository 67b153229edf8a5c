import type { StrategyGraph } from '../graph/strategy-graph.js'
import type { Evaluation, TryOut } from './evaluation.js'

/**
 * Where evaluations run. The contract: an evaluation's result depends on its graph and on the setup only, never on
 * how many run at once or in which order they begin and end; each that was asked for gets its turn, before any that was
 * asked for 128 or more after it (a runner may prefer what suits a thread's memory); what goes wrong inside one comes
 * back as its result, and only a runner that cannot work at all rejects.
 */
export interface Runner {
  /** Evaluations that may run at once. */
  readonly concurrency: number
  /**
   * Evaluates a strategy. One whose `cancelled` says true when its turn comes is not begun and resolves to undefined.
   */
  evaluate(
    graph: StrategyGraph,
    options?: { readonly cancelled?: () => boolean },
  ): Promise<Evaluation | undefined>
  /** Evaluates a strategy on train alone, under the same contract. */
  tryOut(graph: StrategyGraph, options?: { readonly cancelled?: () => boolean }): Promise<TryOut | undefined>
  /** Stops everything at once and frees the threads. */
  close(): Promise<void>
}
