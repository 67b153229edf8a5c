/** A fall from a high until the high is reached again. */
export interface DrawdownSpell {
  /** Day of the high; null where it is the starting value itself. */
  readonly peak: string | null
  readonly trough: string
  /** Day on which the high was reached again; null where the range ends before. */
  readonly recovery: string | null
  /** Lowest equity over the high, less 1 (< 0). */
  readonly depth: number
  /** Bars from the high to the recovery, or to the end. */
  readonly bars: number
  /** Bars from the high to the trough. */
  readonly barsDown: number
}

/** Equity over its highest value so far, less 1, at each bar (≤ 0); the starting value of 1 counts as a high. */
export function drawdownSeries(equity: Float64Array): Float64Array {
  let peak = 1
  return equity.map((value) => {
    if (value > peak) peak = value
    return value / peak - 1
  })
}

/** A fall smaller than this is rounding. */
const NO_FALL = 1e-12

/**
 * Every fall below an earlier high, the deepest first.
 * @param equity at each bar, in multiples of the starting value
 * @param dates of those bars
 */
export function drawdownSpells(equity: Float64Array, dates: readonly string[]): DrawdownSpell[] {
  const spells: DrawdownSpell[] = []
  let peak = 1
  let peakBar = -1
  let trough = -1
  const end = (bar: number, recovered: boolean) => {
    const depth = equity[trough]! / peak - 1
    if (depth < -NO_FALL)
      spells.push({
        peak: peakBar < 0 ? null : dates[peakBar]!,
        trough: dates[trough]!,
        recovery: recovered ? dates[bar]! : null,
        depth,
        bars: bar - peakBar,
        barsDown: trough - peakBar,
      })
    trough = -1
  }
  for (let t = 0; t < equity.length; t++) {
    const value = equity[t]!
    if (value >= peak) {
      if (trough >= 0) end(t, true)
      peak = value
      peakBar = t
    } else if (trough < 0 || value < equity[trough]!) trough = t
  }
  if (trough >= 0) end(equity.length - 1, false)
  return spells.sort((a, b) => a.depth - b.depth || a.bars - b.bars)
}
