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

/** Steeper than this, and the equation is left to plain iteration, as it is defined. */
const GENTLE = 0.5

/**
 * The equity E⁺ that is left when every order takes its symbol to f·w·E⁺ and costs are paid from the account: the
 * solution of E⁺ = E − Σ costs(E⁺), to 1e-14 relative. The right side consists of straight pieces, one for each way
 * in which the orders can part into purchases and sales; so Newton's steps, which follow the piece that they stand
 * on, end after two or three, where plain iteration from E needs a handful.
 */
export function equityAfterFill(orders: Orders, gross: number, terms: FillTerms): number {
  const { equity, stuck, grossExposure, buyRate, sellRate } = terms
  const { count, weights, values } = orders
  let after = equity
  if (buyRate === 0 && sellRate === 0) return after
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const scale = targetScale(after, gross, stuck, grossExposure)
    const unit = scale * after
    let bought = 0
    let sold = 0
    let boughtWeight = 0
    let soldWeight = 0
    for (let j = 0; j < count; j++) {
      const weight = weights[j]!
      const change = unit * weight - values[j]!
      // Which way an order goes is as good as random: a branch would be guessed wrong half of the time.
      const isBought = +(change > 0)
      const weightBought = weight * isBought
      const changeBought = change * isBought
      bought += changeBought
      boughtWeight += weightBought
      sold -= change - changeBought
      soldWeight += weight - weightBought
    }
    const next = equity - (bought * buyRate + sold * sellRate)
    // How fast the targets' unit f·E⁺ grows with E⁺.
    const growth = scale === 1 ? 1 : scale > 0 ? grossExposure / gross : 0
    const slope = growth * (soldWeight * sellRate - boughtWeight * buyRate)
    const step = Math.abs(slope) < GENTLE ? (next - after) / (1 - slope) : next - after
    after += step
    if (Math.abs(step) <= 1e-14 * Math.abs(after)) break
  }
  return after
}
