import { describe, expect, test } from 'vitest'
import { tradeTotals } from '../../src/backtest/ledger.js'
import { computeMetrics } from '../../src/backtest/metrics/compute.js'
import { METRIC_NAMES, type MetricName, type Simulation, type Trade } from '../../src/backtest/types.js'
import { days } from './make.js'

function simulationOf(returns: number[], more: Partial<Omit<Simulation, 'tradeTotals'>> = {}): Simulation {
  let value = 1
  const equity = Float64Array.from(returns, (r) => {
    value *= 1 + r
    return value
  })
  return {
    status: 'completed',
    equity,
    returns: Float64Array.from(returns),
    exposure: new Float64Array(returns.length).fill(1),
    trades: [],
    fills: [],
    carry: { borrow: 0, financing: 0 },
    warnings: [],
    ...more,
    tradeTotals: tradeTotals(more.trades ?? []),
  }
}

const measure = (
  simulation: Simulation,
  more: {
    benchmark?: number[]
    riskFree?: number
    dates?: string[]
    start?: number
    periodsPerYear?: number
  } = {},
) =>
  computeMetrics({
    simulation,
    dates: more.dates ?? days(simulation.returns.length + (more.start ?? 0)),
    start: more.start ?? 0,
    periodsPerYear: more.periodsPerYear ?? 252,
    benchmark: more.benchmark && Float64Array.from(more.benchmark),
    riskFree: more.riskFree,
  })

const repeat = (pattern: number[], times: number) => Array.from({ length: times }, () => pattern).flat()

const trade = (pnl: number, more: Partial<Trade> = {}): Trade => ({
  symbol: 'A',
  side: 'long',
  entryBar: 0,
  entryDate: '',
  entryPrice: 1,
  exitBar: 4,
  exitDate: '',
  exitPrice: 1,
  shares: 1,
  pnl,
  cost: 0,
  return: pnl / 2,
  bars: 4,
  reason: 'rebalance',
  ...more,
})

describe('by hand', () => {
  // 20 bars of +2%, −1%: mean 0.5%, deviations ±1.5%.
  const returns = repeat([0.02, -0.01], 10)
  const { metrics, notes } = measure(simulationOf(returns), { benchmark: repeat([0.01, -0.01], 10) })
  const spread = 0.015 * Math.sqrt(20 / 19)
  const growth = (1.02 * 0.99) ** 10

  test.each<[MetricName, number]>([
    ['totalReturn', growth - 1],
    ['cagr', growth ** (252 / 20) - 1],
    ['volatility', spread * Math.sqrt(252)],
    ['sharpe', (0.005 / spread) * Math.sqrt(252)],
    ['sortino', (0.005 / Math.sqrt(0.0001 / 2)) * Math.sqrt(252)],
    ['maxDrawdown', -0.01],
    ['calmar', (growth ** (252 / 20) - 1) / 0.01],
    ['ulcer', Math.sqrt(0.0001 / 2)],
    ['turnover', 0],
    ['costDrag', 0],
    ['exposure', 1],
    ['positiveMonths', 1],
    ['var95', 0.01],
    ['cvar95', 0.01],
    ['skew', 0],
    ['beta', 1.5],
    ['alpha', 0.005 * 252],
    ['trackingError', 0.005 * Math.sqrt((20 / 19) * 252)],
    ['informationRatio', Math.sqrt((19 / 20) * 252)],
    ['upCapture', 2],
    ['downCapture', 1],
  ])('%s', (name, expected) => {
    expect(metrics[name]).toBeCloseTo(expected, 12)
    expect(notes[name]).toBeUndefined()
  })

  test('every metric has a value or a reason, never both', () => {
    expect(Object.keys(metrics).sort()).toEqual([...METRIC_NAMES].sort())
    for (const name of METRIC_NAMES) expect(metrics[name] === null).toBe(notes[name] !== undefined)
  })

  test('a risk-free rate is taken off a bar’s share of it', () => {
    const { metrics } = measure(simulationOf(returns), { riskFree: 0.252 })
    expect(metrics.sharpe).toBeCloseTo((0.004 / spread) * Math.sqrt(252), 12)
    expect(metrics.sortino).toBeCloseTo((0.004 / Math.sqrt(0.011 ** 2 / 2)) * Math.sqrt(252), 12)
  })

  test('the year of the market counts', () => {
    const { metrics } = measure(simulationOf(returns), { periodsPerYear: 365 })
    expect(metrics.sharpe).toBeCloseTo((0.005 / spread) * Math.sqrt(365), 12)
    expect(metrics.cagr).toBeCloseTo(growth ** (365 / 20) - 1, 12)
  })
})

test('a drawdown counts from the starting value of 1, too', () => {
  const { metrics } = measure(simulationOf([-0.1, ...new Array<number>(19).fill(0.001)]))
  expect(metrics.maxDrawdown).toBeCloseTo(-0.1, 15)
})

test('positive months count calendar months, partial ones included; a month without gain is not positive', () => {
  // 2021-01-20 … 2021-03-10 from the panel's bar 19 on: January +, February flat, March −.
  const returns = [
    ...new Array<number>(12).fill(0.01),
    ...new Array<number>(28).fill(0),
    ...new Array<number>(10).fill(-0.01),
  ]
  const { metrics } = measure(simulationOf(returns), { start: 19 })
  expect(metrics.positiveMonths).toBeCloseTo(1 / 3, 15)
})

test('quantile and tail mean of the returns', () => {
  const returns = Array.from({ length: 41 }, (_, t) => (t - 20) / 1000)
  const { metrics } = measure(simulationOf(returns))
  expect(metrics.var95).toBeCloseTo(0.018, 15)
  expect(metrics.cvar95).toBeCloseTo(0.019, 15)
})

test('skewness and kurtosis are bias-corrected as in pandas', () => {
  // pandas.Series([0.1] + [0.0] * 19): skew 4.47213595…, kurt 20.
  const { metrics } = measure(simulationOf([0.1, ...new Array<number>(19).fill(0)]))
  expect(metrics.skew).toBeCloseTo(Math.sqrt(20), 10)
  expect(metrics.kurtosis).toBeCloseTo(20, 10)
})

test('turnover is one-way a year, cost drag a year, exposure the mean of the closes', () => {
  const fills = [
    { bar: 1, traded: 1, cost: 0.001 },
    { bar: 8, traded: 0.6, cost: 0.0006 },
  ]
  const exposure = Float64Array.from({ length: 21 }, (_, t) => (t === 0 ? 0 : 1))
  const { metrics } = measure(simulationOf(repeat([0.01, 0.02, -0.01], 7), { fills, exposure }))
  expect(metrics.turnover).toBeCloseTo((1.6 * 12) / 2, 12)
  expect(metrics.costDrag).toBeCloseTo(0.0016 * 12, 12)
  expect(metrics.exposure).toBeCloseTo(20 / 21, 14)
})

test('trade statistics', () => {
  const trades = [
    trade(0.3, { bars: 2 }),
    trade(0.1, { bars: 4 }),
    trade(-0.2, { bars: 6 }),
    trade(1e-13, { bars: 8 }),
    trade(9, { reason: 'end' }),
  ]
  const { metrics } = measure(simulationOf(repeat([0.01, -0.01], 10), { trades }))
  expect(metrics).toMatchObject({ trades: 4, winRate: 0.5, avgHoldingBars: 5 })
  expect(metrics.profitFactor).toBeCloseTo(2, 14)
  expect(metrics.expectancy).toBeCloseTo(0.2 / 2 / 4, 12)
})

describe('undefined metrics are null with a reason', () => {
  const why = (name: MetricName, simulation: Simulation, more: Parameters<typeof measure>[1] = {}) => {
    const { metrics, notes } = measure(simulation, more)
    expect(metrics[name]).toBeNull()
    return notes[name]
  }

  test('under 20 bars all of them', () => {
    const { metrics, notes } = measure(simulationOf(repeat([0.01], 19)))
    for (const name of METRIC_NAMES) {
      expect(metrics[name]).toBeNull()
      expect(notes[name]).toContain('19 bars')
    }
  })

  test('ratios to a risk that is not there', () => {
    const flat = simulationOf(repeat([0], 20))
    expect(why('sharpe', flat)).toContain('do not vary')
    expect(why('sortino', flat)).toContain('no bar lost')
    expect(why('calmar', flat)).toContain('no drawdown')
    expect(why('skew', flat)).toContain('do not vary')
    expect(why('kurtosis', flat)).toContain('do not vary')
    expect(measure(flat).metrics).toMatchObject({
      totalReturn: 0,
      cagr: 0,
      volatility: 0,
      maxDrawdown: 0,
      ulcer: 0,
      var95: 0,
      trades: 0,
    })
  })

  test('a constant return that is no binary fraction does not vary either', () => {
    expect(why('sharpe', simulationOf(repeat([0.1], 30)))).toContain('do not vary')
  })

  test('trade statistics without closed trades, a profit factor without a loss', () => {
    const open = simulationOf(repeat([0.01, -0.01], 10), { trades: [trade(1, { reason: 'end' })] })
    for (const name of ['winRate', 'profitFactor', 'expectancy', 'avgHoldingBars'] as const)
      expect(why(name, open)).toContain('no position was closed')
    expect(measure(open).metrics.trades).toBe(0)
    expect(why('profitFactor', simulationOf(repeat([0.01, -0.01], 10), { trades: [trade(1)] }))).toContain(
      'lost',
    )
  })

  test('comparisons with a benchmark that is missing, too short, or does not move', () => {
    const own = simulationOf(repeat([0.01, -0.01], 10))
    expect(why('beta', own)).toContain('no benchmark')
    expect(why('beta', own, { benchmark: [0.1] })).toContain('1 of 20 bars')
    const still = { benchmark: repeat([0], 20) }
    for (const name of ['beta', 'alpha', 'upCapture', 'downCapture'] as const)
      expect(why(name, own, still)).toContain('benchmark')
    expect(why('informationRatio', own, { benchmark: repeat([0.01, -0.01], 10) })).toContain('do not differ')
    expect(measure(own, { benchmark: repeat([0.01, -0.01], 10) }).metrics.trackingError).toBe(0)
  })

  test('what no number can hold', () => {
    const { metrics, notes } = measure(simulationOf(repeat([1e14], 20)))
    expect(metrics.cagr).toBeNull()
    expect(notes.cagr).toContain('too large')
  })
})

describe('a ruined account', () => {
  const ruined = simulationOf([...repeat([0.01, -0.01], 10), -1], {
    status: 'ruined',
    exposure: Float64Array.from({ length: 21 }, (_, t) => (t === 20 ? Number.NaN : 0.5)),
  })

  test('has a cagr of −1, a calmar of it, and an exposure without the last bar', () => {
    const { metrics } = measure(ruined)
    expect(metrics).toMatchObject({ cagr: -1, totalReturn: -1, maxDrawdown: -1, calmar: -1, exposure: 0.5 })
  })

  test('is measured against the benchmark over the bars that are present', () => {
    const longer = [...repeat([0.01, -0.01], 10), -0.02, 9, 9]
    expect(measure(ruined, { benchmark: longer }).metrics.beta).toBeCloseTo(
      measure(ruined, { benchmark: longer.slice(0, 21) }).metrics.beta!,
      14,
    )
  })
})
