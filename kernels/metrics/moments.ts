// Sums over returns about their mean, about a floor and beside a benchmark, in one pass.

import { both } from '../lanes'
import { before } from './lanes'

/** A bar on which the benchmark moved less than this counts as neither up nor down. */
const FLAT: f64 = 1e-12

/**
 * With d = r − centre, e = b − otherCentre and s = min(r − floor, 0), writes to `sums`: Σd, Σd², Σd³, Σd⁴, Σs², the sum
 * and the number of r ≤ tail, Σr over bars on which b rose and over those on which it fell, Σde and Σ(d − e)².
 */
export function moments(
  returns: usize,
  benchmark: usize,
  count: i32,
  centre: f64,
  otherCentre: f64,
  floor: f64,
  tail: f64,
  sums: usize,
): void {
  const zero = f64x2.splat(0)
  const one = f64x2.splat(1)
  const flat = f64x2.splat(FLAT)
  const sunk = f64x2.splat(-FLAT)
  const centres = f64x2.splat(centre)
  const others = f64x2.splat(otherCentre)
  const floors = f64x2.splat(floor)
  const tails = f64x2.splat(tail)
  let drift = zero
  let second = zero
  let third = zero
  let fourth = zero
  let below = zero
  let lost = zero
  let losers = zero
  let up = zero
  let down = zero
  let covariance = zero
  let active = zero
  for (let bar = 0, at: usize = 0; bar < count; bar += 2, at += 16) {
    const there = before(bar, count)
    const value = v128.and(v128.load(returns + at), there)
    const move = v128.load(benchmark + at)
    const own = v128.and(f64x2.sub(value, centres), there)
    const square = f64x2.mul(own, own)
    drift = f64x2.add(drift, own)
    second = f64x2.add(second, square)
    third = f64x2.add(third, f64x2.mul(square, own))
    fourth = f64x2.add(fourth, f64x2.mul(square, square))
    const short = v128.and(f64x2.pmin(zero, f64x2.sub(value, floors)), there)
    below = f64x2.add(below, f64x2.mul(short, short))
    // Signs are as good as random: a branch on them would be guessed wrong half of the time.
    const isTail = v128.and(f64x2.le(value, tails), there)
    lost = f64x2.add(lost, v128.and(value, isTail))
    losers = f64x2.add(losers, v128.and(one, isTail))
    up = f64x2.add(up, v128.and(value, f64x2.gt(move, flat)))
    down = f64x2.add(down, v128.and(value, f64x2.lt(move, sunk)))
    const other = v128.and(f64x2.sub(move, others), there)
    const apart = f64x2.sub(own, other)
    covariance = f64x2.add(covariance, f64x2.mul(own, other))
    active = f64x2.add(active, f64x2.mul(apart, apart))
  }
  store<f64>(sums, both(drift))
  store<f64>(sums, both(second), 8)
  store<f64>(sums, both(third), 16)
  store<f64>(sums, both(fourth), 24)
  store<f64>(sums, both(below), 32)
  store<f64>(sums, both(lost), 40)
  store<f64>(sums, both(losers), 48)
  store<f64>(sums, both(up), 56)
  store<f64>(sums, both(down), 64)
  store<f64>(sums, both(covariance), 72)
  store<f64>(sums, both(active), 80)
}
