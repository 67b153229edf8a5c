import type { Usage } from '../history/record.js'

/** US dollars per million tokens. */
export interface Price {
  readonly inputPerMillion: number
  readonly outputPerMillion: number
}

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
    inputTokens: sum(a.inputTokens, b.inputTokens),
    outputTokens: sum(a.outputTokens, b.outputTokens),
    costUsd: sum(a.costUsd, b.costUsd),
    latencyMs: a.latencyMs + b.latencyMs,
    attempts: a.attempts + b.attempts,
  }
}

const sum = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b)
