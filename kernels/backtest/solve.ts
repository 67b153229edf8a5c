// The equity that is left after a fill.

import { both } from '../lanes'

/** Steeper than this, and the equation is left to plain iteration, as it is defined. */
const GENTLE: f64 = 0.5

const MOST_ROUNDS = 500

/**
 * The share f of the target weights that fits beside what is stuck, when the trade leaves `equity`. `gross` is the
 * gross of the tradable targets.
 */
export function targetScale(equity: f64, gross: f64, stuck: f64, grossExposure: f64): f64 {
  if (equity <= 0) return 0
  const f = min<f64>(1, max<f64>(0, grossExposure * equity - stuck) / (gross * equity))
  return f * gross >= 1e-12 ? f : 0
}

/**
 * The equity E⁺ that is left when each of `count` orders takes its symbol to f·w·E⁺ and costs are paid from the
 * account: the solution of E⁺ = E − Σ costs(E⁺), to 1e-14 relative. The right side consists of straight pieces, one for
 * each way in which the orders can part into purchases and sales; so Newton's steps, which follow the piece that they
 * stand on, end after two or three, where plain iteration from E needs a handful. Two orders at a time: one number
 * behind the last weight and the last value is written.
 */
export function equityAfterFill(
  weights: usize,
  values: usize,
  count: i32,
  gross: f64,
  equity: f64,
  stuck: f64,
  grossExposure: f64,
  buyRate: f64,
  sellRate: f64,
): f64 {
  let after = equity
  if (buyRate == 0 && sellRate == 0) return after
  const behind = <usize>count << 3
  store<f64>(weights + behind, 0)
  store<f64>(values + behind, 0)
  const end = <usize>((count + 1) & ~1) << 3
  const zero = f64x2.splat(0)
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const scale = targetScale(after, gross, stuck, grossExposure)
    const unit = f64x2.splat(scale * after)
    let boughts = zero
    let solds = zero
    let boughtWeights = zero
    let soldWeights = zero
    for (let at: usize = 0; at < end; at += 16) {
      const weight = v128.load(weights + at)
      const change = f64x2.sub(f64x2.mul(unit, weight), v128.load(values + at))
      // Which way an order goes is as good as random: a branch would be guessed wrong half of the time.
      const isBought = f64x2.gt(change, zero)
      boughts = f64x2.add(boughts, v128.and(change, isBought))
      solds = f64x2.sub(solds, v128.andnot(change, isBought))
      boughtWeights = f64x2.add(boughtWeights, v128.and(weight, isBought))
      soldWeights = f64x2.add(soldWeights, v128.andnot(weight, isBought))
    }
    const next = equity - (both(boughts) * buyRate + both(solds) * sellRate)
    // How fast the targets' unit f·E⁺ grows with E⁺.
    const growth = scale == 1 ? 1.0 : scale > 0 ? grossExposure / gross : 0.0
    const slope = growth * (both(soldWeights) * sellRate - both(boughtWeights) * buyRate)
    const step = abs(slope) < GENTLE ? (next - after) / (1 - slope) : next - after
    after += step
    if (abs(step) <= 1e-14 * abs(after)) break
  }
  return after
}
