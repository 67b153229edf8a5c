import type { LanguageModel } from 'ai'
import { messageOf } from '../base/errors.js'
import type { Rng } from '../base/rng.js'
import type { ProviderName } from '../config/schema.js'
import type { Usage } from '../history/record.js'
import { createRedactor } from '../history/redact.js'
import { boundedFetch } from './bounded-fetch.js'
import type { Budget, Charge } from './budget.js'
import type {
  CompletionRequest,
  ModelClient,
  ModelFailure,
  ModelFailureCategory,
  ModelReply,
} from './client.js'
import { type Price, priceOf } from './prices.js'
import { baseUrlOf, keyVariableOf, providers } from './providers.js'
import { isRetried, pauseBefore, type Sleep } from './retry.js'
import type { FailedAttempt } from './sdk-failure.js'
import { addCharges, costUsd, NO_CHARGE, worstCharge } from './usage.js'

/** One model of a provider. */
export interface ModelSettings {
  readonly provider: ProviderName
  readonly model: string
  /** The provider's own where absent; without the protocol's path (`/chat/completions`, `/messages`, …). */
  readonly baseUrl?: string | undefined
  /** Name of the environment variable that holds the key; the provider's usual one where absent. */
  readonly apiKeyVariable?: string | undefined
  readonly temperature?: number | undefined
  readonly maxOutputTokens: number
  /** The strategy as a program (default) or as its graph in JSON. */
  readonly output?: 'code' | 'json' | undefined
  readonly stream?: boolean | undefined
  /** The list's where absent. */
  readonly price?: Price | undefined
  /** Of one attempt, the body of its answer included. */
  readonly timeoutSeconds: number
  /** Silence that a streamed reply may keep once it has begun (30). */
  readonly stallSeconds?: number
  /** Attempts after the first. */
  readonly retries: number
  readonly backoffSeconds: number
}

/** Time, chance, environment and purse of a client. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly sleep: Sleep
  /** For the jitter of pauses; it never reaches a result. */
  readonly rng: Rng
  /** Asked before each attempt; no limits where absent. */
  readonly budget?: Budget
  /** Called once, when the model is turned off for the run. */
  readonly onDisabled?: (message: string) => void
}

/**
 * A model of any provider. Attempts are counted here, so the library's own retries are off. A 401, a 403 or a missing
 * key turns the model off: later calls fail as `disabled` and send nothing. The library is loaded by the first call.
 */
export function createModelClient(settings: ModelSettings, surroundings: Surroundings): ModelClient {
  const { env, now, sleep, rng, budget, onDisabled = () => {} } = surroundings
  const { provider, model, retries, backoffSeconds } = settings
  const baseUrl = baseUrlOf(settings)
  const { host } = new URL(baseUrl)
  const variable = keyVariableOf(settings)
  const price = priceOf(settings)
  // A line break after the key, as files and shells leave it, would make the header invalid.
  const key = variable === undefined ? undefined : env[variable]?.trim()
  const redactor = createRedactor(key === undefined ? [] : [key])
  let off: string | undefined
  let loading: Promise<Loaded> | undefined

  const load = () => {
    loading ??= loadModel()
    return loading
  }

  async function loadModel(): Promise<Loaded> {
    const [{ callOnce }, language] = await Promise.all([
      import('./sdk-call.js'),
      providers[provider].load({ model, baseUrl, apiKey: key, fetch: boundedFetch }),
    ])
    return { callOnce, language }
  }

  async function attempt(request: CompletionRequest) {
    const { callOnce, language } = await load()
    const { temperature, output = 'code', stream = false, timeoutSeconds, stallSeconds = 30 } = settings
    return callOnce(
      {
        model: language,
        provider: providers[provider],
        output: request.plain ? 'code' : output,
        stream,
        temperature,
        maxOutputTokens: request.maxOutputTokens ?? settings.maxOutputTokens,
        timeoutSeconds,
        stallSeconds,
      },
      request,
      now,
    )
  }

  async function complete(request: CompletionRequest): Promise<ModelReply | ModelFailure> {
    const startedAt = now()
    let attempts = 0
    let charged: Charge = NO_CHARGE
    const usageOf = (tokens: {
      inputTokens?: number | undefined
      outputTokens?: number | undefined
    }): Usage => {
      const inputTokens = countOrNull(tokens.inputTokens)
      const outputTokens = countOrNull(tokens.outputTokens)
      return {
        provider,
        model,
        inputTokens,
        outputTokens,
        costUsd: costUsd(price, inputTokens, outputTokens),
        latencyMs: Math.max(0, now() - startedAt),
        attempts,
      }
    }
    const failed = (
      category: ModelFailureCategory,
      message: string,
      usage: Usage | undefined = attempts === 0 ? undefined : usageOf({}),
    ): ModelFailure => ({
      state: 'failed',
      category,
      message: redactor.text(message),
      attempts,
      charged,
      ...(usage === undefined ? {} : { usage }),
    })
    const turnOff = (message: string) => {
      // Calls that were under way find the same out.
      if (off === undefined) onDisabled(redactor.text(message))
      off ??= message
      return failed('auth', message)
    }

    if (off !== undefined) return failed('disabled', off)
    const trouble = offWithoutKey(settings, env)
    if (trouble !== undefined) return turnOff(trouble)

    for (;;) {
      if (request.signal.aborted) return failed('aborted', `Asking ${model} was stopped.`)
      const worst = worstCharge(price, request, request.maxOutputTokens ?? settings.maxOutputTokens)
      const reservation = await budget?.reserve(worst, request.signal)
      if (reservation?.state === 'spent') return failed('budget', reservation.because)
      if (reservation?.state === 'aborted') return failed('aborted', `Asking ${model} was stopped.`)
      const answer = await attempt(request).catch(
        // The library itself could not be loaded or used.
        (error: unknown): FailedAttempt => ({
          category: 'badRequest',
          because: messageOf(error),
          mayCost: false,
        }),
      )
      attempts++
      const isReply = 'text' in answer
      const cost = chargeOf(price, isReply ? answer.tokens : undefined, worst, isReply || answer.mayCost)
      reservation?.settle(cost)
      charged = addCharges(charged, cost)
      if (isReply) {
        const usage = usageOf(answer.tokens)
        return answer.text.trim() === ''
          ? failed('emptyReply', emptyMessage(model, answer.cutOff), usage)
          : { state: 'replied', text: answer.text, cutOff: answer.cutOff, usage, charged }
      }
      const { category, because } = answer
      if (category === 'auth')
        return turnOff(
          `The model ${model} is off for this run: ${host} refused the key (${because}). ${keyAdvice(variable, host)}`,
        )
      if (!isRetried(category) || attempts > retries) {
        const times = attempts === 1 ? '' : `, after ${attempts} attempts`
        return failed(category, `${model} at ${host}: ${because}${times}.`)
      }
      await sleep(pauseBefore(attempts, backoffSeconds, answer.retryAfterMs, rng), request.signal)
      // Another call may have found the key refused while this one paused.
      if (off !== undefined) return failed('disabled', off)
    }
  }

  return { model, complete }
}

interface Loaded {
  readonly callOnce: typeof import('./sdk-call.js').callOnce
  readonly language: LanguageModel
}

/** What the budget counts for an attempt: what is known, the worst where it is not, nothing where nothing was written. */
function chargeOf(
  price: Price | undefined,
  tokens: { inputTokens?: number | undefined; outputTokens?: number | undefined } | undefined,
  worst: Charge,
  mayCost: boolean,
): Charge {
  const input = countOrNull(tokens?.inputTokens)
  const output = countOrNull(tokens?.outputTokens)
  if (input !== null && output !== null)
    return { calls: 1, tokens: input + output, costUsd: costUsd(price, input, output) }
  return mayCost ? worst : { calls: 1, tokens: 0, costUsd: price === undefined ? null : 0 }
}

const countOrNull = (value: number | undefined): number | null =>
  value !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : null

/** Why a model is off from the start: its key is missing, or can be none. Undefined where it may be asked. */
export function offWithoutKey(
  settings: Pick<ModelSettings, 'provider' | 'model' | 'baseUrl' | 'apiKeyVariable'>,
  env: Surroundings['env'],
): string | undefined {
  const variable = keyVariableOf(settings)
  const trouble = keyTrouble(variable, variable === undefined ? undefined : env[variable]?.trim())
  if (trouble === undefined) return undefined
  const { host } = new URL(baseUrlOf(settings))
  return `The model ${settings.model} is off for this run: ${trouble}; it must hold the key for ${host}.`
}

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
