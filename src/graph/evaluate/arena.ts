/**
 * Memory for columns of any length. A fresh array of panel size costs many times the computation that fills it, so
 * arrays are handed back and handed out again. Contents are whatever the last user left.
 */
export interface Arena {
  numbers(length: number): Float64Array
  truths(length: number): Uint8Array
  /** Takes back an array that came from here; it must not be used afterwards. */
  free(values: Float64Array | Uint8Array): void
  /** Whether an array of so many bytes can be had without a fresh one. */
  has(bytes: number): boolean
  /** Gives idle memory up, the longest idle first, until at most `bytes` of it are left. */
  trim(bytes: number): void
  /** Bytes handed out, with what is unused behind arrays that are shorter than their memory. */
  readonly lent: number
  /** Bytes waiting for the next user. */
  readonly idle: number
}

/** An array may stand in memory that is longer by this factor. */
const SLACK = 1.25

const ALIGNMENT = 16

/** An arena without memory; it has no bounds of its own. */
export function createArena(): Arena {
  // The longest idle stand first.
  const idle: ArrayBuffer[] = []
  let lent = 0
  let waiting = 0

  /** The idle memory that fits best, or −1. */
  const find = (bytes: number): number => {
    let best = -1
    for (let i = 0; i < idle.length; i++) {
      const size = idle[i]!.byteLength
      if (size < bytes || size > Math.max(ALIGNMENT, bytes * SLACK)) continue
      if (best < 0 || size <= idle[best]!.byteLength) best = i
    }
    return best
  }

  const take = (bytes: number): ArrayBuffer => {
    const at = find(bytes)
    const [known] = at < 0 ? [] : idle.splice(at, 1)
    const memory = known ?? new ArrayBuffer(Math.ceil(bytes / ALIGNMENT) * ALIGNMENT)
    if (known !== undefined) waiting -= memory.byteLength
    lent += memory.byteLength
    return memory
  }

  return {
    numbers: (length) => new Float64Array(take(length * 8), 0, length),
    truths: (length) => new Uint8Array(take(length), 0, length),
    free(values) {
      const memory = values.buffer as ArrayBuffer
      idle.push(memory)
      lent -= memory.byteLength
      waiting += memory.byteLength
    },
    has: (bytes) => find(bytes) >= 0,
    trim(bytes) {
      while (waiting > bytes) waiting -= idle.shift()!.byteLength
    },
    get lent() {
      return lent
    },
    get idle() {
      return waiting
    },
  }
}
