/**
 * True range (Wilder 1978): max(high − low, |high − previous close|, |low − previous close|), and high − low where the
 * previous close is missing. All arrays are bars × width.
 */
export function trueRange(
  out: Float64Array,
  high: Float64Array,
  low: Float64Array,
  close: Float64Array,
  bars: number,
  width: number,
): void {
  for (let i = 0; i < bars * width; i++) {
    const h = high[i]!
    const l = low[i]!
    const before = i < width ? Number.NaN : close[i - width]!
    const range = h - l
    out[i] = Number.isNaN(before) ? range : Math.max(range, Math.abs(h - before), Math.abs(l - before))
  }
}

/**
 * Directional movement (Wilder 1978): the rise of the high where it exceeds the fall of the low, and the other way
 * round, else 0; NaN where a high or low of either bar is missing. `range` is made NaN at those bars, so that averages
 * of all three run over the same ones.
 */
export function directionalMovement(
  plus: Float64Array,
  minus: Float64Array,
  range: Float64Array,
  high: Float64Array,
  low: Float64Array,
  bars: number,
  width: number,
): void {
  for (let i = 0; i < bars * width; i++) {
    const up = i < width ? Number.NaN : high[i]! - high[i - width]!
    const down = i < width ? Number.NaN : low[i - width]! - low[i]!
    if (Number.isNaN(up + down)) {
      plus[i] = minus[i] = range[i] = Number.NaN
      continue
    }
    plus[i] = up > down && up > 0 ? up : 0
    minus[i] = down > up && down > 0 ? down : 0
  }
}
