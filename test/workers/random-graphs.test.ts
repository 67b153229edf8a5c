import { performance } from 'node:perf_hooks'
import { afterAll, expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { availableFields } from '../../src/graph/evaluate/context.js'
import { createStrategy } from '../../src/graph/strategy.js'
import type { Evaluation } from '../../src/workers/evaluation.js'
import { createInlineRunner } from '../../src/workers/inline.js'
import { createThreadRunner } from '../../src/workers/threads.js'
import { rounds } from '../graph/make.js'
import { SETUP } from '../loop/engine.js'
import { ROOMY, randomGraph } from '../support/random-graph.js'

const entry = new URL('./processes/thread.mjs', import.meta.url)
const setup = { ...SETUP, limits: ROOMY }
const one = createInlineRunner(setup, () => performance.now())
const two = createThreadRunner(setup, { threads: 2, timeoutSeconds: 60, entry })
afterAll(() => Promise.all([one.close(), two.close()]))

const GRAPHS = {
  fields: availableFields(setup.panel),
  groups: [...setup.panel.groups.keys()],
  longest: 60,
}

/** An evaluation without its time. */
const result = (evaluation: Evaluation | undefined) => ({ ...evaluation, durationMs: 0 })

test('two threads give the same bits as none, on hundreds of random strategies', async () => {
  const graphs = Array.from({ length: rounds(300, 3000) }, (_, i) => {
    const rng = createRng(i, 'threads')
    return createStrategy(randomGraph(rng, rng.int(1, 12), GRAPHS), ROOMY).graph
  })
  const [alone, together] = await Promise.all(
    [one, two].map((runner) => Promise.all(graphs.map((graph) => runner.evaluate(graph)))),
  )
  const states = new Map<string, number>()
  for (const [i, evaluation] of alone!.entries()) {
    // Equal as numbers are: NaN is itself, 0 is not −0.
    expect(result(together![i]), `strategy ${i}`).toStrictEqual(result(evaluation))
    states.set(evaluation!.state, (states.get(evaluation!.state) ?? 0) + 1)
  }
  // Most must have been computed, or nothing was compared.
  expect(states.get('scored')).toBeGreaterThan(graphs.length / 2)
  expect(states.get('crashed')).toBeUndefined()
})
