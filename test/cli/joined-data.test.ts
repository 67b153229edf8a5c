import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { generateMarket } from '../../src/data/synthetic/market.js'
import type { EvaluationSetup } from '../../src/workers/evaluation.js'
import { cli, jsonOf, scratch } from '../support/cli-io.js'
import { sharedData } from '../support/shared-data.js'

// Threads run the built code only; here, where the sources run, strategies are evaluated in this process instead.
vi.mock('../../src/workers/threads.js', async () => {
  const { createInlineRunner } = await import('../../src/workers/inline.js')
  return {
    createThreadRunner: (setup: EvaluationSetup) => createInlineRunner(setup, () => performance.now()),
  }
})

const FILES = {
  'prices.csv': 'date,symbol,close\n2020-01-02,A,10\n2020-01-03,A,11\n2020-01-02,B,1\n2020-01-03,B,2\n',
  'reports.csv': 'date,symbol,available,eps\n2019-12-31,A,2020-01-03,1.5\n',
  'sectors.csv': 'symbol,sector,gics\nA,Tech,45\nB,Energy,10\n',
  'sp500.csv': 'symbol,from,to\nA,2019-01-01,\n',
  'factors.csv': 'symbol,date,factor\nA,2020-01-02,0.5\nB,2020-01-03,1\n',
}

function folder(files: Readonly<Record<string, string>> = FILES): string {
  const cwd = scratch()
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text)
  return cwd
}

const FLAGS = [
  ...['--data', 'prices.csv', '--data', 'reports.csv', '--data', 'sectors.csv', '--groups', 'gics'],
  ...['--universe', 'sp500.csv', '--adjustments', 'factors.csv'],
]
const CONFIG = `
data: [prices.csv, reports.csv, sectors.csv]
dataOptions:
  groups: [gics]
  universe: [sp500.csv]
  adjustments: factors.csv
`

describe('several tables', () => {
  test('are described with what each of them brings, by flags and by a configuration alike', async () => {
    const cwd = folder()
    const described = jsonOf(await cli(['data', 'describe', '--json', ...FLAGS], { cwd }))
    expect(described.tables).toEqual([
      { name: 'prices.csv', kind: 'prices', rows: 4, used: 4, fields: ['close', 'rawClose'] },
      { name: 'reports.csv', kind: 'announced', rows: 1, used: 1, fields: ['eps'] },
      { name: 'sectors.csv', kind: 'groups', rows: 2, used: 2, fields: ['sector', 'gics'] },
      { name: 'sp500.csv', kind: 'universe', rows: 1, used: 1, fields: ['sp500'] },
      { name: 'factors.csv', kind: 'adjustments', rows: 2, used: 2, fields: [] },
    ])
    writeFileSync(join(cwd, 'alphaloop.yaml'), CONFIG)
    expect(jsonOf(await cli(['data', 'describe', '--json'], { cwd })).hash).toBe(described.hash)
    // Paths of a configuration count from its folder.
    mkdirSync(join(cwd, 'elsewhere'))
    const away = await cli(['config', 'show', '../alphaloop.yaml', '--json'], { cwd: join(cwd, 'elsewhere') })
    expect(jsonOf(away).config).toMatchObject({ data: ['prices.csv', 'reports.csv', 'sectors.csv'] })
    const text = (await cli(['data', 'describe'], { cwd })).stdout
    expect(text).toMatch(/table +kind +rows +used +brings\n.*prices\.csv +prices +4 +4 +close, rawClose/)
    expect(text).toMatch(/sp500\.csv +universe +1 +1 +sp500/)
    expect((await cli(['data', 'check'], { cwd })).stdout).toMatch(/reports\.csv +announced +1 +1 +eps/)
  })

  test('one of which is wrong end the command with 3, its file, line and how to mend it', async () => {
    const cwd = folder({ ...FILES, 'sp500.csv': 'symbol,from,to\nA,2020-02-01,2020-01-01\n' })
    const outcome = await cli(['data', 'describe', '--json', ...FLAGS], { cwd })
    expect(outcome.code).toBe(3)
    expect(jsonOf(outcome).error).toMatchObject({
      code: 'DATA_BAD_UNIVERSE',
      file: 'sp500.csv',
      line: 2,
      message: expect.stringContaining('line 2: A – from 2020-02-01 lies after to 2020-01-01'),
      hint: expect.stringContaining('empty while it still is one'),
    })
  })

  test('cannot be joined to the built-in market', async () => {
    const outcome = await cli(['data', 'describe', '--json', '--data', 'builtin', '--data', 'x.csv'], {
      cwd: folder(),
    })
    expect(outcome.code).toBe(2)
    expect(jsonOf(outcome).error.message).toMatch(/x\.csv cannot be joined to the built-in market/)
    const factors = await cli(['data', 'describe', '--json', 'builtin', '--adjustments', 'f.csv'], {
      cwd: folder(),
    })
    expect([factors.code, jsonOf(factors).error.code]).toEqual([2, 'DATA_ARGUMENT'])
  })

  test('are what a strategy reads: fields, groups and a universe', async () => {
    const cwd = folder()
    writeFileSync(
      join(cwd, 's.ts'),
      `import { field, strategy } from 'alphaloop'
export default strategy({
  name: 'Members', universe: field('sp500').gt(0.5), score: field('close'), select: { top: 2 }, rebalance: 'daily', fill: 'nextClose',
})`,
    )
    const outcome = await cli(
      ['backtest', 's.ts', '--json', '--market', 'none', '--trades', 't.csv', ...FLAGS],
      { cwd },
    )
    expect(outcome.code).toBe(0)
    // A goes from 10 × 0.5 to 11; B is no member.
    expect(jsonOf(outcome)).toMatchObject({ openPositions: 1, data: { symbols: 2, bars: 2 } })
    const factor = await cli(
      ['factor', 'groupDemean(close, group("sector"))', '--json', '--out', 'f.csv', ...FLAGS],
      {
        cwd,
      },
    )
    expect([factor.code, jsonOf(factor).symbols]).toEqual([0, 2])
  })
})

describe('a run on several tables', () => {
  test('goes on without being told of them again, wherever their content lies the same', async () => {
    const cwd = scratch()
    await cli(['data', 'generate', '--symbols', '12', '--bars', '400', '--seed', '2', '--out', 'm.csv'], {
      cwd,
    })
    const { symbols, dates } = generateMarket({ symbols: 12, bars: 400, seed: 2 })
    writeFileSync(
      join(cwd, 'core.csv'),
      `symbol,from,to\n${symbols
        .slice(0, 8)
        .map((s) => `${s},${dates[0]},\n`)
        .join('')}`,
    )
    writeFileSync(
      join(cwd, 'eps.csv'),
      `date,symbol,available,eps\n${symbols.map((s, i) => `${dates[0]},${s},${dates[9]},${i}\n`).join('')}`,
    )
    const small = ['run', '--run-dir', 'r', '--no-llm', '--workers', '1', '--json']
    const first = await cli(
      [...small, '--iterations', '2', '--data', 'm.csv', '--data', 'eps.csv', '--universe', 'core.csv'],
      { cwd },
    )
    expect([first.code, first.stderr]).toEqual([0, expect.any(String)])
    const resumed = await cli([...small, '--iterations', '4'], { cwd })
    expect([resumed.code, jsonOf(resumed).iterations]).toEqual([0, 4])
    renameSync(join(cwd, 'eps.csv'), join(cwd, 'moved.csv'))
    const moved = await cli(
      [...small, '--iterations', '5', '--data', 'm.csv', '--data', 'moved.csv', '--universe', 'core.csv'],
      { cwd },
    )
    expect([moved.code, jsonOf(moved).iterations]).toEqual([0, 5])
    writeFileSync(join(cwd, 'core.csv'), `symbol,from,to\n${symbols[0]},${dates[0]},\n`)
    const changed = await cli(
      [...small, '--iterations', '6', '--data', 'm.csv', '--data', 'moved.csv', '--universe', 'core.csv'],
      { cwd },
    )
    expect([changed.code, jsonOf(changed).error.code]).toEqual([2, 'RUN_CHANGED'])
    expect(jsonOf(changed).error.message).toContain('data.hash')
  }, 60_000)
})

const raw = sharedData('us-lean-daily/us_equity_daily_raw.csv.gz')
test.skipIf(!raw)('a backtest on raw bars with factors and tickers (needs the shared data)', async () => {
  const cwd = scratch()
  writeFileSync(
    join(cwd, 's.ts'),
    `import { field, rank, strategy } from 'alphaloop'
export default strategy({
  name: 'Momentum', score: rank(field('close').pctChange(120)), select: { top: 5 }, rebalance: 'monthly',
})`,
  )
  const flags = [
    '--adjustments',
    sharedData('us-lean-daily/factor_files.csv')!,
    '--renames',
    sharedData('us-lean-daily/map_files.csv')!,
  ]
  const outcome = await cli(['backtest', 's.ts', '--json', '--data', raw!, ...flags], { cwd })
  expect(outcome.code).toBe(0)
  const { data, metrics, trades, status } = jsonOf(outcome)
  expect([data.bars, data.symbols, status]).toEqual([5849, 19, expect.not.stringMatching('ruined')])
  expect(trades).toBeGreaterThan(100)
  // Without the factors every split is a crash: the drawdown tells.
  const unadjusted = jsonOf(
    await cli(['backtest', 's.ts', '--json', '--data', raw!, '--unadjusted', ...flags], { cwd }),
  )
  expect(metrics.maxDrawdown).toBeGreaterThan(unadjusted.metrics.maxDrawdown)
  expect(metrics.cagr).toBeGreaterThan(unadjusted.metrics.cagr)
})
