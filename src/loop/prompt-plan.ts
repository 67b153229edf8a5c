/**
 * How an iteration's model is asked: fixed by seed, number, settings and the state before the batch, so that a resume
 * and `alphaloop prompt` plan the same again.
 * 1. what there is to show: champion, parents, the newest strategy that failed
 * 2. the variant, by weight, among those that can be used (feedback/variants)
 * 3. for a crossover, which two parents: good ones, unlike each other
 */

import { usageError } from '../base/errors.js'
import { createRng, type Rng } from '../base/rng.js'
import type { Config } from '../config/schema.js'
import { failureOf } from '../feedback/failure-patterns.js'
import type { PromptFailure } from '../feedback/prompt-input.js'
import { type Available, drawVariant, missingFor, VARIANTS } from '../feedback/variants/draw.js'
import type { PromptVariant, VariantName } from '../feedback/variants/variant.js'
import type { IterationRecord } from '../history/record.js'
import { shapesOf, UNLIKE, unlikeness } from '../search/likeness.js'
import { strategyToCode } from '../strategy/to-code.js'
import type { ParentRef, ProposalView } from './state.js'
import { strategyOf } from './strategy-of.js'

/** What one prompt is about. */
export interface PromptPlan {
  readonly variant: PromptVariant
  /** The two parents of a crossover; else none. */
  readonly crossed: readonly ParentRef[]
  /** The strategy to mend, and the record that has it. */
  readonly failed: { readonly id: string; readonly failure: PromptFailure } | null
  /** Ids of the records that the proposal is to be made from. */
  readonly parents: readonly string[]
}

/** The plan of a prompt that nobody drew: for something new. */
export const PLAIN_PLAN: PromptPlan = { variant: VARIANTS.explore, crossed: [], failed: null, parents: [] }

/** @throws AlphaloopError (usage) VARIANT_NOT_USABLE where a variant is named whose needs are not met */
export function planPrompt(
  iteration: number,
  view: ProposalView,
  config: Pick<Config, 'seed' | 'llm'>,
  named?: VariantName,
): PromptPlan {
  const rng = createRng(config.seed, 'iteration', iteration).fork('prompt')
  const failed = newestFailure(view.recent)
  const champion = view.championRecord
  const available: Available = {
    championNodes: champion?.strategy?.graph?.nodes.length ?? null,
    parents: view.parents.length,
    failure: failed !== null,
  }
  const variant = named === undefined ? drawVariant(rng, available, config.llm.prompts) : VARIANTS[named]
  const missing = missingFor(variant, available)
  if (missing !== undefined)
    throw usageError(
      'VARIANT_NOT_USABLE',
      `${variant.name} cannot be used for iteration ${iteration}: ${missing}`,
      'name another variant, or a later iteration',
      { variant: variant.name, iteration },
    )
  const crossed = variant.needs.parents ? drawParents(rng.fork('parents'), view.parents) : []
  const mended = variant.needs.failure ? failed : null
  return {
    variant,
    crossed,
    failed: mended,
    parents: [
      ...(variant.needs.champion ? [champion!.id] : []),
      ...crossed.map(({ id }) => id),
      ...(mended === null ? [] : [mended.id]),
    ],
  }
}

/** Best parents that a crossover draws from. */
const POOL = 20

/** Two of the best: each the better of two that were drawn, the second unlike the first where there is one. */
function drawParents(rng: Rng, parents: readonly ParentRef[]): ParentRef[] {
  const better = (pool: readonly ParentRef[]) =>
    pool[Math.min(rng.int(0, pool.length - 1), rng.int(0, pool.length - 1))]!
  const pool = parents.slice(0, POOL)
  const first = better(pool)
  const shapes = shapesOf(strategyOf(first.record))
  const others = pool
    .filter(({ id }) => id !== first.id)
    .map((parent) => ({ parent, unlike: unlikeness(shapes, shapesOf(strategyOf(parent.record))) }))
  const unlike = others.filter((other) => other.unlike >= UNLIKE)
  if (unlike.length > 0) return [first, better(unlike.map(({ parent }) => parent))]
  const most = Math.max(...others.map((other) => other.unlike))
  return [first, others.find((other) => other.unlike === most)!.parent]
}

/** The newest record that failed or was LEVEL_1 with code to mend, unless its repair was asked for already. */
function newestFailure(
  recent: readonly IterationRecord[],
): { readonly id: string; readonly failure: PromptFailure } | null {
  const asked = new Set(
    recent.flatMap(({ promptVariant, parents }) => (promptVariant?.name === 'repair' ? parents : [])),
  )
  for (const record of recent.toReversed()) {
    if (asked.has(record.id)) continue
    const error = failureOf(record)
    // A duplicate has nothing to mend, and a crash is not the strategy's fault.
    if (error === null || record.execution.status === 'rejected' || error.category === 'crash') continue
    const written = writtenCode(record)
    if (written === null) continue
    const because = record.execution.status === 'success' ? { message: record.champion.because } : {}
    return {
      id: record.id,
      failure: { iteration: record.iteration, ...written, error: { ...error, ...because } },
    }
  }
  return null
}

function writtenCode(record: IterationRecord): { code: string; language: string } | null {
  const { attempt, strategy } = record
  if (attempt !== undefined) return attempt
  if (strategy?.code !== undefined) return { code: strategy.code, language: strategy.language ?? 'ts' }
  return strategy?.graph ? { code: strategyToCode(strategyOf(record)), language: 'ts' } : null
}
