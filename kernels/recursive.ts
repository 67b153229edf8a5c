// Exponential and Wilder's mean: see src/graph/kernels/recursive-means.ts. State of a column: one number in each of
// several rows of `width` values.

/** The mean; NaN before the first value. */
const MEAN: usize = 0
/** How many values there were (counted until the mean is told). */
const SEEN: usize = 1
/** 0 where the mean is told from now on, else NaN. */
const TOLD: usize = 2
/** ema: 0 where the last bar had a value and the mean is told, else NaN. */
const PLAIN: usize = 3
/** ema: what is left of the weight of the past after the bars since the last value. */
const PAST: usize = 4
/** ema: the weight of the next value. */
const NEXT: usize = 5

// @ts-ignore: decorator
@inline
function emaOne(x: usize, out: usize, state: usize, row: usize, alpha: f64, keep: f64, span: f64): void {
  const v = load<f64>(x)
  let y = load<f64>(state)
  if (v == v) {
    y = y == y ? y + load<f64>(state + NEXT * row) * (v - y) : v
    const seen = load<f64>(state + SEEN * row) + 1
    const told: f64 = seen >= span ? 0 : NaN
    store<f64>(state, y)
    store<f64>(state + SEEN * row, seen)
    store<f64>(state + TOLD * row, told)
    store<f64>(state + PLAIN * row, told)
    store<f64>(state + PAST * row, keep)
    store<f64>(state + NEXT * row, alpha)
  } else {
    const past = load<f64>(state + PAST * row) * keep
    store<f64>(state + PAST * row, past)
    store<f64>(state + NEXT * row, alpha / (past + alpha))
    store<f64>(state + PLAIN * row, NaN)
  }
  store<f64>(out, y + (y - y) + load<f64>(state + TOLD * row))
}

/** Two columns whose means are told, values or not. */
// @ts-ignore: decorator
@inline
function emaGaps(x: usize, out: usize, state: usize, row: usize, alpha: v128, keep: v128): void {
  const v = v128.load(x)
  const y = v128.load(state)
  const has = f64x2.eq(v, v)
  const next = v128.load(state + NEXT * row)
  const mean = v128.bitselect(f64x2.add(y, f64x2.mul(next, f64x2.sub(v, y))), y, has)
  const past = v128.bitselect(keep, f64x2.mul(v128.load(state + PAST * row), keep), has)
  v128.store(state, mean)
  v128.store(state + PAST * row, past)
  v128.store(state + NEXT * row, v128.bitselect(alpha, f64x2.div(alpha, f64x2.add(past, alpha)), has))
  v128.store(state + PLAIN * row, f64x2.sub(v, v))
  v128.store(out, f64x2.add(mean, f64x2.sub(mean, mean)))
}

/** Makes the state of a new mean. */
export function emaStart(state: usize, width: i32, span: i32): void {
  const row = <usize>width << 3
  const alpha = 2.0 / <f64>(span + 1)
  for (let s: usize = 0; s < row; s += 8) {
    store<f64>(state + s, NaN)
    store<f64>(state + SEEN * row + s, 0)
    store<f64>(state + TOLD * row + s, NaN)
    store<f64>(state + PLAIN * row + s, NaN)
    store<f64>(state + PAST * row + s, 1 - alpha)
    store<f64>(state + NEXT * row + s, alpha)
  }
}

/** `rows` more bars. Most have all values: eight columns at a time. */
export function ema(x: usize, out: usize, state: usize, rows: i32, width: i32, span: i32): void {
  const row = <usize>width << 3
  const alpha = 2.0 / <f64>(span + 1)
  const keep = 1 - alpha
  const step = f64x2.splat(alpha)
  const decay = f64x2.splat(keep)
  const whole = row & ~63
  for (let s: usize = 0; s < whole; s += 64) {
    const y = state + s
    let at = x + s
    let to = out + s
    for (let t = 0; t < rows; t++) {
      const m0 = v128.load(y)
      const m1 = v128.load(y, 16)
      const m2 = v128.load(y, 32)
      const m3 = v128.load(y, 48)
      const d0 = f64x2.sub(v128.load(at), m0)
      const d1 = f64x2.sub(v128.load(at, 16), m1)
      const d2 = f64x2.sub(v128.load(at, 32), m2)
      const d3 = f64x2.sub(v128.load(at, 48), m3)
      const g = y + PLAIN * row
      const plain = f64x2.add(f64x2.add(v128.load(g), v128.load(g, 16)), f64x2.add(v128.load(g, 32), v128.load(g, 48)))
      const all = f64x2.add(f64x2.add(f64x2.add(d0, d1), f64x2.add(d2, d3)), plain)
      const finite = f64x2.sub(all, all)
      if (i64x2.all_true(f64x2.eq(finite, finite))) {
        const n0 = f64x2.add(m0, f64x2.mul(step, d0))
        const n1 = f64x2.add(m1, f64x2.mul(step, d1))
        const n2 = f64x2.add(m2, f64x2.mul(step, d2))
        const n3 = f64x2.add(m3, f64x2.mul(step, d3))
        v128.store(y, n0)
        v128.store(y, n1, 16)
        v128.store(y, n2, 32)
        v128.store(y, n3, 48)
        v128.store(to, n0)
        v128.store(to, n1, 16)
        v128.store(to, n2, 32)
        v128.store(to, n3, 48)
      } else {
        const h = y + TOLD * row
        const told = f64x2.add(f64x2.add(v128.load(h), v128.load(h, 16)), f64x2.add(v128.load(h, 32), v128.load(h, 48)))
        const sum = f64x2.add(f64x2.add(m0, m1), f64x2.add(m2, m3))
        const ready = f64x2.add(told, f64x2.sub(sum, sum))
        if (i64x2.all_true(f64x2.eq(ready, ready))) {
          emaGaps(at, to, y, row, step, decay)
          emaGaps(at + 16, to + 16, y + 16, row, step, decay)
          emaGaps(at + 32, to + 32, y + 32, row, step, decay)
          emaGaps(at + 48, to + 48, y + 48, row, step, decay)
        } else for (let k: usize = 0; k < 64; k += 8) emaOne(at + k, to + k, y + k, row, alpha, keep, <f64>span)
      }
      at += row
      to += row
    }
  }
  for (let s = whole; s < row; s += 8) {
    let at = x + s
    let to = out + s
    for (let t = 0; t < rows; t++) {
      emaOne(at, to, state + s, row, alpha, keep, <f64>span)
      at += row
      to += row
    }
  }
}

// @ts-ignore: decorator
@inline
function wilderOne(x: usize, out: usize, state: usize, row: usize, n: f64): void {
  const v = load<f64>(x)
  if (v == v) {
    let y = load<f64>(state)
    const seen = load<f64>(state + SEEN * row)
    if (seen < n) {
      // The running mean of equal values is exactly that value.
      y += (v - y) / (seen + 1)
      store<f64>(state + SEEN * row, seen + 1)
      if (seen + 1 == n) store<f64>(state + TOLD * row, 0)
      store<f64>(out, seen + 1 == n ? y + (y - y) : NaN)
    } else {
      y += (v - y) / n
      store<f64>(out, y + (y - y))
    }
    store<f64>(state, y)
  } else store<f64>(out, NaN)
}

/** Makes the state of a new mean. */
export function wilderStart(state: usize, width: i32): void {
  const row = <usize>width << 3
  for (let s: usize = 0; s < row; s += 8) {
    store<f64>(state + s, 0)
    store<f64>(state + SEEN * row + s, 0)
    store<f64>(state + TOLD * row + s, NaN)
  }
}

/** `rows` more bars, two columns at a time once their means are told. */
export function wilder(x: usize, out: usize, state: usize, rows: i32, width: i32, n: i32): void {
  const row = <usize>width << 3
  const whole = row & ~15
  const over = f64x2.splat(<f64>n)
  const none = f64x2.splat(NaN)
  for (let s: usize = 0; s < row; s += 16) {
    const y = state + s
    let at = x + s
    let to = out + s
    let t = 0
    if (s < whole) {
      for (; t < rows; t++) {
        const told = v128.load(y + TOLD * row)
        if (i64x2.all_true(f64x2.eq(told, told))) break
        wilderOne(at, to, y, row, <f64>n)
        wilderOne(at + 8, to + 8, y + 8, row, <f64>n)
        at += row
        to += row
      }
      let m = v128.load(y)
      for (; t < rows; t++) {
        const v = v128.load(at)
        const has = f64x2.eq(v, v)
        m = v128.bitselect(f64x2.add(m, f64x2.div(f64x2.sub(v, m), over)), m, has)
        v128.store(to, v128.bitselect(f64x2.add(m, f64x2.sub(m, m)), none, has))
        at += row
        to += row
      }
      v128.store(y, m)
    } else
      for (; t < rows; t++) {
        wilderOne(at, to, y, row, <f64>n)
        at += row
        to += row
      }
  }
}
