import { describe, expect, test } from 'vitest'
import { type PositionsOptions, positions } from '../../src/backtest/positions.js'
import { AlphaloopError } from '../../src/base/errors.js'
import { createPanel, panelPrefix } from '../../src/data/panel.js'
import { generateMarket } from '../../src/data/synthetic/market.js'
import { field, rank, strategy } from '../../src/index.js'
import { FREE, panelOf } from './make.js'

const close = field('close')
const bestOf = (top: number, more: object = {}) =>
  strategy({ name: 'Best', score: close, select: { top }, fill: 'nextClose', ...more })

const thrown = (act: () => unknown): AlphaloopError => {
  try {
    act()
  } catch (error) {
    if (error instanceof AlphaloopError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('positions agree with what a backtest does next', () => {
  // Every symbol trades on every bar, without costs and at the next close, so the simulated account holds exactly
  // what was decided; so does an account that follows the orders.
  const market = generateMarket({ symbols: 15, bars: 260, seed: 3, delistings: 0 } as never)
  const complete = createPanel({
    dates: market.dates,
    symbols: market.symbols,
    fields: new Map(
      [...market.fields].map(([name, values]) => [name, filled(values, market.symbols.length)]),
    ),
  })
  const strategies = [
    strategy({
      name: 'Signals with exits',
      signals: { enter: close.gt(close.sma(10)), exit: close.lt(close.sma(30)) },
      exits: { trailingStop: 0.05, maxHoldingBars: 12 },
      rebalance: 'daily',
      fill: 'nextClose',
    }),
    strategy({
      name: 'Long and short with stops',
      score: rank(close.pctChange(10)),
      select: { top: 4 },
      side: 'longShort',
      exits: { stopLoss: 0.03, volatilityStop: { n: 10, k: 2 } },
      rebalance: 'daily',
      fill: 'nextClose',
    }),
  ]
  test.each(strategies.map((one) => [one.graph.name, one] as const))('%s', (_, one) => {
    let exits = 0
    for (let bars = 100; bars < 130; bars++) {
      const today = positions(one, panelPrefix(complete, bars), { market: 'none' })
      const tomorrow = positions(one, panelPrefix(complete, bars + 1), { market: 'none' })
      exits += today.model.closings.length
      const held = new Map(tomorrow.model.holdings.map(({ symbol, weight }) => [symbol, weight]))
      expect(held.size).toBe(today.decided.length)
      for (const { symbol, weight } of today.decided) expect(held.get(symbol)).toBeCloseTo(weight, 9)
    }
    if (Object.keys(one.graph.portfolio.exits).length > 0) expect(exits).toBeGreaterThan(3)
  })
})

describe('what to hold after the last bar', () => {
  const panel = panelOf({ A: [1, 2, 3, 4], B: [4, 3, 2, 1], '0050': [9, 9, 9, 9] })

  test('cash of 100 000 buys the targets where nothing is said', () => {
    const { plan, decided, lot } = positions(bestOf(2), panel, { market: 'none' })
    expect(decided).toEqual([
      { symbol: '0050', weight: 0.5 },
      { symbol: 'A', weight: 0.5 },
    ])
    expect(lot).toBe(1)
    expect(plan.equity).toBe(100_000)
    expect(plan.orders.map(({ symbol, shares }) => [symbol, shares])).toEqual([
      ['A', 12_500],
      ['0050', 5555],
    ])
  })

  test('each market has its usual lot', () => {
    const lotOf = (market: PositionsOptions['market']) => positions(bestOf(1), panel, { market: market! }).lot
    expect(['us-stock', 'tw-stock', 'crypto', 'none'].map(lotOf)).toEqual([1, 1000, 1e-8, 1])
    expect(lotOf({ name: 'mine', costs: FREE, periodsPerYear: 252 })).toBe(1)
  })

  test('the capital is what holdings and cash are worth together', () => {
    const { plan } = positions(bestOf(1), panel, { market: 'none', shares: { A: 10 }, capital: 100 })
    expect(plan.cash.before).toBe(60)
    expect(plan.equity).toBe(100)
  })

  test('holdings without a word about cash have none', () => {
    expect(positions(bestOf(1), panel, { market: 'none', shares: { A: 10 } }).plan.cash.before).toBe(0)
  })

  test('a share costs its unadjusted close', () => {
    const adjusted = createPanel({
      ...panel,
      fields: new Map([...panel.fields, ['rawClose', panel.fields.get('close')!.map((x) => x * 10)]]),
    })
    const { plan } = positions(bestOf(1), adjusted, { market: 'none', capital: 900 })
    expect(plan.orders).toMatchObject([{ symbol: '0050', price: 90, shares: 10 }])
  })

  test('a holding without a price today stays, and one that the data has not is told, with what was meant', () => {
    const gap = panelOf({ A: [1, 2, 3, 4], H: [5, 5, Number.NaN, Number.NaN], '0050': [9, 9, 9, 9] })
    const { plan, warnings } = positions(bestOf(1), gap, {
      market: 'none',
      shares: { H: 2, '50': 1, AAA: 1 },
      cash: 90,
    })
    const why = Object.fromEntries(plan.notTradable.map(({ symbol, why: text }) => [symbol, text]))
    expect(why.H).toBe('no price on 2021-01-04; the last is 5 of 2021-01-02')
    expect(why['50']).toBe('the data has no symbol "50"; did you mean 0050?')
    expect(why.AAA).toContain('the data has no symbol "AAA"')
    expect(plan.equity).toBe(100)
    expect(plan.orders).toMatchObject([{ symbol: '0050', shares: 10, value: 90 }])
    expect(warnings.map(({ code }) => code)).toEqual(['NOT_TRADABLE'])
  })

  test('a symbol that never had a price is told as that', () => {
    const none = panelOf({ A: [1, 2, 3, 4], N: [Number.NaN, Number.NaN, Number.NaN, Number.NaN] })
    const { plan } = positions(bestOf(1), none, { market: 'none', shares: { N: 1 }, cash: 9 })
    expect(plan.notTradable).toMatchObject([
      { symbol: 'N', value: null, why: expect.stringContaining('no price') },
    ])
  })

  test('an exit rule sells although no rebalance is due, and on schedule it alone', () => {
    // B falls by half on the last bar: the stop takes it out. The month is not over.
    const falling = panelOf({ A: [9, 9, 9, 9, 9, 9], B: [10, 10, 10, 10, 10, 5], C: [8, 8, 8, 8, 8, 8] })
    const stopped = bestOf(2, { rebalance: { every: 3 }, exits: { stopLoss: 0.3 } })
    const options = { market: 'none', shares: { A: 5, B: 10, X: 1 }, cash: 5 } as const
    const now = positions(stopped, falling, options)
    expect(now.schedule).toMatchObject({ state: 'notDue', last: '2021-01-04', nextInBars: 1 })
    expect(now.model.closings).toEqual([{ symbol: 'B', reason: 'stopLoss' }])
    expect(now.plan.orders.map(({ side, symbol, reason }) => [side, symbol, reason])).toEqual([
      ['sell', 'B', 'stopLoss'],
      ['buy', 'C', 'rebalance'],
    ])
    const later = positions(stopped, falling, { ...options, onSchedule: true })
    expect(later.plan.orders.map(({ side, symbol }) => [side, symbol])).toEqual([['sell', 'B']])
    // On a rebalance day the schedule leaves nothing out.
    const due = panelPrefix(falling, 4)
    expect(positions(stopped, due, options).schedule.state).toBe('due')
    expect(positions(stopped, due, { ...options, onSchedule: true }).plan.orders).toEqual(
      positions(stopped, due, options).plan.orders,
    )
  })

  test('a strategy that selects nothing sells everything, and says that', () => {
    const none = strategy({ name: 'None', score: close, select: { threshold: 99 }, fill: 'nextClose' })
    const { plan, warnings } = positions(none, panel, { market: 'none', shares: { A: 3 } })
    expect(plan.orders).toMatchObject([{ side: 'sell', symbol: 'A', shares: 3, action: 'close' }])
    expect(warnings.map(({ code }) => code)).toEqual(['NO_TARGETS'])
  })

  test('targets below one lot, short sales and credit are warned of', () => {
    const codes = (one: Parameters<typeof positions>[0], options: PositionsOptions) =>
      positions(one, panel, options).warnings.map(({ code }) => code)
    expect(codes(bestOf(1), { market: 'tw-stock', capital: 5000 })).toEqual(['BELOW_ONE_LOT'])
    expect(codes(bestOf(1, { side: 'short' }), { market: 'none' })).toEqual(['SELLS_SHORT'])
    expect(codes(bestOf(2, { grossExposure: 1.5 }), { market: 'none' })).toEqual(['BORROWS'])
  })

  test('of many names the first five are told', () => {
    const shares = Object.fromEntries([...'KLMNOP'].map((name) => [name, 1]))
    const [warning] = positions(bestOf(1), panel, { market: 'none', shares, cash: 50 }).warnings
    expect(warning!.message).toBe('6 holdings cannot be traded and stay: K, L, M, N, O …')
  })

  test('a ruined account has nothing to hold, and says since when', () => {
    const rocket = panelOf({ A: [1, 1, 1, 9, 9], B: [0.5, 0.5, 0.5, 0.5, 0.5] })
    const one = bestOf(1, { side: 'short', rebalance: 'daily' })
    const { decided, warnings } = positions(one, rocket, { market: 'none' })
    expect(decided).toEqual([])
    expect(warnings).toMatchObject([{ code: 'RUINED', message: expect.stringContaining('2021-01-04') }])
  })

  test('the day can be an earlier one, and the simulation start later', () => {
    const { schedule, plan } = positions(bestOf(1), panel, {
      market: 'none',
      end: '2021-01-02',
      fill: 'nextOpen',
    })
    expect(schedule.date).toBe('2021-01-02')
    expect(plan.orders[0]!.symbol).toBe('0050')
    expect(
      positions(bestOf(1, { rebalance: { every: 2 } }), panel, { start: '2021-01-02' }).schedule.state,
    ).toBe('due')
  })
})

describe('an account that cannot be', () => {
  const panel = panelOf({ A: [1, 2, 3, 4] })
  test.each<[string, PositionsOptions, string]>([
    ['cash and capital at once', { cash: 1, capital: 2 }, 'BAD_ACCOUNT'],
    ['nothing at all', { shares: { A: 0 }, cash: 0 }, 'BAD_ACCOUNT'],
    ['a debt above the holdings', { shares: { A: 1 }, cash: -5 }, 'BAD_ACCOUNT'],
    ['a lot of nothing', { lot: 0 }, 'BAD_LOT'],
    ['a lot that is no number', { lot: Number.NaN }, 'BAD_LOT'],
  ])('%s', (_, options, code) => {
    const error = thrown(() => positions(bestOf(1), panel, options))
    expect(error).toMatchObject({ code, kind: 'usage' })
    expect(error.hint).toBeTruthy()
  })
})

/** Missing values as the last one known, or 1 before the first. */
function filled(values: Float64Array, width: number): Float64Array {
  const result = Float64Array.from(values)
  for (let cell = 0; cell < result.length; cell++)
    if (!Number.isFinite(result[cell]!)) result[cell] = cell < width ? 1 : result[cell - width]!
  return result
}
