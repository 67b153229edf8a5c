// Sum, product and mean of the last n values: the two-block scheme, see src/graph/kernels/rolling-sum.ts.
import { missing, put } from './lanes'

// @ts-ignore: decorator
@inline
function joined(a: v128, b: v128, isProduct: bool): v128 {
  return isProduct ? f64x2.mul(a, b) : f64x2.add(a, b)
}

// @ts-ignore: decorator
@inline
function totalsOf(
  prev: usize, cur: usize, out: usize, ends: usize, n: i32, first: i32, rows: i32, width: i32, isProduct: bool,
): void {
  const row = <usize>width << 3
  const none = f64x2.splat(isProduct ? 1 : 0)
  for (let c = 0; c < width; c += 4) {
    const s = <usize>min(c, width - 4) << 3
    let k = ends + (<usize>n << 5)
    let a = none
    let b = none
    v128.store(k, a)
    v128.store(k, b, 16)
    if (prev) {
      let at = prev + s + <usize>(n - 1) * row
      for (let i = n - 1; i > first; i--) {
        a = joined(a, v128.load(at), isProduct)
        b = joined(b, v128.load(at, 16), isProduct)
        k -= 32
        v128.store(k, a)
        v128.store(k, b, 16)
        at -= row
      }
    }
    a = none
    b = none
    let at = cur + s
    let to = out + s + <usize>first * row
    for (let i = 0; i < first; i++) {
      a = joined(a, v128.load(at), isProduct)
      b = joined(b, v128.load(at, 16), isProduct)
      at += row
    }
    for (let i = first; i < rows; i++) {
      a = joined(a, v128.load(at), isProduct)
      b = joined(b, v128.load(at, 16), isProduct)
      if (prev || i == n - 1) {
        k = prev ? ends + (<usize>(i + 1) << 5) : ends + (<usize>n << 5)
        put(to, joined(v128.load(k), a, isProduct))
        put(to + 16, joined(v128.load(k, 16), b, isProduct))
      } else missing(to)
      at += row
      to += row
    }
  }
}

/**
 * One block of `rows` ≤ n bars. `cur` and `out` are its rows, `prev` those of the whole block before (0 for the
 * first), all with `width` ≥ 4 columns; `ends` has room for (n + 1) × 4 values. Results before row
 * `first` are not wanted: `prev` is read after that row alone. Four columns at a time; the last four
 * may overlap those before, which are computed twice to the same bits.
 */
export function sum(prev: usize, cur: usize, out: usize, ends: usize, n: i32, first: i32, rows: i32, width: i32): void {
  totalsOf(prev, cur, out, ends, n, first, rows, width, false)
}

/** As `sum`. */
export function product(
  prev: usize, cur: usize, out: usize, ends: usize, n: i32, first: i32, rows: i32, width: i32,
): void {
  totalsOf(prev, cur, out, ends, n, first, rows, width, true)
}

// @ts-ignore: decorator
@inline
function meansOf(
  prev: usize, cur: usize, out: usize, ends: usize, n: i32, first: i32, rows: i32, width: i32, asked: usize,
): void {
  const row = <usize>width << 3
  const zero = f64x2.splat(0)
  const share = f64x2.splat(1.0 / <f64>n)
  for (let c = 0; c < width; c += 4) {
    const s = <usize>min(c, width - 4) << 3
    const p = v128.load(cur + s)
    const q = v128.load(cur + s, 16)
    let k = ends + (<usize>n << 5)
    let a = zero
    let b = zero
    v128.store(k, a)
    v128.store(k, b, 16)
    if (prev) {
      let at = prev + s + <usize>(n - 1) * row
      for (let i = n - 1; i > first; i--) {
        a = f64x2.add(a, f64x2.sub(v128.load(at), p))
        b = f64x2.add(b, f64x2.sub(v128.load(at, 16), q))
        k -= 32
        v128.store(k, a)
        v128.store(k, b, 16)
        at -= row
      }
    }
    a = zero
    b = zero
    let at = cur + s
    let to = out + s + <usize>first * row
    for (let i = 0; i < first; i++) {
      a = f64x2.add(a, f64x2.sub(v128.load(at), p))
      b = f64x2.add(b, f64x2.sub(v128.load(at, 16), q))
      at += row
    }
    for (let i = first; i < rows; i++) {
      a = f64x2.add(a, f64x2.sub(v128.load(at), p))
      b = f64x2.add(b, f64x2.sub(v128.load(at, 16), q))
      if (asked && !load<u8>(asked + i)) {
        at += row
        to += row
        continue
      }
      if (prev || i == n - 1) {
        k = prev ? ends + (<usize>(i + 1) << 5) : ends + (<usize>n << 5)
        put(to, f64x2.add(p, f64x2.mul(f64x2.add(v128.load(k), a), share)))
        put(to + 16, f64x2.add(q, f64x2.mul(f64x2.add(v128.load(k, 16), b), share)))
      } else missing(to)
      at += row
      to += row
    }
  }
}

/**
 * As `sum`. Differences are taken from the block's first row, so that the mean of equal values is that value. Where
 * `asked` is not 0, a byte there for each row says whether its result is wanted.
 */
export function mean(
  prev: usize, cur: usize, out: usize, ends: usize, n: i32, first: i32, rows: i32, width: i32, asked: usize,
): void {
  if (asked) meansOf(prev, cur, out, ends, n, first, rows, width, asked)
  else meansOf(prev, cur, out, ends, n, 0, rows, width, 0)
}
