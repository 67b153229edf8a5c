import { describe, expect, test } from 'vitest'
import { createQuickJsSandbox } from '../../src/sandbox/quickjs.js'
import { compileStrategy } from '../../src/strategy/compile.js'

const sandbox = createQuickJsSandbox()
const HEAD = "import { strategy, field } from 'alphaloop'\nconst close: any = field('close')\n"

/** Line, column and the text from there on of the error of a program. */
async function placeOf(program: string): Promise<{ at: string; text: string }> {
  const source = HEAD + program
  const error = await compileStrategy(source, sandbox, { fileName: 's.ts' }).then(
    () => undefined,
    (thrown) => thrown,
  )
  const { line, column } = error.details as { line: number; column: number }
  return { at: `${line}:${column}`, text: source.split('\n')[line - 1]!.slice(column - 1) }
}
const withSetting = (setting: string) =>
  `export default strategy({\n  name: 'x' as string,\n  score: close.pctChange(20),\n  select: { top: 5 },\n  ${setting},\n})\n`

describe('a mistake in a setting is placed where the setting is written', () => {
  test.each([
    ['a name that does not exist', 'selct: 5', '7:3', 'selct: 5,'],
    ['a name that does not exist among the exits', 'exits: { stopLos: 0.1 }', '7:12', 'stopLos: 0.1 },'],
    ['a value that is none of the words', "rebalance: 'montly' as 'weekly'", '7:14', "'montly' as 'weekly',"],
    ['a number out of range, the last of two', 'select: { top: -1 }', '7:18', '-1 },'],
    ['a value of another type', 'universe: close', '7:13', 'close,'],
    ['a part that is missing', 'exits: { atrStop: { n: 3 } }', '7:21', '{ n: 3 } },'],
    ['a setting that contradicts another', 'weights: close', '5:10', 'close.pctChange(20),'],
  ])('%s', async (_what, setting, at, text) => {
    expect(await placeOf(withSetting(setting))).toEqual({ at, text })
  })

  test('in an object that has a name', async () => {
    const program =
      "const settings = {\n  score: close,\n  select: { top: 5 },\n  rebalance: 'x',\n}\nexport default strategy(settings)\n"
    expect(await placeOf(program)).toEqual({ at: '6:14', text: "'x'," })
  })

  test('a strategy that is exported under its name, or stands alone', async () => {
    const settings = "{\n  score: close,\n  select: { top: 5 },\n  side: 'up',\n}"
    for (const program of [
      `const one = strategy(${settings})\nexport default one\n`,
      `strategy(${settings})\n`,
    ])
      expect(await placeOf(program)).toEqual({ at: '6:9', text: "'up'," })
  })
})

describe('where it is not clear which is meant the call is told', () => {
  test.each([
    [
      'two strategies',
      'const a = strategy({ score: close, select: { top: 5 } })\nexport default strategy({ selct: 5 })\n',
      '4:24',
    ],
    [
      'settings that are put together',
      'const more = { selct: 5 }\nexport default strategy({ ...more })\n',
      '4:24',
    ],
  ])('%s', async (_what, program, at) => {
    expect((await placeOf(program)).at).toBe(at)
  })
})
