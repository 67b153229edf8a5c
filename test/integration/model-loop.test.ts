import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { TextStore } from '../../src/history/text-store.js'
import { cli, temporaryFolder } from '../support/cli.js'
import { iterationsIn, readHistory } from '../support/histories.js'
import { type Answer, type ReceivedCall, startModelServer } from '../support/model-server.js'

const CANARY = 'sk-canary-0123456789abcdefghijklmnop'

/** A strategy whose lookback makes it different from the others. */
const reply = (lookback: number): Answer => ({
  kind: 'text',
  text: `Here it is.\n\n\`\`\`ts
import { strategy, field, rank } from 'alphaloop'
const close = field('close')
export default strategy({
  name: 'Model ${lookback}',
  score: rank(close.pctChange(${lookback})),
  select: { top: 5 },
})
\`\`\`\n`,
})

let folder: string
beforeEach(() => {
  folder = temporaryFolder()
})

async function runLoop(
  answers: readonly Answer[] | ((call: ReceivedCall, index: number) => Answer),
  extra = '',
) {
  const server = await startModelServer(answers)
  try {
    writeFileSync(
      join(folder, 'alphaloop.yaml'),
      `data: builtin:symbols=12,bars=500,seed=3
iterations: 6
batchSize: 2
innovationRate: 1
runDirectory: run
llm:
  retries: 1
  backoffSeconds: 0
  timeoutSeconds: 2
  concurrency: 1
  models:
    - model: test-model
      baseUrl: ${server.baseUrl}
      apiKeyVariable: MODEL_KEY
${extra}`,
    )
    const { code, stdout, stderr } = await cli(['run', '--json'], { cwd: folder, env: { MODEL_KEY: CANARY } })
    const records = iterationsIn(readHistory(join(folder, 'run')))
    return { code, summary: JSON.parse(stdout), stderr, records, calls: server.calls }
  } finally {
    await server.close()
  }
}

const sent = (call: ReceivedCall) => call.body.messages.map(({ content }) => content).join('\n')

describe('a run that asks a model', () => {
  test('feedback, failures and target of the run so far reach the provider', async () => {
    const { code, records, calls, summary } = await runLoop((_, i) =>
      i === 1
        ? { kind: 'text', text: '```ts\nexport default strategy({ score: nonsense(1) })\n```' }
        : reply(5 + 10 * i),
    )
    expect(code).toBe(0)
    expect(summary.methods.llm).toBe(6)
    expect(records.map((record) => record.method)).toEqual(Array(6).fill('llm'))
    const [first] = records
    const last = calls.at(-1)!
    // What was recorded as the feedback of the last iteration is what stood in its request, word for word.
    expect(records.at(-1)!.feedback).toContain('Iteration 3')
    expect(sent(last)).toContain(records.at(-1)!.feedback)
    expect(sent(last)).toMatch(/target|beat|Sharpe/i)
    expect(sent(calls[0]!)).toContain('first iteration')
    expect(first!.usage).toMatchObject({
      provider: 'openai-compatible',
      model: 'test-model',
      attempts: 1,
      costUsd: null,
    })
    // The reply that did not compile was answered with its error in the same iteration.
    expect(sent(calls[2]!)).toContain('nonsense')
  })

  test('a reply that never compiles ends as a recorded error, and counts among what failed lately', async () => {
    const broken: Answer = {
      kind: 'text',
      text: '```ts\nexport default strategy({ score: field("close").nonsense(1), select: { top: 3 } })\n```',
    }
    const { code, records, calls } = await runLoop((_, i) => (i < 3 ? broken : reply(5 + 10 * i)))
    expect(code).toBe(0)
    expect(records[0]).toMatchObject({
      method: 'llm',
      level: 'LEVEL_0',
      strategy: null,
      execution: { status: 'error' },
    })
    expect(records).toHaveLength(6)
    const later = calls.slice(5).map(sent).join('\n')
    expect(later).toContain('nonsense')
  })

  test('a provider that is down is stood in for by the Factor Graph, with the reason in the record', async () => {
    const { code, records, summary } = await runLoop([{ kind: 'status', status: 500 }])
    expect(code).toBe(0)
    expect(summary.fallbacks).toBe(6)
    expect(summary.methods).toMatchObject({ llm: 0, factor_graph: 6 })
    for (const record of records) {
      expect(record).toMatchObject({
        method: 'factor_graph',
        requested: 'llm',
        execution: { status: 'success' },
      })
      expect(record.fallbackReason).toMatch(/500/)
    }
  })

  test('a refused key names its variable and is not tried again', async () => {
    const { records, calls } = await runLoop([{ kind: 'status', status: 401, message: `bad key ${CANARY}` }])
    expect(calls.length).toBeLessThanOrEqual(2)
    expect(records).toHaveLength(6)
    expect(records[0]!.fallbackReason).toContain('MODEL_KEY')
  })

  test('the key stands in no file and no output', async () => {
    const { stderr, summary, calls } = await runLoop((_, i) =>
      i === 0
        ? { kind: 'text', text: `Your key is ${CANARY}\n${(reply(9) as { text: string }).text}` }
        : reply(5 + 10 * i),
    )
    expect(calls[0]!.headers.authorization).toBe(`Bearer ${CANARY}`)
    expect(stderr + JSON.stringify(summary)).not.toContain(CANARY)
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
      if (entry.isFile())
        expect(readFileSync(join(entry.parentPath, entry.name), 'latin1')).not.toContain(CANARY)
  })

  test('prompt and reply can be read again by the hashes in the record', async () => {
    const { records } = await runLoop((_, i) => reply(5 + 10 * i))
    const texts = new TextStore(join(folder, 'run/texts'))
    expect(await texts.get(records[0]!.prompt!)).toContain('first iteration')
    expect(await texts.get(records[0]!.reply!)).toContain('pctChange')
  })
})
