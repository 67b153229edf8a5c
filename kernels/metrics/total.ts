// The sum of a series.

import { both } from '../lanes'
import { before } from './lanes'

/** Σ values, four sums of two beside each other, so that none waits for the one before. */
export function total(values: usize, count: i32): f64 {
  let a = f64x2.splat(0)
  let b = a
  let c = a
  let d = a
  let bar = 0
  let at = values
  for (; bar + 8 <= count; bar += 8, at += 64) {
    a = f64x2.add(a, v128.load(at))
    b = f64x2.add(b, v128.load(at, 16))
    c = f64x2.add(c, v128.load(at, 32))
    d = f64x2.add(d, v128.load(at, 48))
  }
  for (; bar < count; bar += 2, at += 16) a = f64x2.add(a, v128.and(v128.load(at), before(bar, count)))
  return both(f64x2.add(f64x2.add(a, b), f64x2.add(c, d)))
}
