/** Milliseconds of a piece of work, over at least seven repetitions after warming up. */
export interface Timing {
  readonly median: number
  readonly min: number
}

/** Repeats work for about `seconds`, at least seven times. */
export function time(work: () => unknown, seconds = 2): Timing {
  const runs: number[] = []
  const began = performance.now()
  work()
  const first = performance.now() - began
  for (let i = 0; i < 3 && (i + 1) * first < 1000; i++) work()
  const until = performance.now() + seconds * 1000
  while (runs.length < 7 || (performance.now() < until && runs.length < 1000)) {
    const start = performance.now()
    work()
    runs.push(performance.now() - start)
  }
  runs.sort((a, b) => a - b)
  return { median: runs[runs.length >> 1]!, min: runs[0]! }
}

/** A warm copy of one panel of `cells` doubles: what memory itself allows. */
export function copyTime(cells: number): Timing {
  const from = new Float64Array(cells).map((_, i) => i)
  const to = new Float64Array(cells)
  return time(() => to.set(from), 0.5)
}
