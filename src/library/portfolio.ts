import type { Rng } from '../base/rng.js'
import {
  DEFAULT_PORTFOLIO,
  type Exits,
  type Portfolio,
  type Rebalance,
  type Rule,
  type Select,
  type Weighting,
} from '../graph/strategy-graph.js'
import type { ExitEntry, PortfolioDraw } from './entry.js'
import { drawEntry, roundTo } from './params.js'

/** What a template prefers among the settings that may be drawn. */
export interface PortfolioWish {
  /** Share of iterations that get exits at all. */
  readonly exits?: number
  /** Names of exits to choose from; default: all. */
  readonly exitNames?: readonly string[]
  readonly weights?: readonly Weighting[]
  /** Preferred rebalances; what the constraints forbid falls back to what they allow. */
  readonly rebalances?: readonly Rebalance[]
}

export const sameRebalance = (a: Rebalance, b: Rebalance): boolean =>
  typeof a === 'object' && typeof b === 'object' ? a.every === b.every : a === b

/** Settings within the constraints, as near to a wish as they allow. */
export function drawPortfolio(draw: PortfolioDraw, wish: PortfolioWish = {}): Portfolio {
  const { rng } = draw
  const wanted = (wish.rebalances ?? draw.rebalances).filter((one) =>
    draw.rebalances.some((allowed) => sameRebalance(one, allowed)),
  )
  const exits = wish.exitNames ? draw.exits.filter(({ name }) => wish.exitNames!.includes(name)) : draw.exits
  return {
    ...DEFAULT_PORTFOLIO,
    side: draw.side,
    fill: draw.fill,
    weight: rng.pick(wish.weights ?? (['equal'] as const)),
    rebalance: drawRebalance(rng, wanted.length > 0 ? wanted : draw.rebalances),
    exits: rng.next() < (wish.exits ?? 0) ? drawExits(rng, exits) : {},
  }
}

/** Trading costs what it costs: slow rebalancing is drawn more often than fast. */
const drawRebalance = (rng: Rng, rebalances: readonly Rebalance[]): Rebalance =>
  rebalances[rng.weighted(rebalances.map((one) => (one === 'daily' ? 1 : one === 'monthly' ? 4 : 2)))]!

/** One or two exit rules, now and then three. */
export function drawExits(rng: Rng, exits: readonly ExitEntry[]): Exits {
  const count = 1 + rng.weighted([6, 3, 1])
  return Object.assign(
    {},
    ...rng
      .shuffle(exits)
      .slice(0, count)
      .map((entry) => drawExit(rng, entry)),
  )
}

export const drawExit = (rng: Rng, entry: ExitEntry): Exits => entry.build(drawEntry(rng, entry))

/** Most names that a selection should hold: a third of the symbols, so that it still selects, at most 100. */
export const mostNames = (symbols: number): number => Math.max(1, Math.min(100, Math.floor(symbols / 3)))

/**
 * How many names to hold: log-uniform from a few to a third of the symbols, at most 100; as a number, now and then as
 * a share of those eligible.
 */
export function drawSelect(rng: Rng, symbols: number, fewest = 5, most = 100): Select {
  const high = Math.min(most, mostNames(symbols))
  const low = Math.min(fewest, high)
  if (symbols >= 20 && rng.next() < 0.2) return { topFraction: roundTo(0.03 * 10 ** rng.next(), 2) }
  return { top: Math.round(low * (high / low) ** rng.next()) }
}

const percent = (x: number) => `${roundTo(x * 100, 2)}%`

/** A selection in a few words: `top 20`. */
export function selectLabel(select: Select): string {
  if ('top' in select) return `top ${select.top}`
  if ('bottom' in select) return `bottom ${select.bottom}`
  if ('threshold' in select) return `above ${roundTo(select.threshold, 3)}`
  return `top ${percent(select.topFraction)}`
}

export const rebalanceLabel = (rebalance: Rebalance): string =>
  typeof rebalance === 'string' ? rebalance : `every ${rebalance.every} bars`

export function weightLabel(weight: Weighting): string {
  if (typeof weight === 'object') return `inverse volatility ${weight.inverseVolatility}`
  return weight === 'equal' ? 'equal weights' : `weights by ${weight}`
}

/** Exit rules in a few words: `trailing stop 12%, time exit 20`. */
export function exitsLabel(exits: Exits): string {
  const parts: string[] = []
  if (exits.stopLoss !== undefined) parts.push(`stop loss ${percent(exits.stopLoss)}`)
  if (exits.takeProfit !== undefined) parts.push(`profit target ${percent(exits.takeProfit)}`)
  if (exits.trailingStop !== undefined) parts.push(`trailing stop ${percent(exits.trailingStop)}`)
  if (exits.atrStop) parts.push(`ATR stop ${exits.atrStop.n}/${roundTo(exits.atrStop.k, 2)}`)
  if (exits.volatilityStop)
    parts.push(`volatility stop ${exits.volatilityStop.n}/${roundTo(exits.volatilityStop.k, 2)}`)
  if (exits.maxHoldingBars !== undefined) parts.push(`time exit ${exits.maxHoldingBars}`)
  return parts.length === 0 ? 'no exits' : parts.join(', ')
}

/** The settings that tell strategies of one kind apart: `top 20, monthly, trailing stop 12%`. */
export function portfolioLabel(rule: Rule, portfolio: Portfolio): string {
  const parts: string[] =
    portfolio.side === 'long' ? [] : [portfolio.side === 'short' ? 'short' : 'long/short']
  if (rule.kind === 'score') parts.push(selectLabel(rule.select))
  parts.push(rebalanceLabel(portfolio.rebalance))
  if (Object.keys(portfolio.exits).length > 0) parts.push(exitsLabel(portfolio.exits))
  return parts.join(', ')
}
