import { RowOrder } from './row-order.js'

/**
 * Puts into out[from … to − 1] what becomes of the members values[from … to − 1] of one cross-section or group (finite,
 * at least one). NaN and infinite results are missing.
 */
export type MembersLoop = (out: Float64Array, values: Float64Array, from: number, to: number) => void

/** Mean, exact where all are equal. */
export function meanOf(values: Float64Array, from: number, to: number): number {
  const first = values[from]!
  let sum = 0
  let unequal = 0
  for (let i = from; i < to; i++) {
    const v = values[i]!
    sum += v
    unequal |= v === first ? 0 : 1
  }
  return unequal === 0 ? first : sum / (to - from)
}

export const memberMean: MembersLoop = (out, values, from, to) => {
  const mean = meanOf(values, from, to)
  for (let i = from; i < to; i++) out[i] = mean
}

export const memberDemean: MembersLoop = (out, values, from, to) => {
  const mean = meanOf(values, from, to)
  for (let i = from; i < to; i++) out[i] = values[i]! - mean
}

export const memberZscore: MembersLoop = (out, values, from, to) => {
  const mean = meanOf(values, from, to)
  let squares = 0
  let rest = 0
  for (let i = from; i < to; i++) {
    const d = values[i]! - mean
    squares += d * d
    rest += d
  }
  // Two passes, corrected for the rounding of the mean (Chan, Golub & LeVeque 1983, eq. 1.7).
  const std = Math.sqrt((squares - (rest * rest) / (to - from)) / (to - from - 1))
  for (let i = from; i < to; i++) out[i] = (values[i]! - mean) / std
}

/** Percentile in (0, 1], average ties. */
export function memberRank(symbols: number): MembersLoop {
  const sorter = new RowOrder(symbols)
  return (out, values, from, to) => {
    const count = to - from
    for (let i = 0; i < count; i++) sorter.values[i] = values[from + i]!
    sorter.sort(count)
    const { order, values: own } = sorter
    for (let i = 0; i < count; ) {
      const v = own[order[i]!]!
      let end = i + 1
      while (end < count && own[order[end]!]! === v) end++
      const rank = (i + 1 + end) / 2 / count
      for (; i < end; i++) out[from + order[i]!] = rank
    }
  }
}

/** Clipped to the quantiles p and 1 − p, between neighbours by linear interpolation. */
export function memberWinsorize(symbols: number, p: number): MembersLoop {
  const sorter = new RowOrder(symbols)
  return (out, values, from, to) => {
    const count = to - from
    for (let i = 0; i < count; i++) sorter.values[i] = values[from + i]!
    sorter.sort(count)
    const at = (q: number) => {
      const place = q * (count - 1)
      const below = Math.floor(place)
      const low = sorter.values[sorter.order[below]!]!
      if (place === below) return low
      return low + (sorter.values[sorter.order[below + 1]!]! - low) * (place - below)
    }
    const low = at(p)
    const high = at(1 - p)
    for (let i = from; i < to; i++) out[i] = Math.min(Math.max(values[i]!, low), high)
  }
}
