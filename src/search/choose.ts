import type { Rng } from '../base/rng.js'

export type Method = 'llm' | 'factor_graph'

/** Share of iterations that every proposer keeps, however little it has earned. */
export const PROPOSER_FLOOR = 0.05

/**
 * Which method an iteration asks for and which it uses: they differ where no model is available. One draw is taken
 * either way, so that what follows does not depend on a model's presence.
 * @param innovationRate share of iterations that ask a model, 0–1
 */
export function chooseMethod(
  rng: Rng,
  innovationRate: number,
  modelAvailable: boolean,
): { readonly requested: Method; readonly used: Method } {
  const requested: Method = rng.next() < innovationRate ? 'llm' : 'factor_graph'
  return { requested, used: modelAvailable ? requested : 'factor_graph' }
}

/**
 * Weights as shares that sum to 1, each at least the floor. An arm that was given no weight at all is switched off:
 * it stays at 0. All zero: every arm alike.
 * @param floor share that each of the others keeps; it is lowered to an equal share where there are too many arms
 */
export function sharesWithFloor(weights: readonly number[], floor: number = PROPOSER_FLOOR): number[] {
  const total = weights.reduce((sum, weight) => sum + Math.max(0, weight), 0)
  if (!(total > 0)) return weights.map(() => 1 / weights.length)
  const on = weights.filter((weight) => weight > 0).length
  const least = Math.min(floor, 1 / on)
  // What is raised to the floor is taken from the others in proportion, again until none falls below it.
  const shares = weights.map((weight) => Math.max(0, weight) / total)
  const raised = new Set<number>()
  for (;;) {
    const low = shares.findIndex((share, i) => share > 0 && !raised.has(i) && share < least)
    if (low < 0) return shares
    raised.add(low)
    const free = shares.reduce((sum, share, i) => (raised.has(i) ? sum : sum + share), 0)
    const left = 1 - raised.size * least
    for (let i = 0; i < shares.length; i++)
      if (raised.has(i)) shares[i] = least
      else shares[i] = (shares[i]! / (free || 1)) * left
  }
}
