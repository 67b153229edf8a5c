import type { Range } from './eviction.js'

/**
 * Memory for columns of any length, out of a few large slabs. A fresh array of panel size costs many times the
 * computation that fills it, and one that is let go is memory until the garbage collector happens to come by; so a
 * slab is kept, and arrays are cut out of it and handed back. Contents are whatever the last user left.
 */
export interface Arena {
  numbers(length: number): Float64Array
  truths(length: number): Uint8Array
  /** Takes back an array that came from here; it must not be used afterwards. */
  free(values: Float64Array | Uint8Array): void
  /** Where an array that came from here lies in its slab, padding included. */
  rangeOf(values: Float64Array | Uint8Array): Range
  /** Bytes by which the slabs would have to grow to hand out so many more: 0 where there is a hole for them. */
  growthFor(bytes: number): number
  /** Gives empty slabs up until at most `bytes` are held, as far as that goes. */
  trim(bytes: number): void
  /** Bytes handed out. */
  readonly lent: number
  /** Bytes of all slabs. */
  readonly held: number
}

/** Compiled kernels load two numbers at once. */
const ALIGNMENT = 16
const align = (bytes: number) => Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT)

/** What is smaller than this share of a slab is cut from its other end, so that large holes stay whole. */
const SMALL = 1 / 16

interface Slab {
  readonly memory: ArrayBuffer
  /** What is free, by offset; never two that touch. */
  readonly holes: { from: number; to: number }[]
}

/** An arena without memory, which grows by slabs of so many bytes, or of what one array needs. */
export function createArena(slabBytes: number): Arena {
  const slabs: Slab[] = []
  let lent = 0
  let held = 0

  const fits = (bytes: number) => slabs.some(({ holes }) => holes.some(({ from, to }) => to - from >= bytes))

  const take = (bytes: number): { memory: ArrayBuffer; offset: number } => {
    const size = align(bytes)
    lent += size
    for (const { memory, holes } of slabs) {
      const isSmall = size < memory.byteLength * SMALL
      const at = isSmall
        ? holes.findLastIndex(({ from, to }) => to - from >= size)
        : holes.findIndex(({ from, to }) => to - from >= size)
      const hole = holes[at]
      if (hole === undefined) continue
      const offset = isSmall ? hole.to - size : hole.from
      if (isSmall) hole.to -= size
      else hole.from += size
      if (hole.from === hole.to) holes.splice(at, 1)
      return { memory, offset }
    }
    const memory = new ArrayBuffer(Math.max(size, align(slabBytes)))
    held += memory.byteLength
    const rest = { from: size, to: memory.byteLength }
    slabs.push({ memory, holes: rest.from < rest.to ? [rest] : [] })
    return { memory, offset: 0 }
  }

  return {
    numbers(length) {
      const { memory, offset } = take(length * 8)
      return new Float64Array(memory, offset, length)
    },
    truths(length) {
      const { memory, offset } = take(length)
      return new Uint8Array(memory, offset, length)
    },
    free({ buffer, byteOffset, byteLength }) {
      const size = align(byteLength)
      lent -= size
      const { holes } = slabs.find(({ memory }) => memory === buffer)!
      let at = holes.findIndex(({ from }) => from > byteOffset)
      if (at < 0) at = holes.length
      const before = holes[at - 1]
      const after = holes[at]
      const joinsBefore = before?.to === byteOffset
      const joinsAfter = after?.from === byteOffset + size
      if (joinsBefore && joinsAfter) {
        before.to = after.to
        holes.splice(at, 1)
      } else if (joinsBefore) before.to += size
      else if (joinsAfter) after.from -= size
      else holes.splice(at, 0, { from: byteOffset, to: byteOffset + size })
    },
    rangeOf: ({ buffer, byteOffset, byteLength }) => ({
      memory: buffer,
      size: buffer.byteLength,
      from: byteOffset,
      to: byteOffset + align(byteLength),
    }),
    growthFor(bytes) {
      const size = align(bytes)
      return fits(size) ? 0 : Math.max(size, align(slabBytes))
    },
    trim(bytes) {
      for (let i = slabs.length - 1; i >= 0 && held > bytes; i--) {
        const { memory, holes } = slabs[i]!
        if (holes[0]?.from !== 0 || holes[0].to !== memory.byteLength) continue
        slabs.splice(i, 1)
        held -= memory.byteLength
      }
    },
    get lent() {
      return lent
    },
    get held() {
      return held
    },
  }
}
