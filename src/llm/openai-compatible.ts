import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { APICallError, generateText, JSONParseError, TypeValidationError } from 'ai'
import { messageOf } from '../base/errors.js'
import type { Rng } from '../base/rng.js'
import type { Usage } from '../history/record.js'
import { createRedactor } from '../history/redact.js'
import { BodyTooLarge, boundedFetch } from './bounded-fetch.js'
import type {
  CompletionRequest,
  ModelClient,
  ModelFailure,
  ModelFailureCategory,
  ModelReply,
} from './client.js'
import { categoryOfStatus, isRetried, pauseBefore, retryAfterMs, type Sleep } from './retry.js'
import { costUsd, type Price } from './usage.js'

/** One model behind an endpoint that speaks the chat-completions protocol. */
export interface OpenAiCompatibleSettings {
  readonly provider: string
  readonly model: string
  /** Up to and without `/chat/completions`. */
  readonly baseUrl: string
  /** Name of the environment variable that holds the key; OPENAI_API_KEY for OpenAI itself, else none. */
  readonly apiKeyVariable?: string | undefined
  readonly temperature?: number | undefined
  readonly maxOutputTokens: number
  readonly price?: Price | undefined
  /** Of one attempt, the body of its answer included. */
  readonly timeoutSeconds: number
  /** Attempts after the first. */
  readonly retries: number
  readonly backoffSeconds: number
}

/** Time, chance and environment of the client. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly sleep: Sleep
  /** For the jitter of pauses; it never reaches a result. */
  readonly rng: Rng
}

const OPENAI_HOST = 'api.openai.com'

/** The variable that a model's key is read from, where it needs one. */
export function keyVariableOf(
  settings: Pick<OpenAiCompatibleSettings, 'baseUrl' | 'apiKeyVariable'>,
): string | undefined {
  return (
    settings.apiKeyVariable ??
    (new URL(settings.baseUrl).hostname === OPENAI_HOST ? 'OPENAI_API_KEY' : undefined)
  )
}

/** How one attempt ended that gave no reply. */
interface FailedAttempt {
  readonly category: ModelFailureCategory
  readonly because: string
  readonly retryAfterMs?: number | undefined
}

/**
 * A model on any OpenAI-compatible endpoint, through chat completions. Attempts are counted here, so the library's own
 * retries are off. A 401, a 403 or a missing key turns the model off: later calls fail as `disabled` and send nothing.
 */
export function createOpenAiCompatibleClient(
  settings: OpenAiCompatibleSettings,
  { env, now, sleep, rng }: Surroundings,
): ModelClient {
  const { provider, model, retries, timeoutSeconds, backoffSeconds } = settings
  const { host, hostname } = new URL(settings.baseUrl)
  const variable = keyVariableOf(settings)
  // A line break after the key, as files and shells leave it, would make the header invalid.
  const key = variable === undefined ? undefined : env[variable]?.trim()
  const redactor = createRedactor(key === undefined ? [] : [key])
  const chat = createOpenAICompatible({
    name: provider,
    baseURL: settings.baseUrl,
    fetch: boundedFetch,
    ...(key ? { apiKey: key } : {}),
    // OpenAI's newer models refuse `max_tokens`; elsewhere its successor is often unknown.
    ...(hostname === OPENAI_HOST ? { transformRequestBody: withCompletionTokens } : {}),
  }).chatModel(model)
  let off: string | undefined

  const failed = (
    category: ModelFailureCategory,
    message: string,
    attempts: number,
    usage?: Usage,
  ): ModelFailure => ({
    state: 'failed',
    category,
    message: redactor.text(message),
    attempts,
    ...(usage === undefined ? {} : { usage }),
  })

  const usageOf = (
    tokens: { inputTokens?: number | undefined; outputTokens?: number | undefined },
    startedAt: number,
    attempts: number,
  ): Usage => {
    const inputTokens = countOrNull(tokens.inputTokens)
    const outputTokens = countOrNull(tokens.outputTokens)
    return {
      provider,
      model,
      inputTokens,
      outputTokens,
      costUsd: costUsd(settings.price, inputTokens, outputTokens),
      latencyMs: Math.max(0, now() - startedAt),
      attempts,
    }
  }

  async function attempt(request: CompletionRequest): Promise<Answer | FailedAttempt> {
    const timer = new AbortController()
    const timeout = setTimeout(() => timer.abort(), timeoutSeconds * 1000)
    const signal = AbortSignal.any([request.signal, timer.signal])
    try {
      const result = await generateText({
        model: chat,
        system: request.system,
        messages: request.messages.map(({ role, content }) => ({ role, content })),
        maxOutputTokens: request.maxOutputTokens ?? settings.maxOutputTokens,
        ...(settings.temperature === undefined ? {} : { temperature: settings.temperature }),
        maxRetries: 0,
        abortSignal: signal,
      })
      return { text: result.text, cutOff: result.finishReason === 'length', tokens: result.usage }
    } catch (error) {
      if (request.signal.aborted) return { category: 'aborted', because: 'the run was stopped' }
      if (timer.signal.aborted)
        return { category: 'timeout', because: `no whole answer within ${timeoutSeconds} s` }
      return failureOf(error, now())
    } finally {
      clearTimeout(timeout)
    }
  }

  async function complete(request: CompletionRequest): Promise<ModelReply | ModelFailure> {
    if (off !== undefined) return failed('disabled', off, 0)
    const trouble = keyTrouble(variable, key)
    if (trouble !== undefined) {
      off = `The model ${model} is off for this run: ${trouble}; it must hold the key for ${host}.`
      return failed('auth', off, 0)
    }
    const startedAt = now()
    for (let attempts = 1; ; attempts++) {
      if (request.signal.aborted)
        return failed('aborted', `Asking ${model} was stopped.`, attempts - 1, spent(attempts - 1))
      const answer = await attempt(request)
      if ('text' in answer) {
        const usage = usageOf(answer.tokens, startedAt, attempts)
        return answer.text.trim() === ''
          ? failed('emptyReply', emptyMessage(model, answer.cutOff), attempts, usage)
          : { state: 'replied', text: answer.text, cutOff: answer.cutOff, usage }
      }
      const { category, because } = answer
      if (category === 'auth') {
        off = `The model ${model} is off for this run: ${host} refused the key (${because}). ${keyAdvice(variable, host)}`
        return failed(category, off, attempts, spent(attempts))
      }
      if (!isRetried(category) || attempts > retries) {
        const times = attempts === 1 ? '' : `, after ${attempts} attempts`
        return failed(category, `${model} at ${host}: ${because}${times}.`, attempts, spent(attempts))
      }
      await sleep(pauseBefore(attempts, backoffSeconds, answer.retryAfterMs, rng), request.signal)
      // Another call may have found the key refused while this one paused.
      if (off !== undefined) return failed('disabled', off, attempts, spent(attempts))
    }

    function spent(attempts: number): Usage | undefined {
      return attempts === 0 ? undefined : usageOf({}, startedAt, attempts)
    }
  }

  return { model, complete }
}

interface Answer {
  readonly text: string
  readonly cutOff: boolean
  readonly tokens: { readonly inputTokens: number | undefined; readonly outputTokens: number | undefined }
}

const countOrNull = (value: number | undefined): number | null =>
  value !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : null

/** What is wrong with a key before it is sent anywhere. */
function keyTrouble(variable: string | undefined, key: string | undefined): string | undefined {
  if (variable === undefined) return undefined
  if (!key) return `the environment variable ${variable} is not set`
  // What cannot stand in a header would be quoted in the error of whoever tries.
  return /^[\x21-\x7e]+$/.test(key)
    ? undefined
    : `the environment variable ${variable} holds blanks or special characters, so it is no key`
}

const emptyMessage = (model: string, cutOff: boolean) =>
  cutOff
    ? `${model} spent all its output tokens before it wrote anything; raise maxOutputTokens.`
    : `${model} gave an empty reply.`

const keyAdvice = (variable: string | undefined, host: string) =>
  variable === undefined
    ? `Set apiKeyVariable to the name of the environment variable that holds the key for ${host}.`
    : `Check the key in the environment variable ${variable}.`

function withCompletionTokens({ max_tokens, ...body }: Record<string, unknown>): Record<string, unknown> {
  return max_tokens === undefined ? body : { ...body, max_completion_tokens: max_tokens }
}

/** What the library threw, as a kind of failure. */
function failureOf(error: unknown, now: number): FailedAttempt {
  if (!APICallError.isInstance(error))
    return { category: 'malformedReply', because: `the answer cannot be read: ${oneLine(messageOf(error))}` }
  const { statusCode, cause } = error
  if (statusCode === undefined) return { category: 'network', because: oneLine(error.message) }
  if (statusCode < 300) {
    const tooLarge = cause instanceof BodyTooLarge
    if (tooLarge) return { category: 'malformedReply', because: cause.message }
    if (JSONParseError.isInstance(cause) || TypeValidationError.isInstance(cause))
      return {
        category: 'malformedReply',
        because: 'the answer is no chat completion: its JSON is broken or has another shape',
      }
    return {
      category: 'network',
      because: `the connection broke within the answer (${oneLine(messageOf(cause))})`,
    }
  }
  return {
    category: categoryOfStatus(statusCode),
    because: `HTTP ${statusCode}, ${oneLine(error.message)}`,
    retryAfterMs: retryAfterMs(error.responseHeaders, now),
  }
}

const LONGEST_QUOTE = 300

/** Text from elsewhere on one line, at most 300 characters, without a full stop at its end. */
function oneLine(text: string): string {
  const line = text
    .slice(0, 4 * LONGEST_QUOTE)
    .replace(/\s+/g, ' ')
    .trim()
  return (line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE)}…` : line).replace(/\.$/, '')
}
