import { join } from 'node:path'
import type { IterationRecord } from '../history/record.js'
import type { Redactor } from '../history/redact.js'
import { TextStore } from '../history/text-store.js'
import type { Surroundings } from '../llm/model-client.js'
import { ablations } from '../search/ablate.js'
import { proposeFactorGraph } from '../search/propose.js'
import { type AgentProposal, agentProposal } from './agent-proposal.js'
import { createLoopModel } from './ask-model.js'
import type { LoopEvent, StopReason } from './events.js'
import { tellFallbacks } from './fallback-warnings.js'
import type { HeldRun } from './held-run.js'
import { nextAgent, type Replay, recordedAgent, recordedStarts } from './replay.js'
import { replayedRunner, replayedStore } from './replayed.js'
import { createReturnsCache, returnsFolder } from './returns-cache.js'
import { type LoopParts, runLoop, runProposal } from './run.js'
import { recordSettings } from './run-settings.js'
import { batchStartOf } from './slots.js'
import { compileStarts } from './start-strategies.js'
import { type LoopState, proposalView } from './state.js'
import type { Workbench } from './workbench.js'

export interface SessionParts {
  readonly held: HeldRun
  readonly bench: Workbench
  readonly redactor: Redactor
  /** Folder that the paths of the user's own strategies count from. */
  readonly base: string
  readonly acceptChanges: boolean
  /** The recordings that the first iterations come from. */
  readonly replay?: Replay | undefined
  readonly surroundings: Pick<Surroundings, 'env' | 'now' | 'sleep'>
  readonly onEvent: (event: LoopEvent) => void
}

/** A held run that goes on from where its history ends. */
export interface Session {
  readonly state: LoopState
  /**
   * Runs iterations until there are `total` of them, or until it is stopped: what is being evaluated then is finished
   * and recorded.
   */
  iterate(until: { readonly total: number; readonly stop: AbortSignal }): Promise<StopReason>
  /**
   * Evaluates, judges and records what an agent wrote, as the next iteration. The user's own strategies go first, where
   * some are not evaluated yet. Once begun it is finished.
   * @throws AlphaloopError (usage) NO_SUCH_ITERATION for a parent that is not recorded
   */
  propose(proposal: AgentProposal): Promise<IterationRecord>
}

/**
 * Begins a run or goes on with one. The run's first record is written here, or its settings compared.
 * @throws AlphaloopError (usage) RUN_CHANGED
 */
export async function startSession(parts: SessionParts): Promise<Session> {
  const { held, bench, redactor, replay } = parts
  const onEvent = tellFallbacks(parts.onEvent)
  const { config, space, run, benchmark } = bench
  const { state, runDir } = held
  const store = replay === undefined ? held.store : replayedStore(held.store, replay, () => state.next)
  const runner = replay === undefined ? bench.runner : replayedRunner(bench.runner, replay)
  const resumed = state.settings !== null
  await recordSettings(store, state, bench.settings, run, {
    runDir,
    acceptChanges: parts.acceptChanges,
    replay,
    onEvent,
  })
  if (resumed) onEvent({ type: 'run-resumed', from: state.next, total: config.iterations })
  const compile = bench.compile
  const starts = await compileStarts(config, parts.base, Math.max(state.next, replay?.until ?? 0), compile)
  if (replay !== undefined)
    recordedStarts(replay, config.start, state.next).forEach((start, i) => {
      starts[i] = start
    })
  const texts = new TextStore(join(runDir, 'texts'), redactor)
  const model = createLoopModel({
    config,
    panel: bench.panel,
    space,
    compile,
    redact: (text) => redactor.text(text),
    texts,
    runner,
    replay,
    surroundings: parts.surroundings,
    spent: state.spent,
    warn: (message) => onEvent({ type: 'warning', message }),
  })
  const loop: Omit<LoopParts, 'config' | 'stop'> = {
    store,
    runner,
    factorGraph: ({ rng, parents, champion, seen }) =>
      proposeFactorGraph({
        rng,
        space,
        parents,
        seen,
        weights: config.factorGraph.proposers,
        maxRedraws: config.factorGraph.maxRedraws,
        ...(champion === null ? {} : { champion }),
      }),
    ablate: (strategy) => ablations(strategy, space),
    model,
    starts,
    texts,
    returns: createReturnsCache(returnsFolder(runDir, run)),
    run,
    periodsPerYear: bench.market.periodsPerYear,
    benchmarkReturns: benchmark.validation.returns,
    onEvent,
    async onBatchEnd(current) {
      keepView()
      await held.onBatchEnd(current)
    },
  }
  // The total is no part of what decides results, so each call may have its own.
  const until = (total: number, stop: AbortSignal): LoopParts => ({
    ...loop,
    config: { ...config, iterations: total },
    stop,
  })
  let { view } = held
  /** What a batch is drawn from stays what it was before its first record, until the next batch begins. */
  const keepView = () => {
    if (batchStartOf(view.next, config.batchSize) !== batchStartOf(state.next, config.batchSize))
      view = proposalView(state)
  }
  const goOn: Session['iterate'] = async ({ total, stop }) => {
    const stopped = await runLoop(until(total, stop), state, view)
    keepView()
    return stopped
  }
  const proposed = async (proposal: AgentProposal) => {
    const parts = until(state.next + 1, new AbortController().signal)
    const record = await runProposal(parts, state, await agentProposal(proposal, state, config, store))
    keepView()
    return record
  }
  const iterate: Session['iterate'] = async ({ total, stop }) => {
    // What agents proposed in the recorded run stands between what the loop proposes itself.
    for (;;) {
      const agent = replay && nextAgent(replay, state.next)
      if (replay === undefined || agent === undefined || agent >= total) return goOn({ total, stop })
      if (state.next < agent) {
        const stopped = await goOn({ total: agent, stop })
        if (state.next < agent) return stopped
      }
      if (stop.aborted) return 'interrupted'
      await proposed(recordedAgent(replay, agent))
    }
  }
  return {
    state,
    iterate,
    async propose(proposal) {
      const never = new AbortController().signal
      if (state.next < starts.length) await iterate({ total: starts.length, stop: never })
      return proposed(proposal)
    },
  }
}
