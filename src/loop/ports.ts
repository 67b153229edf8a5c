import type { Rng } from '../base/rng.js'
import type { Strategy } from '../graph/strategy.js'
import type { ExecutionError } from '../history/record.js'
import type { ModelProposal } from '../llm/propose.js'
import type { Ablated } from '../search/ablate.js'
import type { FactorGraphProposal, Parent } from '../search/proposal.js'
import type { PromptPlan } from './prompt-plan.js'
import type { ProposalView } from './state.js'

/** Proposes from what is known, without a model. Pure: the same request gives the same proposal. */
export type FactorGraphProposer = (request: {
  readonly rng: Rng
  readonly parents: readonly Parent[]
  readonly champion: Parent | null
  readonly seen: (hash: string) => boolean
}) => FactorGraphProposal

/** A strategy without each of its parts. Pure. */
export type Ablate = (strategy: Strategy) => readonly Ablated[]

export interface ModelRequest {
  readonly iteration: number
  readonly feedback: string
  readonly view: ProposalView
  /** How it is asked. */
  readonly plan: PromptPlan
  /** True for strategies that were evaluated before: the model is told and asked for another. */
  readonly isKnown: (hash: string) => boolean
  readonly signal: AbortSignal
}

export interface ModelProposer {
  propose(request: ModelRequest): Promise<ModelProposal>
  /** Why no model can be asked any more, where the run is to end then; undefined while it may go on from `next`. */
  readonly ended?: (next: number) => string | undefined
}

/** One of the user's own strategies: compiled, or why it could not be. */
export type StartStrategy =
  | { readonly state: 'compiled'; readonly file: string; readonly strategy: Strategy; readonly code: string }
  | { readonly state: 'broken'; readonly file: string; readonly error: ExecutionError }

/** Keeps texts under their hash. */
export interface TextKeeper {
  put(text: string): Promise<string>
}

/** Daily returns of evaluated strategies by strategy hash: a cache, so `get` may always miss. */
export interface ReturnsCache {
  get(hash: string): Promise<Float64Array | undefined>
  put(hash: string, returns: Float64Array): Promise<void>
}
