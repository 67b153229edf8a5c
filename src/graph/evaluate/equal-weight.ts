import type { Panel } from '../../data/panel.js'

/**
 * The equal weight of all symbols, rebalanced at every close, as a series that a strategy can read:
 * - `returns` at bar t: the mean of close[t]/close[t−1] − 1 over the symbols with both closes finite (and a finite
 *   quotient); NaN at the first bar, and where no symbol has both.
 * - `level` at bar t: 1 at the first bar, then level[t−1] · (1 + returns[t]), unchanged where returns[t] is missing; NaN
 *   from the bar on where no number can hold it.
 *
 * Both have T values, and depend at t on bars ≤ t only.
 */
export function equalWeightIndex({ dates, symbols, fields }: Pick<Panel, 'dates' | 'symbols' | 'fields'>): {
  readonly level: Float64Array
  readonly returns: Float64Array
} {
  const close = fields.get('close')!
  const width = symbols.length
  const returns = new Float64Array(dates.length).fill(Number.NaN)
  const level = new Float64Array(dates.length)
  let last = 1
  for (let t = 0; t < dates.length; t++) {
    if (t > 0) {
      let sum = 0
      let count = 0
      for (let i = t * width; i < (t + 1) * width; i++) {
        const now = close[i]!
        const before = close[i - width]!
        const r = now / before - 1
        // An infinite close before gives a finite −1.
        if (!Number.isFinite(r) || !Number.isFinite(before)) continue
        sum += r
        count++
      }
      const mean = sum / count
      if (Number.isFinite(mean)) {
        returns[t] = mean
        last *= 1 + mean
      }
    }
    level[t] = Number.isFinite(last) ? last : Number.NaN
  }
  return { level, returns }
}
