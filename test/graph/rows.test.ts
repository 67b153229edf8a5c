import { describe, expect, test } from 'vitest'
import { simulate } from '../../src/backtest/simulate.js'
import { evaluateRule } from '../../src/backtest/strategy-rule.js'
import { createRng, type Rng } from '../../src/base/rng.js'
import { createEvaluator } from '../../src/graph/evaluate/columnar.js'
import { gatherRows, RowSet } from '../../src/graph/evaluate/rows.js'
import type { Column } from '../../src/graph/operator.js'
import { createStrategy, type Strategy } from '../../src/graph/strategy.js'
import { ROOMY, randomGraph } from '../support/random-graph.js'
import { field, type NodeInput, rounds, scoredBy, scoreNode } from './make.js'
import { makePanel, PANEL_GRAPHS, PANEL_LOOKS } from './panels.js'

const strategyOf = (rng: Rng) => createStrategy(randomGraph(rng, rng.int(1, 25), PANEL_GRAPHS), ROOMY)

/** Some bars of a panel, often few, sometimes none or all. */
function someRows(rng: Rng, bars: number): RowSet {
  const share = rng.pick([0, 0.05, 0.1, 0.3, 0.49, 0.6, 1])
  const chosen = Array.from({ length: bars }, (_, bar) => bar).filter(() => rng.next() < share)
  return new RowSet(Int32Array.from(chosen), bars)
}

function expectRows(got: Column, full: Column['values'], rows: RowSet, what: string) {
  if (got.values.length !== rows.bars.length * got.width)
    expect.fail(`${what}: ${got.values.length} values for ${rows.bars.length} rows`)
  for (let k = 0; k < rows.bars.length; k++)
    for (let s = 0; s < got.width; s++) {
      const wanted = full[rows.bars[k]! * got.width + s]
      const value = got.values[k * got.width + s]
      if (!Object.is(value, wanted)) expect.fail(`${what}, bar ${rows.bars[k]}: ${value}, not ${wanted}`)
    }
}

describe('values at rows alone', () => {
  test.each([0, 20_000, Number.POSITIVE_INFINITY])(
    'are the bits of those at all bars, on random graphs, with %d bytes to remember in',
    (cacheBytes) => {
      for (let i = 0; i < rounds(80, 3000); i++) {
        const rng = createRng(i, 'rows', cacheBytes)
        const panel = makePanel(rng.pick(PANEL_LOOKS), i)
        const bars = panel.dates.length
        const evaluator = createEvaluator(panel, { cacheBytes })
        for (let k = 0; k < 3; k++) {
          const strategy = strategyOf(rng)
          const ids = rng.shuffle(strategy.graph.nodes.map(({ id }) => id)).slice(0, rng.int(1, 5))
          const full = createEvaluator(panel)
            .evaluate(strategy, ids)
            .map(({ values }) => values.slice())
          // Twice, so that what the first call left behind is found by the second.
          for (let again = 0; again < 2; again++) {
            const rows = ids.map(() => (rng.next() < 0.2 ? undefined : someRows(rng, bars)))
            const got = evaluator.evaluate(strategy, ids, rows)
            for (const [at, id] of ids.entries()) {
              const { op } = strategy.graph.nodes.find((node) => node.id === id)!
              const what = `graph ${i}.${k}, ${id} ${op}`
              const all = new RowSet(
                Int32Array.from({ length: bars }, (_, bar) => bar),
                bars,
              )
              expectRows(got[at]!, full[at]!, rows[at] ?? all, what)
            }
          }
        }
      }
    },
  )

  test('of two sets are each their own, also where one is wanted at all bars', () => {
    const panel = makePanel(PANEL_LOOKS[1]!, 3)
    const bars = panel.dates.length
    const strategy = createStrategy(
      scoredBy([field('close'), { id: 'd', op: 'delta', inputs: ['close'], params: { n: 5 } }]),
    )
    const { id } = scoreNode(strategy)
    const [full] = createEvaluator(panel).evaluate(strategy, [id])
    const sets = [
      new RowSet(Int32Array.of(3, 30), bars),
      new RowSet(Int32Array.of(4, 5, 59), bars),
      undefined,
    ]
    const got = createEvaluator(panel).evaluate(strategy, [id, id, id], sets)
    for (const [i, rows] of sets.entries())
      if (rows !== undefined) expectRows(got[i]!, full!.values, rows, `set ${i}`)
    expect(got[2]!.values).toEqual(full!.values)
  })

  test('a backtest at decision rows is the backtest over all bars', () => {
    for (let i = 0; i < rounds(60, 1500); i++) {
      const rng = createRng(i, 'decisions')
      const panel = makePanel(rng.pick(PANEL_LOOKS), i)
      const graph = randomGraph(rng, rng.int(1, 15), PANEL_GRAPHS)
      const strategy = createStrategy(
        { ...graph, portfolio: { ...graph.portfolio, rebalance: { every: rng.int(3, 15) } } },
        ROOMY,
      )
      const range = { start: rng.int(0, 20), end: panel.dates.length - 1 }
      const job = {
        panel,
        range,
        portfolio: strategy.graph.portfolio,
        costs: { commission: 0.001, tax: 0, slippage: 0 },
        periodsPerYear: 252,
      }
      const lazy = simulate({ ...job, ...evaluateRule(strategy, createEvaluator(panel), [range]) })
      const full = simulate({ ...job, ...evaluateRule(strategy, createEvaluator(panel)) })
      expect(lazy.equity, `graph ${i}`).toEqual(full.equity)
      expect(lazy.trades, `graph ${i}`).toEqual(full.trades)
    }
  })
})

describe('what is computed for rows', () => {
  const panel = makePanel(PANEL_LOOKS[0]!, 1)
  const bars = panel.dates.length
  const rows = new RowSet(Int32Array.of(10, 20, 30), bars)
  const width = panel.symbols.length
  const ROW_BYTES = rows.bars.length * width * 8
  const scored = (nodes: NodeInput[]) => createStrategy(scoredBy(nodes))
  const bytesFor = (strategy: Strategy) => {
    const evaluator = createEvaluator(panel)
    evaluator.evaluate(strategy, [scoreNode(strategy).id], [rows])
    return evaluator.stats()
  }

  test('a cross-sectional operator holds three rows, and what it reads cell by cell is held nowhere', () => {
    const strategy = scored([
      field('close'),
      { id: 'lag', op: 'lag', inputs: ['close'], params: { n: 5 } },
      { id: 'ratio', op: 'div', inputs: ['close', 'lag'] },
      { id: 'rank', op: 'rank', inputs: ['ratio'] },
    ])
    // The field is the panel's; its rows, the lag's and the ratio's are computed as the rank reads them.
    expect(bytesFor(strategy)).toMatchObject({ bytes: ROW_BYTES, misses: 2, hits: 0 })
  })

  test('what more operators read than it is worth computing anew for holds its rows', () => {
    const ranks = ['a', 'b', 'c', 'd'].map((id, i) => ({
      id,
      op: 'bucket',
      inputs: ['sign'],
      params: { q: 2 + i },
    }))
    const sum = (ids: string[]): NodeInput[] => [
      { id: 's1', op: 'add', inputs: [ids[0]!, ids[1]!] },
      { id: 's2', op: 'add', inputs: ['s1', ids[2]!] },
      { id: 's3', op: 'add', inputs: ['s2', ids[3]!] },
    ]
    const read = (times: number) =>
      scored([
        field('close'),
        { id: 'sign', op: 'sign', inputs: ['close'] },
        ...ranks.slice(0, times),
        ...sum(ranks.map(({ id }, i) => (i < times ? id : 'close'))),
      ])
    expect(bytesFor(read(3)).bytes).toBe(3 * ROW_BYTES + ROW_BYTES)
    expect(bytesFor(read(4)).bytes).toBe(4 * ROW_BYTES + ROW_BYTES + ROW_BYTES)
  })

  test('an operator on a window holds three rows, and reads a field where it stands', () => {
    const strategy = scored([
      field('close'),
      { id: 'mean', op: 'sma', inputs: ['close'], params: { n: 4 } },
      { id: 'rank', op: 'rank', inputs: ['mean'] },
    ])
    expect(bytesFor(strategy)).toMatchObject({ bytes: 2 * ROW_BYTES, misses: 3 })
  })

  test('what a short window reads is computed at the bars of the windows, what a long one reads at all', () => {
    const mean = (n: number) =>
      scored([
        field('close'),
        { id: 'rank', op: 'rank', inputs: ['close'] },
        { id: 'mean', op: 'sma', inputs: ['rank'], params: { n } },
      ])
    expect(bytesFor(mean(4)).bytes).toBe(4 * ROW_BYTES + ROW_BYTES)
    expect(bytesFor(mean(9)).bytes).toBe(bars * width * 8 + ROW_BYTES)
  })

  test('what a window reads cell by cell is computed as it is read', () => {
    const mean = (n: number) =>
      scored([field('returns'), { id: 'mean', op: 'sma', inputs: ['returns'], params: { n } }])
    for (const n of [4, 9, 25]) expect(bytesFor(mean(n))).toMatchObject({ bytes: ROW_BYTES, misses: 1 })
  })

  test('a recursive operator goes over all bars and holds three rows', () => {
    const strategy = scored([
      field('close'),
      { id: 'mean', op: 'ema', inputs: ['close'], params: { span: 4 } },
      { id: 'rank', op: 'rank', inputs: ['mean'] },
    ])
    expect(bytesFor(strategy)).toMatchObject({ bytes: 2 * ROW_BYTES, misses: 3 })
  })

  test('rows that are known ask for nothing more', () => {
    const strategy = scored([
      field('close'),
      { id: 'mean', op: 'sma', inputs: ['close'], params: { n: 4 } },
      { id: 'rank', op: 'rank', inputs: ['mean'] },
    ])
    const evaluator = createEvaluator(panel)
    const ask = () => evaluator.evaluate(strategy, [scoreNode(strategy).id], [rows])
    ask()
    const { misses } = evaluator.stats()
    ask()
    expect(evaluator.stats()).toMatchObject({ hits: 1, misses })
  })

  test('more than half of the bars are as good as all', () => {
    const many = new RowSet(
      Int32Array.from({ length: 40 }, (_, bar) => bar),
      bars,
    )
    const strategy = scored([field('close'), { id: 'sign', op: 'sign', inputs: ['close'] }])
    const evaluator = createEvaluator(panel)
    evaluator.evaluate(strategy, [scoreNode(strategy).id], [many])
    expect(evaluator.stats().bytes).toBe((bars + 40) * width * 8)
  })

  test('values from which only rows were gathered go before the rows, and rows before nothing else', () => {
    const strategy = (n: number) =>
      scored([field('close'), { id: 'last', op: 'ffill', inputs: ['close'], params: { limit: n } }])
    // Room for one column of all bars and some rows.
    const evaluator = createEvaluator(panel, { cacheBytes: bars * width * 8 + 12 * ROW_BYTES })
    const ask = (n: number) => evaluator.evaluate(strategy(n), [scoreNode(strategy(n)).id], [rows])
    for (let n = 2; n < 8; n++) ask(n)
    const { misses } = evaluator.stats()
    for (let n = 2; n < 8; n++) ask(n)
    expect(evaluator.stats().misses).toBe(misses)
  })
})

describe('a set of rows', () => {
  test('knows the place of each bar', () => {
    const rows = new RowSet(Int32Array.of(2, 5), 6)
    expect([...rows.rowOf]).toEqual([-1, -1, 0, -1, -1, 1])
  })

  test('moved back loses the bars that would stand before the first', () => {
    const rows = new RowSet(Int32Array.of(2, 5, 9), 10)
    expect([...rows.before(3).bars]).toEqual([2, 6])
    expect([...rows.before(10).bars]).toEqual([])
    expect(rows.before(2).before(1).key).toBe(rows.before(3).key)
    expect(rows.before(3)).toBe(rows.before(3))
  })

  test('reaches back over windows, counting each bar once, and not before the first', () => {
    const rows = new RowSet(Int32Array.of(1, 5, 7), 10)
    expect([...rows.windowsOf(1).bars]).toEqual([1, 5, 7])
    expect([...rows.windowsOf(3).bars]).toEqual([0, 1, 3, 4, 5, 6, 7])
    expect(rows.windowsOf(3)).toBe(rows.windowsOf(3))
  })

  test('remembers some shifts and windows and finds all', () => {
    const rows = new RowSet(Int32Array.of(500), 501)
    for (let n = 1; n < 300; n++) {
      expect([...rows.before(n).bars]).toEqual([500 - n])
      expect(rows.windowsOf(n).bars).toHaveLength(n)
    }
  })

  test('gathers its bars', () => {
    const out = new Float64Array(4)
    gatherRows(out, Float64Array.of(1, 2, 3, 4, 5, 6), 2, new RowSet(Int32Array.of(0, 2), 3))
    expect([...out]).toEqual([1, 2, 5, 6])
  })
})
