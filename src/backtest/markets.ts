import { usageError } from '../base/errors.js'
import { nearest } from '../base/nearest.js'
import type { Costs, Portfolio } from '../graph/strategy-graph.js'
import type { Market } from './types.js'

const market = (name: string, periodsPerYear: number, costs: Costs): Market =>
  Object.freeze({ name, periodsPerYear, costs: Object.freeze(costs) })

/** Markets by name: costs as fractions of the traded value (tax on sales only), and the bars of a year. */
export const MARKETS: readonly Market[] = Object.freeze([
  market('us-stock', 252, { commission: 0.0005, tax: 0, slippage: 0.0005 }),
  market('tw-stock', 252, { commission: 0.001425, tax: 0.003, slippage: 0.0005 }),
  market('crypto', 365, { commission: 0.001, tax: 0, slippage: 0.0005 }),
  market('none', 252, { commission: 0, tax: 0, slippage: 0 }),
])

export const DEFAULT_MARKET = 'us-stock'

const LOTS: Readonly<Record<string, number>> = { 'tw-stock': 1000, crypto: 1e-8 }

/** Shares that are usually traded together on a market: 1000 in Taiwan, 1e-8 of a coin, else 1. */
export const usualLot = ({ name }: Pick<Market, 'name'>): number => LOTS[name] ?? 1

/** The market of a name. Throws UNKNOWN_MARKET with the nearest name. */
export function resolveMarket(name: string): Market {
  const found = MARKETS.find((candidate) => candidate.name === name)
  if (found) return found
  const names = MARKETS.map((candidate) => candidate.name)
  const meant = nearest(name, names)
  throw usageError(
    'UNKNOWN_MARKET',
    `There is no market "${name}".`,
    meant === undefined
      ? `Choose one of ${names.join(', ')}.`
      : `Did you mean ${meant}? There are ${names.join(', ')}.`,
    { market: name, markets: names },
  )
}

/** The market's costs with those that the strategy sets in their place. */
export const effectiveCosts = (of: Market, portfolio: Pick<Portfolio, 'costs'>): Costs => ({
  ...of.costs,
  ...portfolio.costs,
})
