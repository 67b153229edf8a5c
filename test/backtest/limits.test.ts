import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GroupCap } from '../../src/backtest/group-cap.js'
import { isWithinBand, turnoverShare } from '../../src/backtest/limits.js'
import { AlphaloopError } from '../../src/base/errors.js'
import { compileStrategyCode } from '../../src/compose.js'
import { createPanel, type Panel } from '../../src/data/panel.js'
import { createStrategy } from '../../src/graph/strategy.js'
import { field, strategy } from '../../src/index.js'
import { strategyToCode } from '../../src/strategy/to-code.js'
import { decideAtEnd, simulate } from '../support/simulate.js'
import { always, inputOf, panelOf, run, scoreRule, weightsRule } from './make.js'

/** The panel with one group field: a label for each symbol in order, '' for none. */
function grouped(panel: Panel, labelOf: readonly string[]): Panel {
  const labels = [...new Set(labelOf.filter((label) => label !== ''))]
  const codes = Int32Array.from({ length: panel.dates.length * labelOf.length }, (_, cell) =>
    labels.indexOf(labelOf[cell % labelOf.length]!),
  )
  return createPanel({ ...panel, groups: new Map([['sector', { codes, labels }]]) })
}

const flat = (names: string, bars = 3) =>
  panelOf(Object.fromEntries([...names].map((name) => [name, always(10, bars)])))

/** What is decided at the last bar, by symbol. */
const decidedOn = (...args: Parameters<typeof inputOf>) =>
  Object.fromEntries(decideAtEnd(inputOf(...args)).targets.map(({ symbol, weight }) => [symbol, weight]))

const near = (weights: Record<string, number>) =>
  Object.fromEntries(Object.entries(weights).map(([symbol, weight]) => [symbol, expect.closeTo(weight, 12)]))

describe('groupCap', () => {
  const select = { top: 9 }
  const scores = Object.fromEntries([...'ABCDE'].map((name) => [name, always(1, 3)]))

  test('a group above its cap is scaled down, and the others take the excess in proportion', () => {
    // Three of five in tech: 0.6 becomes 0.4, and the 0.2 goes to oil and food half and half.
    const panel = grouped(flat('ABCDE'), ['tech', 'tech', 'tech', 'oil', 'food'])
    const found = decidedOn(panel, scoreRule(scores, select), { groupCap: { group: 'sector', max: 0.4 } })
    expect(found).toEqual(near({ A: 0.4 / 3, B: 0.4 / 3, C: 0.4 / 3, D: 0.3, E: 0.3 }))
  })

  test('what a second group takes over its cap goes on to the third', () => {
    const panel = grouped(flat('ABCDE'), ['tech', 'tech', 'tech', 'oil', 'food'])
    const weights = { A: 0.2, B: 0.2, C: 0.2, D: 0.3, E: 0.1 }
    const rule = weightsRule(Object.fromEntries(Object.entries(weights).map(([s, w]) => [s, always(w, 3)])))
    // tech 0.6 → 0.35; its 0.25 in proportion 3 : 1 lifts oil to 0.4875 → 0.35; the rest goes to food.
    expect(decidedOn(panel, rule, { groupCap: { group: 'sector', max: 0.35 } })).toEqual(
      near({ A: 0.35 / 3, B: 0.35 / 3, C: 0.35 / 3, D: 0.35, E: 0.3 }),
    )
  })

  test('where all groups are capped the rest stays cash', () => {
    const panel = grouped(flat('ABCDE'), ['tech', 'tech', 'tech', 'oil', 'oil'])
    const found = decidedOn(panel, scoreRule(scores, select), { groupCap: { group: 'sector', max: 0.3 } })
    expect(found).toEqual(near({ A: 0.1, B: 0.1, C: 0.1, D: 0.15, E: 0.15 }))
  })

  test('symbols without a group are one group', () => {
    const panel = grouped(flat('ABCDE'), ['', '', '', 'oil', 'food'])
    const found = decidedOn(panel, scoreRule(scores, select), { groupCap: { group: 'sector', max: 0.4 } })
    expect(found.A! + found.B! + found.C!).toBeCloseTo(0.4, 12)
  })

  test('the group is that of the bar of the decision', () => {
    const panel = flat('AB')
    const codes = Int32Array.of(0, 0, 0, 0, 0, 1)
    const moved = createPanel({ ...panel, groups: new Map([['sector', { codes, labels: ['x', 'y'] }]]) })
    const rule = scoreRule({ A: always(1, 3), B: always(1, 3) }, select)
    const cap = { groupCap: { group: 'sector', max: 0.5 } }
    expect(decidedOn(moved, rule, cap)).toEqual(near({ A: 0.5, B: 0.5 }))
    expect(decidedOn(moved, rule, cap, { range: { start: 0, end: 1 } })).toEqual(near({ A: 0.25, B: 0.25 }))
  })

  test('longs and shorts are capped each by themselves', () => {
    const panel = grouped(flat('ABCD'), ['tech', 'oil', 'tech', 'oil'])
    const rule = weightsRule({
      A: always(0.4, 3),
      B: always(0.1, 3),
      C: always(-0.1, 3),
      D: always(-0.4, 3),
    })
    expect(decidedOn(panel, rule, { groupCap: { group: 'sector', max: 0.3 } })).toEqual(
      near({ A: 0.3, B: 0.2, C: -0.2, D: -0.3 }),
    )
  })

  test('maxWeight holds too: what the spreading lifts above it stays cash', () => {
    const panel = grouped(flat('ABCDE'), ['tech', 'tech', 'tech', 'tech', 'oil'])
    const found = decidedOn(panel, scoreRule(scores, select), {
      groupCap: { group: 'sector', max: 0.4 },
      maxWeight: 0.25,
    })
    expect(found).toEqual(near({ A: 0.1, B: 0.1, C: 0.1, D: 0.1, E: 0.25 }))
  })

  test('a group that the data lacks is refused, with the nearest that it has', () => {
    const panel = grouped(flat('AB'), ['tech', 'oil'])
    const rule = scoreRule({ A: always(1, 3), B: always(1, 3) }, select)
    expect(() => run(panel, rule, { groupCap: { group: 'sectr', max: 0.5 } })).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_GROUP',
        message: expect.stringContaining('did you mean sector?'),
      }),
    )
    expect(() => run(flat('AB'), rule, { groupCap: { group: 'sector', max: 0.5 } })).toThrow(AlphaloopError)
  })

  test('no group and no symbol is ever above its cap, and nothing is added to the whole', () => {
    fc.assert(
      fc.property(
        // Nothing so small that a share of it is no number any more.
        fc.array(
          fc.double({ min: 0, max: 1, noNaN: true }).map((size) => (size < 1e-9 ? 0 : size)),
          { minLength: 6, maxLength: 6 },
        ),
        fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 6, maxLength: 6 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        fc.constantFrom<1 | -1>(1, -1),
        (sizes, codes, max, maxWeight, sign) => {
          const weights = Float64Array.from(sizes, (size) => sign * Math.min(size, maxWeight))
          const before = weights.reduce((sum, weight) => sum + Math.abs(weight), 0)
          const cap = new GroupCap({ codes: Int32Array.from(codes), labels: ['x', 'y', 'z'] }, max, maxWeight)
          cap.apply(Int32Array.of(0, 1, 2, 3, 4, 5), weights, 6, 0, sign)
          const after = weights.reduce((sum, weight) => sum + Math.abs(weight), 0)
          expect(after).toBeLessThanOrEqual(before + 1e-12)
          for (const group of [-1, 0, 1, 2]) {
            const total = weights.reduce((sum, w, i) => sum + (codes[i] === group ? Math.abs(w) : 0), 0)
            expect(total).toBeLessThanOrEqual(max + 1e-12)
          }
          for (const weight of weights) {
            expect(Math.abs(weight)).toBeLessThanOrEqual(maxWeight + 1e-12)
            expect(sign * weight).toBeGreaterThanOrEqual(0)
          }
        },
      ),
      { seed: 9, numRuns: 500 },
    )
  })
})

describe('minTrade', () => {
  test.each<[string, [number, number, number, number], boolean]>([
    ['a smaller change stays', [0.3, 0.26, 1, 0.05], true],
    ['a change of exactly the band trades', [0.3, 0.25, 1, 0.05], false],
    ['the change is of the equity', [0.3, 0.52, 2, 0.05], true],
    ['a purchase of less is left', [0.03, 0, 1, 0.05], true],
    ['a closing always trades', [0, 0.01, 1, 0.05], false],
    ['turning round always trades', [-0.01, 0.01, 1, 0.05], false],
    ['a short stays as a long does', [-0.3, -0.26, 1, 0.05], true],
  ])('%s', (_, args, kept) => {
    expect(isWithinBand(...args)).toBe(kept)
  })

  // B doubles at bar 2: A is at 1/3, B at 2/3 of the equity, 1/6 from the half that each shall have.
  const panel = panelOf({ A: [10, 10, 10, 10, 10], B: [10, 10, 20, 20, 20] })
  const half = weightsRule({ A: always(0.5, 5), B: always(0.5, 5) })

  test('drift within the band is left, and trades beyond it', () => {
    const turnover = (minTrade: number) => run(panel, half, { minTrade }).fills.map(({ bar }) => bar)
    expect(turnover(0.2)).toEqual([1])
    expect(turnover(0.1)).toEqual([1, 2])
  })

  test('what is kept takes its room from what trades: there is no debt', () => {
    // A is kept at 1/3 + something above its target; B and C share what is left.
    const three = panelOf({ A: [10, 10, 13, 13], B: [10, 10, 10, 10], C: [10, 10, 10, 10] })
    const rule = weightsRule({
      A: always(1 / 3, 4),
      B: [2 / 3, 2 / 3, 0, 0],
      C: [0, 0, 2 / 3, 2 / 3],
    })
    const { holdings } = decideAtEnd(inputOf(three, rule, { minTrade: 0.1 }))
    const weights = Object.fromEntries(holdings.map(({ symbol, weight }) => [symbol, weight]))
    expect(weights.A).toBeCloseTo(1.3 / 3.3, 12)
    expect(weights.C).toBeCloseTo(2 / 3.3, 12)
    expect(weights.B).toBeUndefined()
  })

  test('a symbol that is bought again while its exit is pending stays', () => {
    // The stop of A triggers at bar 2, whose fill is missing; at bar 3 the decision wants it as it is.
    const gap = panelOf({ A: [10, 10, 7, 10, 10, 10] }, { open: { A: [10, 10, 10, Number.NaN, 10, 10] } })
    const rule = weightsRule({ A: always(1, 6) })
    const { trades } = run(gap, rule, { minTrade: 0.5, exits: { stopLoss: 0.2 }, rebalance: { every: 3 } })
    expect(trades).toMatchObject([{ entryBar: 1, exitBar: 5, reason: 'end' }])
  })

  test('exits between rebalances are not held back', () => {
    const falling = panelOf({ A: [10, 10, 10, 5, 5, 5], B: always(10, 6) })
    const rule = weightsRule({ A: always(0.02, 6), B: always(0.9, 6) })
    const { trades } = run(falling, rule, {
      rebalance: { every: 5 },
      minTrade: 0.01,
      exits: { stopLoss: 0.2 },
    })
    expect(trades[0]).toMatchObject({ symbol: 'A', reason: 'stopLoss', exitBar: 4 })
  })
})

describe('maxTurnover', () => {
  test('the share of trades that is done keeps the one-way turnover at the cap', () => {
    expect(turnoverShare(0, 1, 1, 0.2)).toBeCloseTo(0.4, 12)
    expect(turnoverShare(0, 0.4, 1, 0.2)).toBe(1)
    expect(turnoverShare(0, 0, 1, 0.2)).toBe(1)
    expect(turnoverShare(0.3, 1, 1, 0.2)).toBeCloseTo(0.1, 12)
    expect(turnoverShare(5, 1, 1, 0.2)).toBe(0)
  })

  const panel = panelOf({ A: always(10, 8), B: always(10, 8) })

  test('a portfolio is built in steps, each of no more than the cap', () => {
    const { fills } = run(panel, weightsRule({ A: always(0.5, 8), B: always(0.5, 8) }), { maxTurnover: 0.15 })
    expect(fills.map(({ traded }) => traded)).toEqual([0.3, 0.3, 0.3, 0.1].map((x) => expect.closeTo(x, 12)))
  })

  test('the proportions of the trades stay', () => {
    const { holdings } = decideAtEnd(
      inputOf(
        panel,
        weightsRule({ A: always(0.6, 8), B: always(0.2, 8) }),
        { maxTurnover: 0.1 },
        {
          range: { start: 0, end: 2 },
        },
      ),
    )
    expect(holdings.map(({ weight }) => weight)).toEqual([expect.closeTo(0.3, 12), expect.closeTo(0.1, 12)])
  })

  test('costs are paid for what is traded, and the cap holds with them', () => {
    const costs = { commission: 0.01, tax: 0.02, slippage: 0.001 }
    const turned = weightsRule({ A: [1, 1, 0, 0, 0, 0, 0, 0], B: [0, 0, 1, 1, 1, 1, 1, 1] })
    const { fills } = run(panel, turned, { maxTurnover: 0.2 }, { costs })
    for (const { traded } of fills) expect(traded).toBeLessThanOrEqual(0.4 + 1e-12)
    expect(fills[0]!.cost).toBeCloseTo(0.4 * 0.011, 12)
  })

  test('what exit rules close goes first and whole, and the rest waits', () => {
    // A, 0.8 of the account, is stopped on a rebalance bar: closing it uses up the cap, so B is not bought.
    const falling = panelOf(
      { A: [10, 10, 10, 5, 5, 5, 5], B: always(10, 7) },
      { open: { A: [10, 10, 10, 10, 5, 5, 5], B: always(10, 7) } },
    )
    const rule = weightsRule({ A: [0.8, 0.8, 0.8, 0.8, 0, 0, 0], B: [0, 0, 0, 0.5, 0.5, 0.5, 0.5] })
    const { trades, fills } = run(falling, rule, {
      rebalance: { every: 3 },
      maxTurnover: 0.4,
      exits: { stopLoss: 0.3 },
    })
    expect(trades[0]).toMatchObject({ symbol: 'A', reason: 'stopLoss', exitBar: 4 })
    const at = (bar: number) => fills.find((fill) => fill.bar === bar)!.traded
    // Worth 0.4 of 0.6; the cap is 2·0.4·0.6 = 0.48, so 0.08 is left for the 0.3 of B.
    expect(at(4)).toBeCloseTo((0.4 + 0.08) / 0.6, 12)
    expect(trades[1]).toMatchObject({ symbol: 'B', entryBar: 4 })
  })

  test('what is left of a sale is no pending closing: a decision that wants it again keeps it', () => {
    const rule = weightsRule({ A: [1, 1, 0, 1, 1, 1, 1, 1], B: always(0, 8) })
    const { trades } = run(panel, rule, { maxTurnover: 0.25 })
    expect(trades).toMatchObject([{ symbol: 'A', reason: 'end' }])
  })
})

describe('limits in the strategy', () => {
  const limits = { groupCap: { group: 'sector', max: 0.3 }, minTrade: 0.01, maxTurnover: 0.25 }
  const limited = strategy({ name: 'Limited', score: field('close'), select: { top: 5 }, ...limits })

  test('code, graph and code again are one strategy', async () => {
    expect(limited.graph.portfolio).toMatchObject(limits)
    const again = await compileStrategyCode(strategyToCode(limited), { language: 'ts' })
    expect(again.hash).toBe(limited.hash)
    expect(createStrategy(JSON.parse(JSON.stringify(limited.graph))).hash).toBe(limited.hash)
  })

  test('the group is one of those that the strategy needs', () => {
    expect(limited.groups).toEqual(['sector'])
  })

  test('a strategy without them has none of their names in its form', () => {
    const plain = strategy({ name: 'Plain', score: field('close'), select: { top: 5 } })
    for (const name of Object.keys(limits)) expect(name in plain.graph.portfolio).toBe(false)
    expect(plain.hash).not.toBe(limited.hash)
  })

  test.each<[object, string]>([
    [{ minTrade: 0 }, 'minTrade must be a number above 0 and below 1'],
    [{ maxTurnover: -1 }, 'maxTurnover must be a number above 0'],
    [{ groupCap: { group: 'sector' } }, 'groupCap.max is missing'],
    [{ groupCap: 0.3 }, 'groupCap must be an object { group, max }'],
    [{ groupCap: { group: '', max: 0.3 } }, 'groupCap.group must be a text'],
  ])('%j is refused', (setting, message) => {
    expect(() =>
      strategy({ name: 'Bad', score: field('close'), select: { top: 5 }, ...setting } as never),
    ).toThrow(message)
  })

  test('no limits, no change: bands and caps that never bind leave the backtest as it is', () => {
    const panel = grouped(
      panelOf({ A: [1, 2, 3, 2, 1, 2, 3], B: [3, 2, 1, 2, 3, 2, 1], C: [2, 2, 2, 2, 2, 2, 2] }),
      ['x', 'y', 'z'],
    )
    const rule = scoreRule(
      { A: [1, 2, 3, 2, 1, 2, 3], B: [3, 2, 1, 2, 3, 2, 1], C: always(2, 7) },
      { top: 2 },
    )
    const wide = { groupCap: { group: 'sector', max: 9 }, minTrade: 1e-9, maxTurnover: 9 }
    const costs = { commission: 0.001, tax: 0.003, slippage: 0 }
    const [free, bound] = [{}, wide].map((portfolio) => simulate(inputOf(panel, rule, portfolio, { costs })))
    for (const [t, value] of bound!.equity.entries()) expect(value).toBeCloseTo(free!.equity[t]!, 12)
  })
})
