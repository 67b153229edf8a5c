import { borrow, giveBack } from './scratch.js'
import { stripWidth } from './strips.js'

/** Means and sums of squares and products of deviations of two runs of values per symbol. */
interface CoMoments {
  readonly meanX: Float64Array
  readonly meanY: Float64Array
  readonly xx: Float64Array
  readonly yy: Float64Array
  readonly xy: Float64Array
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
 * Co-moments of the last n pairs, for every bar ≥ n − 1 of two bars × width panels: the two-block scheme (see
 * rolling-sum), joined as Chan, Golub & LeVeque (1983) do. A constant side gives exact zeros; a window with a missing
 * value on either side gives NaN in `xy`.
 */
export function rollingCoMoments(
  x: Float64Array,
  y: Float64Array,
  bars: number,
  width: number,
  n: number,
  emit: EmitCoMoments,
): void {
  const strip = stripWidth(width, 5 * n + 10)
  const borrowed: Float64Array[] = []
  const lend = (length: number) => {
    const array = borrow(length)
    borrowed.push(array)
    return array
  }
  const coMoments = (length: number): CoMoments => ({
    meanX: lend(length),
    meanY: lend(length),
    xx: lend(length),
    yy: lend(length),
    xy: lend(length),
  })
  const endings = coMoments(n * strip)
  const running = coMoments(strip)
  const joined = coMoments(strip)
  for (let from = 0; from < width; from += strip) {
    const count = Math.min(strip, width - from)
    for (let cut = 0; cut < bars; cut += n) {
      if (cut > 0)
        for (let i = n - 1, size = 0; i > 0; i--, size++) {
          // Running backwards, each ending is the one after it and one more value.
          const from0 = size === 0 ? i * strip : (i + 1) * strip
          extend(endings, i * strip, endings, from0, size, x, y, (cut - n + i) * width + from, count)
        }
      const last = Math.min(n, bars - cut)
      for (let i = 0; i < last; i++) {
        const at = (cut + i) * width + from
        extend(running, 0, running, 0, i, x, y, at, count)
        if (i === n - 1) emit(at, running.xx, running.yy, running.xy, count)
        else if (cut > 0) {
          join(joined, endings, (i + 1) * strip, n - 1 - i, running, i + 1, count)
          emit(at, joined.xx, joined.yy, joined.xy, count)
        }
      }
    }
  }
  giveBack(...borrowed)
}

function extend(
  to: CoMoments,
  o: number,
  of: CoMoments,
  k: number,
  size: number,
  x: Float64Array,
  y: Float64Array,
  at: number,
  count: number,
) {
  const { meanX, meanY, xx, yy, xy } = to
  if (size === 0) {
    for (let s = 0; s < count; s++) {
      const u = x[at + s]!
      const v = y[at + s]!
      meanX[o + s] = u
      meanY[o + s] = v
      xx[o + s] = u - u
      yy[o + s] = v - v
      xy[o + s] = u - u + (v - v)
    }
    return
  }
  const share = 1 / (size + 1)
  const weight = size / (size + 1)
  const { meanX: oldX, meanY: oldY, xx: oldXx, yy: oldYy, xy: oldXy } = of
  for (let s = 0; s < count; s++) {
    const mx = oldX[k + s]!
    const my = oldY[k + s]!
    const dx = x[at + s]! - mx
    const dy = y[at + s]! - my
    const dw = dx * weight
    xx[o + s] = oldXx[k + s]! + dx * dw
    yy[o + s] = oldYy[k + s]! + dy * dy * weight
    xy[o + s] = oldXy[k + s]! + dy * dw
    meanX[o + s] = mx + dx * share
    meanY[o + s] = my + dy * share
  }
}

function join(to: CoMoments, a: CoMoments, k: number, na: number, b: CoMoments, nb: number, count: number) {
  const weight = (na * nb) / (na + nb)
  const { xx, yy, xy } = to
  const { meanX: ax, meanY: ay, xx: axx, yy: ayy, xy: axy } = a
  const { meanX: bx, meanY: by, xx: bxx, yy: byy, xy: bxy } = b
  for (let s = 0; s < count; s++) {
    const dx = bx[s]! - ax[k + s]!
    const dy = by[s]! - ay[k + s]!
    const dw = dx * weight
    xx[s] = axx[k + s]! + bxx[s]! + dx * dw
    yy[s] = ayy[k + s]! + byy[s]! + dy * dy * weight
    xy[s] = axy[k + s]! + bxy[s]! + dy * dw
  }
}
