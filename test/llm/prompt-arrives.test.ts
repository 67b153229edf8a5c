import { expect, test } from 'vitest'
import { DEFAULT_CHAMPION_POLICY, requiredMargin } from '../../src/champion/policy.js'
import { failurePatterns } from '../../src/feedback/failure-patterns.js'
import { buildPrompt } from '../../src/feedback/prompt.js'
import { summarize } from '../../src/feedback/summarize.js'
import type { IterationRecord } from '../../src/history/record.js'
import { createModelProposer } from '../../src/llm/propose.js'
import { createQuickJsSandbox } from '../../src/sandbox/quickjs.js'
import { compileStrategy } from '../../src/strategy/compile.js'
import { startModelServer } from '../support/model-server.js'
import { makeClient, proposing } from './make.js'

const failed = (iteration: number): IterationRecord => ({
  schema: 1,
  kind: 'iteration',
  id: `018f0000-0000-7000-8000-00000000000${iteration}`,
  timestamp: '2026-01-01T00:00:00Z',
  run: null,
  iteration,
  method: 'llm',
  proposer: 'model',
  trials: 1,
  parents: [],
  strategy: null,
  execution: {
    status: 'error',
    durationMs: 1,
    error: {
      category: 'unknown field',
      code: 'UNKNOWN_FIELD',
      message: `the data has no field "earnings${iteration}"`,
      hint: 'it has close, volume',
    },
  },
  metrics: null,
  level: 'LEVEL_0',
  champion: { updated: false, because: 'It did not run.', previous: null },
  feedback: '',
})

test('feedback, failures and target stand in the request that the provider receives', async () => {
  const records = [failed(0), failed(1)]
  const validation = { sharpe: 1.37, maxDrawdown: -0.2 }
  const feedback = summarize({
    records,
    champion: { iteration: 0, crownedAt: 0, validation },
    nextIteration: 9,
  }).text
  const { target } = requiredMargin(1.37, DEFAULT_CHAMPION_POLICY, { iteration: 9, crownedAt: 0 })
  const server = await startModelServer([{ kind: 'text', text: 'no code' }])
  await createModelProposer({
    models: () => [proposing(makeClient({ baseUrl: server.baseUrl }))],
    compile: (source, language) => compileStrategy(source, createQuickJsSandbox(), { language }),
    prompt: () =>
      buildPrompt({
        iteration: 9,
        policy: DEFAULT_CHAMPION_POLICY,
        champion: {
          iteration: 0,
          crownedAt: 0,
          name: 'First',
          code: "export default 'the code of the champion'",
          language: 'ts',
          train: {},
          validation,
        },
        feedback,
        failures: failurePatterns(records),
        fields: [{ name: 'close', coverage: 1 }],
        groups: [],
        constraints: { maxNodes: 200, maxDepth: 30, maxFields: 10 },
      }),
    maxRounds: 1,
    redact: (text) => text,
  }).propose({ isKnown: () => false, signal: new AbortController().signal })
  await server.close()

  const [system, user] = server.calls[0]!.body.messages
  expect(feedback).toContain('earnings1')
  expect(user!.content).toContain(feedback)
  expect(user!.content).toContain('2 × unknown field, iteration 1: the data has no field "earnings1".')
  expect(user!.content).toContain(`a validation Sharpe of at least ${target.toFixed(2)}`)
  expect(user!.content).toContain('the code of the champion')
  expect(system!.content).toContain('\npctChange(x: numeric, n: 1…1000)')
})
