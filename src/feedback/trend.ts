export type Trend = 'strongly improving' | 'improving' | 'declining' | 'weakening' | 'fluctuating'

/** Scored values that a trend looks at, and the fewest that make one. */
export const TREND_WINDOW = 5
export const TREND_MINIMUM = 3

/** A change of the objective that is none. */
export const FLAT = 0.02

/**
 * The direction of the last 5 values (oldest first), or null under 3. Let the move be last − first, and the path the
 * sum of |steps|.
 *
 * 1. `fluctuating`: |move| < 0.02, or |move| under half of the path (it went back and forth more than on).
 * 2. A move is steady when no step goes against it, and strong when |move| ≥ max(0.1, 20% · |first|).
 * 3. Up: `strongly improving` when steady and strong, else `improving`.
 * 4. Down: `declining` when steady and strong, else `weakening`.
 */
export function trendOf(values: readonly number[]): Trend | null {
  const recent = values.slice(-TREND_WINDOW)
  if (recent.length < TREND_MINIMUM) return null
  const first = recent[0]!
  const move = recent.at(-1)! - first
  const steps = recent.slice(1).map((value, i) => value - recent[i]!)
  const path = steps.reduce((sum, step) => sum + Math.abs(step), 0)
  if (Math.abs(move) < FLAT || Math.abs(move) < path / 2) return 'fluctuating'
  const steady = steps.every((step) => step * Math.sign(move) >= 0)
  const strong = Math.abs(move) >= Math.max(0.1, 0.2 * Math.abs(first))
  if (move > 0) return steady && strong ? 'strongly improving' : 'improving'
  return steady && strong ? 'declining' : 'weakening'
}
