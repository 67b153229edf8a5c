/**
 * Mean of |x − mean| over the last n values, `mean` being the one of the same window (its NaN marks windows that are
 * not whole). Arrays are bars × width. Every window is gone through anew: its centre moves with each bar.
 */
export function meanAbsoluteDeviation(
  out: Float64Array,
  x: Float64Array,
  mean: Float64Array,
  bars: number,
  width: number,
  n: number,
): void {
  for (let t = 0; t < bars; t++) {
    const at = t * width
    if (t < n - 1) {
      out.fill(Number.NaN, at, at + width)
      continue
    }
    out.fill(0, at, at + width)
    for (let back = (n - 1) * width; back >= 0; back -= width)
      for (let s = at; s < at + width; s++) out[s] = out[s]! + Math.abs(x[s - back]! - mean[s]!)
    for (let s = at; s < at + width; s++) out[s] = out[s]! / n
  }
}
