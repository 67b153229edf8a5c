import { describe, expect, test } from 'vitest'
import { backtest } from '../../src/backtest/backtest-strategy.js'
import { seriesReturns } from '../../src/backtest/benchmark-series.js'
import { createEvaluator, field, strategy } from '../../src/index.js'
import { days, panelOf } from './make.js'

const DATES = days(6)
const series = (values: number[], dates = DATES) => ({ name: 'index.csv', dates, values })

describe('a series of levels as the benchmark', () => {
  test('returns are from close to close, and 0 at the first bar', () => {
    expect([...seriesReturns(series([100, 110, 99, 99, 198, 198]), DATES, { start: 1, end: 4 })]).toEqual([
      0,
      99 / 110 - 1,
      0,
      1,
    ])
  })

  test('a day without a level stands on the one before, and days between bars add up', () => {
    const given = series(
      [100, Number.NaN, 120, 150, 300],
      [DATES[0]!, DATES[1]!, DATES[2]!, DATES[3]!, DATES[5]!],
    )
    const bars = [DATES[0]!, DATES[1]!, DATES[3]!, DATES[4]!, DATES[5]!]
    expect([...seriesReturns(given, bars, { start: 0, end: 4 })]).toEqual([0, 0, 0.5, 0, 1])
  })

  test('levels from before the range are known in it', () => {
    const given = series([50, 100], ['2020-12-01', DATES[2]!])
    expect([...seriesReturns(given, DATES, { start: 1, end: 3 })]).toEqual([0, 1, 0])
  })

  test.each<[string, number[], string[], string]>([
    ['begins after the backtest', [1, 2], [DATES[1]!, DATES[2]!], 'has values from 2021-01-02 to 2021-01-03'],
    ['ends long before it', [1], ['2020-12-20'], 'and the backtest runs from 2021-01-01 to 2021-01-06'],
    ['holds nothing', [Number.NaN, 0], [DATES[0]!, DATES[1]!], 'has no values'],
  ])('a series that %s is refused', (_, values, dates, message) => {
    expect(() => seriesReturns(series(values, dates), DATES, { start: 0, end: 5 })).toThrow(
      expect.objectContaining({
        code: 'BENCHMARK_RANGE',
        kind: 'usage',
        message: expect.stringContaining(message),
      }),
    )
  })
})

describe('what a backtest is measured against', () => {
  const bars = 40
  const wave = (t: number) => 100 + 10 * Math.sin(t) + t
  const panel = panelOf({
    A: Array.from({ length: bars }, (_, t) => wave(t)),
    B: Array.from({ length: bars }, (_, t) => 50 + (t % 3)),
  })
  const one = strategy({
    name: 'A',
    score: field('close'),
    select: { top: 1 },
    rebalance: 'daily',
    fill: 'nextClose',
  })

  test('is the equal weight, a symbol, or a series, and it is said which', () => {
    expect(backtest(one, panel, { market: 'none' }).benchmark).toEqual({
      kind: 'equalWeight',
      name: 'equal weight of all symbols, rebalanced monthly, without costs',
    })
    const symbol = backtest(one, panel, { market: 'none', benchmark: 'A' })
    expect(symbol.benchmark).toEqual({ kind: 'symbol', name: 'A' })
    const given = series(
      panel.dates.map((_, t) => wave(t)),
      [...panel.dates],
    )
    const measured = backtest(one, panel, { market: 'none', benchmarkSeries: given })
    expect(measured.benchmark).toEqual({ kind: 'series', name: 'index.csv' })
    // Holding A from the second close on is the index itself, but for the first day that it moves alone.
    expect(measured.benchmarkReturns[0]).toBe(0)
    expect([...measured.benchmarkReturns.subarray(2)]).toEqual(
      Array.from({ length: bars - 2 }, (_, t) => wave(t + 2) / wave(t + 1) - 1),
    )
    expect(measured.metrics.beta).toBeCloseTo(0.94, 1)
    expect(measured.metrics.beta).not.toBe(symbol.metrics.beta)
  })

  test('a series does not change what benchmark(…) reads', () => {
    const options = { market: 'none', benchmark: 'B', evaluator: createEvaluator(panel, { benchmark: 'B' }) }
    const given = series(
      panel.dates.map((_, t) => wave(t)),
      [...panel.dates],
    )
    const plain = backtest(one, panel, options)
    const measured = backtest(one, panel, { ...options, benchmarkSeries: given })
    expect(measured.simulation.equity).toEqual(plain.simulation.equity)
    expect(measured.benchmark.kind).toBe('series')
  })
})
