import fc from 'fast-check'
import { expect, test } from 'vitest'
import { observeSignals } from '../../src/backtest/signals.js'
import { createRng } from '../../src/base/rng.js'

test('a symbol is on from enter until exit, which wins, in panels of any width and stretches of any length', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constant(9000)),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 1e9 }),
      (width, bars, from, seed) => {
        const rng = createRng(seed, 'signals')
        const flags = (cells: number, p: number) =>
          Uint8Array.from({ length: cells }, () => (rng.next() < p ? 1 : 0))
        const isOn = flags(width, 0.5)
        const cells = (from + bars) * width
        const enter = flags(cells, 0.15)
        const exit = flags(cells, 0.15)
        const expected = Array.from(isOn, (before, i) => {
          let on = before === 1
          for (let bar = from; bar < from + bars; bar++) {
            if (enter[bar * width + i] === 1) on = true
            if (exit[bar * width + i] === 1) on = false
          }
          return +on
        })
        observeSignals(isOn, enter, exit, from, from + bars - 1)
        expect([...isOn]).toEqual(expected)
      },
    ),
    { seed: 2, numRuns: 100 },
  )
})
