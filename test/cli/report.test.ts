import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
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

const dataOf = (html: string) =>
  JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)![1]!)

describe('backtest --report', () => {
  test('one HTML file with the figures of --json, for the same range, market and fill', async () => {
    const cwd = folder()
    const flags = [
      '--start',
      '2014-06-02',
      '--end',
      '2015-03-31',
      '--market',
      'tw-stock',
      '--fill',
      'nextClose',
    ]
    const outcome = await cli(
      ['backtest', 'momentum.ts', '--data', MARKET, '--report', 'deep/sheet.html', '--json', ...flags],
      { cwd },
    )
    const result = jsonOf(outcome)
    expect(readdirSync(join(cwd, 'deep'))).toEqual(['sheet.html'])
    const sheet = dataOf(readFileSync(join(cwd, 'deep/sheet.html'), 'utf8'))
    expect(sheet.metrics).toEqual(result.metrics)
    expect(sheet.metricNotes).toEqual(result.metricNotes)
    expect(sheet.trades.closed).toBe(result.trades)
    expect(sheet.data).toMatchObject({ start: '2014-06-02', end: '2015-03-31', hash: result.data.hash })
    expect(sheet.market.costs).toEqual(result.market.costs)
    expect(sheet.strategy).toMatchObject({ hash: result.strategy.hash, fill: 'nextClose' })
  })

  test('Markdown, with its pictures in a folder beside it', async () => {
    const cwd = folder()
    const { code, stdout } = await cli(
      ['backtest', 'momentum.ts', '--data', MARKET, '--report', 'sheet.md'],
      { cwd },
    )
    expect(code).toBe(0)
    expect(stdout).toContain('Sharpe')
    const text = readFileSync(join(cwd, 'sheet.md'), 'utf8')
    expect(text.startsWith('# Momentum\n')).toBe(true)
    const named = [...text.matchAll(/\]\((sheet-files\/[\w-]+\.svg)\)/g)].map(([, path]) => path!)
    expect(named.length).toBeGreaterThan(8)
    expect(named.map((path) => path.slice('sheet-files/'.length)).sort()).toEqual(
      readdirSync(join(cwd, 'sheet-files')).sort(),
    )
    for (const path of named) expect(readFileSync(join(cwd, path), 'utf8')).toMatch(/^<svg /)
  })

  test('what a symbol is measured against stands in the report', async () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'alphaloop.yaml'), 'benchmark: S0003\n')
    await cli(['backtest', 'momentum.ts', '--data', MARKET, '--report', 'sheet.html'], { cwd })
    expect(readFileSync(join(cwd, 'sheet.html'), 'utf8')).toMatch(/Benchmark: [^<]*S0003/)
  })

  test.each(['sheet.pdf', 'sheet', 'sheet.html.gz'])(
    '%s is refused before any work is done',
    async (name) => {
      const cwd = folder()
      const outcome = await cli(['backtest', 'nowhere.ts', '--data', 'nowhere.csv', '--report', name], {
        cwd,
      })
      expect(outcome.code).toBe(2)
      expect(outcome.stderr).toContain(`--report ${name}: the name must end in .html or .md`)
      expect(outcome.stderr).toContain('hint: ')
      expect(existsSync(join(cwd, name))).toBe(false)
    },
  )

  test('a place that cannot be written is named', async () => {
    const cwd = folder()
    const outcome = await cli(
      ['backtest', 'momentum.ts', '--data', MARKET, '--report', 'momentum.ts/sheet.html', '--json'],
      { cwd },
    )
    expect(jsonOf(outcome).error.code).toBe('CANNOT_WRITE')
    expect(outcome.code).toBe(2)
  })
})

describe('factor --report', () => {
  test('one HTML file with the figures of --json', async () => {
    const cwd = scratch()
    const result = jsonOf(
      await cli(['factor', 'rank(close.pctChange(20))', '--data', MARKET, '--report', 'f.html', '--json'], {
        cwd,
      }),
    )
    const sheet = dataOf(readFileSync(join(cwd, 'f.html'), 'utf8'))
    expect(sheet.expression).toBe('rank(close.pctChange(20))')
    expect(sheet.report).toMatchObject({
      rankIc: result.rankIc,
      decay: result.decay,
      quantiles: result.quantiles,
    })
    expect(sheet.data.hash).toBe(result.data.hash)
  })

  test('Markdown', async () => {
    const cwd = scratch()
    await cli(['factor', 'close.pctChange(20)', '--data', MARKET, '--report', 'f.md'], { cwd })
    expect(readFileSync(join(cwd, 'f.md'), 'utf8')).toContain('](f-files/ic-decay.svg)')
    expect(existsSync(join(cwd, 'f-files/ic-decay.svg'))).toBe(true)
  })

  test('a name of another form is refused', async () => {
    const outcome = await cli(['factor', 'close', '--data', 'nowhere.csv', '--report', 'f.txt'], {
      cwd: scratch(),
    })
    expect(outcome.code).toBe(2)
    expect(outcome.stderr).toContain('--report f.txt: the name must end in .html or .md')
  })
})

describe('factor --start and --end', () => {
  test('cut the bars that are analysed; what lies before only warms indicators up', async () => {
    const cwd = scratch()
    const run = async (...flags: string[]) =>
      jsonOf(await cli(['factor', 'close.pctChange(100)', '--data', MARKET, '--json', ...flags], { cwd }))
    const part = await run('--start', '2014-08-04', '--end', '2015-02-02', '--out', 'f.csv')
    expect(part.data).toMatchObject({ start: '2014-08-04', end: '2015-02-02' })
    const dates = readFileSync(join(cwd, 'f.csv'), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((row) => row.slice(0, 10))
    // Warm from the first day on.
    expect(dates[0]).toBe('2014-08-04')
    expect(dates.at(-1)).toBe('2015-02-02')
    expect(new Set(dates).size).toBe(part.bars)
    expect(part.coverage).toBeGreaterThan((await run('--end', '2015-02-02')).coverage)
  })

  test.each([
    [['--start', '2015-02-30'], '--start 2015-02-30 is no day of the calendar'],
    [['--start', '2030-01-01'], 'the data has no bar from 2030-01-01 on'],
  ])('%j is refused', async (flags, message) => {
    const outcome = await cli(['factor', 'close', '--data', MARKET, ...flags], { cwd: scratch() })
    expect(outcome.code).toBe(2)
    expect(outcome.stderr).toContain(message)
  })

  test('a dash is explained', async () => {
    const cwd = scratch()
    const few = ['factor', 'close', '--data', 'builtin:symbols=4,bars=60']
    expect((await cli(few, { cwd })).stdout).toMatch(
      /\nrank IC, decay, fifths: no bar has 5 symbols with a value and a return after it; the most is \d\n/,
    )
    expect(jsonOf(await cli([...few, '--json'], { cwd })).notes.rankIc).toContain('no bar has 5 symbols')
  })
})
