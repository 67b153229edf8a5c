import { createRng } from '../../src/base/rng.js'
import type { RangeMetrics } from '../../src/champion/objective.js'
import type { Contender, DecisionContext } from '../../src/champion/policy.js'

/** Bars of a validation range in these tests. */
export const BARS = 250

const noise = Float64Array.from(
  { length: BARS },
  (
    (rng) => () =>
      0.01 * rng.normal()
  )(createRng('market')),
)

/** Daily returns around one market, whose drift follows the Sharpe that the metrics claim. */
export const returnsFor = (sharpe: number): Float64Array =>
  noise.map((value, bar) => value + (0.01 * sharpe) / Math.sqrt(252) + 1e-4 * Math.sin(bar * sharpe))

/** A LEVEL_3 contender; the figures are as if measured, the returns agree with the Sharpe. */
export function contender(
  figures: { sharpe: number; calmar?: number | null; maxDrawdown?: number | null; [other: string]: unknown },
  more: Partial<Contender> = {},
): Contender {
  const metrics = { calmar: 1, maxDrawdown: -0.1, cagr: 0.1, ...figures }
  return {
    hash: `hash-${JSON.stringify(figures)}`,
    level: 'LEVEL_3',
    validation: { metrics } as RangeMetrics,
    returns: returnsFor(figures.sharpe),
    nodes: 10,
    ...more,
  }
}

/** Iteration 40, long after a crowning at 10. */
export const context = (change: Partial<DecisionContext> = {}): DecisionContext => ({
  iteration: 40,
  crownedAt: 10,
  rng: createRng('decision', 7),
  periodsPerYear: 252,
  ...change,
})
