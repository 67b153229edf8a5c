import { describe, expect, test } from 'vitest'
import { runBacktest } from '../../src/backtest/backtest.js'
import { DEFAULT_MARKET, resolveMarket } from '../../src/backtest/markets.js'
import { evaluateRule } from '../../src/backtest/strategy-rule.js'
import { createPanel, type Panel } from '../../src/data/panel.js'
import { generateMarket } from '../../src/data/synthetic/market.js'
import { createEvaluator } from '../../src/graph/evaluate/columnar.js'
import { createStrategy } from '../../src/graph/strategy.js'
import type { Exits, Weighting } from '../../src/graph/strategy-graph.js'
import { difference } from '../support/simulation-difference.js'
import { atrSeries, returnStd } from './plain/decide-plain.js'
import { simulatePlain } from './plain/simulate-plain.js'

/** The built-in market with every seventh bar of every third symbol missing, and one symbol listed late. */
function withHoles(): Panel {
  const { dates, symbols, fields } = generateMarket({ symbols: 12, bars: 160, seed: 3 })
  const width = symbols.length
  const isHole = (cell: number) => {
    const i = cell % width
    const t = Math.floor(cell / width)
    return (i % 3 === 1 && t % 7 === 5) || (i === 4 && t < 60)
  }
  return createPanel({
    dates,
    symbols,
    fields: new Map(
      [...fields].map(([name, values]) => [name, values.map((v, cell) => (isHole(cell) ? Number.NaN : v))]),
    ),
  })
}

const panel = withHoles()
const width = panel.symbols.length
const field = (name: string) => ({ id: name, op: 'field', params: { name } })

/** Buys the four with the largest atr(5) over close, weekly. */
const strategy = (exits: Exits, weight: Weighting = 'equal') =>
  createStrategy({
    version: 1,
    name: 'Wide ranges',
    nodes: [
      ...['high', 'low', 'close'].map(field),
      { id: 'range', op: 'atr', inputs: ['high', 'low', 'close'], params: { n: 5 } },
      { id: 'score', op: 'div', inputs: ['range', 'close'] },
    ],
    rule: { kind: 'score', score: 'score', select: { top: 4 } },
    portfolio: { rebalance: 'weekly', exits, weight },
  })

const range = { start: 20, end: panel.dates.length - 1 }
const evaluated = (exits: Exits, cacheBytes?: number, weight?: Weighting) =>
  evaluateRule(
    strategy(exits, weight),
    createEvaluator(panel, cacheBytes === undefined ? {} : { cacheBytes }),
    [range],
  )

describe('indicators of exit rules and weights, out of the evaluator', () => {
  test.each([5, 14])(
    'atr(%i) is what the plain series of each symbol is, holes and late listings too',
    (n) => {
      const { averageRange } = evaluated({ atrStop: { n, k: 2 } }).indicators!
      let values = 0
      for (let i = 0; i < width; i++) {
        const plain = atrSeries(panel, i, n)
        for (let t = 0; t < panel.dates.length; t++) {
          const expected = plain[t]!
          const got = averageRange![t * width + i]!
          if (Number.isNaN(expected)) expect(got).toBeNaN()
          else expect(Math.abs(got / expected - 1)).toBeLessThan(1e-12)
          if (Number.isFinite(expected)) values++
        }
      }
      expect(values).toBeGreaterThan(1000)
    },
  )

  test('std(returns, n) is what the window of returns gives', () => {
    const { deviation } = evaluated({ volatilityStop: { n: 6, k: 2 } }).indicators!
    let values = 0
    for (let t = 0; t < panel.dates.length; t++)
      for (let i = 0; i < width; i++) {
        const expected = returnStd(panel, i, t, 6)
        const got = deviation![t * width + i]!
        if (Number.isNaN(expected)) expect(got).toBeNaN()
        else expect(Math.abs(got / expected - 1)).toBeLessThan(1e-10)
        if (Number.isFinite(expected)) values++
      }
    expect(values).toBeGreaterThan(800)
  })

  test('a hole within the window leaves no deviation of returns, one before it does no harm', () => {
    // Symbol 1 has holes at bars 5, 12, 19, …: five closes in a row between two of them.
    const { deviation } = evaluated({ volatilityStop: { n: 5, k: 2 } }).indicators!
    expect(deviation![11 * width + 1]).toBeGreaterThan(0)
    const wider = evaluated({ volatilityStop: { n: 6, k: 2 } }).indicators!
    expect(wider.deviation![11 * width + 1]).toBeNaN()
  })

  test('weights have theirs at the bars of decisions alone, also beside an exit rule of the same n', () => {
    const exits = { volatilityStop: { n: 6, k: 2 } }
    const { indicators, decisionRows } = evaluated(exits, undefined, { inverseVolatility: 6 })
    const { deviation, volatility } = indicators!
    expect(volatility).toHaveLength(decisionRows!.bars.length * width)
    for (const [row, bar] of decisionRows!.bars.entries())
      expect(volatility!.subarray(row * width, (row + 1) * width)).toEqual(
        deviation!.subarray(bar * width, (bar + 1) * width),
      )
  })

  test.each<[Exits, Weighting]>([
    [{ atrStop: { n: 5, k: 1 } }, 'equal'],
    [{ volatilityStop: { n: 6, k: 1 } }, 'equal'],
    [{ volatilityStop: { n: 6, k: 1 } }, { inverseVolatility: 6 }],
    [{ atrStop: { n: 14, k: 2 }, volatilityStop: { n: 20, k: 1.5 } }, { inverseVolatility: 3 }],
  ])('a backtest with them is the plain one: %j %j', (exits, weight) => {
    const market = resolveMarket(DEFAULT_MARKET)
    const { rule } = evaluateRule(strategy(exits, weight), createEvaluator(panel))
    const { portfolio } = strategy(exits, weight).graph
    const plain = simulatePlain({ panel, rule, range, portfolio, ...market })
    expect(plain.trades.some(({ reason }) => reason.endsWith('Stop'))).toBe(true)
    // With no room for a second value, what is still needed must stay all the same.
    for (const cacheBytes of [undefined, 1]) {
      const { simulation } = runBacktest({
        panel,
        portfolio,
        market,
        range,
        ...evaluated(exits, cacheBytes, weight),
      })
      expect(difference(simulation, plain)).toBeUndefined()
    }
  })

  test('strategies without such rules ask for none', () => {
    expect(evaluated({ stopLoss: 0.1 }).indicators).toBeUndefined()
  })

  test('a strategy that uses the same indicator at all bars shares the value', () => {
    const evaluator = createEvaluator(panel)
    evaluateRule(strategy({}), evaluator)
    const before = evaluator.stats().misses
    evaluateRule(strategy({ atrStop: { n: 5, k: 2 } }), evaluator)
    expect(evaluator.stats().misses).toBe(before)
  })
})
