import type { StrategyHash } from '../base/hash.js'
import type { Rng } from '../base/rng.js'
import type { GraphLimits } from '../graph/limits.js'
import type { Strategy } from '../graph/strategy.js'
import type { Fill, Rebalance, Side } from '../graph/strategy-graph.js'
import type { Subgraph } from '../library/compose-graph.js'
import type { Library } from '../library/library.js'

/** The Factor Graph's ways to a proposal. */
export const PROPOSERS = ['template', 'mutate', 'crossover', 'random'] as const
export type Proposer = (typeof PROPOSERS)[number]

/** What a proposal must keep to, from the config. */
export interface SearchConstraints {
  /** Default: long only, because a market charges shorts what the default costs leave out. */
  readonly sides?: readonly Side[]
  /** Default: weekly and monthly. */
  readonly rebalances?: readonly Rebalance[]
  /** Only these fields may be read; default: all of the panel. */
  readonly fields?: readonly string[]
  /** Only these operators may be used; default: all. */
  readonly operators?: readonly string[]
  /** Must hold for every symbol that is bought: stands in every proposal's universe. */
  readonly universe?: Subgraph
  readonly fill?: Fill
}

/** The config's universe, with the content keys by which it is recognised in a parent. */
export interface RequiredUniverse {
  readonly subgraph: Subgraph
  /** Keys of the conditions that it is the conjunction of. */
  readonly conjuncts: ReadonlySet<string>
  /** Keys of all its nodes. */
  readonly nodes: ReadonlySet<string>
  /** Names that it reads. */
  readonly fields: ReadonlySet<string>
}

/** What a search draws in: the panel's names, the library that fits them, and what must be kept to. */
export interface SearchSpace {
  /** Every name that `field(…)` accepts on the panel, as `availableFields` gives them, and allowed. */
  readonly fields: readonly string[]
  readonly groups: readonly string[]
  /** Number of symbols in the panel. */
  readonly symbols: number
  /** Longest window that is drawn, in bars; mutations may walk beyond it. */
  readonly longestWindow: number
  readonly library: Library
  readonly limits: GraphLimits
  readonly sides: readonly Side[]
  readonly rebalances: readonly Rebalance[]
  readonly fill: Fill
  readonly operators: ReadonlySet<string>
  readonly universe: RequiredUniverse | undefined
}

/** What a mutation is handed. */
export interface MutationContext {
  readonly rng: Rng
  readonly space: SearchSpace
}

/** A new strategy and what was done, in words; or why it cannot be done to this one. */
export type MutationResult =
  | { readonly ok: true; readonly strategy: Strategy; readonly what: string }
  | { readonly ok: false; readonly because: string }

/** An evaluated strategy that may become a parent. */
export interface Parent {
  /** Id of its record. */
  readonly id: string
  readonly strategy: Strategy
  /** The objective on the train range; −Infinity where it is undefined. */
  readonly score: number
}

interface Drawn {
  readonly strategy: Strategy
  readonly proposer: Proposer
  /** Ids of the records that it was made from. */
  readonly parents: readonly string[]
  /** What was done, in words. */
  readonly what: string
  /** Draws that it took, this one included. */
  readonly attempts: number
}

/** `duplicate`: every draw was a strategy that is known already; the last one stands for the record. */
export type FactorGraphProposal =
  | (Drawn & { readonly state: 'proposed' })
  | (Drawn & { readonly state: 'duplicate'; readonly duplicateOf: StrategyHash })

/** Relative weights of the proposers; any may be left out (0). */
export type ProposerWeights = Readonly<Partial<Record<Proposer, number>>>
