import type { JSONValue, LanguageModel } from 'ai'
import { COMPATIBLE_BASE_URL, type ProviderName } from '../config/schema.js'

/** What a provider's library is told. */
export interface Endpoint {
  readonly model: string
  readonly baseUrl: string
  readonly apiKey: string | undefined
  readonly fetch: typeof fetch
}

interface Provider {
  readonly baseUrl: string
  /** Variable that the key is read from where none is named; undefined where the address decides. */
  readonly keyVariable: string | undefined
  /** Loads the library on the first call: commands that ask no model do not wait for it. */
  readonly load: (endpoint: Endpoint) => Promise<LanguageModel>
  /** What goes along with each request. */
  readonly options?: Readonly<Record<string, Readonly<Record<string, JSONValue>>>>
  /**
   * Whether a request for JSON carries the strategy's schema. The others are asked for JSON alone: what they make of a
   * schema has no place for parameters by name. The prompt holds the schema either way, and every reply is checked.
   */
  readonly takesSchema: boolean
}

const OPENAI_HOST = 'api.openai.com'

/** Each provider's own protocol: addresses, keys and the library that speaks it. */
export const providers = {
  'openai-compatible': {
    baseUrl: COMPATIBLE_BASE_URL,
    keyVariable: undefined,
    takesSchema: false,
    async load({ model, baseUrl, apiKey, fetch }) {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
      return createOpenAICompatible({
        name: 'openai-compatible',
        baseURL: baseUrl,
        fetch,
        includeUsage: true,
        ...(apiKey ? { apiKey } : {}),
        // OpenAI's newer models refuse `max_tokens`; elsewhere its successor is often unknown.
        ...(new URL(baseUrl).hostname === OPENAI_HOST ? { transformRequestBody: withCompletionTokens } : {}),
      }).chatModel(model)
    },
  },
  openai: {
    baseUrl: 'https://api.openai.com/v1',
    keyVariable: 'OPENAI_API_KEY',
    takesSchema: true,
    // Strict schemas know no parameters by name; `store` off: the conversation is not kept for others to look at.
    options: { openai: { strictJsonSchema: false, store: false } },
    async load({ model, baseUrl, apiKey, fetch }) {
      const { createOpenAI } = await import('@ai-sdk/openai')
      return createOpenAI({ baseURL: baseUrl, apiKey: apiKey ?? '', fetch }).responses(model)
    },
  },
  anthropic: {
    baseUrl: 'https://api.anthropic.com/v1',
    keyVariable: 'ANTHROPIC_API_KEY',
    takesSchema: true,
    // As the input of a tool, where any JSON Schema will do.
    options: { anthropic: { structuredOutputMode: 'jsonTool' } },
    async load({ model, baseUrl, apiKey, fetch }) {
      const { createAnthropic } = await import('@ai-sdk/anthropic')
      return createAnthropic({ baseURL: baseUrl, apiKey: apiKey ?? '', fetch })(model)
    },
  },
  google: {
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    keyVariable: 'GOOGLE_GENERATIVE_AI_API_KEY',
    takesSchema: false,
    async load({ model, baseUrl, apiKey, fetch }) {
      const { createGoogleGenerativeAI } = await import('@ai-sdk/google')
      return createGoogleGenerativeAI({ baseURL: baseUrl, apiKey: apiKey ?? '', fetch })(model)
    },
  },
  openrouter: {
    baseUrl: 'https://openrouter.ai/api/v1',
    keyVariable: 'OPENROUTER_API_KEY',
    takesSchema: false,
    async load({ model, baseUrl, apiKey, fetch }) {
      const { createOpenRouter } = await import('@openrouter/ai-sdk-provider')
      return createOpenRouter({
        baseURL: baseUrl,
        apiKey: apiKey ?? '',
        fetch,
        compatibility: 'strict',
      }).chat(model)
    },
  },
} satisfies Record<ProviderName, Provider> as Record<ProviderName, Provider>

/** Where keys usually are, whether a model that needs them is configured or not. */
export const USUAL_KEY_VARIABLES: readonly string[] = Object.values(providers).flatMap(({ keyVariable }) =>
  keyVariable === undefined ? [] : [keyVariable],
)

/** The part of a model's settings that says where it is. */
export interface ModelAddress {
  readonly provider: ProviderName
  readonly baseUrl?: string | undefined
  readonly apiKeyVariable?: string | undefined
}

/** The address that a model is asked at. */
export const baseUrlOf = ({ provider, baseUrl }: ModelAddress): string =>
  baseUrl ?? providers[provider].baseUrl

/** The variable that a model's key is read from, where it needs one. */
export function keyVariableOf(address: ModelAddress): string | undefined {
  if (address.apiKeyVariable !== undefined) return address.apiKeyVariable
  const { keyVariable } = providers[address.provider]
  if (keyVariable !== undefined) return keyVariable
  return new URL(baseUrlOf(address)).hostname === OPENAI_HOST ? 'OPENAI_API_KEY' : undefined
}

function withCompletionTokens({ max_tokens, ...body }: Record<string, unknown>): Record<string, unknown> {
  return max_tokens === undefined ? body : { ...body, max_completion_tokens: max_tokens }
}
