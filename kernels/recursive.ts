// Exponential and Wilder's mean: see src/graph/kernels/recursive-means.ts. The state of a column is one number in each
// of several rows; rows are `stride` bytes long, room for a whole number of pairs. Bars are taken one by one, and in
// each bar all columns: they do not wait for each other, as the bars of one column do.

/** The mean; NaN before the first value. */
const MEAN: usize = 0
/** How many values there were (no longer counted once the mean is told in columns that all have values). */
const SEEN: usize = 1
/** ema: the weight of the next value: α after a value, more after bars without one. */
const NEXT: usize = 2
/** ema: for every eight columns, how they stand (PLAIN, TOLD or 0). */
const STAND: usize = 3

/** Eight columns whose means are told; and further, none of them waits for a value. */
const TOLD: u64 = 1
const PLAIN: u64 = 2

// @ts-ignore: decorator
@inline
function strideOf(width: i32): usize {
  return <usize>((width + 1) & ~1) << 3
}

// @ts-ignore: decorator
@inline
function isFinite(v: v128): bool {
  const none = f64x2.sub(v, v)
  return !v128.any_true(f64x2.ne(none, none))
}

/** One bar of two columns, whatever they hold; returns the means as they are told. */
// @ts-ignore: decorator
@inline
function emaPair(v: v128, state: usize, stride: usize, alpha: v128, keep: v128, span: v128): v128 {
  const y = v128.load(state)
  const next = v128.load(state + NEXT * stride)
  const has = f64x2.eq(v, v)
  // A mean begins with its first value, and again after an overflow.
  const moved = v128.bitselect(f64x2.add(y, f64x2.mul(next, f64x2.sub(v, y))), v, f64x2.eq(y, y))
  const mean = v128.bitselect(moved, y, has)
  const seen = f64x2.add(v128.load(state + SEEN * stride), v128.and(has, f64x2.splat(1)))
  v128.store(state, mean)
  v128.store(state + NEXT * stride, v128.bitselect(alpha, later(next, alpha, keep), has))
  v128.store(state + SEEN * stride, seen)
  return v128.bitselect(f64x2.add(mean, f64x2.sub(mean, mean)), f64x2.splat(NaN), f64x2.ge(seen, span))
}

/** A missing bar lets the weight of the past decay: α/(past·(1 − α) + α), with past = α·(1 − next)/next before. */
// @ts-ignore: decorator
@inline
function later(next: v128, alpha: v128, keep: v128): v128 {
  return f64x2.div(next, f64x2.add(keep, f64x2.mul(alpha, next)))
}

/** One bar of two columns whose means are told; returns them, infinite ones too. */
// @ts-ignore: decorator
@inline
function toldPair(x: usize, out: usize, state: usize, stride: usize, alpha: v128, keep: v128): v128 {
  const v = v128.load(x)
  const y = v128.load(state)
  const next = v128.load(state + NEXT * stride)
  const has = f64x2.eq(v, v)
  const moved = f64x2.add(y, f64x2.mul(next, f64x2.sub(v, y)))
  const mean = v128.bitselect(moved, y, has)
  v128.store(state + NEXT * stride, v128.bitselect(alpha, later(next, alpha, keep), has))
  v128.store(state, mean)
  v128.store(out, f64x2.add(mean, f64x2.sub(mean, mean)))
  return mean
}

/** Makes the state of new means. */
export function emaStart(state: usize, width: i32, span: i32): void {
  const stride = strideOf(width)
  memory.fill(state, 0, 4 * stride)
  for (let s: usize = 0; s < stride; s += 8) {
    store<f64>(state + s, NaN)
    store<f64>(state + NEXT * stride + s, 2.0 / <f64>(span + 1))
  }
}

/** `rows` more bars. */
export function ema(x: usize, out: usize, state: usize, rows: i32, width: i32, span: i32): void {
  const stride = strideOf(width)
  const row = <usize>width << 3
  const alpha = f64x2.splat(2.0 / <f64>(span + 1))
  const keep = f64x2.splat(1 - 2.0 / <f64>(span + 1))
  const least = f64x2.splat(<f64>span)
  const eights = row & ~63
  const pairs = row & ~15
  // Once a value was missing, eight columns are looked at more closely until the next call.
  for (let s: usize = 0; s < eights; s += 64) {
    const next = state + s + NEXT * stride
    const waits = v128.or(
      v128.or(f64x2.ne(v128.load(next), alpha), f64x2.ne(v128.load(next, 16), alpha)),
      v128.or(f64x2.ne(v128.load(next, 32), alpha), f64x2.ne(v128.load(next, 48), alpha)),
    )
    const stand = state + s + STAND * stride
    if (load<u64>(stand) == TOLD && !v128.any_true(waits)) store<u64>(stand, PLAIN)
  }
  for (let t = 0; t < rows; t++) {
    for (let s: usize = 0; s < eights; s += 64) {
      const at = x + s
      const to = out + s
      const y = state + s
      const stand = load<u64>(y + STAND * stride)
      if (stand == PLAIN) {
        const m0 = v128.load(y)
        const m1 = v128.load(y, 16)
        const m2 = v128.load(y, 32)
        const m3 = v128.load(y, 48)
        const d0 = f64x2.sub(v128.load(at), m0)
        const d1 = f64x2.sub(v128.load(at, 16), m1)
        const d2 = f64x2.sub(v128.load(at, 32), m2)
        const d3 = f64x2.sub(v128.load(at, 48), m3)
        if (isFinite(f64x2.add(f64x2.add(d0, d1), f64x2.add(d2, d3)))) {
          const n0 = f64x2.add(m0, f64x2.mul(alpha, d0))
          const n1 = f64x2.add(m1, f64x2.mul(alpha, d1))
          const n2 = f64x2.add(m2, f64x2.mul(alpha, d2))
          const n3 = f64x2.add(m3, f64x2.mul(alpha, d3))
          v128.store(y, n0)
          v128.store(y, n1, 16)
          v128.store(y, n2, 32)
          v128.store(y, n3, 48)
          v128.store(to, n0)
          v128.store(to, n1, 16)
          v128.store(to, n2, 32)
          v128.store(to, n3, 48)
          continue
        }
      }
      if (stand) {
        const n0 = toldPair(at, to, y, stride, alpha, keep)
        const n1 = toldPair(at + 16, to + 16, y + 16, stride, alpha, keep)
        const n2 = toldPair(at + 32, to + 32, y + 32, stride, alpha, keep)
        const n3 = toldPair(at + 48, to + 48, y + 48, stride, alpha, keep)
        const told = isFinite(f64x2.add(f64x2.add(n0, n1), f64x2.add(n2, n3)))
        store<u64>(y + STAND * stride, told ? TOLD : 0)
        continue
      }
      const r0 = emaPair(v128.load(at), y, stride, alpha, keep, least)
      const r1 = emaPair(v128.load(at, 16), y + 16, stride, alpha, keep, least)
      const r2 = emaPair(v128.load(at, 32), y + 32, stride, alpha, keep, least)
      const r3 = emaPair(v128.load(at, 48), y + 48, stride, alpha, keep, least)
      v128.store(to, r0)
      v128.store(to, r1, 16)
      v128.store(to, r2, 32)
      v128.store(to, r3, 48)
      const told = isFinite(f64x2.add(f64x2.add(r0, r1), f64x2.add(r2, r3)))
      store<u64>(y + STAND * stride, told ? TOLD : 0)
    }
    for (let s = eights; s < pairs; s += 16)
      v128.store(out + s, emaPair(v128.load(x + s), state + s, stride, alpha, keep, least))
    if (pairs < row) {
      const one = emaPair(v128.load64_zero(x + pairs), state + pairs, stride, alpha, keep, least)
      v128.store64_lane(out + pairs, one, 0)
    }
    x += row
    out += row
  }
}

/** One bar of two columns; returns the means as they are told. */
// @ts-ignore: decorator
@inline
function wilderPair(v: v128, state: usize, stride: usize, n: v128): v128 {
  const y = v128.load(state)
  const has = f64x2.eq(v, v)
  const none = f64x2.splat(NaN)
  // The first n are averaged: the running mean of equal values is exactly that value.
  const seen = f64x2.add(v128.load(state + SEEN * stride), v128.and(has, f64x2.splat(1)))
  const mean = f64x2.add(y, f64x2.div(f64x2.sub(v, y), f64x2.pmin(seen, n)))
  v128.store(state, v128.bitselect(mean, y, has))
  v128.store(state + SEEN * stride, seen)
  return v128.bitselect(f64x2.add(mean, f64x2.sub(mean, mean)), none, v128.and(has, f64x2.ge(seen, n)))
}

/** Makes the state of new means. */
export function wilderStart(state: usize, width: i32): void {
  memory.fill(state, 0, 2 * strideOf(width))
}

/** `rows` more bars. */
export function wilder(x: usize, out: usize, state: usize, rows: i32, width: i32, n: i32): void {
  const stride = strideOf(width)
  const row = <usize>width << 3
  const over = f64x2.splat(<f64>n)
  const pairs = row & ~15
  for (let t = 0; t < rows; t++) {
    for (let s: usize = 0; s < pairs; s += 16)
      v128.store(out + s, wilderPair(v128.load(x + s), state + s, stride, over))
    if (pairs < row)
      v128.store64_lane(out + pairs, wilderPair(v128.load64_zero(x + pairs), state + pairs, stride, over), 0)
    x += row
    out += row
  }
}
