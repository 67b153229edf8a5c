// Mean, squared deviations, variance and standard deviation of the last n values: see rolling-moments.ts.
import { missing, put } from './lanes'

/** What `moments` writes. */
const VARIANCE = 0
const DEVIATION = 1
/** Means to `out`, sums of squared deviations to `out2`. */
const BOTH = 2

// @ts-ignore: decorator
@inline
function emit(what: i32, to: usize, to2: usize, p: v128, s1: v128, s2: v128, share: v128, scale: v128): void {
  const shift = f64x2.mul(s1, share)
  const m2 = f64x2.sub(s2, f64x2.mul(s1, shift))
  if (what == BOTH) {
    v128.store(to, f64x2.add(p, shift))
    v128.store(to2, m2)
  } else {
    const v = f64x2.mul(m2, scale)
    put(to, what == DEVIATION ? f64x2.sqrt(v) : v)
  }
}

// @ts-ignore: decorator
@inline
function joined(
  prev: usize, cur: usize, out: usize, out2: usize, ends: usize, n: i32, first: i32, rows: i32, width: i32,
  asked: usize, what: i32,
): void {
  const row = <usize>width << 3
  const zero = f64x2.splat(0)
  const share = f64x2.splat(1.0 / <f64>n)
  const scale = f64x2.splat(1.0 / <f64>(n - 1))
  for (let c = 0; c < width; c += 4) {
    const s = <usize>min(c, width - 4) << 3
    const p = v128.load(cur + s)
    const q = v128.load(cur + s, 16)
    let k = ends + (<usize>n << 6)
    let a1 = zero
    let a2 = zero
    let b1 = zero
    let b2 = zero
    v128.store(k, zero)
    v128.store(k, zero, 16)
    v128.store(k, zero, 32)
    v128.store(k, zero, 48)
    if (prev) {
      let at = prev + s + <usize>(n - 1) * row
      for (let i = n - 1; i > first; i--) {
        const d = f64x2.sub(v128.load(at), p)
        const e = f64x2.sub(v128.load(at, 16), q)
        a1 = f64x2.add(a1, d)
        a2 = f64x2.add(a2, f64x2.mul(d, d))
        b1 = f64x2.add(b1, e)
        b2 = f64x2.add(b2, f64x2.mul(e, e))
        k -= 64
        v128.store(k, a1)
        v128.store(k, a2, 16)
        v128.store(k, b1, 32)
        v128.store(k, b2, 48)
        at -= row
      }
    }
    a1 = zero
    a2 = zero
    b1 = zero
    b2 = zero
    let at = cur + s
    let to = out + s + <usize>first * row
    let to2 = out2 + s + <usize>first * row
    for (let i = 0; i < first; i++) {
      const d = f64x2.sub(v128.load(at), p)
      const e = f64x2.sub(v128.load(at, 16), q)
      a1 = f64x2.add(a1, d)
      a2 = f64x2.add(a2, f64x2.mul(d, d))
      b1 = f64x2.add(b1, e)
      b2 = f64x2.add(b2, f64x2.mul(e, e))
      at += row
    }
    for (let i = first; i < rows; i++) {
      const d = f64x2.sub(v128.load(at), p)
      const e = f64x2.sub(v128.load(at, 16), q)
      a1 = f64x2.add(a1, d)
      a2 = f64x2.add(a2, f64x2.mul(d, d))
      b1 = f64x2.add(b1, e)
      b2 = f64x2.add(b2, f64x2.mul(e, e))
      if (asked && !load<u8>(asked + i)) {
        at += row
        to += row
        to2 += row
        continue
      }
      if (prev || i == n - 1) {
        k = prev ? ends + (<usize>(i + 1) << 6) : ends + (<usize>n << 6)
        const x1 = f64x2.add(v128.load(k), a1)
        const x2 = f64x2.add(v128.load(k, 16), a2)
        const y1 = f64x2.add(v128.load(k, 32), b1)
        const y2 = f64x2.add(v128.load(k, 48), b2)
        emit(what, to, to2, p, x1, x2, share, scale)
        emit(what, to + 16, to2 + 16, q, y1, y2, share, scale)
      } else {
        missing(to)
        if (what == BOTH) missing(to2)
      }
      at += row
      to += row
      to2 += row
    }
  }
}

/**
 * One block, shapes as `sum` (mean.ts); `ends` has room for (n + 1) × 8 values. Sums of d = x − pivot and of d², the
 * pivot being the block's first row. Where `asked` is not 0, a byte there for each row says whether its result is wanted.
 */
export function moments(
  prev: usize, cur: usize, out: usize, out2: usize, ends: usize, n: i32, first: i32, rows: i32, width: i32,
  asked: usize, what: i32,
): void {
  if (asked) joined(prev, cur, out, out2, ends, n, first, rows, width, asked, what)
  else joined(prev, cur, out, out2, ends, n, 0, rows, width, 0, what)
}
