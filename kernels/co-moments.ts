// Correlation, covariance and slope over the last n pairs: see src/graph/kernels/rolling-co-moments.ts.

/** What `coMoments` writes. */
const CORRELATION = 0
const COVARIANCE = 1

// @ts-ignore: decorator
@inline
function joined(
  prevX: usize, prevY: usize, x: usize, y: usize, out: usize, ends: usize, n: i32, rows: i32, width: i32,
  asked: usize, what: i32,
): void {
  const row = <usize>width << 3
  const zero = f64x2.splat(0)
  const share = f64x2.splat(1.0 / <f64>n)
  const less = f64x2.splat(<f64>(n - 1))
  const one = f64x2.splat(1)
  const minusOne = f64x2.splat(-1)
  const none = f64x2.splat(NaN)
  const empty = ends + <usize>n * 80
  v128.store(empty, zero)
  v128.store(empty, zero, 16)
  v128.store(empty, zero, 32)
  v128.store(empty, zero, 48)
  v128.store(empty, zero, 64)
  for (let c = 0; c < width; c += 2) {
    const s = <usize>min(c, width - 2) << 3
    const p = v128.load(x + s)
    const q = v128.load(y + s)
    let k = empty
    let d = zero
    let e = zero
    let dd = zero
    let ee = zero
    let de = zero
    if (prevX) {
      let at = s + <usize>(n - 1) * row
      for (let i = n - 1; i > 0; i--) {
        const u = f64x2.sub(v128.load(prevX + at), p)
        const v = f64x2.sub(v128.load(prevY + at), q)
        d = f64x2.add(d, u)
        e = f64x2.add(e, v)
        dd = f64x2.add(dd, f64x2.mul(u, u))
        ee = f64x2.add(ee, f64x2.mul(v, v))
        de = f64x2.add(de, f64x2.mul(u, v))
        k -= 80
        v128.store(k, d)
        v128.store(k, e, 16)
        v128.store(k, dd, 32)
        v128.store(k, ee, 48)
        v128.store(k, de, 64)
        at -= row
      }
    }
    d = zero
    e = zero
    dd = zero
    ee = zero
    de = zero
    let at = s
    for (let i = 0; i < rows; i++) {
      const u = f64x2.sub(v128.load(x + at), p)
      const v = f64x2.sub(v128.load(y + at), q)
      d = f64x2.add(d, u)
      e = f64x2.add(e, v)
      dd = f64x2.add(dd, f64x2.mul(u, u))
      ee = f64x2.add(ee, f64x2.mul(v, v))
      de = f64x2.add(de, f64x2.mul(u, v))
      if (asked && !load<u8>(asked + i)) {
        at += row
        continue
      }
      let r = none
      if (prevX || i == n - 1) {
        k = prevX ? ends + <usize>(i + 1) * 80 : empty
        const allD = f64x2.add(v128.load(k), d)
        const allE = f64x2.add(v128.load(k, 16), e)
        const mean = f64x2.mul(allD, share)
        const xy = f64x2.sub(f64x2.add(v128.load(k, 64), de), f64x2.mul(allE, mean))
        if (what == COVARIANCE) {
          r = f64x2.div(xy, less)
          r = f64x2.add(r, f64x2.sub(r, r))
        } else {
          const yy = f64x2.sub(f64x2.add(v128.load(k, 48), ee), f64x2.mul(allE, f64x2.mul(allE, share)))
          if (what == CORRELATION) {
            const xx = f64x2.sub(f64x2.add(v128.load(k, 32), dd), f64x2.mul(allD, mean))
            // A constant side makes this 0/0: its deviations are exact zeros.
            r = f64x2.div(xy, f64x2.sqrt(f64x2.mul(xx, yy)))
            r = f64x2.add(r, f64x2.sub(r, r))
            // Missing passes: pmin and pmax give their first argument then.
            r = f64x2.pmax(f64x2.pmin(r, one), minusOne)
          } else {
            r = f64x2.div(xy, yy)
            r = f64x2.add(r, f64x2.sub(r, r))
          }
        }
      }
      v128.store(out + at, r)
      at += row
    }
  }
}

/**
 * One block of two inputs, shapes as `sum` (mean.ts) but `width` ≥ 2; `ends` has room for (n + 1) × 10 values. Sums of
 * d = x − pivot, e = y − pivot, d², e² and d·e; the pivots are the block's first row. Two columns at a time. `asked` as for
 * `moments`.
 */
export function coMoments(
  prevX: usize, prevY: usize, x: usize, y: usize, out: usize, ends: usize, n: i32, rows: i32, width: i32,
  asked: usize, what: i32,
): void {
  // Apart: without a look at each row the loop is a fifth faster.
  if (asked) joined(prevX, prevY, x, y, out, ends, n, rows, width, asked, what)
  else joined(prevX, prevY, x, y, out, ends, n, rows, width, 0, what)
}
