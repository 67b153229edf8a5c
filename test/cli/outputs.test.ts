import { existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { checkOutputs } from '../../src/cli/check-outputs.js'
import { cli, jsonOf, scratch } from '../support/cli-io.js'

const STRATEGY = `import { strategy, field } from 'alphaloop'
export default strategy({ name: 'Rising', score: field('close').pctChange(3), select: { top: 1 } })
`
const PRICES = `date,symbol,open,close\n${Array.from({ length: 10 }, (_, t) => {
  const date = `2024-01-${String(t + 10)}`
  return `${date},A,${10 + t},${10 + t}\n${date},B,20,20`
}).join('\n')}\n`
const HOLDINGS = 'symbol,shares\nA,10\ncash,100\n'

let cwd: string
beforeEach(() => {
  cwd = scratch()
  writeFileSync(join(cwd, 'm.ts'), STRATEGY)
  writeFileSync(join(cwd, 'p.csv'), PRICES)
  writeFileSync(join(cwd, 'h.csv'), HOLDINGS)
  writeFileSync(join(cwd, 'g.csv'), 'symbol,sector\nA,x\nB,y\n')
  writeFileSync(join(cwd, 'i.csv'), 'date,close\n2024-01-10,5\n')
  mkdirSync(join(cwd, 'prices'))
  writeFileSync(join(cwd, 'prices/A.csv'), 'date,close\n2024-01-10,5\n2024-01-11,6\n')
})

const untouched = () => {
  expect(readFileSync(join(cwd, 'm.ts'), 'utf8')).toBe(STRATEGY)
  expect(readFileSync(join(cwd, 'p.csv'), 'utf8')).toBe(PRICES)
  expect(readFileSync(join(cwd, 'h.csv'), 'utf8')).toBe(HOLDINGS)
  expect(readFileSync(join(cwd, 'g.csv'), 'utf8')).toBe('symbol,sector\nA,x\nB,y\n')
}

const BACKTEST = ['backtest', 'm.ts', '--data', 'p.csv']

describe('an output never takes the place of an input', () => {
  test.each([
    [[...BACKTEST, '--equity', 'm.ts'], '--equity', 'the strategy'],
    [[...BACKTEST, '--trades', './p.csv'], '--trades', '--data'],
    [[...BACKTEST, '--data', 'g.csv', '--contribution', 'g.csv'], '--contribution', '--data'],
    [[...BACKTEST, '--benchmark', 'i.csv', '--equity', 'i.csv'], '--equity', '--benchmark'],
    [['factor', 'close', '--data', 'p.csv', '--out', 'p.csv'], '--out', '--data'],
    [
      ['positions', 'm.ts', '--data', 'p.csv', '--holdings', 'h.csv', '--out', 'h.csv'],
      '--out',
      '--holdings',
    ],
    [['positions', 'm.ts', '--data', 'p.csv', '--out', 'm.ts'], '--out', 'the strategy'],
    [['data', 'convert', '--data', 'p.csv', '--data', 'g.csv', '--out', 'g.csv'], '--out', '--data'],
    [['data', 'convert', 'prices', '--out', 'prices/A.csv'], '--out', '--data'],
  ])('%j is refused, with both names', async (argv, output, input) => {
    const { code, stdout, stderr } = await cli(argv, { cwd })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`error: ${output} `)
    expect(stderr).toContain(input)
    expect(stderr).toContain('hint: ')
    untouched()
  })

  test('by a link, a hard link, and a link to a file that is not there yet', async () => {
    symlinkSync(join(cwd, 'm.ts'), join(cwd, 'link.csv'))
    linkSync(join(cwd, 'p.csv'), join(cwd, 'hard.csv'))
    symlinkSync('new.csv', join(cwd, 'ahead.csv'))
    for (const [flags, error] of [
      [['--equity', 'link.csv'], 'OUTPUT_IS_INPUT'],
      [['--equity', 'hard.csv'], 'OUTPUT_IS_INPUT'],
      [['--equity', 'ahead.csv', '--trades', 'new.csv'], 'OUTPUT_TWICE'],
    ] as const) {
      const outcome = await cli([...BACKTEST, ...flags, '--json'], { cwd })
      expect([outcome.code, jsonOf(outcome).error.code]).toEqual([2, error])
    }
    untouched()
    expect(existsSync(join(cwd, 'new.csv'))).toBe(false)
  })

  test('the configuration is an input', async () => {
    writeFileSync(join(cwd, 'alphaloop.yaml'), 'data: p.csv\n')
    const outcome = await cli(['backtest', 'm.ts', '--equity', 'alphaloop.yaml', '--json'], { cwd })
    expect(jsonOf(outcome).error).toMatchObject({
      code: 'OUTPUT_IS_INPUT',
      output: '--equity',
      input: 'the configuration',
    })
  })

  test("a table in the data's folder would be read as data the next time; a report there would not", async () => {
    const table = await cli(['factor', 'close', '--data', 'prices', '--out', 'prices/out.csv', '--json'], {
      cwd,
    })
    expect([table.code, jsonOf(table).error.code]).toEqual([2, 'OUTPUT_IN_DATA_FOLDER'])
    expect(existsSync(join(cwd, 'prices/out.csv'))).toBe(false)
    expect(() =>
      checkOutputs(cwd, [{ name: '--report', path: 'prices/r.html' }], [{ name: '--data', path: 'prices' }]),
    ).not.toThrow()
  })

  test('the history of a run is not exported over', async () => {
    mkdirSync(join(cwd, 'run'))
    writeFileSync(join(cwd, 'run/history.jsonl'), '')
    for (const command of ['history', 'champion']) {
      const outcome = await cli(
        [command, 'export', '--run-dir', 'run', '--out', 'run/history.jsonl', '--json'],
        { cwd },
      )
      expect([outcome.code, jsonOf(outcome).error.code]).toEqual([2, 'OUTPUT_IS_INPUT'])
    }
  })
})

describe('two outputs never share a file', () => {
  test.each([
    ['--equity', '--trades', 'e.csv'],
    ['--equity', '--report', 's.html'],
    ['--trades', '--contribution', 'deep/e.csv'],
  ])('%s and %s', async (first, second, path) => {
    const { code, stderr } = await cli([...BACKTEST, first, path, second, `./${path}`], { cwd })
    expect(code).toBe(2)
    expect(stderr).toContain(`${first} and ${second} name the same file`)
    expect(existsSync(join(cwd, path))).toBe(false)
  })

  test('a device may be named twice', () => {
    const nowhere = [
      { name: '--equity', path: '/dev/null' },
      { name: '--trades', path: '/dev/null' },
    ]
    expect(() => checkOutputs(cwd, nowhere)).not.toThrow()
  })

  test('files of their own are written', async () => {
    const { code } = await cli([...BACKTEST, '--equity', 'e.csv', '--trades', 't.csv'], { cwd })
    expect([code, existsSync(join(cwd, 'e.csv')), existsSync(join(cwd, 't.csv'))]).toEqual([0, true, true])
  })
})
