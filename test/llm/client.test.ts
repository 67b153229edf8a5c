import { afterEach, describe, expect, test, vi } from 'vitest'
import { usageSchema } from '../../src/history/record.js'
import type { ModelClient } from '../../src/llm/client.js'
import {
  type Answer,
  INPUT_TOKENS,
  type ModelServer,
  OUTPUT_TOKENS,
  startModelServer,
} from '../support/model-server.js'
import { ask, CANARY_KEY, KEY_VARIABLE, makeClient } from './make.js'

const servers: ModelServer[] = []
async function serve(...script: Answer[]): Promise<ModelServer> {
  const server = await startModelServer(script)
  servers.push(server)
  return server
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const GOOD: Answer = { kind: 'text', text: 'fine' }

describe('a good answer', () => {
  test('carries text, tokens and cost', async () => {
    const { baseUrl, calls } = await serve(GOOD)
    const reply = await makeClient({ baseUrl, price: { inputPerMillion: 2, outputPerMillion: 10 } }).complete(
      ask('hi'),
    )
    expect(reply).toMatchObject({
      state: 'replied',
      text: 'fine',
      cutOff: false,
      usage: {
        provider: 'openai-compatible',
        model: 'test-model',
        inputTokens: INPUT_TOKENS,
        outputTokens: OUTPUT_TOKENS,
        costUsd: (INPUT_TOKENS * 2 + OUTPUT_TOKENS * 10) / 1e6,
        attempts: 1,
      },
    })
    expect(calls).toHaveLength(1)
    usageSchema.parse(reply.usage)
  })

  test('is asked for with the key, the system text, the messages and the limits', async () => {
    const { baseUrl, calls } = await serve(GOOD)
    await makeClient({ baseUrl, temperature: 0.7 }).complete({
      ...ask('first'),
      messages: [
        { role: 'user', content: 'first' },
        { role: 'assistant', content: 'second' },
        { role: 'user', content: 'third' },
      ],
      maxOutputTokens: 77,
    })
    const [call] = calls
    expect(call!.path).toBe('/v1/chat/completions')
    expect(call!.headers.authorization).toBe(`Bearer ${CANARY_KEY}`)
    expect(call!.body).toMatchObject({ model: 'test-model', max_tokens: 77, temperature: 0.7 })
    expect(call!.body.messages).toEqual([
      { role: 'system', content: 'You write strategies.' },
      { role: 'user', content: 'first' },
      { role: 'assistant', content: 'second' },
      { role: 'user', content: 'third' },
    ])
  })

  test('of a model without a price has an unknown cost, not 0', async () => {
    const { baseUrl } = await serve(GOOD)
    const { usage } = await makeClient({ baseUrl }).complete(ask('hi'))
    expect(usage).toMatchObject({ inputTokens: INPUT_TOKENS, costUsd: null })
  })

  test('that says nothing about tokens has unknown tokens and an unknown cost', async () => {
    const { baseUrl } = await serve({ kind: 'text', text: 'fine', usage: false })
    const price = { inputPerMillion: 2, outputPerMillion: 10 }
    const { usage } = await makeClient({ baseUrl, price }).complete(ask('hi'))
    expect(usage).toMatchObject({ inputTokens: null, outputTokens: null, costUsd: null, attempts: 1 })
  })

  test('that reached its token limit says so', async () => {
    const { baseUrl } = await serve({ kind: 'text', text: 'half', finish: 'length' })
    expect(await makeClient({ baseUrl }).complete(ask('hi'))).toMatchObject({
      state: 'replied',
      cutOff: true,
    })
  })

  test('of 10 MB arrives whole', async () => {
    const { baseUrl } = await serve({ kind: 'text', text: 'x'.repeat(10 * 1024 * 1024) })
    const reply = await makeClient({ baseUrl }).complete(ask('hi'))
    expect(reply.state === 'replied' && reply.text.length).toBe(10 * 1024 * 1024)
  })

  test('needs no key from a local server', async () => {
    const { baseUrl, calls } = await serve(GOOD)
    const reply = await makeClient({ baseUrl, apiKeyVariable: undefined }, {}).complete(ask('hi'))
    expect(reply.state).toBe('replied')
    expect(calls[0]!.headers.authorization).toBeUndefined()
  })

  test('comes although a line break follows the key', async () => {
    const { baseUrl, calls } = await serve(GOOD)
    await makeClient({ baseUrl }, { [KEY_VARIABLE]: `${CANARY_KEY}\n` }).complete(ask('hi'))
    expect(calls[0]!.headers.authorization).toBe(`Bearer ${CANARY_KEY}`)
  })
})

describe('a call that may succeed later', () => {
  const status = (code: number): Answer => ({ kind: 'status', status: code })
  const passing: [string, Answer, string][] = [
    ['408', status(408), 'timeout'],
    ['409', status(409), 'server'],
    ['429', status(429), 'rateLimit'],
    ['500', status(500), 'server'],
    ['503', status(503), 'server'],
    ['a reset connection', { kind: 'reset' }, 'network'],
    ['an answer that is cut off within', { kind: 'cutWithin' }, 'network'],
    ['no answer', { kind: 'never' }, 'timeout'],
    ['a body that stalls', { kind: 'stall' }, 'timeout'],
  ]

  test.each(passing)('%s is tried 4 times, then fails by its kind', async (_name, answer, category) => {
    const { baseUrl, calls } = await serve(answer)
    // Only a server that says nothing needs a short wait; on a busy machine it would cut the others off too.
    const silent = answer.kind === 'never' || answer.kind === 'stall'
    const client = makeClient({ baseUrl, timeoutSeconds: silent ? 0.5 : 10 })
    const failure = await client.complete(ask('hi'))
    expect(failure).toMatchObject({
      state: 'failed',
      category,
      attempts: 4,
      usage: { attempts: 4, costUsd: null },
    })
    expect(calls).toHaveLength(4)
    expect(client.pauses).toHaveLength(3)
  })

  test.each(passing)('%s is forgotten when the next attempt is answered', async (_name, answer) => {
    const { baseUrl, calls } = await serve(answer, GOOD)
    const silent = answer.kind === 'never' || answer.kind === 'stall'
    const reply = await makeClient({ baseUrl, timeoutSeconds: silent ? 0.5 : 10 }).complete(ask('hi'))
    expect(reply).toMatchObject({ state: 'replied', usage: { attempts: 2 } })
    expect(calls).toHaveLength(2)
  })

  test('is tried as often as configured', async () => {
    const { baseUrl, calls } = await serve(status(500))
    await makeClient({ baseUrl, retries: 0 }).complete(ask('hi'))
    expect(calls).toHaveLength(1)
  })

  test('pauses from the backoff on, twice as long each time, and up to a half longer', async () => {
    const { baseUrl } = await serve(status(500))
    const { complete, pauses } = makeClient({ baseUrl })
    await complete(ask('hi'))
    pauses.forEach((pause, i) => {
      expect(pause).toBeGreaterThanOrEqual(1000 * 2 ** i)
      expect(pause).toBeLessThan(1500 * 2 ** i)
    })
    expect(new Set(pauses.map((pause, i) => pause / 2 ** i)).size).toBe(3)
  })

  test('a late answer within the time is waited for', async () => {
    const { baseUrl, calls } = await serve({ ...GOOD, afterMs: 200 } as Answer)
    expect(await makeClient({ baseUrl }).complete(ask('hi'))).toMatchObject({ state: 'replied' })
    expect(calls).toHaveLength(1)
  })

  test('a server that is not there is a network failure after 4 attempts', async () => {
    const gone = await startModelServer([GOOD])
    await gone.close()
    expect(await makeClient({ baseUrl: gone.baseUrl }).complete(ask('hi'))).toMatchObject({
      category: 'network',
      attempts: 4,
    })
  })
})

describe('Retry-After', () => {
  const NOW = Date.UTC(2026, 0, 2, 3, 4, 5)
  const cases: [string, Record<string, string>, number][] = [
    ['in seconds', { 'retry-after': '7' }, 7000],
    ['as a date', { 'retry-after': new Date(NOW + 9000).toUTCString() }, 9000],
    ['as a date that is past', { 'retry-after': new Date(NOW - 9000).toUTCString() }, 0],
    ['in milliseconds', { 'retry-after-ms': '1250' }, 1250],
    ['of an hour is cut to a minute', { 'retry-after': '3600' }, 60_000],
    ['of nothing readable leaves the backoff, which is short here', { 'retry-after': '-5' }, Number.NaN],
  ]
  test.each(cases)('%s', async (_name, headers, wanted) => {
    const { baseUrl } = await serve({ kind: 'status', status: 429, headers }, GOOD)
    const client = makeClient({ baseUrl, backoffSeconds: 0.01 }, undefined, () => NOW)
    await client.complete(ask('hi'))
    if (Number.isNaN(wanted)) expect(client.pauses[0]).toBeLessThan(16)
    else expect(client.pauses).toEqual([wanted])
  })
})

describe('a call that will not succeed', () => {
  test.each([
    [
      '400',
      { kind: 'status', status: 400, message: 'temperature is not supported' },
      'badRequest',
      /temperature/,
    ],
    ['404', { kind: 'status', status: 404, message: 'no such model' }, 'notFound', /no such model/],
    ['broken JSON', { kind: 'body', body: '{"choices": [' }, 'malformedReply', /JSON/],
    ['JSON of another shape', { kind: 'body', body: '{"answer": 42}' }, 'malformedReply', /shape/],
    ['no choices', { kind: 'body', body: '{"choices": []}' }, 'malformedReply', /choices/],
    ['an empty text', { kind: 'text', text: ' \n' }, 'emptyReply', /empty/],
    [
      'a text that never began',
      { kind: 'text', text: '', finish: 'length' },
      'emptyReply',
      /maxOutputTokens/,
    ],
  ] as [string, Answer, string, RegExp][])('%s is made once', async (_name, answer, category, words) => {
    const { baseUrl, calls } = await serve(answer)
    const failure = await makeClient({ baseUrl }).complete(ask('hi'))
    expect(failure).toMatchObject({ state: 'failed', category, attempts: 1 })
    expect(failure.state === 'failed' && failure.message).toMatch(words)
    expect(calls).toHaveLength(1)
  })

  test('an empty reply still says what it cost', async () => {
    const { baseUrl } = await serve({ kind: 'text', text: '' })
    expect((await makeClient({ baseUrl }).complete(ask('hi'))).usage?.inputTokens).toBe(INPUT_TOKENS)
  })
})

describe('a refused key', () => {
  let first: ReturnType<ModelClient['complete']>
  let second: () => ReturnType<ModelClient['complete']>

  test.each([401, 403])(
    '%i turns the model off, names the variable, and sends nothing more',
    async (status) => {
      const { baseUrl, calls } = await serve({ kind: 'status', status })
      const client = makeClient({ baseUrl })
      const first = await client.complete(ask('hi'))
      expect(first).toMatchObject({ state: 'failed', category: 'auth', attempts: 1 })
      expect(first.state === 'failed' && first.message).toContain(KEY_VARIABLE)
      const second = await client.complete(ask('again'))
      expect(second).toMatchObject({ state: 'failed', category: 'disabled', attempts: 0 })
      expect(second.state === 'failed' && second.message).toContain(KEY_VARIABLE)
      expect(second.usage).toBeUndefined()
      expect(calls).toHaveLength(1)
    },
  )

  test('ends the attempts of a call that paused meanwhile', async () => {
    const { baseUrl, calls } = await serve({ kind: 'status', status: 500 }, { kind: 'status', status: 401 })
    let resume = () => {}
    const paused = new Promise<void>((inPause) => {
      const client = makeClient({ baseUrl }, undefined, undefined, () => {
        inPause()
        return new Promise((resolve) => {
          resume = resolve
        })
      })
      first = client.complete(ask('a'))
      second = () => client.complete(ask('b'))
    })
    await paused
    expect(await second()).toMatchObject({ category: 'auth' })
    resume()
    expect(await first).toMatchObject({ category: 'disabled', attempts: 1, usage: { attempts: 1 } })
    expect(calls).toHaveLength(2)
  })

  test.each([{}, { [KEY_VARIABLE]: '' }, { [KEY_VARIABLE]: '  ' }])(
    'a variable that is not set makes no call (%j)',
    async (env) => {
      const { baseUrl, calls } = await serve(GOOD)
      const failure = await makeClient({ baseUrl }, env as Record<string, string>).complete(ask('hi'))
      expect(failure).toMatchObject({ category: 'auth', attempts: 0 })
      expect(failure.state === 'failed' && failure.message).toContain(KEY_VARIABLE)
      expect(calls).toHaveLength(0)
    },
  )

  test('OpenAI itself is given the key of OPENAI_API_KEY unless another is named', async () => {
    const client = makeClient({ baseUrl: 'https://api.openai.com/v1', apiKeyVariable: undefined }, {})
    const failure = await client.complete(ask('hi'))
    expect(failure.state === 'failed' && failure.message).toContain('OPENAI_API_KEY')
  })
})

test('a key that a server repeats stands in no message', async () => {
  for (const status of [400, 401, 404, 500]) {
    const { baseUrl } = await serve({ kind: 'status', status, message: `your key ${CANARY_KEY} is odd` })
    const failure = await makeClient({ baseUrl }).complete(ask('hi'))
    expect(JSON.stringify(failure)).not.toContain('canary')
    expect(failure.state === 'failed' && failure.message).toContain('[redacted]')
  }
})

test('a key that cannot stand in a header is neither sent nor told', async () => {
  const { baseUrl, calls } = await serve(GOOD)
  const failure = await makeClient({ baseUrl }, { [KEY_VARIABLE]: 'canary-with\na-line-break' }).complete(
    ask('hi'),
  )
  expect(failure).toMatchObject({ category: 'auth', attempts: 0 })
  expect(JSON.stringify(failure)).not.toContain('canary')
  expect(calls).toHaveLength(0)
})

describe('with the network replaced', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  test('OpenAI itself is told the limit under its newer name', async () => {
    let body = ''
    vi.stubGlobal('fetch', async (_url: string, init: RequestInit) => {
      body = String(init.body)
      return new Response('{}', { status: 400 })
    })
    const client = makeClient({ baseUrl: 'https://api.openai.com/v1' })
    expect(await client.complete(ask('hi'))).toMatchObject({ category: 'badRequest' })
    expect(JSON.parse(body)).toMatchObject({ max_completion_tokens: 500 })
    expect(JSON.parse(body)).not.toHaveProperty('max_tokens')
  })

  test('an answer without end is given up after 64 MB', async () => {
    const chunk = new Uint8Array(1024 * 1024).fill(32)
    let sent = 0
    vi.stubGlobal('fetch', async () => {
      const endless = new ReadableStream({
        pull(controller) {
          sent++
          controller.enqueue(chunk)
        },
      })
      return new Response(endless, { headers: { 'content-type': 'application/json' } })
    })
    const failure = await makeClient({ baseUrl: 'http://127.0.0.1:9/v1' }).complete(ask('hi'))
    expect(failure).toMatchObject({ category: 'malformedReply', attempts: 1 })
    expect(failure.state === 'failed' && failure.message).toContain('longer than 64 MB')
    expect(sent).toBeLessThan(80)
  })
})

describe('a stop', () => {
  test('ends a call under way', async () => {
    const { baseUrl, calls } = await serve({ kind: 'never' })
    const stop = new AbortController()
    const asked = makeClient({ baseUrl }).complete(ask('hi', stop.signal))
    setTimeout(() => stop.abort(), 100)
    expect(await asked).toMatchObject({ category: 'aborted' })
    expect(calls).toHaveLength(1)
  })

  test('before the call sends nothing', async () => {
    const { baseUrl, calls } = await serve(GOOD)
    expect(await makeClient({ baseUrl }).complete(ask('hi', AbortSignal.abort()))).toMatchObject({
      category: 'aborted',
      attempts: 0,
    })
    expect(calls).toHaveLength(0)
  })
})
