import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { createStrategy, type Strategy, type StrategyInput } from '../../src/graph/strategy.js'
import { crossover } from '../../src/search/crossover.js'
import { MUTATIONS, type MutationKind, mutate } from '../../src/search/mutate.js'
import { step } from '../../src/search/mutate-parameter.js'
import type { SearchSpace } from '../../src/search/proposal.js'
import { spaceOf } from './support.js'

const close = { id: 'close', op: 'field', params: { name: 'close' } }
const change = { id: 'change', op: 'pctChange', inputs: ['close'], params: { n: 20 } }

/** What a person may begin from: forms that no template draws. */
function own(input: Partial<StrategyInput>, nodes: StrategyInput['nodes'] = []): Strategy {
  return createStrategy({
    version: 1,
    name: 'Mine',
    nodes: [close, change, ...nodes],
    rule: { kind: 'score', score: 'change', select: { threshold: 0.02 } },
    ...input,
  })
}

function results(kind: MutationKind, strategy: Strategy, space: SearchSpace = spaceOf(), rounds = 60) {
  return Array.from({ length: rounds }, (_, i) =>
    MUTATIONS[kind](strategy, { rng: createRng(kind, i), space }),
  )
}
const made = (list: ReturnType<typeof results>) =>
  list.flatMap((result) => (result.ok ? [{ ...result, graph: result.strategy.graph }] : []))

describe("a person's own strategies", () => {
  test('a threshold, a cap, exits and intervals are numbers that can change', () => {
    const strategy = own({
      portfolio: {
        weight: { inverseVolatility: 40 },
        rebalance: { every: 10 },
        maxWeight: 0.2,
        exits: {
          stopLoss: 0.9,
          takeProfit: 0.3,
          trailingStop: 0.1,
          maxHoldingBars: 30,
          atrStop: { n: 14, k: 2 },
        },
      },
    })
    const space = spaceOf({ rebalances: [{ every: 10 }, { every: 11 }, { every: 9 }, 'weekly'] })
    const changed = made(results('changeParameter', strategy, space, 300)).map(({ what }) => what)
    for (const label of [
      'pctChange 20',
      'threshold 0.02',
      'inverse volatility 40',
      'rebalance every 10',
      'largest weight 20%',
      'stop loss 90%',
      'profit target 30%',
      'trailing stop 10%',
      'time exit 30',
      'ATR stop n 14',
      'ATR stop k 2',
    ])
      expect(changed.join('\n')).toContain(label)
  })

  test('negative levels stay negative, and zero is left alone', () => {
    const strategy = own({ universe: 'above' }, [
      { id: 'level', op: 'constant', params: { value: -0.1 } },
      { id: 'zero', op: 'constant', params: { value: 0 } },
      { id: 'above', op: 'gt', inputs: ['change', 'level'] },
      { id: 'up', op: 'gt', inputs: ['change', 'zero'] },
    ])
    const values = made(results('changeParameter', strategy)).flatMap(({ graph }) =>
      graph.nodes.filter(({ op }) => op === 'constant').map(({ params }) => params.value as number),
    )
    expect(values.every((value) => value < 0)).toBe(true)
    expect(new Set(values).size).toBeGreaterThan(5)
  })

  test('a threshold gives way when the score changes its scale', () => {
    const inserted = made(results('insert', own({}))).filter(({ what }) => what.startsWith('plus'))
    expect(inserted.length).toBeGreaterThan(10)
    for (const { graph } of inserted)
      expect(graph.rule.kind === 'score' && 'threshold' in graph.rule.select).toBe(false)
  })

  test('who buys the lowest scores goes on buying the lowest', () => {
    const strategy = own({ rule: { kind: 'score', score: 'change', select: { bottom: 10 } } })
    const selects = made(results('changeSelection', strategy)).map(({ graph }) =>
      graph.rule.kind === 'score' ? Object.keys(graph.rule.select)[0] : '',
    )
    expect(selects.filter((kind) => kind === 'bottom').length).toBeGreaterThan(40)
    expect(made(results('changeParameter', strategy)).some(({ what }) => what.startsWith('bottom 10'))).toBe(
      true,
    )
    const sides = spaceOf({ sides: ['long', 'longShort'] })
    const both = made(results('changeSelection', strategy, sides)).filter(
      ({ graph }) => graph.portfolio.side === 'longShort',
    )
    expect(both.length).toBeGreaterThan(5)
    expect(both[0]!.what).toBe('long and short')
    const short = made(results('changeSelection', strategy, spaceOf({ sides: ['long', 'short'] })))
    expect(short.some(({ what }) => what === 'short only')).toBe(true)
  })

  test('weights know neither selection nor weighting, only a cap', () => {
    const strategy = own({ rule: { kind: 'weights', weights: 'change' } })
    expect(results('changeSelection', strategy)[0]).toMatchObject({
      ok: false,
      because: 'its rule is weights, which select nothing by number',
    })
    const capped = made(results('changeWeights', strategy))
    expect(capped.every(({ graph }) => graph.portfolio.maxWeight !== undefined)).toBe(true)
    const again = made(results('changeWeights', capped[0]!.strategy))
    expect(again.some(({ graph }) => graph.portfolio.maxWeight === undefined)).toBe(true)
    const refused = mutate(strategy, { rng: createRng(1), space: spaceOf({ sides: ['short'] }) })
    expect(refused).toMatchObject({ ok: false, because: 'its weights are long, which is not allowed' })
  })

  test('a mask of its own stays with its cross-section', () => {
    const strategy = own({ universe: 'wide', rule: { kind: 'score', score: 'rank', select: { top: 5 } } }, [
      { id: 'one', op: 'constant', params: { value: 1 } },
      { id: 'five', op: 'constant', params: { value: 5 } },
      { id: 'wide', op: 'gt', inputs: ['close', 'one'] },
      { id: 'narrow', op: 'gt', inputs: ['close', 'five'] },
      { id: 'rank', op: 'rank', inputs: ['change'], mask: 'narrow' },
    ])
    for (const { graph } of made(results('changeSelection', strategy))) {
      const byId = new Map(graph.nodes.map((node) => [node.id, node]))
      const mask = byId.get(graph.nodes.find(({ op }) => op === 'rank')!.mask!)!
      expect(byId.get(mask.inputs[1]!)!.params.value).toBe(5)
      expect(mask.id).not.toBe(graph.universe)
    }
    const child = crossover(own({}), strategy, { rng: createRng(3), space: spaceOf() })
    expect(child.ok).toBe(true)
  })

  test('one that is larger than comfortable may change but not grow', () => {
    const terms = Array.from({ length: 80 }, (_, i) => ({
      id: `lag${i}`,
      op: 'pctChange',
      inputs: ['close'],
      params: { n: i + 30 },
    }))
    // A shallow tree of maxima over all of them.
    const chain: StrategyInput['nodes'] = []
    let level = terms.map(({ id }) => id)
    while (level.length > 1) {
      const next: string[] = []
      for (let i = 0; i < level.length; i += 2) {
        if (i + 1 === level.length) {
          next.push(level[i]!)
          continue
        }
        const id = `m${chain.length}`
        chain.push({ id, op: 'max', inputs: [level[i]!, level[i + 1]!] })
        next.push(id)
      }
      level = next
    }
    const strategy = own({ rule: { kind: 'score', score: level[0]!, select: { top: 5 } } }, [
      ...terms,
      ...chain,
    ])
    const size = strategy.graph.nodes.length
    expect(size).toBeGreaterThan(150)
    expect(made(results('changeParameter', strategy)).length).toBe(60)
    const inserted = results('insert', strategy, spaceOf(), 20)
    for (const result of inserted)
      expect(result.ok ? '' : result.because).toMatch(/it would grow to \d+ nodes|the strategy has|^$/)
    for (const { graph } of made(inserted)) expect(graph.nodes.length).toBeLessThanOrEqual(size)
  })
})

describe('what cannot be done is said', () => {
  test('by each kind', () => {
    const bare = createStrategy({
      version: 1,
      name: 'Bare',
      nodes: [close],
      rule: { kind: 'score', score: 'close', select: { threshold: 0 } },
    })
    const because = (kind: MutationKind, space: SearchSpace) => {
      const result = MUTATIONS[kind](bare, { rng: createRng(1), space })
      return result.ok ? '' : result.because
    }
    const closes = spaceOf({ operators: ['not'] }, ['close'])
    expect(because('changeParameter', closes)).toBe('it has no number that could be changed')
    expect(because('swapOperator', closes)).toBe('no operator in it has another of the same type')
    expect(because('insert', closes)).toBe('nothing that is allowed can be put into it')
    expect(because('remove', closes)).toBe('nothing in it can be left out')
    expect(because('replaceSubgraph', closes)).toBe('nothing in the library fits into it')
    expect(because('changeRebalance', spaceOf({ rebalances: ['monthly'] }))).toBe(
      'no other rebalancing is allowed',
    )
    expect(crossover(bare, bare, { rng: createRng(1), space: closes })).toMatchObject({
      ok: false,
      because: 'both parents are the same strategy',
    })
    const fixed = spaceOf({ rebalances: ['monthly'], fields: ['volume'] })
    expect(mutate(bare, { rng: createRng(1), space: fixed })).toMatchObject({ ok: false })
  })
})

describe('a step', () => {
  test('of a whole number moves at least 1 and stays in range', () => {
    for (let i = 0; i < 2000; i++) {
      const rng = createRng('step', i)
      const value = rng.int(1, 30)
      const next = step(rng, value, { min: 1, max: 30, integer: true })!
      expect(next).not.toBe(value)
      expect(Number.isInteger(next) && next >= 1 && next <= 30).toBe(true)
    }
    expect(step(createRng(1), 5, { min: 5, max: 5, integer: true })).toBeUndefined()
    expect(step(createRng(1), 0, { min: 0, max: 1, integer: false })).toBeUndefined()
  })

  test('is log-normal with a width of a tenth', () => {
    const logs = Array.from({ length: 4000 }, (_, i) =>
      Math.log(step(createRng('width', i), 1000, { min: 1, max: 1e6, integer: true })! / 1000),
    )
    const mean = logs.reduce((sum, x) => sum + x, 0) / logs.length
    const std = Math.sqrt(logs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / logs.length)
    expect(Math.abs(mean)).toBeLessThan(0.01)
    expect(std).toBeGreaterThan(0.095)
    expect(std).toBeLessThan(0.105)
  })
})
