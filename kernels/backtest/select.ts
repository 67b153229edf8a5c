// The largest of a row of keys, two keys at a time and without a branch on any of them: which keys pass is as good as
// random.

/** Below every key. */
const NONE: f64 = -Infinity

/** Rows are filled up to a multiple of so many keys. */
const ROUND = 16

/** Steps towards the bar of `largest`: it need not be tight. */
const MOST_STEPS = 12

// @ts-ignore: decorator
@inline
function padded(width: i32): i32 {
  return (width + ROUND - 1) & ~(ROUND - 1)
}

/**
 * Makes keys of the `width` values from `row` on: sign·value where that is finite and the symbol may be picked, −∞
 * elsewhere and up to a multiple of 16. `may` (a byte a symbol, 1: yes) and `closes` (a finite number: yes) are 0
 * where any symbol may. Returns how many may be picked.
 */
export function prepare(row: usize, may: usize, closes: usize, width: i32, sign: f64): i32 {
  if (may) {
    for (let i: usize = 0; i < <usize>width; i++) {
      const at = row + (i << 3)
      store<f64>(at, load<u8>(may + i) == 1 ? load<f64>(at) : NaN)
    }
  }
  const end = row + (<usize>width << 3)
  const last = row + (<usize>padded(width) << 3)
  for (let at = end; at < last; at += 8) {
    store<f64>(at, NaN)
    if (closes) store<f64>(closes + (at - row), NaN)
  }
  const none = f64x2.splat(NONE)
  const signs = f64x2.splat(sign)
  let count = i64x2.splat(0)
  const shift = closes ? closes - row : 0
  for (let at = row; at < last; at += 16) {
    const v = f64x2.mul(v128.load(at), signs)
    // 0 where both are finite, missing elsewhere.
    let rest = f64x2.sub(v, v)
    if (shift) {
      const c = v128.load(at + shift)
      rest = f64x2.add(rest, f64x2.sub(c, c))
    }
    const isKey = f64x2.eq(rest, rest)
    v128.store(at, v128.bitselect(v, none, isKey))
    count = i64x2.sub(count, isKey)
  }
  return <i32>(i64x2.extract_lane(count, 0) + i64x2.extract_lane(count, 1))
}

/** How many of the keys from `from` to `to`, a multiple of two, are at least `bar`. */
// @ts-ignore: decorator
@inline
function countFrom(from: usize, to: usize, bar: f64): i32 {
  const least = f64x2.splat(bar)
  let count = i64x2.splat(0)
  for (let at = from; at < to; at += 16) count = i64x2.sub(count, f64x2.ge(v128.load(at), least))
  return <i32>(i64x2.extract_lane(count, 0) + i64x2.extract_lane(count, 1))
}

/** Four comparisons of two lanes each as four lanes, then eight, then sixteen. */
// @ts-ignore: decorator
@inline
function pair(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6)
}

// @ts-ignore: decorator
@inline
function reaches(at: usize, least: v128): v128 {
  return f64x2.ge(v128.load(at), least)
}

/** Writes the places (4 bytes each) of the keys that are at least `bar`, ascending, and returns how many there are. */
// @ts-ignore: decorator
@inline
function collect(row: usize, width: i32, bar: f64, ids: usize): i32 {
  const least = f64x2.splat(bar)
  const last = row + (<usize>padded(width) << 3)
  let to = ids
  let first = 0
  for (let at = row; at < last; at += 128) {
    const low = i16x8.narrow_i32x4_s(
      pair(reaches(at, least), reaches(at + 16, least)),
      pair(reaches(at + 32, least), reaches(at + 48, least)),
    )
    const high = i16x8.narrow_i32x4_s(
      pair(reaches(at + 64, least), reaches(at + 80, least)),
      pair(reaches(at + 96, least), reaches(at + 112, least)),
    )
    let bits = i8x16.bitmask(i8x16.narrow_i16x8_s(low, high))
    while (bits != 0) {
      store<i32>(to, first + ctz(bits))
      to += 4
      bits &= bits - 1
    }
    first += ROUND
  }
  return <i32>((to - ids) >> 2)
}

/**
 * Writes the places of the k largest keys that `prepare` made, of `count` that may be picked, ascending; of equal keys
 * the first. `work` has room for a row of keys, `ids` for the width of it in integers. Returns how many they are.
 * 1. The row is folded into groups. Of the groups' largest keys, at least k reach a bar (found by halving), so at
 *    least k keys do, and not many more (`barFor`).
 * 2. What reaches the bar is collected, and what has no place is left out (`keepLargest`).
 */
export function largest(row: usize, width: i32, count: i32, k: i32, work: usize, ids: usize): i32 {
  if (k <= 0 || count == 0) return 0
  if (k >= count) return collect(row, width, -f64.MAX_VALUE, ids)
  const size = collect(row, width, barFor(row, width, k, work), ids)
  return size > k ? keepLargest(row, size, k, work, ids) : size
}

/** A key that at least k others reach, or itself. */
function barFor(row: usize, width: i32, k: i32, work: usize): f64 {
  const vectors = padded(width) >> 1
  // So many rows that there are about two groups for each place; the rest of the last row is left out.
  const rows = padded(width) / (2 * k)
  if (rows < 2) return -f64.MAX_VALUE
  const groups = vectors / rows
  const step = <usize>groups << 4
  let low = f64x2.splat(Infinity)
  let high = f64x2.splat(NONE)
  for (let g: usize = 0; g < step; g += 16) {
    let most = v128.load(row + g)
    let at = row + g + step
    for (let r = 1; r < rows; r++) {
      most = f64x2.pmax(most, v128.load(at))
      at += step
    }
    v128.store(work + g, most)
    low = f64x2.pmin(low, most)
    high = f64x2.pmax(high, most)
  }
  let bar = min(f64x2.extract_lane(low, 0), f64x2.extract_lane(low, 1))
  let top = max(f64x2.extract_lane(high, 0), f64x2.extract_lane(high, 1))
  if (bar < -f64.MAX_VALUE) {
    // Some group has no key at all.
    bar = -f64.MAX_VALUE
    if (countFrom(work, work + step, bar) < k) return bar
    bar = leastKey(work, work + step)
  }
  const enough = k + (k >> 3)
  for (let i = 0; i < MOST_STEPS; i++) {
    const middle = bar * 0.5 + top * 0.5
    const reached = countFrom(work, work + step, middle)
    if (reached >= k) {
      bar = middle
      if (reached <= enough) break
    } else top = middle
  }
  return bar
}

/** The least of some keys that is none of −∞. */
function leastKey(from: usize, to: usize): f64 {
  const none = f64x2.splat(NONE)
  const most = f64x2.splat(Infinity)
  let low = most
  for (let at = from; at < to; at += 16) {
    const v = v128.load(at)
    low = f64x2.pmin(low, v128.bitselect(most, v, f64x2.eq(v, none)))
  }
  return min(f64x2.extract_lane(low, 0), f64x2.extract_lane(low, 1))
}

/**
 * Keeps of the `size` places at `ids` those of the k largest keys, in their order. Halves the range of keys that the
 * k-th largest is in, and draws it in to keys that there are, until exactly k are above or all in it are equal.
 */
function keepLargest(row: usize, size: i32, k: i32, work: usize, ids: usize): i32 {
  for (let c: usize = 0; c < <usize>size; c++)
    store<f64>(work + (c << 3), load<f64>(row + (<usize>load<i32>(ids + (c << 2)) << 3)))
  const end = work + (<usize>((size + 1) & ~1) << 3)
  if (size & 1) store<f64>(work + (<usize>size << 3), NONE)
  const above = f64x2.splat(Infinity)
  const below = f64x2.splat(NONE)
  let least = leastKey(work, end)
  let most = NONE
  {
    let high = below
    for (let at = work; at < end; at += 16) high = f64x2.pmax(high, v128.load(at))
    most = max(f64x2.extract_lane(high, 0), f64x2.extract_lane(high, 1))
  }
  // All from `bar` on have a place, and the first `places` of those that equal `least`.
  let bar = Infinity
  let reached = 0
  while (least < most) {
    let middle = least * 0.5 + most * 0.5
    if (!(middle > least)) middle = most
    const limit = f64x2.splat(middle)
    let count = i64x2.splat(0)
    let low = above
    let high = below
    for (let at = work; at < end; at += 16) {
      const v = v128.load(at)
      const isAbove = f64x2.ge(v, limit)
      count = i64x2.sub(count, isAbove)
      low = f64x2.pmin(low, v128.bitselect(v, above, isAbove))
      high = f64x2.pmax(high, v128.bitselect(below, v, isAbove))
    }
    const c = <i32>(i64x2.extract_lane(count, 0) + i64x2.extract_lane(count, 1))
    if (c <= k) {
      bar = middle
      reached = c
      if (c == k) break
      most = max(f64x2.extract_lane(high, 0), f64x2.extract_lane(high, 1))
    } else least = min(f64x2.extract_lane(low, 0), f64x2.extract_lane(low, 1))
  }
  let to = ids
  let places = k - reached
  if (places == 0) {
    for (let c: usize = 0; c < <usize>size; c++) {
      store<i32>(to, load<i32>(ids + (c << 2)))
      to += <usize>(load<f64>(work + (c << 3)) >= bar) << 2
    }
    return k
  }
  for (let c: usize = 0; c < <usize>size; c++) {
    const v = load<f64>(work + (c << 3))
    const isEqual = i32(v == least)
    const isKept = i32(v >= bar) | (isEqual & i32(places > 0))
    places -= isEqual
    store<i32>(to, load<i32>(ids + (c << 2)))
    to += <usize>isKept << 2
  }
  return k
}

/** Writes the places of the keys above `threshold`, ascending, and returns how many there are. */
export function over(row: usize, width: i32, threshold: f64, ids: usize): i32 {
  let to = ids
  for (let i = 0; i < width; i++) {
    store<i32>(to, i)
    to += <usize>(load<f64>(row + (<usize>i << 3)) > threshold) << 2
  }
  return <i32>((to - ids) >> 2)
}
