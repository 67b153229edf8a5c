import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type OpenedRun, openRun } from '../../src/compose.js'
import { configSchema } from '../../src/config/schema.js'
import type { Session } from '../../src/loop/session.js'
import { createDesk } from '../../src/mcp/desk.js'
import type { EvaluationSetup } from '../../src/workers/evaluation.js'
import { historyOf, iterationsIn, readHistory } from '../support/histories.js'
import { MARKET, momentum, workFolder } from './support.js'

// Threads run the built code only.
vi.mock('../../src/workers/threads.js', async () => {
  const { createInlineRunner } = await import('../../src/workers/inline.js')
  return {
    createThreadRunner: (setup: EvaluationSetup) => createInlineRunner(setup, () => performance.now()),
  }
})

const config = configSchema.parse({ data: MARKET, seed: 5, workers: 1, batchSize: 4 })
const never = new AbortController().signal

async function opened(runDir: string): Promise<OpenedRun> {
  const run = await openRun({ config, runDir, env: { ALPHALOOP_CACHE_DIR: join(runDir, '../cache') } })
  onTestFinished(() => run.close())
  return run
}

const propose = async (session: Session, run: OpenedRun, code: string) => {
  const strategy = await run.bench.compile(code, 'ts')
  return session.propose({
    source: code,
    language: 'ts',
    compiled: { state: 'compiled', strategy },
    parents: [],
  })
}

type Step = (session: Session, run: OpenedRun) => Promise<unknown>
const iterate =
  (count: number) =>
  ({ iterate, state }: Session) =>
    iterate({ total: state.next + count, stop: never })
const STEPS: Step[] = [
  iterate(6),
  (session, run) => propose(session, run, momentum(33)),
  iterate(2),
  (session, run) => propose(session, run, momentum(34)),
  (session, run) => propose(session, run, momentum(33)),
  iterate(3),
]

describe('a run that is driven step by step', () => {
  test('has the same history whether it is held for all steps or for each', async () => {
    const folder = workFolder()
    const once = await opened(join(folder, 'once'))
    await once.hold(async (session) => {
      for (const step of STEPS) await step(session, once)
    })
    const each = await opened(join(folder, 'each'))
    for (const step of STEPS) await each.hold((session) => step(session, each))
    expect(historyOf(join(folder, 'each'))).toEqual(historyOf(join(folder, 'once')))
    expect(
      iterationsIn(readHistory(join(folder, 'once'))).map(({ proposer }) => proposer === 'agent'),
    ).toEqual([6, 9, 10].reduce<boolean[]>((agents, at) => agents.with(at, true), Array(14).fill(false)))
  })

  test('the batch that an agent cuts is still drawn from the state before it', async () => {
    const folder = workFolder()
    const plain = await opened(join(folder, 'plain'))
    await plain.hold(iterate(4))
    await plain.hold(iterate(4))
    const cut = await opened(join(folder, 'cut'))
    await cut.hold(iterate(5))
    await cut.hold((session) => propose(session, cut, momentum(35)))
    await cut.hold(iterate(2))
    const hashes = (name: string) =>
      iterationsIn(readHistory(join(folder, name))).map(({ strategy }) => strategy?.hash)
    const [whole, other] = [hashes('plain'), hashes('cut')]
    expect(other.toSpliced(5, 1)).toEqual(whole.toSpliced(5, 1))
    expect(other[5]).not.toBe(whole[5])
  })
})

describe('turns at a desk', () => {
  const desk = (runDir: string) =>
    createDesk({
      settle: async () => ({ config, base: '.', runDir }),
      env: { ALPHALOOP_CACHE_DIR: join(runDir, '../cache') },
      acceptChanges: false,
      log: () => {},
    })

  test('are not begun once they are cancelled, too many, or the desk closes', async () => {
    const folder = workFolder()
    const own = desk(join(folder, 'run'))
    const gone = AbortSignal.abort()
    let begun = 0
    const turn = (signal = never) =>
      own.write(signal, async () => {
        begun++
      })
    await expect(turn(gone)).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(readHistory(join(folder, 'run'))).toEqual([])
    const many = Array.from({ length: 64 }, () => turn(gone).catch(() => {}))
    expect(() => turn()).toThrow(expect.objectContaining({ code: 'SERVER_BUSY' }))
    await Promise.all(many)
    await turn()
    const closed = own.close()
    await expect(turn()).rejects.toMatchObject({ code: 'SERVER_CLOSING' })
    await closed
    expect(begun).toBe(1)
  })

  test('one that fails leaves the next its turn', async () => {
    const own = desk(join(workFolder(), 'run'))
    onTestFinished(() => own.close())
    await expect(
      own.write(never, async () => {
        throw new Error('broken')
      }),
    ).rejects.toThrow('broken')
    expect(await own.write(never, async ({ state }) => state.next)).toBe(0)
  })
})
