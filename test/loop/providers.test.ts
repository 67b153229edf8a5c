import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { PROVIDERS } from '../../src/config/schema.js'
import { failurePatterns } from '../../src/feedback/failure-patterns.js'
import { iterationsIn } from '../support/histories.js'
import { type ProviderAnswer, type ProviderServer, startProvider } from '../support/provider-server.js'
import { INPUT_TOKENS, OUTPUT_TOKENS, WIRES } from '../support/provider-wires.js'
import { configOf, loopFolder } from './engine.js'
import { programReply, runWithModels } from './with-models.js'

/** A key with the shape of none that the redactor knows: only its value can give it away. */
const CANARY = 'canary:7f3a/Zq+not-a-known-shape'
const VARIABLE = 'SOME_MODEL_KEY'

const servers: ProviderServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const text = (reply: string): ProviderAnswer => ({ kind: 'text', text: reply })
const status = (code: number, headers: Record<string, string> = {}): ProviderAnswer => ({
  kind: 'status',
  status: code,
  // Some providers quote what they were sent.
  message: `trouble with ${CANARY}`,
  headers,
})
const block = (n: number, tag = 'ts') => programReply(n).replace('```ts', `\`\`\`${tag}`)

interface Case {
  readonly name: string
  /** What the provider says, call by call: so many calls belong to the iteration. */
  readonly answers: readonly ProviderAnswer[]
  /** What the record says. */
  readonly record: object
}

const answered = { method: 'llm', execution: { status: 'success' } }
const inError = (code: string) => ({
  method: 'llm',
  strategy: null,
  level: 'LEVEL_0',
  execution: { status: 'error', error: { code } },
})
const fellBack = (ended: unknown, reason: RegExp) => ({
  method: 'factor_graph',
  requested: 'llm',
  fallbackReason: expect.stringMatching(reason),
  rounds: [
    expect.objectContaining({
      asked: 'some-model',
      answered: null,
      calls: [expect.objectContaining({ ended })],
    }),
  ],
})

/** In a fortnight, which is longer than any pause. */
const AT = new Date(Date.now() + 14 * 86_400_000).toUTCString()

const CASES: readonly Case[] = [
  { name: 'well', answers: [text(programReply(5))], record: answered },
  {
    name: 'late',
    answers: [{ ...text(programReply(15)), afterMs: 150 } as ProviderAnswer],
    record: answered,
  },
  {
    name: '429 with Retry-After, then well',
    answers: [status(429, { 'retry-after': '7' }), text(programReply(25))],
    record: { ...answered, usage: { attempts: 2 } },
  },
  {
    name: '429 with a date to come back at, then well',
    answers: [status(429, { 'retry-after': AT }), text(programReply(65))],
    record: { ...answered, usage: { attempts: 2 } },
  },
  {
    name: '429 without an end',
    answers: [status(429), status(429)],
    record: fellBack('rateLimit', /HTTP 429.*after 2 attempts/),
  },
  {
    name: '408, then well',
    answers: [status(408), text(programReply(75))],
    record: { ...answered, usage: { attempts: 2 } },
  },
  {
    name: '409, then well',
    answers: [status(409), text(programReply(85))],
    record: { ...answered, usage: { attempts: 2 } },
  },
  {
    name: 'a reset, then well',
    answers: [{ kind: 'reset' }, text(programReply(95))],
    record: { ...answered, usage: { attempts: 2 } },
  },
  {
    name: 'nothing but resets',
    answers: [{ kind: 'reset' }, { kind: 'reset' }],
    record: fellBack('network', /after 2 attempts/),
  },
  {
    name: '500',
    answers: [status(500), status(500)],
    record: fellBack('server', /HTTP 500.*after 2 attempts/),
  },
  {
    name: 'half an answer, then the connection is cut',
    answers: [{ kind: 'cutWithin' }, { kind: 'cutWithin' }],
    record: fellBack('network', /broke/),
  },
  {
    name: 'half an answer, then well',
    answers: [{ kind: 'cutWithin' }, text(programReply(35))],
    record: answered,
  },
  {
    name: 'an error in the middle, then well',
    answers: [{ kind: 'errorWithin', message: `overloaded ${CANARY}` }, text(programReply(45))],
    record: answered,
  },
  {
    name: 'broken JSON',
    answers: [{ kind: 'garbage', body: '{"choices": [' }],
    record: fellBack('malformedReply', /JSON is broken/),
  },
  { name: '400', answers: [status(400)], record: fellBack('badRequest', /HTTP 400/) },
  {
    name: '402',
    answers: [status(402)],
    record: fellBack('quota', /quota of the account is spent \(HTTP 402/),
  },
  {
    name: '429 because the quota is spent',
    answers: [{ ...status(429, { 'retry-after': '7' }), code: 'insufficient_quota' } as ProviderAnswer],
    record: fellBack('quota', /quota of the account is spent \(HTTP 429/),
  },
  { name: '404', answers: [status(404)], record: fellBack('notFound', /HTTP 404/) },
  {
    name: 'prose only',
    answers: [text('Buy what rises and sell what falls; import no losses.')],
    record: inError('REPLY_WITHOUT_CODE'),
  },
  {
    name: 'three fenced blocks, of which the second is the strategy',
    answers: [text(`${block(1, 'python')}\n${block(55)}\n\`\`\`\nmomentum: 12 %\n\`\`\``)],
    record: { ...answered, strategy: { name: 'Model 55' } },
  },
  {
    name: 'Python',
    answers: [text('```python\nimport pandas as pd\nprint(pd)\n```')],
    record: inError('REPLY_LANGUAGE'),
  },
  {
    name: 'an empty reply',
    answers: [text('')],
    record: { ...inError('REPLY_EMPTY'), rounds: [{ answered: 'some-model' }] },
  },
  {
    name: 'blanks',
    answers: [text(' \n\t \n')],
    record: { ...inError('REPLY_EMPTY'), rounds: [{ answered: 'some-model' }] },
  },
  {
    name: 'a reply that its token limit cut off',
    answers: [{ ...text(programReply(105).slice(0, 150)), finish: 'length' } as ProviderAnswer],
    record: {
      ...inError('STRATEGY_SYNTAX'),
      rounds: [{ answered: 'some-model', calls: [{ ended: 'replied', cutOff: true }] }],
    },
  },
  {
    name: '10 MB',
    answers: [text(`\`\`\`ts\n//${'x'.repeat(10 * 1024 * 1024)}\n\`\`\``)],
    record: {
      ...inError('STRATEGY_TOO_LARGE'),
      execution: { error: { message: expect.stringContaining('more than 4194304 characters') } },
    },
  },
  {
    name: '401',
    answers: [status(401)],
    record: fellBack('auth', new RegExp(`refused the key.*${VARIABLE}`)),
  },
  { name: 'nothing more after 401', answers: [], record: fellBack('disabled', new RegExp(VARIABLE)) },
]

/** Short where nothing else can end the call, and long where a busy machine must not. */
const TIMES: Readonly<Record<string, object>> = {
  neverfalse: { timeoutSeconds: 0.3 },
  nevertrue: { timeoutSeconds: 0.3 },
  stallfalse: { timeoutSeconds: 0.3 },
  endsEarlytrue: { timeoutSeconds: 30 },
  stalltrue: { timeoutSeconds: 30, stallSeconds: 0.2 },
}

const config = (
  provider: string,
  baseUrl: string,
  model: object,
  llm: object = {},
  iterations = CASES.length,
) =>
  configOf({
    iterations,
    batchSize: 1,
    innovationRate: 1,
    llm: {
      timeoutSeconds: 30,
      retries: 1,
      maxRounds: 1,
      models: [{ provider, model: 'some-model', baseUrl, apiKeyVariable: VARIABLE, ...model }],
      ...llm,
    },
  })

async function serve(...[provider, script]: Parameters<typeof startProvider>): Promise<ProviderServer> {
  const server = await startProvider(provider, script)
  servers.push(server)
  return server
}

const everything = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n')

describe.each(PROVIDERS)('%s', (provider) => {
  test.each([
    ['whole replies', false],
    ['streams', true],
  ])('in %s: every way of answering is recorded, and no iteration is lost', async (_name, stream) => {
    const server = await serve(
      provider,
      CASES.flatMap(({ answers }) => answers),
    )
    const folder = loopFolder()
    const run = await runWithModels(folder, config(provider, server.baseUrl, { stream }), {
      [VARIABLE]: CANARY,
    })
    const records = iterationsIn(run.records)
    expect(records.map(({ iteration }) => iteration)).toEqual(CASES.map((_, i) => i))
    for (const [i, { name, record, answers }] of CASES.entries()) {
      expect(records[i], name).toMatchObject(record)
      const attempts = records[i]!.rounds!.flatMap(({ calls }) => calls.map((call) => call.attempts))
      expect(attempts, name).toEqual([answers.length])
    }
    expect(server.calls).toHaveLength(CASES.flatMap(({ answers }) => answers).length)
    expect(run.pauses).toContain(7000)

    // What was sent: the key in its header and nowhere else, and as a stream where that is set.
    const { header, prefix } = WIRES[provider].key
    for (const { headers, path, raw, streamed } of server.calls) {
      expect(headers[header]).toBe(`${prefix}${CANARY}`)
      expect(path + raw).not.toContain('canary')
      expect(streamed).toBe(stream)
    }
    // What a good reply says of itself.
    expect(records[0]!.usage).toMatchObject({
      provider,
      model: 'some-model',
      inputTokens: INPUT_TOKENS,
      outputTokens: OUTPUT_TOKENS,
      costUsd: null,
    })
    // What the model was told: feedback word for word, the failures so far, the target.
    const last = server.calls.at(-2)!
    const asked = records[CASES.findIndex(({ name }) => name === '10 MB')]!
    expect(last.said).toContain(asked.feedback)
    const failures = failurePatterns(records.slice(0, asked.iteration))
    expect(failures).not.toEqual([])
    for (const { category } of failures) expect(last.said).toContain(category)
    expect(last.said).toMatch(/validation Sharpe .* of at least|a validation Sharpe of/)
    // What was written, by errors that quote the key too.
    expect(everything(folder)).not.toContain('canary')
    expect(JSON.stringify([run.warnings, run.events])).not.toContain('canary')
    expect(run.warnings).toEqual([expect.stringContaining(VARIABLE)])
  })

  test.each([
    ['says nothing', 'never', false, 'timeout', /no whole answer within/],
    ['says nothing where a stream is asked for', 'never', true, 'timeout', /no whole answer within/],
    ['stops within its answer', 'stall', false, 'timeout', /no whole answer within/],
    ['stalls within a stream', 'stall', true, 'timeout', /stalled: nothing came for 0.2 s/],
    ['ends its stream in the middle', 'endsEarly', true, 'network', /broke off in the middle/],
    ['ends its answer in the middle', 'endsEarly', false, 'malformedReply', /JSON is broken/],
    ['gives a page for people', 'page', false, 'malformedReply', /JSON is broken/],
    // A stream without an event that can be read is one that broke off before its first.
    ['gives a page for people as a stream', 'page', true, /network|malformedReply/, /some-model at 127/],
    ['answers nothing at all', 'nothing', false, 'malformedReply', /JSON is broken/],
    ['answers nothing at all as a stream', 'nothing', true, /network|malformedReply/, /some-model at 127/],
    ['hangs up', 'reset', true, 'network', /some-model at 127/],
  ] as const)(
    'one that %s is given up, and the Factor Graph steps in',
    async (_n, kind, stream, ends, why) => {
      const server = await serve(provider, [{ kind }])
      const run = await runWithModels(
        loopFolder(),
        config(provider, server.baseUrl, { stream }, { retries: 0, ...TIMES[`${kind}${stream}`] }, 1),
        { [VARIABLE]: CANARY },
      )
      expect(iterationsIn(run.records)).toEqual([
        expect.objectContaining(fellBack(typeof ends === 'string' ? ends : expect.stringMatching(ends), why)),
      ])
      expect(server.calls).toHaveLength(1)
    },
  )
})
