import type { ProviderName } from '../config/schema.js'
import { baseUrlOf, type ModelAddress } from './providers.js'

/** US dollars per million tokens. */
export interface Price {
  readonly inputPerMillion: number
  readonly outputPerMillion: number
}

/** The month that the list tells of; prices have changed since where a provider changed them. */
export const PRICES_AS_OF = '2025-11'

/**
 * List prices of text tokens, in US dollars per million: [input, output]. Discounts (cache, batch) and surcharges of
 * very long prompts are left out. What is not known for certain is not here; `price` in the configuration goes before.
 */
const LIST: Readonly<
  Record<'openai' | 'anthropic' | 'google', Readonly<Record<string, readonly [number, number]>>>
> = {
  openai: {
    'gpt-5': [1.25, 10],
    'gpt-5-mini': [0.25, 2],
    'gpt-5-nano': [0.05, 0.4],
    'gpt-4.1': [2, 8],
    'gpt-4.1-mini': [0.4, 1.6],
    'gpt-4.1-nano': [0.1, 0.4],
    'gpt-4o': [2.5, 10],
    'gpt-4o-mini': [0.15, 0.6],
    o3: [2, 8],
    'o3-mini': [1.1, 4.4],
    'o4-mini': [1.1, 4.4],
  },
  anthropic: {
    'claude-opus-4-1': [15, 75],
    'claude-opus-4': [15, 75],
    'claude-sonnet-4-5': [3, 15],
    'claude-sonnet-4': [3, 15],
    'claude-haiku-4-5': [1, 5],
    'claude-3-7-sonnet': [3, 15],
    'claude-3-5-sonnet': [3, 15],
    'claude-3-5-haiku': [0.8, 4],
    'claude-3-opus': [15, 75],
    'claude-3-haiku': [0.25, 1.25],
  },
  google: {
    'gemini-2.5-pro': [1.25, 10],
    'gemini-2.5-flash': [0.3, 2.5],
    'gemini-2.5-flash-lite': [0.1, 0.4],
    'gemini-2.0-flash': [0.1, 0.4],
    'gemini-2.0-flash-lite': [0.075, 0.3],
  },
}

/** What a version adds to a model's name: -20250929, -2025-04-14, -001, -0, -latest. */
const VERSION = /-(?:\d{8}|\d{4}-\d{2}-\d{2}|\d{3}|0|latest)$/

/**
 * The list price of a model where it is asked at its maker's own address or through OpenRouter, which charges the
 * same; undefined for every other: a proxy or a local server has a price of its own.
 */
export function listPrice(address: ModelAddress & { readonly model: string }): Price | undefined {
  const [maker, model] = madeBy(address)
  const prices = maker === undefined ? {} : LIST[maker]
  const name = Object.hasOwn(prices, model) ? model : model.replace(VERSION, '')
  const found = Object.hasOwn(prices, name) ? prices[name] : undefined
  return found === undefined ? undefined : { inputPerMillion: found[0], outputPerMillion: found[1] }
}

/** The price that a model's cost is reckoned with: the configured one, else the list's. */
export const priceOf = (
  model: ModelAddress & { readonly model: string; readonly price?: Price | undefined },
): Price | undefined => model.price ?? listPrice(model)

const HOSTS: Readonly<Record<string, ProviderName>> = {
  'api.openai.com': 'openai',
  'api.anthropic.com': 'anthropic',
  'generativelanguage.googleapis.com': 'google',
  'openrouter.ai': 'openrouter',
}

function madeBy(address: ModelAddress & { readonly model: string }): [keyof typeof LIST | undefined, string] {
  const host = HOSTS[new URL(baseUrlOf(address)).hostname]
  const { model } = address
  switch (host) {
    case 'openai':
    case 'anthropic':
    case 'google':
      return [host, model.replace(/^models\//, '')]
    case 'openrouter': {
      const [maker = '', ...rest] = model.split('/')
      // There, versions of Anthropic's models are written with a dot; `:free` and the like cost something else.
      return Object.hasOwn(LIST, maker)
        ? [maker as keyof typeof LIST, rest.join('/').replace(/(?<=claude\D*\d)\.(?=\d)/, '-')]
        : [undefined, model]
    }
    default:
      return [undefined, model]
  }
}
