import type { Panel } from '../data/panel.js'

export interface ForwardReturns {
  /** Prices used: opens, or closes where the panel has no open field. */
  readonly prices: 'open' | 'close'
  /** T × N: at bar t, price[t + 1 + h] / price[t + 1] − 1; NaN where either is missing or not positive. */
  returnsOver(horizon: number): Float64Array
}

/** Returns that can be had after the close of each bar: from the next bar's price to that h bars later. */
export function forwardReturns(panel: Pick<Panel, 'fields' | 'symbols'>): ForwardReturns {
  const prices = panel.fields.has('open') ? 'open' : 'close'
  const price = panel.fields.get(prices)!
  const symbols = panel.symbols.length
  const cells = price.length
  return {
    prices,
    returnsOver(horizon) {
      const out = new Float64Array(cells).fill(Number.NaN)
      const ahead = horizon * symbols
      for (let i = 0; i + symbols + ahead < cells; i++) {
        const entry = price[i + symbols]!
        const value = price[i + symbols + ahead]! / entry - 1
        if (entry > 0 && Number.isFinite(value)) out[i] = value
      }
      return out
    },
  }
}
