import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { cli, temporaryFolder } from '../support/cli.js'
import { iterationsIn, readHistory } from '../support/histories.js'
import { startModelServer } from '../support/model-server.js'

const strategy = (n: number) => `Here is one.
\`\`\`ts
import { field, rank, strategy } from 'alphaloop'
const close = field('close')
export default strategy({ name: 'From the model ${n}', score: rank(close.pctChange(${n})), select: { top: 4 } })
\`\`\``

test('a run with a model through HTTP: its strategies are evaluated, the request holds the feedback of the record, and the key is nowhere', async () => {
  const server = await startModelServer((_, index) =>
    index % 4 === 3
      ? { kind: 'status', status: 400, message: 'no' }
      : { kind: 'text', text: strategy(5 + index) },
  )
  onTestFinished(() => server.close())
  const cwd = temporaryFolder()
  const key = 'sk-test-0123456789abcdefghij'
  writeFileSync(
    join(cwd, 'c.yaml'),
    [
      'innovationRate: 1',
      'batchSize: 2',
      'llm:',
      '  concurrency: 1',
      '  models:',
      `    - { model: small, baseUrl: '${server.baseUrl}', apiKeyVariable: TEST_KEY }`,
    ].join('\n'),
  )
  const { code, stdout, stderr } = await cli(
    [
      'run',
      'c.yaml',
      '--data',
      'builtin:symbols=12,bars=600',
      '--iterations',
      '8',
      '--run-dir',
      'run',
      '--json',
    ],
    { cwd, env: { TEST_KEY: key } },
  )
  expect(code, stderr).toBe(0)
  const records = iterationsIn(readHistory(join(cwd, 'run')))
  expect(records).toHaveLength(8)
  const asked = records.filter(({ method }) => method === 'llm')
  const fellBack = records.filter(({ requested }) => requested === 'llm')
  expect([asked.length, fellBack.length]).toEqual([6, 2])
  expect(JSON.parse(stdout)).toMatchObject({ methods: { llm: 6, factor_graph: 2 }, fallbacks: 2 })
  for (const record of asked) {
    expect(record.strategy!.name).toMatch(/^From the model/)
    expect(record.strategy!.code).toContain('pctChange')
    expect(record.usage).toMatchObject({
      model: 'small',
      inputTokens: 1000,
      outputTokens: 200,
      costUsd: null,
    })
  }
  for (const record of fellBack) expect(record.fallbackReason).toMatch(/400/)
  // One call for each iteration, in order: what arrived is what the record says was given.
  expect(server.calls).toHaveLength(8)
  for (const [i, call] of server.calls.entries()) {
    const text = call.body.messages.map(({ content }) => content).join('\n')
    expect(text).toContain(records[i]!.feedback.split('\n')[0])
    expect(call.headers.authorization).toBe(`Bearer ${key}`)
  }
  expect(server.calls.at(-1)!.raw).not.toContain(key)
  expect(readFileSync(join(cwd, 'run', 'history.jsonl'), 'utf8') + stdout + stderr).not.toContain(key)
})
