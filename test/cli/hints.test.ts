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

  test('custom says that it is not there, not that it is misspelled', async () => {
    expect(await errorOf("custom('x', 3, [close], (w) => w[0])")).toMatchObject({
      message: expect.stringContaining('custom is not in this version'),
      hint: expect.stringContaining('build it from operators'),
    })
  })

  test('an error without a hint has none, in text and JSON', async () => {
    expect(await errorOf('({})')).not.toHaveProperty('hint', '')
    const { stderr } = await cli(['factor', '({})', '--data', 'p.csv'], { cwd })
    expect(stderr).not.toMatch(/^hint: *$/m)
  })
})
