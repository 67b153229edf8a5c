/**
 * SuperTrend. Bands at the bar's middle ± k·atr; the upper one only falls (the lower one only rises) until the previous
 * close was beyond it. An up trend ends at a close below the lower band, a down trend at one above the upper band; the
 * first is up where the close is not below the middle. Bars that miss something give NaN and leave the state alone.
 * Arrays are bars × width; `direction`: 1 or −1 instead of the line.
 */
export function superTrend(
  out: Float64Array,
  high: Float64Array,
  low: Float64Array,
  close: Float64Array,
  atr: Float64Array,
  bars: number,
  width: number,
  k: number,
  direction: boolean,
): void {
  const uppers = new Float64Array(width)
  const lowers = new Float64Array(width)
  const closes = new Float64Array(width)
  /** 0 before the first bar. */
  const trends = new Int8Array(width)
  for (let t = 0; t < bars; t++) {
    const at = t * width
    for (let s = 0; s < width; s++) {
      const i = at + s
      const c = close[i]!
      const middle = (high[i]! + low[i]!) / 2
      const reach = k * atr[i]!
      if (Number.isNaN(middle + reach + c)) {
        out[i] = Number.NaN
        continue
      }
      let upper = middle + reach
      let lower = middle - reach
      let trend = trends[s]!
      if (trend === 0) trend = c >= middle ? 1 : -1
      else {
        const before = closes[s]!
        if (upper >= uppers[s]! && before <= uppers[s]!) upper = uppers[s]!
        if (lower <= lowers[s]! && before >= lowers[s]!) lower = lowers[s]!
        if (trend > 0) trend = c < lower ? -1 : 1
        else trend = c > upper ? 1 : -1
      }
      uppers[s] = upper
      lowers[s] = lower
      closes[s] = c
      trends[s] = trend
      const v = direction ? trend : trend > 0 ? lower : upper
      out[i] = v + (v - v)
    }
  }
}
