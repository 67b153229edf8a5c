/**
 * One iteration's talk with a model:
 * 1. send the prompt (prompt: feedback/prompt.ts) to the model whose turn it is, or who steps in for it (chain.ts)
 * 2. take the code out of the reply (extract-code.ts)
 * 3. compile the pieces in order; the first that compiles is the proposal
 * 4. where none does, or the strategy is known already, say exactly why (repair.ts) and ask again
 */
import { AlphaloopError, messageOf } from '../base/errors.js'
import { executionErrorOf } from '../feedback/execution-error.js'
import type { Strategy } from '../graph/strategy.js'
import type { ExecutionError, ModelRound, Usage } from '../history/record.js'
import type { StrategyLanguage } from '../strategy/compile.js'
import { askChain, type OutputForm, type ProposingModel } from './chain.js'
import type { ChatMessage, ModelFailure } from './client.js'
import { type Candidate, extractCandidates } from './extract-code.js'
import { cutOffNote, duplicateMessage, refusal, repairMessage } from './repair.js'
import { addUsage } from './usage.js'

export interface ModelProposerOptions<Request> {
  /** Whom to ask, and who steps in, in order. */
  readonly models: (request: Request) => readonly [ProposingModel, ...ProposingModel[]]
  /** Throws AlphaloopError for what the author of the code can mend, fields that the panel lacks among it. */
  readonly compile: (source: string, language: StrategyLanguage) => Promise<Strategy>
  readonly prompt: (request: Request, form: OutputForm) => { readonly system: string; readonly user: string }
  /** Replies that are asked for in one iteration, the first one included (3). */
  readonly maxRounds: number
  /** Takes secrets out of whatever is sent or returned. */
  readonly redact: (text: string) => string
}

/** The part of a request that the talk itself needs; the rest is for the prompt. */
export interface ProposalRequest {
  /** True for strategies that were evaluated before. */
  readonly isKnown: (hash: string) => boolean
  readonly signal: AbortSignal
}

/** What came of asking a model, its own rounds of repair included. */
export type ModelProposal = {
  /** Whom each round asked, and who answered. */
  readonly rounds: readonly ModelRound[]
} & (
  | {
      readonly state: 'proposed'
      readonly strategy: Strategy
      readonly code: string
      readonly usage: Usage | undefined
      readonly prompt: string
      readonly reply: string
    }
  /** It answered, but nothing that compiles: the iteration ends with this error. */
  | {
      readonly state: 'unusable'
      readonly error: ExecutionError
      readonly usage: Usage | undefined
      readonly prompt: string
      readonly reply: string
    }
  /** It could not be reached or did not answer: the Factor Graph steps in. */
  | {
      readonly state: 'unavailable'
      readonly because: string
      readonly usage: Usage | undefined
      readonly prompt: string | undefined
    }
)

/** What became of one reply. */
type Reading =
  | { readonly state: 'compiled'; readonly strategy: Strategy; readonly code: string }
  | { readonly state: 'refused'; readonly error: AlphaloopError }
  | { readonly state: 'crashed'; readonly error: ExecutionError }

/**
 * Asks a model for a strategy and lets it mend what is wrong with its replies. A duplicate that it insists on is
 * returned as proposed: the loop records it as rejected. Texts in the result are the whole conversation, `prompt` what
 * was sent (the model's own replies, repeated to it, aside) and `reply` what came back; usage is the sum of all rounds.
 */
export function createModelProposer<Request extends ProposalRequest>(
  options: ModelProposerOptions<Request>,
): { propose(request: Request): Promise<ModelProposal> } {
  const { compile, maxRounds, redact } = options

  async function propose(request: Request): Promise<ModelProposal> {
    // Who answered goes on; who steps in takes over the whole conversation.
    let models = options.models(request)
    const written = new Map<OutputForm, { readonly system: string; readonly user: string }>()
    const prompt = (form: OutputForm) => {
      let text = written.get(form)
      if (text === undefined) {
        const { system, user } = options.prompt(request, form)
        text = { system: redact(system), user: redact(user) }
        if (written.size > 0) sent.push(titled(`system (${form})`, text.system))
        written.set(form, text)
      }
      return text
    }
    const sent: string[] = []
    const first = prompt(models[0].output)
    sent.push(titled('system', first.system), titled('user 1', first.user))
    const messages: ChatMessage[] = [{ role: 'user', content: first.user }]
    const replies: string[] = []
    const rounds: ModelRound[] = []
    let usage: Usage | undefined

    const asked = () => ({ rounds, usage })
    const texts = () => ({ ...asked(), prompt: sent.join('\n\n'), reply: replies.join('\n\n') })
    const askAgain = (reply: string, remark: string) => {
      const content = redact(remark)
      sent.push(titled(`user ${replies.length + 1}`, content))
      if (reply.trim() !== '') {
        messages.push({ role: 'assistant', content: shortened(redact(reply), LONGEST_REPEATED) })
        messages.push({ role: 'user', content })
      } else {
        // Many servers want the roles in turn, and none an empty message.
        const last = messages.pop()!
        messages.push({ role: 'user', content: `${last.content}\n\n${content}` })
      }
    }

    for (let round = 1; ; round++) {
      const asking = models
      const { answer, by, ...told } = await askChain(models, ({ output }) => ({
        system: prompt(output).system,
        messages,
        signal: request.signal,
      }))
      rounds.push(redacted(told.round, redact))
      models = [by, ...asking.filter((model) => model !== by)]
      usage = addUsage(usage, answer.usage)
      if (answer.state === 'failed' && answer.category !== 'emptyReply')
        return {
          state: 'unavailable',
          because: redact(becauseOf(answer, replies.length)),
          ...asked(),
          prompt: sent.join('\n\n'),
        }

      const reply = answer.state === 'replied' ? answer.text : ''
      replies.push(titled(`reply ${round}`, shortened(redact(reply), LONGEST_KEPT)))
      const reading =
        answer.state === 'replied'
          ? await read(reply, compile, by.output)
          : ({
              state: 'refused',
              error: refusal('REPLY_EMPTY', answer.message, undefined, by.output),
            } as const)
      switch (reading.state) {
        case 'crashed':
          return {
            state: 'unusable',
            error: { ...reading.error, message: redact(reading.error.message) },
            ...texts(),
          }
        case 'compiled': {
          const { strategy, code } = reading
          if (round === maxRounds || !request.isKnown(strategy.hash))
            return { state: 'proposed', strategy, code: redact(code), ...texts() }
          askAgain(reply, duplicateMessage(strategy, by.output))
          break
        }
        case 'refused': {
          if (round >= maxRounds) {
            const error = executionErrorOf(reading.error)
            return { state: 'unusable', error: { ...error, message: redact(error.message) }, ...texts() }
          }
          const cutOff = answer.state === 'replied' && answer.cutOff
          askAgain(reply, `${cutOff ? `${cutOffNote}\n` : ''}${repairMessage(reading.error, by.output)}`)
          break
        }
      }
    }
  }

  return { propose }
}

const redacted = (round: ModelRound, redact: (text: string) => string): ModelRound => ({
  ...round,
  calls: round.calls.map((call) =>
    call.because === undefined ? call : { ...call, because: redact(call.because) },
  ),
})

/** Pieces of one reply that may run out of time; the rest is not compiled then. */
const MOST_LATE = 2

/** Compiles the pieces of a reply in order; what refused the most telling one where none compiles. */
async function read(
  reply: string,
  compile: (source: string, language: StrategyLanguage) => Promise<Strategy>,
  form: OutputForm,
): Promise<Reading> {
  const candidates = extractCandidates(reply)
  const errors: AlphaloopError[] = []
  for (const candidate of candidates) {
    if (candidate.language === 'other') continue
    try {
      return {
        state: 'compiled',
        strategy: await compile(candidate.text, candidate.language),
        code: candidate.text,
      }
    } catch (error) {
      if (!(error instanceof AlphaloopError))
        return {
          state: 'crashed',
          error: { category: 'crash', code: 'COMPILER_CRASHED', message: messageOf(error) },
        }
      errors.push(error)
      // Each may take the whole of its limit: what else the reply holds is not worth the sum.
      if (errors.filter(({ code }) => code === 'STRATEGY_TIMEOUT').length === MOST_LATE) break
    }
  }
  return { state: 'refused', error: mostTelling(errors, candidates, form) }
}

/** Of several refusals the first that got past the parser: a listing beside the code does not. */
function mostTelling(
  errors: readonly AlphaloopError[],
  candidates: readonly Candidate[],
  form: OutputForm,
): AlphaloopError {
  const error = errors.find(({ code }) => code !== 'STRATEGY_SYNTAX') ?? errors[0]
  const first = candidates[0]
  if (error === undefined) {
    if (first?.language === 'other')
      return refusal('REPLY_LANGUAGE', `the code is ${first.tag}, which is not run here`, undefined, form)
    return refusal('REPLY_WITHOUT_CODE', 'the reply holds no code', undefined, form)
  }
  if (first?.from === 'wholeReply' && first.language !== 'json' && error.code === 'STRATEGY_SYNTAX')
    return refusal(
      'REPLY_WITHOUT_CODE',
      `the reply has no fenced code block, and its text as a whole is no strategy: ${error.message}`,
      error.details,
      form,
    )
  return error
}

function becauseOf({ message }: ModelFailure, replies: number): string {
  if (replies === 0) return message
  return `${message} It had answered ${replies === 1 ? 'once' : `${replies} times`} before, without a strategy that could be used.`
}

/** A reply that is repeated to the model, in UTF-16 code units: code longer than that is no help to it. */
const LONGEST_REPEATED = 20_000
/** A reply that is kept; nothing longer compiles. */
const LONGEST_KEPT = 256 * 1024

const titled = (title: string, text: string) => `=== ${title} ===\n${text}`

const shortened = (text: string, longest: number): string =>
  text.length <= longest
    ? text
    : `${text.slice(0, longest)}\n… (cut here: ${text.length - longest} more characters)`
