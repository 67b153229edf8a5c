import { setTimeout as delay } from 'node:timers/promises'
import type { Rng } from '../base/rng.js'
import type { ModelFailureCategory } from './client.js'

const RETRIED: ReadonlySet<ModelFailureCategory> = new Set(['timeout', 'rateLimit', 'server', 'network'])

/** Whether the same call may succeed a moment later. */
export const isRetried = (category: ModelFailureCategory): boolean => RETRIED.has(category)

/** The kind of failure that an HTTP status stands for. 408 and 409 count as passing troubles of the server. */
export function categoryOfStatus(status: number): ModelFailureCategory {
  if (status === 401 || status === 403) return 'auth'
  // Payment required: OpenRouter, DeepSeek.
  if (status === 402) return 'quota'
  if (status === 404) return 'notFound'
  if (status === 408) return 'timeout'
  if (status === 429) return 'rateLimit'
  if (status === 409 || status >= 500) return 'server'
  return status >= 400 ? 'badRequest' : 'malformedReply'
}

/** Longest pause that a provider may ask for, in seconds: beyond it the Factor Graph is the better use of the time. */
const LONGEST_PAUSE_SECONDS = 60

/**
 * Milliseconds to wait before the next attempt: what the provider asked for, at most 60 s; else `backoffSeconds`
 * doubled with each failed attempt (1, 2, …) and lengthened by up to a half, so that calls that failed together do
 * not come back together.
 */
export function pauseBefore(
  failed: number,
  backoffSeconds: number,
  retryAfterMs: number | undefined,
  rng: Rng,
): number {
  const jitter = 1 + rng.next() / 2
  const wanted = retryAfterMs ?? backoffSeconds * 1000 * 2 ** (failed - 1) * jitter
  return Math.min(wanted, LONGEST_PAUSE_SECONDS * 1000)
}

/**
 * Milliseconds that a response asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as an HTTP date (RFC
 * 9110, 10.2.3). Undefined where there is none or it cannot be read. Names of headers are in lower case.
 */
export function retryAfterMs(
  headers: Readonly<Record<string, string>> | undefined,
  now: number,
): number | undefined {
  const millis = numberIn(headers?.['retry-after-ms'])
  if (millis !== undefined) return millis
  const text = headers?.['retry-after']
  const seconds = numberIn(text)
  if (seconds !== undefined) return seconds * 1000
  // A date has letters; Date.parse would read a bare `-5` as a year.
  const date = text !== undefined && /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

const numberIn = (text: string | undefined): number | undefined =>
  text !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined

/** Waits; ends early, without an error, when the signal fires. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>

export const systemSleep: Sleep = async (ms, signal) => {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
