import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { cli, jsonOf, scratch } from '../support/cli-io.js'

let cwd: string
beforeEach(() => {
  cwd = scratch()
  const rows = ['2024-01-02', '2024-01-03'].flatMap((day) => [`${day},A,1,1`, `${day},B,2,2`])
  writeFileSync(join(cwd, 'p.csv'), `date,symbol,open,close\n${rows.join('\n')}\n`)
  writeFileSync(join(cwd, 'g.csv'), 'symbol,sector\nA,x\nB,y\n')
})
const errorOf = async (expression: string) =>
  jsonOf(await cli(['factor', expression, '--data', 'p.csv', '--data', 'g.csv', '--json'], { cwd })).error

describe('hints lead to an expression that works', () => {
  test.each([
    ["close.groupDemean('sector')", /^a group is written group\('sector'\)$/],
    ['close.groupDemean(5)', /^name a group of the data: group\('sector'\); groupDemean\(/],
    ["close.groupDemean(field('sector'))", /^write group\('sector'\)$/],
    ["rank('close')", /^a field is written field\('close'\)$/],
    ['rank(close', /^close every bracket and quote/],
    ['close.rank().neg', /^write \(\) behind it/],
  ])('%s', async (expression, hint) => {
    expect((await errorOf(expression)).hint).toMatch(hint)
  })

  test('a name from outside of a custom function is told where it stands, and what to do', async () => {
    expect(await errorOf("custom('x', 2, [close], (w) => w[0] * N)")).toMatchObject({
      message: 'expression:1:39: custom: N is not known inside the function',
      hint: expect.stringContaining('write the value of N into the function'),
    })
  })

  test('an error without a hint has none, in text and JSON', async () => {
    expect(await errorOf('({})')).not.toHaveProperty('hint', '')
    const { stderr } = await cli(['factor', '({})', '--data', 'p.csv'], { cwd })
    expect(stderr).not.toMatch(/^hint: *$/m)
  })
})

describe('dates and numbers of the command line', () => {
  const start = async (date: string) =>
    jsonOf(await cli(['factor', 'close', '--data', 'p.csv', '--start', date, '--json'], { cwd })).error.hint

  test.each([
    ['20220101', 'write it as 2022-01-01'],
    ['2022/1/1', 'write it as 2022-01-01'],
    ['2022.12.31', 'write it as 2022-12-31'],
    ['2022-1-5', 'write it as 2022-01-05'],
    ['2022/13/1', 'write it as 2015-01-31'],
    ['yesterday', 'write it as 2015-01-31'],
  ])('--start %s', async (date, hint) => {
    expect(await start(date)).toBe(hint)
  })

  test('a number below 0 is told to be one', async () => {
    const { code, stderr } = await cli(['data', 'check', 'p.csv', '--stale-after', '-1'], { cwd })
    expect(code).toBe(2)
    expect(stderr).toContain("--stale-after: '-1' is below 0")
  })

  test('one is singular', async () => {
    writeFileSync(join(cwd, 'one.csv'), 'date,close\n2024-01-02,1\n2024-01-03,2\n')
    expect((await cli(['data', 'describe', 'one.csv'], { cwd })).stdout).toContain('1 symbol, 2 bars')
    expect((await cli(['factor', 'close', '--data', 'one.csv'], { cwd })).stdout).toContain(
      '2 bars, 1 symbol,',
    )
  })
})

test('operators are cut to a terminal, and whole in a pipe', async () => {
  const list = async (terminal: boolean) =>
    (await cli(['operators'], { cwd, columns: 60, terminal })).stdout.split('\n')
  expect((await list(true)).some((line) => line.endsWith('…'))).toBe(true)
  expect((await list(false)).some((line) => line.endsWith('…'))).toBe(false)
})
