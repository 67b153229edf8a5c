// Falls from the highest equity so far.

import { both } from '../lanes'
import { before } from './lanes'

/**
 * Writes to `sums` the deepest fall (≤ 0) and Σ fall², where a fall is equity / highest equity so far − 1 and the
 * highest is 1 before the first bar.
 */
export function falls(equity: usize, count: i32, sums: usize): void {
  let peak = f64x2.splat(1)
  let deepest = f64x2.splat(0)
  let squares = deepest
  const one = peak
  for (let bar = 0, at = equity; bar < count; bar += 2, at += 16) {
    const value = v128.load(at)
    const first = v128.shuffle<f64>(value, value, 0, 0)
    // The highest up to each of the two bars; the second stands for both from here on.
    const highest = f64x2.pmax(peak, f64x2.pmax(first, value))
    peak = v128.shuffle<f64>(highest, highest, 1, 1)
    const fall = v128.and(f64x2.sub(f64x2.div(value, highest), one), before(bar, count))
    deepest = f64x2.pmin(deepest, fall)
    squares = f64x2.add(squares, f64x2.mul(fall, fall))
  }
  store<f64>(sums, min(f64x2.extract_lane(deepest, 0), f64x2.extract_lane(deepest, 1)))
  store<f64>(sums, both(squares), 8)
}
