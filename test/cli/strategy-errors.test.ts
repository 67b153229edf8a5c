import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cli, jsonOf, scratch } from '../support/cli-io.js'

const IMPORT = "import { strategy, field } from 'alphaloop'\n"
const strategy = (score: string) =>
  `${IMPORT}export default strategy({ name: 'x', score: ${score}, select: { top: 2 } })\n`

describe('a strategy that cannot be used', () => {
  test.each([
    ['syntax.ts', `${IMPORT}export default strategy({\n  name: 'x' 5,\n})\n`, /syntax\.ts:3:13: /],
    ['syntax.json', '{"version":1,\n"name":', /syntax\.json:2:8: /],
    [
      'operator.ts',
      strategy("field('close').pctChnge(20)"),
      /operator\.ts:2:\d+: .*did you mean pctChange\?/,
    ],
    ['field.ts', strategy("field('clos').sma(20)"), /the data has no field "clos"; did you mean close\?/],
    ['lag.ts', strategy("field('close').lag(-1)"), /lag\.ts:2:\d+: lag: n must be .* not -1/],
    ['window.ts', strategy("field('close').sma(100000)"), /window\.ts:2:\d+: sma: n must be .* not 100000/],
    ['none.ts', `${IMPORT}const s = 1\n`, /none\.ts: nothing is exported/],
    ['made.ts', strategy("field('close')").replace('export default', 'const s ='), /it is not exported/],
    ['number.ts', 'export default 42\n', /it is the number 42/],
    ['import.ts', "import { strateg } from 'alphaloop'\nexport default strateg\n", /did you mean strategy\?/],
    [
      'setting.ts',
      `${IMPORT}export default strategy({ scor: 1 })`,
      /no setting "scor"; did you mean score\?/,
    ],
    ['files.ts', "import fs from 'node:fs'\nexport default fs\n", /'node:fs' cannot be imported/],
    ['empty.ts', '', /nothing is exported/],
    ['strategy.py', 'x = 1', /a strategy file ends in \.ts, \.js or \.json/],
  ])('%s', async (name, text, message) => {
    const cwd = scratch()
    writeFileSync(join(cwd, name), text)
    const argv = ['backtest', name, '--data', 'builtin:symbols=5,bars=300']
    const plain = await cli(argv, { cwd })
    expect(plain.code).toBe(2)
    expect(plain.stdout).toBe('')
    expect(plain.stderr).toMatch(message)
    expect(plain.stderr).not.toMatch(/^ +at /m)
    const json = await cli([...argv, '--json'], { cwd })
    expect(json.code).toBe(2)
    expect(jsonOf(json).error.message).toMatch(message)
    expect(jsonOf(json).error.code).toMatch(/^[A-Z_]+$/)
    const verbose = await cli([...argv, '--verbose'], { cwd })
    expect(verbose.stderr).toMatch(/^ +at /m)
  })

  test('a line and a column stand in the JSON form too', async () => {
    const cwd = scratch()
    writeFileSync(join(cwd, 's.ts'), `${IMPORT}export default strategy({\n  name: 'x' 5,\n})\n`)
    const { error } = jsonOf(await cli(['backtest', 's.ts', '--json'], { cwd }))
    expect(error).toMatchObject({ line: 3, column: 13 })
  })

  test('a loop without an end is stopped', async () => {
    const cwd = scratch()
    writeFileSync(join(cwd, 'endless.ts'), `${strategy("field('close')")}while (true) {}\n`)
    const { code, stderr } = await cli(['backtest', 'endless.ts'], { cwd })
    expect(code).toBe(2)
    expect(stderr).toContain('is there a loop without an end?')
  })

  test('a file that is not there', async () => {
    const { code, stderr } = await cli(['backtest', 'nope.ts'], { cwd: scratch() })
    expect(code).toBe(2)
    expect(stderr).toContain('there is no strategy file')
  })

  test('a strategy that fills at the open, on data without one, is told how to go on', async () => {
    const cwd = scratch()
    writeFileSync(join(cwd, 's.ts'), strategy("field('close').pctChange(1)"))
    const rows = Array.from({ length: 40 }, (_, i) => {
      const day = new Date(Date.UTC(2020, 0, 1 + i)).toISOString().slice(0, 10)
      return `${day},A,${10 + (i % 5)}\n${day},B,${20 - (i % 3)}`
    })
    writeFileSync(join(cwd, 'closes.csv'), `date,symbol,close\n${rows.join('\n')}\n`)
    const argv = ['backtest', 's.ts', '--data', 'closes.csv', '--json']
    const refused = await cli(argv, { cwd })
    expect(refused.code).toBe(2)
    expect(jsonOf(refused).error).toMatchObject({ hint: expect.stringContaining('--fill nextClose') })
    expect((await cli([...argv, '--fill', 'nextClose'], { cwd })).code).toBe(0)
  })
})
