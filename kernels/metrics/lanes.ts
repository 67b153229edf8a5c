// Bars two at a time. Behind an odd row stands one number of no meaning.

// @ts-ignore: decorator
@inline
export function both(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1)
}

/** All bits of the two bars from `bar` on that are before `count`. */
// @ts-ignore: decorator
@inline
export function before(bar: i32, count: i32): v128 {
  return i64x2.lt_s(i64x2.replace_lane(i64x2.splat(bar), 1, bar + 1), i64x2.splat(count))
}
