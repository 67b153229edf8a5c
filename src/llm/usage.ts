import type { Usage } from '../history/record.js'
import type { Charge } from './budget.js'
import type { CompletionRequest } from './client.js'
import type { Price } from './prices.js'

/** US dollars; null where price or tokens are unknown, never 0 for unknown. */
export function costUsd(
  price: Price | undefined,
  inputTokens: number | null,
  outputTokens: number | null,
): number | null {
  if (price === undefined || inputTokens === null || outputTokens === null) return null
  return (inputTokens * price.inputPerMillion + outputTokens * price.outputPerMillion) / 1e6
}

/** Usage of several calls to one model. A sum with an unknown part is unknown. */
export function addUsage(a: Usage | undefined, b: Usage | undefined): Usage | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return {
    provider: b.provider,
    model: b.model,
    inputTokens: addKnown(a.inputTokens, b.inputTokens),
    outputTokens: addKnown(a.outputTokens, b.outputTokens),
    costUsd: addKnown(a.costUsd, b.costUsd),
    latencyMs: a.latencyMs + b.latencyMs,
    attempts: a.attempts + b.attempts,
  }
}

const addKnown = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : a + b

export const NO_CHARGE: Charge = Object.freeze({ calls: 0, tokens: 0, costUsd: 0 })

/** A sum of which a part has no price has none. */
export const addCharges = (a: Charge, b: Charge): Charge => ({
  calls: a.calls + b.calls,
  tokens: a.tokens + b.tokens,
  costUsd: addKnown(a.costUsd, b.costUsd),
})

/** UTF-8 bytes that a token has at least on average, in any text that is sent here. */
const BYTES_PER_TOKEN = 2

/** The most that one attempt may come to: its request at two bytes a token, and all output tokens that it may use. */
export function worstCharge(
  price: Price | undefined,
  { system, messages }: Pick<CompletionRequest, 'system' | 'messages'>,
  maxOutputTokens: number,
): Charge {
  const texts = [system, ...messages.map(({ content }) => content)]
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  const inputTokens = Math.ceil(bytes / BYTES_PER_TOKEN)
  return {
    calls: 1,
    tokens: inputTokens + maxOutputTokens,
    costUsd: costUsd(price, inputTokens, maxOutputTokens),
  }
}
