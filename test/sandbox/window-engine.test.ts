import { beforeAll, describe, expect, test } from 'vitest'
import { readWindowFunction } from '../../src/graph/window-function/read.js'
import { FUNCTION_GLOBALS } from '../../src/graph/window-function/words.js'
import {
  startWindowEngine,
  WindowFunctionFailed,
  type WindowProgram,
} from '../../src/sandbox/window-engine.js'
import { REFUSED, STATEFUL } from './window-attacks.js'

let open: Awaited<ReturnType<typeof startWindowEngine>>

beforeAll(async () => {
  open = await startWindowEngine()
})

/** What a function gives for windows of 3, twice over in one program, or that it gives nothing. */
function results(text: string, windows: readonly (readonly number[])[], timeMs = 5000): number[] | string {
  let program: WindowProgram | undefined
  try {
    program = open({ text, n: 3, inputs: 1, room: windows.length })
    const values = Float64Array.from(windows.flat())
    const first = [...program.run(values, windows.length, timeMs)]
    expect([...program.run(values, windows.length, timeMs)]).toEqual(first)
    return first
  } catch (error) {
    if (!(error instanceof WindowFunctionFailed)) throw error
    return 'nothing'
  } finally {
    program?.close()
  }
}

describe('a function that tries to be more than one of its window', () => {
  test.each(REFUSED)('$tries: the reader refuses it', ({ text, says }) => {
    const read = readWindowFunction(text)
    expect(read).toMatchObject({ state: 'refused', message: expect.stringMatching(says) })
  })

  test.each(STATEFUL)('$tries: even unread, equal windows give equal numbers, or nothing', ({ text }) => {
    const window = [1.5, 2.5, 3.5]
    const other = [4, 5, 6]
    const many = results(text, [window, other, window, window, other, window])
    const once = results(text, [window])
    const alone = results(text, [other])
    if (typeof many === 'string') {
      expect([once, alone]).toContain('nothing')
      return
    }
    expect(once).toHaveLength(1)
    expect(many).toEqual([...once, ...alone, ...once, ...once, ...alone, ...once])
  })

  test('what it writes into its window is gone before the next call', () => {
    const text = '(x) => { const first = x[0]; x.fill(-1); x.sort(); return first }'
    expect(
      results(text, [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9],
      ]),
    ).toEqual([1, 4, 7])
    const program = open({ text, n: 3, inputs: 1, room: 2 })
    expect([...program.run(Float64Array.of(1, 2, 3, 4, 5, 6), 2, 5000)]).toEqual([1, 4])
    expect([...program.run(Float64Array.of(7, 8, 9), 1, 5000)]).toEqual([7])
    program.close()
  })

  test('of all names of the language the realm has few', () => {
    const gone =
      'Object Function Reflect Symbol Proxy WeakMap WeakSet WeakRef Error TypeError RegExp Date JSON Promise BigInt'
    const more =
      'ArrayBuffer SharedArrayBuffer Atomics DataView Uint8Array globalThis eval parseInt escape String Iterator'
    const known = `${gone} ${more}`.split(' ').map((name) => `(typeof ${name} === 'undefined' ? 0 : 1)`)
    expect(results(`(x) => ${known.join(' + ')}`, [[1, 2, 3]])).toEqual([0])
    const kept = FUNCTION_GLOBALS.filter((name) => name !== 'undefined').map(
      (name) => `(typeof ${name} === 'undefined' ? 0 : 1)`,
    )
    expect(results(`(x) => ${kept.join(' + ')}`, [[1, 2, 3]])).toEqual([kept.length])
  })

  test('the realm keeps what functions need', () => {
    const text = `(x) => {
      const sorted = [...x].sort((a, b) => a - b)
      const seen = new Map([['a', 1]])
      const { length: n, ...rest } = { length: x.length, more: Number.isFinite(x[0]) }
      const squares = x.map((v) => v ** 2).filter(Boolean)
      let total = new Set([1, 1, 2]).size + seen.get('a') + squares.length + Array.from(x, (v) => v).length
      for (const [i, v] of x.entries()) total += i * v
      return total + sorted.at(-1) + Math.hypot(3, 4) + (rest.more ? n : NaN) + Float64Array.of(1).at(0)
    }`
    expect(results(text, [[3, 1, 2]])).toEqual([2 + 1 + 3 + 3 + (1 + 4) + 3 + 5 + 3 + 1])
  })
})

describe('what a function returns', () => {
  test('numbers as they are; true and false as 1 and 0; null and undefined as missing', () => {
    expect(results('(x) => x[0]', [[-0, 1, 2]])).toEqual([-0])
    expect(
      results('(x) => x[0] > 1', [
        [1, 1, 1],
        [2, 1, 1],
      ]),
    ).toEqual([0, 1])
    expect(
      results('(x) => { if (x[0] > 1) return null }', [
        [1, 1, 1],
        [2, 1, 1],
      ]),
    ).toEqual([NaN, NaN])
  })

  test.each([
    ["'1'", 'a text'],
    ['{}', 'an object'],
    ['[1]', 'an object'],
    ['x', 'an object'],
    ['() => 1', 'a function'],
  ])('%s is refused as %s', (value, noun) => {
    const program = open({ text: `(x) => (${value})`, n: 1, inputs: 1, room: 1 })
    expect(() => program.run(Float64Array.of(1), 1, 5000)).toThrow(
      expect.objectContaining({
        failure: expect.objectContaining({ message: `it must return a number, not ${noun}` }),
      }),
    )
    program.close()
  })
})

describe('limits', () => {
  const failure = (text: string, timeMs = 5000) => {
    const program = open({ text, n: 2, inputs: 1, room: 1 })
    try {
      program.run(Float64Array.of(123.456, 2), 1, timeMs)
      return undefined
    } catch (error) {
      return (error as WindowFunctionFailed).failure
    }
  }

  test('a loop without an end, a recursion without one, and memory without one are stopped', async () => {
    expect(failure('(x) => { for (;;) { } }', 50)).toEqual({ state: 'stopped', limit: 'time' })
    expect(failure('(x) => { const f = (k) => f(k + 1) + 1; return f(0) }')).toEqual({
      state: 'stopped',
      limit: 'stack',
    })
    expect(failure('(x) => { const a = []; for (;;) a.push(new Array(1000).fill(1)) }')).toEqual({
      state: 'stopped',
      limit: 'memory',
    })
    open = await startWindowEngine()
  })

  test('an error has its place in the function, and nothing of what it saw of the data', () => {
    const text = '(x) => {\n  const none = undefined\n  return none[x[0]].first\n}'
    const found = failure(text)
    expect(found).toMatchObject({ state: 'threw', position: { line: 3 } })
    expect(JSON.stringify(found)).not.toMatch(/123|456/)
    expect(failure('(x) => x.nothing()')).toMatchObject({ message: 'not a function' })
  })
})

test('several inputs come as several windows, in their order', () => {
  for (const inputs of [2, 3, 8]) {
    const names = Array.from({ length: inputs }, (_, i) => `w${i}`)
    const text = `(${names.join(', ')}) => ${names.map((name, i) => `${name}[1] * ${10 ** i}`).join(' + ')}`
    const program = open({ text, n: 2, inputs, room: 2 })
    const windows = Float64Array.from({ length: 4 * inputs }, (_, i) =>
      i % 2 === 0 ? 99 : 1 + Math.floor(i / (2 * inputs)),
    )
    const ones = (10 ** inputs - 1) / 9
    expect([...program.run(windows, 2, 5000)]).toEqual([ones, 2 * ones])
    program.close()
  }
})
