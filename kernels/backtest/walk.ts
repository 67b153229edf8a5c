// What an account holds, followed over the closes of a stretch: two bars to a vector.

import { bars, closes, held, net, RECORD, records } from './account'

// @ts-ignore: decorator
@inline
function shares(from: usize, symbol: i32): v128 {
  return f64x2.splat(load<f64>(from + (<usize>symbol << RECORD)))
}

/**
 * Adds up what is held at `count` closes from bar `from` on, bar by bar: Σ shares × close, in the order of the
 * `positions` held symbols. Symbol i's closes stand from 8·i·bars on. Four positions at a time, so that sums stay in
 * registers. One number behind the last of the sums and of the closes is touched.
 */
export function walk(account: usize, from: i32, count: i32, positions: i32): void {
  const ofRecords = records(account)
  const ofHeld = held(account)
  const ofNet = net(account)
  const end = <usize>((count + 1) & ~1) << 3
  const first = closes(account) + (<usize>from << 3)
  const column = bars(account) << 3
  let h = positions & 3
  if (h == 0) memory.fill(ofNet, 0, end)
  else {
    const a = load<i32>(ofHeld)
    const b = h > 1 ? load<i32>(ofHeld, 4) : a
    const c = h > 2 ? load<i32>(ofHeld, 8) : a
    const ofA = shares(ofRecords, a)
    const ofB = shares(ofRecords, b)
    const ofC = shares(ofRecords, c)
    const atA = first + <usize>a * column
    const atB = first + <usize>b * column
    const atC = first + <usize>c * column
    for (let k: usize = 0; k < end; k += 16) {
      let sum = f64x2.mul(ofA, v128.load(atA + k))
      if (h > 1) sum = f64x2.add(sum, f64x2.mul(ofB, v128.load(atB + k)))
      if (h > 2) sum = f64x2.add(sum, f64x2.mul(ofC, v128.load(atC + k)))
      v128.store(ofNet + k, sum)
    }
  }
  for (; h < positions; h += 4) {
    const at = ofHeld + (<usize>h << 2)
    const a = load<i32>(at)
    const b = load<i32>(at, 4)
    const c = load<i32>(at, 8)
    const d = load<i32>(at, 12)
    const ofA = shares(ofRecords, a)
    const ofB = shares(ofRecords, b)
    const ofC = shares(ofRecords, c)
    const ofD = shares(ofRecords, d)
    const atA = first + <usize>a * column
    const atB = first + <usize>b * column
    const atC = first + <usize>c * column
    const atD = first + <usize>d * column
    for (let k: usize = 0; k < end; k += 16) {
      let sum = v128.load(ofNet + k)
      sum = f64x2.add(sum, f64x2.mul(ofA, v128.load(atA + k)))
      sum = f64x2.add(sum, f64x2.mul(ofB, v128.load(atB + k)))
      sum = f64x2.add(sum, f64x2.mul(ofC, v128.load(atC + k)))
      sum = f64x2.add(sum, f64x2.mul(ofD, v128.load(atD + k)))
      v128.store(ofNet + k, sum)
    }
  }
}
