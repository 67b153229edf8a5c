import type { Usage } from '../history/record.js'
import type { Charge } from './budget.js'

export interface ChatMessage {
  readonly role: 'user' | 'assistant'
  readonly content: string
}

export interface CompletionRequest {
  readonly system: string
  /** The conversation so far; the last message is the user's. */
  readonly messages: readonly ChatMessage[]
  /** Tokens of the reply at most; the model's own setting where absent. */
  readonly maxOutputTokens?: number
  /** Asks for free text even where the model is set to answer in JSON. */
  readonly plain?: boolean
  /** Ends the call, its retries and their pauses. */
  readonly signal: AbortSignal
}

/** Where a call is recorded: hashes in the text store. */
export interface Recorded {
  readonly request: string
  /** Absent where none came. */
  readonly reply?: string
}

export interface ModelReply {
  readonly state: 'replied'
  /** Never blank: a blank one is the failure `emptyReply`. */
  readonly text: string
  /** The reply ended because it reached its token limit. */
  readonly cutOff: boolean
  readonly usage: Usage
  /** What the budget counts, failed attempts before the reply included. */
  readonly charged: Charge
  readonly recorded?: Recorded
}

export type ModelFailureCategory =
  | 'timeout'
  | 'rateLimit'
  /** The account has nothing left to spend: another attempt would be refused as well. */
  | 'quota'
  | 'server'
  | 'network'
  | 'auth'
  | 'badRequest'
  | 'notFound'
  | 'malformedReply'
  | 'emptyReply'
  | 'disabled'
  | 'budget'
  | 'aborted'

export interface ModelFailure {
  readonly state: 'failed'
  readonly category: ModelFailureCategory
  /** What happened and what to do about it, in words for a person; without any secret. */
  readonly message: string
  /** Calls that were made, the first one included. */
  readonly attempts: number
  /** What the budget counts: the worst case where the provider did not say. */
  readonly charged: Charge
  /** Absent where no call was made. */
  readonly usage?: Usage
  readonly recorded?: Recorded
}

/**
 * A language model that answers a conversation. Every way in which asking can fail is a value; `complete` rejects only
 * where it cannot be recorded, or is not what was recorded.
 */
export interface ModelClient {
  /** The model's name, as messages give it. */
  readonly model: string
  complete(request: CompletionRequest): Promise<ModelReply | ModelFailure>
}
