import type { CloseColumns } from './closes.js'

/**
 * Standard deviation (ddof 1) of one symbol's last n close-to-close returns at a bar; NaN unless all n are finite.
 * Two passes over the window.
 */
export function returnDeviation(closes: CloseColumns, symbol: number, bar: number, n: number): number {
  if (bar < n || n < 2) return Number.NaN
  const { last: prices, missing } = closes
  const end = symbol * closes.bars + bar
  const first = end - n
  if (missing !== undefined) for (let at = first; at <= end; at++) if (missing[at] !== 0) return Number.NaN
  let sum = 0
  for (let at = first + 1; at <= end; at++) sum += prices[at]! / prices[at - 1]! - 1
  const mean = sum / n
  if (!Number.isFinite(mean)) return Number.NaN
  let squares = 0
  for (let at = first + 1; at <= end; at++) {
    const distance = prices[at]! / prices[at - 1]! - 1 - mean
    squares += distance * distance
  }
  return Math.sqrt(squares / (n - 1))
}
