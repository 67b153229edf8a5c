import { afterAll, describe, expect, test } from 'vitest'
import type { AlphaloopError } from '../../src/base/errors.js'
import { readWindowFunction } from '../../src/graph/window-function/read.js'
import { createWindowFunctions, endWindowThread } from '../../src/sandbox/window-functions.js'

afterAll(endWindowThread)

const inTwoSeconds = createWindowFunctions({ seconds: 2 })

/** Results of a function for each of the windows. */
function on(
  source: string,
  windows: readonly (readonly number[])[],
  engine = createWindowFunctions(),
  inputs = 1,
) {
  const read = readWindowFunction(source)
  if (read.state !== 'read') throw new Error(read.message)
  const n = (windows[0]?.length ?? inputs) / inputs
  const found: number[] = []
  let next = 0
  engine.apply(
    { name: 'mine', text: read.text, n, inputs },
    {
      most: windows.length,
      fill(to, room) {
        const some = windows.slice(next, next + room)
        some.forEach((window, k) => {
          to.set(window, k * n * inputs)
        })
        next += some.length
        return some.length
      },
      take(results) {
        found.push(...results)
      },
    },
  )
  return found
}

function errorOf(run: () => unknown): AlphaloopError {
  try {
    run()
  } catch (error) {
    return error as AlphaloopError
  }
  throw new Error('nothing was thrown')
}

test('windows beyond one crossing come back in their order', () => {
  const windows = Array.from({ length: 10_001 }, (_, i) => [i, 2 * i])
  expect(on('(x) => x[1] - x[0]', windows)).toEqual(windows.map(([first]) => first))
  expect(on('(x) => 1', [])).toEqual([])
})

test('whatever is not finite is missing', () => {
  expect(on('(x) => x[0] / (x[0] - 1)', [[1], [2]])).toEqual([NaN, 2])
  expect(on('(x) => Math.log(x[0])', [[-1], [1]])).toEqual([NaN, 0])
})

test('a program that the next one finds in the engine makes no difference to it', () => {
  expect(on('(x) => x.fill(7)[0]', [[1, 2]])).toEqual([7])
  expect(on('(x, y) => x[0] + y[0]', [[1, 2, 3, 4]], createWindowFunctions(), 2)).toEqual([4])
})

describe('a function that does not end well', () => {
  test('a loop without an end is stopped in its time, and says how far it was', () => {
    const loop = on.bind(undefined, '(x) => { while (x[0] === 9999) { } return 1 }')
    const windows = Array.from({ length: 10_000 }, (_, i) => [i])
    expect(errorOf(() => loop(windows, createWindowFunctions({ seconds: 0.3 })))).toMatchObject({
      kind: 'usage',
      code: 'CUSTOM_TIMEOUT',
      message: 'custom "mine" did not end within 0.3 s: it was through with 8192 of at most 10000 windows',
      hint: expect.stringContaining('limits.customSeconds'),
      details: { function: 'mine', windowsDone: 8192, windowsAtMost: 10_000 },
    })
    expect(on('(x) => x[0]', [[5]])).toEqual([5])
  })

  test('a native loop that never asks for the time ends with its thread, and the next function has another', () => {
    const native = '(x) => { const o = { length: 1e15, find: [].indexOf }; return o.find(1) }'
    expect(errorOf(() => on(native, [[1]], createWindowFunctions({ seconds: 0.2 }))).code).toBe(
      'CUSTOM_TIMEOUT',
    )
    expect(on('(x) => x[0]', [[5]])).toEqual([5])
  })

  test('memory without an end is refused; rubbish that adds up over many calls is not', () => {
    expect(
      errorOf(() =>
        on('(x) => { const a = []; for (;;) a.push(new Array(1000).fill(1)) }', [[1]], inTwoSeconds),
      ),
    ).toMatchObject({
      code: 'CUSTOM_MEMORY',
      message: 'custom "mine" used up its memory',
    })
    const rubbish = '(x) => { const a = { x }; a.a = a; a.b = new Array(2000).fill(x[0]); return a.b[1999] }'
    const windows = Array.from({ length: 6000 }, (_, i) => [i])
    expect(on(rubbish, windows)).toEqual(windows.flat())
    const heavy = '(x) => { const a = { x }; a.a = a; a.b = new Array(600000).fill(x[0]); return a.b[7] }'
    expect(on(heavy, [[1], [2], [3], [4], [5], [6], [7], [8], [9]])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('a recursion without an end is refused', () => {
    expect(errorOf(() => on('(x) => { const f = (k) => f(k + 1) + 1; return f(0) }', [[1]]))).toMatchObject({
      code: 'CUSTOM_STACK',
      message: 'custom "mine" calls itself too deeply',
    })
  })

  test('a mistake has its line, and no number of the data', () => {
    const error = errorOf(() =>
      on('(x) => {\n  const none = undefined\n  return none[x[0]].first\n}', [[123.456]]),
    )
    expect(error).toMatchObject({
      kind: 'usage',
      code: 'CUSTOM_ERROR',
      message: 'custom "mine" failed in line 3: cannot read property of undefined',
      hint: 'the line is: return none[x[0]].first',
      details: { functionLine: 3 },
    })
    expect(JSON.stringify({ ...error, message: error.message })).not.toContain('123')
    expect(errorOf(() => on("(x) => 'much'", [[1]])).message).toBe(
      'custom "mine" failed: it must return a number, not a text',
    )
  })
})
