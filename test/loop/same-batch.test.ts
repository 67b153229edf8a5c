import { afterEach, expect, test } from 'vitest'
import { iterationsIn, normalised } from '../support/histories.js'
import { type ModelServer, startModelServer } from '../support/model-server.js'
import { configOf, killedAfter, loopFolder } from './engine.js'
import { programReply, runWithModels } from './with-models.js'

const servers: ModelServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

/** Everybody has the same idea at first, and another one each time that it is told of a duplicate. */
async function likeMinded() {
  const server = await startModelServer(({ body: { messages } }) => {
    const told = messages.map(({ content }) => content).join('\n')
    const times = (words: string) => told.split(words).length - 1
    const n = 5 + 7 * times('at the same time') + 30 * times('was evaluated before')
    return { kind: 'text', text: programReply(n), afterMs: 10 * (messages.length % 3) }
  })
  servers.push(server)
  return server
}

const config = (baseUrl: string, concurrency: number) =>
  configOf({
    iterations: 8,
    batchSize: 4,
    innovationRate: 1,
    llm: { concurrency, maxRounds: 3, models: [{ model: 'like-minded', baseUrl }] },
  })

test('iterations of one batch that come to the same idea are told of each other in the order of proposal', async () => {
  const server = await likeMinded()
  const run = await runWithModels(loopFolder(), config(server.baseUrl, 4))
  const records = iterationsIn(run.records)
  const outcomes = records.slice(0, 4).map(({ rounds = [] }) => rounds.map(({ outcome }) => outcome!.became))
  expect(outcomes).toEqual([
    ['proposed'],
    ['duplicate', 'proposed'],
    ['duplicate', 'duplicate', 'proposed'],
    // The fourth has no round left for a fourth idea.
    ['duplicate', 'duplicate', 'duplicate'],
  ])
  expect(records[3]!.execution).toMatchObject({ status: 'rejected', error: { category: 'duplicate' } })
  const hashes = records.slice(0, 3).map(({ strategy }) => strategy!.hash)
  expect(new Set(hashes).size).toBe(3)

  // One at a time, and cut within the batch: the same history.
  const alone = await runWithModels(loopFolder(), config(server.baseUrl, 1))
  expect(normalised(alone.records)).toEqual(normalised(run.records))
  const folder = loopFolder()
  await expect(
    runWithModels(folder, config(server.baseUrl, 2), {}, { wrap: killedAfter(2) }),
  ).rejects.toThrow('killed')
  const resumed = await runWithModels(folder, config(server.baseUrl, 3))
  expect(normalised(resumed.records)).toEqual(normalised(run.records))
})
