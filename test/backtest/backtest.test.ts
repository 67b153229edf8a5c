import { describe, expect, test } from 'vitest'
import { runBacktest } from '../../src/backtest/backtest.js'
import { benchmarkReturns } from '../../src/backtest/benchmark.js'
import { effectiveCosts, MARKETS, resolveMarket } from '../../src/backtest/markets.js'
import { equityCsv, equityRows, TRADE_COLUMNS, tradeRows, tradesCsv } from '../../src/backtest/tables.js'
import { createRng } from '../../src/base/rng.js'
import { DEFAULT_PORTFOLIO } from '../../src/graph/strategy-graph.js'
import { always, type Columns, days, panelOf, run, scoreRule, weightsRule } from './make.js'

const NONE = Number.NaN

describe('markets', () => {
  test('charge what their rules say', () => {
    expect(resolveMarket('us-stock')).toEqual({
      name: 'us-stock',
      periodsPerYear: 252,
      costs: { commission: 0.0005, tax: 0, slippage: 0.0005 },
    })
    expect(resolveMarket('tw-stock').costs).toEqual({ commission: 0.001425, tax: 0.003, slippage: 0.0005 })
    expect(resolveMarket('crypto')).toMatchObject({
      periodsPerYear: 365,
      costs: { commission: 0.001, slippage: 0.0005 },
    })
    expect(resolveMarket('none').costs).toEqual({ commission: 0, tax: 0, slippage: 0 })
    expect(MARKETS.map((market) => market.name)).toEqual(['us-stock', 'tw-stock', 'crypto', 'none'])
  })

  test('an unknown name is answered with the nearest', () => {
    expect(() => resolveMarket('us_stock')).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_MARKET',
        kind: 'usage',
        hint: expect.stringContaining('Did you mean us-stock?'),
      }),
    )
    expect(() => resolveMarket('zzzzzzzzzzzz')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('Choose one of us-stock') }),
    )
  })

  test('a strategy replaces single costs', () => {
    expect(effectiveCosts(resolveMarket('tw-stock'), { costs: { tax: 0.0015 } })).toEqual({
      commission: 0.001425,
      tax: 0.0015,
      slippage: 0.0005,
    })
    expect(effectiveCosts(resolveMarket('none'), {})).toEqual({ commission: 0, tax: 0, slippage: 0 })
  })
})

describe('the default benchmark', () => {
  // Months end at bars 2 and 5 of these.
  const dates = [
    '2021-01-27',
    '2021-01-28',
    '2021-01-29',
    '2021-02-01',
    '2021-02-02',
    '2021-02-26',
    '2021-03-01',
    '2021-03-02',
  ]
  const A = [10, 10, 10, 10, 20, 20, 20, 40]
  const B = [10, 10, NONE, 10, 10, 10, 10, 10]

  test('holds equal weights of what has a close at the month’s end, without costs', () => {
    const returns = benchmarkReturns({
      panel: panelOf({ A, B }, { dates }),
      range: { start: 0, end: 7 },
      fill: 'nextClose',
    })
    expect([...returns]).toEqual([0, 0, 0, 0, 1, 0, 0, 0.5])
  })

  test('fills as the strategy is', () => {
    const open = { A: [10, 10, 10, 5, 20, 20, 20, 20], B }
    const returns = benchmarkReturns({
      panel: panelOf({ A, B }, { dates, open }),
      range: { start: 0, end: 7 },
      fill: 'nextOpen',
    })
    expect(returns[3]).toBe(1)
  })

  test('keeps to the universe that is given', () => {
    const universe = new Uint8Array(16)
    for (let t = 0; t < 8; t++) universe[t * 2 + 1] = 1
    const returns = benchmarkReturns({
      panel: panelOf({ A, B }, { dates }),
      range: { start: 0, end: 7 },
      fill: 'nextClose',
      universe,
    })
    expect([...returns]).toEqual(always(0, 8))
  })
})

describe('a backtest', () => {
  const rng = createRng(1)
  const bars = 60
  const column = () => {
    let price = 50
    return Array.from({ length: bars }, () => {
      price *= 1 + 0.02 * rng.normal()
      return price
    })
  }
  const closes: Columns = { A: column(), B: column(), C: column() }
  const panel = panelOf(closes)
  const rule = scoreRule({ A: always(1, bars), B: always(1, bars), C: always(1, bars) }, { top: 3 })
  const range = { start: 0, end: bars - 1 }

  test('charges the market’s costs with the strategy’s in their place, and says which', () => {
    const portfolio = { ...DEFAULT_PORTFOLIO, costs: { slippage: 0 } }
    const result = runBacktest({ panel, rule, portfolio, market: resolveMarket('us-stock'), range })
    expect(result.costs).toEqual({ commission: 0.0005, tax: 0, slippage: 0 })
    expect(result.simulation.fills[0]!.cost).toBeCloseTo(0.0005 / 1.0005, 14)
  })

  test('measures against the benchmark of the panel: holding everything without costs is it', () => {
    const result = runBacktest({
      panel,
      rule,
      portfolio: DEFAULT_PORTFOLIO,
      market: resolveMarket('none'),
      range,
    })
    expect([...result.benchmarkReturns]).toEqual([...result.simulation.returns])
    expect(result.metrics.beta).toBeCloseTo(1, 14)
    expect(result.metricNotes.informationRatio).toContain('do not differ')
  })

  test('or against the one that is given', () => {
    const benchmark = Float64Array.from({ length: bars }, (_, t) => (t % 2 ? 0.01 : -0.01))
    const { metrics, benchmarkReturns: used } = runBacktest({
      panel,
      rule,
      portfolio: DEFAULT_PORTFOLIO,
      market: resolveMarket('none'),
      range,
      benchmark,
    })
    expect(used).toBe(benchmark)
    expect(metrics.beta).not.toBeCloseTo(1, 2)
  })

  test('the universe bounds the strategy, the benchmark’s universe the benchmark', () => {
    const onlyA = Uint8Array.from({ length: bars * 3 }, (_, cell) => (cell % 3 === 0 ? 1 : 0))
    const bounded = runBacktest({
      panel,
      rule,
      universe: onlyA,
      portfolio: DEFAULT_PORTFOLIO,
      market: resolveMarket('none'),
      range,
    })
    expect(new Set(bounded.simulation.trades.map((trade) => trade.symbol))).toEqual(new Set(['A']))
    const both = runBacktest({
      panel,
      rule,
      universe: onlyA,
      portfolio: DEFAULT_PORTFOLIO,
      market: resolveMarket('none'),
      range,
      benchmarkUniverse: onlyA,
    })
    expect([...both.benchmarkReturns]).toEqual([...both.simulation.returns])
  })

  test('annualises by the market’s year', () => {
    const us = runBacktest({
      panel,
      rule,
      portfolio: DEFAULT_PORTFOLIO,
      market: resolveMarket('none'),
      range,
    })
    const coin = runBacktest({
      panel,
      rule,
      portfolio: DEFAULT_PORTFOLIO,
      market: { ...resolveMarket('none'), periodsPerYear: 365 },
      range,
    })
    expect(coin.metrics.sharpe! / us.metrics.sharpe!).toBeCloseTo(Math.sqrt(365 / 252), 12)
  })
})

describe('tables', () => {
  const panel = panelOf({ 'B,"x"': [10, 10, 11, 12], A: [10, 10, 11, 13] })
  const simulation = run(panel, weightsRule({ 'B,"x"': [0.5, 0.5, 0, 0], A: [0.5, 0.5, 0, 0] }))

  test('equity by bar, in numbers that read back to the same bits', () => {
    const lines = equityCsv(simulation, panel.dates, 0).split('\n')
    expect(lines[0]).toBe('date,equity,return,exposure')
    expect(lines).toHaveLength(6)
    expect(lines[5]).toBe('')
    simulation.equity.forEach((value, t) => {
      const [date, equity, ret, exposure] = lines[t + 1]!.split(',')
      expect(date).toBe(days(4)[t])
      expect([Number(equity), Number(ret), Number(exposure)]).toEqual([
        value,
        simulation.returns[t],
        simulation.exposure[t],
      ])
    })
  })

  test('dates are those of the range, and money is that of the initial capital', () => {
    const later = run(
      panel,
      weightsRule({ 'B,"x"': always(0, 4), A: always(1, 4) }),
      {},
      { range: { start: 1, end: 3 } },
    )
    expect(equityRows(later, panel.dates, 1, 1000)[0]).toEqual(['2021-01-02', 1000, 0, 0])
    const [one] = tradeRows(later.trades)
    const [thousand] = tradeRows(later.trades, 1000)
    expect(thousand![5]).toBeCloseTo(1000 * (one![5] as number), 10)
    expect(thousand![6]).toBeCloseTo(1000 * (one![6] as number), 10)
    expect(thousand![7]).toBe(one![7])
  })

  test('trades by exit, then symbol; a name with a comma is quoted', () => {
    const text = tradesCsv(simulation.trades)
    const lines = text.split('\n')
    expect(lines[0]).toBe(
      'symbol,entryDate,entryPrice,exitDate,exitPrice,shares,pnl,return,bars,reason,side,cost',
    )
    expect(lines[0]).toBe(TRADE_COLUMNS.join(','))
    expect(lines[1]).toMatch(/^A,2021-01-02,10,2021-01-04,13,/)
    expect(lines[1]).toMatch(/,2,rebalance,long,0$/)
    expect(lines[2]).toMatch(/^"B,""x""",/)
  })

  test('rows at one exit are ordered by symbol, then entry', () => {
    const [first] = simulation.trades
    const rows = tradeRows([
      { ...first!, symbol: 'B', entryBar: 2 },
      { ...first!, symbol: 'B', entryBar: 1 },
      { ...first!, symbol: 'A', entryBar: 3 },
      { ...first!, symbol: 'C', exitBar: 0 },
    ])
    expect(rows.map((row) => row[0])).toEqual(['C', 'A', 'B', 'B'])
  })

  test('what is no number at a ruin is an empty cell', () => {
    const ruined = run(panelOf({ A: [10, 10, 20] }), weightsRule({ A: always(-1, 3) }))
    expect(equityCsv(ruined, days(3), 0).trim().split('\n').at(-1)).toBe('2021-01-03,0,-1,')
  })
})
