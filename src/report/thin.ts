export interface Point {
  readonly x: Date
  readonly y: number
}

/** Where a day stands on an axis of time. */
export const dayOf = (date: string): Date => new Date(`${date.slice(0, 10)}T00:00:00Z`)

/**
 * The points of a line that a picture of `columns` pixels can show: of each column the first, lowest, highest and last
 * (Jugel and others, "M4: A Visualization-Oriented Time Series Data Aggregation", VLDB 2014). Without a finite value
 * there is no point, and gaps between others are bridged.
 */
export function thin(dates: readonly string[], values: ArrayLike<number | null>, columns: number): Point[] {
  const n = values.length
  const finite = (i: number) => values[i] !== null && Number.isFinite(values[i])
  const kept: number[] = []
  if (n <= columns * 2) for (let i = 0; i < n; i++) finite(i) && kept.push(i)
  else
    for (let column = 0; column < columns; column++) {
      const from = Math.floor((column * n) / columns)
      const to = Math.floor(((column + 1) * n) / columns)
      const some: number[] = []
      let low = -1
      let high = -1
      for (let i = from; i < to; i++) {
        if (!finite(i)) continue
        if (some.length === 0) some.push(i)
        some[1] = i
        if (low < 0 || values[i]! < values[low]!) low = i
        if (high < 0 || values[i]! > values[high]!) high = i
      }
      if (low >= 0) some.push(low, high)
      kept.push(...[...new Set(some)].sort((a, b) => a - b))
    }
  return kept.map((i) => ({ x: dayOf(dates[i]!), y: values[i]! }))
}
