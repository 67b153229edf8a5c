import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import type { Strategy } from '../../src/graph/strategy.js'
import { chooseMethod, sharesWithFloor } from '../../src/search/choose.js'
import { crossedName, familyOf, mutatedName } from '../../src/search/names.js'
import { parentPool, tournament } from '../../src/search/parents.js'
import type { FactorGraphProposal, Parent, ProposerWeights, SearchSpace } from '../../src/search/proposal.js'
import { proposeFactorGraph } from '../../src/search/propose.js'
import { population, spaceOf } from './support.js'

const space = spaceOf()

/** A score that depends on the strategy alone and rewards nothing in particular. */
const fakeScore = (strategy: Strategy) => Number.parseInt(strategy.hash.slice(0, 8), 16) / 0xffffffff

/** A loop without backtests: every proposal is scored and may become a parent. */
function fakeLoop(iterations: number, options: { space?: SearchSpace; weights?: ProposerWeights } = {}) {
  const seen = new Set<string>()
  const parents: Parent[] = []
  const proposals: FactorGraphProposal[] = []
  let champion: Parent | undefined
  for (let i = 0; i < iterations; i++) {
    const proposal = proposeFactorGraph({
      rng: createRng(11, 'iteration', i),
      space: options.space ?? space,
      champion,
      parents,
      seen: (hash) => seen.has(hash),
      ...(options.weights === undefined ? {} : { weights: options.weights }),
    })
    proposals.push(proposal)
    seen.add(proposal.strategy.hash)
    const parent = { id: `record ${i}`, strategy: proposal.strategy, score: fakeScore(proposal.strategy) }
    parents.push(parent)
    if (champion === undefined || parent.score > champion.score) champion = parent
  }
  return proposals
}

describe('a loop without a model', () => {
  const proposals = fakeLoop(300)

  test('gives at least 97 distinct strategies in 100 iterations', () => {
    const hashes = new Set(proposals.slice(0, 100).map(({ strategy }) => strategy.hash))
    expect(hashes.size).toBeGreaterThanOrEqual(97)
  })

  test('uses every proposer, and names the records that a strategy was made from', () => {
    const counts = { template: 0, mutate: 0, crossover: 0, random: 0 }
    for (const { proposer, parents } of proposals) {
      counts[proposer]++
      expect(parents).toHaveLength(proposer === 'mutate' ? 1 : proposer === 'crossover' ? 2 : 0)
      for (const id of parents) expect(id).toMatch(/^record \d+$/)
    }
    for (const count of Object.values(counts)) expect(count).toBeGreaterThanOrEqual(15)
  })

  test('gives names that differ, say what they are and do not grow', () => {
    const names = proposals.map(({ strategy }) => strategy.graph.name)
    expect(new Set(names).size).toBeGreaterThan(285)
    for (const name of names) {
      expect(name.length).toBeLessThanOrEqual(80)
      expect(name.split(' · ').length).toBeLessThanOrEqual(2)
      expect(name.split(' × ').length).toBeLessThanOrEqual(2)
    }
  })

  test('does not bloat', () => {
    const sizes = proposals.map(({ strategy }) => strategy.graph.nodes.length)
    const mean = (list: readonly number[]) => list.reduce((sum, x) => sum + x, 0) / list.length
    expect(mean(sizes.slice(200))).toBeLessThan(35)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(60)
  })

  test('makes the same proposals again from the same seed', () => {
    const again = fakeLoop(60)
    expect(again.map(({ strategy }) => strategy.graph)).toEqual(
      proposals.slice(0, 60).map(({ strategy }) => strategy.graph),
    )
    expect(again.map(({ what, attempts }) => [what, attempts])).toEqual(
      proposals.slice(0, 60).map(({ what, attempts }) => [what, attempts]),
    )
  })
})

describe('one proposal', () => {
  test('without evaluated parents is a template or random, whatever the weights', () => {
    for (let i = 0; i < 40; i++) {
      const { proposer } = proposeFactorGraph({
        rng: createRng('first', i),
        space,
        parents: [],
        seen: () => false,
        weights: { mutate: 1, crossover: 1 },
      })
      expect(['template', 'random']).toContain(proposer)
    }
  })

  test('that is known already is drawn again ten times and then given up as a duplicate', () => {
    const asked: string[] = []
    const proposal = proposeFactorGraph({
      rng: createRng('known'),
      space,
      parents: [],
      seen: (hash) => asked.push(hash) > 0,
    })
    expect(proposal).toMatchObject({ state: 'duplicate', attempts: 11, duplicateOf: asked.at(-1) })
    expect(asked).toHaveLength(11)
    expect(new Set(asked).size).toBeGreaterThan(5)
  })

  test('is drawn again until it is new', () => {
    let asked = 0
    const proposal = proposeFactorGraph({
      rng: createRng('known'),
      space,
      parents: [],
      seen: () => ++asked < 4,
    })
    expect(proposal).toMatchObject({ state: 'proposed', attempts: 4 })
  })

  test('does not depend on the order of the parents', () => {
    const parents = population(space, 30).map((strategy, i) => ({
      id: `${i}`,
      strategy,
      score: fakeScore(strategy),
    }))
    const propose = (list: readonly Parent[]) =>
      proposeFactorGraph({
        rng: createRng('order'),
        space,
        parents: list,
        seen: () => false,
        weights: { mutate: 1 },
      })
    expect(propose([...parents].reverse())).toEqual(propose(parents))
  })

  test('fits a panel with closes only, and one with a single symbol', () => {
    const closes = spaceOf({}, ['close', 'rawClose', 'returns'], 40)
    for (const { strategy } of fakeLoop(60, { space: closes })) {
      expect(strategy.graph.portfolio.fill).toBe('nextClose')
      expect(strategy.graph.portfolio.exits.atrStop).toBeUndefined()
      for (const field of strategy.fields) expect(['close', 'rawClose', 'returns']).toContain(field)
    }
    for (const { strategy } of fakeLoop(40, { space: spaceOf({}, undefined, 1) })) {
      const { rule } = strategy.graph
      if (rule.kind === 'score' && 'top' in rule.select) expect(rule.select.top).toBe(1)
    }
  })

  test('keeps to the sides that are allowed', () => {
    const short = fakeLoop(60, { space: spaceOf({ sides: ['short'] }) })
    for (const { strategy } of short) expect(strategy.graph.portfolio.side).toBe('short')
    const both = fakeLoop(60, { space: spaceOf({ sides: ['longShort'] }) })
    for (const { strategy } of both) expect(strategy.graph.portfolio.side).toBe('longShort')
  })

  test('is still found where few operators are allowed', () => {
    const strict = spaceOf({ operators: ['pctChange', 'rank'] })
    const proposals = fakeLoop(40, { space: strict })
    for (const { strategy } of proposals)
      for (const { op } of strategy.graph.nodes)
        expect(['field', 'constant', 'group', 'pctChange', 'rank']).toContain(op)
    expect(new Set(proposals.map(({ strategy }) => strategy.hash)).size).toBeGreaterThan(35)
  })

  test('constraints that leave nothing are refused in words', () => {
    expect(() => spaceOf({ fields: ['sentiment'] })).toThrow(/none of the allowed fields is in the data/)
    expect(() => spaceOf({ operators: ['nothing'] })).toThrow(/leave nothing to build a strategy from/)
    const none = spaceOf({ operators: ['and'] })
    expect(() =>
      proposeFactorGraph({ rng: createRng(1), space: none, parents: [], seen: () => false }),
    ).toThrow(/no strategy can be drawn/)
  })
})

describe('parents', () => {
  const parents = population(space, 60).map((strategy, i) => ({ id: `${i}`, strategy, score: i / 10 }))

  test('are the best by train score, one of each shape, and the champion', () => {
    const champion = { ...parents[0]!, score: -5 }
    const pool = parentPool(parents, champion)
    expect(pool).toHaveLength(20)
    expect(pool[0]).toBe(champion)
    expect(pool).toContain(parents[59])
    expect(parentPool([...parents, ...parents], undefined).map(({ id }) => id)).toEqual(
      parentPool(parents, undefined).map(({ id }) => id),
    )
  })

  test('without a defined score are left out', () => {
    const undefinedScores = parents.map((parent) => ({ ...parent, score: Number.NEGATIVE_INFINITY }))
    expect(parentPool(undefinedScores, undefined)).toEqual([])
    expect(tournament(createRng(1), [])).toBeUndefined()
  })

  test('win tournaments more often the better they are', () => {
    const pool = parentPool(parents, undefined)
    const rng = createRng('tournament')
    const ranks = Array.from({ length: 2000 }, () => pool.indexOf(tournament(rng, pool)!))
    const best = ranks.filter((rank) => rank < 5).length
    const worst = ranks.filter((rank) => rank >= 15).length
    expect(best).toBeGreaterThan(4 * worst)
    expect(worst).toBeGreaterThan(0)
  })

  test('of equal score: the smaller one', () => {
    const [small, large] = [...parents]
      .map((parent) => ({ ...parent, score: 1 }))
      .sort((a, b) => a.strategy.graph.nodes.length - b.strategy.graph.nodes.length)
      .filter((_, i, all) => i === 0 || i === all.length - 1)
    expect(parentPool([large!, small!], undefined)[0]).toBe(small)
  })
})

describe('choosing', () => {
  test('the method asked for and the one used differ where no model is available', () => {
    const draws = Array.from({ length: 2000 }, (_, i) => chooseMethod(createRng('method', i), 0.2, false))
    expect(draws.every(({ used }) => used === 'factor_graph')).toBe(true)
    const asked = draws.filter(({ requested }) => requested === 'llm').length / draws.length
    expect(asked).toBeGreaterThan(0.17)
    expect(asked).toBeLessThan(0.23)
    expect(chooseMethod(createRng(1), 0, true)).toEqual({ requested: 'factor_graph', used: 'factor_graph' })
    expect(chooseMethod(createRng(1), 1, true)).toEqual({ requested: 'llm', used: 'llm' })
  })

  test('every arm keeps its floor, the rest is in proportion', () => {
    expect(sharesWithFloor([1000, 1, 1])).toEqual([0.9, 0.05, 0.05])
    expect(sharesWithFloor([3, 1])).toEqual([0.75, 0.25])
    expect(sharesWithFloor([5, 0, 5])).toEqual([0.5, 0, 0.5])
    expect(sharesWithFloor([0, 0])).toEqual([0.5, 0.5])
    for (let i = 0; i < 500; i++) {
      const rng = createRng('shares', i)
      const weights = Array.from({ length: rng.int(1, 30) }, () => rng.next() ** 8 + 1e-9)
      const shares = sharesWithFloor(weights)
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 10)
      expect(Math.min(...shares)).toBeGreaterThanOrEqual(Math.min(0.05, 1 / weights.length) - 1e-12)
    }
  })
})

describe('names', () => {
  test('a child is named after its family and what was done', () => {
    expect(familyOf('Dual momentum 90/120, top 20, monthly')).toBe('Dual momentum')
    expect(familyOf('Combination 170/58 no lottery 32, top 22%, weekly')).toBe('Combination no lottery')
    expect(mutatedName('Momentum 45/5, top 20, monthly', 'trailing stop 12%')).toBe(
      'Momentum · trailing stop 12%',
    )
    expect(mutatedName('Momentum · trailing stop 12%', 'top 20 → 24')).toBe('Momentum · top 20 → 24')
    expect(crossedName('Momentum 45/5, top 20', 'Turtle 55/20, weekly', 'universe')).toBe(
      'Momentum × Turtle · universe',
    )
    expect(crossedName('Momentum × Turtle · universe', 'Mastiff × Factor · score', 'settings')).toBe(
      'Momentum × Mastiff · settings',
    )
    expect(familyOf('12, 13')).toBe('12')
    expect(familyOf(', top 3')).toBe('Strategy')
  })
})
