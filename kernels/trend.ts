// Moments of the last n values against their position: see src/graph/kernels/rolling-trend.ts.

/**
 * One block, shapes as `sum` (mean.ts) but `width` ≥ 2; `ends` has room for n × 6 values. Writes the mean, Σ(x − x̄)² and
 * Σ(x − x̄)(k − k̄) of every window, k = 0 … n − 1. Two columns at a time. `asked` as for `moments`.
 */
export function trend(
  prev: usize, cur: usize, outMean: usize, outXx: usize, outXk: usize, ends: usize, n: i32, rows: i32, width: i32,
  asked: usize,
): void {
  const row = <usize>width << 3
  const zero = f64x2.splat(0)
  const none = f64x2.splat(NaN)
  const over = f64x2.splat(<f64>n)
  for (let c = 0; c < width; c += 2) {
    const s = <usize>min(c, width - 2) << 3
    let mean = zero
    let xx = zero
    let xk = zero
    if (prev) {
      let at = prev + s + <usize>(n - 1) * row
      let k = ends + <usize>n * 48
      for (let size = 0; size < n - 1; size++) {
        const d = f64x2.sub(v128.load(at), mean)
        const m = <f64>size
        if (size == 0) {
          mean = v128.load(at)
          xx = f64x2.sub(mean, mean)
          xk = xx
        } else {
          mean = f64x2.add(mean, f64x2.mul(d, f64x2.splat(1 / (m + 1))))
          xx = f64x2.add(xx, f64x2.mul(f64x2.mul(d, d), f64x2.splat(m / (m + 1))))
          xk = f64x2.add(xk, f64x2.mul(d, f64x2.splat(-m / 2)))
        }
        k -= 48
        v128.store(k, mean)
        v128.store(k, xx, 16)
        v128.store(k, xk, 32)
        at -= row
      }
    }
    let at = s
    for (let i = 0; i < rows; i++) {
      const v = v128.load(cur + at)
      if (i == 0) {
        mean = v
        xx = f64x2.sub(v, v)
        xk = xx
      } else {
        const m = <f64>i
        const d = f64x2.sub(v, mean)
        mean = f64x2.add(mean, f64x2.mul(d, f64x2.splat(1 / (m + 1))))
        xx = f64x2.add(xx, f64x2.mul(f64x2.mul(d, d), f64x2.splat(m / (m + 1))))
        xk = f64x2.add(xk, f64x2.mul(d, f64x2.splat(m / 2)))
      }
      if (asked && !load<u8>(asked + i)) {
        at += row
        continue
      }
      if (i == n - 1) {
        v128.store(outMean + at, mean)
        v128.store(outXx + at, xx)
        v128.store(outXk + at, xk)
      } else if (prev) {
        const k = ends + <usize>(i + 1) * 48
        const nb = <f64>(i + 1)
        const na = <f64>n - nb
        const first = v128.load(k)
        const d = f64x2.sub(mean, first)
        const dab = f64x2.mul(f64x2.mul(d, f64x2.splat(na)), f64x2.splat(nb))
        v128.store(outMean + at, f64x2.add(first, f64x2.div(f64x2.mul(d, f64x2.splat(nb)), over)))
        v128.store(outXx + at, f64x2.add(f64x2.add(v128.load(k, 16), xx), f64x2.div(f64x2.mul(d, dab), over)))
        v128.store(outXk + at, f64x2.add(f64x2.add(v128.load(k, 32), xk), f64x2.mul(dab, f64x2.splat(0.5))))
      } else {
        v128.store(outMean + at, none)
        v128.store(outXx + at, none)
        v128.store(outXk + at, none)
      }
      at += row
    }
  }
}
