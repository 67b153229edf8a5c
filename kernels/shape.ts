// Central moments up to the fourth, and the mean absolute deviation: see src/graph/kernels/rolling-shape.ts.

/**
 * One block, shapes as `sum` (mean.ts) but `width` ≥ 2; `ends` has room for n × 8 values. Writes the sums of squared,
 * cubed and fourth powers of deviations of every window. Two columns at a time. `asked` as for `moments`.
 */
export function shape(
  prev: usize, cur: usize, out2: usize, out3: usize, out4: usize, ends: usize, n: i32, rows: i32, width: i32,
  asked: usize,
): void {
  const row = <usize>width << 3
  const none = f64x2.splat(NaN)
  const six = f64x2.splat(6)
  const four = f64x2.splat(4)
  const three = f64x2.splat(3)
  const run = ends
  for (let c = 0; c < width; c += 2) {
    const s = <usize>min(c, width - 2) << 3
    if (prev) {
      // Ending i stands at place i of `ends`; place 0, which no window needs, holds the running moments.
      let at = prev + s + <usize>(n - 1) * row
      for (let size = 0; size < n - 1; size++) {
        extend(run, size, v128.load(at))
        const k = ends + (<usize>(n - 1 - size) << 6)
        v128.store(k, v128.load(run))
        v128.store(k, v128.load(run, 16), 16)
        v128.store(k, v128.load(run, 32), 32)
        v128.store(k, v128.load(run, 48), 48)
        at -= row
      }
    }
    let at = s
    for (let i = 0; i < rows; i++) {
      extend(run, i, v128.load(cur + at))
      if (asked && !load<u8>(asked + i)) {
        at += row
        continue
      }
      if (i == n - 1) {
        v128.store(out2 + at, v128.load(run, 16))
        v128.store(out3 + at, v128.load(run, 32))
        v128.store(out4 + at, v128.load(run, 48))
      } else if (prev) {
        const k = ends + (<usize>(i + 1) << 6)
        const nb = <f64>(i + 1)
        const na = <f64>n - nb
        const over = f64x2.splat(<f64>n)
        const over2 = f64x2.splat(<f64>n * <f64>n)
        const w2 = (na * nb) / <f64>n
        const w3 = (w2 * (na - nb)) / <f64>n
        const w4 = (w2 * (na * na - na * nb + nb * nb)) / (<f64>n * <f64>n)
        const a2 = v128.load(k, 16)
        const a3 = v128.load(k, 32)
        const b2 = v128.load(run, 16)
        const b3 = v128.load(run, 32)
        const d = f64x2.sub(v128.load(run), v128.load(k))
        const d2 = f64x2.mul(d, d)
        v128.store(out2 + at, f64x2.add(f64x2.add(a2, b2), f64x2.mul(d2, f64x2.splat(w2))))
        const cross = f64x2.sub(f64x2.mul(f64x2.splat(na), b2), f64x2.mul(f64x2.splat(nb), a2))
        v128.store(
          out3 + at,
          f64x2.add(
            f64x2.add(f64x2.add(a3, b3), f64x2.mul(f64x2.mul(d2, d), f64x2.splat(w3))),
            f64x2.div(f64x2.mul(f64x2.mul(three, d), cross), over),
          ),
        )
        const squares = f64x2.add(
          f64x2.mul(f64x2.splat(na * na), b2),
          f64x2.mul(f64x2.splat(nb * nb), a2),
        )
        const cubes = f64x2.sub(f64x2.mul(f64x2.splat(na), b3), f64x2.mul(f64x2.splat(nb), a3))
        const own = f64x2.add(v128.load(k, 48), v128.load(run, 48))
        v128.store(
          out4 + at,
          f64x2.add(
            f64x2.add(
              f64x2.add(own, f64x2.mul(f64x2.mul(d2, d2), f64x2.splat(w4))),
              f64x2.div(f64x2.mul(f64x2.mul(six, d2), squares), over2),
            ),
            f64x2.div(f64x2.mul(f64x2.mul(four, d), cubes), over),
          ),
        )
      } else {
        v128.store(out2 + at, none)
        v128.store(out3 + at, none)
        v128.store(out4 + at, none)
      }
      at += row
    }
  }
}

/** One more value after `size`; mean, second, third and fourth moment stand at `to`. */
// @ts-ignore: decorator
@inline
function extend(to: usize, size: i32, v: v128): void {
  if (size == 0) {
    const none = f64x2.sub(v, v)
    v128.store(to, v)
    v128.store(to, none, 16)
    v128.store(to, none, 32)
    v128.store(to, none, 48)
    return
  }
  const m = <f64>size
  const n = m + 1
  const mean = v128.load(to)
  const m2 = v128.load(to, 16)
  const m3 = v128.load(to, 32)
  const d = f64x2.sub(v, mean)
  const dn = f64x2.div(d, f64x2.splat(n))
  const dn2 = f64x2.mul(dn, dn)
  const term = f64x2.mul(f64x2.mul(d, dn), f64x2.splat(m))
  const fourth = f64x2.splat(n * n - 3 * n + 3)
  const m4 = f64x2.sub(
    f64x2.add(
      f64x2.add(v128.load(to, 48), f64x2.mul(f64x2.mul(term, dn2), fourth)),
      f64x2.mul(f64x2.mul(f64x2.splat(6), dn2), m2),
    ),
    f64x2.mul(f64x2.mul(f64x2.splat(4), dn), m3),
  )
  v128.store(to, f64x2.add(mean, dn))
  v128.store(to, f64x2.add(m2, term), 16)
  v128.store(
    to,
    f64x2.sub(
      f64x2.add(m3, f64x2.mul(f64x2.mul(term, dn), f64x2.splat(n - 2))),
      f64x2.mul(f64x2.mul(f64x2.splat(3), dn), m2),
    ),
    32,
  )
  v128.store(to, m4, 48)
}

/**
 * One block of values and of the means of their windows (NaN marks those that are not whole), shapes as `sum` (mean.ts):
 * mean of |x − mean| over every window. Each is gone through anew, because its centre moves with each bar.
 */
export function absoluteDeviation(
  prev: usize, cur: usize, mean: usize, out: usize, n: i32, rows: i32, width: i32,
): void {
  const row = <usize>width << 3
  const over = f64x2.splat(<f64>n)
  for (let c = 0; c < width; c += 4) {
    const s = <usize>min(c, width - 4) << 3
    let at = s
    for (let i = 0; i < rows; i++) {
      const p = v128.load(mean + at)
      const q = v128.load(mean + at, 16)
      let a = f64x2.splat(0)
      let b = f64x2.splat(0)
      if (prev) {
        const end = prev + s + <usize>n * row
        for (let k = prev + s + <usize>(i + 1) * row; k < end; k += row) {
          a = f64x2.add(a, f64x2.abs(f64x2.sub(v128.load(k), p)))
          b = f64x2.add(b, f64x2.abs(f64x2.sub(v128.load(k, 16), q)))
        }
      }
      for (let k = cur + s; k <= cur + at; k += row) {
        a = f64x2.add(a, f64x2.abs(f64x2.sub(v128.load(k), p)))
        b = f64x2.add(b, f64x2.abs(f64x2.sub(v128.load(k, 16), q)))
      }
      v128.store(out + at, f64x2.div(a, over))
      v128.store(out + at, f64x2.div(b, over), 16)
      at += row
    }
  }
}
