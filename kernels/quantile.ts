// Quantile of the last n values, which are kept sorted.

/**
 * One block, shapes as `sum` (mean.ts) but `width` ≥ 2. `work` keeps the windows from block to block: for every two
 * columns n sorted pairs of values, missing ones as ∞ at the end, and then how many of these there are. Writes the value
 * at place `below`, and `share` of the way to the next.
 *
 * One value goes and one comes in one pass over the window, without a branch: from where the old one stands each place
 * takes the next one's value; then each place takes the least of that and of the larger of the newcomer and the value
 * before. That is O(n), but up to some 400 values it takes less time than to find both places and move what is between
 * them, because no processor foretells where these are (20 values: 7 ns an element instead of 35).
 */
export function quantile(
  prev: usize, cur: usize, out: usize, work: usize, n: i32, rows: i32, width: i32, below: i32, share: f64,
): void {
  const row = <usize>width << 3
  const last = <usize>(n - 1) << 4
  const one = f64x2.splat(1)
  const none = f64x2.splat(NaN)
  const most = f64x2.splat(Infinity)
  const zero = f64x2.splat(0)
  const at0 = <usize>below << 4
  for (let c = 0; c < width; c += 2, work += last + 32) {
    if (!prev) {
      for (let k: usize = 0; k <= last; k += 16) v128.store(work + k, most)
      v128.store(work + last + 16, f64x2.splat(<f64>n))
    }
    let lacking = v128.load(work + last + 16)
    let at = <usize>min(c, width - 2) << 3
    for (let i = 0; i < rows; i++) {
      // −0 is made 0: equal values must look equal.
      let old = prev ? f64x2.add(v128.load(prev + at), zero) : none
      let fresh = f64x2.add(v128.load(cur + at), zero)
      const hadOld = f64x2.eq(old, old)
      const hasFresh = f64x2.eq(fresh, fresh)
      lacking = f64x2.sub(lacking, v128.andnot(one, hadOld))
      lacking = f64x2.add(lacking, v128.andnot(one, hasFresh))
      old = v128.bitselect(old, most, hadOld)
      fresh = v128.bitselect(fresh, most, hasFresh)
      // The window of the first block is filled as far as it goes.
      const end = prev ? last : <usize>i << 4
      let before = f64x2.splat(-Infinity)
      let next = v128.load(work)
      for (let k = work; k < work + end; k += 16) {
        const here = next
        next = v128.load(k, 16)
        const stays = v128.bitselect(here, next, f64x2.lt(here, old))
        v128.store(k, f64x2.pmin(stays, f64x2.pmax(before, fresh)))
        before = stays
      }
      v128.store(work + end, f64x2.pmax(before, fresh))
      let r = v128.load(work + at0)
      if (share != 0) {
        const above = v128.load(work + at0, 16)
        r = f64x2.add(r, f64x2.mul(f64x2.sub(above, r), f64x2.splat(share)))
      }
      r = f64x2.add(r, f64x2.sub(r, r))
      v128.store(out + at, v128.bitselect(r, none, f64x2.eq(lacking, zero)))
      at += row
    }
    v128.store(work + last + 16, lacking)
  }
}
