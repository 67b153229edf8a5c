import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cli, temporaryFolder } from '../support/cli.js'
import { iterationsIn, readHistory } from '../support/histories.js'
import { FAILURES, FEEDBACK, taughtReply, withoutLessons } from '../support/learning-model.js'
import { startModelServer } from '../support/model-server.js'

/** Ten iterations of a model that learns from its requests alone, each of which passes through `proxy` on its way. */
async function learn(proxy: (request: string) => string = (request) => request) {
  const folder = temporaryFolder()
  const server = await startModelServer(({ body: { messages } }) => ({
    kind: 'text',
    text: taughtReply(proxy(messages.map(({ content }) => content).join('\n\n'))),
  }))
  try {
    writeFileSync(
      join(folder, 'alphaloop.yaml'),
      `data: builtin:symbols=40,bars=700,seed=2,momentum=0.1
iterations: 10
batchSize: 1
innovationRate: 1
constraints: { maxTurnover: 8 }
llm:
  maxRounds: 1
  models:
    - { model: student, baseUrl: '${server.baseUrl}' }
`,
    )
    const { code, stderr } = await cli(['run', '--run-dir', 'run'], { cwd: folder })
    expect(code, stderr).toBe(0)
    expect(server.calls).toHaveLength(10)
    return iterationsIn(readHistory(join(folder, 'run')))
  } finally {
    await server.close()
  }
}

const champions = (records: Awaited<ReturnType<typeof learn>>) =>
  records.filter(({ champion }) => champion.updated)
const errors = (records: Awaited<ReturnType<typeof learn>>) =>
  records.map(({ execution }) => ('error' in execution ? execution.error?.code : undefined))

test('a model that is told what went wrong reaches the target', async () => {
  const records = await learn()
  // One lesson an iteration: the method, the field, the universe, the sign, and what trading costs.
  expect(errors(records).slice(0, 2)).toEqual(['UNKNOWN_METHOD', 'UNKNOWN_FIELD'])
  expect(records[2]!.metrics?.train?.trades ?? 0).toBe(0)
  expect(records[3]!.metrics!.train!.sharpe).toBeLessThan(0)
  expect(records[4]!.champion).toMatchObject({ updated: false, gate: 'constraint' })
  expect(champions(records).map(({ iteration }) => iteration)).toEqual([5])
  expect(records[5]!.metrics!.validation!.sharpe).toBeGreaterThan(1)
})

test('the same model in the same loop, with the lessons cut out of its requests, makes its first mistake for ever', async () => {
  const records = await learn(withoutLessons)
  expect(champions(records)).toEqual([])
  expect(errors(records)).toEqual(Array(10).fill('UNKNOWN_METHOD'))
})

test('with either half of the lessons alone it gets no further than that half goes', async () => {
  const failuresAlone = await learn((request) => withoutLessons(request, [FEEDBACK]))
  expect(champions(failuresAlone)).toEqual([])
  // It knows how to write a strategy that trades, and not that it loses.
  expect(failuresAlone[3]!.metrics!.train!.sharpe).toBeLessThan(0)
  expect(errors(failuresAlone).slice(4)).toEqual(Array(6).fill('DUPLICATE'))
  const feedbackAlone = await learn((request) => withoutLessons(request, [FAILURES, 'The strategy to mend']))
  expect(champions(feedbackAlone)).toEqual([])
})
