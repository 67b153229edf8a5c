import { createRng } from '../../src/base/rng.js'
import type { OutputForm, ProposingModel } from '../../src/llm/chain.js'
import type { ModelClient } from '../../src/llm/client.js'
import { createModelClient, type ModelSettings, type Surroundings } from '../../src/llm/model-client.js'
import { type Sleep, systemSleep } from '../../src/llm/retry.js'

/** A key with the shape of none that the redactor knows: only its value can give it away. */
export const CANARY_KEY = 'canary:7f3a/Zq+not-a-known-shape'
export const KEY_VARIABLE = 'TEST_MODEL_KEY'

export interface MadeClient extends ModelClient {
  /** Pauses between attempts that were asked for, in ms. */
  readonly pauses: number[]
}

/** A client against a server of the tests; pauses are noted and not waited for. */
export function makeClient(
  settings: Partial<ModelSettings> & { readonly baseUrl: string },
  env: Record<string, string> = { [KEY_VARIABLE]: CANARY_KEY },
  now: () => number = Date.now,
  pause: Sleep = (_ms, signal) => systemSleep(0, signal),
  more: Partial<Surroundings> = {},
): MadeClient {
  const pauses: number[] = []
  const client = createModelClient(
    {
      provider: 'openai-compatible',
      model: 'test-model',
      apiKeyVariable: KEY_VARIABLE,
      maxOutputTokens: 500,
      timeoutSeconds: 10,
      retries: 3,
      backoffSeconds: 1,
      ...settings,
    },
    {
      env,
      now,
      rng: createRng('jitter'),
      sleep: async (ms, signal) => {
        pauses.push(ms)
        await pause(ms, signal)
      },
      ...more,
    },
  )
  return { ...client, pauses }
}

/** A client as the proposer takes it. */
export const proposing = (client: ModelClient, output: OutputForm = 'code'): ProposingModel => ({
  name: client.model,
  output,
  client,
})

export const ask = (text: string, signal: AbortSignal = new AbortController().signal) => ({
  system: 'You write strategies.',
  messages: [{ role: 'user' as const, content: text }],
  signal,
})
