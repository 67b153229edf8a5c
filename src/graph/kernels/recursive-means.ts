import { inRows } from './compiled/rows.js'

/** Rows of state that the compiled kernels keep, and the bytes of one: room for a whole number of pairs. */
const EMA_STATE = 4
const WILDER_STATE = 2
const rowBytes = (width: number) => 16 * Math.ceil(width / 2)

/**
 * Exponential mean as pandas' `ewm(span, adjust=False, min_periods=span, ignore_na=False)`: α = 2/(span + 1), started
 * at the first finite value. A missing bar repeats the mean and lets the weight of the past decay, so that the next
 * value counts the more. `x` and `out` are bars × width; `out` may be `x`.
 */
export function exponentialMean(
  out: Float64Array,
  x: Float64Array,
  bars: number,
  width: number,
  span: number,
): void {
  if (span === 1) {
    lastKnown(out, x, bars * width, width)
    return
  }
  inRows(
    out,
    x,
    undefined,
    0,
    bars,
    width,
    EMA_STATE * rowBytes(width),
    (kernels, state) => kernels.emaStart(state, width, span),
    (kernels, from, _mask, to, state, rows) => kernels.ema(from, to, state, rows, width, span),
  )
}

/** The mean over one bar is its value, to the bit; steps of y += x − y would lose what is small beside the past. */
function lastKnown(out: Float64Array, x: Float64Array, cells: number, width: number): void {
  for (let i = 0; i < cells; i++) {
    const value = x[i]!
    out[i] = Number.isNaN(value) && i >= width ? out[i - width]! : value
  }
}

/**
 * Wilder's mean (1978): the mean of the first n finite values, from then on y += (x − y)/n. Missing at a missing value,
 * which leaves the state alone. `out` may be `x`.
 */
export function wilderMean(out: Float64Array, x: Float64Array, bars: number, width: number, n: number): void {
  inRows(
    out,
    x,
    undefined,
    0,
    bars,
    width,
    WILDER_STATE * rowBytes(width),
    (kernels, state) => kernels.wilderStart(state, width),
    (kernels, from, _mask, to, state, rows) => kernels.wilder(from, to, state, rows, width, n),
  )
}
