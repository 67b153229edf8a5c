import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { contentHash } from '../../src/base/hash.js'
import { verifyHistory } from '../../src/history/verify.js'
import { createThreadSandbox } from '../../src/sandbox/thread-sandbox.js'
import { configOf, loopFolder } from '../loop/engine.js'
import { runWithModels } from '../loop/with-models.js'
import { iterationsIn } from '../support/histories.js'
import { startProvider } from '../support/provider-server.js'
import { damagedReplies, KIND_NAMES } from './damaged-replies.js'

const COUNT = process.env.ALPHALOOP_DEEP === '1' ? 5000 : 1000

const keep = async (text: string) => ({ hash: contentHash(text), text })
const UNKEPT = { keep, put: async (text: string) => contentHash(text) }

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
/** What is held in this process, its threads' own heaps aside, in bytes. */
function held(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

test('a thousand replies of every kind of damage end as strategies or as errors with a code, and memory stays flat', async () => {
  const replies = damagedReplies(COUNT)
  expect(new Set(replies.map(({ kind }) => kind))).toEqual(new Set(KIND_NAMES))
  expect(KIND_NAMES.length).toBeGreaterThanOrEqual(20)
  // Long enough for a sound reply on a machine that has other things to do.
  const sandbox = createThreadSandbox({ limits: { timeMs: 500, readMs: 1000 } })
  // The first call is the first iteration's, and so on: one at a time, one round each.
  const server = await startProvider(
    'openai-compatible',
    (_, index) => ({ kind: 'text', text: replies[index]!.text() }),
    { keepCalls: false },
  )
  const memory: number[] = []
  const tookMs: number[] = []
  let last = performance.now()
  const folder = loopFolder()
  try {
    const run = await runWithModels(
      folder,
      configOf({
        iterations: COUNT,
        batchSize: 8,
        innovationRate: 1,
        llm: {
          maxRounds: 1,
          concurrency: 1,
          retries: 0,
          timeoutSeconds: 30,
          models: [{ model: 'm', baseUrl: server.baseUrl }],
        },
      }),
      {},
      {
        sandbox,
        // Recording is not what is tested here, and every text on disk is waited for.
        archive: UNKEPT,
        onEvent(event) {
          if (event.type === 'model-asked') {
            tookMs.push(performance.now() - last)
            last = performance.now()
          }
          if (event.type === 'iteration-recorded' && event.record.iteration % 100 === 99) memory.push(held())
        },
      },
    )
    const records = iterationsIn(run.records)
    expect(records.map(({ iteration }) => iteration)).toEqual(replies.map((_, i) => i))
    // One call each: nothing was lost, asked twice, or left to the Factor Graph.
    expect(server.count).toBe(COUNT)
    const ended = records.map(({ method, level, strategy, execution, rounds }, i) => {
      expect([method, rounds!.length]).toEqual(['llm', 1])
      if (strategy !== null) {
        expect(['success', 'ruined', 'rejected']).toContain(execution.status)
        return 'STRATEGY'
      }
      expect(level).toBe('LEVEL_0')
      if (execution.status !== 'error') throw new Error(`${replies[i]!.kind} ended as ${execution.status}`)
      const { code, category, message } = execution.error
      expect(rounds![0]!.outcome, replies[i]!.kind).toMatchObject({ became: 'refused', error: { code } })
      expect(category).not.toBe('crash')
      expect(message.length).toBeGreaterThan(5)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal must not be steered by what is recorded
      expect(message).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/)
      return code
    })
    const surprises = replies
      .map(({ kind, ends }, i) => ({ kind, ended: ended[i]!, ends }))
      .filter(({ ended, ends }) => !ends.includes(ended))
    expect(surprises).toEqual([])
    // What was damaged only a little is a strategy all the same.
    expect(ended.filter((one) => one === 'STRATEGY').length).toBeGreaterThan(COUNT / 5)
    expect(await verifyHistory(join(folder, 'history.jsonl'))).toMatchObject({ issues: [] })

    // A reply's limit is twice what reading and running may take, and what ending two threads takes; ten times that
    // only a reply without a limit would reach.
    expect(Math.max(...tookMs)).toBeLessThan(10 * 2 * (500 + 1000 + 1000))
    // Now and then a reply of ten megabytes is on its way when it is looked; what is kept shows between them.
    const half = memory.length / 2
    const growth = Math.min(...memory.slice(half)) - Math.min(...memory.slice(0, half))
    expect(growth / 2 ** 20).toBeLessThan(15)
  } finally {
    await server.close()
    await sandbox.close()
  }
}, 600_000)
