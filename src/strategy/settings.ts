import type { PortType } from '../graph/node.js'

/** What a setting of `strategy({ … })` may be; plain data, because the sandbox checks by it too. */
export type SettingSpec =
  | { readonly kind: 'expression'; readonly type: PortType }
  | { readonly kind: 'text'; readonly longest: number }
  | {
      readonly kind: 'integer' | 'number'
      readonly min?: number
      readonly max?: number
      /** Exclusive bounds. */
      readonly above?: number
      readonly below?: number
    }
  | {
      readonly kind: 'choice'
      readonly choices: readonly string[]
      /** Or an object with one of these keys. */
      readonly or?: Readonly<Record<string, SettingSpec>>
    }
  | {
      readonly kind: 'object'
      readonly keys: Readonly<Record<string, SettingSpec>>
      /** `one`: exactly one key; `all`: every key; `some`: any of them. */
      readonly needs: 'one' | 'all' | 'some'
    }

const fraction: SettingSpec = { kind: 'number', min: 0, max: 1 }
const cost: SettingSpec = { kind: 'number', min: 0, below: 1 }
const rate: SettingSpec = { kind: 'number', min: 0, max: 10 }
const stop = (least: number): SettingSpec => ({
  kind: 'object',
  needs: 'all',
  keys: { n: { kind: 'integer', min: least, max: 1000 }, k: { kind: 'number', above: 0, max: 100 } },
})

/** Every setting of `strategy({ … })`, by the name that authors write. The graph's schema has the last word. */
export const SETTINGS: Readonly<Record<string, SettingSpec>> = {
  name: { kind: 'text', longest: 200 },
  universe: { kind: 'expression', type: 'boolean' },
  score: { kind: 'expression', type: 'panel' },
  select: {
    kind: 'object',
    needs: 'one',
    keys: {
      top: { kind: 'integer', min: 1, max: 100_000 },
      bottom: { kind: 'integer', min: 1, max: 100_000 },
      threshold: { kind: 'number' },
      topFraction: { kind: 'number', above: 0, max: 1 },
    },
  },
  signals: {
    kind: 'object',
    needs: 'all',
    keys: {
      enter: { kind: 'expression', type: 'boolean' },
      exit: { kind: 'expression', type: 'boolean' },
    },
  },
  weights: { kind: 'expression', type: 'panel' },
  side: { kind: 'choice', choices: ['long', 'short', 'longShort'] },
  weight: {
    kind: 'choice',
    choices: ['equal', 'score', 'rank'],
    or: { inverseVolatility: { kind: 'integer', min: 2, max: 1000 } },
  },
  rebalance: {
    kind: 'choice',
    choices: ['daily', 'weekly', 'monthly', 'quarterly'],
    or: { every: { kind: 'integer', min: 1, max: 10_000 } },
  },
  fill: { kind: 'choice', choices: ['nextOpen', 'nextClose'] },
  exits: {
    kind: 'object',
    needs: 'some',
    keys: {
      stopLoss: { kind: 'number', above: 0, max: 1 },
      takeProfit: { kind: 'number', above: 0, max: 100 },
      trailingStop: { kind: 'number', above: 0, below: 1 },
      atrStop: stop(1),
      // A deviation takes two returns.
      volatilityStop: stop(2),
      maxHoldingBars: { kind: 'integer', min: 1, max: 10_000 },
    },
  },
  costs: { kind: 'object', needs: 'some', keys: { commission: cost, tax: cost, slippage: cost } },
  maxWeight: { kind: 'number', above: 0, max: 10 },
  groupCap: {
    kind: 'object',
    needs: 'all',
    keys: { group: { kind: 'text', longest: 64 }, max: { kind: 'number', above: 0, max: 10 } },
  },
  minTrade: { kind: 'number', above: 0, below: 1 },
  maxTurnover: { kind: 'number', above: 0, max: 10 },
  grossExposure: { kind: 'number', above: 0, max: 10 },
  borrowRate: rate,
  financingRate: rate,
  delistAfter: { kind: 'integer', min: 1, max: 10_000 },
  delistHaircut: fraction,
}
