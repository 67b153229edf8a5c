import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { createQuickJsSandbox } from '../../src/sandbox/quickjs.js'
import type { SandboxProgram } from '../../src/sandbox/sandbox.js'
import { createThreadSandbox } from '../../src/sandbox/thread-sandbox.js'

const program = (source: string, more: Partial<SandboxProgram> = {}): SandboxProgram => ({
  source,
  fileName: 'program.js',
  prelude: `globalThis.finish = (exports) => JSON.stringify(exports.default === undefined ? null : exports.default)`,
  modules: { known: 'export const answer = 42' },
  finish: 'finish',
  ...more,
})

describe.each([
  ['in the thread of its caller', createQuickJsSandbox],
  ['in a thread of its own', createThreadSandbox],
])('%s', (_, create) => {
  const sandbox = create({ limits: { timeMs: 500 } })
  afterAll(() => sandbox.close())
  const run = (source: string, more?: Partial<SandboxProgram>) => sandbox.run(program(source, more))

  const messageOf = async (source: string) => {
    const result = await run(source)
    return result.state === 'threw' ? result.message : result.state
  }

  describe('what comes out', () => {
    test('the finishing function turns the exports into the one text that leaves', async () => {
      expect(await run('export default { a: [1, 2] }')).toEqual({ state: 'returned', output: '{"a":[1,2]}' })
    })

    test('a program can wait for promises', async () => {
      expect(await run('export default await Promise.resolve(7)')).toEqual({ state: 'returned', output: '7' })
    })

    test('a promise that is never settled is an error, not a hang', async () => {
      expect(await messageOf('await new Promise(() => {})')).toMatch(/waits for something that never happens/)
    })

    test('a rejected promise is what was thrown', async () => {
      expect(await run('\n await Promise.reject(new RangeError("no"))')).toMatchObject({
        state: 'threw',
        name: 'RangeError',
        message: 'no',
        position: { line: 2 },
      })
    })

    test('known modules can be imported, others cannot', async () => {
      expect(await run("import { answer } from 'known'\nexport default answer")).toMatchObject({
        output: '42',
      })
      expect(await messageOf("import fs from 'fs'\nfs")).toBe(
        "cannot import 'fs': there is only known in here",
      )
      expect(await messageOf("await import('./known')")).toMatch(/cannot import/)
      expect(await messageOf("await import('toString')")).toMatch(/cannot import/)
    })

    test('programs leave nothing behind for the next', async () => {
      await run('globalThis.left = 1; Array.prototype.left = 1; Object.prototype.left = 1')
      expect(await run('export default [typeof left, typeof [].left, typeof ({}).left]')).toMatchObject({
        output: '["undefined","undefined","undefined"]',
      })
    })

    test('the finishing function is out of reach of the program', async () => {
      expect(await run('globalThis.finish = () => "forged"; export default 1')).toMatchObject({ output: '1' })
      expect(await run('export default typeof finish')).toMatchObject({ output: '"undefined"' })
    })

    test('what is thrown may be anything', async () => {
      expect(await run('throw "text"')).toMatchObject({
        state: 'threw',
        message: "the text 'text' was thrown",
      })
      expect(await run('throw undefined')).toMatchObject({ state: 'threw', message: 'undefined was thrown' })
      expect(await run('throw 5')).toMatchObject({ state: 'threw', message: 'a number was thrown' })
      expect(await run('throw { get stack() { throw 1 } }')).toMatchObject({ state: 'threw' })
      expect(await run('throw { get message() { for (;;) {} } }')).toMatchObject({ state: 'threw' })
      expect(await run('throw new Proxy({}, { get() { throw 1 } })')).toMatchObject({ state: 'threw' })
    })

    test('places are those of the program, also where a prelude function throws', async () => {
      const prelude = `globalThis.finish = () => ''; globalThis.refuse = () => { throw new Error('refused') }`
      expect(await run('const a = 1\n\n  refuse()', { prelude })).toMatchObject({
        position: { line: 3, column: 9 },
      })
    })
  })

  describe('limits', () => {
    test('a loop without an end is stopped by time, caught or not', async () => {
      for (const source of [
        'for (;;) {}',
        'for (;;) { try { for (;;) {} } catch {} }',
        'export default { toJSON() { for (;;) {} } }',
        '/(a+)+$/.test("a".repeat(40) + "b")',
      ])
        expect(await run(source)).toMatchObject({ state: 'stopped', limit: 'time' })
    })

    test('promises that breed promises are stopped', async () => {
      const result = await run('const f = async () => { for (;;) await null }; await f()')
      expect(result).toMatchObject({ state: 'stopped', limit: 'time' })
    })

    test('a program that eats memory is stopped by memory, whatever it eats', async () => {
      for (const source of [
        'const x = []; for (;;) x.push(new Array(1000).fill(1))',
        'const x = []; for (;;) x.push(new Uint8Array(1e6))',
        'const x = []; for (;;) x.push("y".repeat(1e5) + x.length)',
        'const x = []; for (;;) x.push("y".repeat(1e6) + x.length)',
        'const x = []; for (;;) x.push({})',
        '(() => { const m = new Map(); for (let i = 0; ; i++) m.set(i, [i, i, i, i]) })()',
      ]) {
        // Time enough for a machine that is busy with other tests.
        const patient = create({ limits: { timeMs: 20_000 } })
        expect(await patient.run(program(source)), source).toMatchObject({
          state: 'stopped',
          limit: 'memory',
        })
      }
    })

    test('after a program ran out of memory or stack the next one has all of it', async () => {
      const patient = create({ limits: { timeMs: 20_000 } })
      await patient.run(program('const x = []; for (;;) x.push(new Uint8Array(1e5))'))
      await patient.run(program('const f = () => f() + 1; f()'))
      expect(await patient.run(program('export default new Uint8Array(8e6).length'))).toMatchObject({
        output: '8000000',
      })
    })

    test('recursion without an end is stopped by the stack', async () => {
      // Time enough for a machine that is busy with other tests.
      const patient = create({ limits: { timeMs: 20_000 } })
      for (const source of [
        'const f = (n) => f(n + 1) + 1; f(0)',
        'let x = []; for (let i = 0; i < 1e5; i++) x = [x]; JSON.stringify(x)',
        'const o = { get a() { return this.a } }; o.a',
      ])
        expect(await patient.run(program(source)), source).toMatchObject({ state: 'stopped', limit: 'stack' })
      await patient.close()
    })

    test('a result that is too long is not taken over', async () => {
      expect(await run('export default "x".repeat(2e6)')).toEqual({
        state: 'stopped',
        limit: 'output',
        position: undefined,
      })
    })

    test('a place that the engine does not know is left out', async () => {
      expect(await run('const a = 1\nwhile (true) {}')).toMatchObject({ limit: 'time', position: undefined })
    })
  })

  describe('what is not there', () => {
    test.each([
      ['Date.now()', /no clock/],
      ['new Date()', /no clock/],
      ['Date()', /no clock/],
      ['setTimeout(() => 1)', /no clock/],
      ['performance.now()', /no clock/],
      ['Math.random()', /no randomness/],
      ['crypto.randomUUID()', /no randomness/],
      ['eval("1")', /code cannot be made from text/],
      ['(0, eval)("1")', /code cannot be made from text/],
      ['new Function("return 1")', /code cannot be made from text/],
      ['(() => {}).constructor("return 1")', /code cannot be made from text/],
      ['(function* () {}).constructor("return 1")', /code cannot be made from text/],
      ['(async () => {}).constructor("return 1")', /code cannot be made from text/],
      ['(async function* () {}).constructor("return 1")', /code cannot be made from text/],
      ['Reflect.construct(Object.getPrototypeOf(async () => {}).constructor, ["1"])', /code cannot be made/],
      ['class A extends (() => {}).constructor {}\nnew A("return 1")', /code cannot be made/],
      ['process.exit(1)', /no process/],
      ['require("fs")', /no require/],
      ['fetch("http://localhost")', /no fetch/],
      ['console.log(1)', /no console/],
      ['new WeakRef({})', /not defined/],
      ['new FinalizationRegistry(() => 1)', /not defined/],
      ['new SharedArrayBuffer(1)', /not defined/],
    ])('%s', async (source, message) => {
      expect(await messageOf(source)).toMatch(message)
    })

    test('what was taken away cannot be put back', async () => {
      expect(await messageOf('Math.random = () => 0.5; Math.random()')).toMatch(/read-only|no randomness/)
      expect(await messageOf('delete Function.prototype')).not.toBe('returned')
      expect(await messageOf('Object.defineProperty(Math, "random", { value: () => 1 })')).not.toBe(
        'returned',
      )
    })

    test('nothing of the host is in the global object', async () => {
      const result = await run('export default Object.getOwnPropertyNames(globalThis)')
      const names: string[] = JSON.parse((result as { output: string }).output)
      // What the lockdown refuses by name, and what this engine has before Node does.
      const refused = ['process', 'require', 'fetch', 'Deno', 'Bun', 'navigator', 'window', 'document']
      const timers = [
        'performance',
        'setTimeout',
        'setInterval',
        'queueMicrotask',
        'requestAnimationFrame',
        'console',
      ]
      const engine = ['InternalError', 'Float16Array', 'Iterator', 'crypto', ...refused, ...timers]
      const language = new Set([...Object.getOwnPropertyNames(globalThis), ...engine])
      expect(names.filter((name) => !language.has(name))).toEqual([])
      for (const name of [...refused, ...timers]) expect(await messageOf(`${name}.x`)).toMatch(/there is no/)
    })
  })
})

test('a thousand programs keep memory flat', async () => {
  const own = createQuickJsSandbox()
  const source = 'const x = []; for (let i = 0; i < 1e4; i++) x.push({ i }); export default x.length'
  for (let i = 0; i < 100; i++) await own.run(program(source))
  global.gc?.()
  const before = process.memoryUsage()
  for (let i = 0; i < 1000; i++) expect((await own.run(program(source))).state).toBe('returned')
  global.gc?.()
  const after = process.memoryUsage()
  // Each program holds about 1 MB: leaks would show as hundreds.
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(4e6)
  expect(after.external - before.external).toBeLessThan(8e6)
}, 60_000)

describe('a thread of its own', () => {
  // Native loops of the engine that never ask whether the time is over.
  const deaf = [
    ['a search through a claimed length', 'Array.prototype.indexOf.call({ length: 1e15 }, 1)'],
    ['a search from the end', 'Array.prototype.lastIndexOf.call({ length: 1e15 }, 1)'],
    ['a question whether it is in there', 'Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1)'],
  ] as const

  test.each(deaf)('%s ends with its thread, and the next program runs', async (_, source) => {
    const sandbox = createThreadSandbox({ limits: { timeMs: 200 } })
    onTestFinished(() => sandbox.close())
    expect(await sandbox.run(program(source))).toMatchObject({ state: 'stopped' })
    expect(await sandbox.run(program('export default 1'))).toMatchObject({ output: '1' })
  })

  test('the host goes on while a program runs', async () => {
    const sandbox = createThreadSandbox({ limits: { timeMs: 400 } })
    onTestFinished(() => sandbox.close())
    let turns = 0
    const clock = setInterval(() => turns++, 5)
    await sandbox.run(program('for (;;) {}'))
    clearInterval(clock)
    expect(turns).toBeGreaterThan(10)
  })

  test('programs that are given at once run one after the other, each with its own result', async () => {
    const sandbox = createThreadSandbox({ limits: { timeMs: 300 } })
    onTestFinished(() => sandbox.close())
    const results = await Promise.all(
      ['export default 1', 'for (;;) {}', 'export default 3'].map((source) => sandbox.run(program(source))),
    )
    expect(results).toMatchObject([{ output: '1' }, { limit: 'time' }, { output: '3' }])
  })

  test('closing ends what runs and what waits', async () => {
    const sandbox = createThreadSandbox({ limits: { timeMs: 20_000 } })
    const running = sandbox.run(program('for (;;) {}'))
    const waiting = sandbox.run(program('export default 1'))
    const ended = [running, waiting].map((one) => expect(one).rejects.toThrow('closed'))
    await sandbox.close()
    await Promise.all(ended)
    await expect(sandbox.run(program('export default 1'))).rejects.toThrow('closed')
  })
})
