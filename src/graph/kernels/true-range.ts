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
