import type { Portfolio, Select } from './strategy-graph.js'

/** As much of a rule, evaluated or not, as says whether portfolio settings fit it. */
export type RuleShape =
  | { readonly kind: 'score'; readonly select: Select }
  | { readonly kind: 'signals' | 'weights' | 'everything' }

/** Two settings of which only one can hold. */
export interface Contradiction {
  readonly code:
    | 'WEIGHT_NEEDS_SCORE'
    | 'SIDE_NEEDS_SCORE'
    | 'SELECT_CONTRADICTS_SIDE'
    | 'SIDE_BESIDE_WEIGHTS'
    | 'WEIGHT_BESIDE_WEIGHTS'
  readonly message: string
  readonly hint: string
}

type Settings = Pick<Portfolio, 'side' | 'weight'>

/** A weighting or a side that the rule cannot give, so that there is nothing to simulate; undefined where all fits. */
export function contradiction(rule: RuleShape, { side, weight }: Settings): Contradiction | undefined {
  if (rule.kind === 'signals' && (weight === 'score' || weight === 'rank'))
    return {
      code: 'WEIGHT_NEEDS_SCORE',
      message: `weight: "${weight}" needs a score, but the strategy selects by signals`,
      hint: 'use weight: "equal" or { inverseVolatility: n }, or give a score',
    }
  if (rule.kind === 'signals' && side === 'longShort')
    return {
      code: 'SIDE_NEEDS_SCORE',
      message:
        'side: "longShort" needs a score that says what to buy and what to sell; signals only say what is on',
      hint: 'use side: "long" or "short", or give a score',
    }
  if (rule.kind === 'score' && side === 'longShort' && 'bottom' in rule.select)
    return {
      code: 'SELECT_CONTRADICTS_SIDE',
      message: 'select: { bottom } with side: "longShort" says twice, and differently, what to buy',
      hint: 'use select: { top } for as many on each side; negate the score to turn the legs round',
    }
  return undefined
}

/**
 * A side or a weighting beside target weights, which say both themselves. A simulation passes over such a setting;
 * in a strategy it means that its author expected something else.
 */
export function overruledSetting(rule: RuleShape, { side, weight }: Settings): Contradiction | undefined {
  if (rule.kind !== 'weights') return undefined
  if (side !== 'long')
    return {
      code: 'SIDE_BESIDE_WEIGHTS',
      message: `side: "${side}" says who is bought, and so do the weights`,
      hint: 'leave side out: negative weights are short positions',
    }
  if (weight !== 'equal')
    return {
      code: 'WEIGHT_BESIDE_WEIGHTS',
      message: 'weight and weights contradict each other',
      hint: 'leave weight out: the panel gives the target weights itself',
    }
  return undefined
}
