// Quantile of the last n values, which are kept sorted.

/** First place in `count` sorted values from `sorted` on that is not below v. */
// @ts-ignore: decorator
@inline
function placeOf(sorted: usize, count: i32, v: f64): i32 {
  let from = 0
  let left = count
  // Without a branch on the comparison: it would be guessed wrong every second time.
  while (left > 1) {
    const half = left >> 1
    from = load<f64>(sorted + (<usize>(from + half - 1) << 3)) < v ? from + half : from
    left -= half
  }
  return from + <i32>(left == 1 && load<f64>(sorted + (<usize>from << 3)) < v)
}

/**
 * One block, shapes as `sum` (mean.ts) with any `width`. `work` keeps the windows from block to block: for every column
 * n sorted values, then (4 bytes each) how many there are. Writes the value at place `below`, and `share` of the way to
 * the next.
 */
export function quantile(
  prev: usize, cur: usize, out: usize, work: usize, n: i32, rows: i32, width: i32, below: i32, share: f64,
): void {
  const row = <usize>width << 3
  const sizes = work + <usize>n * row
  if (!prev) memory.fill(sizes, 0, <usize>width << 2)
  for (let c = 0; c < width; c++) {
    const sorted = work + <usize>(c * n << 3)
    let size = load<i32>(sizes + (<usize>c << 2))
    let at = <usize>c << 3
    for (let i = 0; i < rows; i++) {
      const old = prev ? load<f64>(prev + at) + 0 : NaN
      // −0 is made 0: equal values must look equal.
      const fresh = load<f64>(cur + at) + 0
      let hole: i32
      if (old == old) {
        hole = placeOf(sorted, size, old)
        if (fresh != fresh) {
          size--
          const from = sorted + (<usize>hole << 3)
          memory.copy(from, from + 8, <usize>(size - hole) << 3)
        }
      } else hole = size
      if (fresh == fresh) {
        if (hole == size) size++
        while (hole > 0) {
          const v = load<f64>(sorted + (<usize>(hole - 1) << 3))
          if (v <= fresh) break
          store<f64>(sorted + (<usize>hole << 3), v)
          hole--
        }
        while (hole < size - 1) {
          const v = load<f64>(sorted + (<usize>(hole + 1) << 3))
          if (v >= fresh) break
          store<f64>(sorted + (<usize>hole << 3), v)
          hole++
        }
        store<f64>(sorted + (<usize>hole << 3), fresh)
      }
      let r = NaN
      if (size == n) {
        r = load<f64>(sorted + (<usize>below << 3))
        if (share != 0) r += (load<f64>(sorted + (<usize>(below + 1) << 3)) - r) * share
        r += r - r
      }
      store<f64>(out + at, r)
      at += row
    }
    store<i32>(sizes + (<usize>c << 2), size)
  }
}
