import { performance } from 'node:perf_hooks'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import type { StrategyGraph } from '../../src/graph/strategy-graph.js'
import { strategyFromTemplate } from '../../src/search/from-template.js'
import { randomStrategy } from '../../src/search/random-strategy.js'
import type { Evaluation, EvaluationSetup } from '../../src/workers/evaluation.js'
import { createInlineRunner } from '../../src/workers/inline.js'
import type { Runner } from '../../src/workers/runner.js'
import { createThreadRunner } from '../../src/workers/threads.js'
import { sharePanel } from '../../src/workers/transfer.js'
import { PANEL, SETUP, SPACE } from '../loop/engine.js'

const entry = (name: string) => new URL(`./processes/${name}.mjs`, import.meta.url)
const threads = (setup: EvaluationSetup, count: number, timeoutSeconds = 60, name = 'thread') =>
  createThreadRunner(setup, { threads: count, timeoutSeconds, entry: entry(name) })

const graphs: StrategyGraph[] = []
for (let i = 0; graphs.length < 14; i++) {
  const rng = createRng('graphs', i)
  const made = i % 2 === 0 ? strategyFromTemplate(rng, SPACE) : randomStrategy(rng, SPACE)
  if (made.ok) graphs.push(made.strategy.graph)
}

const { portfolio } = graphs[0]!

/** Its evaluation takes many seconds on a large panel: one ranking on the other, at every bar. */
const slow: StrategyGraph = {
  version: 1,
  name: 'slow',
  nodes: [
    { id: 'n0', op: 'field', inputs: [], params: { name: 'close' } },
    ...Array.from({ length: 28 }, (_, i) => ({
      id: `n${i + 1}`,
      op: 'rank',
      inputs: [`n${i}`],
      params: {},
    })),
  ],
  rule: { kind: 'score', score: 'n28', select: { top: 3 } },
  portfolio: { ...portfolio, rebalance: 'daily' },
}

const unknownField: StrategyGraph = {
  version: 1,
  name: 'reads what is not there',
  nodes: [{ id: 'n0', op: 'field', inputs: [], params: { name: 'clsoe' } }],
  rule: { kind: 'score', score: 'n0', select: { top: 3 } },
  portfolio,
}

const timeless = (evaluation: Evaluation | undefined) => ({ ...evaluation, durationMs: 0 })

const kinds: [string, () => Runner][] = [
  ['inline', () => createInlineRunner(SETUP, () => performance.now())],
  ['one thread', () => threads(SETUP, 1)],
  ['three threads', () => threads(SETUP, 3)],
]

describe.each(kinds)('a runner: %s', (_, create) => {
  const runner = create()
  afterAll(() => runner.close())

  test('gives what evaluating alone gives, however many are asked for at once', async () => {
    const alone: unknown[] = []
    for (const graph of graphs) {
      const one = createInlineRunner(SETUP, () => 0)
      alone.push(timeless(await one.evaluate(graph)))
    }
    const results = await Promise.all(graphs.map((graph) => runner.evaluate(graph)))
    expect(results.map(timeless)).toEqual(alone)
    expect(results.some((result) => result?.state === 'scored')).toBe(true)
  })

  test('tries strategies out on train, among evaluations', async () => {
    const one = createInlineRunner(SETUP, () => 0)
    for (const graph of [graphs[0]!, unknownField]) {
      const [, tried] = await Promise.all([runner.evaluate(graphs[1]!), runner.tryOut(graph)])
      expect({ ...tried, durationMs: 0 }).toEqual(await one.tryOut(graph))
    }
    expect(await runner.tryOut(graphs[0]!, { cancelled: () => true })).toBeUndefined()
  })

  test('gives back what goes wrong inside an evaluation as its result, and goes on', async () => {
    const results = await Promise.all(
      [graphs[1]!, unknownField, graphs[1]!].map((graph) => runner.evaluate(graph)),
    )
    expect(results[1]).toMatchObject({ state: 'refused', code: 'UNKNOWN_FIELD', hint: expect.any(String) })
    expect(timeless(results[2])).toEqual(timeless(results[0]))
    const nonsense = {
      ...graphs[0]!,
      rule: { kind: 'score', score: 'nowhere', select: { top: 1 } },
    } as StrategyGraph
    expect((await runner.evaluate(nonsense))!.state).toBe('refused')
  })

  test('gives every evaluation one turn, and begins none that is cancelled when its turn comes', async () => {
    const turns: number[] = []
    const results = await Promise.all(
      graphs.slice(0, 8).map((graph, i) =>
        runner.evaluate(graph, {
          cancelled() {
            turns.push(i)
            return i >= 5
          },
        }),
      ),
    )
    expect(turns.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(results.map((result) => result === undefined)).toEqual([
      ...Array<boolean>(5).fill(false),
      ...Array<boolean>(3).fill(true),
    ])
  })
})

test('what a thread remembers is preferred, and still nothing is passed by what was asked for 128 later', async () => {
  const runner = threads(SETUP, 2)
  onTestFinished(() => runner.close())
  const [known, other] = [graphs[0]!, graphs[2]!]
  await runner.evaluate(known)
  const turns: number[] = []
  // The first two are at work while the others are asked for.
  await Promise.all(
    Array.from({ length: 400 }, (_, i) =>
      runner.evaluate(i % 4 === 0 ? known : other, {
        cancelled() {
          turns.push(i)
          return i > 1
        },
      }),
    ),
  )
  const waiting = new Set(Array.from({ length: 400 }, (_, i) => i))
  const passed = turns.map((i) => {
    waiting.delete(i)
    return i - Math.min(...waiting, 400)
  })
  expect(Math.max(...passed)).toBeGreaterThan(60)
  expect(Math.max(...passed)).toBeLessThan(128)
})

test.each(kinds)('%s: closing leaves nobody waiting, and nothing begins afterwards', async (_, create) => {
  const runner = create()
  const waiting = graphs.map((graph) => runner.evaluate(graph))
  await runner.close()
  const results = await Promise.all(waiting)
  expect(results.at(-1)).toBeUndefined()
  expect(await runner.evaluate(graphs[0]!)).toBeUndefined()
})

describe('threads', () => {
  test('an evaluation beyond its time ends with its thread, and a new thread takes its place', async () => {
    const big = { ...SETUP, panel: hugePanel() }
    const runner = threads(big, 1, 0.2)
    onTestFinished(() => runner.close())
    const [late, next] = await Promise.all([runner.evaluate(slow), runner.evaluate(unknownField)])
    expect(late).toEqual({ state: 'timedOut', seconds: 0.2, durationMs: 200 })
    expect(next).toMatchObject({ state: 'refused', code: 'UNKNOWN_FIELD' })
  })

  test('the time a thread takes to start does not count', async () => {
    const runner = threads(SETUP, 1, 0.15)
    onTestFinished(() => runner.close())
    // Starting a thread takes longer than that; refusing a field takes no time at all.
    expect(await runner.evaluate(unknownField)).toMatchObject({ state: 'refused' })
  })

  test('a thread that dies at work is a crash of its evaluation, and a new one evaluates the next', async () => {
    const runner = threads(SETUP, 1, 60, 'dying-thread')
    onTestFinished(() => runner.close())
    const dying = { ...graphs[0]!, name: 'die' }
    const results = await Promise.all([dying, graphs[0]!, dying].map((graph) => runner.evaluate(graph)))
    expect(results).toMatchObject([
      { state: 'crashed', message: 'the evaluation thread died: it ended with code 3' },
      { state: 'scored' },
      { state: 'crashed' },
    ])
  })

  test('a graph that cannot be sent rejects, and holds no thread', async () => {
    const runner = threads(SETUP, 1)
    onTestFinished(() => runner.close())
    const first = runner.evaluate(graphs[0]!)
    const poison = runner.evaluate({ ...graphs[0]!, name: (() => 'a function') as never })
    const last = runner.evaluate(graphs[1]!)
    await expect(poison).rejects.toThrow(/clone/)
    expect((await first)!.state).toBe('scored')
    expect((await last)!.state).toBe('scored')
  })

  test('threads that cannot start reject, instead of calling every strategy a crash', async () => {
    const broken = { ...SETUP, benchmarkUniverse: { nodes: 'none' } as never }
    const runner = threads(broken, 2)
    onTestFinished(() => runner.close())
    const results = await Promise.allSettled(graphs.slice(0, 3).map((graph) => runner.evaluate(graph)))
    for (const result of results)
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'EVALUATION_THREAD', exitCode: 4 } })
  })

  test('the panel is on shared memory: a thread gets the same bytes, not a copy', () => {
    const shared = sharePanel(PANEL)
    for (const values of shared.fields.values()) expect(values.buffer).toBeInstanceOf(SharedArrayBuffer)
    for (const { codes } of shared.groups.values()) expect(codes.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect(shared.hash).toBe(PANEL.hash)
    const again = sharePanel(shared)
    for (const [name, values] of again.fields) expect(values).toBe(shared.fields.get(name))
    expect(shared.fields.get('close')).toEqual(PANEL.fields.get('close'))
  })
})

/** Many symbols on many days, so that ranking takes its time. */
function hugePanel() {
  const bars = PANEL.dates.length
  const symbols = Array.from({ length: 3000 }, (_, i) => `S${String(i).padStart(5, '0')}`)
  const rng = createRng('huge')
  const close = new Float64Array(new SharedArrayBuffer(bars * symbols.length * 8))
  for (let i = 0; i < close.length; i++) close[i] = 50 + 50 * rng.next()
  return { ...PANEL, symbols, fields: new Map([['close', close]]), groups: new Map() }
}
