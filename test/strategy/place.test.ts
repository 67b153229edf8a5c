import { describe, expect, test } from 'vitest'
import { AlphaloopError, usageError } from '../../src/base/errors.js'
import { createQuickJsSandbox } from '../../src/sandbox/quickjs.js'
import { inStrategyText, type StrategyText } from '../../src/strategy/place.js'

const sandbox = createQuickJsSandbox()
const code = (source: string, language: StrategyText['language'] = 'ts') =>
  ({ source, fileName: 's', language }) as const

async function placeOf(text: StrategyText, details: Record<string, unknown>, errorCode = 'UNKNOWN_FIELD') {
  try {
    await inStrategyText(text, sandbox.read, () => {
      throw usageError(errorCode, 'what', 'how', details)
    })
  } catch (error) {
    if (error instanceof AlphaloopError) return error
  }
  throw new Error('nothing was thrown')
}
const at = async (...given: Parameters<typeof placeOf>) => {
  const { line, column } = (await placeOf(...given)).details
  return line === undefined ? undefined : `${line}:${column}`
}
const window = (operator: string, ...windows: number[]) => ({ operator, windows })

test('what goes well is handed back', async () => {
  expect(await inStrategyText(code('1'), sandbox.read, () => 7)).toBe(7)
  expect(await inStrategyText(code('1'), sandbox.read, async () => 8)).toBe(8)
})

test('an error keeps its code, hint and details, and gets the place in front', async () => {
  const error = await placeOf(code("field('x')"), { field: 'x', available: ['close'] })
  expect(error).toMatchObject({ code: 'UNKNOWN_FIELD', message: 's:1:1: what', hint: 'how', kind: 'usage' })
  expect(error.details).toMatchObject({ available: ['close'], line: 1, column: 1, sourceLine: "field('x')" })
})

test('other errors, and those that have a place, stay as they are', async () => {
  expect((await placeOf(code("field('x')"), { field: 'x' }, 'NO_OPEN_PRICES')).message).toBe('what')
  expect((await placeOf(code("field('x')"), { field: 'x', line: 9 })).details.line).toBe(9)
  const bug = new RangeError('ours')
  await expect(
    inStrategyText(code('1'), sandbox.read, () => {
      throw bug
    }),
  ).rejects.toThrow(bug)
})

describe('a name', () => {
  test('is where it is read, not where it stands otherwise', async () => {
    expect(await at(code("const name = 'x'\nconst a = group('y')\nfield('x')"), { field: 'x' })).toBe('3:1')
    expect(await at(code("const name = 'x'\nconst a = group('y')\nfield('x')"), { group: 'y' })).toBe('2:11')
    expect(await at(code("a.b(); benchmark('x')", 'js'), { field: 'x' })).toBe('1:8')
  })

  test('is where a group is read, not the field that bears the same name, in code and JSON', async () => {
    const both = "const close = field('close')\nconst x = close.pctChange(2)\nx.groupRank(group('close'))"
    expect(await at(code(both), { group: 'close' }, 'UNKNOWN_GROUP')).toBe('3:13')
    expect(await at(code(both), { field: 'close' })).toBe('1:15')
    const cap = "const x = field('close')\nstrategy({ score: x,\n groupCap: { group: 'close', max: 1 } })"
    expect(await at(code(cap), { group: 'close' }, 'UNKNOWN_GROUP')).toBe('3:21')
    expect(await at(code("group('x')"), { field: 'x' })).toBeUndefined()
    const node = (op: string) => `{"op":"${op}","params":{"name":"close"}}`
    const json = code(`[${node('field')},\n${node('group')},\n{"groupCap":{"group":"close"}}]`, 'json')
    expect(await at(json, { group: 'close' }, 'UNKNOWN_GROUP')).toBe('2:32')
    expect(await at(json, { field: 'close' })).toBe('1:33')
    const capped = code(`[${node('field')},\n{"groupCap":{"group":"close"}}]`, 'json')
    expect(await at(capped, { group: 'close' }, 'UNKNOWN_GROUP')).toBe('2:22')
    expect(await at(code('[{"params":{"name":"x"},"op":"field"}]', 'json'), { field: 'x' })).toBe('1:20')
  })

  test('is where the operator is that reads it, or where it stands at all, or nowhere', async () => {
    expect(
      await at(code('close.add(atr(14))', 'expression'), { field: 'high', readBy: ['adx', 'atr'] }),
    ).toBe('1:11')
    expect(await at(code("f('x')"), { field: 'x', readBy: ['atr'] })).toBe('1:3')
    expect(await at(code('f(x)[0]()'), { field: 'x' })).toBeUndefined()
    expect((await placeOf(code('f(x)'), { field: 'x' })).message).toBe('s: what')
  })
})

describe('a window', () => {
  test('is the call with these numbers', async () => {
    const source = 'x.sma(20)\n  .sma(500)\nvariance(x, 30)'
    expect(await at(code(source), window('sma', 500), 'WINDOW_TOO_LONG')).toBe('2:4')
    expect(await at(code(source), window('var', 30), 'WINDOW_TOO_LONG')).toBe('3:1')
  })

  test('behind a name is the only call of the operator, or none of several', async () => {
    expect(await at(code('const n = 500\nx.sma(n)'), window('sma', 500), 'WINDOW_TOO_LONG')).toBe('2:3')
    expect(await at(code('x.sma(n).sma(m)'), window('sma', 500), 'WINDOW_TOO_LONG')).toBeUndefined()
    expect(await at(code('crossAbove(a, b)'), { operator: 'crossAbove' }, 'WINDOW_TOO_LONG')).toBe('1:1')
  })
})

describe('in the JSON form', () => {
  const json = code(
    JSON.stringify(
      {
        name: 'x.y',
        nodes: [
          { id: 'a', op: 'field', params: { name: 'x.y' } },
          { id: 'b', op: 'sma', inputs: ['a'], params: { n: 20 } },
          { id: 'c', op: 'sma', inputs: ['b'], params: { n: 500 } },
        ],
      },
      null,
      1,
    ),
    'json',
  )
  const lineOf = (text: string) => json.source.split('\n').findIndex((line) => line.includes(text)) + 1

  test('a name is where a node has it', async () => {
    expect(await at(json, { field: 'x.y' })).toBe(`${lineOf('"id": "a"') + 3}:13`)
    expect(await at(json, { field: 'x+y' })).toBeUndefined()
  })

  test('a window is where its operator is', async () => {
    expect(await at(json, window('sma', 500), 'WINDOW_TOO_LONG')).toBe(`${lineOf('"id": "c"') + 1}:10`)
    expect(await at(json, { operator: 'sma' }, 'WINDOW_TOO_LONG')).toBe(`${lineOf('"id": "b"') + 1}:10`)
  })
})
