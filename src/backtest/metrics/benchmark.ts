import { type MetricSheet, NO_VARIATION } from './sheet.js'

const NAMES = ['beta', 'alpha', 'trackingError', 'informationRatio', 'upCapture', 'downCapture'] as const

/** A bar on which the benchmark moved less than this counts as neither up nor down. */
const FLAT = 1e-12

/** What a benchmark's first `bars` returns are, whatever they are compared with. */
interface Moments {
  readonly bars: number
  readonly centre: number
  /** Σ(b − centre)². */
  readonly variance: number
  /** Bars on which it rose and fell, and its returns on them. */
  readonly ups: number
  readonly downs: number
  readonly up: number
  readonly down: number
}

/** Thousands of backtests are measured against one series. */
const known = new WeakMap<Float64Array, Moments>()

function momentsOf(benchmark: Float64Array, bars: number): Moments {
  const before = known.get(benchmark)
  if (before?.bars === bars) return before
  let sum = 0
  let ups = 0
  let downs = 0
  let up = 0
  let down = 0
  for (let t = 0; t < bars; t++) {
    const value = benchmark[t]!
    sum += value
    if (value > FLAT) {
      ups++
      up += value
    } else if (value < -FLAT) {
      downs++
      down += value
    }
  }
  const centre = sum / bars
  let variance = 0
  for (let t = 0; t < bars; t++) variance += (benchmark[t]! - centre) ** 2
  const moments = { bars, centre, variance, ups, downs, up, down }
  known.set(benchmark, moments)
  return moments
}

/**
 * Measures against a benchmark's returns over the same bars; a ruined strategy's missing bars are left out. `centre` is
 * the mean of the returns.
 */
export function measureAgainst(
  sheet: MetricSheet,
  returns: Float64Array,
  centre: number,
  benchmark: Float64Array | undefined,
  periodsPerYear: number,
): void {
  const n = returns.length
  if (benchmark === undefined || benchmark.length < n) {
    const why = benchmark ? `the benchmark has ${benchmark.length} of ${n} bars` : 'there is no benchmark'
    for (const name of NAMES) sheet.none(name, why)
    return
  }
  const { centre: centreOther, variance, ups, downs, up, down } = momentsOf(benchmark, n)
  let ownUp = 0
  let ownDown = 0
  let covariance = 0
  let active = 0
  for (let t = 0; t < n; t++) {
    const value = returns[t]!
    const move = benchmark[t]!
    // Branches on the sign would be guessed wrong half of the time.
    ownUp += value * +(move > FLAT)
    ownDown += value * +(move < -FLAT)
    const own = value - centre
    const other = move - centreOther
    const apart = own - other
    covariance += own * other
    active += apart * apart
  }
  if (Math.sqrt(variance / (n - 1)) < NO_VARIATION) {
    sheet.none('beta', 'the benchmark does not vary')
    sheet.none('alpha', 'the benchmark does not vary')
  } else {
    const beta = covariance / variance
    sheet.put('beta', beta)
    sheet.put('alpha', (centre - beta * centreOther) * periodsPerYear)
  }
  const year = Math.sqrt(periodsPerYear)
  const spread = Math.sqrt(active / (n - 1))
  sheet.put('trackingError', spread * year)
  if (spread < NO_VARIATION) sheet.none('informationRatio', 'the returns do not differ from the benchmark')
  else sheet.put('informationRatio', ((centre - centreOther) / spread) * year)
  if (ups === 0) sheet.none('upCapture', 'the benchmark never rose')
  else sheet.put('upCapture', ownUp / up)
  if (downs === 0) sheet.none('downCapture', 'the benchmark never fell')
  else sheet.put('downCapture', ownDown / down)
}
