import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { METRIC_NAMES } from '../../src/backtest/types.js'
import { cli, jsonOf, scratch } from '../support/cli-io.js'

const MARKET = 'builtin:symbols=12,bars=400'
const STRATEGY = `import { strategy, field, rank } from 'alphaloop'
export default strategy({
  name: 'Momentum',
  score: rank(field('close').pctChange(20)),
  select: { top: 4 },
  rebalance: 'weekly',
})
`
function folder(): string {
  const cwd = scratch()
  writeFileSync(join(cwd, 'momentum.ts'), STRATEGY)
  return cwd
}
const rowsOf = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','))

describe('backtest --json', () => {
  test('has the shape that other programs rely on', async () => {
    const cwd = folder()
    const outcome = await cli(['backtest', 'momentum.ts', '--data', MARKET, '--json'], { cwd })
    expect(outcome.code).toBe(0)
    const result = jsonOf(outcome)
    expect(result).toMatchObject({
      strategy: { hash: expect.stringMatching(/^[0-9a-f]{32}$/), name: 'Momentum' },
      data: { hash: expect.stringMatching(/^[0-9a-f]{32}$/), bars: 400, symbols: 12 },
      metricNotes: {},
      market: { name: 'us-stock', costs: { commission: 0.0005, slippage: 0.0005 } },
    })
    expect(Object.keys(result.metrics).sort()).toEqual([...METRIC_NAMES].sort())
    for (const name of METRIC_NAMES)
      if (result.metrics[name] === null) expect(result.metricNotes[name]).toBeTruthy()
      else expect(result.metrics[name]).toBeTypeOf('number')
    expect(result.trades).toBe(result.metrics.trades)
    expect(result.trades).toBeGreaterThan(20)
    expect(result.data.start < result.data.end).toBe(true)
    expect(result.durationMs).toBeGreaterThan(0)
  })

  test('a metric without a value is null, and says why', async () => {
    const cwd = scratch()
    writeFileSync(join(cwd, 'none.ts'), STRATEGY.replace('select: { top: 4 }', 'select: { threshold: 9 }'))
    const { metrics, metricNotes, trades } = jsonOf(
      await cli(['backtest', 'none.ts', '--data', MARKET, '--json'], { cwd }),
    )
    expect(trades).toBe(0)
    expect(metrics.sharpe).toBeNull()
    expect(metricNotes.sharpe).toBeTruthy()
  })

  test('the market decides the costs, and single costs of the configuration replace them', async () => {
    const cwd = folder()
    const costsOf = async (...flags: string[]) =>
      jsonOf(await cli(['backtest', 'momentum.ts', '--data', MARKET, '--json', ...flags], { cwd })).market
    expect(await costsOf('--market', 'tw-stock')).toMatchObject({
      name: 'tw-stock',
      costs: { commission: 0.001425, tax: 0.003, slippage: 0.0005 },
    })
    expect(await costsOf('--market', 'none')).toMatchObject({
      costs: { commission: 0, tax: 0, slippage: 0 },
    })
    expect(await costsOf('--market', 'crypto')).toMatchObject({ periodsPerYear: 365 })
    writeFileSync(join(cwd, 'alphaloop.yaml'), 'market: tw-stock\ncosts:\n  tax: 0.0015\n')
    expect(await costsOf()).toMatchObject({ costs: { commission: 0.001425, tax: 0.0015 } })
  })

  test('a strategy in JSON and in JavaScript is the same strategy', async () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'momentum.js'), STRATEGY)
    const hashOf = async (file: string) =>
      jsonOf(await cli(['backtest', file, '--data', MARKET, '--json'], { cwd })).strategy.hash
    expect(await hashOf('momentum.js')).toBe(await hashOf('momentum.ts'))
  })
})

describe('--start and --end', () => {
  test('cut the bars that are evaluated; what lies before only warms indicators up', async () => {
    const cwd = folder()
    const run = async (...flags: string[]) =>
      jsonOf(
        await cli(['backtest', 'momentum.ts', '--data', MARKET, '--equity', 'e.csv', '--json', ...flags], {
          cwd,
        }),
      )
    const whole = await run()
    const dates = rowsOf(join(cwd, 'e.csv'))
      .slice(1)
      .map(([date]) => date!)
    expect(dates).toHaveLength(400)
    const [start, end] = [dates[100]!, dates[299]!]
    const part = await run('--start', start, '--end', end)
    expect(part.data).toMatchObject({ bars: 200, start, end })
    const equity = rowsOf(join(cwd, 'e.csv')).slice(1)
    expect(equity.map(([date]) => date)).toEqual(dates.slice(100, 300))
    expect(part.data.hash).not.toBe(whole.data.hash)
    // Warm from the first week on: 20 bars of history stand before the start.
    expect(equity.slice(0, 8).some(([, , , exposure]) => Number(exposure) > 0)).toBe(true)
  })

  test('a day between two bars takes the nearest inside', async () => {
    const cwd = folder()
    const { data } = jsonOf(
      await cli(
        [
          'backtest',
          'momentum.ts',
          '--data',
          MARKET,
          '--start',
          '2014-01-04',
          '--end',
          '2014-12-28',
          '--json',
        ],
        { cwd },
      ),
    )
    expect(data).toMatchObject({ start: '2014-01-06', end: '2014-12-26' })
  })

  test.each([
    [['--start', '2015-02-30'], '--start 2015-02-30 is no day of the calendar'],
    [['--end', '15-02-03'], '--end 15-02-03 is no day of the calendar'],
    [['--start', 'yesterday'], '--start yesterday is no day'],
    [['--start', '2015-01-02', '--end', '2015-01-01'], '--start 2015-01-02 lies after --end 2015-01-01'],
    [['--start', '2030-01-01'], 'the data has no bar from 2030-01-01 on'],
    [['--end', '1990-01-01'], 'the data has no bar up to 1990-01-01'],
    [['--start', '2015-01-03', '--end', '2015-01-04'], 'no bar from 2015-01-03 to 2015-01-04'],
    [['--fill', 'nextopen'], '--fill is nextopen; it must be nextOpen or nextClose'],
    [['--market', 'us-stok'], '--market: market is "us-stok"'],
  ])('%j is refused', async (flags, message) => {
    const outcome = await cli(['backtest', 'momentum.ts', '--data', MARKET, ...flags], { cwd: folder() })
    expect(outcome.code).toBe(2)
    expect(outcome.stderr).toContain(message)
    expect(outcome.stderr).toContain('hint: ')
  })
})

describe('--equity and --trades', () => {
  test('write tables that add up to the figures', async () => {
    const cwd = folder()
    const result = jsonOf(
      await cli(
        [
          'backtest',
          'momentum.ts',
          '--data',
          MARKET,
          '--equity',
          'out/e.csv',
          '--trades',
          'out/t.csv',
          '--json',
        ],
        { cwd },
      ),
    )
    const [equityHead, ...equity] = rowsOf(join(cwd, 'out/e.csv'))
    expect(equityHead).toEqual(['date', 'equity', 'return', 'exposure'])
    expect(equity).toHaveLength(400)
    expect(Number(equity.at(-1)![1]) - 1).toBeCloseTo(result.metrics.totalReturn, 12)
    let level = 1
    for (const [date, value, change] of equity) {
      level *= 1 + Number(change)
      expect(Math.abs(level / Number(value) - 1), date).toBeLessThan(1e-9)
    }

    const [tradesHead, ...trades] = rowsOf(join(cwd, 'out/t.csv'))
    expect(tradesHead!.slice(0, 10)).toEqual(
      'symbol,entryDate,entryPrice,exitDate,exitPrice,shares,pnl,return,bars,reason'.split(','),
    )
    expect(trades.filter((row) => row[9] !== 'end')).toHaveLength(result.trades)
    expect(trades.length - result.trades).toBe(result.openPositions)
    const wins = trades.filter((row) => row[9] !== 'end' && Number(row[6]) > 0).length
    expect(wins / result.trades).toBeCloseTo(result.metrics.winRate, 12)
    for (const [, entryDate, entryPrice, exitDate, exitPrice] of trades) {
      expect(entryDate! <= exitDate!).toBe(true)
      expect(Number(entryPrice)).toBeGreaterThan(0)
      expect(Number(exitPrice)).toBeGreaterThan(0)
    }
  })
})

describe('for a person', () => {
  test('every metric in words, the costs, and a chart that fits the terminal', async () => {
    const { stdout, stderr, code } = await cli(['backtest', 'momentum.ts', '--data', MARKET], {
      cwd: folder(),
      columns: 80,
    })
    expect(code).toBe(0)
    expect(stderr).toBe('')
    expect(stdout).toContain('us-stock: commission 0.05%, tax 0% on sales, slippage 0.05%')
    for (const label of ['Sharpe', 'max drawdown', 'down capture', 'closed trades'])
      expect(stdout).toContain(label)
    expect(stdout).toContain('┤')
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
    expect(stdout).not.toContain('\u001b')
  })

  test('with colours, the benchmark is drawn too', async () => {
    const { stdout } = await cli(['backtest', 'momentum.ts', '--data', MARKET], {
      cwd: folder(),
      colors: true,
    })
    expect(stdout).toContain('\u001b[')
    expect(stdout).toContain('benchmark (equal weight, no costs)')
  })
})
