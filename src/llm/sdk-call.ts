/**
 * One attempt at one call, through the `ai` library. This file loads the library, so nothing but the client's first
 * call may import it.
 */
import {
  generateText,
  type LanguageModel,
  type LanguageModelMiddleware,
  streamText,
  wrapLanguageModel,
} from 'ai'
import { strategyJsonSchema } from '../graph/schema.js'
import type { CompletionRequest } from './client.js'
import type { providers } from './providers.js'
import { BROKEN_OFF, type FailedAttempt, failureOf } from './sdk-failure.js'

// Its warnings (a setting that a model does not know, …) would go to the console.
;(globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS ??= false

export interface Answer {
  readonly text: string
  /** The reply ended because it reached its token limit. */
  readonly cutOff: boolean
  readonly tokens: {
    readonly inputTokens?: number | undefined
    readonly outputTokens?: number | undefined
  }
}

export interface CallSettings {
  readonly model: LanguageModel
  readonly provider: Pick<(typeof providers)[keyof typeof providers], 'options' | 'takesSchema'>
  readonly output: 'code' | 'json'
  readonly stream: boolean
  readonly temperature: number | undefined
  readonly maxOutputTokens: number
  /** Of the attempt as a whole, the body of its answer included. */
  readonly timeoutSeconds: number
  /** Between two signs of life of a streamed reply that has begun. */
  readonly stallSeconds: number
}

/** Asks once. Every way of failing is a value. */
export async function callOnce(
  settings: CallSettings,
  request: CompletionRequest,
  now: () => number,
): Promise<Answer | FailedAttempt> {
  const { model, provider, temperature, timeoutSeconds, stallSeconds } = settings
  const timer = new AbortController()
  const stalled = new AbortController()
  const timeout = setTimeout(() => timer.abort(), timeoutSeconds * 1000)
  const abortSignal = AbortSignal.any([request.signal, timer.signal, stalled.signal])
  const cutShort = (): FailedAttempt | undefined => {
    if (request.signal.aborted) return { category: 'aborted', because: 'the run was stopped', mayCost: true }
    if (timer.signal.aborted)
      return { category: 'timeout', because: `no whole answer within ${timeoutSeconds} s`, mayCost: true }
    if (stalled.signal.aborted)
      return {
        category: 'timeout',
        because: `the reply stalled: nothing came for ${stallSeconds} s`,
        mayCost: true,
      }
    return undefined
  }
  const asked = {
    model: settings.output === 'json' ? answeringJson(model, provider.takesSchema) : model,
    system: request.system,
    messages: request.messages.map(({ role, content }) => ({ role, content })),
    maxOutputTokens: settings.maxOutputTokens,
    ...(temperature === undefined ? {} : { temperature }),
    ...(provider.options === undefined ? {} : { providerOptions: provider.options }),
    maxRetries: 0,
    abortSignal,
  }
  try {
    if (settings.stream) {
      const answer = await streamed(asked, stalled, stallSeconds, now)
      return cutShort() ?? answer
    }
    const { text, finishReason, usage } = await generateText(asked)
    return { text, cutOff: finishReason === 'length', tokens: usage }
  } catch (error) {
    return cutShort() ?? failureOf(error, now())
  } finally {
    clearTimeout(timeout)
  }
}

type Asked = Parameters<typeof streamText>[0]

async function streamed(
  asked: Asked,
  stalled: AbortController,
  stallSeconds: number,
  now: () => number,
): Promise<Answer | FailedAttempt> {
  // Without a handler the library prints errors to the console.
  const { fullStream } = streamText({ ...asked, onError: () => {} })
  let watch: NodeJS.Timeout | undefined
  let text = ''
  try {
    for await (const part of fullStream) {
      clearTimeout(watch)
      switch (part.type) {
        case 'error':
          return failureOf(part.error, now())
        case 'abort':
          return { category: 'aborted', because: 'the run was stopped', mayCost: true }
        case 'finish':
          // A stream that just ends gives no reason: its rest is missing.
          if (part.finishReason === 'other' && part.rawFinishReason === undefined)
            return { category: 'network', because: BROKEN_OFF, mayCost: true }
          return { text, cutOff: part.finishReason === 'length', tokens: part.totalUsage }
        case 'text-delta':
          text += part.text
      }
      // Before the first part a model may think for as long as the call may take.
      if (part.type !== 'start' && part.type !== 'start-step')
        watch = setTimeout(() => stalled.abort(), stallSeconds * 1000)
    }
  } finally {
    clearTimeout(watch)
  }
  return { category: 'network', because: BROKEN_OFF, mayCost: true }
}

/**
 * The model, asked for the strategy's JSON form. Not through the library's own `output`: that parses the text so far
 * with each piece of a stream, and calls text that is no JSON a failure. Here it is a reply like any other, and what is
 * wrong with it the compiler says exactly.
 */
function answeringJson(model: LanguageModel, withSchema: boolean): LanguageModel {
  const schema = strategyJsonSchema() as NonNullable<JsonFormat['schema']>
  const responseFormat: JsonFormat = withSchema ? { type: 'json', schema } : { type: 'json' }
  return wrapLanguageModel({
    model: model as WrappedModel,
    middleware: {
      specificationVersion: 'v3',
      transformParams: async ({ params }) => ({ ...params, responseFormat }),
    },
  })
}

type WrappedModel = Parameters<typeof wrapLanguageModel>[0]['model']
type CallOptions = Awaited<ReturnType<NonNullable<LanguageModelMiddleware['transformParams']>>>
type JsonFormat = Extract<NonNullable<CallOptions['responseFormat']>, { type: 'json' }>
