// Order of a bar's values across the symbols. Radix sort of 16-bit keys that spread the bar's own values, whatever
// their size: with t the distance from their mean in mean distances, the key goes as t/(1 + |t|). What the keys do not
// tell apart is put in order by insertion, which sees all values, so that keys may be as rough as they like.

/** Keys are 0 … 2 × HALF. */
const HALF: f64 = 32767
/** A digit of a key. */
const DIGIT_BITS = 8
const DIGITS = 1 << DIGIT_BITS
/** A value that insertion moves further than this, and the row is sorted on all 64 bits instead. */
const LONG_WAY = 24

/** The double's bits as an unsigned integer that orders as the doubles do (no NaN; −0 made 0 before). */
// @ts-ignore: decorator
@inline
function orderedBits(v: f64): u64 {
  const bits = reinterpret<i64>(v)
  return <u64>(bits ^ ((bits >> 63) | i64.MIN_VALUE))
}

/** Makes the entry of the value at `i` (8 bytes each) and counts its digits. */
// @ts-ignore: decorator
@inline
function enter(a: usize, counts: usize, i: usize, key: u32): void {
  store<u64>(a + i, (<u64>key << 32) | <u64>(i >> 3))
  const low = counts + (<usize>(key & (DIGITS - 1)) << 2)
  const high = counts + (<usize>((key >> DIGIT_BITS) & (DIGITS - 1)) << 2)
  store<u32>(low, load<u32>(low) + 1)
  store<u32>(high, load<u32>(high, DIGITS << 2) + 1, DIGITS << 2)
}

/** One stable pass over entries of 8 bytes, by the digit at `shift`; `counts` holds how often each digit occurs. */
// @ts-ignore: decorator
@inline
function scatter(from: usize, to: usize, counts: usize, count: i32, shift: u64): void {
  let sum: u32 = 0
  for (let b: usize = 0; b < <usize>DIGITS << 2; b += 4) {
    const c = load<u32>(counts + b)
    store<u32>(counts + b, sum)
    sum += c
  }
  for (let i: usize = 0; i < <usize>count << 3; i += 8) {
    const entry = load<u64>(from + i)
    const slot = counts + ((<usize>(entry >> shift) & (DIGITS - 1)) << 2)
    const place = load<u32>(slot)
    store<u32>(slot, place + 1)
    store<u64>(to + (<usize>place << 3), entry)
  }
}

/** Sorts all 64 bits: keys by index, entries are indices. Leaves the order in `a`. */
function sortFully(values: usize, a: usize, b: usize, counts: usize, count: i32): void {
  for (let i = 0; i < count; i++) store<u64>(a + (<usize>i << 3), i)
  for (let shift: u64 = 0; shift < 64; shift += DIGIT_BITS) {
    memory.fill(counts, 0, DIGITS << 2)
    for (let i = 0; i < count; i++) {
      const digit = <usize>(orderedBits(load<f64>(values + (<usize>i << 3))) >> shift) & (DIGITS - 1)
      store<u32>(counts + (digit << 2), load<u32>(counts + (digit << 2)) + 1)
    }
    let sum: u32 = 0
    for (let d: usize = 0; d < <usize>DIGITS << 2; d += 4) {
      const c = load<u32>(counts + d)
      store<u32>(counts + d, sum)
      sum += c
    }
    for (let i = 0; i < count; i++) {
      const index = load<u64>(a + (<usize>i << 3))
      const digit = <usize>(orderedBits(load<f64>(values + (<usize>index << 3))) >> shift) & (DIGITS - 1)
      const place = load<u32>(counts + (digit << 2))
      store<u32>(counts + (digit << 2), place + 1)
      store<u64>(b + (<usize>place << 3), index)
    }
    const c = a
    a = b
    b = c
  }
}

/**
 * Sorts `count` values; entry i at `a` (8 bytes) has in its lower half the index of the i-th smallest. Ties stay in
 * order of index. `a` and `b` have room for `count` entries, `counts` for 512 of 4 bytes. False: no two are equal.
 */
function sort(values: usize, a: usize, b: usize, counts: usize, count: i32): bool {
  const pairs = <usize>(count & ~1) << 3
  const end = <usize>count << 3
  let sums = f64x2.splat(0)
  for (let i: usize = 0; i < pairs; i += 16) sums = f64x2.add(sums, v128.load(values + i))
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1)
  if (pairs < end) sum += load<f64>(values + pairs)
  const mean = f64x2.splat(sum / <f64>count)
  sums = f64x2.splat(0)
  for (let i: usize = 0; i < pairs; i += 16)
    sums = f64x2.add(sums, f64x2.abs(f64x2.sub(v128.load(values + i), mean)))
  const far = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1)
  const spread = f64x2.splat(far / <f64>count)
  memory.fill(counts, 0, DIGITS << 3)
  for (let i: usize = 0; i < end; i += 16) {
    const d = f64x2.sub(v128.load(values + i), mean)
    const t = f64x2.div(d, f64x2.add(spread, f64x2.abs(d)))
    // Where all are equal this is 0/0, and the keys are 0.
    const keys = i32x4.trunc_sat_f64x2_u_zero(
      f64x2.add(f64x2.mul(t, f64x2.splat(HALF)), f64x2.splat(HALF)),
    )
    enter(a, counts, i, i32x4.extract_lane(keys, 0))
    if (i < pairs) enter(a, counts, i + 8, i32x4.extract_lane(keys, 1))
  }
  scatter(a, b, counts, count, 32)
  scatter(b, a, counts + (DIGITS << 2), count, 32 + DIGIT_BITS)
  let previous = load<f64>(values + (<usize>load<u32>(a) << 3))
  let ties = 0
  for (let i = 1; i < count; i++) {
    const entry = load<u64>(a + (<usize>i << 3))
    const v = load<f64>(values + (<usize>(<u32>entry) << 3))
    if (previous <= v) {
      ties |= <i32>(previous == v)
      previous = v
      continue
    }
    let j = i - 1
    let over = load<u64>(a + (<usize>j << 3))
    let below = previous
    while (below > v) {
      store<u64>(a + (<usize>(j + 1) << 3), over)
      if (--j < 0) break
      over = load<u64>(a + (<usize>j << 3))
      below = load<f64>(values + (<usize>(<u32>over) << 3))
    }
    ties |= <i32>(below == v)
    store<u64>(a + (<usize>(j + 1) << 3), entry)
    if (i - j > LONG_WAY) {
      sortFully(values, a, b, counts, count)
      return true
    }
  }
  return ties != 0
}

/** What `rank` writes. */
const SHARE = 0
const BUCKET = 1

// @ts-ignore: decorator
@inline
function resultsOf(places: v128, count: v128, what: i32, q: f64): v128 {
  if (what != BUCKET) return f64x2.div(places, count)
  const parts = f64x2.div(f64x2.mul(places, f64x2.splat(q)), count)
  return f64x2.sub(f64x2.ceil(parts), f64x2.splat(1))
}

/**
 * Ranks `rows` bars of `width` values among those that are finite and (with `mask`, a byte each) taken part in; the
 * others are missing. `work` has room for 5 × width + 1 entries of 8 bytes and 512 of 4. Writes place/count, or the
 * bucket ceil(place·q/count) − 1.
 */
export function rank(
  x: usize, mask: usize, out: usize, work: usize, rows: i32, width: i32, what: i32, q: f64,
): void {
  const values = work
  const positions = values + (<usize>width << 3)
  const a = positions + (<usize>width << 3)
  const b = a + (<usize>width << 3)
  const counts = b + (<usize>width << 3)
  const results = counts + (DIGITS << 3)
  /** For so many values `results` holds what each place is worth. */
  let prepared = 0
  for (let t = 0; t < rows; t++) {
    let count = 0
    for (let s = 0; s < width; s++) {
      const v = load<f64>(x + (<usize>s << 3)) + 0
      const part = mask ? <i32>load<u8>(mask + s) : 1
      store<f64>(values + (<usize>count << 3), v)
      store<u32>(positions + (<usize>count << 2), s)
      count += part & <i32>(v - v == 0)
    }
    if (count < width) for (let s = 0; s < width; s++) store<f64>(out + (<usize>s << 3), NaN)
    if (count > 0) {
      const ties = sort(values, a, b, counts, count)
      const share = <f64>count
      let i = 0
      if (!ties) {
        if (prepared != count) {
          prepared = count
          for (; i < count; i += 2) {
            const places = f64x2.add(f64x2.splat(<f64>i), f64x2(1, 2))
            v128.store(results + (<usize>i << 3), resultsOf(places, f64x2.splat(share), what, q))
          }
        }
        for (i = 0; i < count; i++) {
          const s = load<u32>(positions + (<usize>load<u32>(a + (<usize>i << 3)) << 2))
          store<f64>(out + (<usize>s << 3), load<f64>(results + (<usize>i << 3)))
        }
      }
      while (i < count) {
        const v = load<f64>(values + (<usize>load<u32>(a + (<usize>i << 3)) << 3))
        let end = i + 1
        while (end < count && load<f64>(values + (<usize>load<u32>(a + (<usize>end << 3)) << 3)) == v) end++
        const place = f64x2.splat(<f64>(i + 1 + end) / 2)
        const r = f64x2.extract_lane(resultsOf(place, f64x2.splat(share), what, q), 0)
        for (; i < end; i++) {
          const s = load<u32>(positions + (<usize>load<u32>(a + (<usize>i << 3)) << 2))
          store<f64>(out + (<usize>s << 3), r)
        }
      }
    }
    x += <usize>width << 3
    out += <usize>width << 3
    if (mask) mask += width
  }
}

/** Sorts `count` ≥ 1 values; puts their indices, smallest value first and ties by index, at `order` (4 bytes each). */
export function sortRow(values: usize, order: usize, a: usize, b: usize, counts: usize, count: i32): void {
  sort(values, a, b, counts, count)
  for (let i: usize = 0; i < <usize>count << 2; i += 4) store<u32>(order + i, load<u32>(a + (i << 1)))
}
