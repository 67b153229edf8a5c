import { type MetricSheet, NO_VARIATION } from './sheet.js'

/** Falls from the highest equity so far, the starting value of 1 included (≤ 0). */
export function measureDrawdowns(sheet: MetricSheet, equity: Float64Array, cagr: number): void {
  let peak = 1
  let deepest = 0
  let squares = 0
  for (let t = 0; t < equity.length; t++) {
    const value = equity[t]!
    if (value > peak) peak = value
    const drawdown = value / peak - 1
    if (drawdown < deepest) deepest = drawdown
    squares += drawdown * drawdown
  }
  sheet.put('maxDrawdown', deepest)
  sheet.put('ulcer', Math.sqrt(squares / equity.length))
  if (-deepest < NO_VARIATION) sheet.none('calmar', 'there was no drawdown')
  else sheet.put('calmar', cagr / -deepest)
}
