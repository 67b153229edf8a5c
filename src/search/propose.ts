/**
 * One proposal of the Factor Graph:
 * 1. a proposer is drawn by its weight, never below the floor (choose.ts); without evaluated parents only template
 *    and random can be (here)
 * 2. parents are chosen by tournament on train scores (parents.ts)
 * 3. it makes a strategy: from-template.ts, random-strategy.ts, mutate.ts, crossover.ts
 * 4. one that is known already is drawn again, from 1, up to ten times (here)
 */
import { usageError } from '../base/errors.js'
import type { StrategyHash } from '../base/hash.js'
import type { Rng } from '../base/rng.js'
import { renameStrategy, type Strategy } from '../graph/strategy.js'
import { sharesWithFloor } from './choose.js'
import { crossover } from './crossover.js'
import { strategyFromTemplate } from './from-template.js'
import { mutate } from './mutate.js'
import { mutatedName } from './names.js'
import { parentPool, tournament } from './parents.js'
import {
  type FactorGraphProposal,
  type MutationResult,
  type Parent,
  PROPOSERS,
  type Proposer,
  type ProposerWeights,
  type SearchSpace,
} from './proposal.js'
import { randomStrategy } from './random-strategy.js'

/** How often a known strategy is drawn again before the iteration is given up as a duplicate. */
const MAX_REDRAWS = 10
/** A draw may fail to make anything at all: as many more are taken before the space is called empty. */
const MOST_FAILURES = 50

export const DEFAULT_PROPOSER_WEIGHTS: ProposerWeights = Object.freeze({
  template: 3,
  mutate: 4,
  crossover: 2,
  random: 2,
})

export interface ProposeOptions {
  /** The iteration's own stream; equal streams and inputs give equal proposals. */
  readonly rng: Rng
  readonly space: SearchSpace
  readonly champion?: Parent | undefined
  /** Evaluated strategies with their train scores, in any order. */
  readonly parents: readonly Parent[]
  /** Whether a strategy was evaluated, or stands in the batch already. */
  readonly seen: (hash: StrategyHash) => boolean
  readonly weights?: ProposerWeights
  /** Draws after the first, where that was seen (10). */
  readonly maxRedraws?: number
}

type Made = MutationResult & { readonly parents: readonly string[] }

/**
 * Draws a strategy that was not seen yet.
 * @throws AlphaloopError (usage) NOTHING_TO_SEARCH where the constraints let no strategy be drawn at all
 */
export function proposeFactorGraph(options: ProposeOptions): FactorGraphProposal {
  const { rng, space, seen, weights = DEFAULT_PROPOSER_WEIGHTS, maxRedraws = MAX_REDRAWS } = options
  const pool = parentPool(options.parents, options.champion)
  const usable = PROPOSERS.filter((proposer) =>
    proposer === 'mutate' ? pool.length > 0 : proposer === 'crossover' ? pool.length > 1 : true,
  )
  const shares = sharesWithFloor(usable.map((proposer) => weights[proposer] ?? 0))
  let attempts = 0
  let duplicate: FactorGraphProposal | undefined
  let because = ''
  for (let draw = 0; attempts <= maxRedraws && draw < maxRedraws + MOST_FAILURES; draw++) {
    const stream = rng.fork('draw', draw)
    const proposer = usable[stream.weighted(shares)]!
    const made = make(proposer, stream, space, pool)
    if (!made.ok) {
      because = made.because
      continue
    }
    attempts++
    const { strategy, what, parents } = made
    const drawn = { strategy, proposer, parents, what, attempts }
    if (!seen(strategy.hash)) return { state: 'proposed', ...drawn }
    duplicate = { state: 'duplicate', duplicateOf: strategy.hash, ...drawn }
  }
  if (duplicate !== undefined) return duplicate
  throw usageError(
    'NOTHING_TO_SEARCH',
    `no strategy can be drawn from the data within the constraints; the last one failed because ${because}`,
    'loosen constraints: allow more fields, operators or sides',
  )
}

function make(proposer: Proposer, rng: Rng, space: SearchSpace, pool: readonly Parent[]): Made {
  switch (proposer) {
    case 'template':
      return { ...strategyFromTemplate(rng, space), parents: [] }
    case 'random':
      return { ...randomStrategy(rng, space), parents: [] }
    case 'mutate': {
      const parent = tournament(rng, pool)!
      return { ...mutateSome(parent.strategy, rng, space), parents: [parent.id] }
    }
    case 'crossover': {
      const first = tournament(rng, pool)!
      const second = tournament(
        rng,
        pool.filter(({ strategy }) => strategy.hash !== first.strategy.hash),
      )!
      return {
        ...crossover(first.strategy, second.strategy, { rng, space }),
        parents: [first.id, second.id],
      }
    }
    default:
      return proposer satisfies never
  }
}

/** One mutation mostly, now and then two or three in a row: far enough to leave a small hill. */
function mutateSome(parent: Strategy, rng: Rng, space: SearchSpace): MutationResult {
  const count = 1 + rng.weighted([7, 2, 1])
  let strategy = parent
  const done: string[] = []
  for (let i = 0; i < count; i++) {
    const result = mutate(strategy, { rng, space })
    if (!result.ok) {
      if (done.length === 0) return result
      break
    }
    strategy = result.strategy
    done.push(result.what)
  }
  if (strategy.hash === parent.hash) return { ok: false, because: 'its mutations cancelled each other out' }
  const what = done.join('; ')
  return {
    ok: true,
    strategy: done.length === 1 ? strategy : renameStrategy(strategy, mutatedName(parent.graph.name, what)),
    what,
  }
}
