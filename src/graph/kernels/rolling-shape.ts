import { borrow, giveBack } from './scratch.js'
import { stripWidth } from './strips.js'

/** The first four central moments (sums of powers of deviations) of one run of values per symbol. */
interface Moments {
  readonly mean: Float64Array
  readonly m2: Float64Array
  readonly m3: Float64Array
  readonly m4: Float64Array
}

/** Takes the central moments of `count` neighbouring windows; `at` is the flat index of the first in the panel. */
export type EmitShape = (
  at: number,
  m2: Float64Array,
  m3: Float64Array,
  m4: Float64Array,
  count: number,
) => void

/**
 * Sums of squared, cubed and fourth powers of deviations of the last n values, for every bar ≥ n − 1: the two-block
 * scheme (see rolling-sum) with the update and joining formulas of Pébay, Formulas for robust, one-pass parallel
 * computation of covariances and arbitrary-order statistical moments (2008).
 */
export function rollingShape(x: Float64Array, bars: number, width: number, n: number, emit: EmitShape): void {
  const strip = stripWidth(width, 4 * n + 8)
  const borrowed: Float64Array[] = []
  const lend = (length: number) => {
    const array = borrow(length)
    borrowed.push(array)
    return array
  }
  const moments = (length: number): Moments => ({
    mean: lend(length),
    m2: lend(length),
    m3: lend(length),
    m4: lend(length),
  })
  const endings = moments(n * strip)
  const running = moments(strip)
  const joined = moments(strip)
  for (let from = 0; from < width; from += strip) {
    const count = Math.min(strip, width - from)
    for (let cut = 0; cut < bars; cut += n) {
      if (cut > 0)
        for (let i = n - 1, size = 0; i > 0; i--, size++) {
          extend(running, size, x, (cut - n + i) * width + from, count)
          for (const key of ['mean', 'm2', 'm3', 'm4'] as const)
            for (let s = 0; s < count; s++) endings[key][i * strip + s] = running[key][s]!
        }
      const last = Math.min(n, bars - cut)
      for (let i = 0; i < last; i++) {
        const at = (cut + i) * width + from
        extend(running, i, x, at, count)
        if (i === n - 1) emit(at, running.m2, running.m3, running.m4, count)
        else if (cut > 0) {
          join(joined, endings, (i + 1) * strip, n - 1 - i, running, i + 1, count)
          emit(at, joined.m2, joined.m3, joined.m4, count)
        }
      }
    }
  }
  giveBack(...borrowed)
}

function extend(to: Moments, size: number, x: Float64Array, at: number, count: number) {
  const { mean, m2, m3, m4 } = to
  if (size === 0) {
    for (let s = 0; s < count; s++) {
      const v = x[at + s]!
      mean[s] = v
      m2[s] = m3[s] = m4[s] = v - v
    }
    return
  }
  const n = size + 1
  const fourth = n * n - 3 * n + 3
  for (let s = 0; s < count; s++) {
    const d = x[at + s]! - mean[s]!
    const dn = d / n
    const dn2 = dn * dn
    const term = d * dn * size
    m4[s] = m4[s]! + term * dn2 * fourth + 6 * dn2 * m2[s]! - 4 * dn * m3[s]!
    m3[s] = m3[s]! + term * dn * (n - 2) - 3 * dn * m2[s]!
    m2[s] = m2[s]! + term
    mean[s] = mean[s]! + dn
  }
}

function join(to: Moments, a: Moments, k: number, na: number, b: Moments, nb: number, count: number) {
  const n = na + nb
  const w2 = (na * nb) / n
  const w3 = (w2 * (na - nb)) / n
  const w4 = (w2 * (na * na - na * nb + nb * nb)) / (n * n)
  for (let s = 0; s < count; s++) {
    const a2 = a.m2[k + s]!
    const b2 = b.m2[s]!
    const a3 = a.m3[k + s]!
    const b3 = b.m3[s]!
    const d = b.mean[s]! - a.mean[k + s]!
    const d2 = d * d
    to.m2[s] = a2 + b2 + d2 * w2
    to.m3[s] = a3 + b3 + d2 * d * w3 + (3 * d * (na * b2 - nb * a2)) / n
    to.m4[s] =
      a.m4[k + s]! +
      b.m4[s]! +
      d2 * d2 * w4 +
      (6 * d2 * (na * na * b2 + nb * nb * a2)) / (n * n) +
      (4 * d * (na * b3 - nb * a3)) / n
  }
}
