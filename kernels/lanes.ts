/** Stores two results; infinite ones as missing. */
// @ts-ignore: decorator
@inline
export function put(to: usize, v: v128): void {
  v128.store(to, f64x2.add(v, f64x2.sub(v, v)))
}

/** Stores four missing values. */
// @ts-ignore: decorator
@inline
export function missing(to: usize): void {
  v128.store(to, f64x2.splat(NaN))
  v128.store(to, f64x2.splat(NaN), 16)
}

/** The sum of both numbers. */
// @ts-ignore: decorator
@inline
export function both(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1)
}
