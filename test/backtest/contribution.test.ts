import { describe, expect, test } from 'vitest'
import { contribution } from '../../src/backtest/contribution.js'
import { createPanel } from '../../src/data/panel.js'
import { simulate } from '../support/simulate.js'
import { inputOf, panelOf, run, weightsRule } from './make.js'
import { randomMarket } from './plain/random-market.js'

const sum = (rows: readonly { pnl: number }[]) => rows.reduce((total, { pnl }) => total + pnl, 0)

describe('contribution', () => {
  test('the pnl of all symbols less borrow and financing is the total return, in 300 random markets', () => {
    let borrowed = 0
    let financed = 0
    for (let seed = 0; seed < 300; seed++) {
      const { input, label } = randomMarket(seed)
      const simulation = simulate(input)
      const found = contribution(simulation, input.panel)
      const size = simulation.trades.reduce((most, { pnl }) => most + Math.abs(pnl), 1)
      const total = sum(found.symbols) - found.borrow - found.financing
      expect(Math.abs(total - found.totalReturn), label).toBeLessThanOrEqual(1e-9 * size)
      if (found.borrow > 0) borrowed++
      if (found.financing > 0) financed++
    }
    // Both kinds of carry do come up.
    expect(Math.min(borrowed, financed)).toBeGreaterThan(10)
  })

  // A doubles while held (bars 1 to 2), B halves, C is held to the end; each gets a third.
  const panel = panelOf({
    A: [10, 10, 20, 20, 20],
    B: [10, 10, 5, 5, 5],
    C: [10, 10, 10, 10, 11],
  })
  const third = [1 / 3, 0, 0, 0, 0]
  const simulation = run(panel, weightsRule({ A: third, B: third, C: [1 / 3, 1 / 3, 1 / 3, 1 / 3, 1 / 3] }), {
    rebalance: { every: 1 },
  })

  test('rows come from the largest gain to the largest loss, with trades, bars and what is open', () => {
    const { symbols, totalReturn } = contribution(simulation, panel)
    expect(symbols.map(({ name, trades, open, bars }) => [name, trades, open, bars])).toEqual([
      ['A', 1, 0, 1],
      ['C', 0, 1, 3],
      ['B', 1, 0, 1],
    ])
    expect(symbols[0]!.pnl).toBeCloseTo(1 / 3, 12)
    expect(symbols[2]!.pnl).toBeCloseTo(-1 / 6, 12)
    expect(symbols[0]!.share).toBeCloseTo(1 / 3 / totalReturn, 12)
    expect(symbols.every(({ cost }) => cost === 0)).toBe(true)
  })

  test('costs of every fill of a position are told, and its pnl is net of them', () => {
    const costs = { commission: 0.01, tax: 0.02, slippage: 0 }
    const input = inputOf(panelOf({ A: [10, 10, 20, 20] }), weightsRule({ A: [1, 0, 0, 0] }), {}, { costs })
    const { symbols } = contribution(simulate(input), input.panel)
    const bought = 1 / 1.01
    expect(symbols[0]!.cost).toBeCloseTo(bought * 0.01 + 2 * bought * 0.03, 12)
    expect(symbols[0]!.pnl).toBeCloseTo(bought - symbols[0]!.cost, 12)
  })

  test('a position counts for the group of its symbol at the entry; without one it stands under no name', () => {
    const codes = new Int32Array(15).fill(-1)
    // A is in tech on the entry's bar only, B in oil always, C in none.
    for (let t = 0; t < 5; t++) {
      codes[t * 3] = t === 1 ? 0 : 1
      codes[t * 3 + 1] = 1
    }
    const grouped = createPanel({
      ...panel,
      groups: new Map([['sector', { codes, labels: ['tech', 'oil'] }]]),
    })
    const { groups, symbols } = contribution(simulation, grouped)
    expect(groups.sector!.map(({ name }) => name)).toEqual(['tech', '', 'oil'])
    expect(groups.sector!.map(({ pnl }) => pnl)).toEqual(symbols.map(({ pnl }) => pnl))
  })

  test('there is no share of a return of nothing', () => {
    const flat = panelOf({ A: [10, 10, 10, 10] })
    const { symbols, totalReturn } = contribution(run(flat, weightsRule({ A: [1, 1, 0, 0] })), flat)
    expect(totalReturn).toBe(0)
    expect(symbols[0]!.share).toBeNull()
  })

  test('an account that never traded has no rows', () => {
    const flat = panelOf({ A: [10, 10, 10] })
    expect(contribution(run(flat, weightsRule({ A: [0, 0, 0] })), flat)).toEqual({
      symbols: [],
      groups: {},
      borrow: 0,
      financing: 0,
      totalReturn: 0,
    })
  })
})
