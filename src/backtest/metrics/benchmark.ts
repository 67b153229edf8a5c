import { type MetricSheet, NO_VARIATION } from './sheet.js'
import type { Sums } from './sums.js'

const NAMES = ['beta', 'alpha', 'trackingError', 'informationRatio', 'upCapture', 'downCapture'] as const

/** Measures against a benchmark's returns over the same bars; without them, `why` says why there are none. */
export function measureAgainst(
  sheet: MetricSheet,
  { bars, centre, beside }: Sums,
  periodsPerYear: number,
  why: string,
): void {
  if (beside === undefined) {
    for (const name of NAMES) sheet.none(name, why)
    return
  }
  const { benchmark, up, down, covariance, active } = beside
  if (Math.sqrt(benchmark.variance / (bars - 1)) < NO_VARIATION) {
    sheet.none('beta', 'the benchmark does not vary')
    sheet.none('alpha', 'the benchmark does not vary')
  } else {
    const beta = covariance / benchmark.variance
    sheet.put('beta', beta)
    sheet.put('alpha', (centre - beta * benchmark.centre) * periodsPerYear)
  }
  const year = Math.sqrt(periodsPerYear)
  const spread = Math.sqrt(active / (bars - 1))
  sheet.put('trackingError', spread * year)
  if (spread < NO_VARIATION) sheet.none('informationRatio', 'the returns do not differ from the benchmark')
  else sheet.put('informationRatio', ((centre - benchmark.centre) / spread) * year)
  if (benchmark.up === 0) sheet.none('upCapture', 'the benchmark never rose')
  else sheet.put('upCapture', up / benchmark.up)
  if (benchmark.down === 0) sheet.none('downCapture', 'the benchmark never fell')
  else sheet.put('downCapture', down / benchmark.down)
}
