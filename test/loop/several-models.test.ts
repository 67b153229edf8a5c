import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import type { ProviderName } from '../../src/config/schema.js'
import type { IterationRecord } from '../../src/history/record.js'
import { EXAMPLE_GRAPH } from '../../src/llm/json-form.js'
import { iterationsIn, normalised } from '../support/histories.js'
import {
  type ProviderAnswer,
  type ProviderCall,
  type ProviderServer,
  startProvider,
} from '../support/provider-server.js'
import { INPUT_TOKENS, OUTPUT_TOKENS } from '../support/provider-wires.js'
import { configOf, killedAfter, loopFolder } from './engine.js'
import { programReply, runWithModels } from './with-models.js'

const servers: ProviderServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})
async function serve(
  script: readonly ProviderAnswer[] | ((call: ProviderCall, index: number) => ProviderAnswer),
  provider: ProviderName = 'openai-compatible',
): Promise<ProviderServer> {
  const server = await startProvider(provider, script)
  servers.push(server)
  return server
}

const text = (reply: string): ProviderAnswer => ({ kind: 'text', text: reply })
const down: ProviderAnswer = { kind: 'status', status: 503 }
/** Every call another strategy. */
const inventive = (_call: ProviderCall, index: number) => text(programReply(2 + index))
/** The same request, the same strategy. */
const faithful = ({ raw }: ProviderCall): ProviderAnswer =>
  text(programReply(2 + (createHash('sha256').update(raw).digest().readUInt32BE() % 120)))

const config = (llm: object, more: object = {}) =>
  configOf({
    iterations: 8,
    innovationRate: 1,
    ...more,
    llm: { retries: 0, maxRounds: 1, timeoutSeconds: 30, concurrency: 1, ...llm },
  })

const asked = (records: readonly IterationRecord[]) =>
  records.map(({ rounds }) => `${rounds![0]!.asked}>${rounds!.at(-1)!.answered}`)

describe('who steps in', () => {
  test('is asked in the order of the chain, and the record says who was asked and who answered', async () => {
    const [first, second, third] = [await serve([down]), await serve([down]), await serve(inventive)]
    const run = await runWithModels(
      loopFolder(),
      config({
        models: [
          { model: 'first', baseUrl: first.baseUrl },
          { model: 'third', baseUrl: third.baseUrl, weight: 0 },
          { model: 'second', baseUrl: second.baseUrl, weight: 0 },
        ],
        fallback: ['second', 'third'],
      }),
    )
    const records = iterationsIn(run.records)
    expect(asked(records)).toEqual(Array(8).fill('first>third'))
    expect(records[0]!.rounds![0]!.calls.map(({ model, ended }) => [model, ended])).toEqual([
      ['first', 'server'],
      ['second', 'server'],
      ['third', 'replied'],
    ])
    expect(records[0]).toMatchObject({ method: 'llm', usage: { model: 'third', attempts: 3 } })
    expect([first, second, third].map(({ calls }) => calls.length)).toEqual([8, 8, 8])
    expect(run.state.models).toMatchObject({
      first: { asked: 8, answered: 0, gain: 0 },
      third: { asked: 0, answered: 8 },
    })
  })

  test('is nobody where the chain is empty: the Factor Graph makes the strategy', async () => {
    const [first, second] = [await serve([down]), await serve(inventive)]
    const run = await runWithModels(
      loopFolder(),
      config({
        models: [
          { model: 'first', baseUrl: first.baseUrl },
          { model: 'second', baseUrl: second.baseUrl, weight: 0 },
        ],
        fallback: [],
      }),
    )
    for (const record of iterationsIn(run.records))
      expect(record).toMatchObject({ method: 'factor_graph', fallbackReason: expect.stringContaining('503') })
    expect(second.calls).toHaveLength(0)
  })

  test('without a chain it is the others in their order, and where all fail the reason tells of each', async () => {
    const [first, second] = [await serve([down]), await serve([{ kind: 'status', status: 429 }])]
    const run = await runWithModels(
      loopFolder(),
      config({
        models: [
          { name: 'one', model: 'm', baseUrl: first.baseUrl },
          { name: 'two', model: 'm', baseUrl: second.baseUrl },
        ],
      }),
    )
    for (const { fallbackReason } of iterationsIn(run.records)) {
      expect(fallbackReason).toContain('HTTP 503')
      expect(fallbackReason).toContain('HTTP 429')
    }
  })

  test('takes over for a model whose key is refused, which is asked once and then no more', async () => {
    const [first, second] = [await serve([{ kind: 'status', status: 401 }]), await serve(inventive)]
    const run = await runWithModels(
      loopFolder(),
      config({
        models: [
          { model: 'first', baseUrl: first.baseUrl, apiKeyVariable: 'FIRST_KEY' },
          { model: 'second', baseUrl: second.baseUrl, weight: 0 },
        ],
        fallback: ['second'],
      }),
      { FIRST_KEY: 'a-key-that-is-refused' },
    )
    const records = iterationsIn(run.records)
    expect(asked(records)).toEqual(Array(8).fill('first>second'))
    const told = records.map(({ rounds }) => rounds![0]!.calls[0]!)
    expect(told.map(({ ended, attempts }) => `${ended} ${attempts}`)).toEqual([
      'auth 1',
      ...Array(7).fill('disabled 0'),
    ])
    for (const { because } of told) expect(because).toContain('FIRST_KEY')
    expect(run.warnings).toEqual([expect.stringContaining('FIRST_KEY')])
    expect(first.calls).toHaveLength(1)
  })

  test('in a repair reads the whole conversation, in its own form', async () => {
    const first = await serve([text('no code here'), down])
    const second = await serve([text(JSON.stringify(EXAMPLE_GRAPH))])
    const run = await runWithModels(
      loopFolder(),
      config(
        {
          maxRounds: 3,
          models: [
            { model: 'first', baseUrl: first.baseUrl },
            { model: 'second', baseUrl: second.baseUrl, output: 'json', weight: 0 },
          ],
          fallback: ['second'],
        },
        { iterations: 1 },
      ),
    )
    const [record] = iterationsIn(run.records)
    expect(record).toMatchObject({ method: 'llm', strategy: { name: 'Calm momentum' } })
    expect(record!.rounds!.map(({ asked, answered }) => [asked, answered])).toEqual([
      ['first', 'first'],
      ['first', 'second'],
    ])
    expect(second.calls[0]!.said).toContain('no code here')
    expect(second.calls[0]!.said).toContain('## Output format: JSON')
    expect(first.calls[0]!.said).not.toContain('## Output format: JSON')
  })
})

test('who answered is asked for the repair, before the one that failed', async () => {
  const first = await serve([down])
  const second = await serve([text('no code here'), text(programReply(7))])
  const run = await runWithModels(
    loopFolder(),
    config(
      {
        maxRounds: 3,
        models: [
          { model: 'first', baseUrl: first.baseUrl },
          { model: 'second', baseUrl: second.baseUrl, weight: 0 },
        ],
        fallback: ['second'],
      },
      { iterations: 1 },
    ),
  )
  expect(iterationsIn(run.records)[0]!.rounds!.map(({ asked, answered }) => [asked, answered])).toEqual([
    ['first', 'second'],
    ['second', 'second'],
  ])
  expect(first.calls).toHaveLength(1)
})

describe('the choice among several', () => {
  const three = (urls: readonly string[], llm: object, more: object = {}) =>
    config(
      { models: urls.map((baseUrl, i) => ({ name: `m${i}`, model: 'm', baseUrl, weight: 3 - i })), ...llm },
      { iterations: 24, ...more },
    )

  test('follows the weights, the same for the same seed', async () => {
    const server = await serve(faithful)
    const urls = Array(3).fill(server.baseUrl)
    const one = await runWithModels(loopFolder(), three(urls, { concurrency: 4 }))
    const other = await runWithModels(loopFolder(), three(urls, { concurrency: 1 }))
    expect(asked(iterationsIn(one.records))).toEqual(asked(iterationsIn(other.records)))
    const counts = ['m0', 'm1', 'm2'].map((name) => one.state.models[name]?.asked ?? 0)
    expect(counts[0]! + counts[1]! + counts[2]!).toBe(24)
    expect(counts[0]).toBeGreaterThan(counts[2]!)
  })

  test('by the bandit goes on after a kill within a batch as if nothing had happened', async () => {
    const good = await serve(faithful)
    const bad = await serve([text('no strategy at all')])
    const settings = three(
      [good.baseUrl, bad.baseUrl, good.baseUrl],
      { selection: 'bandit' },
      { iterations: 48 },
    )
    const whole = await runWithModels(loopFolder(), settings)
    const folder = loopFolder()
    for (const kill of [7, 6, 5])
      await expect(runWithModels(folder, settings, {}, { wrap: killedAfter(kill) })).rejects.toThrow('killed')
    const resumed = await runWithModels(folder, settings)
    expect(normalised(resumed.records)).toEqual(normalised(whole.records))
    expect(resumed.state.models).toEqual(whole.state.models)
    // Of three alike in cost, the one that never earned anything is asked least.
    const { m0, m1, m2 } = whole.state.models
    expect(m1!.gain).toBe(0)
    expect(m1!.asked).toBeGreaterThan(0)
    expect(m1!.asked).toBeLessThan((m0!.asked + m2!.asked) / 3)
  })
})

describe('a budget', () => {
  const price = { inputPerMillion: 1000, outputPerMillion: 5000 }
  /** A call costs 2 dollars, and 2.5 or more at worst: its request and 300 tokens of reply. */
  const CALL_USD = (INPUT_TOKENS * 1000 + OUTPUT_TOKENS * 5000) / 1e6
  const paid = (baseUrl: string, budget: object, llm: object = {}, more: object = {}) =>
    config(
      { models: [{ model: 'paid', baseUrl, price, maxOutputTokens: 300 }], budget, concurrency: 8, ...llm },
      { batchSize: 8, iterations: 24, ...more },
    )
  const slow = (call: ProviderCall, index: number): ProviderAnswer =>
    ({ ...inventive(call, index), afterMs: 5 }) as ProviderAnswer

  test('in dollars holds with 8 calls in flight: at most one above, and the run goes on without models', async () => {
    const server = await serve(slow)
    const run = await runWithModels(loopFolder(), paid(server.baseUrl, { maxCostUsd: 11 }))
    const records = iterationsIn(run.records)
    expect(records).toHaveLength(24)
    const spent = server.calls.length * CALL_USD
    expect(spent).toBeGreaterThanOrEqual(11)
    expect(spent).toBeLessThan(11 + CALL_USD)
    expect(run.state.spent).toEqual({
      calls: server.calls.length,
      tokens: server.calls.length * (INPUT_TOKENS + OUTPUT_TOKENS),
      costUsd: spent,
    })
    const refused = records.filter(({ method }) => method === 'factor_graph')
    expect(refused).toHaveLength(24 - server.calls.length)
    for (const record of refused) {
      expect(record.fallbackReason).toBe(`The budget of $11 for models is spent ($${spent}).`)
      expect(record.rounds![0]!.calls[0]).toMatchObject({ ended: 'budget', attempts: 0 })
    }
  })

  test.each([
    ['factorGraph', 'finished'],
    ['stop', 'budgetSpent'],
  ] as const)(
    'holds with 8 calls in flight that are mended, tried again and cut off, of two models; then: %s',
    async (whenSpent, stopped) => {
      const wire = (call: ProviderCall, index: number): ProviderAnswer =>
        [
          { ...inventive(call, index), afterMs: index % 7 } as ProviderAnswer,
          text('no program'),
          { kind: 'cutWithin' } as const,
          down,
          { ...inventive(call, 150 + index), afterMs: 3 } as ProviderAnswer,
        ][index % 5]!
      const servers = [await serve(wire), await serve((call, index) => wire(call, 500 + index))]
      // A reply costs 2 dollars and some cents, and 3 at worst.
      const price = { inputPerMillion: 10, outputPerMillion: 10_000 }
      const limit = 60
      const run = await runWithModels(
        loopFolder(),
        config(
          {
            models: servers.map(({ baseUrl }, i) => ({
              model: `m${i}`,
              baseUrl,
              price,
              maxOutputTokens: 300,
            })),
            budget: { maxCostUsd: limit, whenSpent },
            concurrency: 8,
            retries: 1,
            maxRounds: 3,
          },
          { batchSize: 8, iterations: 40 },
        ),
      )
      const records = iterationsIn(run.records)
      expect(run.stopped).toBe(stopped)
      if (whenSpent === 'factorGraph') expect(records).toHaveLength(40)
      else expect(records.length).toBeLessThan(40)
      const calls = records.flatMap(({ rounds }) => rounds?.flatMap((round) => round.calls) ?? [])
      // An attempt at its worst: the whole prompt in tokens, the whole reply.
      const dearest = Math.max(
        ...calls.map(({ charged, attempts }) => charged.costUsd! / Math.max(1, attempts)),
      )
      const { costUsd } = run.state.spent
      expect(costUsd).toBeGreaterThanOrEqual(limit)
      expect(costUsd).toBeLessThan(limit + dearest)
      // Every kind of ending was among them, and after the last dollar nobody was asked.
      const ends = new Set(calls.map(({ ended }) => ended))
      for (const ended of ['replied', 'budget']) expect(ends).toContain(ended)
      expect(calls.some(({ attempts }) => attempts === 2)).toBe(true)
      expect(records.some(({ rounds }) => (rounds?.length ?? 0) > 1)).toBe(true)
      expect(servers.flatMap(({ calls: sent }) => sent)).toHaveLength(
        calls.reduce((sum, { attempts }) => sum + attempts, 0),
      )
    },
  )

  test('goes on after a kill from what was spent', async () => {
    const server = await serve(inventive)
    const settings = paid(server.baseUrl, { maxCalls: 10 }, { concurrency: 1 }, { batchSize: 4 })
    const folder = loopFolder()
    await expect(runWithModels(folder, settings, {}, { wrap: killedAfter(4) })).rejects.toThrow('killed')
    const before = server.calls.length
    const run = await runWithModels(folder, settings)
    // Four were recorded; those that were asked but never recorded are forgotten with their iterations.
    expect(server.calls.length - before).toBe(10 - 4)
    expect(run.state.spent.calls).toBe(10)
    expect(run.state.counts.methods).toMatchObject({ llm: 10, factor_graph: 14 })
  })

  test('that ends the run ends it between two batches, again on a resume, and no more once it is raised', async () => {
    const server = await serve(inventive)
    const folder = loopFolder()
    const limited = (maxTokens: number) =>
      paid(server.baseUrl, { maxTokens, whenSpent: 'stop' }, {}, { batchSize: 4 })
    const first = await runWithModels(folder, limited(7000))
    expect(first.stopped).toBe('budgetSpent')
    expect(iterationsIn(first.records)).toHaveLength(8)
    expect(server.calls).toHaveLength(6)
    expect(first.events.at(-1)).toEqual({
      type: 'warning',
      message:
        'The budget of 7000 tokens for models is spent (7200). The run ends here, after a whole batch, as `llm.budget.whenSpent` says; to go on, raise the budget or set it to factorGraph.',
    })
    const again = await runWithModels(folder, limited(7000))
    expect([again.stopped, again.records.length]).toEqual(['budgetSpent', first.records.length])
    expect(server.calls).toHaveLength(6)
    const raised = await runWithModels(folder, limited(1_000_000))
    expect([raised.stopped, iterationsIn(raised.records).length]).toEqual(['finished', 24])
  })

  test('counts attempts as calls, and the worst case of one that may have cost something', async () => {
    const server = await serve([
      { kind: 'cutWithin' },
      { kind: 'status', status: 500 },
      text(programReply(9)),
    ])
    const settings = paid(server.baseUrl, { maxCostUsd: 1000 }, { retries: 2 }, { iterations: 1 })
    const run = await runWithModels(loopFolder(), settings)
    const [call] = iterationsIn(run.records)[0]!.rounds![0]!.calls
    expect(call).toMatchObject({ attempts: 3, costUsd: CALL_USD, charged: { calls: 3 } })
    // The half answer at its worst, nothing for the refusal, and what the reply said of itself.
    expect(call!.charged.tokens).toBeGreaterThan(INPUT_TOKENS + OUTPUT_TOKENS + 300)
    expect(call!.charged.costUsd).toBeGreaterThan(CALL_USD + 300 * 0.005)
  })

  test('in dollars cannot hold a model without a price: that is said, tokens are counted, and it steps in', async () => {
    const [dear, own] = [await serve(inventive), await serve((call, i) => inventive(call, 100 + i))]
    const settings = paid(dear.baseUrl, { maxCostUsd: 3 })
    const run = await runWithModels(loopFolder(), {
      ...settings,
      llm: {
        ...settings.llm,
        fallback: ['own'],
        models: [
          ...settings.llm.models,
          { ...settings.llm.models[0]!, model: 'own', baseUrl: own.baseUrl, price: undefined, weight: 0 },
        ],
      },
    })
    expect(run.warnings).toEqual([
      'llm.budget.maxCostUsd cannot hold own: no price is known. Give `price`, or limit maxTokens or maxCalls.',
    ])
    expect([dear.calls.length, own.calls.length]).toEqual([2, 22])
    expect(run.state.models.own).toMatchObject({ costUsd: null, tokens: 22 * (INPUT_TOKENS + OUTPUT_TOKENS) })
    expect(run.state.spent.costUsd).toBeCloseTo(2 * CALL_USD, 9)
    expect(run.state.counts.methods.llm).toBe(24)
  })
})

describe('a graph as JSON', () => {
  const graph = (change: object = {}) => JSON.stringify({ ...EXAMPLE_GRAPH, ...change })
  const wrong = graph({
    nodes: EXAMPLE_GRAPH.nodes.map((node) => (node.id === 'average' ? { ...node, op: 'smaa' } : node)),
  })

  test.each([
    ['openai', false],
    ['openai', true],
    ['anthropic', false],
    ['anthropic', true],
    ['google', false],
    ['google', true],
    ['openrouter', false],
    ['openai-compatible', false],
    ['openai-compatible', true],
  ] as const)(
    'of %s (stream: %s) is checked like code, and mended with the exact error',
    async (provider, stream) => {
      const server = await serve([text(wrong), text(graph())], provider)
      const run = await runWithModels(
        loopFolder(),
        config(
          {
            maxRounds: 3,
            models: [
              {
                provider,
                model: 'm',
                baseUrl: server.baseUrl,
                output: 'json',
                stream,
                apiKeyVariable: 'SOME_KEY',
              },
            ],
          },
          { iterations: 1 },
        ),
        { SOME_KEY: 'some-key-of-a-test' },
      )
      const [record] = iterationsIn(run.records)
      expect(record).toMatchObject({
        method: 'llm',
        strategy: { name: 'Calm momentum', code: graph() },
        rounds: [{ answered: 'm' }, { answered: 'm' }],
      })
      const [first, second] = server.calls
      expect(first!.raw).toMatch(
        {
          openai: /"type":"json_schema".*"strict":false/,
          anthropic: /"tool_choice":\{"type":"(?:tool|any)"/,
          google: /"responseMimeType":"application\/json"/,
          openrouter: /"response_format":\{"type":"json_object"\}/,
          'openai-compatible': /"response_format":\{"type":"json_object"\}/,
        }[provider],
      )
      expect(first!.said).toContain('## Output format: JSON')
      expect(second!.said).toContain('there is no operator "smaa"; did you mean sma?')
      expect(second!.said).toContain('as one JSON object, and nothing else')
    },
  )

  test('that is no JSON is told where it breaks', async () => {
    const server = await serve([text('{"version": 1, "name": oops}'), text('Sorry.'), text(graph())])
    const run = await runWithModels(
      loopFolder(),
      config(
        { maxRounds: 3, models: [{ model: 'm', baseUrl: server.baseUrl, output: 'json' }] },
        { iterations: 1 },
      ),
    )
    expect(iterationsIn(run.records)[0]).toMatchObject({ method: 'llm', strategy: { name: 'Calm momentum' } })
    expect(server.calls[1]!.said).toMatch(/Place: line 1, column 2\d/)
    expect(server.calls[2]!.said).toContain('Hint: write the strategy as one JSON object')
  })
})
