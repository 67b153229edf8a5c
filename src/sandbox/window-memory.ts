import type { WindowFailure, WindowTask } from './window-engine.js'

/** Values of windows that cross over at once. */
export const MOST_VALUES = 128 * 1024
/** Calls at once, at the most. */
export const MOST_CALLS = 4096
const TEXT_BYTES = 16 * 1024

/** The memory that a caller shares with the thread of its window functions. */
export type WindowMemory = SharedArrayBuffer

export const newWindowMemory = (): WindowMemory =>
  new SharedArrayBuffer(16 + (MOST_VALUES + MOST_CALLS) * 8 + TEXT_BYTES)

/** Its parts. */
export function windowMemory(memory: WindowMemory) {
  const resultsAt = 16 + MOST_VALUES * 8
  const textAt = resultsAt + MOST_CALLS * 8
  return {
    /** How many requests were answered, and the length of the last answer's text. */
    control: new Int32Array(memory, 0, 2),
    windows: new Float64Array(memory, 16, MOST_VALUES),
    results: new Float64Array(memory, resultsAt, MOST_CALLS),
    /** A `WindowAnswer` as JSON; empty where all went well. */
    text: new Uint8Array(memory, textAt, TEXT_BYTES),
  }
}

export type WindowRequest =
  | { readonly type: 'open'; readonly task: WindowTask }
  /** Calls on the windows in memory from one on, as far as `count` reaches. */
  | { readonly type: 'run'; readonly from: number; readonly count: number; readonly timeMs: number }

/** What went wrong. */
export type WindowAnswer =
  | { readonly type: 'failed'; readonly failure: WindowFailure }
  | { readonly type: 'broken'; readonly message: string }
