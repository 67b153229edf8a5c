import { type MetricSheet, NO_VARIATION } from './sheet.js'
import type { Sums } from './sums.js'

/** Falls from the highest equity so far, the starting value of 1 included (≤ 0). */
export function measureDrawdowns(
  sheet: MetricSheet,
  { bars, deepest, squaredFalls }: Sums,
  cagr: number,
): void {
  sheet.put('maxDrawdown', deepest)
  sheet.put('ulcer', Math.sqrt(squaredFalls / bars))
  if (-deepest < NO_VARIATION) sheet.none('calmar', 'there was no drawdown')
  else sheet.put('calmar', cagr / -deepest)
}
