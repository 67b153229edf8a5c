import { afterAll, expect, test } from 'vitest'
import type { StrategyGraph } from '../../src/graph/strategy-graph.js'
import { endWindowThread } from '../../src/sandbox/window-functions.js'
import { custom, field, rank, strategy } from '../../src/strategy/api.js'
import { createEvaluation } from '../../src/workers/evaluation.js'
import { createInlineRunner } from '../../src/workers/inline.js'
import { createThreadRunner } from '../../src/workers/threads.js'
import { SETUP } from '../loop/engine.js'

afterAll(endWindowThread)

const close = field('close')
const rising = (n: number): StrategyGraph =>
  strategy({
    score: rank(
      custom('rising', n, [close], (x) => {
        let up = 0
        for (let i = 1; i < x.length; i++) {
          if (x[i]! > x[i - 1]!) up++
        }
        return up
      }),
    ),
    select: { top: 3 },
  }).graph
const endless = strategy({
  score: close.custom('endless', 5, (x) => {
    while (x[0] !== 0) x[1] = 1
    return 1
  }),
  select: { top: 3 },
}).graph

test('a strategy with a function is measured', () => {
  const { evaluate } = createEvaluation(SETUP, () => 0)
  const result = evaluate(rising(10))
  if (result.state !== 'scored') throw new Error(JSON.stringify(result))
  expect(result.ranges.train.daysInMarket).toBeGreaterThan(0)
})

test('a function that does not end in its time is refused with what it was, and the next strategy is measured', () => {
  const { evaluate } = createEvaluation({ ...SETUP, customSeconds: 0.2 }, () => 0)
  expect(evaluate(endless)).toMatchObject({
    state: 'refused',
    code: 'CUSTOM_TIMEOUT',
    message: expect.stringContaining(
      'custom "endless" did not end within 0.2 s: it was through with 0 of at most',
    ),
    hint: expect.stringContaining('limits.customSeconds'),
  })
  expect(evaluate(rising(10)).state).toBe('scored')
})

test('threads give the bits that one gives, and go on after a function that they had to stop', async () => {
  const graphs = [rising(5), endless, rising(10), rising(20), endless, rising(40)]
  const setup = { ...SETUP, customSeconds: 1 }
  const one = createInlineRunner(setup, () => 0)
  const entry = new URL('./processes/thread.mjs', import.meta.url)
  const two = createThreadRunner(setup, { threads: 2, timeoutSeconds: 60, entry })
  try {
    const wanted = await Promise.all(graphs.map((graph) => one.evaluate(graph)))
    const found = await Promise.all(graphs.map((graph) => two.evaluate(graph)))
    expect(wanted.map((result) => result?.state)).toEqual([
      'scored',
      'refused',
      'scored',
      'scored',
      'refused',
      'scored',
    ])
    for (const [i, result] of found.entries()) expect({ ...result, durationMs: 0 }).toEqual(wanted[i])
  } finally {
    await Promise.all([one.close(), two.close()])
  }
}, 60_000)
