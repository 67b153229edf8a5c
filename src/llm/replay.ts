import { usageError } from '../base/errors.js'
import type { ModelCall } from '../history/record.js'
import type { Charge } from './budget.js'
import type { ChatMessage, CompletionRequest, ModelClient, ModelFailure, ModelReply } from './client.js'
import { keepRequest, type RecordedModel, type RecordedRequest, type TextArchive } from './recordings.js'

/** One iteration's calls as they were recorded, in their order. */
export interface ReplayedTalk {
  readonly iteration: number
  /** The next call; undefined where there were no more. */
  next(): ModelCall | undefined
  /** @throws AlphaloopError where the text is missing or damaged */
  text(hash: string): Promise<string>
  /** What may be the cause of a difference, and what to do about it. */
  readonly hint: string
}

/**
 * A client that answers from recordings and from nothing else: with the reply or the failure that was recorded, at once,
 * without key, network or budget. What is asked must be what was asked then.
 * @throws (from `complete`) AlphaloopError (usage) REPLAY_DIFFERS with what is not the same
 */
export function replayingClient(
  name: string,
  model: RecordedModel,
  talk: ReplayedTalk,
  options: {
    /** Where the replay keeps what it replays: its run can be replayed in turn. */
    readonly texts: TextArchive
    readonly onCharge: (charged: Charge) => void
  },
): ModelClient {
  const differs = (what: string) => replayDiffers(talk.iteration, what, talk.hint)

  async function complete(request: CompletionRequest): Promise<ModelReply | ModelFailure> {
    const call = talk.next()
    if (call === undefined) throw differs(`${name} would be asked once more than any model was`)
    if (call.model !== name) throw differs(`${name} would be asked where ${call.model} was`)
    const { hash, request: asked } = await keepRequest(model, request, options.texts)
    if (hash !== call.request) throw differs(await differenceOf(asked, request, call.request!, talk))
    options.onCharge(call.charged)
    const recorded = { request: hash }
    const usage =
      call.attempts === 0
        ? undefined
        : {
            provider: model.provider,
            model: model.model,
            inputTokens: call.inputTokens,
            outputTokens: call.outputTokens,
            costUsd: call.costUsd,
            latencyMs: call.latencyMs ?? 0,
            attempts: call.attempts,
          }
    if (call.ended !== 'replied' || call.reply === undefined || usage === undefined)
      return {
        state: 'failed',
        category: call.ended as ModelFailure['category'],
        message: call.because ?? '',
        attempts: call.attempts,
        charged: call.charged,
        recorded,
        ...(usage === undefined ? {} : { usage }),
      }
    const reply = await options.texts.keep(await talk.text(call.reply))
    return {
      state: 'replied',
      text: reply.text,
      cutOff: call.cutOff === true,
      usage,
      charged: call.charged,
      recorded: { ...recorded, reply: reply.hash },
    }
  }

  return { model: model.model, complete }
}

/** The error of an iteration that does not come out as it was recorded. */
export const replayDiffers = (iteration: number, what: string, hint: string) =>
  usageError('REPLAY_DIFFERS', `iteration ${iteration} cannot be replayed: ${what}`, hint, { iteration })

/** The first thing that two requests do not have in common. */
async function differenceOf(
  now: RecordedRequest,
  { system, messages }: { readonly system: string; readonly messages: readonly ChatMessage[] },
  hash: string,
  talk: ReplayedTalk,
): Promise<string> {
  const then = JSON.parse(await talk.text(hash)) as RecordedRequest
  const { system: _now, messages: _messages, ...settings } = now
  for (const [key, value] of Object.entries(settings)) {
    const before = then[key as keyof typeof settings]
    if (before !== value)
      return `the model's ${key} is ${JSON.stringify(value)}, and was ${JSON.stringify(before)}`
  }
  if (then.system !== now.system)
    return `the system text is another one: ${firstLine(await talk.text(then.system), system)}`
  const at = now.messages.findIndex((message, i) => message.text !== then.messages[i]?.text)
  if (at < 0 || then.messages.length !== now.messages.length)
    return `the conversation has ${now.messages.length} messages, and had ${then.messages.length}`
  return `message ${at + 1} is another one: ${firstLine(await talk.text(then.messages[at]!.text), messages[at]!.content)}`
}

const LONGEST_QUOTE = 160

function firstLine(before: string, after: string): string {
  const [was, is] = [before.split('\n'), after.split('\n')]
  const at = is.findIndex((line, i) => line !== was[i])
  const line = at < 0 ? is.length : at
  const quote = (text: string | undefined) =>
    text === undefined ? 'nothing' : JSON.stringify(text.slice(0, LONGEST_QUOTE))
  return `line ${line + 1} is ${quote(is[line])}, and was ${quote(was[line])}`
}
