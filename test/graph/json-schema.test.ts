import { describe, expect, test } from 'vitest'
import { AlphaloopError } from '../../src/base/errors.js'
import { createRng, type Rng } from '../../src/base/rng.js'
import { strategyGraphSchema, strategyJsonSchema } from '../../src/graph/schema.js'
import { createStrategy } from '../../src/graph/strategy.js'
import { ROOMY, randomGraph } from '../support/random-graph.js'
import { conforms, type JsonSchema } from './json-schema.js'
import { field, rounds, scoredBy } from './make.js'

const SCHEMA = strategyJsonSchema() as unknown as JsonSchema
const OPTIONS = { fields: ['close', 'open', 'high', 'low', 'volume'], groups: ['sector'] }

/** Whether `createStrategy` takes the shape, whatever it says of the meaning. */
function shapeIsTaken(value: unknown): boolean {
  try {
    createStrategy(value, ROOMY)
    return true
  } catch (error) {
    const { code, details } = error as AlphaloopError
    if (!(error instanceof AlphaloopError)) throw error
    // Two nodes of one id are no matter of shape, which a JSON Schema could say.
    return code !== 'INVALID_STRATEGY' || details.issues === undefined
  }
}

type Place = { holder: Record<string, unknown> | unknown[]; key: string | number }

function places(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Record<string, unknown>
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...places(holder[key])])
}

const ODD: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1,
  1.5,
  1e9,
  -1e-9,
  '',
  'x',
  'daily',
  'longShort',
  'x'.repeat(65),
  'x'.repeat(201),
  [],
  ['x'],
  Array.from({ length: 65 }, () => 'n1'),
  {},
  { top: 3 },
  { every: 0 },
  { every: 5 },
  { n: 1, k: 1 },
  { n: 20, k: 100 },
  { n: 20, k: 101 },
  { inverseVolatility: 2 },
  { threshold: 1 },
  { commission: 1 },
  { stopLoss: 1 },
  { trailingStop: 1 },
]

/** The same with one thing changed: a value, a key gone, or a key too many. */
function damaged(graph: object, rng: Rng): unknown {
  const copy = JSON.parse(JSON.stringify(graph))
  const { holder, key } = rng.pick(places(copy))
  const target = holder as Record<string | number, unknown>
  const kind = rng.int(0, 4)
  if (kind === 0 && !Array.isArray(holder)) delete target[key]
  else if (kind === 1 && !Array.isArray(holder))
    target[rng.pick(['extra', 'output', 'exits', 'top'])] = rng.pick(ODD)
  else target[key] = rng.pick(ODD)
  return copy
}

const graphOf = (rng: Rng) => randomGraph(rng, rng.int(1, 15), OPTIONS)

describe('the published JSON Schema', () => {
  test('takes every strategy, as written and in canonical form', () => {
    for (let i = 0; i < rounds(150, 5000); i++) {
      const graph = graphOf(createRng(i, 'schema'))
      const asJson = (value: unknown) => JSON.parse(JSON.stringify(value))
      expect(conforms(asJson(graph), SCHEMA)).toBe(true)
      expect(conforms(asJson(createStrategy(graph, ROOMY).graph), SCHEMA)).toBe(true)
    }
  })

  test('takes and refuses the same shapes as the check itself', () => {
    const seen = { taken: 0, refused: 0 }
    for (let i = 0; i < rounds(3000, 60_000); i++) {
      const rng = createRng(i, 'damage')
      const value = damaged(graphOf(rng), rng)
      const taken = shapeIsTaken(value)
      seen[taken ? 'taken' : 'refused']++
      if (conforms(value, SCHEMA) !== taken)
        expect.fail(
          `${taken ? 'taken' : 'refused'} by the check, not so by the schema: ${JSON.stringify(value)}`,
        )
    }
    expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(rounds(3000, 60_000) / 10)
  })

  test('may be named by a strategy', () => {
    const graph = { $schema: './strategy.schema.json', ...scoredBy([field('close')]) }
    expect(conforms(graph, SCHEMA)).toBe(true)
    expect(createStrategy(graph).graph).not.toHaveProperty('$schema')
  })

  test('says what each part is for', () => {
    expect(SCHEMA).toMatchObject({
      type: 'object',
      required: ['version', 'name', 'nodes', 'rule'],
      additionalProperties: false,
      description: 'An alphaloop strategy: a typed factor graph and its portfolio settings.',
    })
  })

  test.each<[string, unknown, unknown]>([
    ['side', { side: 'longShort' }, { side: 'both' }],
    ['weight', { weight: { inverseVolatility: 2 } }, { weight: { inverseVolatility: 1 } }],
    [
      'the longest inverse volatility',
      { weight: { inverseVolatility: 1000 } },
      { weight: { inverseVolatility: 1001 } },
    ],
    ['rebalance', { rebalance: 'quarterly' }, { rebalance: 'yearly' }],
    ['bars between rebalances', { rebalance: { every: 10_000 } }, { rebalance: { every: 10_001 } }],
    ['whole bars between rebalances', { rebalance: { every: 1 } }, { rebalance: { every: 1.5 } }],
    ['fill', { fill: 'nextClose' }, { fill: 'close' }],
    ['stopLoss', { exits: { stopLoss: 1 } }, { exits: { stopLoss: 1.01 } }],
    ['takeProfit', { exits: { takeProfit: 100 } }, { exits: { takeProfit: 101 } }],
    ['trailingStop', { exits: { trailingStop: 0.99 } }, { exits: { trailingStop: 1 } }],
    ['atrStop', { exits: { atrStop: { n: 1, k: 100 } } }, { exits: { atrStop: { n: 0, k: 100 } } }],
    [
      'volatilityStop',
      { exits: { volatilityStop: { n: 1000, k: 0.1 } } },
      { exits: { volatilityStop: { n: 9, k: 0 } } },
    ],
    ['maxHoldingBars', { exits: { maxHoldingBars: 1 } }, { exits: { maxHoldingBars: 0 } }],
    ['commission', { costs: { commission: 0 } }, { costs: { commission: 1 } }],
    ['tax', { costs: { tax: 0.5 } }, { costs: { tax: -0.1 } }],
    ['slippage', { costs: { slippage: 0.5 } }, { costs: { slippage: 1 } }],
    ['maxWeight', { maxWeight: 10 }, { maxWeight: 0 }],
    [
      'the most of a groupCap',
      { groupCap: { group: 'sector', max: 10 } },
      { groupCap: { group: 'sector', max: 0 } },
    ],
    ['the group of a groupCap', { groupCap: { group: 's', max: 1 } }, { groupCap: { group: '', max: 1 } }],
    ['minTrade', { minTrade: 0.99 }, { minTrade: 1 }],
    ['maxTurnover', { maxTurnover: 10 }, { maxTurnover: 0 }],
    ['grossExposure', { grossExposure: 10 }, { grossExposure: 10.1 }],
    ['borrowRate', { borrowRate: 10 }, { borrowRate: -0.01 }],
    ['financingRate', { financingRate: 0 }, { financingRate: 11 }],
    ['delistAfter', { delistAfter: 10_000 }, { delistAfter: 0 }],
    ['delistHaircut', { delistHaircut: 1 }, { delistHaircut: 1.1 }],
    ['no setting that does not exist', {}, { leverage: 2 }],
  ])('%s', (_, good, bad) => {
    const shape = (portfolio: unknown) => ({ ...scoredBy([field('close')]), portfolio })
    for (const taken of [shapeIsTaken, (value: unknown) => conforms(value, SCHEMA)]) {
      expect(taken(shape(good))).toBe(true)
      expect(taken(shape(bad))).toBe(false)
    }
  })

  test.each<[unknown, unknown]>([
    [{ top: 1 }, { top: 0 }],
    [{ top: 100_000 }, { top: 100_001 }],
    [{ bottom: 7 }, { bottom: 7.5 }],
    [{ topFraction: 1 }, { topFraction: 0 }],
    [{ topFraction: 0.01 }, { topFraction: 1.01 }],
    [{ threshold: -3 }, { threshold: '3' }],
    [{ top: 1 }, {}],
    [{ top: 1 }, { top: 1, bottom: 1 }],
  ])('a selection of %j, not of %j', (good, bad) => {
    const shape = (select: unknown) =>
      scoredBy([field('a')], { rule: { kind: 'score', score: 'a', select } as never })
    for (const taken of [shapeIsTaken, (value: unknown) => conforms(value, SCHEMA)]) {
      expect(taken(shape(good))).toBe(true)
      expect(taken(shape(bad))).toBe(false)
    }
  })

  test('what is left out has the defaults', () => {
    expect(strategyGraphSchema.parse(scoredBy([{ id: 'a', op: 'obv' }]))).toEqual({
      version: 1,
      name: 'Test',
      nodes: [{ id: 'a', op: 'obv', inputs: [], params: {} }],
      rule: { kind: 'score', score: 'a', select: { top: 3 } },
      portfolio: {
        side: 'long',
        weight: 'equal',
        rebalance: 'monthly',
        fill: 'nextOpen',
        exits: {},
        grossExposure: 1,
        borrowRate: 0,
        financingRate: 0.05,
        delistAfter: 20,
        delistHaircut: 0,
      },
    })
  })
})
