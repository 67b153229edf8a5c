import { describe, expect, test } from 'vitest'
import type { EvaluatedRule, SimulationInput, Trade } from '../../../src/backtest/types.js'
import { createPanel } from '../../../src/data/panel.js'
import type { Portfolio } from '../../../src/graph/strategy-graph.js'
import { atrSeries, capLeg, decidePlain, isRebalanceBar, returnStd } from './decide-plain.js'
import { benchmarkPlain, metricsPlain } from './metrics-plain.js'
import { simulatePlain } from './simulate-plain.js'

const X = Number.NaN

/** A panel from one list of closes a symbol; opens are the closes unless given. Symbols are A, B, C …. */
function panelOf(closes: number[][], opens: number[][] = closes, dates?: string[]) {
  const bars = closes[0]!.length
  const rows = (columns: number[][]) =>
    Float64Array.from(
      { length: bars * columns.length },
      (_, i) => columns[i % columns.length]![Math.floor(i / columns.length)]!,
    )
  return createPanel({
    dates:
      dates ??
      Array.from({ length: bars }, (_, t) => new Date(Date.UTC(2024, 0, 1 + t)).toISOString().slice(0, 10)),
    symbols: closes.map((_, symbol) => String.fromCharCode(65 + symbol)),
    fields: new Map([
      ['close', rows(closes)],
      ['open', rows(opens)],
    ]),
  })
}

const PLAIN: Portfolio = {
  side: 'long',
  weight: 'equal',
  rebalance: 'daily',
  fill: 'nextOpen',
  exits: {},
  grossExposure: 1,
  borrowRate: 0,
  financingRate: 0,
  delistAfter: 20,
  delistHaircut: 0,
}

/** Target weights bar by bar: `[[a0, b0], [a1, b1], …]`. */
function weightsRule(rows: number[][]): EvaluatedRule {
  return { kind: 'weights', weights: Float64Array.from(rows.flat()) }
}

function run(
  panel: SimulationInput['panel'],
  rule: EvaluatedRule,
  portfolio: Partial<Portfolio> = {},
  costs: Partial<SimulationInput['costs']> = {},
  rest: Partial<Pick<SimulationInput, 'range' | 'universe' | 'periodsPerYear'>> = {},
) {
  return simulatePlain({
    panel,
    rule,
    range: { start: 0, end: panel.dates.length - 1 },
    portfolio: { ...PLAIN, ...portfolio },
    costs: { commission: 0, tax: 0, slippage: 0, ...costs },
    periodsPerYear: 100,
    ...rest,
  })
}

function near(actual: ArrayLike<number>, expected: number[]) {
  expect(actual.length).toBe(expected.length)
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 12)
}

function nearTrade(actual: Trade | undefined, expected: Partial<Trade>) {
  for (const [name, value] of Object.entries(expected)) {
    const got = actual?.[name as keyof Trade]
    if (typeof value === 'number') expect(got, name).toBeCloseTo(value, 12)
    else expect(got, name).toBe(value)
  }
}

describe('fills', () => {
  test('a purchase leaves E⁺ = E/(1 + rate) and the price does the rest', () => {
    // Decided at bar 0, filled at bar 1 at 10: E⁺ = 1 − 0.01·E⁺, so E⁺ = 1/1.01, all of it in A. Doubles at bar 2,
    // where the target is met already. pnl = 2/1.01 − 1/1.01 − 0.01/1.01.
    const result = run(panelOf([[10, 10, 20]]), weightsRule([[1], [1], [1]]), {}, { commission: 0.01 })
    near(result.equity, [1, 1 / 1.01, 2 / 1.01])
    near(result.returns, [0, 1 / 1.01 - 1, 1])
    near(result.exposure, [0, 1, 1])
    expect(result.trades).toHaveLength(1)
    nearTrade(result.trades[0], {
      side: 'long',
      entryBar: 1,
      entryPrice: 10,
      exitBar: 2,
      exitPrice: 20,
      shares: 0.1 / 1.01,
      pnl: 0.99 / 1.01,
      return: 0.99,
      bars: 1,
      reason: 'end',
    })
    expect(result.fills).toHaveLength(1)
    expect(result.fills[0]!.traded).toBeCloseTo(1 / 1.01, 12)
    expect(result.fills[0]!.cost).toBeCloseTo(0.01 / 1.01, 12)
  })

  test('a sale pays the tax, a purchase does not', () => {
    // Buy at bar 1 with slippage 0.001: E⁺ = 1/1.001. Sell all at bar 2 at the same price: × (1 − 0.001 − 0.003).
    const costs = { slippage: 0.001, tax: 0.003 }
    const result = run(panelOf([[10, 10, 10]]), weightsRule([[1], [0], [0]]), {}, costs)
    near(result.equity, [1, 1 / 1.001, 0.996 / 1.001])
    nearTrade(result.trades[0], { reason: 'rebalance', pnl: (0.996 - 1.001) / 1.001, exitBar: 2 })
  })

  test('nextClose fills at the close of the next bar', () => {
    // Bought at 20 (close of bar 1), worth 40 at bar 2. At the open it would have been bought at 10.
    const panel = panelOf([[10, 20, 40]], [[10, 10, 20]])
    near(run(panel, weightsRule([[1], [1], [1]]), { fill: 'nextClose' }).equity, [1, 1, 2])
    near(run(panel, weightsRule([[1], [1], [1]]), { fill: 'nextOpen' }).equity, [1, 2, 4])
  })

  test('what cannot trade keeps its shares, and the others get what room it leaves', () => {
    // Half each at bar 1 at 10. A doubles to 20 by the close of bar 1, then has no price at bar 2: stuck = 1.0 of
    // E = 1.5, valued at bar 1's close. Target at bar 2: all in B: f = (1.5 − 1)/(1·1.5) = 1/3, so B stays at 0.5.
    // A's target is 0, so it stays pending and is sold at bar 3's open of 30; B doubles at bar 3.
    const panel = panelOf(
      [
        [10, 20, X, 40],
        [10, 10, 10, 20],
      ],
      [
        [10, 10, X, 30],
        [10, 10, 10, 10],
      ],
    )
    const rows = [
      [0.5, 0.5],
      [0, 1],
      [X, X],
      [X, X],
    ]
    const result = run(
      panel,
      weightsRule(rows),
      { rebalance: { every: 1 } },
      {},
      { range: { start: 0, end: 2 } },
    )
    near(result.equity, [1, 1.5, 1.5])
    near(result.exposure, [0, 1, 1])
    // With rebalance only at bars 0 and 1 the pending sale trades A alone: 0.05·30 = 1.5 in cash, B 0.5 → 1.0.
    const monthly = panelOf(
      [
        [10, 20, X, 40],
        [10, 10, 10, 20],
      ],
      [
        [10, 10, X, 30],
        [10, 10, 10, 10],
      ],
      ['2024-01-31', '2024-02-29', '2024-03-01', '2024-03-04'],
    )
    const pending = run(monthly, weightsRule(rows), { rebalance: 'monthly' })
    near(pending.equity, [1, 1.5, 1.5, 2.5])
    nearTrade(pending.trades[0], { symbol: 'A', reason: 'rebalance', exitBar: 3, exitPrice: 30, pnl: 1 })
    expect(pending.fills.map((fill) => fill.bar)).toEqual([1, 3])
    expect(pending.fills[1]!.traded).toBeCloseTo(1.5 / 2, 12)
  })

  test('adding averages the entry price, reducing leaves it', () => {
    // 0.5 at 10 (0.05 shares). At bar 2 the price is 20: value 1, E = 1.5; target 1 → 1.5, so 0.025 more at 20:
    // entry (0.05·10 + 0.025·20)/0.075 = 13.333…; the trailing average is what takeProfit sees: 18/13.33 = +35 %.
    const panel = panelOf([[10, 10, 20, 18, 18]])
    const rows = [[0.5], [1], [1], [1], [1]]
    const taken = run(panel, weightsRule(rows), { rebalance: { every: 1 }, exits: { takeProfit: 0.35 } })
    // Bar 2: 20/13.33 − 1 = 50 % triggers at once; sold at bar 3's 18: 0.075·18 = 1.35.
    near(taken.equity.slice(0, 4), [1, 1, 1.5, 1.35])
    nearTrade(taken.trades[0], {
      entryPrice: 1 / 0.075,
      shares: 0.075,
      exitPrice: 18,
      reason: 'takeProfit',
      bars: 2,
    })
    const kept = run(panel, weightsRule(rows), { rebalance: { every: 1 }, exits: { takeProfit: 0.51 } })
    nearTrade(kept.trades[0], { reason: 'end' })
  })

  test('a change of sign ends one trade and starts the next', () => {
    // Long 1 at 10 (0.1 shares). At bar 2, price 12: E = 1.2; target −1 with commission 0.01:
    // E⁺ = 1.2 − 0.01·(1.2 + E⁺) = 1.188/1.01. Of the cost, 0.012 closes the long. (The purchase cost nothing at
    // bar 1 only because costs are the same for it: E⁺₁ = 1/1.01.)
    const result = run(
      panelOf([[10, 10, 12, 6]]),
      weightsRule([[1], [-1], [-1], [0]]),
      {
        rebalance: { every: 1 },
      },
      { commission: 0.01 },
      { range: { start: 0, end: 2 } },
    )
    const first = 1 / 1.01
    const second = (1.2 * first * 0.99) / 1.01
    near(result.equity, [1, first, second])
    nearTrade(result.trades[0], {
      side: 'long',
      exitPrice: 12,
      reason: 'rebalance',
      pnl: first * (1.2 - 1 - 0.01 - 0.012),
    })
    nearTrade(result.trades[1], {
      side: 'short',
      entryBar: 2,
      entryPrice: 12,
      shares: second / 12,
      pnl: -0.01 * second,
    })
  })
})

describe('carrying', () => {
  test('a short pays borrow on the previous close, and earns when the price falls', () => {
    // Short 1 at 10 (0.1 shares), cash 2. Bar 2: borrow 0.5/100 of the 1.0 of bar 1, price 8: 2 − 0.005 − 0.8.
    const result = run(
      panelOf([[10, 10, 8]]),
      weightsRule([[-1], [-1], [-1]]),
      { rebalance: 'monthly', borrowRate: 0.5 },
      {},
      { range: { start: 0, end: 2 } },
    )
    near(result.equity, [1, 1, 1])
    const dated = panelOf([[10, 10, 8]], undefined, ['2024-01-31', '2024-02-01', '2024-02-02'])
    near(
      run(dated, weightsRule([[-1], [-1], [-1]]), { rebalance: 'monthly', borrowRate: 0.5 }).equity,
      [1, 1, 1.195],
    )
  })

  test('borrowed cash is financed, positive cash earns nothing', () => {
    // 2 in A, cash −1: each bar 0.1/100 of it.
    const dated = panelOf([[10, 10, 10, 10]], undefined, [
      '2024-01-31',
      '2024-02-01',
      '2024-02-02',
      '2024-02-05',
    ])
    const rows = [[2], [2], [2], [2]]
    const settings = { rebalance: 'monthly', grossExposure: 2, financingRate: 0.1 } as const
    near(run(dated, weightsRule(rows), settings).equity, [1, 1, 0.999, 0.997999])
  })

  test('equity at or below 0 ends the backtest as ruined', () => {
    // 2 in A at 10, cash −1; the price halves: 1 − 1 = 0.
    const dated = panelOf([[10, 10, 5, 50]], undefined, [
      '2024-01-31',
      '2024-02-01',
      '2024-02-02',
      '2024-02-05',
    ])
    const result = run(dated, weightsRule([[2], [2], [2], [2]]), { rebalance: 'monthly', grossExposure: 2 })
    expect(result.status).toBe('ruined')
    near(result.equity, [1, 1, 0])
    near(result.returns, [0, 0, -1])
    nearTrade(result.trades[0], { reason: 'end', exitBar: 2, pnl: -1 })
  })

  test('a symbol that stays without a close is closed at its last one, less the haircut and the costs', () => {
    // 1 in A at 10 bought free of cost but sold at tax 0.1: bars 2 and 3 miss, at bar 3 out at 12·0.75 = 9 → 0.9·0.9.
    const panel = panelOf([[10, 12, X, X, 50]], undefined, [
      '2024-01-31',
      '2024-02-01',
      '2024-02-02',
      '2024-02-05',
      '2024-02-06',
    ])
    const opens = panelOf([[10, 12, X, X, 50]], [[10, 10, X, X, 50]], [...panel.dates])
    const result = run(
      opens,
      weightsRule([[1], [1], [1], [1], [1]]),
      { rebalance: 'monthly', delistAfter: 2, delistHaircut: 0.25 },
      { tax: 0.1 },
    )
    near(result.equity, [1, 1.2, 1.2, 0.81, 0.81])
    nearTrade(result.trades[0], { reason: 'delisted', exitBar: 3, exitPrice: 9, pnl: -0.19, bars: 2 })
    expect(result.fills.map((fill) => fill.bar)).toEqual([1])
  })
})

describe('exits', () => {
  const dates = ['2024-01-31', '2024-02-01', '2024-02-02', '2024-02-05', '2024-02-06', '2024-02-07']
  const once = (rows = 6) => weightsRule(Array.from({ length: rows }, () => [1]))

  test('a stop that is hit exactly triggers, and fills at the next open', () => {
    // Bought at 10; 9 is exactly −10 % at bar 3; filled at bar 4's open of 8; not bought again before a decision.
    const panel = panelOf([[10, 10, 9.5, 9, 20, 20]], [[10, 10, 10, 9, 8, 20]], dates)
    const result = run(panel, once(), { rebalance: 'monthly', exits: { stopLoss: 0.1 } })
    near(result.equity, [1, 1, 0.95, 0.9, 0.8, 0.8])
    nearTrade(result.trades[0], { reason: 'stopLoss', exitBar: 4, exitPrice: 8, bars: 3 })
  })

  test('the trailing stop runs from the highest close since entry, the entry price included', () => {
    // Bought at an open of 12 above every close: 12·0.8 = 9.6. Bar 1's 10 holds it, bar 3's 9.6 hits it exactly.
    const panel = panelOf([[10, 10, 10, 9.6, 9, 9]], [[10, 12, 10, 9, 9, 9]], dates)
    nearTrade(run(panel, once(), { rebalance: 'monthly', exits: { trailingStop: 0.2 } }).trades[0], {
      reason: 'trailingStop',
      exitBar: 4,
    })
  })

  test('a short mirrors: it is stopped where the price rises', () => {
    const panel = panelOf([[10, 10, 8, 8.8, 8, 8]], undefined, dates)
    const short = weightsRule(Array.from({ length: 6 }, () => [-1]))
    nearTrade(run(panel, short, { rebalance: 'monthly', exits: { trailingStop: 0.1 } }).trades[0], {
      side: 'short',
      reason: 'trailingStop',
      exitBar: 4,
      exitPrice: 8,
    })
    nearTrade(run(panel, short, { rebalance: 'monthly', exits: { takeProfit: 0.2 } }).trades[0], {
      reason: 'takeProfit',
      exitBar: 3,
      exitPrice: 8.8,
      pnl: 0.12,
    })
  })

  test('holding bars count from the entry fill and are checked without a close too; the exit waits for a price', () => {
    // Bought at bar 1; 2 bars at bar 3 (no close); no open at bar 4; out at bar 5's open.
    const panel = panelOf([[10, 10, 10, X, 10, 10]], [[10, 10, 10, X, X, 11]], dates)
    const result = run(panel, once(), { rebalance: 'monthly', exits: { maxHoldingBars: 2 } })
    nearTrade(result.trades[0], { reason: 'maxHoldingBars', exitBar: 5, exitPrice: 11, bars: 4 })
    near(result.equity, [1, 1, 1, 1, 1, 1.1])
  })

  test('an exit on a rebalance bar takes the symbol out; its place is not filled; the trade keeps the name', () => {
    // Daily top 1 by score: A always. It loses 10 % at bar 2 and is out at bar 3, though B is next in line; at
    // bar 3 A is free to be selected again, filled at bar 4.
    const panel = panelOf([
      [10, 10, 9, 9, 9, 9],
      [10, 10, 10, 10, 10, 10],
    ])
    const score = Float64Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? 2 : 1))
    const rule: EvaluatedRule = { kind: 'score', score, select: { top: 1 } }
    const result = run(panel, rule, { exits: { stopLoss: 0.1 } })
    near(result.exposure, [0, 1, 1, 0, 1, 1])
    expect(
      result.trades.map(({ symbol, entryBar, exitBar, reason }) => [symbol, entryBar, exitBar, reason]),
    ).toEqual([
      ['A', 1, 3, 'stopLoss'],
      ['A', 4, 5, 'end'],
    ])
  })

  test('a decision that selects a pending symbol again keeps it, one that does not keeps the exit in the books', () => {
    // Stopped at bar 2 (9), no open at bar 3, where the close is back at 10: the decision of bar 3 decides.
    const dates = ['2024-01-30', '2024-01-31', '2024-02-28', '2024-02-29', '2024-03-01', '2024-03-04']
    const panel = panelOf([[10, 10, 9, 10, 10, 10]], [[10, 10, 9, X, 10, 10]], dates)
    const decide = (last: number) => weightsRule([[1], [1], [1], [last], [0], [0]])
    const settings = { rebalance: { every: 3 }, exits: { stopLoss: 0.1 } } as const
    nearTrade(run(panel, decide(1), settings).trades[0], { reason: 'end', exitBar: 5 })
    nearTrade(run(panel, decide(0), settings).trades[0], { reason: 'stopLoss', exitBar: 4 })
  })

  test('a pending close is checked as well: the rule that holds at the last check names it', () => {
    // 9 at bar 2 is the stop; no open at bar 3, whose close of 9.9 is above it, but 2 bars are held by then.
    const panel = panelOf([[10, 10, 9, 9.9, 10, 10]], [[10, 10, 10, X, 10, 10]], dates)
    const settings = { rebalance: 'monthly', exits: { stopLoss: 0.1, maxHoldingBars: 2 } } as const
    nearTrade(run(panel, once(), settings).trades[0], { reason: 'maxHoldingBars', exitBar: 4 })
  })

  test('atr and volatility stops', () => {
    // Closes 10, 10, 12, 9: without high and low the true range is missing; here it comes from the fields.
    const panel = createPanel({
      dates,
      symbols: ['A'],
      fields: new Map([
        ['open', Float64Array.of(10, 10, 10, 12, 9, 9)],
        ['high', Float64Array.of(11, 11, 13, 12, 9, 9)],
        ['low', Float64Array.of(9, 10, 10, 9, 9, 9)],
        ['close', Float64Array.of(10, 10, 12, 9, 9, 9)],
      ]),
    })
    // True ranges 2, 1, 3, 3, 0, 0; Wilder 2: –, 1.5, 2.25, 2.625, …
    near(atrSeries(panel, 0, 2).slice(1, 4), [1.5, 2.25, 2.625])
    // Peak 12 at bar 2: 12 − 1·2.625 = 9.375 ≥ 9, out at bar 4.
    nearTrade(run(panel, once(), { rebalance: 'monthly', exits: { atrStop: { n: 2, k: 1 } } }).trades[0], {
      reason: 'atrStop',
      exitBar: 4,
    })
    // Returns 0.2 and −0.25 at bar 3: std = 0.45/√2 = 0.318198…; 12·(1 − 0.75·0.3182) = 9.136 ≥ 9; k 0.8: 8.945 < 9.
    expect(returnStd(panel, 0, 3, 2)).toBeCloseTo(0.45 / Math.SQRT2, 12)
    nearTrade(
      run(panel, once(), { rebalance: 'monthly', exits: { volatilityStop: { n: 2, k: 0.75 } } }).trades[0],
      {
        reason: 'volatilityStop',
        exitBar: 4,
      },
    )
    // (At bar 4 the returns are −0.25 and 0: std 0.1768, level 10.3 > 9, so it goes one bar later.)
    nearTrade(
      run(panel, once(), { rebalance: 'monthly', exits: { volatilityStop: { n: 2, k: 0.8 } } }).trades[0],
      {
        reason: 'volatilityStop',
        exitBar: 5,
      },
    )
  })
})

describe('decisions', () => {
  const input = (partial: Partial<SimulationInput>, portfolio: Partial<Portfolio> = {}): SimulationInput => ({
    panel: panelOf([[10], [10], [10], [10]]),
    range: { start: 0, end: 0 },
    rule: weightsRule([[0, 0, 0, 0]]),
    portfolio: { ...PLAIN, ...portfolio },
    costs: { commission: 0, tax: 0, slippage: 0 },
    periodsPerYear: 252,
    ...partial,
  })
  const none = [false, false, false, false]
  const scored = (
    score: number[],
    select: { top: number } | { bottom: number } | { threshold: number } | { topFraction: number },
    portfolio: Partial<Portfolio> = {},
    exited = none,
  ) =>
    decidePlain(
      input({ rule: { kind: 'score', score: Float64Array.from(score), select } }, portfolio),
      0,
      none,
      exited,
    ).targets

  test('ties go to the symbol that sorts first, from both ends', () => {
    near(scored([1, 2, 2, 2], { top: 2 }), [0, 0.5, 0.5, 0])
    near(scored([1, 1, 1, 2], { bottom: 2 }), [0.5, 0.5, 0, 0])
  })

  test('a fraction rounds up, with room for rounding', () => {
    near(scored([4, 3, 2, 1], { topFraction: 0.3 }), [0.5, 0.5, 0, 0])
    near(scored([4, 3, 2, 1], { topFraction: 0.25 }), [1, 0, 0, 0])
    near(scored([4, 3, 2, X], { topFraction: 1 / 3 }), [1, 0, 0, 0])
  })

  test('long/short: a symbol in both legs is in neither, each leg has half', () => {
    near(scored([4, 3, 2, 1], { top: 3 }, { side: 'longShort' }), [0.5, 0, 0, -0.5])
    near(scored([4, 3, X, 1], { top: 2 }, { side: 'longShort' }), [0.5, 0, 0, -0.5])
    near(scored([0.5, 0.1, -0.4, -0.1], { threshold: 0.2 }, { side: 'longShort' }), [0.5, 0, -0.5, 0])
  })

  test('rank and score weights', () => {
    near(scored([4, 3, 2, 1], { top: 3 }, { weight: 'rank' }), [3 / 6, 2 / 6, 1 / 6, 0])
    near(scored([4, 3, 2, 1], { bottom: 2 }, { weight: 'rank', side: 'short' }), [0, 0, -1 / 3, -2 / 3])
    near(scored([3, 1, -2, -5], { top: 3 }, { weight: 'score' }), [0.75, 0.25, 0, 0])
    near(scored([-1, -3, -4, -9], { top: 2 }, { weight: 'score' }), [0.5, 0.5, 0, 0])
    near(
      scored([3, 1, -1, -3], { top: 2 }, { weight: 'score', side: 'longShort' }),
      [0.375, 0.125, -0.125, -0.375],
    )
  })

  test('a symbol that just exited leaves, and the rest share', () => {
    near(scored([4, 3, 2, 1], { top: 2 }, {}, [true, false, false, false]), [0, 1, 0, 0])
  })

  test('maxWeight spreads the excess in proportion until none exceeds', () => {
    // 0.6, 0.3, 0.1 capped at 0.4: 0.2 over 0.3 : 0.1 → 0.45, 0.15; again 0.05 to the last → 0.2.
    near(capLeg([0.6, 0.3, 0.1], 0.4), [0.4, 0.4, 0.2])
    near(capLeg([0.6, 0.4], 0.3), [0.3, 0.3])
    near(scored([4, 3, 2, 1], { top: 3 }, { weight: 'rank', maxWeight: 0.4 }), [0.4, 0.4, 0.2, 0])
  })

  test('a weights panel is scaled down to the gross exposure, capped afterwards, and says so', () => {
    const decision = decidePlain(
      input({ rule: weightsRule([[1.5, -0.5, X, 0]]) }, { maxWeight: 0.5 }),
      0,
      none,
      none,
    )
    near(decision.targets, [0.5, -0.25, 0, 0])
    expect(decision.scaledDown).toBe(true)
  })

  test('inverse volatility leaves out what has no variance', () => {
    // Returns of A: ±0.1 around, of B half of it, C constant, D missing a close.
    const panel = panelOf([
      [100, 110, 99],
      [100, 105, 99.75],
      [100, 100, 100],
      [X, 100, 90],
    ])
    const score = new Float64Array(12).fill(1)
    const { targets } = decidePlain(
      {
        ...input(
          { panel, rule: { kind: 'score', score, select: { top: 4 } } },
          { weight: { inverseVolatility: 2 } },
        ),
        range: { start: 0, end: 2 },
      },
      2,
      none,
      none,
    )
    near(targets, [1 / 3, 2 / 3, 0, 0])
  })

  test('rebalance bars end ISO weeks, months and quarters, never the range', () => {
    const dates = [
      '2020-12-30',
      '2020-12-31',
      '2021-01-01',
      '2021-01-04',
      '2021-01-29',
      '2021-02-01',
      '2021-04-01',
    ]
    const bars = (rule: Portfolio['rebalance'], start = 0, end = 6) =>
      dates.map((_, t) => t).filter((t) => t >= start && isRebalanceBar(rule, dates, start, end, t))
    // 2020-12-30 to 2021-01-01 are one ISO week (53 of 2020); the new year does not end it.
    expect(bars('weekly')).toEqual([2, 3, 4, 5])
    expect(bars('monthly')).toEqual([1, 4, 5])
    expect(bars('quarterly')).toEqual([1, 5])
    expect(bars({ every: 2 }, 1, 5)).toEqual([1, 3])
    expect(bars('daily', 2, 4)).toEqual([2, 3])
  })
})

test('signals hold from enter to exit, and an exit rule turns them off until the next enter', () => {
  // enter at bars 0 and 5, exit at bar 7; stop at bar 2 (10 → 9). On: 0–1, off 2–4, on 5–6, off from 7.
  const panel = panelOf([[10, 10, 9, 9, 9, 9, 9, 9, 9, 9]])
  const enter = Uint8Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0)
  const exit = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1, 0, 0)
  const result = run(panel, { kind: 'signals', enter, exit }, { exits: { stopLoss: 0.1 } })
  expect(result.trades.map(({ entryBar, exitBar, reason }) => [entryBar, exitBar, reason])).toEqual([
    [1, 3, 'stopLoss'],
    [6, 8, 'signal'],
  ])
})

test('a close that waits is named by the decision that came last', () => {
  // On at bar 0, off at bar 1 (sold: signal), no open at bar 2, where the symbol is on again but has no close: the
  // decision of bar 2 sells it for want of a close, filled at bar 3.
  const panel = panelOf([[10, 10, X, 10, 10]], [[10, 10, X, 10, 10]])
  const enter = Uint8Array.of(1, 0, 1, 0, 0)
  const exit = Uint8Array.of(0, 1, 0, 0, 0)
  const result = run(panel, { kind: 'signals', enter, exit })
  nearTrade(result.trades[0], { entryBar: 1, exitBar: 3, reason: 'rebalance' })
})

describe('metrics', () => {
  // 20 bars: +2 % and −1 % in turn, in two months.
  const returns = Array.from({ length: 20 }, (_, t) => (t % 2 === 0 ? 0.02 : -0.01))
  const equity: number[] = []
  for (const r of returns) equity.push((equity.at(-1) ?? 1) * (1 + r))
  const dates = returns.map((_, t) => (t < 10 ? `2024-01-${10 + t}` : `2024-02-${t}`))
  const trade = (pnl: number, ret: number, bars: number, reason: Trade['reason'] = 'rebalance'): Trade => ({
    symbol: 'A',
    side: 'long',
    entryBar: 0,
    entryDate: '',
    entryPrice: 1,
    exitBar: bars,
    exitDate: '',
    exitPrice: 1,
    shares: 1,
    pnl,
    cost: 0,
    return: ret,
    bars,
    reason,
  })
  const base = {
    status: 'completed' as const,
    equity,
    returns,
    exposure: returns.map((_, t) => (t < 10 ? 0 : 1)),
    trades: [trade(0.3, 0.1, 4), trade(-0.1, -0.04, 2), trade(0, 0, 3), trade(9, 9, 9, 'end')],
    fills: [
      { bar: 1, traded: 0.5, cost: 0.01 },
      { bar: 2, traded: 1.5, cost: 0.03 },
    ],
    dates,
    periodsPerYear: 250,
  }

  test('each from its definition', () => {
    const m = metricsPlain(base)
    const total = (1.02 * 0.99) ** 10
    // Deviations ±0.015: Σd² = 20·0.015², ddof 1.
    const deviation = 0.015 * Math.sqrt(20 / 19)
    const expected = {
      totalReturn: total - 1,
      cagr: total ** 12.5 - 1,
      volatility: deviation * Math.sqrt(250),
      sharpe: (0.005 / deviation) * Math.sqrt(250),
      sortino: (0.005 / Math.sqrt(0.0001 / 2)) * Math.sqrt(250),
      maxDrawdown: -0.01,
      calmar: (total ** 12.5 - 1) / 0.01,
      ulcer: Math.sqrt(0.0001 / 2),
      turnover: (2 * 250) / 20 / 2,
      costDrag: (0.04 * 250) / 20,
      exposure: 0.5,
      trades: 3,
      winRate: 1 / 3,
      profitFactor: 3,
      expectancy: 0.02,
      avgHoldingBars: 3,
      positiveMonths: 1,
      var95: 0.01,
      cvar95: 0.01,
      skew: 0,
      // Σd⁴/(Σd²)² = 1/20: 20·21·19/(18·17)/20 − 3·19²/(18·17).
      kurtosis: (21 * 19) / (18 * 17) - (3 * 361) / (18 * 17),
    }
    for (const [name, value] of Object.entries(expected))
      expect(m[name as keyof typeof expected], name).toBeCloseTo(value, 9)
    expect(m.beta).toBeNull()
  })

  test('the bias corrections: one bar of n that differs has skew √n and excess kurtosis n', () => {
    // d = −0.01 (19 times) and 0.19: Σd² 0.038, Σd³ 0.00684, Σd⁴ 0.0013034; and the tail is all of the zeros.
    const spike = returns.map((_, t) => (t === 7 ? 0.2 : 0))
    const m = metricsPlain({ ...base, returns: spike, equity: spike.map((_, t) => (t < 7 ? 1 : 1.2)) })
    expect(m.skew).toBeCloseTo(Math.sqrt(20), 9)
    expect(m.kurtosis).toBeCloseTo(20, 9)
    expect(m.var95).toBeCloseTo(0, 12)
    expect(m.positiveMonths).toBe(0.5)
    // Losses −0.01 … −0.20: the 5 % quantile lies at 0.95 of the way from the worst to the next: −0.1905.
    const losses = returns.map((_, t) => -0.01 * (t + 1))
    const tail = metricsPlain({ ...base, returns: losses })
    expect(tail.var95).toBeCloseTo(0.1905, 12)
    expect(tail.cvar95).toBeCloseTo(0.2, 12)
  })

  test('against a benchmark', () => {
    // b = r/2 + 0.001: beta 2, r − b = r/2 − 0.001 with mean 0.0015 and half the deviation.
    const b = returns.map((r) => r / 2 + 0.001)
    const m = metricsPlain({ ...base, benchmark: b })
    const half = 0.0075 * Math.sqrt(20 / 19)
    expect(m.beta).toBeCloseTo(2, 9)
    expect(m.alpha).toBeCloseTo((0.005 - 2 * 0.0035) * 250, 9)
    expect(m.trackingError).toBeCloseTo(half * Math.sqrt(250), 9)
    expect(m.informationRatio).toBeCloseTo((0.0015 / half) * Math.sqrt(250), 9)
    expect(m.upCapture).toBeCloseTo(0.02 / 0.011, 9)
    expect(m.downCapture).toBeCloseTo(0.01 / 0.004, 9)
  })

  test('what is undefined is null', () => {
    const flat = {
      ...base,
      returns: returns.map(() => 0),
      equity: equity.map(() => 1),
      trades: [],
      fills: [],
    }
    const m = metricsPlain({ ...flat, benchmark: returns.map(() => 0) })
    for (const name of [
      'sharpe',
      'sortino',
      'calmar',
      'winRate',
      'profitFactor',
      'expectancy',
      'avgHoldingBars',
      'skew',
      'kurtosis',
      'beta',
      'alpha',
      'informationRatio',
      'upCapture',
      'downCapture',
    ] as const)
      expect(m[name], name).toBeNull()
    expect(m.trades).toBe(0)
    expect(m.totalReturn).toBe(0)
    const short = metricsPlain({ ...base, returns: returns.slice(1), equity: equity.slice(1) })
    expect(Object.values(short).every((value) => value === null)).toBe(true)
    expect(metricsPlain({ ...base, status: 'ruined' }).cagr).toBe(-1)
    expect(metricsPlain({ ...base, status: 'ruined' }).exposure).toBeCloseTo(9 / 19, 12)
  })

  test('the benchmark buys everything with a close at the end of the first month', () => {
    const panel = panelOf(
      [
        [10, 10, 20],
        [10, 10, 10],
        [X, 10, 10],
      ],
      undefined,
      ['2024-01-31', '2024-02-01', '2024-02-02'],
    )
    const input = {
      panel,
      range: { start: 0, end: 2 },
      periodsPerYear: 252,
      fill: 'nextOpen',
      delistAfter: 20,
    } as const
    near(benchmarkPlain(input).equity, [1, 1, 1.5])
    const configUniverse = Uint8Array.of(0, 1, 1, 0, 1, 1, 0, 1, 1)
    near(benchmarkPlain({ ...input, configUniverse }).equity, [1, 1, 1])
  })
})
