import { UNLIMITED } from '../graph/limits.js'
import { createStrategy } from '../graph/strategy.js'
import type { StrategyGraph } from '../graph/strategy-graph.js'
import type { IterationDraft, RecordDraft } from '../history/record.js'
import type { HistoryStore } from '../history/store.js'
import type { FailedEvaluation } from '../workers/evaluation.js'
import type { Runner } from '../workers/runner.js'
import { checkReplayed, type Replay } from './replay.js'

/** A store that appends no iteration which is not the one that it replays. `next` is the number that comes. */
export function replayedStore(store: HistoryStore, replay: Replay, next: () => number): HistoryStore {
  const check = (draft: RecordDraft) => {
    if (draft.kind === 'iteration' && next() < replay.until)
      checkReplayed(replay, next(), draft as IterationDraft)
  }
  return {
    newId: () => store.newId(),
    async append(draft) {
      check(draft)
      return store.append(draft)
    },
    appendMany: (drafts) => store.appendMany(drafts),
    pages: (from) => store.pages(from),
    records: (from) => store.records(from),
    tail: (count) => store.tail(count),
    get: (iteration) => store.get(iteration),
    close: () => store.close(),
  }
}

/** A runner for which the time of an evaluation is up just where it was then. */
export function replayedRunner(runner: Runner, { recordings: { timedOut } }: Replay): Runner {
  const cutOff = (work: keyof typeof timedOut, graph: StrategyGraph): FailedEvaluation | undefined => {
    if (timedOut[work].size === 0) return undefined
    const seconds = timedOut[work].get(createStrategy(graph, UNLIMITED).hash)
    return seconds === undefined ? undefined : { state: 'timedOut', seconds, durationMs: seconds * 1000 }
  }
  return {
    concurrency: runner.concurrency,
    evaluate: async (graph, options) => cutOff('evaluate', graph) ?? runner.evaluate(graph, options),
    tryOut: async (graph, options) => cutOff('tryOut', graph) ?? runner.tryOut(graph, options),
    close: () => runner.close(),
  }
}
