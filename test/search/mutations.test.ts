import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { createStrategy, type Strategy } from '../../src/graph/strategy.js'
import { crossover } from '../../src/search/crossover.js'
import { MUTATIONS, type Mutation, mutate } from '../../src/search/mutate.js'
import type { MutationContext, SearchSpace } from '../../src/search/proposal.js'
import { conjuncts } from '../../src/search/space.js'
import { PRICE_AND_VOLUME, population, spaceOf } from './support.js'

const DEEP = process.env.ALPHALOOP_DEEP === '1'
const ROUNDS = DEEP ? 1_000_000 : 20_000

const crossWithAny =
  (strategies: readonly Strategy[]): Mutation =>
  (strategy, context) =>
    crossover(strategy, context.rng.pick(strategies), context)

/** Least share of tries that must give a new, valid strategy. */
const FLOORS: Record<keyof typeof MUTATIONS | 'crossover', number> = {
  changeParameter: 0.99,
  swapOperator: 0.95,
  insert: 0.95,
  remove: 0.95,
  replaceSubgraph: 0.97,
  changeExits: 0.99,
  // Signals and weights have no selection to change.
  changeSelection: 0.7,
  changeWeights: 0.97,
  changeRebalance: 0.97,
  crossover: 0.95,
}

/** A walk: what a mutation gives is mutated again, so that graphs no template would draw are met too. */
function walk(
  kind: string,
  mutation: Mutation,
  space: SearchSpace,
  start: readonly Strategy[],
  rounds: number,
) {
  const strategies = [...start]
  const refusals = new Map<string, number>()
  let accepted = 0
  for (let i = 0; i < rounds; i++) {
    const rng = createRng('mutation', kind, i)
    const at = rng.int(0, strategies.length - 1)
    const before = strategies[at]!
    const result = mutation(before, { rng, space })
    if (!result.ok) {
      expect(result.because).not.toBe('')
      refusals.set(result.because, (refusals.get(result.because) ?? 0) + 1)
      continue
    }
    accepted++
    const { strategy } = result
    // What is valid survives being made again from its own JSON form, and is canonical already.
    if (i % 10 === 0) {
      const again = createStrategy(JSON.parse(JSON.stringify(strategy.graph)), space.limits)
      if (again.hash !== strategy.hash) throw new Error(`${result.what}: ${again.hash} ≠ ${strategy.hash}`)
    }
    if (strategy.hash === before.hash) throw new Error(`${result.what} changed nothing`)
    if (strategy.graph.name.length > 80) throw new Error(`name too long: ${strategy.graph.name}`)
    // Half of the children replace their parent, so that the walk goes on from them.
    if (rng.next() < 0.5) strategies[at] = strategy
  }
  return { rate: accepted / rounds, refusals }
}

describe('every mutation gives a valid, different strategy or says why it cannot', () => {
  const space = spaceOf()
  const start = population(space, 300)
  const kinds = Object.entries<Mutation>({ ...MUTATIONS, crossover: crossWithAny(start) })
  const rounds = Math.round(ROUNDS / (kinds.length + 1))

  for (const [kind, mutation] of kinds)
    test(`${kind} is accepted on at least ${FLOORS[kind as keyof typeof FLOORS] * 100}% of strategies`, () => {
      const { rate, refusals } = walk(kind, mutation, space, start, rounds)
      console.info(`${kind}: accepted ${(rate * 100).toFixed(1)}% of ${rounds}`)
      expect(rate, `refusals: ${JSON.stringify([...refusals])}`).toBeGreaterThan(
        FLOORS[kind as keyof typeof FLOORS],
      )
    }, 3_600_000)

  test('a mutation of any kind is found for every strategy, and long walks do not bloat', () => {
    const strategies = [...start]
    let accepted = 0
    for (let i = 0; i < rounds; i++) {
      const rng = createRng('any', i)
      const at = rng.int(0, strategies.length - 1)
      const result = mutate(strategies[at]!, { rng, space })
      if (!result.ok) continue
      accepted++
      strategies[at] = result.strategy
    }
    expect(accepted / rounds).toBeGreaterThan(0.999)
    const sizes = strategies.map(({ graph }) => graph.nodes.length)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(60)
    expect(sizes.reduce((sum, size) => sum + size, 0) / sizes.length).toBeLessThan(45)
  }, 3_600_000)
})

describe('mutations keep to what is allowed', () => {
  const context = (space: SearchSpace, label: string): MutationContext => ({ rng: createRng(label), space })

  test('a parent outside the constraints moves into them', () => {
    const free = spaceOf({ sides: ['long', 'longShort', 'short'], rebalances: ['daily'] })
    const strict = spaceOf({ sides: ['long'], rebalances: ['monthly'], fields: ['close', 'returns'] })
    for (const [i, strategy] of population(free, 60).entries()) {
      const result = mutate(strategy, context(strict, `strict ${i}`))
      if (!result.ok) continue
      expect(result.strategy.graph.portfolio).toMatchObject({ side: 'long', rebalance: 'monthly' })
      for (const field of result.strategy.fields) expect(['close', 'returns']).toContain(field)
    }
  })

  test('only allowed operators are put in', () => {
    const allowed = ['rank', 'pctChange', 'sma', 'gt', 'neg', 'add', 'mul', 'std', 'div', 'and', 'lag']
    const space = spaceOf({ operators: allowed })
    let made = 0
    for (const [i, strategy] of population(space, 60).entries())
      for (let j = 0; j < 5; j++) {
        const result = mutate(strategy, context(space, `operators ${i} ${j}`))
        if (!result.ok) continue
        made++
        for (const { op } of result.strategy.graph.nodes)
          expect([...allowed, 'field', 'constant', 'group']).toContain(op)
      }
    expect(made).toBeGreaterThan(250)
  })

  test("the config's universe stands in every child, once", () => {
    const universe = {
      nodes: [
        { id: 'p', op: 'field', inputs: [], params: { name: 'close' } },
        { id: 'v', op: 'field', inputs: [], params: { name: 'volume' } },
        { id: 'five', op: 'constant', inputs: [], params: { value: 5 } },
        { id: 'a', op: 'gt', inputs: ['p', 'five'], params: {} },
        { id: 'b', op: 'gt', inputs: ['v', 'five'], params: {} },
        { id: 'both', op: 'and', inputs: ['a', 'b'], params: {} },
      ],
      root: 'both',
    }
    // What the config itself asks for need not be on its own list.
    const space = spaceOf({ universe, fields: PRICE_AND_VOLUME.filter((name) => name !== 'volume') })
    let strategy = population(space, 1)[0]!
    for (let i = 0; i < 200; i++) {
      const result = mutate(strategy, context(space, `universe ${i}`))
      if (result.ok) strategy = result.strategy
      const { graph } = strategy
      const byId = new Map(graph.nodes.map((node) => [node.id, node]))
      // The conditions as the universe joins them: a repeated one counts twice.
      const asked = conjuncts(graph.universe!, (id) => byId.get(id)!)
        .map((id) => byId.get(id)!)
        .filter(({ op, inputs }) => op === 'gt' && byId.get(inputs[1]!)?.params.value === 5)
        .map(({ inputs }) => byId.get(inputs[0]!)!.params.name)
      expect(asked.sort()).toEqual(['close', 'volume'])
    }
  })

  test('cross-sections of the rule see the universe, those of the universe itself see all', () => {
    const space = spaceOf()
    for (const [i, parent] of population(space, 100).entries()) {
      const result = mutate(parent, context(space, `masks ${i}`))
      if (!result.ok) continue
      const { graph } = result.strategy
      const byId = new Map(graph.nodes.map((node) => [node.id, node]))
      const seen = new Set<string>()
      const visit = (id: string) => {
        if (seen.has(id)) return
        seen.add(id)
        byId.get(id)!.inputs.forEach(visit)
      }
      if (graph.universe !== undefined) visit(graph.universe)
      for (const id of seen) expect(byId.get(id)!.mask).toBeUndefined()
      for (const node of graph.nodes)
        if (['rank', 'top', 'scale', 'demean', 'groupDemean'].includes(node.op) && !seen.has(node.id))
          expect(node.mask).toBe(graph.universe)
    }
  })
})
