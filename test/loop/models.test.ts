import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import type { Strategy } from '../../src/graph/strategy.js'
import type { ModelProposal } from '../../src/llm/propose.js'
import type { ModelRequest } from '../../src/loop/ports.js'
import { strategyFromTemplate } from '../../src/search/from-template.js'
import { iterationsIn, normalised } from '../support/histories.js'
import { configOf, killedAfter, loopFolder, runInFolder, SPACE } from './engine.js'

const usage = {
  provider: 'local',
  model: 'm',
  inputTokens: 10,
  outputTokens: 5,
  costUsd: null,
  latencyMs: 1,
  attempts: 1,
}
const drawn = (i: number): Strategy => {
  for (let n = i * 100; ; n++) {
    const made = strategyFromTemplate(createRng('model', n), SPACE)
    if (made.ok) return made.strategy
  }
}
const proposed = (i: number): ModelProposal => ({
  state: 'proposed',
  strategy: drawn(i),
  code: `code ${i}`,
  usage,
  rounds: [],
  prompt: 'the prompt',
  reply: 'the reply',
})

/** A model that answers by the number of the iteration. */
function modelOf(answer: (request: ModelRequest) => ModelProposal, onAsk?: () => void) {
  const asked: ModelRequest[] = []
  return {
    asked,
    async propose(request: ModelRequest): Promise<ModelProposal> {
      asked.push(request)
      onAsk?.()
      await new Promise((resolve) => setTimeout(resolve, request.iteration % 3))
      return answer(request)
    },
  }
}

const everyIteration = { innovationRate: 1, iterations: 8 }

describe('an iteration that asks a model', () => {
  test('records its strategy, code, usage and the texts of prompt and reply', async () => {
    const model = modelOf(({ iteration }) => proposed(iteration))
    const { records } = await runInFolder(loopFolder(), configOf(everyIteration), { model })
    const iterations = iterationsIn(records)
    expect(iterations).toHaveLength(8)
    for (const record of iterations)
      expect(record).toMatchObject({
        method: 'llm',
        proposer: 'model',
        strategy: { code: `code ${record.iteration}`, hash: drawn(record.iteration).hash },
        usage,
        prompt: 'text of 10',
        reply: 'text of 9',
      })
    // The feedback that it was given is the feedback of the record.
    for (const { iteration, feedback } of model.asked) expect(iterations[iteration]!.feedback).toBe(feedback)
  })

  test('falls back to the Factor Graph when the model cannot be reached, and says why', async () => {
    const model = modelOf(() => ({
      state: 'unavailable',
      because: 'it is down',
      usage: undefined,
      rounds: [],
      prompt: 'p',
    }))
    const { records, state } = await runInFolder(loopFolder(), configOf(everyIteration), { model })
    for (const record of iterationsIn(records))
      expect(record).toMatchObject({
        method: 'factor_graph',
        requested: 'llm',
        fallbackReason: 'it is down',
        prompt: 'text of 1',
      })
    expect(state.counts.fallbacks).toBe(8)
    // What the Factor Graph proposes does not depend on whether a model was asked first.
    const alone = await runInFolder(loopFolder(), configOf({ ...everyIteration, innovationRate: 0 }))
    const hashes = (all: typeof records) => iterationsIn(all).map(({ strategy }) => strategy!.hash)
    expect(hashes(records)).toEqual(hashes(alone.records))
  })

  test('is an error with the place when nothing of the reply compiles', async () => {
    const error = { category: 'syntax', code: 'SYNTAX', message: 'unexpected token', line: 3, column: 7 }
    const model = modelOf(() => ({ state: 'unusable', error, usage, rounds: [], prompt: 'p', reply: 'r' }))
    const { records } = await runInFolder(loopFolder(), configOf({ ...everyIteration, batchSize: 1 }), {
      model,
    })
    const [first, second] = iterationsIn(records)
    expect(first).toMatchObject({
      method: 'llm',
      strategy: null,
      level: 'LEVEL_0',
      execution: { status: 'error', error },
      usage,
    })
    expect(second!.feedback).toContain('The place is line 3, column 7.')
  })

  test('is rejected as a duplicate when the strategy is known already, from before or from the same batch', async () => {
    const model = modelOf(() => proposed(1))
    const { records } = await runInFolder(loopFolder(), configOf(everyIteration), { model })
    const iterations = iterationsIn(records)
    expect(iterations.map(({ execution }) => execution.status)).toEqual([
      'success',
      ...Array(7).fill('rejected'),
    ])
    expect(iterations[7]!.execution).toMatchObject({ error: { code: 'DUPLICATE', category: 'duplicate' } })
    expect(model.asked[7]!.isKnown(drawn(1).hash)).toBe(true)
    expect(model.asked[0]!.isKnown(drawn(1).hash)).toBe(false)
  })
})

test('models are asked side by side up to the limit, and their order of answering changes nothing', async () => {
  let running = 0
  let most = 0
  const slow = (delays: readonly number[]) => ({
    async propose({ iteration }: ModelRequest) {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, delays[iteration % delays.length]!))
      running--
      return proposed(iteration)
    },
  })
  const config = configOf({ ...everyIteration, batchSize: 8, llm: { concurrency: 3 } })
  const one = await runInFolder(loopFolder(), config, { model: slow([1, 9, 4]) })
  expect(most).toBe(3)
  const other = await runInFolder(loopFolder(), config, { model: slow([8, 1, 1, 1]) })
  expect(normalised(other.records)).toEqual(normalised(one.records))
})

test('a run with a model that is cut within a batch asks only for the iterations without a record', async () => {
  const config = configOf({ innovationRate: 0.5, iterations: 12 })
  const answer = ({ iteration }: ModelRequest) => proposed(iteration)
  const whole = await runInFolder(loopFolder(), config, { model: modelOf(answer) })
  const folder = loopFolder()
  const cut = runInFolder(folder, config, { model: modelOf(answer), wrap: killedAfter(6) })
  await expect(cut).rejects.toThrow('killed')
  const model = modelOf(answer)
  const { records } = await runInFolder(folder, config, { model })
  expect(normalised(records)).toEqual(normalised(whole.records))
  expect(Math.min(...model.asked.map(({ iteration }) => iteration))).toBeGreaterThanOrEqual(6)
})

test('what a batch that was cut has evaluated already is a duplicate for the rest of it', async () => {
  const folder = loopFolder()
  const config = configOf({ ...everyIteration, iterations: 4 })
  const model = modelOf(() => proposed(1))
  await expect(runInFolder(folder, config, { model, wrap: killedAfter(2) })).rejects.toThrow('killed')
  const { records } = await runInFolder(folder, config, { model })
  const statuses = iterationsIn(records).map(({ execution }) => execution.status)
  expect(statuses).toEqual(['success', 'rejected', 'rejected', 'rejected'])
})

test('an interrupt while a model is asked records nothing half done, and asks no more', async () => {
  const stop = new AbortController()
  const model = modelOf(
    ({ iteration }) => proposed(iteration),
    () => stop.abort(),
  )
  const folder = loopFolder()
  const config = configOf({ ...everyIteration, llm: { concurrency: 1 } })
  const { stopped, records } = await runInFolder(folder, config, { model, stop })
  expect([stopped, records.length, model.asked.length]).toEqual(['interrupted', 0, 1])
  const resumed = await runInFolder(folder, config, {
    model: modelOf(({ iteration }) => proposed(iteration)),
  })
  expect(iterationsIn(resumed.records)).toHaveLength(8)
})
