import { usageError } from '../base/errors.js'
import type { BarRange } from './types.js'

/** Levels of an index, or of any other account, by day. */
export interface BenchmarkSeries {
  readonly name: string
  /** ISO days, strictly ascending. */
  readonly dates: readonly string[]
  /** Above 0; missing values (NaN) are passed over. */
  readonly values: ArrayLike<number>
}

/** Days that a series may end before a backtest does: a level may come later, or be missing over holidays. */
const GRACE_DAYS = 7

/**
 * Returns of a series at the bars of a range: the newest level known at each close over the one before. The first is
 * 0, since no strategy holds anything at the close of its first bar.
 * @throws AlphaloopError (usage) BENCHMARK_RANGE where the series begins after the range does, or ends long before it
 */
export function seriesReturns(
  series: BenchmarkSeries,
  dates: readonly string[],
  { start, end }: BarRange,
): Float64Array {
  const levels = series.dates
    .map((date, i) => ({ date, value: series.values[i]! }))
    .filter(({ value }) => Number.isFinite(value) && value > 0)
  const first = levels[0]
  const last = levels.at(-1)
  const from = dates[start]!
  const to = dates[end]!
  const late = last !== undefined && Date.parse(to) - Date.parse(last.date) > GRACE_DAYS * 86_400_000
  if (first === undefined || last === undefined || first.date > from || late)
    throw usageError(
      'BENCHMARK_RANGE',
      `the benchmark ${series.name} ${
        first === undefined
          ? 'has no values'
          : `has values from ${first.date} to ${last!.date}, and the backtest runs from ${from} to ${to}`
      }`,
      'give a longer series, or backtest the days that it covers: --start, --end',
      { benchmark: series.name, first: first?.date ?? null, last: last?.date ?? null, start: from, end: to },
    )
  const returns = new Float64Array(end - start + 1)
  let at = 0
  let before = Number.NaN
  for (let bar = start; bar <= end; bar++) {
    while (at + 1 < levels.length && levels[at + 1]!.date <= dates[bar]!) at++
    const level = levels[at]!.value
    if (bar > start) returns[bar - start] = level / before - 1
    before = level
  }
  return returns
}
