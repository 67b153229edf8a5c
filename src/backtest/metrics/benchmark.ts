import { type MetricSheet, NO_VARIATION } from './sheet.js'

const NAMES = ['beta', 'alpha', 'trackingError', 'informationRatio', 'upCapture', 'downCapture'] as const

/** A bar on which the benchmark moved less than this counts as neither up nor down. */
const FLAT = 1e-12

/** Measures against a benchmark's returns over the same bars; a ruined strategy's missing bars are left out. */
export function measureAgainst(
  sheet: MetricSheet,
  returns: Float64Array,
  benchmark: Float64Array | undefined,
  periodsPerYear: number,
): void {
  const n = returns.length
  if (benchmark === undefined || benchmark.length < n) {
    const why = benchmark ? `the benchmark has ${benchmark.length} of ${n} bars` : 'there is no benchmark'
    for (const name of NAMES) sheet.none(name, why)
    return
  }
  const up = { count: 0, own: 0, other: 0 }
  const down = { count: 0, own: 0, other: 0 }
  let sum = 0
  let sumOther = 0
  for (let t = 0; t < n; t++) {
    const own = returns[t]!
    const other = benchmark[t]!
    sum += own
    sumOther += other
    const side = other > FLAT ? up : other < -FLAT ? down : undefined
    if (!side) continue
    side.count++
    side.own += own
    side.other += other
  }
  const centre = sum / n
  const centreOther = sumOther / n
  let covariance = 0
  let variance = 0
  let active = 0
  for (let t = 0; t < n; t++) {
    const own = returns[t]! - centre
    const other = benchmark[t]! - centreOther
    covariance += own * other
    variance += other * other
    active += (own - other) ** 2
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
  if (up.count === 0) sheet.none('upCapture', 'the benchmark never rose')
  else sheet.put('upCapture', up.own / up.other)
  if (down.count === 0) sheet.none('downCapture', 'the benchmark never fell')
  else sheet.put('downCapture', down.own / down.other)
}
