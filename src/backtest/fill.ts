/** Orders of one rebalance over the tradable symbols: their values now and the weights they shall have. */
export interface Orders {
  count: number
  readonly symbols: Int32Array
  readonly weights: Float64Array
  readonly values: Float64Array
}

/** What the account is before a rebalance, at the fill's prices. */
export interface FillTerms {
  /** Cash plus the value of every position. */
  readonly equity: number
  /** Gross value of held symbols that cannot trade. */
  readonly stuck: number
  readonly grossExposure: number
  /** Cost of a purchase and of a sale, as fractions of the traded value. */
  readonly buyRate: number
  readonly sellRate: number
}

/**
 * The share f of the target weights that fits beside what is stuck, when the trade leaves `equity`. `gross` is the
 * gross of the tradable targets.
 */
export function targetScale(equity: number, gross: number, stuck: number, grossExposure: number): number {
  if (equity <= 0) return 0
  const f = Math.min(1, Math.max(0, grossExposure * equity - stuck) / (gross * equity))
  return f * gross >= 1e-12 ? f : 0
}

const MAX_ROUNDS = 500

/**
 * The equity E⁺ that is left when every order takes its symbol to f·w·E⁺ and costs are paid from the account: the
 * solution of E⁺ = E − Σ costs(E⁺), by fixed-point iteration from E to 1e-14 relative. Each round shrinks the error
 * by about the cost rate, so a handful is enough.
 */
export function equityAfterFill(orders: Orders, gross: number, terms: FillTerms): number {
  const { equity, stuck, grossExposure, buyRate, sellRate } = terms
  const { count, weights, values } = orders
  let after = equity
  if (buyRate === 0 && sellRate === 0) return after
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const unit = targetScale(after, gross, stuck, grossExposure) * after
    let bought = 0
    let sold = 0
    for (let j = 0; j < count; j++) {
      const change = unit * weights[j]! - values[j]!
      if (change > 0) bought += change
      else sold -= change
    }
    const next = equity - (bought * buyRate + sold * sellRate)
    const moved = Math.abs(next - after)
    after = next
    if (moved <= 1e-14 * Math.abs(next)) break
  }
  return after
}
