import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createPolicy } from '../../src/backtest/policy.js'
import type { EvaluatedRule, SimulationInput } from '../../src/backtest/types.js'
import { DEFAULT_PORTFOLIO, type Portfolio } from '../../src/graph/strategy-graph.js'
import { simulate } from '../support/simulate.js'
import { difference } from '../support/simulation-difference.js'
import { panelOf, signalsRule, weightsRule } from './make.js'
import { simulatePlain } from './plain/simulate-plain.js'

/*
 * Decisions that would change nothing are passed over: the plain simulator takes every one of them.
 */

const NONE = Number.NaN
const BARS = 60
const NAMES = ['A', 'B', 'C']

const path = (holes: number) =>
  fc.array(
    fc.oneof(
      { weight: 40, arbitrary: fc.double({ min: 0.8, max: 1.25, noNaN: true }) },
      { weight: holes, arbitrary: fc.constant(NONE) },
    ),
    { minLength: BARS, maxLength: BARS },
  )
/** Flags that are rarely set, so that there are stretches on which nothing goes on or off. */
const rare = fc.array(
  fc.integer({ min: 0, max: 9 }).map((n) => (n === 0 ? 1 : 0)),
  { minLength: BARS, maxLength: BARS },
)

const portfolio: fc.Arbitrary<Partial<Portfolio>> = fc.record({
  rebalance: fc.constantFrom<Portfolio['rebalance'][]>('daily', 'weekly', 'monthly', { every: 4 }),
  side: fc.constantFrom<Portfolio['side'][]>('long', 'long', 'long', 'short'),
  fill: fc.constantFrom<Portfolio['fill'][]>('nextOpen', 'nextClose'),
  grossExposure: fc.constantFrom(1, 1, 1, 0.7, 1.5),
  weight: fc.constantFrom<Portfolio['weight'][]>('equal', 'equal', { inverseVolatility: 5 }),
  exits: fc.constantFrom<Portfolio['exits'][]>({}, {}, { stopLoss: 0.15 }, { maxHoldingBars: 7 }),
})
const limits: fc.Arbitrary<Partial<Portfolio>> = fc.constantFrom<Partial<Portfolio>[]>(
  {},
  {},
  { maxWeight: 0.6 },
  { minTrade: 0.05 },
  { maxTurnover: 0.4 },
)

const close = (moves: readonly number[]) => {
  let level = 10
  return moves.map((move) => {
    if (Number.isNaN(move)) return NONE
    level *= move
    return level
  })
}

const input = fc
  .record({
    width: fc.constantFrom(1, 1, 3),
    moves: fc.constantFrom(0, 0, 2).chain((holes) => fc.array(path(holes), { minLength: 3, maxLength: 3 })),
    openMoves: fc.array(path(1), { minLength: 3, maxLength: 3 }),
    enter: fc.array(rare, { minLength: 3, maxLength: 3 }),
    exit: fc.array(rare, { minLength: 3, maxLength: 3 }),
    universe: fc.option(fc.array(rare, { minLength: 3, maxLength: 3 }), { freq: 6, nil: undefined }),
    portfolio,
    limits,
  })
  .map((drawn): SimulationInput => {
    const names = NAMES.slice(0, drawn.width)
    const columns = (of: (i: number) => number[]) => Object.fromEntries(names.map((name, i) => [name, of(i)]))
    const { universe } = drawn
    const closes = columns((i) => close(drawn.moves[i]!))
    const opens = columns((i) => closes[names[i]!]!.map((c, t) => c * drawn.openMoves[i]![t]!))
    const rule: EvaluatedRule = signalsRule(
      columns((i) => drawn.enter[i]!),
      columns((i) => drawn.exit[i]!),
    )
    return {
      panel: panelOf(closes, { open: opens }),
      range: { start: 3, end: BARS - 1 },
      rule,
      ...(universe && {
        universe: Uint8Array.from({ length: BARS * names.length }, (_, cell) => {
          const i = cell % names.length
          return 1 - universe[i]![Math.floor(cell / names.length)]!
        }),
      }),
      portfolio: { ...DEFAULT_PORTFOLIO, ...drawn.portfolio, ...drawn.limits },
      costs: { commission: 0.001, tax: 0.002, slippage: 0.0005 },
      periodsPerYear: 252,
    }
  })

describe('signals on one symbol and on a few', () => {
  test('give the account that deciding at every rebalance bar gives', () => {
    fc.assert(
      fc.property(input, (drawn) => {
        expect(difference(simulate(drawn), simulatePlain(drawn))).toBeUndefined()
      }),
      { seed: 5, numRuns: 600 },
    )
  })

  test('an account with all its money in the one symbol that is on keeps its shares to the bit', () => {
    const closes = Array.from({ length: 50 }, (_, t) => 10 * (1 + 0.05 * Math.sin(t * 1.7)))
    const enter = closes.map((_, t) => (t === 2 ? 1 : 0))
    const exit = closes.map((_, t) => (t === 40 ? 1 : 0))
    const { trades, fills } = simulate({
      panel: panelOf({ A: closes }),
      range: { start: 0, end: 49 },
      rule: signalsRule({ A: enter }, { A: exit }),
      portfolio: { ...DEFAULT_PORTFOLIO, rebalance: 'daily' },
      costs: { commission: 0, tax: 0, slippage: 0 },
      periodsPerYear: 252,
    })
    expect(fills.map(({ bar }) => bar)).toEqual([3, 41])
    expect(trades).toMatchObject([{ entryBar: 3, exitBar: 41, shares: 1 / closes[3]!, reason: 'signal' }])
  })
})

test('a policy says when the next symbol goes on or off, exit before enter', () => {
  const policy = createPolicy({
    panel: panelOf({ A: [1, 1, 1, 1, 1], B: [1, 1, 1, 1, 1] }),
    rule: signalsRule({ A: [0, 0, 1, 1, 0], B: [0, 1, 0, 0, 0] }, { A: [0, 0, 0, 0, 1], B: [0, 1, 1, 0, 0] }),
    portfolio: DEFAULT_PORTFOLIO,
  })
  expect(policy.isSettledOn(Int32Array.of(0), 0)).toBe(true)
  expect(policy.firstSwitch(0, 4)).toBe(2)
  policy.observe(0, 2)
  expect(policy.isSettledOn(Int32Array.of(0), 0)).toBe(false)
  expect(policy.isSettledOn(Int32Array.of(1), 1)).toBe(false)
  expect(policy.isSettledOn(Int32Array.of(0), 1)).toBe(true)
  expect(policy.firstSwitch(3, 4)).toBe(4)
  expect(policy.firstSwitch(3, 3)).toBe(4)
})

test('a close below zero counts by its size in the exposure', () => {
  const drawn: SimulationInput = {
    panel: panelOf({ A: [10, 10, 8, -2, -1, 4, 5], B: [10, 10, 11, 12, 11, 12, 13] }),
    range: { start: 0, end: 6 },
    rule: weightsRule({ A: [0.1, 0, 0, 0, 0, 0, 0], B: [0.5, 0, 0, 0, 0, 0, 0] }),
    portfolio: { ...DEFAULT_PORTFOLIO, rebalance: { every: 100 } },
    costs: { commission: 0, tax: 0, slippage: 0 },
    periodsPerYear: 252,
  }
  const { equity, exposure } = simulate(drawn)
  const shares = [0.1 / 10, 0.5 / 10]
  expect(exposure[3]).toBeCloseTo((shares[0]! * 2 + shares[1]! * 12) / equity[3]!, 12)
  expect(difference(simulate(drawn), simulatePlain(drawn))).toBeUndefined()
})

test('a policy is settled on nothing where more than the signals has a say', () => {
  const panel = panelOf({ A: [1, 1], B: [1, 1] })
  const rule = signalsRule({ A: [1, 0], B: [0, 0] }, { A: [0, 0], B: [0, 0] })
  const settled = (more: Partial<Portfolio>, universe?: Uint8Array) => {
    const portfolio = { ...DEFAULT_PORTFOLIO, ...more }
    const indicators = { volatility: new Float64Array(4) }
    const policy = createPolicy({ panel, rule, universe, indicators, portfolio })
    policy.observe(0)
    return policy.isSettledOn(Int32Array.of(0), 1)
  }
  expect(settled({})).toBe(true)
  // A symbol whose price stands still is dropped, and comes back.
  expect(settled({ weight: { inverseVolatility: 5 } })).toBe(false)
  expect(settled({}, new Uint8Array(4).fill(1))).toBe(false)
  const scored = createPolicy({ panel, rule: { kind: 'everything' }, portfolio: DEFAULT_PORTFOLIO })
  expect(scored.isSettledOn(Int32Array.of(0), 1)).toBe(false)
  expect(scored.firstSwitch(0, 1)).toBe(2)
})

test('the next switch is the first row at which a step changes what is on, for any number of symbols', () => {
  const cases = fc.record({
    width: fc.constantFrom(1, 2, 3, 7, 90, 130),
    rows: fc.integer({ min: 1, max: 300 }),
    one: fc.integer({ min: 0, max: 2 ** 31 }),
    onEvery: fc.constantFrom(2, 50, 400, 1_000_000),
    offEvery: fc.constantFrom(2, 50, 400, 1_000_000),
  })
  fc.assert(
    fc.property(cases, ({ width, rows: most, one, onEvery, offEvery }) => {
      const rows = Math.min(most, Math.ceil(2000 / width))
      let state = one | 1
      const flagsOf = (every: number) =>
        Uint8Array.from({ length: rows * width }, () => {
          state = Math.imul(state, 1_664_525) + 1_013_904_223
          return (state >>> 8) % every === 0 ? 1 : 0
        })
      const rule: EvaluatedRule = { kind: 'signals', enter: flagsOf(onEvery), exit: flagsOf(offEvery) }
      const names = Array.from({ length: width }, (_, i) => `S${String(i).padStart(3, '0')}`)
      const panel = panelOf(Object.fromEntries(names.map((name) => [name, new Array(rows).fill(10)])))
      const policy = createPolicy({ panel, rule, portfolio: DEFAULT_PORTFOLIO })
      const begin = Math.floor(rows / 5)
      if (begin > 0) policy.observe(0, begin - 1)
      const before = names.map((_, i) => policy.isOff(i))
      const found = policy.firstSwitch(begin, rows - 1)
      let expected = begin
      for (; expected < rows; expected++) {
        policy.observe(expected)
        if (names.some((_, i) => policy.isOff(i) !== before[i])) break
      }
      expect(found).toBe(expected)
    }),
    { seed: 5, numRuns: 300 },
  )
})
