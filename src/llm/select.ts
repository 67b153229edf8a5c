import type { Rng } from '../base/rng.js'
import type { Earned } from './earnings.js'

export interface Arm {
  readonly name: string
  /** Share of the questions; 0: never asked first. */
  readonly weight: number
}

/** Share of the questions that the bandit gives to each model, however little it has earned. */
const FLOOR = 0.05

/** A question is never free, even where a model is: its strategy is evaluated. As a share of the dearest model's cost. */
const LEAST_COST = 0.05

/** Draws a model in proportion to its weight. At least one weight is above 0. */
export const chooseByWeight = (arms: readonly Arm[], rng: Rng): number =>
  rng.weighted(arms.map(({ weight }) => weight))

/**
 * Thompson sampling of reward per cost: each model's mean reward is drawn from its Beta posterior (uniform prior,
 * rewards in [0, 1] as fractions of a success; Agrawal and Goyal, COLT 2012) and divided by what an answer of its costs
 * relative to the dearest, as the density rule of budgeted bandits does (Tran-Thanh et al., AAAI 2012). Dollars are
 * compared where all that were asked have a price, else tokens. The same arguments and stream give the same choice.
 */
export function chooseByEarnings(
  arms: readonly Arm[],
  earned: Readonly<Record<string, Earned>>,
  rng: Rng,
): number {
  const open = arms.flatMap(({ weight }, i) => (weight > 0 ? [i] : []))
  if (open.length === 1) return open[0]!
  if (rng.next() < Math.min(1, FLOOR * open.length)) return rng.pick(open)
  const costs = relativeCosts(open.map((i) => earned[arms[i]!.name]))
  let best = open[0]!
  let most = Number.NEGATIVE_INFINITY
  open.forEach((i, place) => {
    const { rewards = 0, gain = 0 } = earned[arms[i]!.name] ?? {}
    const value = drawBeta(1 + gain, 1 + Math.max(0, rewards - gain), rng) / costs[place]!
    if (value > most) {
      most = value
      best = i
    }
  })
  return best
}

/** Mean cost of an iteration with each model, as a share of the dearest; of one never paid for, the mean of the others. */
function relativeCosts(all: readonly (Earned | undefined)[]): number[] {
  const paid = all.filter((one) => one !== undefined && one.rewards > 0 && one.tokens > 0)
  const inDollars = paid.every((one) => one!.costUsd !== null)
  const means = all.map((one) => {
    if (one === undefined || one.rewards === 0 || one.tokens === 0) return undefined
    return (inDollars ? one.costUsd! : one.tokens) / one.rewards
  })
  const known = means.filter((mean) => mean !== undefined)
  const dearest = Math.max(0, ...known)
  if (!(dearest > 0)) return all.map(() => 1)
  const usual = known.reduce((sum, mean) => sum + mean, 0) / known.length
  return means.map((mean) => Math.max(LEAST_COST, (mean ?? usual) / dearest))
}

/** Beta(a, b) for a, b ≥ 1, as a share of two gamma variates. */
function drawBeta(a: number, b: number, rng: Rng): number {
  const x = drawGamma(a, rng)
  return x / (x + drawGamma(b, rng))
}

/** Gamma(shape ≥ 1, scale 1): Marsaglia and Tsang, ACM Transactions on Mathematical Software 26 (2000) 363. */
function drawGamma(shape: number, rng: Rng): number {
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = rng.normal()
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - rng.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}
