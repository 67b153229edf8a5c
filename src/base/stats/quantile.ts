import { arrange } from './arrange.js'

/** So many values, evenly spread, say where about a quantile lies. */
const SAMPLES = 64

/** Fewer values than this are arranged as they are. */
const FEW = 512

/** Working memory for the values below a bar, grown as needed. */
let below = new Float64Array(1024)

/**
 * Quantile by linear interpolation between order statistics at position q·(n − 1) (type 7 of Hyndman & Fan 1996, the
 * default of numpy and R). `q` in [0, 1]; NaN of nothing. NaN among the values counts as larger than all of them.
 */
export function quantile(values: ArrayLike<number>, q: number): number {
  const n = values.length
  if (n === 0) return Number.NaN
  const position = q * (n - 1)
  const at = Math.floor(position)
  const fraction = position - at
  if (n >= FEW && values instanceof Float64Array) {
    const size = collectBelow(values, at)
    if (size > at + 1) return interpolate(below, size, at, fraction)
  }
  const copy = new Float64Array(values)
  if (copy.some(Number.isNaN)) {
    copy.sort()
    return between(copy[at]!, copy[Math.min(at + 1, n - 1)]!, fraction)
  }
  return interpolate(copy, n, at, fraction)
}

/**
 * Copies the values under a bar, which a sample of them puts somewhat above the one that would stand at `at`, and
 * returns how many there are: at + 2 will do, fewer will not. A NaN is under no bar.
 */
function collectBelow(values: Float64Array, at: number): number {
  const n = values.length
  const rank = Math.ceil((1.5 * (at + 2) * SAMPLES) / n) + 2
  if (2 * rank > SAMPLES) return 0
  // The `rank` smallest of the sample, descending.
  const smallest = new Float64Array(rank).fill(Number.POSITIVE_INFINITY)
  for (let c = 0; c < SAMPLES; c++) {
    const value = values[Math.floor((c * n) / SAMPLES)]!
    if (!(value < smallest[0]!)) continue
    let to = 1
    for (; to < rank && smallest[to]! > value; to++) smallest[to - 1] = smallest[to]!
    smallest[to - 1] = value
  }
  const bar = smallest[0]!
  if (below.length < n) below = new Float64Array(n)
  let size = 0
  for (let i = 0; i < n; i++) {
    const value = values[i]!
    below[size] = value
    // A comparison as a number: a branch would often be guessed wrong.
    size += +(value <= bar)
  }
  return size
}

/** Between the order statistics at `at` and at + 1 of the first `size` values, which are put in another order. */
function interpolate(values: Float64Array, size: number, at: number, fraction: number): number {
  arrange(values, size, at)
  // The next order statistic is the least of those behind.
  let high = at + 1 < size ? values[at + 1]! : values[at]!
  for (let i = at + 2; i < size; i++) if (values[i]! < high) high = values[i]!
  return between(values[at]!, high, fraction)
}

const between = (low: number, high: number, fraction: number): number =>
  low === high ? low : low + fraction * (high - low)
