import { describe, expect, test } from 'vitest'
import type { Trade } from '../../src/backtest/types.js'
import { deviation } from '../../src/base/stats/deviation.js'
import { mean } from '../../src/base/stats/mean.js'
import { createPanel } from '../../src/data/panel.js'
import { generateMarket } from '../../src/data/synthetic/market.js'
import { sumsByMonth, yearsOfReturns } from '../../src/report/months.js'
import { costsPaid, grossEquity } from '../../src/report/tearsheet/costs.js'
import { drawdownSeries, drawdownSpells } from '../../src/report/tearsheet/drawdowns.js'
import { furtherMeasures } from '../../src/report/tearsheet/further-measures.js'
import { rollingBeta, rollingSharpe, rollingWindow } from '../../src/report/tearsheet/rolling.js'
import { sharpeRange } from '../../src/report/tearsheet/sharpe-range.js'
import { BENCHMARK_METRICS, tearsheet } from '../../src/report/tearsheet/tearsheet.js'
import { tradesByReason } from '../../src/report/tearsheet/trade-statistics.js'
import { field } from '../../src/strategy/api.js'
import { market, tested } from './make.js'

const days = (n: number) =>
  Array.from({ length: n }, (_, t) => new Date(Date.UTC(2020, 0, 1 + t)).toISOString().slice(0, 10))

describe('drawdowns', () => {
  const equity = Float64Array.from([0.95, 1.1, 1.21, 1.089, 0.968, 1.21, 1.3, 1.17])
  const dates = days(8)

  test('each runs from its high over its low to its recovery, the deepest first', () => {
    const spells = drawdownSpells(equity, dates)
    expect(spells.map(({ depth, ...rest }) => rest)).toEqual([
      { peak: dates[2], trough: dates[4], recovery: dates[5], bars: 3, barsDown: 2 },
      { peak: dates[6], trough: dates[7], recovery: null, bars: 1, barsDown: 1 },
      { peak: null, trough: dates[0], recovery: dates[1], bars: 2, barsDown: 1 },
    ])
    expect(spells[0]!.depth).toBeCloseTo(-0.2, 14)
    expect(spells[1]!.depth).toBeCloseTo(-0.1, 14)
    expect(spells[2]!.depth).toBeCloseTo(-0.05, 14)
  })

  test('the series is 0 at every high', () => {
    const series = drawdownSeries(equity)
    expect([...series].map((value) => value === 0)).toEqual([
      false,
      true,
      true,
      false,
      false,
      true,
      true,
      false,
    ])
    expect(series[4]).toBeCloseTo(-0.2, 14)
  })

  test('a curve that only rises has none', () => {
    expect(drawdownSpells(Float64Array.from([1, 1.1, 1.2]), days(3))).toEqual([])
  })

  test('the deepest is the metric, in a real backtest', () => {
    const { simulation, metrics, range } = tested()
    const spells = drawdownSpells(simulation.equity, market.dates.slice(range.start))
    expect(spells[0]!.depth).toBe(metrics.maxDrawdown)
    expect(spells.length).toBeGreaterThan(5)
  })
})

describe('months and years', () => {
  test('a month compounds its bars, a year its months; months without bars are empty', () => {
    const dates = ['2019-12-30', '2019-12-31', '2020-02-03', '2020-02-04', '2020-03-02']
    const returns = Float64Array.from([0.1, 0.1, -0.5, 1, 0.25])
    const [first, second] = yearsOfReturns(returns, Float64Array.from([0, 0.5, 0, 0, 0]), dates)
    expect(first!.months.slice(0, 11).every((value) => value === null)).toBe(true)
    expect(first!.months[11]).toBeCloseTo(0.21, 14)
    expect(first!.total).toBeCloseTo(0.21, 14)
    expect(first!.benchmark).toBeCloseTo(0.5, 14)
    expect(second!.months[0]).toBeNull()
    expect(second!.months[1]).toBeCloseTo(0, 14)
    expect(second!.total).toBeCloseTo(0.25, 14)
  })

  test('all years together are the total return', () => {
    const sheet = tearsheet(tested(), market)
    const product = sheet.years.reduce((growth, { total }) => growth * (1 + total), 1)
    expect(product - 1).toBeCloseTo(sheet.metrics.totalReturn!, 12)
    const months = sheet.years.flatMap((year) => year.months.filter((value) => value !== null))
    expect(months.filter((value) => value > 1e-12).length / months.length).toBeCloseTo(
      sheet.metrics.positiveMonths!,
      14,
    )
  })

  test('sums by month leave missing values out', () => {
    const dates = ['2020-01-30', '2020-01-31', '2020-02-03']
    expect(sumsByMonth([1, Number.NaN, 5], dates)).toEqual([
      { month: '2020-01', sum: 1, count: 1 },
      { month: '2020-02', sum: 5, count: 1 },
    ])
  })
})

describe('rolling figures', () => {
  const { simulation, benchmarkReturns } = tested()
  const { returns } = simulation

  test('a bar looks at the window that ends there, and at nothing later', () => {
    const sharpe = rollingSharpe(returns, 60, 252, 0.02)
    const beta = rollingBeta(returns, benchmarkReturns, 60)
    expect(sharpe.slice(0, 59).every(Number.isNaN)).toBe(true)
    for (const t of [200, 459, 699]) {
      const part = returns.slice(t - 59, t + 1)
      expect(sharpe[t]).toBeCloseTo(((mean(part) - 0.02 / 252) / deviation(part)) * Math.sqrt(252), 12)
      const other = benchmarkReturns.slice(t - 59, t + 1)
      let [cross, square] = [0, 0]
      part.forEach((value, i) => {
        cross += (value - mean(part)) * (other[i]! - mean(other))
        square += (other[i]! - mean(other)) ** 2
      })
      expect(beta[t]).toBeCloseTo(cross / square, 12)
    }
  })

  test('over the whole range they are the metrics', () => {
    const { metrics } = tested()
    expect(rollingSharpe(returns, 700, 252, 0).at(-1)).toBeCloseTo(metrics.sharpe!, 10)
    expect(rollingBeta(returns, benchmarkReturns, 700).at(-1)).toBeCloseTo(metrics.beta!, 10)
  })

  test('nothing that varies, nothing to show', () => {
    const flat = new Float64Array(40)
    expect(rollingSharpe(flat, 20, 252, 0).every(Number.isNaN)).toBe(true)
    expect(rollingBeta(returns.slice(0, 40), flat, 20).every(Number.isNaN)).toBe(true)
  })

  test('the window is half a year, a third of a short range, and none below twenty bars', () => {
    expect([5000, 378, 300, 60, 59].map(rollingWindow)).toEqual([126, 126, 100, 20, undefined])
  })
})

describe('costs', () => {
  const panel = generateMarket({ symbols: 30, bars: 700, seed: 5, listings: false })
  const paid = tested({ rebalance: 'weekly' }, { panel, market: 'tw-stock' })
  const free = tested({ rebalance: 'weekly' }, { panel, market: 'none' })
  const { fills, equity } = paid.simulation

  test('the equity without costs is that of the same strategy on a market without any', () => {
    const gross = grossEquity(equity, fills, paid.range.start)
    gross.forEach((value, t) => {
      expect(Math.abs(value / free.simulation.equity[t]! - 1)).toBeLessThan(1e-9)
    })
    expect(equity.at(-1)! / gross.at(-1)!).toBeLessThan(0.9)
  })

  test('commission, tax and slippage add up to the costs a year, and the tax is on sales alone', () => {
    const costs = costsPaid(paid.simulation, paid.costs, 252)
    expect(costs.total).toBeCloseTo(paid.metrics.costDrag!, 12)
    expect(costs.commission + costs.tax + costs.slippage).toBeCloseTo(costs.total, 12)
    expect(costs.commission / costs.slippage).toBeCloseTo(0.001425 / 0.0005, 10)
    // Bought and sold are about the same over years, so the tax is about half of what its rate would be both ways.
    expect(costs.tax / costs.slippage).toBeCloseTo(0.003 / 0.0005 / 2, 0)
    expect(costs.netCagr).toBeCloseTo(paid.metrics.cagr!, 12)
    expect(costs.grossCagr).toBeCloseTo(free.metrics.cagr!, 8)
  })

  test('without a tax there is no rest that would be taken for one', () => {
    const { simulation, costs } = tested()
    expect(costsPaid(simulation, costs, 252).tax).toBe(0)
  })

  test('an equity that is gone has no return a year', () => {
    expect(
      costsPaid({ fills: [], equity: Float64Array.from([1, 0]), status: 'ruined' }, paid.costs, 252),
    ).toMatchObject({ grossCagr: null, netCagr: null })
  })
})

describe('trades by reason', () => {
  const trade = (reason: Trade['reason'], gain: number, bars: number): Trade => ({
    symbol: 'A',
    side: 'long',
    entryBar: 0,
    entryDate: '2020-01-01',
    entryPrice: 1,
    exitBar: bars,
    exitDate: '2020-01-02',
    exitPrice: 1 + gain,
    shares: 1,
    pnl: gain,
    cost: 0,
    return: gain,
    bars,
    reason,
  })

  test('each reason has its count, share of gains, mean and median; open ones are left out', () => {
    const rows = tradesByReason([
      trade('stopLoss', -0.1, 2),
      trade('rebalance', 0.2, 4),
      trade('rebalance', -0.1, 6),
      trade('rebalance', 0, 5),
      trade('end', 5, 9),
      trade('takeProfit', 0.3, 1),
    ])
    expect(rows.map(({ reason, count }) => [reason, count])).toEqual([
      ['rebalance', 3],
      ['stopLoss', 1],
      ['takeProfit', 1],
    ])
    expect(rows[0]).toMatchObject({ winRate: 1 / 3, medianBars: 5 })
    expect(rows[0]!.meanReturn).toBeCloseTo(0.1 / 3, 14)
    expect(rows[0]!.pnl).toBeCloseTo(0.1, 14)
  })

  test('further measures by hand', () => {
    const returns = Float64Array.from([0.1, -0.05, 0.02, -0.01])
    const further = furtherMeasures({
      returns,
      drawdowns: Float64Array.from([0, -0.05, -0.03, -0.04]),
      spells: [
        { peak: null, trough: 'x', recovery: null, depth: -0.05, bars: 3, barsDown: 1 },
        { peak: null, trough: 'x', recovery: null, depth: -0.01, bars: 7, barsDown: 1 },
      ],
      years: [{ year: 2020, months: [0.04, null, -0.02], total: 0, benchmark: 0 }],
      trades: [trade('rebalance', 0.2, 1), trade('stopLoss', -0.1, 1), trade('end', 9, 1)],
    })
    expect(further).toMatchObject({
      bestDay: 0.1,
      worstDay: -0.05,
      bestMonth: 0.04,
      worstMonth: -0.02,
      longestDrawdownBars: 7,
      timeUnderWater: 0.75,
    })
    expect(further.averageDrawdown).toBeCloseTo(-0.03, 14)
    expect(further.omega).toBeCloseTo(0.12 / 0.06, 12)
    expect(further.payoffRatio).toBeCloseTo(2, 12)
    // 95th percentile at place 2.85 of 0 … 3, 5th at 0.15.
    expect(further.tailRatio).toBeCloseTo((0.02 + 0.85 * 0.08) / (0.05 - 0.15 * 0.04), 12)
  })

  test('nothing gives nothing', () => {
    const none = furtherMeasures({
      returns: new Float64Array(0),
      drawdowns: new Float64Array(0),
      spells: [],
      years: [],
      trades: [],
    })
    expect(Object.values(none).every((value) => value === null)).toBe(true)
    const rising = furtherMeasures({
      returns: Float64Array.from([0, 0]),
      drawdowns: new Float64Array(2),
      spells: [],
      years: [],
      trades: [trade('rebalance', 1, 1)],
    })
    expect(rising).toMatchObject({ omega: null, tailRatio: null, payoffRatio: null, timeUnderWater: 0 })
  })
})

describe('the range of the Sharpe', () => {
  test('is ± 1.96 standard errors; returns of the kurtosis 3 give Lo’s √((1 + SR²/2)/(n − 1))', () => {
    // ±√3 once each and four zeros: mean 0, variance 1, no skew, kurtosis 3.
    const returns = Float64Array.from({ length: 600 }, (_, i) => [Math.sqrt(3), -Math.sqrt(3)][i % 6] ?? 0)
    const range = sharpeRange(1, returns, 252)!
    const error = Math.sqrt((1 + 1 / 252 / 2) / 599) * Math.sqrt(252)
    expect(range.high - 1).toBeCloseTo(1.959963984540054 * error, 12)
    expect(1 - range.low).toBeCloseTo(1.959963984540054 * error, 12)
  })

  test('takes skewness and kurtosis of the population', () => {
    // 0, 0, 0, 4: mean 1, deviations −1 three times and 3; variance 3, third moment 6, fourth 21.
    const range = sharpeRange(2, Float64Array.of(0, 0, 0, 4), 1)!
    const error = Math.sqrt((1 - (6 / 3 ** 1.5) * 2 + ((21 / 9 - 1) / 4) * 4) / 3)
    expect(range.high - 2).toBeCloseTo(1.959963984540054 * error, 12)
  })

  test('losses that are larger than gains widen it', () => {
    const width = (sign: number) => {
      const returns = Float64Array.from({ length: 500 }, (_, i) => sign * (i % 10 === 0 ? 0.09 : -0.01))
      const { low, high } = sharpeRange(2, returns, 252)!
      return high - low
    }
    expect(width(-1)).toBeGreaterThan(width(1))
  })

  test('there is none without a Sharpe, or where nothing ever changed', () => {
    const returns = Float64Array.of(0, 1, 2, -1)
    expect(sharpeRange(2, returns, 252)).not.toBeNull()
    expect(sharpeRange(null, returns, 252)).toBeNull()
    expect(sharpeRange(2, new Float64Array(100), 252)).toBeNull()
  })
})

describe('a tearsheet', () => {
  test('the benchmark has the metrics of a strategy that is the benchmark', () => {
    // All symbols at equal weight, monthly, without costs: the default benchmark itself.
    const all = tested({ score: field('close'), select: { topFraction: 1 } }, { market: 'none' })
    const sheet = tearsheet(tested(), market)
    for (const name of BENCHMARK_METRICS)
      expect(sheet.benchmark.metrics[name], name).toBeCloseTo(all.metrics[name]!, 9)
    const level = sheet.series.benchmark.at(-1)!
    expect(sheet.benchmark.metrics.totalReturn).toBeCloseTo(level - 1, 12)
    expect(Math.min(...sheet.series.benchmarkDrawdown)).toBe(sheet.benchmark.metrics.maxDrawdown)
  })

  test('turnover by month adds up to the metric', () => {
    const sheet = tearsheet(tested(), market)
    const total = sheet.turnoverByMonth.reduce((sum, { turnover }) => sum + turnover, 0)
    expect((total * 252) / 700).toBeCloseTo(sheet.metrics.turnover!, 10)
  })

  test('says so where all symbols survive, and not where some end', () => {
    const said = (panel: typeof market) => tearsheet(tested({}, { panel }), panel).caveats.join(' ')
    const survivors = generateMarket({ symbols: 30, bars: 700, seed: 5, listings: false })
    expect(said(survivors)).toContain('All 30 symbols still trade at the end.')
    const close = Float64Array.from(survivors.fields.get('close')!)
    for (let t = 600; t < 700; t++) close[t * 30] = Number.NaN
    const ended = createPanel({ ...survivors, fields: new Map([...survivors.fields, ['close', close]]) })
    expect(said(ended)).not.toContain('survivorship')
  })

  test('what a short range cannot say is null, with the reason', () => {
    const result = tested({}, { start: market.dates[690]! })
    const sheet = tearsheet(result, market)
    expect(sheet.metrics.sharpe).toBeNull()
    expect(sheet.metricNotes.sharpe).toMatch(/too few/)
    expect(sheet.rollingBars).toBeNull()
    expect(sheet.series.rollingSharpe).toEqual([])
    expect(Object.values(sheet.further).every((value) => value === null)).toBe(true)
  })

  test('unpaid borrowing, few trades and costs that eat the gain are said', () => {
    const both = tearsheet(tested({ side: 'longShort', rebalance: 'daily' }, { market: 'tw-stock' }), market)
    expect(both.caveats.join(' ')).toContain('borrowRate')
    const long = tearsheet(tested({ borrowRate: 0.01 }), market)
    expect(long.caveats.join(' ')).not.toContain('borrowRate')
    const few = tearsheet(tested({ rebalance: { every: 230 } }), market)
    expect(few.caveats.join(' ')).toContain('positions closed: too few')
    const costly = tearsheet(tested({ rebalance: 'daily' }), market)
    const { costDrag, cagr } = costly.metrics
    const share = costDrag! / (costDrag! + cagr!)
    expect(costly.caveats.some((text) => text.startsWith('Costs take'))).toBe(
      share > 0.5 && costDrag! + cagr! > 0,
    )
  })
})
