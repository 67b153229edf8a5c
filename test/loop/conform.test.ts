import { describe, expect, test } from 'vitest'
import { evaluateRule } from '../../src/backtest/strategy-rule.js'
import { createEvaluator } from '../../src/graph/evaluate/columnar.js'
import { createStrategy } from '../../src/graph/strategy.js'
import { conform } from '../../src/loop/conform.js'
import type { SearchConstraints } from '../../src/search/proposal.js'
import { createSearchSpace } from '../../src/search/space.js'
import { configOf, PANEL } from './engine.js'

const FIELDS = ['close', 'high', 'low', 'open', 'returns', 'volume']
const spaceWith = (constraints: SearchConstraints = {}, fields = FIELDS) =>
  createSearchSpace({ fields, groups: [], symbols: PANEL.symbols.length, constraints })

const NODES = [
  { id: 'close', op: 'field', inputs: [], params: { name: 'close' } },
  { id: 'score', op: 'pctChange', inputs: ['close'], params: { n: 20 } },
]
const momentum = (change: object = {}, portfolio: object = {}) =>
  createStrategy({
    version: 1,
    name: 'Momentum',
    nodes: NODES,
    rule: { kind: 'score', score: 'score', select: { top: 3 } },
    portfolio,
    ...change,
  })

const above = (limit: number, prefix = '') => ({
  nodes: [
    { id: `${prefix}price`, op: 'field', inputs: [], params: { name: 'close' } },
    { id: `${prefix}limit`, op: 'constant', inputs: [], params: { value: limit } },
    { id: `${prefix}above`, op: 'gt', inputs: [`${prefix}price`, `${prefix}limit`], params: {} },
  ],
  root: `${prefix}above`,
})

const universeOn = (strategy: ReturnType<typeof momentum>) =>
  evaluateRule(strategy, createEvaluator(PANEL)).universe!

describe('what a person or a model wrote', () => {
  test('is taken as it is where nothing stands against it, on any side', () => {
    const strategy = momentum({}, { side: 'longShort', rebalance: { every: 3 } })
    expect(conform(strategy, spaceWith(), configOf())).toBe(strategy)
  })

  test.each([
    ['a side that is not allowed', { sides: ['long'] }, { side: 'short' }, /side 'short'.*long/],
    [
      'a rebalance that is not allowed',
      { rebalances: ['monthly'] },
      { rebalance: 'weekly' },
      /"weekly".*monthly/,
    ],
    [
      'a rebalance every n bars where rules are named',
      { rebalances: ['monthly'] },
      { rebalance: { every: 5 } },
      /every/,
    ],
  ] as const)('%s is refused, with what is allowed', (_, constraints, portfolio, words) => {
    const refused = () => conform(momentum({}, portfolio), spaceWith(constraints), configOf({ constraints }))
    expect(refused).toThrow(words)
    expect(refused).toThrow(expect.objectContaining({ code: 'CONSTRAINT', kind: 'usage' }))
  })

  test('fields and operators beyond the allowed ones are refused by name', () => {
    const fields = { fields: ['volume', 'returns'] }
    expect(() => conform(momentum(), spaceWith(fields), configOf({ constraints: fields }))).toThrow('close')
    const operators = { operators: ['rank'] }
    expect(() => conform(momentum(), spaceWith(operators), configOf({ constraints: operators }))).toThrow(
      'pctChange',
    )
  })

  test('weights may be of any sign until sides are named without long', () => {
    const weights = momentum({ rule: { kind: 'weights', weights: 'score' } })
    expect(conform(weights, spaceWith(), configOf())).toBe(weights)
    const short = { sides: ['short'] } as const
    expect(() => conform(weights, spaceWith(short), configOf({ constraints: short }))).toThrow('long')
  })

  test("the config's universe is joined: alone where it has none, and with its own where it has one", () => {
    const constraints = { universe: above(30) }
    const plain = conform(momentum(), spaceWith(constraints), configOf())
    const own = above(50, 'own-')
    const both = momentum({ nodes: [...NODES, ...own.nodes], universe: own.root })
    const joined = conform(both, spaceWith(constraints), configOf())
    const close = PANEL.fields.get('close')!
    expect(universeOn(plain)).toEqual(Uint8Array.from(close, (price) => (price > 30 ? 1 : 0)))
    expect(universeOn(joined)).toEqual(Uint8Array.from(close, (price) => (price > 50 ? 1 : 0)))
    expect(joined.graph.name).toBe('Momentum')
    expect(conform(plain, spaceWith(constraints), configOf()).hash).toBe(plain.hash)
  })

  test('fills at the close where the data have no open, and as the config says where it says so', () => {
    const withoutOpen = spaceWith(
      {},
      FIELDS.filter((name) => name !== 'open'),
    )
    expect(conform(momentum(), withoutOpen, configOf()).graph.portfolio.fill).toBe('nextClose')
    const close = spaceWith({ fill: 'nextClose' })
    expect(conform(momentum(), close, configOf({ fill: 'nextClose' })).graph.portfolio.fill).toBe('nextClose')
    const open = spaceWith({ fill: 'nextOpen' })
    const asked = momentum({}, { fill: 'nextClose' })
    expect(conform(asked, open, configOf({ fill: 'nextOpen' })).graph.portfolio.fill).toBe('nextOpen')
    expect(conform(asked, spaceWith(), configOf())).toBe(asked)
  })
})
