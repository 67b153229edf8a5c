import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type OrdersInput, planOrders, type Quote } from '../../src/backtest/orders.js'
import type { TradeReason } from '../../src/backtest/types.js'
import { FREE } from './make.js'

const quotesOf = (prices: Record<string, number | Quote>): Map<string, Quote> =>
  new Map(
    Object.entries(prices).map(([symbol, quote]) => [
      symbol,
      typeof quote === 'number' ? { price: quote } : quote,
    ]),
  )

interface Case {
  readonly targets?: Record<string, number>
  readonly shares?: Record<string, number>
  readonly cash?: number
  readonly prices: Record<string, number | Quote>
  readonly lot?: number
  readonly costs?: OrdersInput['costs']
  readonly portfolio?: Partial<OrdersInput['portfolio']>
  readonly closings?: Record<string, TradeReason>
  readonly closingsOnly?: boolean
}

const plan = (given: Case) =>
  planOrders({
    targets: Object.entries(given.targets ?? {}).map(([symbol, weight]) => ({ symbol, weight })),
    account: { shares: given.shares ?? {}, cash: given.cash ?? 0 },
    quotes: quotesOf(given.prices),
    noQuote: (symbol) => `no ${symbol}`,
    lot: given.lot ?? 1,
    costs: given.costs ?? FREE,
    portfolio: { grossExposure: 1, ...given.portfolio },
    closings: new Map(Object.entries(given.closings ?? {})),
    closingsOnly: given.closingsOnly ?? false,
  })

const brief = (orders: ReturnType<typeof plan>['orders']) =>
  orders.map(({ side, shares, symbol, action }) => `${side} ${shares} ${symbol} ${action}`)

describe('orders from cash', () => {
  test('whole shares are bought, towards zero, and the rest stays cash', () => {
    const { orders, cash, targets, holdings, equity } = plan({
      targets: { A: 0.5, B: 0.5 },
      cash: 1000,
      prices: { A: 30, B: 7 },
    })
    expect(equity).toBe(1000)
    expect(brief(orders)).toEqual(['buy 71 B open', 'buy 16 A open'])
    expect(cash).toEqual({ before: 1000, after: 1000 - 16 * 30 - 71 * 7 })
    expect(targets.map(({ symbol, value, shares }) => [symbol, value, shares])).toEqual([
      ['A', 500, 16],
      ['B', 500, 71],
    ])
    expect(holdings.map(({ symbol, value, weight }) => [symbol, value, weight])).toEqual([
      ['A', 480, 0.48],
      ['B', 497, 0.497],
    ])
  })

  test('a target below one lot is not bought', () => {
    const { orders, targets } = plan({
      targets: { '0050': 0.4, '2330': 0.6 },
      cash: 1_000_000,
      prices: { '0050': 150, '2330': 650 },
      lot: 1000,
    })
    expect(brief(orders)).toEqual(['buy 2000 0050 open'])
    expect(targets.find(({ symbol }) => symbol === '2330')).toMatchObject({ value: 600_000, shares: 0 })
  })

  test('a target without a price is told, and not ordered', () => {
    const { orders, targets } = plan({ targets: { A: 0.5, X: 0.5 }, cash: 100, prices: { A: 1 } })
    expect(brief(orders)).toEqual(['buy 50 A open'])
    expect(targets[1]).toEqual({ symbol: 'X', weight: 0.5, value: 0, price: Number.NaN, shares: 0 })
  })

  test('coins are bought in fractions', () => {
    const { orders } = plan({ targets: { BTC: 0.3 }, cash: 10_000, prices: { BTC: 70_000 }, lot: 1e-8 })
    expect(orders[0]!.shares).toBe(0.04285714)
  })

  test('costs are paid out of the same cash', () => {
    const costs = { commission: 0.001425, tax: 0.003, slippage: 0.0005 }
    const { orders, cash, cost } = plan({ targets: { A: 1 }, cash: 1000, prices: { A: 1 }, costs, lot: 1e-6 })
    expect(orders[0]!.shares).toBeCloseTo(1000 / 1.001925, 4)
    expect(cost).toBeCloseTo(orders[0]!.shares * 0.001925, 9)
    expect(cash.after).toBeGreaterThanOrEqual(0)
    expect(cash.after).toBeLessThan(1e-5)
  })
})

describe('orders from holdings', () => {
  test('what is not in the targets is sold whole, odd lots too, and before anything is bought', () => {
    const { orders } = plan({
      targets: { B: 1 },
      shares: { A: 1234.5 },
      prices: { A: 10, B: 10 },
      lot: 1000,
    })
    expect(brief(orders)).toEqual(['sell 1234.5 A close', 'buy 1000 B open'])
  })

  test('a change of less than a lot is no order', () => {
    const { orders, holdings } = plan({
      targets: { A: 1 },
      shares: { A: 1500 },
      cash: 700,
      prices: { A: 1 },
      lot: 1000,
    })
    expect(orders).toEqual([])
    expect(holdings[0]).toMatchObject({ shares: 1500, weight: 1500 / 2200 })
  })

  test('purchases give up lots when sales in lots bring too little', () => {
    // A shall go from 1500 to 1100, but only whole thousands are sold: nothing comes in for B.
    const { orders, cash } = plan({
      targets: { A: 0.55, B: 0.45 },
      shares: { A: 1500 },
      cash: 500,
      prices: { A: 1, B: 0.5 },
      lot: 1000,
    })
    expect(brief(orders)).toEqual(['buy 1000 B open'])
    expect(cash.after).toBe(0)
    expect(
      brief(
        plan({
          targets: { A: 0.5, B: 0.5 },
          shares: { A: 1999 },
          cash: 1,
          prices: { A: 1, B: 1 },
          lot: 1000,
        }).orders,
      ),
    ).toEqual([])
  })

  test('a debt is paid back before anything is bought', () => {
    const { orders, cash } = plan({ targets: { A: 1 }, shares: { A: 200 }, cash: -1000, prices: { A: 10 } })
    expect(brief(orders)).toEqual(['sell 100 A reduce'])
    expect(cash.after).toBe(0)
  })

  test('a short is covered, and a position turned round in one order', () => {
    const { orders, cash } = plan({
      targets: { B: -0.5 },
      shares: { A: -10, B: 5 },
      cash: 1000,
      prices: { A: 10, B: 20 },
    })
    // Worth 1000 − 100 + 100; half of it short of B are 25 shares.
    expect(brief(orders)).toEqual(['sell 30 B reverse', 'buy 10 A close'])
    expect(cash.after).toBe(1000 + 600 - 100)
  })

  test('what cannot be traded stays, and the targets share what is left', () => {
    const { orders, notTradable, holdings, equity, targets } = plan({
      targets: { A: 0.5, B: 0.5 },
      shares: { OLD: 10, HALTED: 50 },
      cash: 500,
      prices: { A: 1, B: 1, HALTED: { price: 10, stuck: 'no price today' } },
    })
    expect(equity).toBe(1000)
    expect(notTradable).toEqual([
      { symbol: 'OLD', shares: 10, value: null, why: 'no OLD' },
      { symbol: 'HALTED', shares: 50, value: 500, why: 'no price today' },
    ])
    expect(targets.map(({ value }) => value)).toEqual([250, 250])
    expect(brief(orders)).toEqual(['buy 250 A open', 'buy 250 B open'])
    expect(holdings.map(({ symbol }) => symbol)).toEqual(['A', 'B', 'HALTED'])
  })

  test('the sale of an exit rule carries its name', () => {
    const { orders } = plan({
      shares: { A: 1, B: 1, C: 1 },
      prices: { A: 1, B: 1, C: 1 },
      closings: { A: 'stopLoss', B: 'signal' },
    })
    expect(orders.map(({ symbol, reason }) => [symbol, reason])).toEqual([
      ['A', 'stopLoss'],
      ['B', 'signal'],
      ['C', 'rebalance'],
    ])
  })

  test('between rebalances only closings are ordered', () => {
    const { orders, holdings } = plan({
      targets: { C: 1 },
      shares: { A: 5, B: 5 },
      cash: 3,
      prices: { A: 1, B: 1, C: 1 },
      closings: { A: 'trailingStop' },
      closingsOnly: true,
    })
    expect(brief(orders)).toEqual(['sell 5 A close'])
    expect(holdings.map(({ symbol }) => symbol)).toEqual(['B'])
  })
})

describe('limits hold for a real account too', () => {
  test('a change within the band is not ordered, a closing is', () => {
    const { orders } = plan({
      targets: { A: 0.5, B: 0.02 },
      shares: { A: 49, C: 1 },
      cash: 50,
      prices: { A: 1, B: 1, C: 1 },
      portfolio: { minTrade: 0.05 },
    })
    expect(brief(orders)).toEqual(['sell 1 C close'])
  })

  test('a turnover cap does a share of every order', () => {
    const { orders, turnover } = plan({
      targets: { B: 1 },
      shares: { A: 100 },
      prices: { A: 1, B: 1 },
      portfolio: { maxTurnover: 0.2 },
    })
    expect(brief(orders)).toEqual(['sell 20 A reduce', 'buy 20 B open'])
    expect(turnover).toBeCloseTo(0.2, 12)
  })

  test('a turnover cap does not hold back an exit rule', () => {
    const { orders } = plan({
      targets: { B: 1 },
      shares: { A: 60, C: 40 },
      prices: { A: 1, B: 1, C: 1 },
      portfolio: { maxTurnover: 0.3 },
      closings: { A: 'stopLoss' },
    })
    expect(brief(orders)).toEqual(['sell 60 A close'])
  })
})

test('a long account never runs into debt, and holds whole lots of what it buys', () => {
  const symbols = ['A', 'B', 'C', 'D', 'E']
  const amounts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 })
  fc.assert(
    fc.property(
      amounts,
      amounts,
      fc.array(fc.double({ min: 0.05, max: 900, noNaN: true }), { minLength: 5, maxLength: 5 }),
      fc.double({ min: 0, max: 50_000, noNaN: true }),
      fc.constantFrom(1, 10, 1000, 1e-8),
      fc.constantFrom({ ...FREE }, { commission: 0.001425, tax: 0.003, slippage: 0.0005 }),
      fc.constantFrom(undefined, 0.02, 0.2),
      fc.constantFrom(undefined, 0.05, 0.5),
      (weights, held, prices, cash, lot, costs, minTrade, maxTurnover) => {
        const total = Math.max(
          1,
          weights.reduce((a, b) => a + b, 0),
        )
        const shares = Object.fromEntries(symbols.map((s, i) => [s, Math.floor(held[i]! * 3) * 500]))
        const found = plan({
          targets: Object.fromEntries(
            symbols.flatMap((s, i) => (weights[i]! > 0.2 ? [[s, weights[i]! / total]] : [])),
          ),
          shares,
          cash: cash + 1,
          prices: Object.fromEntries(symbols.map((s, i) => [s, prices[i]!])),
          lot,
          costs,
          portfolio: {
            ...(minTrade === undefined ? {} : { minTrade }),
            ...(maxTurnover === undefined ? {} : { maxTurnover }),
          },
        })
        const room = 1e-8 * found.equity
        expect(found.cash.after).toBeGreaterThanOrEqual(-room)
        const worth = found.holdings.reduce((sum, { value }) => sum + value, found.cash.after)
        expect(Math.abs(worth + found.cost - found.equity)).toBeLessThan(room)
        for (const { to, from, shares: count, action } of found.orders) {
          expect(to).toBeGreaterThanOrEqual(0)
          expect(count).toBeGreaterThan(0)
          const lots = count / lot
          if (action !== 'close') expect(Math.abs(lots - Math.round(lots))).toBeLessThan(1e-5)
          expect(from + (to > from ? count : -count)).toBeCloseTo(to, 6)
        }
      },
    ),
    { seed: 20_260_101, numRuns: 400 },
  )
})
