/**
 * Working memory for kernels. A fresh array of panel size costs many times the computation that fills it, so buffers
 * are lent, handed back and lent again. Contents are whatever the last user left. A borrower that throws merely loses
 * its buffer to the garbage collector.
 */
const idle: Float64Array[] = []

/** Buffers kept for reuse: more than the hungriest kernel holds at once. */
const KEEP = 12

/** An array of `length` values, contents arbitrary. */
export function borrow(length: number): Float64Array {
  let best = -1
  for (let i = 0; i < idle.length; i++) {
    const size = idle[i]!.length
    if (size >= length && (best < 0 || size < idle[best]!.length)) best = i
  }
  const whole = best < 0 ? new Float64Array(length) : idle.splice(best, 1)[0]!
  return whole.length === length ? whole : whole.subarray(0, length)
}

/** Hands borrowed arrays back; they must not be used afterwards. */
export function giveBack(...arrays: Float64Array[]): void {
  for (const array of arrays) {
    idle.push(new Float64Array(array.buffer))
    if (idle.length > KEEP) {
      let smallest = 0
      for (let i = 1; i < idle.length; i++) if (idle[i]!.length < idle[smallest]!.length) smallest = i
      idle.splice(smallest, 1)
    }
  }
}

/** Drops every idle buffer (after work on a large panel). */
export function releaseScratch(): void {
  idle.length = 0
}

/** Bytes of idle buffers. */
export function idleScratchBytes(): number {
  return idle.reduce((sum, array) => sum + array.byteLength, 0)
}
