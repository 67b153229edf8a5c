import { borrow, giveBack } from './scratch.js'
import { stripWidth } from './strips.js'

/** Sums of d = x − pivot, e = y − pivot, d², e² and d·e. */
interface Sums {
  readonly d: Float64Array
  readonly e: Float64Array
  readonly dd: Float64Array
  readonly ee: Float64Array
  readonly de: Float64Array
}

/** Takes Σ(x − x̄)², Σ(y − ȳ)² and Σ(x − x̄)(y − ȳ) of `count` neighbouring windows; `at` is the first's flat index. */
export type EmitCoMoments = (
  at: number,
  xx: Float64Array,
  yy: Float64Array,
  xy: Float64Array,
  count: number,
) => void

/**
 * Co-moments of the last n pairs, for every bar ≥ n − 1 of two bars × width panels: the two-block scheme with pivots,
 * safe for the reason given in rolling-moments. A constant side gives exact zeros; a window with a missing value on
 * either side gives NaN in `xy`.
 */
export function rollingCoMoments(
  x: Float64Array,
  y: Float64Array,
  bars: number,
  width: number,
  n: number,
  emit: EmitCoMoments,
): void {
  const strip = stripWidth(width, 5 * n + 13)
  const borrowed: Float64Array[] = []
  const lend = (length: number) => {
    const array = borrow(length)
    array.fill(0)
    borrowed.push(array)
    return array
  }
  const sums = (length: number): Sums => ({
    d: lend(length),
    e: lend(length),
    dd: lend(length),
    ee: lend(length),
    de: lend(length),
  })
  // Ending i holds rows i … n − 1 of the block before; ending n stays empty.
  const endings = sums((n + 1) * strip)
  const running = sums(strip)
  const xx = lend(strip)
  const yy = lend(strip)
  const xy = lend(strip)
  for (let from = 0; from < width; from += strip) {
    const count = Math.min(strip, width - from)
    for (let cut = 0; cut < bars; cut += n) {
      const pivot = cut * width + from
      if (cut > 0)
        for (let i = n - 1; i > 0; i--)
          extend(endings, i * strip, (i + 1) * strip, x, y, (cut - n + i) * width + from, pivot, count)
      for (const sum of Object.values(running)) sum.fill(0)
      const last = Math.min(n, bars - cut)
      for (let i = 0; i < last; i++) {
        const at = (cut + i) * width + from
        if (cut + i < n - 1) {
          extend(running, 0, 0, x, y, at, pivot, count)
          continue
        }
        extendAndJoin(xx, yy, xy, endings, (i + 1) * strip, running, x, y, at, pivot, count, n)
        emit(at, xx, yy, xy, count)
      }
    }
  }
  giveBack(...borrowed)
}

/** sums[o …] = sums[k …] and one more pair. */
function extend(
  { d, e, dd, ee, de }: Sums,
  o: number,
  k: number,
  x: Float64Array,
  y: Float64Array,
  at: number,
  pivot: number,
  count: number,
) {
  for (let s = 0; s < count; s++) {
    const u = x[at + s]! - x[pivot + s]!
    const v = y[at + s]! - y[pivot + s]!
    d[o + s] = d[k + s]! + u
    e[o + s] = e[k + s]! + v
    dd[o + s] = dd[k + s]! + u * u
    ee[o + s] = ee[k + s]! + v * v
    de[o + s] = de[k + s]! + u * v
  }
}

function extendAndJoin(
  xx: Float64Array,
  yy: Float64Array,
  xy: Float64Array,
  { d: ad, e: ae, dd: add, ee: aee, de: ade }: Sums,
  k: number,
  { d: bd, e: be, dd: bdd, ee: bee, de: bde }: Sums,
  x: Float64Array,
  y: Float64Array,
  at: number,
  pivot: number,
  count: number,
  n: number,
) {
  const share = 1 / n
  for (let s = 0; s < count; s++) {
    const u = x[at + s]! - x[pivot + s]!
    const v = y[at + s]! - y[pivot + s]!
    const d = bd[s]! + u
    const e = be[s]! + v
    const dd = bdd[s]! + u * u
    const ee = bee[s]! + v * v
    const de = bde[s]! + u * v
    bd[s] = d
    be[s] = e
    bdd[s] = dd
    bee[s] = ee
    bde[s] = de
    const allD = ad[k + s]! + d
    const allE = ae[k + s]! + e
    const mean = allD * share
    xx[s] = add[k + s]! + dd - allD * mean
    yy[s] = aee[k + s]! + ee - allE * (allE * share)
    xy[s] = ade[k + s]! + de - allE * mean
  }
}
