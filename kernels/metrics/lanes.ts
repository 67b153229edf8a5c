// Bars two at a time. Behind an odd row stands one number of no meaning.

/** All bits of the two bars from `bar` on that are before `count`. */
// @ts-ignore: decorator
@inline
export function before(bar: i32, count: i32): v128 {
  return i64x2.lt_s(i64x2.replace_lane(i64x2.splat(bar), 1, bar + 1), i64x2.splat(count))
}
