import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRedactor, REDACTED } from '../../src/history/redact.js'
import { TextStore } from '../../src/history/text-store.js'
import { makeIteration } from '../../src/testing/records.js'
import { openJournal, temporaryFolder } from './support.js'

const { text, value } = createRedactor()
const word = 'aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0z'

describe('a secret is known by its shape', () => {
  const secrets: [string, string][] = [
    ['an OpenAI key', `sk-proj-${word}`],
    ['an Anthropic key', `sk-ant-api03-${word}`],
    ['an OpenRouter key', `sk-or-v1-${word}`],
    ['a Google key', `AIza${word}abcd`],
    ['a Groq key', `gsk_${word}`],
    ['an xAI key', `xai-${word}`],
    ['a Hugging Face token', `hf_${word}`],
    ['an AWS key id', 'AKIAIOSFODNN7EXAMPLE'],
    ['a GitHub token', `ghp_${word}abcdefgh`],
    ['a fine-grained GitHub token', `github_pat_${word}`],
    ['a JSON web token', `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.${word}`],
  ]
  test.each(secrets)('%s', (_, secret) => {
    for (const around of [
      [`the key ${secret} was refused`, `the key ${REDACTED} was refused`],
      [`"${secret}"`, `"${REDACTED}"`],
      [`a\n${secret}\nb`, `a\n${REDACTED}\nb`],
    ] as const) {
      expect(text(around[0])).toBe(around[1])
    }
  })

  test.each([
    ['Authorization: Bearer abcdef.123456', `Authorization: Bearer ${REDACTED}`],
    ['authorization: Basic dXNlcjpwYXNz', `authorization: Basic ${REDACTED}`],
    ['{"Authorization":"Bearer abc123def456"}', `{"Authorization":"Bearer ${REDACTED}"}`],
    ['x-api-key: 0123456789abcdef', `x-api-key: ${REDACTED}`],
    ['api_key="0123456789abcdef"', `api_key="${REDACTED}"`],
    ['OPENAI_API_KEY=0123456789abcdef', `OPENAI_API_KEY=${REDACTED}`],
    ['password: correct-horse-battery', `password: ${REDACTED}`],
    ['https://user:hunter2@example.org/v1', `https://user:${REDACTED}@example.org/v1`],
    ['https://example.org/v1?key=0123456789', `https://example.org/v1?key=${REDACTED}`],
    [`-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----`, REDACTED],
  ])('%s', (given, expected) => {
    expect(text(given)).toBe(expected)
  })
})

test('words, hashes, prices and code stay as they are', () => {
  for (const plain of [
    'risk-adjusted-momentum-over-sixty-days',
    'task-oriented desk-based sk-ewed',
    'a3f5c2d1e4b6978877665544332211aa',
    '018bcfe5-6800-7000-8000-000000000001',
    'rank(close.pctChange(60)).sub(rank(close.std(20)))',
    'the token budget is 12 000, the password is missing',
    'tokens: 1200, key: value',
    'https://example.org:8080/path',
    '“AIza” is how they begin',
  ]) {
    expect(text(plain)).toBe(plain)
  }
})

test('texts within records are found at any depth, in keys too, and a record without secrets is the same object', () => {
  const secret = `sk-${word}`
  const clean = { a: [1, { b: 'x' }], c: null }
  expect(value(clean)).toBe(clean)
  expect(value({ a: [1, { b: `(${secret})` }], [secret]: 1, n: null })).toEqual({
    a: [1, { b: `(${REDACTED})` }],
    [REDACTED]: 1,
    n: null,
  })
  expect(value({ headers: { authorization: 'whatever', 'X-Api-Key': 'short' } })).toEqual({
    headers: { authorization: REDACTED, 'X-Api-Key': REDACTED },
  })
})

test('the values of configured variables go whatever they look like, also within JSON and addresses', () => {
  const secret = 'p"ss/wörd 7'
  const { text: clean } = createRedactor([secret, 'short', '', 'p"ss/wörd 7 and more'])
  expect(clean(`<${secret}>`)).toBe(`<${REDACTED}>`)
  expect(clean(JSON.stringify({ secret }))).toBe(`{"secret":"${REDACTED}"}`)
  expect(clean(`?q=${encodeURIComponent(secret)}&`)).toBe(`?q=${REDACTED}&`)
  expect(clean('p"ss/wörd 7 and more')).toBe(REDACTED)
  expect(clean('this is short')).toBe('this is short')
})

test('redacting twice changes nothing more, and a secret between any two texts is gone', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (before, after) => {
      const once = text(`${before} AKIAIOSFODNN7EXAMPLE ${after}`)
      expect(once).not.toContain('AKIAIOSFODNN7EXAMPLE')
      expect(text(once)).toBe(once)
    }),
    { seed: 7, numRuns: 300 },
  )
})

test('work grows in step with the length, for texts that invite starting again and again', () => {
  // Each of these takes minutes at this length where a shape is scanned from each of its places.
  for (const piece of [
    'eyJ',
    'sk-',
    'api_key ',
    'authorization: ',
    '://a',
    'bearer ',
    '?key=',
    'password=',
    '-----BEGIN PRIVATE KEY-----',
  ]) {
    const long = piece.repeat(1_000_000 / piece.length)
    expect(text(long).length).toBeLessThanOrEqual(long.length * 4)
  }
})

test('no key reaches any byte of a run directory: not by records, texts, or names', async () => {
  const folder = temporaryFolder()
  const secret = 'tok3n-without-any-known-shape'
  const keys = [secret, `sk-ant-${word}`, `AIza${word}wxyz`]
  const redactor = createRedactor([secret])
  const { store } = await openJournal(join(folder, 'history.jsonl'), { redactor })
  const texts = new TextStore(join(folder, 'texts'), redactor)
  for (const key of keys) {
    const prompt = await texts.put(`use ${key} for this`)
    expect(await texts.get(prompt)).toBe(`use ${REDACTED} for this`)
    await store.append({
      ...makeIteration(key),
      prompt,
      fallbackReason: `HTTP 401 for ${key}`,
      strategy: null,
      usage: {
        provider: 'x',
        model: key,
        inputTokens: 1,
        outputTokens: 1,
        costUsd: null,
        latencyMs: 1,
        attempts: 1,
      },
      feedback: JSON.stringify({ key }),
      execution: {
        status: 'error',
        durationMs: 1,
        error: { category: 'c', code: 'C', message: key, hint: key },
      },
    })
    await store.append({ kind: 'note', run: null, text: `key: ${key}` })
  }
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    for (const key of keys) {
      expect(path).not.toContain(key)
      if (entry.isFile()) expect(readFileSync(path, 'latin1')).not.toContain(key)
    }
  }
})
