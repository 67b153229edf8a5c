import { expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import type { Strategy } from '../../src/graph/strategy.js'
import { crossover } from '../../src/search/crossover.js'
import { mutate } from '../../src/search/mutate.js'
import { violation } from '../../src/search/space.js'
import { custom, field, rank, strategy } from '../../src/strategy/api.js'
import { population, spaceOf } from './support.js'

const close = field('close')
const gap = custom('gap', 20, [close, field('volume').sma(5)], (x, y) => x[0]! / y[0]!)
const written = strategy({
  score: rank(gap).add(rank(close.custom('low', 40, (x) => Math.min(...x)))),
  select: { top: 5 },
  exits: { stopLoss: 0.1 },
})

const functionsOf = ({ graph }: Strategy) => graph.nodes.filter(({ op }) => op === 'custom')
const textsOf = (made: Strategy) => functionsOf(made).map(({ params }) => params.fn)

test('mutations change the window and the inputs of a function, graft it and take it out, and never write one', () => {
  const space = spaceOf()
  const known = new Set(textsOf(written))
  const windows = new Set<unknown>()
  const inputs = new Set<unknown>()
  const others = population(space, 20)
  let without = 0
  let grafted = 0
  for (let round = 0; round < 60; round++) {
    const rng = createRng('custom', round)
    let current = written
    for (let step = 0; step < 8; step++) {
      const crossed = step === 5 ? crossover(rng.pick(others), current, { rng, space }) : undefined
      const result = crossed?.ok ? crossed : mutate(current, { rng, space })
      if (!result.ok) continue
      current = result.strategy
      if (crossed?.ok && functionsOf(current).length > 0) grafted++
      for (const node of functionsOf(current)) {
        expect(known).toContain(node.params.fn)
        windows.add(node.params.n)
        inputs.add(node.inputs.map((id) => current.keys.get(id)).join())
      }
    }
    if (functionsOf(current).length === 0) without++
  }
  expect(windows.size).toBeGreaterThan(10)
  expect(inputs.size).toBeGreaterThan(5)
  expect(without).toBeGreaterThan(0)
  expect(grafted).toBeGreaterThan(0)
})

test('constraints may forbid functions', () => {
  const allowed = ['rank', 'add', 'sma', 'pctChange']
  const without = spaceOf({ operators: allowed })
  expect(violation(written, without)).toBe('it uses custom, which is not allowed')
  expect(violation(written, spaceOf({ operators: [...allowed, 'custom'] }))).toBe(undefined)
})

test('what the search draws by itself has no functions', () => {
  for (const made of population(spaceOf(), 60)) expect(functionsOf(made)).toEqual([])
})
