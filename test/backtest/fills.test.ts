import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { equityAfterFill, ordersOf, targetScale } from '../../src/backtest/fill.js'
import { AlphaloopError } from '../../src/base/errors.js'
import { decideAtEnd } from '../support/simulate.js'
import { always, inputOf, panelOf, run, scoreRule, weightsRule } from './make.js'

const NONE = Number.NaN
const US = { commission: 0.0005, tax: 0, slippage: 0.0005 }
const once = { rebalance: { every: 100 } } as const

const close = (got: Float64Array, expected: number[]) => {
  expect(got).toHaveLength(expected.length)
  expected.forEach((value, t) => {
    expect(got[t]).toBeCloseTo(value, 13)
  })
}

describe('when orders fill', () => {
  const A = [10, 11, 12, 13]
  const open = { A: [9, 10.5, 11.5, 12.5] }

  test('a decision at the close of the first bar fills at the next open', () => {
    const { equity, trades } = run(panelOf({ A }, { open }), weightsRule({ A: [1, 1, 1, 1] }), once)
    close(equity, [1, 11 / 10.5, 12 / 10.5, 13 / 10.5])
    expect(trades).toMatchObject([{ entryBar: 1, entryPrice: 10.5 }])
  })

  test('nextClose fills at the close of the next bar', () => {
    const { equity } = run(panelOf({ A }, { open }), weightsRule({ A: [1, 1, 1, 1] }), {
      ...once,
      fill: 'nextClose',
    })
    close(equity, [1, 1, 12 / 11, 13 / 11])
  })

  test('nothing before the range’s start is traded', () => {
    const input = inputOf(panelOf({ A }, { open }), weightsRule({ A: [1, 1, 1, 1] }), once, {
      range: { start: 1, end: 3 },
    })
    const { simulation } = decideAtEnd(input)
    close(simulation.equity, [1, 12 / 11.5, 13 / 11.5])
  })

  test('a panel without opens refuses nextOpen and says what to do', () => {
    const without = panelOf({ A }, { open: null })
    const refused = () => run(without, weightsRule({ A }), once)
    expect(refused).toThrow(AlphaloopError)
    expect(refused).toThrow(expect.objectContaining({ code: 'NO_OPEN_PRICES', kind: 'usage' }))
    expect(refused).toThrow(expect.objectContaining({ hint: expect.stringContaining('--fill nextClose') }))
    expect(
      run(without, weightsRule({ A: [1, 1, 1, 1] }), { ...once, fill: 'nextClose' }).equity,
    ).toHaveLength(4)
  })

  test('no selection means cash: everything is sold', () => {
    const score = scoreRule({ A: [1, 1, -1, -1] }, { threshold: 0 })
    const { equity, exposure } = run(panelOf({ A }, { open }), score)
    close(equity, [1, 11 / 10.5, 12 / 10.5, 12.5 / 10.5])
    expect([...exposure]).toEqual([0, 1, 1, 0])
  })

  test('a range outside the panel is refused', () => {
    const panel = panelOf({ A }, { open })
    for (const range of [
      { start: 0, end: 4 },
      { start: 2, end: 1 },
      { start: -1, end: 2 },
      { start: 0.5, end: 2 },
    ])
      expect(() => run(panel, weightsRule({ A }), {}, { range })).toThrow(
        expect.objectContaining({ code: 'BAD_RANGE' }),
      )
  })

  test('a range of one bar stays in cash', () => {
    expect([...run(panelOf({ A }), weightsRule({ A }), {}, { range: { start: 2, end: 2 } }).equity]).toEqual([
      1,
    ])
  })
})

describe('costs', () => {
  test('a purchase from cash leaves E/(1 + c): the equity after the costs is what is invested', () => {
    const { equity, fills } = run(panelOf({ A: [10, 10, 10] }), weightsRule({ A: [1, 1, 1] }), once, {
      costs: US,
    })
    close(equity, [1, 1 / 1.001, 1 / 1.001])
    expect(fills).toHaveLength(1)
    expect(fills[0]!.traded).toBeCloseTo(1 / 1.001, 14)
    expect(fills[0]!.cost).toBeCloseTo(0.001 / 1.001, 14)
  })

  test('a sale of everything pays commission, tax and slippage; a purchase pays no tax', () => {
    const tw = { commission: 0.001425, tax: 0.003, slippage: 0.0005 }
    const { equity } = run(panelOf({ A: [10, 10, 10] }), weightsRule({ A: [1, 0, 0] }), {}, { costs: tw })
    close(equity, [1, 1 / 1.001925, (1 / 1.001925) * (1 - 0.004925)])
  })

  test('opening a short is a sale, covering it a purchase', () => {
    const tw = { commission: 0.001, tax: 0.003, slippage: 0 }
    const { equity } = run(panelOf({ A: [10, 10, 10] }), weightsRule({ A: [-1, 0, 0] }), {}, { costs: tw })
    close(equity, [1, 1 / 1.004, (1 / 1.004) * (1 - 0.001)])
  })

  test('only the change is traded: half of A moves into B', () => {
    const panel = panelOf({ A: [10, 10, 10], B: [5, 5, 5] })
    const { fills } = run(panel, weightsRule({ A: [1, 0.5, 0], B: [0, 0.5, 0] }), {}, { costs: US })
    expect(fills.map((fill) => fill.bar)).toEqual([1, 2])
    // E⁺ = E − 0.001·(E − E⁺/2) − 0.001·E⁺/2 = 0.999·E, so traded is (E − E⁺/2) + E⁺/2 = E.
    expect(fills[1]!.traded).toBeCloseTo(1, 14)
    expect(fills[1]!.cost).toBeCloseTo(0.001, 14)
  })

  test('the fixed point solves the equation to 1e-13 for any targets, positions, stuck value and rates', () => {
    const share = fc.double({ min: -1, max: 1, noNaN: true })
    const rate = fc.double({ min: 0, max: 0.2, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(share, share), { minLength: 1, maxLength: 15 }),
        rate,
        rate,
        fc.double({ min: 0, max: 2, noNaN: true }),
        (pairs, buyRate, extra, stuck) => {
          const n = pairs.length
          const weights = Float64Array.from(pairs, ([weight]) => weight / n)
          const values = Float64Array.from(pairs, ([, value]) => value / n)
          const gross = weights.reduce((a, b) => a + Math.abs(b), 0)
          const terms = { equity: 1, stuck, grossExposure: 1, buyRate, sellRate: buyRate + extra }
          const after = equityAfterFill(ordersOf(weights, values), gross, terms)
          const f = targetScale(after, gross, stuck, 1)
          let cost = 0
          for (let j = 0; j < n; j++) {
            const change = f * weights[j]! * after - values[j]!
            cost += change > 0 ? change * buyRate : -change * (buyRate + extra)
          }
          expect(Math.abs(after - (1 - cost))).toBeLessThan(1e-13)
        },
      ),
      { seed: 4, numRuns: 500 },
    )
  })

  test('a share of the targets below 1e-12 is none', () => {
    expect(targetScale(1, 1, 1 - 1e-13, 1)).toBe(0)
    expect(targetScale(1, 1, 1 - 1e-11, 1)).toBeGreaterThan(0)
    expect(targetScale(1, 0, 0, 1)).toBe(0)
    expect(targetScale(0, 1, 0, 1)).toBe(0)
  })
})

describe('symbols that cannot trade', () => {
  test('a target without a fill price is dropped, and not made up for later', () => {
    const panel = panelOf(
      { A: [10, 10, 10], B: [10, 10, 20] },
      { open: { A: [10, 10, 10], B: [10, NONE, 10] } },
    )
    const { equity, exposure } = run(panel, weightsRule({ A: [0.5, 0, 0], B: [0.5, 0, 0] }), once)
    close(equity, [1, 1, 1])
    expect([...exposure]).toEqual([0, 0.5, 0.5])
  })

  test('a stuck position keeps its shares, and the targets share what room is left', () => {
    // A is held with everything and cannot trade at bar 2, when the target is half A, half B.
    const panel = panelOf(
      { A: [10, 10, 10, 10], B: [10, 10, 10, 20] },
      { open: { A: [10, 10, NONE, 10], B: always(10, 4) } },
    )
    const { equity } = run(
      panel,
      weightsRule({ A: [1, 0.5, 0.5, 0], B: [0, 0.5, 0.5, 0] }),
      { rebalance: { every: 1 } },
      { range: { start: 0, end: 2 } },
    )
    close(equity, [1, 1, 1])
    // Bar 3 puts it right: half in B before it doubles at the close.
    close(run(panel, weightsRule({ A: [1, 0.5, 0.5, 0], B: [0, 0.5, 0.5, 0] })).equity, [1, 1, 1, 1.5])
  })

  test('room beside a stuck half is half: a full target is cut to it', () => {
    const panel = panelOf(
      { A: [10, 10, 10], B: [10, 10, 10], C: [10, 10, 10] },
      { open: { A: [10, 10, NONE], B: [10, 10, 10], C: [10, 10, 10] } },
    )
    const { holdings } = decideAtEnd(
      inputOf(panel, weightsRule({ A: [0.5, 0, 0], B: [0.5, 0.2, 0], C: [0, 0.8, 0] }), {}),
    )
    expect(
      Object.fromEntries(holdings.map(({ symbol, weight }) => [symbol, Number(weight.toFixed(12))])),
    ).toEqual({
      A: 0.5,
      B: 0.1,
      C: 0.4,
    })
  })

  test('a position is valued at its last close before the fill, not at that bar’s own', () => {
    // At bar 2 A has no open but closes at 20; the sale of B into C must size C as if A were still worth 10.
    const panel = panelOf(
      { A: [10, 10, 20], B: [10, 10, 10], C: [10, 10, 10] },
      { open: { A: [10, 10, NONE], B: [10, 10, 10], C: [10, 10, 10] } },
    )
    const { holdings } = decideAtEnd(
      inputOf(panel, weightsRule({ A: [0.5, 0.5, 0], B: [0.5, 0, 0], C: [0, 0.5, 0] }), {}),
    )
    // Equity 1 at the fill: A stuck with 0.5, C gets 0.5; at the close A is 1, C 0.5.
    expect(holdings.find(({ symbol }) => symbol === 'C')!.weight).toBeCloseTo(1 / 3, 14)
  })

  test('what could not be sold is sold at its first tradable bar', () => {
    const panel = panelOf({ A: [10, 10, 10, 10, 8, 5] }, { open: { A: [10, 10, NONE, NONE, 9, 5] } })
    const { equity, trades } = run(
      panel,
      weightsRule({ A: [1, 0, 0, 0, 0, 0] }),
      { rebalance: { every: 1 } },
      { costs: US },
    )
    expect(trades).toMatchObject([{ exitBar: 4, exitPrice: 9, reason: 'rebalance' }])
    expect(equity[5]).toBeCloseTo((0.9 / 1.001) * 0.999, 14)
  })

  test('so it is when no decision comes in between', () => {
    const panel = panelOf({ A: [10, 10, 10, 10, 8, 5] }, { open: { A: [10, 10, 10, NONE, 9, 5] } })
    // Decisions at 0 and 2; the sale decided at 2 finds no price at 3 and is done at 4.
    const { equity, trades, fills } = run(
      panel,
      weightsRule({ A: [1, 0, 0, 0, 0, 0] }),
      { rebalance: { every: 2 } },
      { range: { start: 0, end: 4 }, costs: US },
    )
    expect(trades).toMatchObject([{ exitBar: 4, exitPrice: 9, reason: 'rebalance' }])
    expect(equity[4]).toBeCloseTo((0.9 / 1.001) * 0.999, 14)
    expect(fills.map((fill) => fill.bar)).toEqual([1, 4])
    expect(fills[1]).toMatchObject({ traded: expect.closeTo(1, 14), cost: expect.closeTo(0.001, 14) })
  })

  test('a new decision that wants the symbol comes before a pending sale', () => {
    const panel = panelOf({ A: always(10, 7) }, { open: { A: [10, 10, 10, NONE, NONE, 9, 10] } })
    // Decided: buy at 0, sell at 2 (no price at 3), hold at 4: the sale at 5 must not happen.
    const { trades } = run(panel, weightsRule({ A: [1, 1, 0, 0, 1, 1, 1] }), { rebalance: { every: 2 } })
    expect(trades).toMatchObject([{ reason: 'end', exitBar: 6 }])
  })

  test('it does so even where it cannot trade itself: the pending sale is off', () => {
    const panel = panelOf({ A: always(10, 8) }, { open: { A: [10, 10, 10, NONE, NONE, NONE, 9, 10] } })
    const weights = weightsRule({ A: [1, 1, 0, 0, 1, 1, 1, 1] })
    expect(
      run(panel, weights, { rebalance: { every: 2 } }, { range: { start: 0, end: 6 } }).trades,
    ).toMatchObject([{ reason: 'end', exitBar: 6 }])
  })

  test('a pending sale trades that symbol only: the others keep their shares', () => {
    const panel = panelOf(
      { A: always(10, 6), B: [10, 10, 10, 10, 20, 20] },
      { open: { A: [10, 10, 10, NONE, 10, 10], B: [10, 10, 10, 10, 20, 20] } },
    )
    const input = inputOf(
      panel,
      weightsRule({ A: [0.5, 0, 0, 0, 0, 0], B: [0.5, 0, 0.5, 0, 0, 0] }),
      { rebalance: { every: 2 } },
      { range: { start: 0, end: 4 } },
    )
    const { simulation, holdings } = decideAtEnd(input)
    expect(simulation.equity[4]).toBeCloseTo(1.5, 14)
    expect(holdings).toEqual([{ symbol: 'B', weight: expect.closeTo(2 / 3, 14) }])
  })

  test('a flip that cannot trade closes at the first tradable bar and does not open the other side', () => {
    const panel = panelOf({ A: always(10, 6) }, { open: { A: [10, 10, 10, NONE, 10, 10] } })
    const { trades } = run(
      panel,
      weightsRule({ A: [1, 0, -1, 0, 0, 0] }),
      { rebalance: { every: 2 } },
      { range: { start: 0, end: 4 } },
    )
    expect(trades).toMatchObject([{ side: 'long', exitBar: 4, reason: 'rebalance' }])
  })
})

describe('delisting', () => {
  const gone = [10, 10, 12, NONE, NONE, NONE, NONE]

  test('a symbol without a close for delistAfter bars in a row is closed at its last known close', () => {
    const { equity, trades, fills } = run(
      panelOf({ A: gone }),
      weightsRule({ A: always(1, 7) }),
      { ...once, delistAfter: 3 },
      { costs: US },
    )
    expect(trades).toMatchObject([{ reason: 'delisted', exitBar: 5, exitPrice: 12, bars: 4 }])
    const held = 1.2 / 1.001
    close(equity, [1, 1 / 1.001, held, held, held, held * 0.999, held * 0.999])
    // Not a fill: turnover and cost drag leave it out.
    expect(fills).toHaveLength(1)
  })

  test('the haircut takes its part of the last close, and costs are of what is left', () => {
    const { equity, trades } = run(
      panelOf({ A: gone }),
      weightsRule({ A: always(1, 7) }),
      { ...once, delistAfter: 3, delistHaircut: 0.5 },
      { costs: US },
    )
    expect(trades[0]!.exitPrice).toBe(6)
    expect(equity[6]).toBeCloseTo((0.6 / 1.001) * 0.999, 14)
  })

  test('a short pays the haircut on top', () => {
    const { equity, trades } = run(panelOf({ A: gone }), weightsRule({ A: always(-1, 7) }), {
      ...once,
      delistAfter: 3,
      delistHaircut: 0.25,
    })
    expect(trades[0]).toMatchObject({ side: 'short', exitPrice: 15 })
    expect(equity[6]).toBeCloseTo(1 - 0.5, 14)
  })

  test('a close in between starts the count anew', () => {
    const { trades } = run(
      panelOf({ A: [10, 10, NONE, NONE, 10, NONE, NONE] }),
      weightsRule({ A: always(1, 7) }),
      { ...once, delistAfter: 3 },
    )
    expect(trades).toMatchObject([{ reason: 'end' }])
  })

  test('equity is marked at the last known close while one is missing', () => {
    close(
      run(panelOf({ A: [10, 10, 12, NONE, 11] }), weightsRule({ A: always(1, 5) }), once).equity,
      [1, 1, 1.2, 1.2, 1.1],
    )
  })

  test('a symbol bought at an open without a close that day is marked at the close before', () => {
    const panel = panelOf({ A: [10, NONE, 12] }, { open: { A: [10, 8, 12] } })
    close(run(panel, weightsRule({ A: always(1, 3) }), once).equity, [1, 10 / 8, 12 / 8])
  })
})

describe('borrow and financing', () => {
  test('a short pays borrowRate on its value at the previous close, before anything else', () => {
    const { equity } = run(panelOf({ A: [10, 10, 20, 20] }), weightsRule({ A: always(-0.4, 4) }), {
      ...once,
      borrowRate: 0.252,
    })
    // 0.001 a bar of 0.4, then of 0.8.
    close(equity, [1, 1, 0.6 - 0.0004, 0.6 - 0.0004 - 0.0008])
  })

  test('negative cash pays financingRate, positive cash earns nothing', () => {
    const panel = panelOf({ A: always(10, 4) })
    const levered = run(panel, weightsRule({ A: always(2, 4) }), {
      ...once,
      grossExposure: 2,
      financingRate: 0.252,
    })
    close(levered.equity, [1, 1, 0.999, 0.999 - 0.001 * 1.001])
    close(
      run(panel, weightsRule({ A: always(0.5, 4) }), { ...once, financingRate: 0.252 }).equity,
      [1, 1, 1, 1],
    )
  })

  test('borrow comes first and may push cash below zero, which is financed at once', () => {
    const panel = panelOf({ A: always(10, 3), B: always(10, 3) })
    // Long 1.5, short 0.5: cash is 0 after the fill.
    const { equity } = run(panel, weightsRule({ A: always(1.5, 3), B: always(-0.5, 3) }), {
      ...once,
      grossExposure: 2,
      borrowRate: 0.252,
      financingRate: 0.252,
    })
    close(equity, [1, 1, 1 - 0.0005 - 0.0000005])
  })

  test('the year has as many bars as the market says', () => {
    const { equity } = run(
      panelOf({ A: always(10, 3) }),
      weightsRule({ A: always(2, 3) }),
      { ...once, grossExposure: 2, financingRate: 0.365 },
      { periodsPerYear: 365 },
    )
    close(equity, [1, 1, 0.999])
  })
})

describe('ruin', () => {
  test('ends the backtest at the bar where equity is gone; later bars are absent', () => {
    const result = run(panelOf({ A: [10, 10, 15, 20, 5] }), weightsRule({ A: always(-1, 5) }), once)
    expect(result.status).toBe('ruined')
    close(result.equity, [1, 1, 0.5, 0])
    expect(result.exposure[3]).toBeNaN()
    expect(result.trades).toMatchObject([{ reason: 'end', exitBar: 3, exitPrice: 20 }])
    expect([...result.returns]).toEqual([0, 0, -0.5, -1])
  })

  test('an account under water at the fill closes what it can and is ruined at the close', () => {
    // At the open of bar 2 the short has cost more than everything; what is traded then has no equity to be a share of.
    const panel = panelOf({ A: [10, 10, 30, 30] }, { open: { A: [10, 10, 25, 30] } })
    const result = run(panel, weightsRule({ A: always(-1, 4) }))
    expect(result.status).toBe('ruined')
    close(result.equity, [1, 1, -0.5])
    expect(result.fills.map((fill) => fill.bar)).toEqual([1])
  })

  test('a ruined account has nothing to decide at the end', () => {
    const input = inputOf(panelOf({ A: [10, 10, 20, 20] }), weightsRule({ A: always(-1, 4) }), once)
    expect(decideAtEnd(input)).toMatchObject({ targets: [], holdings: [], simulation: { status: 'ruined' } })
  })
})

describe('what would be decided at the last bar', () => {
  test('is decided as on a rebalance bar, though the range’s last bar is none', () => {
    const panel = panelOf({ A: always(10, 4), B: always(10, 4) })
    const input = inputOf(panel, scoreRule({ A: [2, 2, 2, 1], B: [1, 1, 1, 2] }, { top: 1 }), {
      rebalance: 'daily',
    })
    const { targets, holdings } = decideAtEnd(input)
    expect(targets).toEqual([{ symbol: 'B', weight: 1 }])
    expect(holdings).toEqual([{ symbol: 'A', weight: 1 }])
  })

  test('leaves out what exits at that bar', () => {
    const panel = panelOf({ A: [10, 10, 10, 5], B: always(10, 4) })
    const input = inputOf(panel, scoreRule({ A: always(2, 4), B: always(1, 4) }, { top: 1 }), {
      exits: { stopLoss: 0.2 },
    })
    expect(decideAtEnd(input).targets).toEqual([])
  })
})

test('bars whose weights were scaled down are counted in a warning', () => {
  const panel = panelOf({ A: always(10, 5) })
  const { warnings } = run(panel, weightsRule({ A: [2, 1, 0.5, 1.1, 9] }))
  expect(warnings).toEqual([{ code: 'WEIGHTS_SCALED', message: expect.stringContaining('2'), count: 2 }])
  // Ten tenths are a hair more than one.
  const names = Array.from({ length: 10 }, (_, i) => `S${i}`)
  const tenths = Object.fromEntries(names.map((name) => [name, [0.1 * (1 + 3e-16), 0.1]]))
  expect(
    run(panelOf(Object.fromEntries(names.map((name) => [name, [10, 10]]))), weightsRule(tenths)).warnings,
  ).toEqual([])
})

test('settings that contradict the rule are refused', () => {
  const panel = panelOf({ A: always(10, 3) })
  const signals = { kind: 'signals', enter: new Uint8Array(3), exit: new Uint8Array(3) } as const
  const code = (value: string) => expect.objectContaining({ code: value, kind: 'usage' })
  expect(() => run(panel, signals, { weight: 'score' })).toThrow(code('WEIGHT_NEEDS_SCORE'))
  expect(() => run(panel, signals, { weight: 'rank' })).toThrow(code('WEIGHT_NEEDS_SCORE'))
  expect(() => run(panel, signals, { side: 'longShort' })).toThrow(code('SIDE_NEEDS_SCORE'))
  expect(() => run(panel, scoreRule({ A: always(1, 3) }, { bottom: 1 }), { side: 'longShort' })).toThrow(
    code('SELECT_CONTRADICTS_SIDE'),
  )
  expect(() => run(panel, signals, { exits: { atrStop: { n: 2, k: 3 } } })).toThrow(
    code('NO_HIGH_LOW_PRICES'),
  )
})
