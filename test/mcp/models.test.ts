import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { cli } from '../support/cli.js'
import { historyOf, iterationsIn, readHistory } from '../support/histories.js'
import { startModelServer } from '../support/model-server.js'
import { agentOfTest, MARKET, momentum, workFolder } from './support.js'

const CANARY = 'sk-canary-0123456789abcdefghijklmnop'

/** A run whose every iteration asks a model that takes longer than the time that is given. */
async function withModel(folder: string) {
  const server = await startModelServer((_, i) => ({
    kind: 'text',
    text: `\`\`\`ts\n${momentum(50 + i, `Model ${i}`)}\`\`\``,
    afterMs: 1200,
  }))
  onTestFinished(() => server.close())
  writeFileSync(
    join(folder, 'alphaloop.yaml'),
    [
      `data: ${MARKET}`,
      'runDirectory: run',
      'workers: 1',
      'batchSize: 2',
      'innovationRate: 1',
      'llm:',
      `  models: [{ model: scripted, baseUrl: "${server.baseUrl}", apiKeyVariable: MODEL_KEY }]`,
      '',
    ].join('\n'),
  )
  return server
}

test('answers of models that are under way when the time is over are waited for, and no key is told', async () => {
  const folder = workFolder()
  const server = await withModel(folder)
  const agent = await agentOfTest(folder, [], { env: { MODEL_KEY: CANARY } })
  const heard: (string | undefined)[] = []
  const told = await agent.get(
    'run_iterations',
    { count: 6, maxSeconds: 1 },
    { onprogress: ({ message }) => heard.push(message) },
  )
  expect(told).toMatchObject({ recorded: 2, iterations: 2, ended: 'outOfTime' })
  expect(server.calls).toHaveLength(2)
  expect(heard).toContain('iteration 0: asking a model')
  const runDir = join(folder, 'run')
  expect(
    iterationsIn(readHistory(runDir)).map(({ proposer, strategy }) => [proposer, strategy?.name]),
  ).toEqual([
    ['model', 'Model 0'],
    ['model', 'Model 1'],
  ])
  // An agent that hands in the key does not find it again.
  await agent.get('propose_strategy', { code: `// ${CANARY}\n${momentum(20)}` })
  expect((await agent.get('get_record', { iteration: 2 })).written).not.toContain(CANARY)
  await agent.close()
  const files = readdirSync(runDir, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  expect(files.length).toBeGreaterThan(3)
  for (const { parentPath, name } of files)
    expect(readFileSync(join(parentPath, name), 'latin1').includes(CANARY), name).toBe(false)
  expect(agent.heard.slice(0, -1).join('').includes(CANARY)).toBe(false)
  expect(agent.log()).not.toContain(CANARY)

  // What agents proposed is replayed like what models did.
  const { code, stderr } = await cli(['run', '--replay', 'run', '--run-dir', 'again', '--quiet'], {
    cwd: folder,
  })
  expect(code, stderr).toBe(0)
  // The first record says that it is a replay.
  expect(historyOf(join(folder, 'again')).slice(1)).toEqual(historyOf(runDir).slice(1))
  expect(server.calls).toHaveLength(2)
})
