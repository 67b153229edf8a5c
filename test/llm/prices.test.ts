import { describe, expect, test } from 'vitest'
import { listPrice, priceOf } from '../../src/llm/prices.js'
import { costUsd, worstCharge } from '../../src/llm/usage.js'

const MINI = { inputPerMillion: 0.4, outputPerMillion: 1.6 }
const SONNET = { inputPerMillion: 3, outputPerMillion: 15 }

describe('the list price', () => {
  test.each([
    ['openai', 'gpt-4.1-mini', MINI],
    ['openai', 'gpt-4.1-mini-2025-04-14', MINI],
    ['openai-compatible', 'gpt-4.1-mini', MINI],
    ['anthropic', 'claude-sonnet-4-5-20250929', SONNET],
    ['anthropic', 'claude-sonnet-4-5', SONNET],
    ['anthropic', 'claude-sonnet-4-0', SONNET],
    ['anthropic', 'claude-3-5-sonnet-latest', SONNET],
    ['google', 'gemini-2.0-flash-001', { inputPerMillion: 0.1, outputPerMillion: 0.4 }],
    ['google', 'models/gemini-2.0-flash', { inputPerMillion: 0.1, outputPerMillion: 0.4 }],
    ['openrouter', 'anthropic/claude-sonnet-4.5', SONNET],
    ['openrouter', 'anthropic/claude-3.5-sonnet', SONNET],
    ['openrouter', 'openai/gpt-4.1-mini', MINI],
  ] as const)('of %s: %s', (provider, model, price) => {
    expect(listPrice({ provider, model })).toEqual(price)
  })

  test.each([
    ['openai', 'gpt-99', undefined],
    ['openai', 'gpt-4.1-mini-audio', undefined],
    ['openai', 'constructor', undefined],
    ['openai-compatible', 'gpt-4.1-mini', 'http://localhost:11434/v1'],
    ['openai', 'gpt-4.1-mini', 'https://proxy.example/v1'],
    ['openrouter', 'openai/gpt-4.1-mini:free', undefined],
    ['openrouter', 'somebody/gpt-4.1-mini', undefined],
  ] as const)('is unknown for %s: %s at %s', (provider, model, baseUrl) => {
    expect(listPrice({ provider, model, baseUrl })).toBeUndefined()
  })

  test('gives way to the configured one', () => {
    const own = { inputPerMillion: 1, outputPerMillion: 2 }
    expect(priceOf({ provider: 'openai', model: 'gpt-4.1-mini', price: own })).toBe(own)
    expect(priceOf({ provider: 'openai', model: 'gpt-4.1-mini' })).toEqual(MINI)
  })
})

test('a cost is null where price or tokens are unknown, and 0 only where it is nothing', () => {
  expect(costUsd(MINI, 1_000_000, 500_000)).toBeCloseTo(0.4 + 0.8, 12)
  expect(costUsd(undefined, 1, 1)).toBeNull()
  expect(costUsd(MINI, null, 1)).toBeNull()
  expect(costUsd(MINI, 1, null)).toBeNull()
  expect(costUsd({ inputPerMillion: 0, outputPerMillion: 0 }, 10, 10)).toBe(0)
})

test('the worst case counts all output tokens and two bytes of the request a token', () => {
  const request = { system: 'abcd', messages: [{ role: 'user' as const, content: 'é動' }] }
  expect(worstCharge(MINI, request, 100)).toEqual({
    calls: 1,
    tokens: 5 + 100,
    costUsd: (5 * 0.4 + 100 * 1.6) / 1e6,
  })
  expect(worstCharge(undefined, request, 100).costUsd).toBeNull()
})
