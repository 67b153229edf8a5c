// Largest, smallest and linearly weighted mean of the last n values, in two blocks: see rolling-extremes.ts.
import { missing, put } from './lanes'

/** The larger (smaller) of what was found so far and a value; a missing value leaves it alone. */
// @ts-ignore: decorator
@inline
function further(a: v128, v: v128, least: i32): v128 {
  return least ? f64x2.pmin(a, v) : f64x2.pmax(a, v)
}

/**
 * One block, shapes as `sum` (mean.ts): the largest of the last n values, or with `least` the smallest. That a value was
 * missing is kept apart, in all bits of its column, because a maximum that sees to it takes several times as long.
 */
// @ts-ignore: decorator
@inline
function extremeOf(
  prev: usize, cur: usize, out: usize, ends: usize, n: i32, first: i32, rows: i32, width: i32,
  least: i32,
): void {
  const row = <usize>width << 3
  const start = f64x2.splat(least ? Infinity : -Infinity)
  const whole = f64x2.splat(0)
  for (let c = 0; c < width; c += 4) {
    const s = <usize>min(c, width - 4) << 3
    let k = ends + (<usize>n << 5)
    let a = start
    let b = start
    let lackA = whole
    let lackB = whole
    v128.store(k, a)
    v128.store(k, b, 16)
    if (prev) {
      let at = prev + s + <usize>(n - 1) * row
      for (let i = n - 1; i > first; i--) {
        const v = v128.load(at)
        const w = v128.load(at, 16)
        a = further(a, v, least)
        b = further(b, w, least)
        lackA = v128.or(lackA, f64x2.ne(v, v))
        lackB = v128.or(lackB, f64x2.ne(w, w))
        k -= 32
        v128.store(k, v128.or(a, lackA))
        v128.store(k, v128.or(b, lackB), 16)
        at -= row
      }
    }
    a = start
    b = start
    lackA = whole
    lackB = whole
    let at = cur + s
    let to = out + s + <usize>first * row
    for (let i = 0; i < rows; i++) {
      const v = v128.load(at)
      const w = v128.load(at, 16)
      a = further(a, v, least)
      b = further(b, w, least)
      lackA = v128.or(lackA, f64x2.ne(v, v))
      lackB = v128.or(lackB, f64x2.ne(w, w))
      at += row
      if (i < first) continue
      if (prev || i == n - 1) {
        k = prev ? ends + (<usize>(i + 1) << 5) : ends + (<usize>n << 5)
        // A missing ending is its own result.
        v128.store(to, v128.or(further(v128.load(k), a, least), lackA))
        v128.store(to, v128.or(further(v128.load(k, 16), b, least), lackB), 16)
      } else missing(to)
      to += row
    }
  }
}

/** See `extremeOf`. */
export function extreme(
  prev: usize, cur: usize, out: usize, ends: usize, n: i32, first: i32, rows: i32, width: i32,
  least: i32,
): void {
  if (least) extremeOf(prev, cur, out, ends, n, first, rows, width, 1)
  else extremeOf(prev, cur, out, ends, n, first, rows, width, 0)
}

/**
 * One block, shapes as `sum` (mean.ts), `width` ≥ 2: weights n … 1, the newest heaviest. With A the ending and B the
 * beginning that make up a window, its weighted sum is W(A) + W(B) + |A|·Σ(B).
 */
export function linearDecay(
  prev: usize, cur: usize, out: usize, ends: usize, n: i32, rows: i32, width: i32, asked: usize,
): void {
  const row = <usize>width << 3
  const zero = f64x2.splat(0)
  const total = f64x2.splat(<f64>n * <f64>(n + 1) / 2)
  for (let c = 0; c < width; c += 2) {
    const s = <usize>min(c, width - 2) << 3
    let k = ends + (<usize>n << 4)
    let sum = zero
    let weighted = zero
    v128.store(k, zero)
    if (prev) {
      let at = prev + s + <usize>(n - 1) * row
      for (let i = n - 1; i > 0; i--) {
        sum = f64x2.add(sum, v128.load(at))
        weighted = f64x2.add(weighted, sum)
        k -= 16
        v128.store(k, weighted)
        at -= row
      }
    }
    sum = zero
    weighted = zero
    let at = cur + s
    let to = out + s
    for (let i = 0; i < rows; i++) {
      const v = v128.load(at)
      sum = f64x2.add(sum, v)
      weighted = f64x2.add(weighted, f64x2.mul(f64x2.splat(<f64>(i + 1)), v))
      if (asked && !load<u8>(asked + i)) {
        at += row
        to += row
        continue
      }
      const before = n - 1 - i
      if (before == 0) put(to, f64x2.div(weighted, total))
      else if (prev) {
        k = ends + (<usize>(i + 1) << 4)
        const all = f64x2.add(
          f64x2.add(v128.load(k), weighted),
          f64x2.mul(f64x2.splat(<f64>before), sum),
        )
        put(to, f64x2.div(all, total))
      } else v128.store(to, f64x2.splat(NaN))
      at += row
      to += row
    }
  }
}

/**
 * One block, shapes as `sum` (mean.ts) but `width` ≥ 2; `ends` has room for (n + 1) × 4 values. Writes how many bars back
 * the largest of the last n values is (with `sign` −1 the smallest), of equal ones the most recent.
 */
export function extremeAge(
  prev: usize, cur: usize, out: usize, ends: usize, n: i32, rows: i32, width: i32, sign: f64,
): void {
  const row = <usize>width << 3
  const start = f64x2.splat(-Infinity)
  const turn = f64x2.splat(sign)
  const none = f64x2.splat(NaN)
  // The ending without values, which no value loses against.
  const empty = ends + (<usize>n << 5)
  v128.store(empty, start)
  v128.store(empty, start, 16)
  for (let c = 0; c < width; c += 2) {
    const s = <usize>min(c, width - 2) << 3
    let best = start
    // Rows are counted from the first of `prev`.
    let place = start
    if (prev) {
      let at = prev + s + <usize>(n - 1) * row
      let k = empty
      for (let i = n - 1; i > 0; i--) {
        const v = f64x2.mul(turn, v128.load(at))
        // A missing value beats all, and nothing beats it.
        const wins = v128.or(f64x2.gt(v, best), f64x2.ne(v, v))
        best = v128.bitselect(v, best, wins)
        place = v128.bitselect(f64x2.splat(<f64>i), place, wins)
        k -= 32
        v128.store(k, best)
        v128.store(k, place, 16)
        at -= row
      }
    }
    best = start
    place = start
    let at = s
    for (let i = 0; i < rows; i++) {
      const v = f64x2.mul(turn, v128.load(cur + at))
      const here = f64x2.splat(<f64>(n + i))
      const wins = v128.or(f64x2.ge(v, best), f64x2.ne(v, v))
      best = v128.bitselect(v, best, wins)
      place = v128.bitselect(here, place, wins)
      let r = none
      if (prev || i == n - 1) {
        const k = prev ? ends + (<usize>(i + 1) << 5) : empty
        const earlier = v128.load(k)
        const age = f64x2.sub(here, v128.bitselect(place, v128.load(k, 16), f64x2.ge(best, earlier)))
        const whole = v128.and(f64x2.eq(best, best), f64x2.eq(earlier, earlier))
        r = v128.bitselect(age, none, whole)
      }
      v128.store(out + at, r)
      at += row
    }
  }
}
