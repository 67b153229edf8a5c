import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sharedMemory } from '../../src/backtest/account-memory.js'
import { Book } from '../../src/backtest/book.js'
import { type ExitWatch, watchExits } from '../../src/backtest/exits.js'
import { createRng } from '../../src/base/rng.js'
import type { Exits } from '../../src/graph/strategy-graph.js'
import { always, panelOf, run, scoreRule, signalsRule, weightsRule } from './make.js'

const NONE = Number.NaN
const once = { rebalance: { every: 100 } } as const

/** Buys (or sells) A at the open of bar 1, which is 10, and runs to the end. */
function held(
  closes: number[],
  exits: Exits,
  more: { side?: 1 | -1; open?: number[]; high?: number[]; low?: number[] } = {},
) {
  const open = more.open ?? closes.map((close, t) => (t === 1 ? 10 : Number.isFinite(close) ? close : NONE))
  const panel = panelOf(
    { A: closes },
    {
      open: { A: open },
      ...(more.high ? { high: { A: more.high } } : {}),
      ...(more.low ? { low: { A: more.low } } : {}),
    },
  )
  return run(panel, weightsRule({ A: always(more.side ?? 1, closes.length) }), { ...once, exits }).trades[0]!
}

describe('exit rules of a long', () => {
  test('a stop loss triggers at the close that has lost x since entry and fills at the next open', () => {
    expect(held([10, 10, 9.01, 9, 8, 7], { stopLoss: 0.1 })).toMatchObject({
      reason: 'stopLoss',
      exitBar: 4,
      exitPrice: 8,
    })
  })

  test('a stop loss has room for rounding: 10% below 10 is 9, whatever the arithmetic', () => {
    // 0.9 − 1 and 1.1 − 1 are a hair off a tenth in binary.
    expect(9 / 10 - 1).toBeGreaterThan(-0.1)
    expect(held([10, 10, 9, 9], { stopLoss: 0.1 })).toMatchObject({ reason: 'stopLoss', exitBar: 3 })
    expect(held([10, 10, 9.0000001, 9.0000001], { stopLoss: 0.1 })).toMatchObject({ reason: 'end' })
  })

  test('take profit triggers at a gain of x, with the same room', () => {
    const gain = 12.7 / 10 - 1
    expect(held([10, 10, 12.7, 12], { takeProfit: gain + 5e-13 })).toMatchObject({
      reason: 'takeProfit',
      exitBar: 3,
    })
    expect(held([10, 10, 12.7, 12], { takeProfit: gain + 2e-12 })).toMatchObject({ reason: 'end' })
  })

  test('a trailing stop falls x below the highest close since the entry bar', () => {
    expect(held([10, 12, 20, 16.1, 16, 15], { trailingStop: 0.2 })).toMatchObject({
      reason: 'trailingStop',
      exitBar: 5,
    })
  })

  test('a trailing stop counts the entry price as a peak, and has room for rounding', () => {
    expect(held([10, 9, 8, 8], { trailingStop: 0.2 })).toMatchObject({ exitBar: 3, reason: 'trailingStop' })
    const level = 10 * (1 - 0.3)
    expect(held([10, 9, level * (1 + 5e-13), 7], { trailingStop: 0.3 })).toMatchObject({ exitBar: 3 })
    expect(held([10, 9, level * (1 + 2e-12), 8], { trailingStop: 0.3 })).toMatchObject({ reason: 'end' })
  })

  test('closes before the entry bar are no peak', () => {
    expect(held([50, 10, 9, 9], { trailingStop: 0.2 })).toMatchObject({ reason: 'end' })
  })

  test('an ATR stop falls k·atr(n) below the peak', () => {
    // True ranges 2, 13 − 10 = 3, 4: atr(2) at bar 2 is (2.5 + 4)/2 = 3.25 below the peak 12.
    const stop = { atrStop: { n: 2, k: 1 } }
    const shape = { high: [11, 13, 12, 12], low: [9, 11, 8, 8] }
    expect(held([10, 12, 8.75, 9], stop, shape)).toMatchObject({ reason: 'atrStop', exitBar: 3 })
    expect(held([10, 12, 8.8, 9], stop, shape)).toMatchObject({ reason: 'end' })
  })

  test('an ATR stop waits for its n ranges', () => {
    expect(
      held([10, 12, 1, 1], { atrStop: { n: 5, k: 1 } }, { high: [11, 13, 2, 2], low: [9, 11, 1, 1] }),
    ).toMatchObject({ reason: 'end' })
  })

  test('a volatility stop falls k·std of the last n returns below the peak', () => {
    // Returns +10%, −10%: std (ddof 1) is 0.1·√2; from the peak 11, k = 0.7: 11·(1 − 0.0990) = 9.911.
    const stop = (k: number) => ({ volatilityStop: { n: 2, k } })
    expect(held([10, 11, 9.9, 9.9], stop(0.7))).toMatchObject({ reason: 'volatilityStop', exitBar: 3 })
    expect(held([10, 11, 9.9, 9.9], stop(0.71))).toMatchObject({ reason: 'end' })
  })

  test('maxHoldingBars counts bars since the entry fill', () => {
    expect(held(always(10, 8), { maxHoldingBars: 3 })).toMatchObject({
      reason: 'maxHoldingBars',
      entryBar: 1,
      exitBar: 5,
      bars: 4,
    })
  })

  test('the first rule that holds is the reason, in the order of the page', () => {
    const closes = [10, 20, 5, 5, 5]
    const shape = { high: [11, 21, 6, 6, 6], low: [9, 19, 4, 4, 4] }
    const all: Exits = {
      stopLoss: 0.1,
      trailingStop: 0.1,
      atrStop: { n: 1, k: 0.1 },
      volatilityStop: { n: 2, k: 0.1 },
      maxHoldingBars: 1,
    }
    const order = ['stopLoss', 'trailingStop', 'atrStop', 'volatilityStop', 'maxHoldingBars'] as const
    for (let drop = 0; drop < order.length; drop++) {
      const exits = Object.fromEntries(
        Object.entries(all).filter(([name]) => order.indexOf(name as 'stopLoss') >= drop),
      )
      expect(held(closes, exits, shape)).toMatchObject({ reason: order[drop], exitBar: 3 })
    }
    expect(held([10, 20, 20], { takeProfit: 0.5, trailingStop: 0 }).reason).toBe('takeProfit')
  })

  test('on a bar without a close only maxHoldingBars is checked', () => {
    expect(
      held([10, 9, NONE, 9, 9, 9], { stopLoss: 0.1, maxHoldingBars: 1 }, { open: always(10, 6) }),
    ).toMatchObject({
      reason: 'stopLoss',
      exitBar: 2,
    })
    expect(held([10, 9.5, NONE, 9.5, 9, 9], { stopLoss: 0.1 }, { open: always(10, 6) })).toMatchObject({
      reason: 'stopLoss',
      exitBar: 5,
    })
    expect(
      held([10, 9.5, NONE, 9.5], { stopLoss: 0.1, maxHoldingBars: 1 }, { open: always(10, 4) }),
    ).toMatchObject({
      reason: 'maxHoldingBars',
      exitBar: 3,
    })
  })
})

describe('exit rules of a short are mirrored', () => {
  const side = -1 as const

  test('it loses when the price rises', () => {
    expect(held([10, 10, 11, 11], { stopLoss: 0.1 }, { side })).toMatchObject({
      reason: 'stopLoss',
      side: 'short',
    })
    expect(held([10, 10, 10.99, 11], { stopLoss: 0.1 }, { side })).toMatchObject({ reason: 'end' })
    expect(held([10, 10, 9, 9], { takeProfit: 0.1 }, { side })).toMatchObject({ reason: 'takeProfit' })
  })

  test('the trailing stop rises x above the lowest close', () => {
    expect(held([10, 8, 5, 5.9, 6, 6], { trailingStop: 0.2 }, { side })).toMatchObject({
      reason: 'trailingStop',
      exitBar: 5,
    })
    expect(held([10, 11, 12, 12], { trailingStop: 0.2 }, { side })).toMatchObject({
      reason: 'trailingStop',
      exitBar: 3,
    })
    const level = 10 * 1.3
    expect(held([10, 11, level * (1 - 5e-13), 12], { trailingStop: 0.3 }, { side })).toMatchObject({
      exitBar: 3,
    })
    expect(held([10, 11, level * (1 - 2e-12), 12], { trailingStop: 0.3 }, { side })).toMatchObject({
      reason: 'end',
    })
  })

  test('so are the ATR and the volatility stop', () => {
    const shape = { side, high: [11, 9, 12, 12], low: [9, 7, 8, 8] }
    // True ranges 2, 10 − 7 = 3, 4: atr(2) at bar 2 is (2.5 + 4)/2 = 3.25 above the trough 8.
    expect(held([10, 8, 11.25, 11], { atrStop: { n: 2, k: 1 } }, shape)).toMatchObject({
      reason: 'atrStop',
      exitBar: 3,
    })
    expect(held([10, 8, 11.2, 11], { atrStop: { n: 2, k: 1 } }, shape)).toMatchObject({ reason: 'end' })
    const sd = 0.1 * Math.SQRT2
    expect(held([10, 9, 9.9, 9.9], { volatilityStop: { n: 2, k: 0.0999 / sd } }, { side })).toMatchObject({
      reason: 'volatilityStop',
    })
    expect(held([10, 9, 9.9, 9.9], { volatilityStop: { n: 2, k: 0.1001 / sd } }, { side })).toMatchObject({
      reason: 'end',
    })
  })
})

describe('what an exit is measured from', () => {
  test('adding shares moves the entry price to the average; reducing leaves it', () => {
    const panel = panelOf({ A: [10, 10, 20, 20, 14, 13.4, 13.4], B: always(10, 7) }, {})
    // 0.4 at 10 is 0.04 shares. At bar 2 equity is 1.4; the target 0.8 takes A to 1.12 at 20: 0.056 shares, average
    // (0.04·10 + 0.016·20)/0.056 = 12.857. Reduced at bar 3 to 0.4: the average stays.
    const weights = weightsRule({ A: [0.4, 0.8, 0.4, 0.4, 0.4, 0.4, 0.4], B: always(0, 7) })
    const entry = (0.04 * 10 + 0.016 * 20) / 0.056
    const gainAt14 = 14 / entry - 1
    const stop = (takeProfit: number) => run(panel, weights, { exits: { takeProfit } }).trades[0]!
    expect(gainAt14).toBeCloseTo(0.0889, 4)
    expect(20 / entry - 1).toBeCloseTo(0.5556, 4)
    expect(stop(0.5555)).toMatchObject({ reason: 'takeProfit', exitBar: 3 })
    expect(stop(0.5557)).toMatchObject({ reason: 'end' })
  })

  test('the peak is of the current entry price, not of an earlier and higher one', () => {
    // 0.02 shares at 20; at bar 2 equity is 0.8 and all of it goes in at 10: 0.08 shares at an average of 12.5.
    const panel = panelOf({ A: [10, 10, 10, 8, 8] }, { open: { A: [10, 20, 10, 8, 8] } })
    const weights = weightsRule({ A: [0.4, 1, 1, 1, 1] })
    // At bar 1 the level is 20·0.45 = 9, at bar 3 it is 12.5·0.45 = 5.6: 8 would be below the former.
    expect(run(panel, weights, { exits: { trailingStop: 0.55 } }).trades).toMatchObject([{ reason: 'end' }])
    expect(run(panel, weights, { exits: { trailingStop: 0.5 } }).trades[0]).toMatchObject({ exitBar: 2 })
  })

  test('a position that changes sign starts anew', () => {
    const panel = panelOf({ A: [10, 10, 20, 20, 20, 20] })
    const { trades } = run(
      panel,
      weightsRule({ A: [0.5, -0.5, -0.5, -0.5, -0.5, -0.5] }),
      { exits: { maxHoldingBars: 3 } },
      { range: { start: 0, end: 5 } },
    )
    expect(trades).toMatchObject([
      { side: 'long', entryBar: 1, exitBar: 2, reason: 'rebalance' },
      { side: 'short', entryBar: 2, entryPrice: 20, reason: 'end' },
    ])
  })
})

describe('exits and decisions', () => {
  const A = [10, 10, 8, 8, 8, 8, 8]

  test('an exit trades that symbol only and closes all of it', () => {
    const panel = panelOf({ A, B: [10, 10, 10, 20, 20, 20, 20] })
    const { equity, trades } = run(panel, weightsRule({ A: always(0.5, 7), B: always(0.5, 7) }), {
      ...once,
      exits: { stopLoss: 0.2 },
    })
    expect(equity[6]).toBeCloseTo(0.4 + 1, 14)
    expect(trades.map((trade) => [trade.symbol, trade.reason])).toEqual([
      ['A', 'stopLoss'],
      ['B', 'end'],
    ])
  })

  test('a symbol that exited is not bought before a rebalance decision selects it', () => {
    const { trades } = run(panelOf({ A }), weightsRule({ A: always(1, 7) }), {
      rebalance: { every: 4 },
      exits: { stopLoss: 0.2 },
    })
    expect(trades).toMatchObject([
      { reason: 'stopLoss', entryBar: 1, exitBar: 3 },
      { reason: 'end', entryBar: 5 },
    ])
  })

  test('a stop on a rebalance bar takes the symbol out of the selection, and its place is not filled', () => {
    const panel = panelOf({ A, B: always(10, 7), C: always(10, 7) })
    const score = scoreRule({ A: always(3, 7), B: always(2, 7), C: always(1, 7) }, { top: 2 })
    const { trades, exposure } = run(
      panel,
      score,
      { rebalance: { every: 2 }, exits: { stopLoss: 0.2 } },
      { range: { start: 0, end: 4 } },
    )
    expect(trades).toMatchObject([
      { symbol: 'A', reason: 'stopLoss', exitBar: 3 },
      { symbol: 'B', reason: 'end' },
    ])
    // B alone takes the whole weight.
    expect(exposure[3]).toBeCloseTo(1, 14)
  })

  test('an exit before a rebalance bar does not: the next decision may select it again', () => {
    const { trades } = run(
      panelOf({ A }),
      weightsRule({ A: always(1, 7) }),
      { rebalance: { every: 3 }, exits: { stopLoss: 0.2 } },
      { range: { start: 0, end: 5 } },
    )
    // Stopped at 2, sold at 3, selected at 3, bought at 4.
    expect(trades).toMatchObject([{ exitBar: 3, reason: 'stopLoss' }, { entryBar: 4 }])
  })

  test('an exit that cannot fill is pending, and still checked: on a rebalance bar it keeps the symbol out', () => {
    const panel = panelOf({ A: [10, 10, 8, 8, 8, 8, 8] }, { open: { A: [10, 10, 8, NONE, NONE, 8, 8] } })
    // Stopped at 2; no open at 3 and 4; at the decision of bar 4 the loss stands, so the target is none.
    const { trades } = run(panel, weightsRule({ A: always(1, 7) }), {
      rebalance: { every: 4 },
      exits: { stopLoss: 0.2 },
    })
    expect(trades).toMatchObject([{ reason: 'stopLoss', exitBar: 5 }])
  })

  test('a decision that selects it again where the rule no longer holds takes the pending exit back', () => {
    const panel = panelOf({ A: [10, 10, 8, 8, 9, 9, 9] }, { open: { A: [10, 10, 8, NONE, NONE, 9, 9] } })
    const { trades } = run(panel, weightsRule({ A: always(1, 7) }), {
      rebalance: { every: 4 },
      exits: { stopLoss: 0.2 },
    })
    expect(trades).toMatchObject([{ reason: 'end' }])
    // Its later close is then the decision’s own.
    const later = run(panel, weightsRule({ A: [1, 1, 1, 1, 1, 0, 0] }), {
      rebalance: { every: 1 },
      exits: { stopLoss: 0.2 },
    })
    expect(later.trades).toMatchObject([{ reason: 'rebalance', exitBar: 6 }])
  })

  test('an exit keeps its name when a later decision does the closing', () => {
    const panel = panelOf({ A: [10, 10, 8, 9, 9, 9] }, { open: { A: [10, 10, 8, NONE, 9, 9] } })
    // Stopped at 2, not tradable at 3; the decision at 3 does not want it and sells at 4.
    const { trades } = run(panel, weightsRule({ A: [1, 1, 1, 0, 0, 0] }), {
      rebalance: { every: 3 },
      exits: { stopLoss: 0.2 },
    })
    expect(trades).toMatchObject([{ reason: 'stopLoss', exitBar: 4 }])
  })

  test('an exit that triggers while a decision’s sale is pending gives the reason', () => {
    const panel = panelOf({ A: [10, 10, 10, 8, 8, 8] }, { open: { A: [10, 10, 10, NONE, 8, 8] } })
    const { trades } = run(
      panel,
      weightsRule({ A: [1, 1, 0, 0, 0, 0] }),
      { rebalance: { every: 2 }, exits: { stopLoss: 0.2 } },
      { range: { start: 0, end: 4 } },
    )
    expect(trades).toMatchObject([{ reason: 'stopLoss', exitBar: 4 }])
  })

  test('a pending exit takes the name of the rule that triggered last', () => {
    const panel = panelOf({ A: [10, 10, 8, 10, 10, 10] }, { open: { A: [10, 10, 8, NONE, 10, 10] } })
    const exits = { stopLoss: 0.2, maxHoldingBars: 2 }
    expect(run(panel, weightsRule({ A: always(1, 6) }), { ...once, exits }).trades).toMatchObject([
      { reason: 'maxHoldingBars', exitBar: 4 },
    ])
  })

  test('a pending sale takes its reason from the newest decision that does not want the symbol', () => {
    const panel = panelOf({ A: [10, 10, 10, NONE, NONE, 10, 10] })
    const enter = { A: [1, 0, 0, 1, 0, 0, 0] }
    const exit = { A: [0, 0, 1, 0, 0, 0, 0] }
    // Off at 2; on again at 3 and 4, but without a close: the sale at 5 is the decision's of bar 4.
    expect(run(panel, signalsRule(enter, exit)).trades[0]).toMatchObject({ reason: 'rebalance', exitBar: 5 })
  })

  test('two exits at once are one round of fills', () => {
    const panel = panelOf({ A, B: A, C: always(10, 7) })
    const third = always(1 / 3, 7)
    const { fills, trades } = run(panel, weightsRule({ A: third, B: third, C: third }), {
      ...once,
      exits: { stopLoss: 0.2 },
    })
    expect(trades.map((trade) => trade.exitBar)).toEqual([3, 3, 6])
    expect(fills).toHaveLength(2)
    expect(fills[1]!.traded).toBeCloseTo(1.6 / 2.6, 14)
  })

  test('an exit at the last bar cannot fill: the position is open at the end', () => {
    expect(held([10, 10, 8], { stopLoss: 0.2 })).toMatchObject({ reason: 'end', exitPrice: 8 })
  })
})

describe('signals', () => {
  const on = (at: number[], bars = 8) => Array.from({ length: bars }, (_, t) => (at.includes(t) ? 1 : 0))

  test('a symbol is on from enter until exit, and traded at rebalance bars', () => {
    const { trades } = run(panelOf({ A: always(10, 8) }), signalsRule({ A: on([1]) }, { A: on([4]) }), {
      rebalance: { every: 2 },
    })
    // On at 1…3; decided at 2, bought at 3; off at 4, sold at 5.
    expect(trades).toMatchObject([{ entryBar: 3, exitBar: 5, reason: 'signal' }])
  })

  test('exit wins where both are true', () => {
    const { trades } = run(panelOf({ A: always(10, 8) }), signalsRule({ A: on([1, 3]) }, { A: on([3]) }))
    expect(trades).toMatchObject([{ entryBar: 2, exitBar: 4, reason: 'signal' }])
  })

  test('signals before the start of the range do not count', () => {
    const { trades } = run(
      panelOf({ A: always(10, 8) }),
      signalsRule({ A: on([1]) }, { A: on([]) }),
      {},
      { range: { start: 2, end: 7 } },
    )
    expect(trades).toEqual([])
  })

  test('the selection is what is on, in the universe and has a close', () => {
    const panel = panelOf(
      { A: always(10, 4), B: always(10, 4), C: [10, 10, NONE, 10] },
      { open: { A: always(10, 4), B: always(10, 4), C: always(10, 4) } },
    )
    const enter = { A: [1, 0, 0, 0], B: [1, 0, 0, 0], C: [1, 0, 0, 0] }
    const exit = { A: always(0, 4), B: always(0, 4), C: always(0, 4) }
    const universe = Uint8Array.from([1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1])
    const { trades } = run(panel, signalsRule(enter, exit), {}, { universe })
    expect(trades).toMatchObject([
      // Out of the universe at bar 1, though on: sold by the decision.
      { symbol: 'B', exitBar: 2, reason: 'rebalance' },
      { symbol: 'C', exitBar: 3, reason: 'rebalance' },
      { symbol: 'A', reason: 'end' },
      { symbol: 'B', entryBar: 3, reason: 'end' },
    ])
  })

  test('an exit rule turns a symbol off until enter is true at a later bar', () => {
    const panel = panelOf({ A: [10, 10, 8, 8, 8, 8, 8, 8] })
    const quiet = run(panel, signalsRule({ A: on([0]) }, { A: on([]) }), { exits: { stopLoss: 0.2 } })
    expect(quiet.trades).toMatchObject([{ reason: 'stopLoss', exitBar: 3 }])
    expect(quiet.trades).toHaveLength(1)
    // Enter at the bar of the exit itself is not later.
    expect(
      run(panel, signalsRule({ A: on([0, 2]) }, { A: on([]) }), { exits: { stopLoss: 0.2 } }).trades,
    ).toHaveLength(1)
    const again = run(panel, signalsRule({ A: on([0, 4]) }, { A: on([]) }), { exits: { stopLoss: 0.2 } })
    expect(again.trades).toMatchObject([{ exitBar: 3 }, { entryBar: 5, reason: 'end' }])
  })

  test('side short sells what is on', () => {
    const { trades, equity } = run(
      panelOf({ A: [10, 10, 9, 9] }),
      signalsRule({ A: on([0], 4) }, { A: on([], 4) }),
      { ...once, side: 'short' },
    )
    expect(trades).toMatchObject([{ side: 'short' }])
    expect(equity[3]).toBeCloseTo(1.1, 14)
  })
})

test('an exit rule whose indicator was not evaluated is refused', () => {
  const panel = panelOf({ A: [1, 2, 3] }, { high: { A: [1, 2, 3] }, low: { A: [1, 2, 3] } })
  const exits = [{ atrStop: { n: 2, k: 1 } }, { volatilityStop: { n: 2, k: 1 } }]
  for (const exit of exits) expect(() => watchExits(exit, panel, undefined)).toThrow('not evaluated')
})

test('a stretch searched at once triggers where its closes one by one do, and as often while nothing can be closed', () => {
  const bars = 60
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), (seed) => {
      const rng = createRng(seed, 'exits')
      const prices = () => {
        let price = 100
        return Array.from({ length: bars }, () => {
          price *= 1 + 0.03 * rng.normal()
          return rng.next() < 0.1 ? NONE : price
        })
      }
      const panel = panelOf({ A: prices(), B: prices(), C: prices() })
      const numbers = () =>
        Float64Array.from({ length: 3 * bars }, () => (rng.next() < 0.1 ? NONE : rng.next()))
      const maybe = <T>(value: T) => (rng.next() < 0.5 ? value : undefined)
      const exits = {
        ...{ stopLoss: maybe(0.05), takeProfit: 0.3, trailingStop: maybe(0.06) },
        ...{ atrStop: maybe({ n: 3, k: 10 }), volatilityStop: maybe({ n: 3, k: 0.1 }) },
        ...{ maxHoldingBars: maybe(rng.int(1, 40)) },
      } as Exits
      const indicators = { averageRange: numbers(), deviation: numbers() }
      const account = () => {
        const book = new Book(sharedMemory(3, bars))
        book.averagesEntries = true
        const { symbols, next, prices, opening } = book.memory.orders
        for (const list of [symbols, opening]) list.set([0, 1, 2])
        next.set([1, -1, 2])
        prices.set([100, 101, 99])
        book.open(0, 3, 5)
        return { book, watch: watchExits(exits, panel, indicators)! }
      }
      const triggers = (step: (bar: number, found: string[]) => number) => {
        const found: string[] = []
        for (let bar = 5; bar < bars; ) bar = step(bar, found)
        return found
      }
      const note = (watch: ExitWatch, bar: number, found: string[]) => {
        for (let i = 0; i < 3; i++) {
          const reason = watch.reasonAt(i, bar)
          if (reason !== 0) found.push(`${bar} ${i} ${reason}`)
        }
      }
      const one = account()
      const oneByOne = triggers((bar, found) => {
        one.watch.firstTrigger(one.book, bar, bar, true)
        note(one.watch, bar, found)
        return bar + 1
      })
      const all = account()
      const atOnce = triggers((bar, found) => {
        const first = all.watch.firstTrigger(all.book, bar, bars - 1, bar === 5)
        if (first < bars) note(all.watch, first, found)
        return first + 1
      })
      expect(atOnce).toEqual(oneByOne)
    }),
    { seed: 3, numRuns: 300 },
  )
})
