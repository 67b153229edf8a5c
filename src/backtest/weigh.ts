import type { Weighting } from '../graph/strategy-graph.js'

/** One leg of a portfolio as a slice of parallel arrays: entries `from … to − 1`, best pick first. */
export interface Leg {
  readonly symbols: Int32Array
  readonly weights: Float64Array
  readonly from: number
  readonly to: number
  /** 1 for longs, −1 for shorts. */
  readonly sign: 1 | -1
}

/** What the weightings look at at one decision. */
export interface WeighingView {
  /** Absent for rules without a score. */
  readonly scores: Float64Array | undefined
  /** Standard deviations of returns: there for `inverseVolatility`. */
  readonly volatility: Float64Array | undefined
  /** Where the values of the decision's bar begin, in both. */
  readonly row: number
}

/** A volatility below this is none: such a symbol has no inverse. */
const LEAST_DEVIATION = 1e-12

/**
 * Fills in a leg's weights, which sum to sign·total, and returns its new end: `inverseVolatility` leaves out symbols
 * without a volatility, and the others move up.
 */
export function weighLeg(leg: Leg, weighting: Weighting, total: number, view: WeighingView): number {
  const { symbols, weights, from, sign } = leg
  const { scores, volatility, row } = view
  let to = leg.to
  let sum = 0
  if (typeof weighting === 'object') {
    let kept = from
    for (let j = from; j < to; j++) {
      const symbol = symbols[j]!
      const deviation = volatility![row + symbol]!
      if (!(deviation >= LEAST_DEVIATION)) continue
      symbols[kept] = symbol
      weights[kept] = 1 / deviation
      sum += weights[kept++]!
    }
    to = kept
  } else if (weighting === 'rank') {
    for (let j = from; j < to; j++) {
      weights[j] = to - j
      sum += to - j
    }
  } else if (weighting === 'score') {
    let largest = 0
    for (let j = from; j < to; j++) largest = Math.max(largest, sign * scores![row + symbols[j]!]!)
    // The sum of scores near the end of the number range would be infinite.
    const unit = largest > 1e300 ? largest : 1
    for (let j = from; j < to && largest > 0; j++) {
      const share = Math.max(sign * scores![row + symbols[j]!]!, 0) / unit
      weights[j] = share
      sum += share
    }
  }
  if (sum === 0) {
    weights.fill((sign * total) / (to - from), from, to)
    return to
  }
  for (let j = from; j < to; j++) weights[j] = (sign * total * weights[j]!) / sum
  return to
}

/**
 * Caps |w| at `cap` among the entries of one sign: what is above is spread over the uncapped in proportion to their
 * weights, again until none exceeds; when all are capped the rest stays in cash. `capped` is scratch.
 */
export function capWeights(
  weights: Float64Array,
  count: number,
  sign: 1 | -1,
  cap: number,
  capped: Uint8Array,
): void {
  capped.fill(0, 0, count)
  for (;;) {
    let excess = 0
    let uncapped = 0
    for (let j = 0; j < count; j++) {
      const size = sign * weights[j]!
      if (capped[j] === 1 || size <= 0) continue
      if (size > cap) {
        excess += size - cap
        weights[j] = sign * cap
        capped[j] = 1
      } else uncapped += size
    }
    if (excess === 0 || uncapped === 0) return
    const factor = 1 + excess / uncapped
    for (let j = 0; j < count; j++) if (capped[j] === 0 && sign * weights[j]! > 0) weights[j]! *= factor
  }
}
