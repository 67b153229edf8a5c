/**
 * Window functions on QuickJS. For each function and panel:
 * 1. A fresh runtime with limits on memory and stack, and a fresh realm in which nothing can be changed
 *    (window-realm.ts).
 * 2. The function's text becomes a function there.
 * 3. Windows go in as blocks of memory, many at a time; a loop inside calls the function for each, and the results come
 *    out as one block. Each window is an array of its own, whose values are written anew before the call.
 */
import type { QuickJSContext, QuickJSHandle, QuickJSRuntime, QuickJSWASMModule } from 'quickjs-emscripten'
import { brokenEngine, newEngine, readFailure } from './quickjs.js'
import { DEFAULT_SANDBOX_LIMITS, type Position, type SandboxResult } from './sandbox.js'
import { windowRealm } from './window-realm.js'

/** Why a window function gave no results. */
export type WindowFailure =
  | { readonly state: 'stopped'; readonly limit: 'time' | 'memory' | 'stack' }
  | {
      readonly state: 'threw'
      readonly message: string
      /** Where in its text. */
      readonly position: Position | undefined
    }

export class WindowFunctionFailed extends Error {
  readonly failure: WindowFailure

  constructor(failure: WindowFailure) {
    super(failure.state)
    this.failure = failure
  }
}

/** A function to be called on windows. */
export interface WindowTask {
  readonly text: string
  readonly n: number
  readonly inputs: number
  /** The most calls at once. */
  readonly room: number
}

export interface WindowProgram {
  /**
   * Calls the function `count` times.
   * @param windows for each call n values of every input
   * @returns one number a call, until the next
   * @throws WindowFunctionFailed
   */
  run(windows: Float64Array, count: number, timeMs: number): Float64Array
  close(): void
}

// What a function can reach is taken away in the realm; what it never needs does not come into it at all.
const INTRINSICS = {
  BaseObjects: true,
  Eval: true,
  TypedArrays: true,
  MapSet: true,
  Date: false,
  StringNormalize: false,
  RegExp: false,
  RegExpCompiler: false,
  JSON: false,
  Proxy: false,
  Promise: false,
  BigInt: false,
}

const FILE = 'function'
/** Lines before the function's own. */
const HEAD = "'use strict';(\n"

/** Starts programs one after the other. An engine that broke is replaced by the next. */
export async function startWindowEngine(
  limits: { readonly memoryBytes: number; readonly stackBytes: number } = DEFAULT_SANDBOX_LIMITS,
): Promise<(task: WindowTask) => WindowProgram> {
  const engine: QuickJSWASMModule = await newEngine(limits)
  return (task) => openProgram(engine, task, limits.stackBytes)
}

function openProgram(engine: QuickJSWASMModule, task: WindowTask, stackBytes: number): WindowProgram {
  const { text, n, inputs, room } = task
  const runtime: QuickJSRuntime = engine.newRuntime()
  runtime.setMaxStackSize(stackBytes)
  const context: QuickJSContext = runtime.newContext({ intrinsics: INTRINSICS })
  const made: { dispose(): void }[] = []
  const keep = <H extends { dispose(): void }>(handle: H): H => {
    made.push(handle)
    return handle
  }
  const number = (value: number) => keep(context.newNumber(value))
  let deadline = Number.POSITIVE_INFINITY
  runtime.setInterruptHandler(() => performance.now() > deadline)

  const checked = (result: ReturnType<QuickJSContext['callFunction']>): QuickJSHandle => {
    if (result.error === undefined) return result.value
    throw new WindowFunctionFailed(
      failureOf(readFailure(context, result.error, FILE, performance.now() > deadline), text),
    )
  }
  const guarded = <T>(work: () => T): T => {
    try {
      return work()
    } catch (thrown) {
      const broken = thrown instanceof WindowFunctionFailed ? undefined : brokenEngine(thrown)
      if (broken === undefined) throw thrown
      throw new WindowFunctionFailed(failureOf(broken, text))
    }
  }
  const driver = guarded(() => {
    // The realm is made while its parts still work; the function comes into it when they can no longer be changed.
    const makeDriver = keep(checked(context.evalCode(windowRealm(inputs), 'realm')))
    const fn = keep(checked(context.evalCode(`${HEAD}${text}\n)`, FILE)))
    return keep(checked(context.callFunction(makeDriver, context.undefined, fn, number(n), number(room))))
  })

  return {
    run(windows, count, timeMs) {
      return guarded(() => {
        deadline = performance.now() + timeMs
        const block = windows.slice(0, count * n * inputs)
        const buffer = context.newArrayBuffer(block.buffer)
        const calls = context.newNumber(count)
        try {
          const store = checked(context.callFunction(driver, context.undefined, buffer, calls))
          const bytes = context.getArrayBuffer(store)
          store.dispose()
          const results = new Float64Array(count)
          new Uint8Array(results.buffer).set(bytes.value.subarray(0, results.byteLength))
          bytes.dispose()
          return results
        } finally {
          buffer.dispose()
          calls.dispose()
        }
      })
    },
    close() {
      for (const handle of made.toReversed()) handle.dispose()
      context.dispose()
      runtime.dispose()
    },
  }
}

/** What the sandbox says, without what the function has seen of the data. */
function failureOf(result: SandboxResult, text: string): WindowFailure {
  if (result.state === 'stopped')
    return result.limit === 'output'
      ? { state: 'stopped', limit: 'memory' }
      : { state: 'stopped', limit: result.limit }
  if (result.state === 'returned') throw new Error('a result is no failure')
  const { message, position } = result
  return {
    state: 'threw',
    // Words between quotes may have been made of data, unless they stand in the text itself.
    message: message
      .slice(0, 300)
      .replace(/'([^']*)'/g, (whole, word: string) =>
        /^[A-Za-z_$][\w$]*$/.test(word) && text.includes(word) ? whole : '…',
      )
      .replace(/\d[\d.e+-]*/g, '…'),
    position:
      position === undefined ? undefined : { line: Math.max(1, position.line - 1), column: position.column },
  }
}
