// What runs in the thread of window functions: one request after the other, over shared memory.
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../base/errors.js'
import {
  startWindowEngine,
  type WindowFailure,
  WindowFunctionFailed,
  type WindowProgram,
} from './window-engine.js'
import { type WindowAnswer, type WindowMemory, type WindowRequest, windowMemory } from './window-memory.js'

const { control, windows, results, text } = windowMemory(workerData as WindowMemory)
let engine: ReturnType<typeof startWindowEngine> | undefined
let program: WindowProgram | undefined
/** Values of one call. */
let width = 0

async function serve(request: WindowRequest): Promise<WindowAnswer | undefined> {
  if (request.type === 'open') {
    try {
      program?.close()
    } catch {
      // What a function has left behind cannot be cleaned up: the next gets a new engine.
      engine = undefined
    }
    program = undefined
    engine ??= startWindowEngine()
    program = (await engine)(request.task)
    width = request.task.n * request.task.inputs
  } else {
    const { from, count, timeMs } = request
    results.set(program!.run(windows.subarray(from * width), count, timeMs), from)
  }
  return undefined
}

function answerTo(error: unknown): WindowAnswer {
  if (error instanceof WindowFunctionFailed)
    return { type: 'failed', failure: error.failure satisfies WindowFailure }
  return { type: 'broken', message: messageOf(error) }
}

parentPort!.on('message', async (request: WindowRequest) => {
  let answer: WindowAnswer | undefined
  try {
    answer = await serve(request)
  } catch (error) {
    // After a failure nothing of the engine is used again.
    engine = undefined
    program = undefined
    answer = answerTo(error)
  }
  const bytes = answer === undefined ? new Uint8Array(0) : new TextEncoder().encode(JSON.stringify(answer))
  text.set(bytes.subarray(0, text.length))
  Atomics.store(control, 1, bytes.length)
  Atomics.add(control, 0, 1)
  Atomics.notify(control, 0)
})
