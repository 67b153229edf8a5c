/**
 * The sandbox on QuickJS, a JavaScript engine compiled to WebAssembly: an engine of its own has nothing of the host to
 * reach for. For each program:
 * 1. A fresh runtime with limits on memory, stack and time, and a fresh realm without the clock.
 * 2. The lockdown (lockdown.ts), then the caller's prelude; its finishing function is taken out of reach.
 * 3. The program, as an ES module; pending promises are driven to their end.
 * 4. The finishing function turns the module's exports into one string, which is all that leaves.
 */
import {
  newQuickJSWASMModule,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSWASMModule,
  RELEASE_SYNC,
} from 'quickjs-emscripten'
import { LOCKDOWN } from './lockdown.js'
import { readSource } from './read-source.js'
import {
  DEFAULT_SANDBOX_LIMITS,
  ENGINE_DOWN,
  type Position,
  type Sandbox,
  type SandboxLimits,
  type SandboxProgram,
  type SandboxResult,
} from './sandbox.js'

// No `Date`: a clock that was never there cannot be found again.
const INTRINSICS = {
  BaseObjects: true,
  Eval: true,
  StringNormalize: true,
  RegExp: true,
  RegExpCompiler: true,
  JSON: true,
  Proxy: true,
  MapSet: true,
  TypedArrays: true,
  Promise: true,
  BigInt: true,
}

/** Longest error message and details that are taken over from inside. */
const LONGEST_TEXT = 20_000

/**
 * A sandbox whose limits hold for each program. Nothing ends the reading of a text before it is done: a sandbox for
 * texts that nobody trusts has a thread of its own. @see Sandbox
 */
export function createQuickJsSandbox(
  options: {
    limits?: Partial<SandboxLimits>
    /** Called when the time of a program, or of reading one, begins. */
    onStart?: () => void
  } = {},
): Sandbox {
  const limits = { ...DEFAULT_SANDBOX_LIMITS, ...options.limits }
  const { onStart = () => {} } = options
  let engine: Promise<QuickJSWASMModule> | undefined
  return {
    async read(text) {
      onStart()
      return readSource(text)
    },
    async run(program) {
      for (;;) {
        engine ??= newEngine(limits)
        const mine = engine
        const ready = await mine
        // Another program brought it down in the meantime.
        if (engine !== mine) continue
        let result: SandboxResult | undefined
        try {
          runProgram(ready, program, { limits, onStart }, (ended) => {
            result = ended
          })
        } catch (thrown) {
          // The engine went down, perhaps only when it was cleaned up; the next program gets a new one.
          engine = undefined
          result ??= brokenEngine(thrown)
          if (result === undefined) throw thrown
        }
        return result!
      }
    },
    async close() {
      engine = undefined
    },
  }
}

/** What an exception of the engine itself says about the program; undefined for a mistake of ours. */
export function brokenEngine(thrown: unknown): SandboxResult | undefined {
  if (!(thrown instanceof Error)) return undefined
  if (thrown instanceof RangeError) return { state: 'stopped', limit: 'stack', position: undefined }
  if (thrown.name !== 'RuntimeError') return undefined
  return ENGINE_DOWN
}

const PAGE_BYTES = 64 * 1024
/** What the engine's WebAssembly module asks for at the least. */
const FIRST_PAGES = 256

// An engine that goes down would print so itself; the caller gets it as a result.
const QUIET = { printErr: () => {} } as object

/** Node has it, but its types for it come with browsers only. */
const { Memory } = (
  globalThis as unknown as {
    WebAssembly: { Memory: new (pages: { initial: number; maximum: number }) => never }
  }
).WebAssembly

/**
 * An engine whose memory cannot grow beyond the limit. QuickJS's own limit does not do: built for WebAssembly it cannot
 * tell the size of a block, so it counts blocks and lets a program take a gigabyte in a second.
 */
export function newEngine(limits: Pick<SandboxLimits, 'memoryBytes'>): Promise<QuickJSWASMModule> {
  const maximum = Math.max(FIRST_PAGES, Math.floor(limits.memoryBytes / PAGE_BYTES))
  const wasmMemory = new Memory({ initial: FIRST_PAGES, maximum })
  return newQuickJSWASMModule(newVariant(RELEASE_SYNC, { wasmMemory, emscriptenModule: QUIET }))
}

interface Terms {
  readonly limits: SandboxLimits
  readonly onStart: () => void
}

function runProgram(
  engine: QuickJSWASMModule,
  program: SandboxProgram,
  terms: Terms,
  ended: (result: SandboxResult) => void,
): void {
  const runtime = engine.newRuntime()
  try {
    runtime.setMaxStackSize(terms.limits.stackBytes)
    runtime.setModuleLoader(
      (specifier) => {
        const source = Object.hasOwn(program.modules, specifier) ? program.modules[specifier] : undefined
        if (source !== undefined) return source
        const known = Object.keys(program.modules).join(', ')
        return {
          error: new Error(`cannot import '${specifier}': there is only ${known || 'no module'} in here`),
        }
      },
      // Specifiers are names, not paths.
      (_base, requested) => requested,
    )
    const context = runtime.newContext({ intrinsics: INTRINSICS })
    try {
      ended(runInContext(context, runtime, program, terms))
    } catch (thrown) {
      // Told here, because cleaning up after it will fail too, for another reason.
      const broken = brokenEngine(thrown)
      if (broken !== undefined) ended(broken)
      throw thrown
    } finally {
      context.dispose()
    }
  } finally {
    runtime.dispose()
  }
}

function runInContext(
  context: QuickJSContext,
  runtime: QuickJSRuntime,
  program: SandboxProgram,
  { limits, onStart }: Terms,
): SandboxResult {
  context.unwrapResult(context.evalCode(LOCKDOWN, 'sandbox:lockdown')).dispose()
  context.unwrapResult(context.evalCode(program.prelude, 'sandbox:prelude')).dispose()
  const finish = context.getProp(context.global, program.finish)
  context.unwrapResult(context.evalCode(`delete globalThis.${program.finish}`, 'sandbox:prelude')).dispose()

  // The time starts here: what the prelude takes is not the program's.
  onStart()
  const deadline = Date.now() + limits.timeMs
  let overTime = false
  runtime.setInterruptHandler(() => {
    overTime ||= Date.now() > deadline
    return overTime
  })
  const failed = (handle: QuickJSHandle) =>
    readFailure(context, handle, program.fileName, overTime || Date.now() > deadline)

  try {
    const evaluated = context.evalCode(program.source, program.fileName, { type: 'module' })
    if (evaluated.error) return failed(evaluated.error)
    const exports = settled(context, runtime, evaluated.value, failed, () => Date.now() > deadline)
    if ('state' in exports) return exports
    const result = context.callFunction(finish, context.undefined, exports.value)
    exports.value.dispose()
    if (result.error) return failed(result.error)
    const length = context.getProp(result.value, 'length')
    const tooLong = context.getNumber(length) > limits.outputLength
    length.dispose()
    if (tooLong) {
      result.value.dispose()
      return { state: 'stopped', limit: 'output', position: undefined }
    }
    const output = context.getString(result.value)
    result.value.dispose()
    return { state: 'returned', output }
  } finally {
    finish.dispose()
  }
}

/** The exports of a module, whose evaluation is a promise where it waits for something. */
function settled(
  context: QuickJSContext,
  runtime: QuickJSRuntime,
  evaluation: QuickJSHandle,
  failed: (handle: QuickJSHandle) => SandboxResult,
  isLate: () => boolean,
): { value: QuickJSHandle } | SandboxResult {
  while (runtime.hasPendingJob() && !isLate()) {
    const jobs = runtime.executePendingJobs(100)
    if (jobs.error) {
      evaluation.dispose()
      return failed(jobs.error as QuickJSHandle)
    }
    jobs.dispose()
  }
  if (isLate()) {
    evaluation.dispose()
    return { state: 'stopped', limit: 'time', position: undefined }
  }
  const state = context.getPromiseState(evaluation)
  if (state.type === 'fulfilled' && state.notAPromise) return { value: evaluation }
  evaluation.dispose()
  switch (state.type) {
    case 'fulfilled':
      return { value: state.value }
    case 'rejected':
      return failed(state.error)
    case 'pending':
      return {
        state: 'threw',
        name: 'Error',
        message: 'the program waits for something that never happens',
        details: undefined,
        position: undefined,
      }
  }
}

/** Reads what was thrown and disposes of it. Untrusted: getters and odd types must not hurt. */
export function readFailure(
  context: QuickJSContext,
  handle: QuickJSHandle,
  fileName: string,
  overTime: boolean,
): SandboxResult {
  const kind = context.typeof(handle)
  const text = (key: string): string => {
    if (kind !== 'object' && kind !== 'function') return ''
    if (context.eq(handle, context.null)) return ''
    const value = context.getProp(handle, key)
    const isText = context.typeof(value) === 'string'
    const found = isText ? context.getString(value).slice(0, LONGEST_TEXT) : ''
    value.dispose()
    return found
  }
  try {
    const stack = text('stack')
    const name = text('name')
    const message = text('message')
    const position = positionIn(stack, fileName)
    const stopped = (limit: 'time' | 'memory' | 'stack'): SandboxResult => {
      // Where the engine knows no better it names the first character: a wrong place is worse than none.
      const known = position !== undefined && (position.line > 1 || position.column > 1)
      return { state: 'stopped', limit, position: known ? position : undefined }
    }
    const internal = name === 'InternalError'
    const empty = kind === 'object' && context.eq(handle, context.null)
    // Where there is no memory left for an error, the engine throws null.
    if (empty || (internal && message === 'out of memory')) return stopped('memory')
    if (overTime) return stopped('time')
    if (internal && message === 'stack overflow') return stopped('stack')
    const thrown = (): string => {
      if (kind === 'string') return `the text '${context.getString(handle).slice(0, 200)}' was thrown`
      return kind === 'object' ? message : `${kind === 'undefined' ? kind : `a ${kind}`} was thrown`
    }
    return {
      state: 'threw',
      name: name || 'Error',
      message: thrown(),
      details: text('details') || undefined,
      position,
    }
  } catch {
    // A getter on the thrown object that throws itself.
    return {
      state: 'threw',
      name: 'Error',
      message: 'an error that cannot be read was thrown',
      details: undefined,
      position: undefined,
    }
  } finally {
    handle.dispose()
  }
}

/** The innermost place of a stack trace that lies in the program itself. */
function positionIn(stack: string, fileName: string): Position | undefined {
  for (const line of stack.split('\n')) {
    const ending = /:(\d{1,9}):(\d{1,9})\)?$/.exec(line.trimEnd().slice(-24))
    if (ending === null) continue
    if (line.trimEnd().slice(0, -ending[0].length).endsWith(fileName))
      return { line: Number(ending[1]), column: Number(ending[2]) }
  }
  return undefined
}
