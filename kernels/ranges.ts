// Steps of indicators that compare a bar with the one before: see src/graph/kernels/true-range.ts and indicators/. The
// row of the bar before stands at `before` and is replaced by the newest.

/** True range of `rows` bars of high, low and close; high − low where the close before is missing. */
export function trueRange(
  high: usize, low: usize, close: usize, before: usize, out: usize, rows: i32, width: i32,
): void {
  const row = <usize>width << 3
  const pairs = row & ~15
  let last = before
  for (let t = 0; t < rows; t++) {
    for (let s: usize = 0; s < pairs; s += 16)
      v128.store(out + s, rangeOf(v128.load(high + s), v128.load(low + s), v128.load(last + s)))
    if (pairs < row) {
      const one = rangeOf(
        v128.load64_zero(high + pairs), v128.load64_zero(low + pairs), v128.load64_zero(last + pairs),
      )
      v128.store64_lane(out + pairs, one, 0)
    }
    last = close
    high += row
    low += row
    close += row
    out += row
  }
  if (rows > 0) memory.copy(before, last, row)
}

// @ts-ignore: decorator
@inline
function rangeOf(h: v128, l: v128, before: v128): v128 {
  const range = f64x2.sub(h, l)
  const up = f64x2.abs(f64x2.sub(h, before))
  const down = f64x2.abs(f64x2.sub(l, before))
  return v128.bitselect(f64x2.max(f64x2.max(range, up), down), range, f64x2.eq(before, before))
}

/** Rises and falls since the bar before, both as positive numbers and 0 where it went the other way. */
export function changes(x: usize, before: usize, gains: usize, losses: usize, rows: i32, width: i32): void {
  const row = <usize>width << 3
  const pairs = row & ~15
  const none = f64x2.splat(0)
  let last = before
  for (let t = 0; t < rows; t++) {
    for (let s: usize = 0; s < pairs; s += 16) {
      const d = f64x2.sub(v128.load(x + s), v128.load(last + s))
      v128.store(gains + s, f64x2.max(d, none))
      v128.store(losses + s, f64x2.max(f64x2.sub(none, d), none))
    }
    if (pairs < row) {
      const d = f64x2.sub(v128.load64_zero(x + pairs), v128.load64_zero(last + pairs))
      v128.store64_lane(gains + pairs, f64x2.max(d, none), 0)
      v128.store64_lane(losses + pairs, f64x2.max(f64x2.sub(none, d), none), 0)
    }
    last = x
    x += row
    gains += row
    losses += row
  }
  if (rows > 0) memory.copy(before, last, row)
}

/** 100·a/(a + b), and 50 where both are 0. `out` may be either. */
export function percentOfBoth(a: usize, b: usize, out: usize, count: i32): void {
  const hundred = f64x2.splat(100)
  const middle = f64x2.splat(50)
  const none = f64x2.splat(0)
  const end = <usize>(count & ~1) << 3
  let i: usize = 0
  for (; i < end; i += 16) {
    const x = v128.load(a + i)
    const both = f64x2.add(x, v128.load(b + i))
    const v = v128.bitselect(middle, f64x2.div(f64x2.mul(hundred, x), both), f64x2.eq(both, none))
    v128.store(out + i, f64x2.add(v, f64x2.sub(v, v)))
  }
  if (count & 1) {
    const x = load<f64>(a + i)
    const both = x + load<f64>(b + i)
    const v = both == 0 ? 50 : (100 * x) / both
    store<f64>(out + i, v + (v - v))
  }
}
