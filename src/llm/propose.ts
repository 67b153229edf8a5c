/**
 * One iteration's talk with a model:
 * 1. send the prompt (prompt: feedback/prompt.ts) to the model whose turn it is, or who steps in for it (chain.ts)
 * 2. take the code out of the reply and compile it: the first piece that compiles is the proposal (read-reply.ts)
 * 3. try it out on train, where it is new: it must trade
 * 4. where any of this fails, say exactly why (repair.ts) and ask again, as long as there are rounds
 */
import { executionErrorOf } from '../feedback/execution-error.js'
import type { Strategy } from '../graph/strategy.js'
import type { ExecutionError, ModelRound, RoundOutcome, Usage } from '../history/record.js'
import { askChain, type OutputForm, type ProposingModel } from './chain.js'
import type { ChatMessage, ModelFailure } from './client.js'
import { type Attempt, type Compile, type Reading, readReply } from './read-reply.js'
import { cutOffNote, duplicateMessage, objectionMessage, refusal, repairMessage } from './repair.js'
import { addUsage } from './usage.js'

/** Why a strategy that compiles is of no use, as a try-out on train has shown. */
export interface Objection {
  readonly became: 'neverTrades' | 'failed' | 'timeout'
  readonly error: ExecutionError
}

export interface ModelProposerOptions<Request> {
  /** Whom to ask, and who steps in, in order. */
  readonly models: (request: Request) => readonly [ProposingModel, ...ProposingModel[]]
  /** Throws AlphaloopError for what the author of the code can mend, fields that the panel lacks among it. */
  readonly compile: Compile
  /** Undefined where there is nothing to object to; absent: no strategy is tried out. */
  readonly tryOut?: (strategy: Strategy, signal: AbortSignal) => Promise<Objection | undefined>
  readonly prompt: (request: Request, form: OutputForm) => { readonly system: string; readonly user: string }
  /** Replies that are asked for in one iteration, the first one included (3). */
  readonly maxRounds: number
  /** Takes secrets out of whatever is sent, read or returned. */
  readonly redact: (text: string) => string
}

/** The part of a request that the talk itself needs; the rest is for the prompt. */
export interface ProposalRequest {
  /** True for strategies that were evaluated before. */
  readonly isKnown: (hash: string) => boolean
  readonly signal: AbortSignal
}

interface Asked {
  /** Whom each round asked, who answered, and what became of it. */
  readonly rounds: readonly ModelRound[]
  readonly usage: Usage | undefined
  /** Strategies that were tried out and not proposed; absent: none. */
  readonly discarded?: number
}

/** What came of asking a model, its own rounds of repair included. */
export type ModelProposal = Asked &
  (
    | {
        readonly state: 'proposed'
        readonly strategy: Strategy
        readonly code: string
        readonly prompt: string
        readonly reply: string
        /**
         * Sends it back as equal to one that another iteration has proposed at the same time, and goes on. Absent where
         * no round is left.
         */
        readonly askForAnother?: (isKnown: ProposalRequest['isKnown']) => Promise<ModelProposal>
      }
    /** It answered, but nothing that compiles: the iteration ends with this error. */
    | {
        readonly state: 'unusable'
        readonly error: ExecutionError
        /** What the last reply held. */
        readonly attempt?: Attempt
        readonly prompt: string
        readonly reply: string
      }
    /** It could not be reached or did not answer: the Factor Graph steps in. */
    | {
        readonly state: 'unavailable'
        readonly because: string
        readonly prompt: string | undefined
      }
  )

/**
 * Asks a model for a strategy and lets it mend what is wrong with its replies. A duplicate, or a strategy that never
 * trades, on which it insists in the last round is returned as proposed: the loop records what becomes of it. Texts in
 * the result are the whole conversation, `prompt` what was sent (the model's own replies, repeated to it, aside) and
 * `reply` what came back; usage is the sum of all rounds.
 */
export const createModelProposer = <Request extends ProposalRequest>(
  options: ModelProposerOptions<Request>,
): { propose(request: Request): Promise<ModelProposal> } => ({
  propose: (request) => openTalk(options, request)(request.isKnown),
})

/** A conversation that goes on each time it is called, until it comes to something. */
function openTalk<Request extends ProposalRequest>(
  options: ModelProposerOptions<Request>,
  request: Request,
): (isKnown: ProposalRequest['isKnown']) => Promise<ModelProposal> {
  const { compile, tryOut, maxRounds, redact } = options
  // Who answered goes on; who steps in takes over the whole conversation.
  let models = options.models(request)
  const written = new Map<OutputForm, { readonly system: string; readonly user: string }>()
  const sent: string[] = []
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
  const first = prompt(models[0].output)
  sent.push(titled('system', first.system), titled('user 1', first.user))
  const messages: ChatMessage[] = [{ role: 'user', content: first.user }]
  const replies: string[] = []
  const rounds: ModelRound[] = []
  const tried = new Map<string, Objection | undefined>()
  let usage: Usage | undefined

  const asked = (proposed?: Strategy): Asked => ({
    rounds: [...rounds],
    usage,
    discarded: [...tried.keys()].filter((hash) => hash !== proposed?.hash).length,
  })
  const texts = () => ({ prompt: sent.join('\n\n'), reply: replies.join('\n\n') })
  const became = (outcome: RoundOutcome) => {
    const { error } = outcome
    rounds[rounds.length - 1] = {
      ...rounds.at(-1)!,
      outcome: error === undefined ? outcome : { ...outcome, error: redactedError(error) },
    }
  }
  const redactedError = (error: ExecutionError): ExecutionError => ({
    ...error,
    message: redact(error.message),
  })
  const askAgain = (reply: string, remark: string) => {
    const content = redact(remark)
    sent.push(titled(`user ${replies.length + 1}`, content))
    if (reply.trim() !== '') {
      messages.push({ role: 'assistant', content: shortened(reply, LONGEST_REPEATED) })
      messages.push({ role: 'user', content })
    } else {
      // Many servers want the roles in turn, and none an empty message.
      const last = messages.pop()!
      messages.push({ role: 'user', content: `${last.content}\n\n${content}` })
    }
  }
  const objectionTo = async (strategy: Strategy): Promise<Objection | undefined> => {
    if (tryOut === undefined) return undefined
    if (!tried.has(strategy.hash)) tried.set(strategy.hash, await tryOut(strategy, request.signal))
    return tried.get(strategy.hash)
  }

  return async function goOn(isKnown): Promise<ModelProposal> {
    for (;;) {
      const asking = models
      const { answer, by, ...told } = await askChain(models, ({ output }) => ({
        system: prompt(output).system,
        messages: [...messages],
        signal: request.signal,
      }))
      rounds.push(redacted(told.round, redact))
      models = [by, ...asking.filter((model) => model !== by)]
      usage = addUsage(usage, answer.usage)
      if (answer.state === 'failed' && answer.category !== 'emptyReply') {
        became({ became: 'noAnswer' })
        const because = redact(becauseOf(answer, replies.length))
        return { state: 'unavailable', because, ...asked(), prompt: sent.join('\n\n') }
      }

      const isLast = rounds.length >= maxRounds
      // Read as it is kept: a replay comes to the same.
      const reply = answer.state === 'replied' ? redact(answer.text) : ''
      replies.push(titled(`reply ${rounds.length}`, shortened(reply, LONGEST_KEPT)))
      const reading: Reading =
        answer.state === 'replied'
          ? await readReply(reply, compile, by.output)
          : { state: 'refused', error: refusal('REPLY_EMPTY', answer.message, undefined, by.output) }
      switch (reading.state) {
        case 'crashed': {
          const error = redactedError(reading.error)
          became({ became: 'crashed', error })
          return { state: 'unusable', error, ...asked(), ...texts() }
        }
        case 'refused': {
          const error = redactedError(executionErrorOf(reading.error))
          became({ became: 'refused', error })
          if (isLast) {
            const attempt = reading.attempt === undefined ? {} : { attempt: reading.attempt }
            return { state: 'unusable', error, ...attempt, ...asked(), ...texts() }
          }
          const cutOff = answer.state === 'replied' && answer.cutOff
          askAgain(reply, `${cutOff ? `${cutOffNote}\n` : ''}${repairMessage(reading.error, by.output)}`)
          break
        }
        case 'compiled': {
          const { strategy, code } = reading
          const isDuplicate = isKnown(strategy.hash)
          if (isDuplicate && !isLast) {
            became({ became: 'duplicate', strategy: strategy.hash })
            askAgain(reply, duplicateMessage(strategy, by.output))
            break
          }
          // Nobody could be asked again after the last round: the evaluation itself will say what is wrong.
          const objection = isLast ? undefined : await objectionTo(strategy)
          if (objection !== undefined) {
            became({ became: objection.became, strategy: strategy.hash, error: objection.error })
            askAgain(reply, objectionMessage(objection.error, by.output))
            break
          }
          became({ became: isDuplicate ? 'duplicate' : 'proposed', strategy: strategy.hash })
          return {
            state: 'proposed',
            strategy,
            code,
            ...asked(strategy),
            ...texts(),
            ...(isLast
              ? {}
              : {
                  askForAnother(nowKnown) {
                    became({ became: 'duplicate', strategy: strategy.hash })
                    // Its twin is evaluated, so no evaluation is thrown away with it.
                    tried.delete(strategy.hash)
                    askAgain(reply, duplicateMessage(strategy, by.output, 'beside'))
                    return goOn(nowKnown)
                  },
                }),
          }
        }
      }
    }
  }
}

const redacted = (round: ModelRound, redact: (text: string) => string): ModelRound => ({
  ...round,
  calls: round.calls.map((call) =>
    call.because === undefined ? call : { ...call, because: redact(call.because) },
  ),
})

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
