import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { createArena } from '../../src/graph/evaluate/arena.js'

describe('the arena', () => {
  test('cuts arrays out of one slab, and hands out memory that came back', () => {
    const arena = createArena(16_000)
    const [first, second] = [arena.numbers(500), arena.numbers(500)]
    expect(second.buffer).toBe(first.buffer)
    expect([arena.lent, arena.held]).toEqual([8000, 16_000])
    arena.free(first)
    const third = arena.truths(4000)
    expect(third.byteOffset).toBe(first.byteOffset)
    expect(third).toHaveLength(4000)
  })

  test('joins holes that touch: before, after and between', () => {
    const arena = createArena(3968)
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [0, 2, 1, 3],
      [1, 3, 0, 2],
    ]) {
      const four = order.map(() => arena.numbers(124))
      expect(arena.growthFor(992)).toBe(3968)
      for (const i of order) arena.free(four[i]!)
      expect(arena.growthFor(3968)).toBe(0)
    }
    expect([arena.lent, arena.held]).toEqual([0, 3968])
  })

  test('cuts small arrays from the other end, so that large ones still fit between', () => {
    const arena = createArena(32_000)
    const [large, small] = [arena.numbers(1000), arena.numbers(10)]
    expect(large.byteOffset).toBe(0)
    expect(small.byteOffset).toBe(32_000 - 80)
    expect(arena.growthFor(32_000 - 8000 - 80)).toBe(0)
    expect(arena.growthFor(32_000 - 8000 - 64)).toBe(32_000)
  })

  test('makes another slab where no hole is long enough, a longer one for a longer array', () => {
    const arena = createArena(1000)
    expect(arena.numbers(500)).toHaveLength(500)
    expect(arena.held).toBe(4000)
    arena.numbers(1)
    expect(arena.held).toBe(4000 + 1008)
  })

  test('gives up empty slabs alone, the newest first, and no more than is asked', () => {
    const arena = createArena(800)
    const [, second, third] = [arena.numbers(100), arena.numbers(100), arena.numbers(100)]
    arena.free(second)
    arena.free(third)
    arena.trim(2399)
    expect(arena.held).toBe(1600)
    arena.trim(0)
    expect([arena.held, arena.lent]).toEqual([800, 800])
    expect(arena.growthFor(800)).toBe(800)
  })

  test('arrays of nothing have a place too', () => {
    const arena = createArena(0)
    const nothing = arena.numbers(0)
    expect(nothing).toHaveLength(0)
    arena.free(nothing)
    expect(arena.lent).toBe(0)
  })

  test('two arrays never share memory, numbers are aligned, and the bytes add up', () => {
    const arena = createArena(8000)
    const rng = createRng(1, 'arena')
    const lent: { values: Float64Array | Uint8Array; mark: number }[] = []
    for (let i = 0; i < 3000; i++) {
      if (lent.length < 20 && rng.next() < 0.6) {
        const length = rng.int(1, 300)
        const values = rng.next() < 0.5 ? arena.numbers(length) : arena.truths(length)
        expect(values).toHaveLength(length)
        expect(values.byteOffset % 16).toBe(0)
        values.fill(i % 256)
        lent.push({ values, mark: i % 256 })
      } else if (lent.length > 0) {
        const [gone] = lent.splice(rng.int(0, lent.length - 1), 1)
        expect(gone!.values.every((v) => v === gone!.mark)).toBe(true)
        arena.free(gone!.values)
      }
      if (rng.next() < 0.02) arena.trim(rng.int(0, 30_000))
      const needed = lent.reduce((sum, { values }) => sum + Math.ceil(values.byteLength / 16) * 16, 0)
      expect(arena.lent).toBe(needed)
      expect(arena.held).toBeGreaterThanOrEqual(needed)
    }
    for (const { values } of lent) arena.free(values)
    arena.trim(0)
    expect([arena.lent, arena.held]).toEqual([0, 0])
  })
})
