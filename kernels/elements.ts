// Elementwise operators: see src/graph/kernels/compiled/elements.ts, which has the same numbers and names. Two elements
// at a time, in the operations and the order of the JavaScript loops, hence to the same bits.

const ADD = 0
const SUB = 1
const MUL = 2
const DIV = 3
const MIN = 4
const MAX = 5
const NEG = 6
const ABS = 7
const SQRT = 8
const SIGN = 9
const CLIP = 10
const FILL = 11
const CHANGE = 12
const RETURNS = 13
const TYPICAL = 14
const WHERE = 15
const GT = 16
const GE = 17
const LT = 18
const LE = 19
const EQ = 20
const NE = 21
const MISSING = 22
const AND = 23
const OR = 24
const NOT = 25

/** Infinite results are missing. */
// @ts-ignore: decorator
@inline
function finite(v: v128): v128 {
  return f64x2.add(v, f64x2.sub(v, v))
}

// @ts-ignore: decorator
@inline
function numbersOf(op: i32, a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
  if (op == ADD) return finite(f64x2.add(a, b))
  if (op == SUB) return finite(f64x2.sub(a, b))
  if (op == MUL) return finite(f64x2.mul(a, b))
  if (op == DIV) return finite(f64x2.div(a, b))
  if (op == MIN) return finite(f64x2.min(a, b))
  if (op == MAX) return finite(f64x2.max(a, b))
  if (op == NEG) return f64x2.sub(f64x2.splat(0), a)
  if (op == ABS) return f64x2.abs(a)
  if (op == SQRT) return f64x2.sqrt(a)
  if (op == SIGN) {
    const none = f64x2.splat(0)
    const up = v128.bitselect(f64x2.splat(1), a, f64x2.gt(a, none))
    return v128.bitselect(f64x2.splat(-1), up, f64x2.lt(a, none))
  }
  if (op == CLIP) return f64x2.min(f64x2.max(a, p), q)
  if (op == FILL) return v128.bitselect(a, p, f64x2.eq(a, a))
  if (op == CHANGE) return finite(f64x2.sub(f64x2.div(a, b), f64x2.splat(1)))
  if (op == RETURNS)
    return finite(f64x2.add(f64x2.sub(f64x2.div(a, b), f64x2.splat(1)), f64x2.sub(b, b)))
  return finite(f64x2.div(f64x2.add(f64x2.add(a, b), c), f64x2.splat(3)))
}

// @ts-ignore: decorator
@inline
function truthsOf(op: i32, a: v128, b: v128): v128 {
  if (op == GT) return f64x2.gt(a, b)
  if (op == GE) return f64x2.ge(a, b)
  if (op == LT) return f64x2.lt(a, b)
  if (op == LE) return f64x2.le(a, b)
  if (op == EQ) return f64x2.eq(a, b)
  if (op == NE) {
    const d = f64x2.sub(a, b)
    const none = f64x2.splat(0)
    return v128.or(f64x2.lt(d, none), f64x2.gt(d, none))
  }
  return f64x2.ne(a, a)
}

/** Numbers out of numbers; inputs that an operator does not have may stand anywhere. */
// @ts-ignore: decorator
@inline
function numbers(op: i32, a: usize, b: usize, c: usize, out: usize, count: i32, p: v128, q: v128): void {
  const end = <usize>(count & ~1) << 3
  let i: usize = 0
  for (; i < end; i += 16)
    v128.store(out + i, numbersOf(op, v128.load(a + i), v128.load(b + i), v128.load(c + i), p, q))
  if (count & 1) {
    const last = numbersOf(
      op, v128.load64_zero(a + i), v128.load64_zero(b + i), v128.load64_zero(c + i), p, q,
    )
    v128.store64_lane(out + i, last, 0)
  }
}

/** Truths out of numbers, eight of them at a time. */
// @ts-ignore: decorator
@inline
function truths(op: i32, a: usize, b: usize, out: usize, count: i32): void {
  const one = i8x16.splat(1)
  const end = count & ~7
  let i = 0
  for (; i < end; i += 8) {
    const x = a + (<usize>i << 3)
    const y = b + (<usize>i << 3)
    const t0 = truthsOf(op, v128.load(x), v128.load(y))
    const t1 = truthsOf(op, v128.load(x, 16), v128.load(y, 16))
    const t2 = truthsOf(op, v128.load(x, 32), v128.load(y, 32))
    const t3 = truthsOf(op, v128.load(x, 48), v128.load(y, 48))
    // The first half of every 64 bits says it all.
    const low = v128.shuffle<i32>(t0, t1, 0, 2, 4, 6)
    const high = v128.shuffle<i32>(t2, t3, 0, 2, 4, 6)
    const words = i16x8.narrow_i32x4_s(low, high)
    v128.store64_lane(out + i, v128.and(i8x16.narrow_i16x8_s(words, words), one), 0)
  }
  for (; i < count; i++) {
    const t = truthsOf(
      op, v128.load64_zero(a + (<usize>i << 3)), v128.load64_zero(b + (<usize>i << 3)),
    )
    store<u8>(out + i, <u8>(i64x2.extract_lane(t, 0) & 1))
  }
}

// @ts-ignore: decorator
@inline
function logic(op: i32, a: usize, b: usize, out: usize, count: i32): void {
  const one = i8x16.splat(1)
  const end = count & ~15
  let i = 0
  for (; i < end; i += 16) {
    const x = v128.load(a + i)
    const y = v128.load(b + i)
    v128.store(out + i, op == AND ? v128.and(x, y) : op == OR ? v128.or(x, y) : v128.xor(x, one))
  }
  for (; i < count; i++) {
    const x = load<u8>(a + i)
    const y = load<u8>(b + i)
    store<u8>(out + i, op == AND ? x & y : op == OR ? x | y : x ^ 1)
  }
}

/** b where the truth at a is 1, else c. */
function where(a: usize, b: usize, c: usize, out: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    const at = <usize>i << 3
    store<f64>(out + at, load<u8>(a + i) == 1 ? load<f64>(b + at) : load<f64>(c + at))
  }
}

/**
 * Fills `count` elements of `out` from the inputs at `a`, `b` and `c`; p and q are the operator's parameters. Numbers are
 * 8 bytes, truths 1. `out` may be an input of numbers where the result is numbers.
 */
export function element(
  op: i32, a: usize, b: usize, c: usize, out: usize, count: i32, p: f64, q: f64,
): void {
  const lo = f64x2.splat(p)
  const hi = f64x2.splat(q)
  switch (op) {
    case ADD: numbers(ADD, a, b, a, out, count, lo, hi); break
    case SUB: numbers(SUB, a, b, a, out, count, lo, hi); break
    case MUL: numbers(MUL, a, b, a, out, count, lo, hi); break
    case DIV: numbers(DIV, a, b, a, out, count, lo, hi); break
    case MIN: numbers(MIN, a, b, a, out, count, lo, hi); break
    case MAX: numbers(MAX, a, b, a, out, count, lo, hi); break
    case NEG: numbers(NEG, a, a, a, out, count, lo, hi); break
    case ABS: numbers(ABS, a, a, a, out, count, lo, hi); break
    case SQRT: numbers(SQRT, a, a, a, out, count, lo, hi); break
    case SIGN: numbers(SIGN, a, a, a, out, count, lo, hi); break
    case CLIP: numbers(CLIP, a, a, a, out, count, lo, hi); break
    case FILL: numbers(FILL, a, a, a, out, count, lo, hi); break
    case CHANGE: numbers(CHANGE, a, b, a, out, count, lo, hi); break
    case RETURNS: numbers(RETURNS, a, b, a, out, count, lo, hi); break
    case TYPICAL: numbers(TYPICAL, a, b, c, out, count, lo, hi); break
    case WHERE: where(a, b, c, out, count); break
    case GT: truths(GT, a, b, out, count); break
    case GE: truths(GE, a, b, out, count); break
    case LT: truths(LT, a, b, out, count); break
    case LE: truths(LE, a, b, out, count); break
    case EQ: truths(EQ, a, b, out, count); break
    case NE: truths(NE, a, b, out, count); break
    case MISSING: truths(MISSING, a, a, out, count); break
    case AND: logic(AND, a, b, out, count); break
    case OR: logic(OR, a, b, out, count); break
    case NOT: logic(NOT, a, a, out, count); break
  }
}
