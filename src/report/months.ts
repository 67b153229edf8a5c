/** One calendar year of returns; null where the range has no bar. */
export interface YearOfReturns {
  readonly year: number
  /** Twelve months, January first. */
  readonly months: readonly (number | null)[]
  readonly total: number
  /** The benchmark's return over the same bars. */
  readonly benchmark: number
}

/**
 * Compounded returns by calendar month and year, partial ones included.
 * @param dates ISO days of the returns
 */
export function yearsOfReturns(
  returns: Float64Array,
  benchmark: Float64Array,
  dates: readonly string[],
): YearOfReturns[] {
  const years = new Map<number, { growth: (number | null)[]; total: number; benchmark: number }>()
  for (let t = 0; t < returns.length; t++) {
    const date = dates[t]!
    const year = Number(date.slice(0, 4))
    const month = Number(date.slice(5, 7)) - 1
    let row = years.get(year)
    if (row === undefined) {
      row = { growth: Array.from({ length: 12 }, () => null), total: 1, benchmark: 1 }
      years.set(year, row)
    }
    const factor = 1 + returns[t]!
    row.growth[month] = (row.growth[month] ?? 1) * factor
    row.total *= factor
    row.benchmark *= 1 + benchmark[t]!
  }
  return [...years].map(([year, row]) => ({
    year,
    months: row.growth.map((growth) => (growth === null ? null : growth - 1)),
    total: row.total - 1,
    benchmark: row.benchmark - 1,
  }))
}

/** Sums of values by calendar month: `2013-02` and what fell into it, every month from the first to the last. */
export function sumsByMonth(
  values: ArrayLike<number>,
  dates: readonly string[],
): { month: string; sum: number; count: number }[] {
  const sums: { month: string; sum: number; count: number }[] = []
  for (let t = 0; t < values.length; t++) {
    const month = dates[t]!.slice(0, 7)
    if (sums.at(-1)?.month !== month) sums.push({ month, sum: 0, count: 0 })
    if (!Number.isFinite(values[t])) continue
    sums.at(-1)!.sum += values[t]!
    sums.at(-1)!.count++
  }
  return sums
}
