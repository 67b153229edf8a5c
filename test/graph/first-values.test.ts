import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { createEvaluator } from '../../src/graph/evaluate/columnar.js'
import { checkWindows, firstValues, rootsOf, tooLong, warmupOf } from '../../src/graph/first-values.js'
import { OPERATORS } from '../../src/graph/operators/index.js'
import { createStrategy } from '../../src/graph/strategy.js'
import { crossAbove, field, strategy } from '../../src/strategy/api.js'
import { inputsFor, LOOKS, paramsFor, runKernel, testContext } from '../operators/support.js'
import { ROOMY, randomGraph } from '../support/random-graph.js'
import { rounds } from './make.js'
import { makePanel, PANEL_GRAPHS, PANEL_LOOKS } from './panels.js'

const close = field('close')

describe('the first bar with a value', () => {
  const shape = { bars: 60, symbols: 4 }
  const numeric = OPERATORS.filter(({ category }) => category !== 'source' && category !== 'logic')

  test.each(numeric.map((operator) => [operator.name, operator] as const))(
    'of %s on whole data is where its warmup says',
    (name, operator) => {
      for (let seed = 0; seed < 4; seed++)
        for (const output of operator.outputs ?? [undefined]) {
          const params = paramsFor(operator, seed, 12)
          const inputs = inputsFor(operator, 'panels', shape, LOOKS[0]!, seed)
          const values = runKernel(operator, inputs, params, testContext(shape, LOOKS[0]!, 1), { output })
          const isThere = (bar: number) =>
            values
              .subarray(bar * shape.symbols, (bar + 1) * shape.symbols)
              .some((v) => (values instanceof Float64Array ? !Number.isNaN(v) : v === 1))
          const first = Array.from({ length: shape.bars }, (_, bar) => bar).find(isThere)!
          const warmup = warmupOf(name, params, output)
          // Whether a condition holds or ever held, and whether a group has two members, is up to the data.
          if (values instanceof Float64Array && !['barsSince', 'groupZscore'].includes(name))
            expect(first, output).toBe(warmup)
          else expect(first).toBeGreaterThanOrEqual(warmup)
        }
    },
  )

  test('is never before what follows from the windows, whatever the graph', () => {
    let late = 0
    for (let i = 0; i < rounds(1500, 20_000); i++) {
      const rng = createRng(i, 'first values')
      const panel = makePanel(rng.pick(PANEL_LOOKS), i % 20)
      const graph = createStrategy(randomGraph(rng, rng.int(1, 14), PANEL_GRAPHS), ROOMY)
      const first = firstValues(graph)
      const ids = graph.graph.nodes.map(({ id }) => id)
      const columns = createEvaluator(panel).evaluate(graph, ids)
      for (const [n, { values, width, type }] of columns.entries()) {
        const before = values.subarray(0, Math.min(first.get(ids[n]!)!, panel.dates.length) * width)
        if (before.length > 0) late++
        if (before.some((v) => (type === 'boolean' ? v === 1 : !Number.isNaN(v))))
          expect.fail(`graph ${i}: ${ids[n]} has a value before bar ${first.get(ids[n]!)}`)
      }
    }
    expect(late).toBeGreaterThan(1000)
  })
})

describe('a window longer than the panel', () => {
  const scored = (score = close.sma(500)) => strategy({ score, select: { top: 1 } })
  const check = (one: ReturnType<typeof scored>, bars: number) => () => checkWindows(one, rootsOf(one), bars)

  test('is refused with what it needs and what there is', () => {
    expect(check(scored(), 320)).toThrow(/^n\d: sma\(500\) needs 500 bars but the panel has 320$/)
    expect(check(scored(), 320)).toThrow(expect.objectContaining({ code: 'WINDOW_TOO_LONG' }))
    expect(check(scored(), 500)).not.toThrow()
  })

  test('counts with the windows that it waits for', () => {
    const twice = scored(close.pctChange(200).sma(200))
    expect(check(twice, 399)).toThrow(/sma\(200\) needs 400 bars, counted with what its inputs need, but/)
    expect(check(twice, 400)).not.toThrow()
  })

  test('is no error where something else stands in for it', () => {
    expect(check(scored(close.sma(500).fillNaN(0).add(close)), 100)).not.toThrow()
    const either = strategy({
      signals: { enter: close.gt(close.sma(500)).or(close.gt(1)), exit: close.lt(1) },
    })
    expect(check(either, 100)).not.toThrow()
    expect(tooLong(either, 100).map(({ node }) => node.op)).toEqual(['sma'])
  })

  test('is the one that matters, of several', () => {
    const exitsLate = strategy({
      signals: { enter: close.gt(close.sma(300)), exit: close.lt(close.ema(900)) },
    })
    expect(check(exitsLate, 250)).toThrow(/sma\(300\) needs 300 bars/)
    const twoRoots = strategy({
      universe: close.gt(close.sma(400)),
      weights: close.sma(300).div(1000),
    })
    expect(check(twoRoots, 250)).toThrow(/sma\(400\) needs 400 bars/)
    expect(check(twoRoots, 350)).toThrow(/sma\(400\)/)
  })

  test('without a parameter is told without one', () => {
    const crossed = strategy({ signals: { enter: crossAbove(close, 5), exit: close.lt(1) } })
    expect(check(crossed, 1)).toThrow(/crossAbove needs 2 bars but the panel has 1$/)
  })

  test('in a universe or an entry that can then never be true is refused too', () => {
    const inUniverse = strategy({ universe: close.gt(close.sma(500)), score: close, select: { top: 1 } })
    const inEntry = strategy({ signals: { enter: close.gt(close.ema(500)), exit: close.lt(1) } })
    const inExit = strategy({ signals: { enter: close.gt(1), exit: close.lt(close.ema(500)) } })
    expect(check(inUniverse, 499)).toThrow(/sma\(500\)/)
    expect(check(inEntry, 499)).toThrow(/ema\(500\)/)
    expect(check(inExit, 499)).not.toThrow()
  })
})
