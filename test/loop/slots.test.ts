import fc from 'fast-check'
import { expect, test } from 'vitest'
import { batchStartOf, slotsOfBatch } from '../../src/loop/slots.js'

const rules = { seed: 1, batchSize: 8, innovationRate: 0.3, modelAvailable: true, starts: 2 }
const plain = (slots: ReturnType<typeof slotsOfBatch>) =>
  slots.map(({ rng, ...slot }) => ({ ...slot, draw: rng.next() }))

test('what an iteration does is fixed by seed and number: neither the total nor the batch size changes it', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.integer({ min: 1, max: 64 }), (seed, batchSize) => {
      const total = 80
      const all = (by: object, upTo: number) => {
        const slots = []
        for (let at = 0; at < upTo; at = slots.length)
          slots.push(...plain(slotsOfBatch(at, upTo, { ...rules, seed, ...by })))
        return slots
      }
      const whole = all({ batchSize }, total)
      expect(whole.map(({ iteration }) => iteration)).toEqual(Array.from({ length: total }, (_, i) => i))
      expect(all({ batchSize: 1 }, total)).toEqual(whole)
      expect(all({ batchSize }, 37)).toEqual(whole.slice(0, 37))
    }),
    { seed: 1, numRuns: 50 },
  )
})

test('a batch begins at a multiple of its size and ends at the total', () => {
  expect([0, 7, 8, 13, 16].map((i) => batchStartOf(i, 8))).toEqual([0, 0, 8, 8, 16])
  expect(slotsOfBatch(8, 11, rules).map(({ iteration }) => iteration)).toEqual([8, 9, 10])
  expect(slotsOfBatch(16, 11, rules)).toEqual([])
})

test('the first iterations are the strategies of the user, and ask no model', () => {
  const slots = slotsOfBatch(0, 8, { ...rules, innovationRate: 1 })
  expect(slots.map(({ start }) => start)).toEqual([0, 1, null, null, null, null, null, null])
  expect(slots.map(({ asksModel }) => asksModel)).toEqual([false, false, true, true, true, true, true, true])
})

test('without a model none is asked, and the other iterations draw as they would have', () => {
  const asked = slotsOfBatch(0, 64, { ...rules, batchSize: 64 })
  const alone = slotsOfBatch(0, 64, { ...rules, batchSize: 64, modelAvailable: false })
  expect(asked.filter(({ asksModel }) => asksModel).length).toBeGreaterThan(8)
  expect(asked.filter(({ asksModel }) => asksModel).length).toBeLessThan(32)
  expect(alone.some(({ asksModel }) => asksModel)).toBe(false)
  const draws = (slots: ReturnType<typeof slotsOfBatch>) => slots.map(({ rng }) => rng.next())
  expect(draws(alone)).toEqual(draws(asked))
})
