import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ownMemory, sharedMemory } from '../../src/backtest/account-memory.js'
import { Book } from '../../src/backtest/book.js'
import { closeColumns } from '../../src/backtest/closes.js'
import { valueHeld } from '../../src/backtest/follow.js'
import { RECORD } from '../../src/backtest/ledger.js'
import { simulate } from '../../src/backtest/simulate.js'
import { createRng } from '../../src/base/rng.js'
import { createPanel, type Panel } from '../../src/data/panel.js'
import { RowSet } from '../../src/graph/evaluate/rows.js'
import { DEFAULT_PORTFOLIO } from '../../src/graph/strategy-graph.js'

const COSTS = { commission: 0.001, tax: 0, slippage: 0 }

function panelWith(symbols: number, bars: number, seed: number): Panel {
  const rng = createRng(seed, 'walk')
  const prices = Float64Array.from({ length: symbols * bars }, () => 1 + rng.next())
  return createPanel({
    dates: Array.from({ length: bars }, (_, t) => new Date(t * 86_400_000).toISOString().slice(0, 10)),
    symbols: Array.from({ length: symbols }, (_, i) => `S${String(i).padStart(4, '0')}`),
    fields: new Map(['open', 'high', 'low', 'close'].map((name) => [name, prices])),
  })
}

const sized = ([symbols, bars]: readonly [number, number], seed: number) => panelWith(symbols, bars, seed)

/** Equity of the scores' best third, from other arrays each time. */
function equityOn(panel: Panel): number[] {
  const score = panel.fields.get('close')!
  const { equity } = simulate({
    panel,
    range: { start: 0, end: panel.dates.length - 1 },
    rule: { kind: 'score', score, select: { topFraction: 0.34 } },
    portfolio: { ...DEFAULT_PORTFOLIO, rebalance: { every: 3 } },
    costs: COSTS,
    periodsPerYear: 252,
  })
  return [...equity]
}

describe('what is held, at each close of a stretch', () => {
  test('is Σ shares × close in the order of the positions, to the bit, for any number of positions and bars', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 13 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 3 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 1e6 }),
        (positions, count, from, isOwn, seed) => {
          const symbols = 13
          const panel = panelWith(symbols, 12, seed)
          const closes = closeColumns(panel)
          const memory = isOwn ? ownMemory(symbols, 12) : sharedMemory(symbols, 12)
          memory.closes.set(closes.last)
          const book = new Book(memory)
          const rng = createRng(seed, 'held')
          const order = Array.from({ length: symbols }, (_, i) => i).sort(() => rng.next() - 0.5)
          for (const i of order.slice(0, positions)) {
            memory.records[RECORD * i] = rng.next() - 0.2
            memory.held[book.heldCount++] = i
          }
          expect(valueHeld(book, closes, from, count, new Float64Array(12))).toBe(false)
          const close = panel.fields.get('close')!
          for (let k = 0; k < count; k++) {
            let sum = 0
            for (const i of order.slice(0, positions))
              sum += book.shares(i) * close[(from + k) * symbols + i]!
            expect(memory.net[k]).toBe(sum)
          }
        },
      ),
      { seed: 5, numRuns: 300 },
    )
  })
})

describe('panels of any size, in any order', () => {
  test('wide, narrow, long and short ones in turn come to what each comes to alone', () => {
    const sizes = [
      [1, 40],
      [700, 30],
      [3, 500],
      [1, 40],
      [40, 60],
      [2, 9000],
    ] as const
    const equity = (of: number) => equityOn(sized(sizes[of]!, of))
    const panels = sizes.map((size, of) => sized(size, of))
    const expected = sizes.map((_, of) => equity(of))
    for (const of of [0, 1, 2, 0, 3, 0, 5, 4, 1, 5, 2, 3, 3, 0])
      expect(equityOn(panels[of]!)).toEqual(expected[of])
  })

  test('a backtest that broke off leaves nothing behind for the next', () => {
    for (const size of [
      [5, 40],
      [30, 700],
    ] as const) {
      const panel = sized(size, 1)
      const expected = equityOn(panel)
      const score = panel.fields.get('close')!
      expect(() =>
        simulate({
          panel,
          range: { start: 0, end: panel.dates.length - 1 },
          // Its decisions after the twentieth bar were not evaluated.
          decisionRows: new RowSet(
            Int32Array.from({ length: 20 }, (_, t) => t),
            panel.dates.length,
          ),
          rule: { kind: 'score', score, select: { top: 2 } },
          portfolio: { ...DEFAULT_PORTFOLIO, rebalance: { every: 3 } },
          costs: COSTS,
          periodsPerYear: 252,
        }),
      ).toThrow('not evaluated')
      expect(equityOn(panel)).toEqual(expected)
    }
  })

  test('thousands of one symbol, all alive, have room beside hundreds of larger ones', () => {
    const alive: Panel[] = []
    for (let i = 0; i < 5000; i++) alive.push(panelWith(1, 21, i))
    for (let i = 0; i < 300; i++) alive.push(panelWith(128, 128, i))
    for (const panel of alive) expect(equityOn(panel)).toHaveLength(panel.dates.length)
    expect(alive.filter((panel) => closeColumns(panel).memory !== undefined)).toHaveLength(300)
  })
})
