import { z } from 'zod'
import { DEFAULT_PORTFOLIO } from './strategy-graph.js'
import { LONGEST_FUNCTION } from './window-function/read.js'

const fraction = z.number().min(0).max(1)
const wholeNumber = (min: number, max: number) => z.number().int().min(min).max(max)

/** Longer than any name that somebody writes: errors repeat names, and a name may come from anywhere. */
const LONGEST_NAME = 64
/** What is longer than a function may be, but no flood, is refused where it says why. */
const LONGEST_TEXT = 4 * LONGEST_FUNCTION
const reference = z.string().max(LONGEST_NAME)

/** Zod's record passes over a key called __proto__ without a word, and what is passed over was not checked. */
const params = z.preprocess(
  (given: Record<string, number | string>, context) => {
    if (typeof given === 'object' && given !== null && Object.hasOwn(given, '__proto__'))
      context.addIssue({ code: 'custom', message: 'a parameter cannot be called __proto__', input: given })
    return given
  },
  z.record(reference, z.union([z.number(), z.string().max(LONGEST_TEXT)])),
)

const node = z
  .strictObject({
    id: z.string().min(1).max(LONGEST_NAME).describe('Name of the node inside this graph.'),
    op: z
      .string()
      .min(1)
      .max(LONGEST_NAME)
      .describe('Name of an operator; `alphaloop operators` lists them.'),
    inputs: z.array(reference).max(64).default([]).describe('Ids of the nodes that it reads, in order.'),
    params: params.default({}),
    output: reference.optional().describe('Which output, where the operator has several.'),
    mask: reference.optional().describe('Boolean node: who takes part in a cross-section.'),
  })
  .describe('One step of the computation.')

const select = z.union([
  z.strictObject({ top: wholeNumber(1, 100_000) }),
  z.strictObject({ bottom: wholeNumber(1, 100_000) }),
  z.strictObject({ threshold: z.number() }),
  z.strictObject({ topFraction: z.number().gt(0).max(1) }),
])

const weight = z.union([
  z.enum(['equal', 'score', 'rank']),
  z.strictObject({ inverseVolatility: wholeNumber(2, 1000) }),
])

const rebalance = z.union([
  z.enum(['daily', 'weekly', 'monthly', 'quarterly']),
  z.strictObject({ every: wholeNumber(1, 10_000) }),
])

const stop = (least: number) => z.strictObject({ n: wholeNumber(least, 1000), k: z.number().gt(0).max(100) })

const exits = z.strictObject({
  stopLoss: z.number().gt(0).max(1).optional(),
  takeProfit: z.number().gt(0).max(100).optional(),
  trailingStop: z.number().gt(0).lt(1).optional(),
  atrStop: stop(1).optional(),
  volatilityStop: stop(2).optional(),
  maxHoldingBars: wholeNumber(1, 10_000).optional(),
})

const costs = z.strictObject({
  commission: z.number().min(0).lt(1).optional(),
  tax: z.number().min(0).lt(1).optional(),
  slippage: z.number().min(0).lt(1).optional(),
})

const portfolio = z.strictObject({
  side: z.enum(['long', 'short', 'longShort']).default(DEFAULT_PORTFOLIO.side),
  weight: weight.default(DEFAULT_PORTFOLIO.weight),
  rebalance: rebalance.default(DEFAULT_PORTFOLIO.rebalance),
  fill: z.enum(['nextOpen', 'nextClose']).default(DEFAULT_PORTFOLIO.fill),
  exits: exits.default({}),
  costs: costs.optional(),
  maxWeight: z.number().gt(0).max(10).optional(),
  groupCap: z
    .strictObject({ group: z.string().min(1).max(LONGEST_NAME), max: z.number().gt(0).max(10) })
    .optional()
    .describe('Largest weight of one group of symbols within each leg.'),
  minTrade: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe('No-trade band: smaller changes of weight are not traded at a rebalance.'),
  maxTurnover: z
    .number()
    .gt(0)
    .max(10)
    .optional()
    .describe('Most that one rebalance may trade, one way, as a fraction of equity.'),
  grossExposure: z.number().gt(0).max(10).default(DEFAULT_PORTFOLIO.grossExposure),
  borrowRate: z.number().min(0).max(10).default(DEFAULT_PORTFOLIO.borrowRate),
  financingRate: z.number().min(0).max(10).default(DEFAULT_PORTFOLIO.financingRate),
  delistAfter: wholeNumber(1, 10_000).default(DEFAULT_PORTFOLIO.delistAfter),
  delistHaircut: fraction.default(DEFAULT_PORTFOLIO.delistHaircut),
})

const rule = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('score'), score: reference, select }),
  z.strictObject({ kind: z.literal('signals'), enter: reference, exit: reference }),
  z.strictObject({ kind: z.literal('weights'), weights: reference }),
])

/**
 * The JSON form of a strategy as it may be written by hand, by a model or by another program: shape only. What the
 * operators themselves ask for is checked by `createStrategy`.
 */
export const strategyGraphSchema = z
  .strictObject({
    $schema: z.string().optional(),
    version: z.literal(1),
    name: z.string().min(1).max(200),
    nodes: z.array(node).min(1),
    universe: reference.optional(),
    rule,
    portfolio: portfolio.default({ ...DEFAULT_PORTFOLIO, exits: {} }),
  })
  .describe('An alphaloop strategy: a typed factor graph and its portfolio settings.')

/** The published JSON Schema of the JSON form. */
export const strategyJsonSchema = () => z.toJSONSchema(strategyGraphSchema, { io: 'input' })
