import { afterEach, expect, test } from 'vitest'
import { createConfig } from '../../src/config/resolve.js'
import { type ConfigSettings, PROVIDERS } from '../../src/config/schema.js'
import { checkModels } from '../../src/llm/check-models.js'
import { type ProviderAnswer, type ProviderServer, startProvider } from '../support/provider-server.js'

const CANARY = 'canary:7f3a/Zq+not-a-known-shape'

const servers: ProviderServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

type ModelSettings = NonNullable<NonNullable<ConfigSettings['llm']>['models']>[number]

async function check(
  answer: ProviderAnswer,
  model: Partial<ModelSettings> = {},
  env: Record<string, string> = { KEY: CANARY },
) {
  const server = await startProvider(model.provider ?? 'openai', [answer])
  servers.push(server)
  const config = createConfig({
    llm: {
      timeoutSeconds: answer.kind === 'never' ? 0.3 : 20,
      models: [
        { provider: 'openai', model: 'some-model', baseUrl: server.baseUrl, apiKeyVariable: 'KEY', ...model },
      ],
    },
  })
  const [found] = await checkModels(config, { env, now: Date.now, sleep: async () => {} })
  return { found: found!, calls: server.calls }
}

const status = (code: number): ProviderAnswer => ({
  kind: 'status',
  status: code,
  message: `no, ${CANARY}`,
})
const yes: ProviderAnswer = { kind: 'text', text: 'yes' }

test.each(PROVIDERS)('a model of %s that answers is well, after one tiny call', async (provider) => {
  const { found, calls } = await check(yes, { provider, output: 'json' })
  expect(found).toEqual({
    name: 'some-model',
    ok: true,
    message: expect.stringMatching(
      /^answers at 127\.0\.0\.1:\d+, with the key in KEY; its price is not known/,
    ),
  })
  expect(calls).toHaveLength(1)
  expect(calls[0]!.raw.length).toBeLessThan(800)
  expect(JSON.stringify(found)).not.toContain('canary')
})

test.each([
  ['401', status(401), /^is refused its key: 127\.0\.0\.1:\d+ refused the key \(HTTP 401/, /check KEY/],
  ['403', status(403), /^is refused its key: .*HTTP 403/, /check KEY/],
  ['429', status(429), /^is out of quota, or asked too often: HTTP 429/, /llm\.fallback/],
  [
    'a spent quota',
    { ...status(429), code: 'insufficient_quota' },
    /^has its quota spent: .*HTTP 429/,
    /balance.*llm\.fallback/,
  ],
  ['404', status(404), /^is not found: .*HTTP 404/, /is "some-model" what 127.*is baseUrl right/],
  ['400', status(400), /^refuses the request: .*HTTP 400/, /temperature/],
  ['500', status(500), /^is out of order: .*HTTP 500/, /try again later/],
  ['silence', { kind: 'never' }, /^does not answer in time: .*within 0\.3 s/, /baseUrl.*timeoutSeconds/],
  ['another protocol', { kind: 'garbage', body: '{"hello":1}' }, /^speaks another protocol/, /provider/],
] as [string, ProviderAnswer, RegExp, RegExp][])(
  '%s is told in words, after one call',
  async (_name, answer, message, hint) => {
    const { found, calls } = await check(answer)
    expect(found).toMatchObject({
      ok: false,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    })
    expect(calls).toHaveLength(1)
    expect(JSON.stringify(found)).not.toContain('canary')
  },
)

test('a key that is not set is missed without a call', async () => {
  const { found, calls } = await check(yes, {}, { KEY: ' ' })
  expect(found).toEqual({
    name: 'some-model',
    ok: false,
    message: 'needs a key in KEY, which is not set',
    hint: 'export KEY=…, or run with --no-llm',
  })
  expect(calls).toHaveLength(0)
})

test.each([
  ['openai', 'OPENAI_API_KEY'],
  ['anthropic', 'ANTHROPIC_API_KEY'],
  ['google', 'GOOGLE_GENERATIVE_AI_API_KEY'],
  ['openrouter', 'OPENROUTER_API_KEY'],
] as const)('%s has its key in %s unless another variable is named', async (provider, variable) => {
  const { found } = await check(yes, { provider, apiKeyVariable: undefined }, {})
  expect(found.message).toBe(`needs a key in ${variable}, which is not set`)
})

test('a server that is not there is unreachable', async () => {
  const gone = await startProvider('openai', [yes])
  await gone.close()
  const { found } = await check(yes, { baseUrl: gone.baseUrl })
  expect(found).toMatchObject({
    ok: false,
    message: expect.stringMatching(/^is unreachable: /),
    hint: expect.stringMatching(/^is baseUrl right \(it leads to 127\.0\.0\.1:\d+\), is the server running/),
  })
})

test('a model that spends the few tokens on thinking is there all the same', async () => {
  const { found } = await check({ kind: 'text', text: '', finish: 'length' })
  expect(found.ok).toBe(true)
})

test('a price that is configured is told', async () => {
  const { found } = await check(yes, { price: { inputPerMillion: 2, outputPerMillion: 8.5 } })
  expect(found.message).toContain('$2 in and $8.5 out a million tokens (configured)')
})
