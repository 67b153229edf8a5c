import { type AlphaloopError, usageError } from '../base/errors.js'
import type { Config } from '../config/schema.js'
import { executionErrorOf } from '../feedback/execution-error.js'
import type { Strategy } from '../graph/strategy.js'
import type { HistoryStore } from '../history/store.js'
import type { StrategyLanguage } from '../strategy/compile.js'
import { feedbackFor, type Proposal, rejectedDuplicate } from './propose.js'
import { type LoopState, proposalView } from './state.js'

/** Who proposed a strategy that came from a program beside the loop. */
export const AGENT = 'agent'

/** What compiling a program gave. */
export type CompiledText =
  | { readonly state: 'compiled'; readonly strategy: Strategy }
  | { readonly state: 'refused'; readonly error: AlphaloopError }

/** A strategy that somebody outside the loop wrote, as it came, and what compiling it gave. */
export interface AgentProposal {
  readonly source: string
  readonly language: StrategyLanguage
  readonly compiled: CompiledText
  /** Iterations whose strategies it was made from. */
  readonly parents: readonly number[]
}

/**
 * The next iteration from an agent's program: by the rules that hold for a model's, from the state after the last
 * record. What does not compile is an iteration too, as a model's last reply would be.
 * @throws AlphaloopError (usage) NO_SUCH_ITERATION for a parent that is not recorded
 */
export async function agentProposal(
  { source, language, compiled, parents }: AgentProposal,
  state: LoopState,
  config: Config,
  store: Pick<HistoryStore, 'get'>,
): Promise<Proposal> {
  const view = proposalView(state)
  const base = {
    iteration: state.next,
    method: 'llm' as const,
    proposer: AGENT,
    parents: await idsOf(parents, state, store),
    feedback: feedbackFor(view, config),
    origin: compiled.state === 'refused' ? { attempt: { code: source, language } } : {},
  }
  if (compiled.state === 'refused')
    return {
      ...base,
      state: 'failed',
      status: 'error',
      strategy: null,
      error: executionErrorOf(compiled.error),
    }
  const { strategy } = compiled
  if (view.wasEvaluated(strategy.hash))
    return rejectedDuplicate(base, strategy, source, 'the agent proposed what is known already')
  return { ...base, state: 'strategy', strategy, code: source }
}

async function idsOf(
  iterations: readonly number[],
  state: LoopState,
  store: Pick<HistoryStore, 'get'>,
): Promise<string[]> {
  const ids: string[] = []
  for (const iteration of new Set(iterations)) {
    const record = await store.get(iteration)
    if (record === undefined)
      throw usageError(
        'NO_SUCH_ITERATION',
        `there is no iteration ${iteration} to be a parent`,
        state.next === 0 ? 'the run has none yet' : `it has 0 to ${state.next - 1}`,
        { iteration },
      )
    ids.push(record.id)
  }
  return ids
}
