import type { GraphNode } from './node.js'

/** What a selection picks. `bottom` is the k smallest, `topFraction` a share in (0, 1]. */
export type Select =
  | { readonly top: number }
  | { readonly bottom: number }
  | { readonly threshold: number }
  | { readonly topFraction: number }

export type Weighting = 'equal' | 'score' | 'rank' | { readonly inverseVolatility: number }
export type Rebalance = 'daily' | 'weekly' | 'monthly' | 'quarterly' | { readonly every: number }
export type Fill = 'nextOpen' | 'nextClose'
export type Side = 'long' | 'short' | 'longShort'

/** Exit rules, checked at each close in this order; see accounting. Fractions, except n (bars) and k (multiples). */
export interface Exits {
  readonly stopLoss?: number
  readonly takeProfit?: number
  readonly trailingStop?: number
  readonly atrStop?: { readonly n: number; readonly k: number }
  readonly volatilityStop?: { readonly n: number; readonly k: number }
  readonly maxHoldingBars?: number
}

/** Fractions of traded value: commission and slippage both ways, tax on sales only. */
export interface Costs {
  readonly commission: number
  readonly tax: number
  readonly slippage: number
}

/** Where the target portfolio comes from; values are node ids. */
export type Rule =
  | { readonly kind: 'score'; readonly score: string; readonly select: Select }
  | { readonly kind: 'signals'; readonly enter: string; readonly exit: string }
  | { readonly kind: 'weights'; readonly weights: string }

/** Portfolio settings with every default filled in. Rates are fractions a year. */
export interface Portfolio {
  readonly side: Side
  readonly weight: Weighting
  readonly rebalance: Rebalance
  readonly fill: Fill
  readonly exits: Exits
  /** Replaces single costs of the market. */
  readonly costs?: Partial<Costs>
  /** Largest |weight| of one symbol. */
  readonly maxWeight?: number
  /** Largest Σ|weight| of one group's symbols within each leg; see docs/decisions/009-portfolio-limits.md. */
  readonly groupCap?: { readonly group: string; readonly max: number }
  /** No-trade band: a smaller change of weight is not traded at a rebalance; closings always are. */
  readonly minTrade?: number
  /** Most that one rebalance may trade, one way: Σ|Δ|/(2E). Exit rules' closings go first, and whole. */
  readonly maxTurnover?: number
  readonly grossExposure: number
  readonly borrowRate: number
  readonly financingRate: number
  readonly delistAfter: number
  readonly delistHaircut: number
}

/**
 * The genome: a whole strategy as frozen data. It is also the JSON form of a strategy file. Nodes stand in
 * topological order (inputs before users); `universe` names a boolean node.
 */
export interface StrategyGraph {
  readonly version: 1
  readonly name: string
  readonly nodes: readonly GraphNode[]
  readonly universe?: string
  readonly rule: Rule
  readonly portfolio: Portfolio
}

export const DEFAULT_PORTFOLIO: Portfolio = Object.freeze({
  side: 'long',
  weight: 'equal',
  rebalance: 'monthly',
  fill: 'nextOpen',
  exits: Object.freeze({}),
  grossExposure: 1,
  borrowRate: 0,
  financingRate: 0.05,
  delistAfter: 20,
  delistHaircut: 0,
})
