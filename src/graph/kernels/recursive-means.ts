/**
 * Exponential mean as pandas' `ewm(span, adjust=False, min_periods=span, ignore_na=False)`: α = 2/(span + 1), started
 * at the first finite value. A missing bar repeats the mean and lets the weight of the past decay, so that the next
 * value counts the more. `x` and `out` are bars × width.
 */
export function exponentialMean(
  out: Float64Array,
  x: Float64Array,
  bars: number,
  width: number,
  span: number,
): void {
  const alpha = 2 / (span + 1)
  const keep = 1 - alpha
  const state = new Float64Array(width).fill(Number.NaN)
  const missed = new Int32Array(width)
  const seen = new Int32Array(width)
  for (let t = 0; t < bars; t++) {
    const at = t * width
    for (let s = 0; s < width; s++) {
      const v = x[at + s]!
      if (!Number.isNaN(v)) {
        const y = state[s]!
        const m = missed[s]!
        if (Number.isNaN(y)) {
          state[s] = v
          missed[s] = 0
        } else if (m === 0) state[s] = y + alpha * (v - y)
        else {
          const old = keep ** (m + 1)
          state[s] = y + (alpha / (old + alpha)) * (v - y)
          missed[s] = 0
        }
        seen[s] = seen[s]! + 1
      } else missed[s] = missed[s]! + 1
      const mean = state[s]!
      out[at + s] = seen[s]! >= span ? mean + (mean - mean) : Number.NaN
    }
  }
}

/**
 * Wilder's mean (1978): the mean of the first n finite values, from then on y += (x − y)/n. Missing at a missing value,
 * which leaves the state alone. `out` may be `x`.
 */
export function wilderMean(out: Float64Array, x: Float64Array, bars: number, width: number, n: number): void {
  const state = new Float64Array(width)
  const seen = new Int32Array(width)
  for (let t = 0; t < bars; t++) {
    const at = t * width
    for (let s = 0; s < width; s++) {
      const v = x[at + s]!
      if (Number.isNaN(v)) {
        out[at + s] = Number.NaN
        continue
      }
      const count = seen[s]!
      if (count < n) {
        // The running mean of equal values is exactly that value.
        state[s] = state[s]! + (v - state[s]!) / (count + 1)
        seen[s] = count + 1
        out[at + s] = count + 1 === n ? state[s]! : Number.NaN
      } else {
        const mean = state[s]! + (v - state[s]!) / n
        state[s] = mean
        out[at + s] = mean + (mean - mean)
      }
    }
  }
}
