import { APICallError, JSONParseError, TypeValidationError } from 'ai'
import { messageOf } from '../base/errors.js'
import { BodyTooLarge } from './bounded-fetch.js'
import type { ModelFailureCategory } from './client.js'
import { categoryOfStatus, retryAfterMs } from './retry.js'

/** How one attempt ended that gave no reply. */
export interface FailedAttempt {
  readonly category: ModelFailureCategory
  readonly because: string
  readonly retryAfterMs?: number | undefined
  /** The provider may have written something that it charges for. */
  readonly mayCost: boolean
}

/** What the library threw, or a stream said of itself, as a kind of failure. */
export function failureOf(error: unknown, now: number): FailedAttempt {
  if (!APICallError.isInstance(error)) return brokenAnswer(error)
  const { statusCode, cause } = error
  if (statusCode === undefined)
    return { category: 'network', because: oneLine(error.message), mayCost: false }
  if (statusCode < 300) return brokenAnswer(cause ?? error)
  // Anthropic's library gives a stream whose first event cannot be read as a status of 500.
  if (/^\{"name":"AI_(?:JSONParse|TypeValidation)Error"/.test(error.responseBody ?? ''))
    return { category: 'malformedReply', because: OTHER_SHAPE, mayCost: true }
  const category = saysQuotaIsSpent(error) ? 'quota' : categoryOfStatus(statusCode)
  const said = `HTTP ${statusCode}, ${oneLine(error.message)}`
  return {
    category,
    because: category === 'quota' ? `the quota of the account is spent (${said})` : said,
    retryAfterMs: retryAfterMs(error.responseHeaders, now),
    mayCost: false,
  }
}

/** OpenAI and those who speak its protocol give an empty account the status of one that asks too often. */
function saysQuotaIsSpent({ statusCode, responseBody = '' }: APICallError): boolean {
  return statusCode === 429 && /"(?:code|type)"\s*:\s*"insufficient_quota"/.test(responseBody)
}

/** Of a stream that ends without its end. */
export const BROKEN_OFF = 'the reply broke off in the middle'

const OTHER_SHAPE =
  "the answer does not follow the provider's protocol: its JSON is broken or has another shape"

/** An answer that began well: its connection, its form, or the provider broke before its end. */
function brokenAnswer(error: unknown): FailedAttempt {
  const failed = (category: ModelFailureCategory, because: string) => ({ category, because, mayCost: true })
  if (error instanceof BodyTooLarge) return failed('malformedReply', error.message)
  if (JSONParseError.isInstance(error) || TypeValidationError.isInstance(error))
    return failed('malformedReply', OTHER_SHAPE)
  // OpenRouter's library says so of a stream that just ends.
  if (error instanceof Error && /ended without a finish reason/.test(error.message))
    return failed('network', BROKEN_OFF)
  if (isBrokenConnection(error))
    return failed('network', `the connection broke within the answer (${oneLine(messageOf(error))})`)
  const told = toldWithin(error)
  if (told !== undefined) return failed('server', `the provider broke off: ${oneLine(told)}`)
  return failed('malformedReply', `the answer cannot be read: ${oneLine(messageOf(error))}`)
}

/** What `fetch` and its streams throw. */
function isBrokenConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code =
    (error as NodeJS.ErrnoException).code ?? (error.cause as NodeJS.ErrnoException | undefined)?.code
  return (
    (code !== undefined && /^(?:UND_ERR|E[A-Z]+$)/.test(code)) ||
    /^(?:terminated|fetch failed|network error|other side closed|aborted)$/i.test(error.message)
  )
}

/** An error that a provider writes into its stream: a text, or an object with a message. */
function toldWithin(error: unknown): string | undefined {
  if (typeof error === 'string') return error
  if (typeof error !== 'object' || error === null || error instanceof Error) return undefined
  const { message, error: inner } = error as { message?: unknown; error?: unknown }
  return typeof message === 'string' ? message : toldWithin(inner)
}

const LONGEST_QUOTE = 300

/** Text from elsewhere on one line, at most 300 characters, without a full stop at its end. */
export function oneLine(text: string): string {
  const line = text
    .slice(0, 4 * LONGEST_QUOTE)
    .replace(/\s+/g, ' ')
    .trim()
  return (line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE)}…` : line).replace(/\.$/, '')
}
