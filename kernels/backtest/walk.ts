// What an account holds, followed over the closes of a stretch: two bars to a vector.

/** Records of positions are so many bytes long, as a shift; shares stand first (src/backtest/ledger.ts). */
const RECORD: usize = 6

// @ts-ignore: decorator
@inline
function shares(records: usize, symbol: i32): v128 {
  return f64x2.splat(load<f64>(records + (<usize>symbol << RECORD)))
}

/**
 * Adds up what is held at `count` closes from bar `from` on, bar by bar into `net`: Σ shares × close, in the order of
 * the `positions` symbols (4 bytes each) at `held`. Symbol i's closes stand from closes + 8·i·bars on. Four positions
 * at a time, so that sums stay in registers. One number behind the last of `net` and of `closes` is touched.
 */
export function walk(
  closes: usize,
  bars: i32,
  from: i32,
  count: i32,
  records: usize,
  held: usize,
  positions: i32,
  net: usize,
): void {
  const end = <usize>((count + 1) & ~1) << 3
  const first = closes + (<usize>from << 3)
  const column = <usize>bars << 3
  let h = positions & 3
  if (h == 0) memory.fill(net, 0, end)
  else {
    const a = load<i32>(held)
    const b = h > 1 ? load<i32>(held, 4) : a
    const c = h > 2 ? load<i32>(held, 8) : a
    const ofA = shares(records, a)
    const ofB = shares(records, b)
    const ofC = shares(records, c)
    const atA = first + <usize>a * column
    const atB = first + <usize>b * column
    const atC = first + <usize>c * column
    for (let k: usize = 0; k < end; k += 16) {
      let sum = f64x2.mul(ofA, v128.load(atA + k))
      if (h > 1) sum = f64x2.add(sum, f64x2.mul(ofB, v128.load(atB + k)))
      if (h > 2) sum = f64x2.add(sum, f64x2.mul(ofC, v128.load(atC + k)))
      v128.store(net + k, sum)
    }
  }
  for (; h < positions; h += 4) {
    const at = held + (<usize>h << 2)
    const a = load<i32>(at)
    const b = load<i32>(at, 4)
    const c = load<i32>(at, 8)
    const d = load<i32>(at, 12)
    const ofA = shares(records, a)
    const ofB = shares(records, b)
    const ofC = shares(records, c)
    const ofD = shares(records, d)
    const atA = first + <usize>a * column
    const atB = first + <usize>b * column
    const atC = first + <usize>c * column
    const atD = first + <usize>d * column
    for (let k: usize = 0; k < end; k += 16) {
      let sum = v128.load(net + k)
      sum = f64x2.add(sum, f64x2.mul(ofA, v128.load(atA + k)))
      sum = f64x2.add(sum, f64x2.mul(ofB, v128.load(atB + k)))
      sum = f64x2.add(sum, f64x2.mul(ofC, v128.load(atC + k)))
      sum = f64x2.add(sum, f64x2.mul(ofD, v128.load(atD + k)))
      v128.store(net + k, sum)
    }
  }
}
