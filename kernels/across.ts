// Statistics of a bar's values across the symbols. Two bars at a time, symbol by symbol: the sums of each bar are made in
// the order of its symbols, as one after the other would make them. Who does not take part adds 0.

/** What `across` writes. */
const DEMEAN = 0
const ZSCORE = 1

/** The values of one symbol in two bars; −0 is made 0. */
// @ts-ignore: decorator
@inline
function two(a: usize, b: usize): v128 {
  return f64x2.add(v128.load64_lane(b, v128.load64_zero(a), 1), f64x2.splat(0))
}

/** All bits of those that are finite and (with `mask`, a byte each) taken part in. */
// @ts-ignore: decorator
@inline
function partOf(v: v128, mask: usize, other: usize): v128 {
  const rest = f64x2.sub(v, v)
  const is = f64x2.eq(rest, rest)
  if (!mask) return is
  const taken = i64x2.replace_lane(i64x2.splat(-<i64>load<u8>(mask)), 1, -<i64>load<u8>(other))
  return v128.and(is, taken)
}

/**
 * `rows` bars of `width` values: x − mean, (x − mean)/std (ddof 1) or x/Σ|x| among those that are finite and (with `mask`)
 * take part; the others are missing, as is what would not be finite. The mean of equal values is that value.
 */
export function across(x: usize, mask: usize, out: usize, rows: i32, width: i32, what: i32): void {
  const row = <usize>width << 3
  const zero = f64x2.splat(0)
  const one = f64x2.splat(1)
  const none = f64x2.splat(NaN)
  for (let t = 0; t < rows; t += 2) {
    // The last of an odd number is done twice.
    const on = t + 1 < rows
    const second = on ? row : 0
    const other = on ? mask + width : mask
    let count = zero
    let sum = zero
    let first = none
    let unequal = zero
    let gross = zero
    for (let s: usize = 0; s < <usize>width; s++) {
      const v = two(x + (s << 3), x + second + (s << 3))
      const part = partOf(v, mask ? mask + s : 0, other + s)
      first = v128.bitselect(v, first, v128.and(part, f64x2.ne(first, first)))
      count = f64x2.add(count, v128.and(part, one))
      sum = f64x2.add(sum, v128.and(part, v))
      gross = f64x2.add(gross, v128.and(part, f64x2.abs(v)))
      unequal = v128.or(unequal, v128.and(part, f64x2.ne(v, first)))
    }
    const mean = v128.bitselect(f64x2.div(sum, count), first, i64x2.ne(unequal, i64x2.splat(0)))
    let over = gross
    if (what == ZSCORE) {
      let squares = zero
      let rest = zero
      for (let s: usize = 0; s < <usize>width; s++) {
        const v = two(x + (s << 3), x + second + (s << 3))
        const part = partOf(v, mask ? mask + s : 0, other + s)
        const d = v128.and(part, f64x2.sub(v, mean))
        squares = f64x2.add(squares, f64x2.mul(d, d))
        rest = f64x2.add(rest, d)
      }
      // Corrected for the rounding of the mean (Chan, Golub & LeVeque 1983, eq. 1.7).
      const left = f64x2.sub(squares, f64x2.div(f64x2.mul(rest, rest), count))
      over = f64x2.sqrt(f64x2.div(left, f64x2.sub(count, one)))
    }
    for (let s: usize = 0; s < <usize>width; s++) {
      const v = two(x + (s << 3), x + second + (s << 3))
      const part = partOf(v, mask ? mask + s : 0, other + s)
      let r: v128
      if (what == DEMEAN) r = f64x2.sub(v, mean)
      else if (what == ZSCORE) r = f64x2.div(f64x2.sub(v, mean), over)
      else r = f64x2.div(v, over)
      r = v128.bitselect(f64x2.add(r, f64x2.sub(r, r)), none, part)
      v128.store64_lane(out + (s << 3), r, 0)
      v128.store64_lane(out + second + (s << 3), r, 1)
    }
    x += row << 1
    out += row << 1
    if (mask) mask += width << 1
  }
}
