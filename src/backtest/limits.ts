/**
 * Limits of a rebalance, in the terms of docs/decisions/009-portfolio-limits.md. They work at the fill, on what is
 * held there and what shall be held; the simulation and the orders of a real account share them.
 */

import type { Orders } from './fill.js'

/** Room for rounding, so that a change of exactly the band trades in every arithmetic. */
const ROOM = 1e-12

/**
 * Whether a position stays as it is, because its change of weight is below the no-trade band: |weight − value/equity|
 * < minTrade. A symbol that is to be closed (weight 0 or of the other sign) is never kept.
 */
export function isWithinBand(weight: number, value: number, equity: number, minTrade: number): boolean {
  if (weight === 0 || value * weight < 0) return false
  return Math.abs(weight - value / equity) < minTrade - ROOM
}

/**
 * The share (0 … 1) of every trade that is done, so that Σ|Δ|/(2·equity) is at most `maxTurnover`. What exit rules
 * close (`forced`, Σ|Δ|) goes first and whole, whatever is left; `other` is Σ|Δ| of the rest.
 */
export function turnoverShare(forced: number, other: number, equity: number, maxTurnover: number): number {
  const room = Math.max(0, 2 * maxTurnover * equity - forced)
  return other > room ? room / other : 1
}

/** A position on its way to a target under a turnover cap; one of under 1e-12 of equity is not left over. */
export function partOfWay(now: number, target: number, share: number, equity: number): number {
  const value = now + share * (target - now)
  return Math.abs(value) < ROOM * equity ? 0 : value
}

/** What a fill leaves alone, and the gross of the targets that it goes for. */
export interface Kept {
  /** Gross and net value of the positions that stay as they are. */
  gross: number
  net: number
  /** Σ|w| of the orders that are left. */
  targets: number
}

/** Takes the orders within the no-trade band out of `orders`; `keep` is called for each of them. */
export function dropWithinBand(
  orders: Orders & { readonly symbols: Int32Array; readonly prices: Float64Array },
  equity: number,
  minTrade: number,
  keep: (symbol: number) => void,
): Kept {
  const { symbols, weights, values, prices } = orders
  const kept: Kept = { gross: 0, net: 0, targets: 0 }
  let size = 0
  for (let j = 0; j < orders.count; j++) {
    const weight = weights[j]!
    const value = values[j]!
    if (isWithinBand(weight, value, equity, minTrade)) {
      kept.gross += Math.abs(value)
      kept.net += value
      keep(symbols[j]!)
      continue
    }
    symbols[size] = symbols[j]!
    weights[size] = weight
    prices[size] = prices[j]!
    values[size++] = value
    kept.targets += Math.abs(weight)
  }
  orders.count = size
  return kept
}
