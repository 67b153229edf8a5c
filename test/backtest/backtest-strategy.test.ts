import { describe, expect, test } from 'vitest'
import { backtest } from '../../src/backtest/backtest-strategy.js'
import { resolveMarket } from '../../src/backtest/markets.js'
import { createPanel } from '../../src/data/panel.js'
import { generateMarket } from '../../src/data/synthetic/market.js'
import { createEvaluator } from '../../src/graph/evaluate/columnar.js'
import { field, rank, strategy } from '../../src/strategy/api.js'

const panel = generateMarket({ symbols: 8, bars: 160, seed: 3, listings: false })
const momentum = strategy({ name: 'Momentum', score: rank(field('close').pctChange(20)), select: { top: 3 } })

describe('a backtest of a strategy on a panel', () => {
  test('takes the whole panel and the costs of us-stock unless told otherwise', () => {
    const result = backtest(momentum, panel)
    expect(result.range).toEqual({ start: 0, end: 159 })
    expect(result.market.name).toBe('us-stock')
    expect(result.costs).toEqual({ commission: 0.0005, tax: 0, slippage: 0.0005 })
  })

  test('takes a market by name, one of the user, and single costs', () => {
    const named = backtest(momentum, panel, { market: 'tw-stock' })
    const own = backtest(momentum, panel, { market: { ...resolveMarket('none'), periodsPerYear: 365 } })
    const dearer = backtest(momentum, panel, { market: 'none', costs: { tax: 0.01 } })
    expect(named.costs.tax).toBe(0.003)
    expect(own.market.periodsPerYear).toBe(365)
    expect(dearer.costs).toEqual({ commission: 0, tax: 0.01, slippage: 0 })
    expect(dearer.simulation.equity.at(-1)).toBeLessThan(own.simulation.equity.at(-1)!)
    expect(() => backtest(momentum, panel, { market: 'us-stok' })).toThrow(/us-stok/)
  })

  test('evaluates the days from start to end, both included, also where they are no bars', () => {
    const [from, to] = [panel.dates[40]!, panel.dates[120]!]
    expect(backtest(momentum, panel, { start: from, end: to }).range).toEqual({ start: 40, end: 120 })
    const saturday = (iso: string, days: number) => {
      const date = new Date(`${iso}T00:00:00Z`)
      while (date.getUTCDay() !== 6) date.setUTCDate(date.getUTCDate() + days)
      return date.toISOString().slice(0, 10)
    }
    const { range } = backtest(momentum, panel, { start: saturday(from, 1), end: saturday(to, -1) })
    expect(panel.dates[range.start]! > saturday(from, 1)).toBe(true)
    expect(panel.dates[range.end]! < saturday(to, -1)).toBe(true)
    expect(range.start).toBeGreaterThan(40)
    expect(range.end).toBeLessThan(120)
  })

  test('earlier bars warm indicators up: the first decision of a later range is not empty', () => {
    const { simulation } = backtest(momentum, panel, { start: panel.dates[60]! })
    const cold = backtest(
      momentum,
      createPanel({
        dates: panel.dates.slice(60),
        symbols: panel.symbols,
        fields: new Map([...panel.fields].map(([name, values]) => [name, values.slice(60 * 8)])),
      }),
    ).simulation
    expect(simulation.trades[0]!.entryBar).toBeLessThan(cold.trades[0]!.entryBar + 60)
  })

  test.each([
    ['after the last bar', { start: '2999-01-01' }],
    ['before the first', { end: '1900-01-01' }],
    ['between two bars', { start: '2014-01-04', end: '2014-01-05' }],
  ])('a range %s is refused with the days that there are', (_name, range) => {
    expect(() => backtest(momentum, panel, range)).toThrow(expect.objectContaining({ code: 'EMPTY_RANGE' }))
  })

  test('can be filled otherwise than the strategy says, which is another strategy', () => {
    const { strategy: filled } = backtest(momentum, panel, { fill: 'nextClose' })
    expect(filled.graph.portfolio.fill).toBe('nextClose')
    expect(filled.hash).not.toBe(momentum.hash)
  })

  test('shares factors through an evaluator, and gives the same', () => {
    const evaluator = createEvaluator(panel)
    const first = backtest(momentum, panel, { evaluator })
    const again = backtest(momentum, panel, { evaluator })
    expect(evaluator.stats().hits).toBeGreaterThan(0)
    expect(again.simulation.equity).toEqual(first.simulation.equity)
  })
})
