import type { Rng } from '../base/rng.js'
import type { Exits, Portfolio, Rule } from '../graph/strategy-graph.js'
import type { Composer, Ref } from './compose-graph.js'
import type { LibraryParam, ParamValues } from './params.js'

interface EntryBase {
  /** In the spelling of code: `skippedMomentum`. */
  readonly name: string
  /** In words, for names of strategies: `skipped momentum`. */
  readonly title: string
  /** One line: what it measures and when it is high or true. */
  readonly doc: string
  /** Fields beside `close` that it reads; it is offered only where the panel has all of them. */
  readonly requires: readonly string[]
  readonly params: readonly LibraryParam[]
  /** Relations between parameters that their ranges cannot say: gives values that hold them. */
  readonly settle?: (params: ParamValues) => ParamValues
}

/** A number per symbol that can be compared across symbols; higher is what is expected to do better. */
export interface FactorEntry extends EntryBase {
  readonly kind: 'factor'
  /** It reads a group (sector, industry), so it is offered only where the panel has one. */
  readonly needsGroup?: boolean
  readonly build: (compose: Composer, params: ParamValues) => Ref
}

/** A condition per symbol, or of the whole market, under which one wants to be invested. */
export interface FilterEntry extends EntryBase {
  readonly kind: 'filter'
  readonly build: (compose: Composer, params: ParamValues) => Ref
}

/** A rule that closes single positions between rebalances. */
export interface ExitEntry extends EntryBase {
  readonly kind: 'exit'
  readonly build: (params: ParamValues) => Exits
}

/** What a strategy's settings are drawn from. */
export interface PortfolioDraw {
  readonly rng: Rng
  /** Symbols in the panel: how many names a selection may hold follows from it. */
  readonly symbols: number
  readonly side: Portfolio['side']
  /** In bars: longer windows would leave little of the history to trade in. */
  readonly longestWindow: number
  /** What may be drawn; never empty. */
  readonly rebalances: readonly Portfolio['rebalance'][]
  readonly fill: Portfolio['fill']
  readonly exits: readonly ExitEntry[]
}

/** What a template gives: the rule over the composer's nodes, and its settings. */
export interface TemplateParts {
  readonly universe?: Ref | undefined
  readonly rule: Rule
  readonly portfolio: Portfolio
  /** What was drawn beside the parameters, in words, for the name. */
  readonly label?: string
}

/** A whole strategy with parameters. */
export interface TemplateEntry extends EntryBase {
  readonly kind: 'template'
  /** Its rule knows one direction, so it is offered for long strategies only. */
  readonly longOnly?: boolean
  /** Which of its parameters stand in the name, in this order. */
  readonly named: readonly string[]
  readonly build: (compose: Composer, params: ParamValues, draw: PortfolioDraw) => TemplateParts
}

export type LibraryEntry = FactorEntry | FilterEntry | ExitEntry | TemplateEntry
