import { describe, expect, test } from 'vitest'
import { computeMetrics } from '../../src/backtest/metrics/compute.js'
import { simulateTotals } from '../../src/backtest/simulate.js'
import { indicatorsOf, simulate } from '../support/simulate.js'
import { always, inputOf, panelOf, run, scoreRule, weightsRule } from './make.js'
import { randomMarket } from './plain/random-market.js'

const US = { commission: 0.0005, tax: 0, slippage: 0.0005 }

describe('a trade is one position from flat to flat', () => {
  test('with all shares opened, average prices, and pnl net of costs', () => {
    // bar 1: 0.05 shares at 10.
    const panel = panelOf({ A: [10, 10, 20, 30, 15, 15] })
    const { trades, equity } = run(panel, weightsRule({ A: [0.5, 1, 0.5, 0, 0, 0] }))
    // bar 2: equity 1.5 → 0.075 shares (0.025 added at 20). bar 3: equity 2.25 → 1.125/30 = 0.0375 (0.0375 sold at 30).
    // bar 4: 0.0375 sold at 15.
    expect(trades).toHaveLength(1)
    const trade = trades[0]!
    expect(trade).toMatchObject({
      symbol: 'A',
      side: 'long',
      entryBar: 1,
      exitBar: 4,
      bars: 3,
      reason: 'rebalance',
      entryDate: '2021-01-02',
      exitDate: '2021-01-05',
    })
    expect(trade.shares).toBeCloseTo(0.075, 15)
    expect(trade.entryPrice).toBeCloseTo((0.5 + 0.5) / 0.075, 12)
    expect(trade.exitPrice).toBeCloseTo((0.0375 * 30 + 0.0375 * 15) / 0.075, 12)
    expect(trade.pnl).toBeCloseTo(0.0375 * 45 - 1, 14)
    expect(trade.return).toBeCloseTo(0.0375 * 45 - 1, 14)
    expect(equity[5]).toBeCloseTo(1 + trade.pnl, 14)
  })

  test('the pnl of all trades is what the account gained, costs included', () => {
    const panel = panelOf({
      A: [10, 10, 12, 11, 9, 14, 13],
      B: [5, 5, 4, 6, 7, 5, 5],
      C: [3, 3, 3, 4, 2, 3, 3],
    })
    const score = scoreRule(
      { A: [3, 1, 2, 3, 1, 1, 1], B: [1, 2, 3, 1, 3, 2, 2], C: [2, 3, 1, 2, 2, 3, 3] },
      { top: 1 },
    )
    for (const side of ['long', 'short', 'longShort'] as const) {
      const { trades, equity } = run(
        panel,
        score,
        { side },
        { costs: { commission: 0.01, tax: 0.02, slippage: 0.003 } },
      )
      const pnl = trades.reduce((sum, trade) => sum + trade.pnl, 0)
      expect(equity[6]! - 1).toBeCloseTo(pnl, 13)
    }
  })

  test('a flip is two trades, each with its part of the cost', () => {
    const panel = panelOf({ A: always(10, 5) })
    const { trades } = run(panel, weightsRule({ A: [0.6, -0.3, 0, 0, 0] }), {}, { costs: US })
    expect(trades).toMatchObject([
      { side: 'long', entryBar: 1, exitBar: 2 },
      { side: 'short', entryBar: 2, exitBar: 3 },
    ])
    const [long, short] = trades
    expect(long!.pnl).toBeCloseTo(-0.001 * 10 * 2 * long!.shares, 14)
    expect(short!.pnl).toBeCloseTo(-0.001 * 10 * 2 * short!.shares, 14)
    expect(short!.shares).toBeGreaterThan(0)
  })

  test('borrow and financing are not a trade’s', () => {
    const { trades, equity } = run(
      panelOf({ A: always(10, 5) }),
      weightsRule({ A: [-1, -1, -1, 0, 0] }),
      { rebalance: { every: 3 }, borrowRate: 0.5 },
      {},
    )
    expect(equity[4]).toBeLessThan(1)
    expect(trades[0]!.pnl).toBeCloseTo(0, 14)
  })

  test('positions open at the end are marked at the last close without cost, in the order of the symbols', () => {
    const panel = panelOf({ A: [10, 10, 12], B: [10, 10, Number.NaN] })
    const { trades } = run(
      panel,
      weightsRule({ A: always(0.5, 3), B: always(0.5, 3) }),
      { rebalance: { every: 9 } },
      { costs: US },
    )
    expect(trades).toMatchObject([
      { symbol: 'A', reason: 'end', exitPrice: 12, exitBar: 2, bars: 1 },
      { symbol: 'B', reason: 'end', exitPrice: 10, exitBar: 2 },
    ])
    expect(trades[1]!.pnl).toBeCloseTo((-0.001 * 0.5) / 1.001, 15)
  })

  test('and are left out of the trade statistics', () => {
    const bars = 24
    const A = Array.from({ length: bars }, (_, t) => 10 + t)
    const B = Array.from({ length: bars }, (_, t) => 100 - t)
    const half = (until: number) => Array.from({ length: bars }, (_, t) => (t < until ? 0.5 : 0))
    const panel = panelOf({ A, B })
    const input = inputOf(panel, weightsRule({ A: half(bars), B: half(5) }), { rebalance: { every: 5 } })
    const simulation = simulate(input)
    expect(simulation.trades.map((trade) => trade.reason)).toEqual(['rebalance', 'end'])
    const { metrics, notes } = computeMetrics({
      simulation,
      dates: panel.dates,
      start: 0,
      periodsPerYear: 252,
    })
    expect(metrics).toMatchObject({ trades: 1, winRate: 0, profitFactor: 0, avgHoldingBars: 5 })
    expect(metrics.expectancy).toBeCloseTo(94 / 99 - 1, 13)
    expect(notes.winRate).toBeUndefined()
  })
})

test('trades that are open at the end come by symbol, in whatever order they were opened', () => {
  const flat = always(10, 6)
  const opened = [4, 1, 3, 2]
  const weights = Object.fromEntries(
    opened.map((bar, i) => ['ABCD'[i]!, flat.map((_, t) => (t >= bar ? 0.25 : 0))]),
  )
  const { trades } = run(panelOf({ A: flat, B: flat, C: flat, D: flat }), weightsRule(weights))
  expect(trades.map(({ symbol, entryBar, reason }) => [symbol, entryBar, reason])).toEqual([
    ['A', 5, 'end'],
    ['B', 2, 'end'],
    ['C', 4, 'end'],
    ['D', 3, 'end'],
  ])
})

test('a backtest that keeps no trades comes to the same totals, curves and fills, in 200 random markets', () => {
  let closed = 0
  for (let seed = 0; seed < 200; seed++) {
    const { input } = randomMarket(seed)
    const { trades, ...kept } = simulate(input)
    expect(simulateTotals({ ...input, indicators: indicatorsOf(input) }), `market ${seed}`).toEqual(kept)
    expect(kept.tradeTotals).toMatchObject({ closed: trades.filter(({ reason }) => reason !== 'end').length })
    closed += kept.tradeTotals.closed
  }
  expect(closed).toBeGreaterThan(1000)
})
