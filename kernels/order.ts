// Percentile of the newest among the last n values.

/**
 * One block, shapes as `sum` (mean.ts). Counts in every window the values below the newest and those not above it:
 * (below + notAbove + 1)/2 is its place with average ties. O(n) a value, but without a branch, four columns at a time.
 * `asked` as for `moments`.
 */
export function rankNewest(
  prev: usize, cur: usize, out: usize, n: i32, rows: i32, width: i32, asked: usize,
): void {
  const row = <usize>width << 3
  const none = f64x2.splat(NaN)
  const half = f64x2.splat(0.5)
  const over = f64x2.splat(<f64>n)
  for (let c = 0; c < width; c += 4) {
    const s = <usize>min(c, width - 4) << 3
    // The last row without a value, counted from the first of `prev`.
    let lostA = f64x2.splat(prev ? -1 : <f64>(n - 1))
    let lostB = lostA
    if (prev) {
      let at = prev + s
      for (let i = 0; i < n; i++) {
        const v = v128.load(at)
        const w = v128.load(at, 16)
        const here = f64x2.splat(<f64>i)
        lostA = v128.bitselect(lostA, here, f64x2.eq(v, v))
        lostB = v128.bitselect(lostB, here, f64x2.eq(w, w))
        at += row
      }
    }
    for (let i = 0; i < rows; i++) {
      const at = cur + s + <usize>i * row
      const v = v128.load(at)
      const w = v128.load(at, 16)
      const here = f64x2.splat(<f64>(n + i))
      lostA = v128.bitselect(lostA, here, f64x2.eq(v, v))
      lostB = v128.bitselect(lostB, here, f64x2.eq(w, w))
      if (asked && !load<u8>(asked + i)) continue
      let a = i64x2.splat(0)
      let b = i64x2.splat(0)
      if (prev) {
        let k = prev + s + <usize>(i + 1) * row
        const end = prev + s + <usize>n * row
        for (; k < end; k += row) {
          const y = v128.load(k)
          const z = v128.load(k, 16)
          a = i64x2.add(a, i64x2.add(f64x2.lt(y, v), f64x2.le(y, v)))
          b = i64x2.add(b, i64x2.add(f64x2.lt(z, w), f64x2.le(z, w)))
        }
      }
      for (let k = cur + s; k <= at; k += row) {
        const y = v128.load(k)
        const z = v128.load(k, 16)
        a = i64x2.add(a, i64x2.add(f64x2.lt(y, v), f64x2.le(y, v)))
        b = i64x2.add(b, i64x2.add(f64x2.lt(z, w), f64x2.le(z, w)))
      }
      // Comparisons that hold count −1 each; windows begin after row i.
      const first = f64x2.splat(<f64>i)
      const to = out + s + <usize>i * row
      v128.store(to, v128.bitselect(place(a, half, over), none, f64x2.le(lostA, first)))
      v128.store(to, v128.bitselect(place(b, half, over), none, f64x2.le(lostB, first)), 16)
    }
  }
}

// @ts-ignore: decorator
@inline
function place(counts: v128, half: v128, over: v128): v128 {
  const twice = f64x2.replace_lane(
    f64x2.splat(<f64>(1 - <i32>i64x2.extract_lane(counts, 0))),
    1,
    <f64>(1 - <i32>i64x2.extract_lane(counts, 1)),
  )
  return f64x2.div(f64x2.mul(twice, half), over)
}
