import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { STRATEGY_TEMPLATE } from '../../src/cli/commands/init-templates.js'
import { readPanel } from '../../src/index.js'
import type { EvaluationSetup } from '../../src/workers/evaluation.js'
import { cli, jsonOf } from '../support/cli-io.js'

// Threads run the built code only; here, where the sources run, strategies are evaluated in this process instead.
vi.mock('../../src/workers/threads.js', async () => {
  const { createInlineRunner } = await import('../../src/workers/inline.js')
  return {
    createThreadRunner: (setup: EvaluationSetup) => createInlineRunner(setup, () => performance.now()),
  }
})

const MARKET = 'builtin:symbols=30,bars=300'
const cwd = mkdtempSync(join(tmpdir(), 'alphaloop-benchmark-'))
afterAll(() => rmSync(cwd, { recursive: true, force: true }))
writeFileSync(
  join(cwd, 'best.ts'),
  `import { strategy, field } from 'alphaloop'
export default strategy({ name: 'Best', score: field('close').pctChange(20), select: { top: 8 } })
`,
)
const panel = await readPanel(MARKET)
const index = panel.dates.map((date, t) => `${date},${1000 + 3 * t}`)
writeFileSync(join(cwd, 'index.csv'), `date,value\n${index.join('\n')}\n`)
writeFileSync(
  join(cwd, 'prices.csv'),
  `date,open,close\n${index.map((row) => `${row},${row.split(',')[1]}`).join('\n')}\n`,
)
writeFileSync(join(cwd, 'two.csv'), `date,symbol,close\n2010-01-04,A,1\n2010-01-04,B,1\n`)
writeFileSync(join(cwd, 'three.csv'), `date,level,other\n2010-01-04,1,1\n`)

const run = (...flags: string[]) =>
  cli(['backtest', 'best.ts', '--data', MARKET, ...flags], { cwd, columns: 120 })
const json = async (...flags: string[]) => jsonOf(await run(...flags, '--json'))

describe('backtest --benchmark', () => {
  test('is the equal weight where none is named', async () => {
    const { benchmark } = await json()
    expect(benchmark).toEqual({
      kind: 'equalWeight',
      name: expect.stringContaining('equal weight'),
      totalReturn: expect.any(Number),
    })
    expect((await run()).stdout).toContain('benchmark: equal weight of all symbols')
  })

  test('is a symbol of the data, held without costs', async () => {
    const symbol = panel.symbols[3]!
    const { benchmark, metrics } = await json('--benchmark', symbol)
    expect(benchmark).toMatchObject({ kind: 'symbol', name: symbol })
    expect(metrics.beta).not.toBe((await json()).metrics.beta)
    expect((await run('--benchmark', symbol)).stdout).toContain(`benchmark: ${symbol}, total return `)
  })

  test.each(['index.csv', './index.csv', 'prices.csv'])('is the level in %s', async (file) => {
    const { benchmark } = await json('--benchmark', file)
    expect(benchmark).toMatchObject({ kind: 'series', name: file.replace('./', '') })
    expect(benchmark.totalReturn).toBeCloseTo((3 * 299) / 1000, 12)
    if (file === 'index.csv')
      expect((await run('--benchmark', file)).stdout).toContain('benchmark: index.csv, total return 89.70%')
  })

  test.each<[string, number, string, string]>([
    ['S9', 2, 'UNKNOWN_SYMBOL', 'S9'],
    ['no.csv', 3, 'DATA_NOT_FOUND', 'no.csv'],
    ['two.csv', 3, 'BENCHMARK_SEVERAL', 'has 2 symbols, and a benchmark is one series'],
    ['three.csv', 3, 'BENCHMARK_SEVERAL', 'has 2 symbols'],
  ])('%s is refused with the reason', async (given, exitCode, code, message) => {
    const outcome = await run('--benchmark', given, '--json')
    expect(outcome.code).toBe(exitCode)
    expect(jsonOf(outcome).error).toMatchObject({ code, message: expect.stringContaining(message) })
  })
})

test('the report of a run says which benchmark its figures stand beside', async () => {
  const lines = ['data: builtin:symbols=30,bars=1800', 'start: [calm.ts]']
  writeFileSync(join(cwd, 'calm.ts'), STRATEGY_TEMPLATE)
  writeFileSync(join(cwd, 'equal.yaml'), lines.join('\n'))
  writeFileSync(join(cwd, 'symbol.yaml'), [...lines, 'benchmark: S0003'].join('\n'))
  const report = async (name: string) => {
    const flags = ['--iterations', '1', '--no-llm', '--run-dir', name]
    return (await cli(['run', `${name}.yaml`, ...flags], { cwd, columns: 200 })).stdout
  }
  expect(await report('equal')).toContain(
    'The benchmark holds the equal weight of all symbols, without costs',
  )
  expect(await report('symbol')).toContain('The benchmark holds S0003, without costs')
})

describe('contribution', () => {
  test('is told by symbol and group, the ends of the list in the result and all of it in a file', async () => {
    const { contribution, metrics } = await json('--contribution', 'parts.csv')
    const rows = readFileSync(join(cwd, 'parts.csv'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','))
    expect(rows[0]!.join(',')).toBe('kind,name,pnl,share,trades,open,bars,cost')
    const symbols = rows.filter(([kind]) => kind === 'symbol')
    expect(symbols.length).toBeGreaterThan(20)
    expect(contribution.most.length + contribution.least.length + contribution.others).toBe(symbols.length)
    expect(contribution.most.length).toBe(20)
    expect(contribution.most[0].name).toBe(symbols[0]![1])
    expect(contribution.least[0].name).toBe(symbols.at(-1)![1])
    const total = symbols.reduce((sum, row) => sum + Number(row[2]), 0)
    expect(total - contribution.borrow - contribution.financing).toBeCloseTo(metrics.totalReturn, 9)
    for (const [group, parts] of Object.entries(contribution.groups))
      expect(
        (parts as { pnl: number }[]).reduce((sum, { pnl }) => sum + pnl, 0),
        group,
      ).toBeCloseTo(total, 9)
    expect(Object.keys(contribution.groups).length).toBeGreaterThan(0)
  })
})
