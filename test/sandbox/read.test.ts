import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { createQuickJsSandbox } from '../../src/sandbox/quickjs.js'
import type { SourceReading, SourceText } from '../../src/sandbox/sandbox.js'
import { createThreadSandbox } from '../../src/sandbox/thread-sandbox.js'

const nested = (open: string, times: number, close: string) => `${open.repeat(times)}1${close.repeat(times)}`
/** The stripper of types tries two readings at each level: forty take it for ever. */
const FOR_EVER = nested('(a=', 40, ')=>1')

describe.each([
  ['in the thread of its caller', createQuickJsSandbox],
  ['in a thread of its own', createThreadSandbox],
])('%s', (_, create) => {
  const sandbox = create()
  afterAll(() => sandbox.close())
  const read = (source: string, language: SourceText['language'] = 'ts', withCalls = false) =>
    sandbox.read({ source, language, withCalls })
  const readWell = async (...given: Parameters<typeof read>) => {
    const reading = await read(...given)
    if (reading.state !== 'read') throw new Error(JSON.stringify(reading))
    return reading
  }

  test('types are gone, lines stay where they are', async () => {
    const { code } = await readWell('const a: number = 1\ntype B = string\nexport default a as B')
    expect(code.split('\n').map((line) => line.trim())).toEqual(['const a = 1', '', 'export default a'])
  })

  test('what a module imports is told with its places, and so is what it exports', async () => {
    const source = `import { field, rank as r } from 'alphaloop'
import all from 'fs'
import * as os from 'os'
export * from 'net'
export { x as 'a text', y as default } from 'tls'
export const first = 1, second = 2`
    const { imports, hasDefaultExport, exportedNames, endsWithExpression } = await readWell(source, 'js')
    expect(imports).toEqual([
      {
        module: 'alphaloop',
        position: { line: 1, column: 34 },
        names: [
          { name: 'field', position: { line: 1, column: 10 } },
          { name: 'rank', position: { line: 1, column: 17 } },
        ],
      },
      {
        module: 'fs',
        position: { line: 2, column: 17 },
        names: [{ name: undefined, position: { line: 2, column: 8 } }],
      },
      { module: 'os', position: { line: 3, column: 21 }, names: [] },
      { module: 'net', position: { line: 4, column: 15 }, names: [] },
      { module: 'tls', position: { line: 5, column: 45 }, names: [] },
    ])
    expect([hasDefaultExport, exportedNames, endsWithExpression]).toEqual([
      true,
      ['a text', 'first', 'second'],
      false,
    ])
    expect(await readWell("'use strict'")).toMatchObject({ endsWithExpression: false })
    expect(await readWell('f()')).toMatchObject({ endsWithExpression: true, hasDefaultExport: false })
  })

  test('calls and texts are told where they are wanted, in their order', async () => {
    const source = "field('close').sma(20, n)\ngroup(`x`)"
    expect(await readWell(source)).toMatchObject({ calls: [], texts: [] })
    const { calls, texts } = await readWell(source, 'js', true)
    expect(calls).toEqual([
      { name: 'sma', values: [20, undefined], position: { line: 1, column: 16 } },
      { name: 'field', values: ['close'], position: { line: 1, column: 1 } },
      { name: 'group', values: [undefined], position: { line: 2, column: 1 } },
    ])
    expect(texts).toEqual([{ value: 'close', position: { line: 1, column: 7 }, within: 'field' }])
  })

  test('an expression is one, and nothing stands behind it', async () => {
    expect(await readWell('rank(close) // so', 'expression')).toMatchObject({ state: 'read', imports: [] })
    expect(await read('rank(close)\n close', 'expression')).toMatchObject({
      state: 'refused',
      position: { line: 2, column: 2 },
    })
  })

  test.each([
    ['ts', 'const a: = 1', { line: 1, column: 10 }],
    ['js', 'const a = = 1', { line: 1, column: 11 }],
    ['js', 'const a: number = 1', { line: 1, column: 8 }],
    ['js', 'let a\nlet a', { line: 2, column: 5 }],
  ] as const)('what is wrong with %s like %j has its place', async (language, source, position) => {
    const reading = await read(source, language)
    expect(reading).toMatchObject({ state: 'refused', position })
    expect((reading as Extract<SourceReading, { state: 'refused' }>).message).not.toMatch(/\d+:\d+/)
  })

  test('sixteen thousand words and signs are read, and not one more', async () => {
    const signs = (count: number) => `/*${'! '.repeat(count - 4)}*/`
    expect((await read(signs(16_000), 'js')).state).toBe('read')
    expect(await read(signs(16_001), 'js')).toEqual({ state: 'tooLong', limit: 16_000 })
    // A long word is one, in any script.
    expect((await read(`const a = '${'é'.repeat(200_000)}'`)).state).toBe('read')
  })
})

describe('a thread of its own', () => {
  test('what takes its parser for ever is stopped, the host goes on, and the next text is read', async () => {
    const sandbox = createThreadSandbox({ limits: { readMs: 200 } })
    onTestFinished(() => sandbox.close())
    let turns = 0
    const clock = setInterval(() => turns++, 5)
    expect(await sandbox.read({ source: FOR_EVER, language: 'ts' })).toMatchObject({
      state: 'stopped',
      limit: 'time',
    })
    clearInterval(clock)
    expect(turns).toBeGreaterThan(10)
    expect((await sandbox.read({ source: '1', language: 'ts' })).state).toBe('read')
  })

  // Near the end of its stack V8 ends the process where a regular expression is compiled.
  test.each([
    ['brackets', nested('(', 7990, ')')],
    ['templates', nested('`${', 3190, '}`')],
    ['members', `a${'[a'.repeat(7990)}${']'.repeat(10)}`],
    ['functions', `x=${'function(){return '.repeat(2600)}`],
    ['types', `type T = ${'A<'.repeat(7990)}`],
    ['signs', `${'!'.repeat(15_990)}1`],
    ['sums', `${'1+'.repeat(7990)}1`],
    ['regular expressions', `/${nested('(', 7990, ')')}/`],
  ])('%s as deep as is read do not reach the end of the stack', async (_, source) => {
    const sandbox = createThreadSandbox({ limits: { readMs: 20_000 } })
    onTestFinished(() => sandbox.close())
    for (const language of ['ts', 'js'] as const)
      expect(['read', 'refused']).toContain((await sandbox.read({ source, language })).state)
  })
})
