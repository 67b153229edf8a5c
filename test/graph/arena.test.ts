import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { createArena } from '../../src/graph/evaluate/arena.js'

describe('the arena', () => {
  test('hands out memory that came back, numbers or truths, when it is long enough and hardly longer', () => {
    const arena = createArena()
    const first = arena.numbers(100)
    arena.free(first)
    expect(arena.has(800)).toBe(true)
    expect(arena.has(801)).toBe(false)
    expect(arena.has(600)).toBe(false)
    const truths = arena.truths(700)
    expect(truths.buffer).toBe(first.buffer)
    expect(truths).toHaveLength(700)
    expect([arena.lent, arena.idle]).toEqual([800, 0])
    expect(arena.numbers(100).buffer).not.toBe(first.buffer)
  })

  test('of several it takes the one that fits best', () => {
    const arena = createArena()
    const [long, short] = [arena.numbers(110), arena.numbers(100)]
    arena.free(long)
    arena.free(short)
    expect(arena.numbers(98).buffer).toBe(short.buffer)
    expect(arena.numbers(98).buffer).toBe(long.buffer)
  })

  test('gives up what has been idle longest', () => {
    const arena = createArena()
    const arrays = [arena.numbers(2), arena.numbers(20), arena.numbers(200)]
    for (const array of arrays) arena.free(array)
    arena.trim(1700)
    expect(arena.idle).toBe(1600)
    expect([arena.has(16), arena.has(160), arena.has(1600)]).toEqual([false, false, true])
    arena.trim(1600)
    expect(arena.idle).toBe(1600)
    arena.trim(0)
    expect(arena.idle).toBe(0)
  })

  test('two arrays never share memory, and the bytes add up', () => {
    const arena = createArena()
    const rng = createRng(1, 'arena')
    const lent: { values: Float64Array | Uint8Array; mark: number }[] = []
    let most = 0
    for (let i = 0; i < 2000; i++) {
      if (lent.length < 20 && rng.next() < 0.6) {
        const length = rng.int(1, 300)
        const values = rng.next() < 0.5 ? arena.numbers(length) : arena.truths(length)
        expect(values).toHaveLength(length)
        values.fill(i % 256)
        lent.push({ values, mark: i % 256 })
      } else if (lent.length > 0) {
        const [gone] = lent.splice(rng.int(0, lent.length - 1), 1)
        expect(gone!.values.every((v) => v === gone!.mark)).toBe(true)
        arena.free(gone!.values)
      }
      if (rng.next() < 0.02) arena.trim(rng.int(0, 3000))
      const needed = lent.reduce((sum, { values }) => sum + values.byteLength, 0)
      expect(arena.lent).toBeGreaterThanOrEqual(needed)
      expect(arena.lent).toBeLessThanOrEqual(1.25 * needed + 16 * lent.length)
      most = Math.max(most, arena.idle)
    }
    expect(most).toBeGreaterThan(0)
    for (const { values } of lent) arena.free(values)
    expect(arena.lent).toBe(0)
  })
})
