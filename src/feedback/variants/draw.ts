import type { Rng } from '../../base/rng.js'
import { CROSSOVER } from './crossover.js'
import { EXPLOIT } from './exploit.js'
import { EXPLORE } from './explore.js'
import { REPAIR } from './repair.js'
import { SIMPLIFY } from './simplify.js'
import type { PromptVariant, VariantName } from './variant.js'

export const VARIANTS: Readonly<Record<VariantName, PromptVariant>> = {
  explore: EXPLORE,
  exploit: EXPLOIT,
  repair: REPAIR,
  crossover: CROSSOVER,
  simplify: SIMPLIFY,
}

/** Weights by name that take the place of the variants' own; 0 turns one off. */
export type VariantWeights = { readonly [name in VariantName]?: number | undefined }

/** What there is to show. */
export interface Available {
  /** Nodes of the champion; null where there is none. */
  readonly championNodes: number | null
  readonly parents: number
  readonly failure: boolean
}

/** Why a variant cannot be used, or undefined where it can. */
export function missingFor({ needs }: PromptVariant, available: Available): string | undefined {
  const { championNodes } = available
  if (needs.champion && championNodes === null) return 'there is no champion'
  if (needs.championNodes !== undefined && (championNodes ?? 0) < needs.championNodes)
    return `the champion has ${championNodes} nodes, under the ${needs.championNodes} that can be made fewer`
  if (needs.parents && available.parents < 2)
    return `there ${available.parents === 1 ? 'is one scored strategy' : 'are no scored strategies'}, and two are needed`
  if (needs.failure && !available.failure) return 'nothing failed lately that could be mended'
  return undefined
}

/** One of the variants whose needs are met, by weight; `explore`, which needs nothing, where none of them may be used. */
export function drawVariant(rng: Rng, available: Available, weights: VariantWeights = {}): PromptVariant {
  const usable = Object.values(VARIANTS)
    .map((variant) => ({ variant, weight: weights[variant.name] ?? variant.weight }))
    .filter(({ variant, weight }) => weight > 0 && missingFor(variant, available) === undefined)
  if (usable.length === 0) return EXPLORE
  return usable[rng.weighted(usable.map(({ weight }) => weight))]!.variant
}
