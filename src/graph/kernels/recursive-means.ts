import type { BarsAsked } from './compiled/blocks.js'
import type { Machine } from './compiled/machine.js'
import type { Series } from './compiled/series.js'
import { inSweep } from './compiled/sweep.js'

/** Rows of state that the compiled kernels keep, and the bytes of one: room for a whole number of pairs. */
const EMA_STATE = 4
const WILDER_STATE = 2
const rowBytes = (width: number) => 16 * Math.ceil(width / 2)

/**
 * Exponential mean as pandas' `ewm(span, adjust=False, min_periods=span, ignore_na=False)`: α = 2/(span + 1), started
 * at the first finite value. A missing bar repeats the mean and lets the weight of the past decay, so that the next
 * value counts the more. `x` and `out` are bars × width, `out` only the rows asked for; with all bars it may be `x`.
 */
export function exponentialMean(
  out: Float64Array,
  x: Series,
  bars: BarsAsked,
  width: number,
  span: number,
): void {
  if (span === 1) {
    lastKnown(out, x, bars, width)
    return
  }
  inSweep(
    out,
    [x],
    bars,
    width,
    1,
    EMA_STATE * rowBytes(width),
    ({ kernels }, state) => kernels.emaStart(state, width, span),
    ({ kernels }, { inputs, results, state, rows }) =>
      kernels.ema(inputs[0]!, results[0]!, state, rows, width, span),
  )
}

/** The mean over one bar is its value, to the bit; steps of y += x − y would lose what is small beside the past. */
function lastKnown(out: Float64Array, x: Series, bars: BarsAsked, width: number): void {
  inSweep(
    out,
    [x],
    bars,
    width,
    1,
    width * 8,
    ({ numbers }, state) => numbers.fill(Number.NaN, state / 8, state / 8 + width),
    ({ numbers }, { inputs, results, state, rows }) => {
      const from = inputs[0]! / 8
      const to = results[0]! / 8
      const last = state / 8
      for (let i = 0; i < rows * width; i++) {
        const value = numbers[from + i]!
        const known = last + (i % width)
        numbers[to + i] = numbers[known] = Number.isNaN(value) ? numbers[known]! : value
      }
    },
  )
}

/**
 * Wilder's mean (1978): the mean of the first n finite values, from then on y += (x − y)/n. Missing at a missing value,
 * which leaves the state alone. `out` as for `exponentialMean`.
 */
export function wilderMean(out: Float64Array, x: Series, bars: BarsAsked, width: number, n: number): void {
  inSweep(
    out,
    [x],
    bars,
    width,
    1,
    WILDER_STATE * rowBytes(width),
    ({ kernels }, state) => kernels.wilderStart(state, width),
    ({ kernels }, { inputs, results, state, rows }) =>
      kernels.wilder(inputs[0]!, results[0]!, state, rows, width, n),
  )
}

/** Wilder's mean of the true range (high, low, close). */
export function averageTrueRange(
  out: Float64Array,
  prices: readonly [Series, Series, Series],
  bars: BarsAsked,
  width: number,
  n: number,
): void {
  const means = rowBytes(width) * WILDER_STATE
  inSweep(
    out,
    prices,
    bars,
    width,
    1,
    means + rowBytes(width),
    (machine, state) => {
      machine.kernels.wilderStart(state, width)
      forgetBar(machine, state + means, width)
    },
    ({ kernels }, { inputs: [high, low, close], results: [to], state, rows }) => {
      kernels.trueRange(high!, low!, close!, state + means, to!, rows, width)
      kernels.wilder(to!, to!, state, rows, width, n)
    },
  )
}

/** Share of the gains in gains and losses in percent, Wilder's means of n of both; 50 where both are 0. */
export function relativeStrength(
  out: Float64Array,
  x: Series,
  bars: BarsAsked,
  width: number,
  n: number,
): void {
  const means = rowBytes(width) * WILDER_STATE
  inSweep(
    out,
    [x],
    bars,
    width,
    2,
    2 * means + rowBytes(width),
    (machine, state) => {
      machine.kernels.wilderStart(state, width)
      machine.kernels.wilderStart(state + means, width)
      forgetBar(machine, state + 2 * means, width)
    },
    ({ kernels }, { inputs, results: [gains, losses], state, rows }) => {
      kernels.changes(inputs[0]!, state + 2 * means, gains!, losses!, rows, width)
      kernels.wilder(gains!, gains!, state, rows, width, n)
      kernels.wilder(losses!, losses!, state + means, rows, width, n)
      kernels.percentOfBoth(gains!, losses!, gains!, rows * width)
    },
  )
}

/** Before the first bar there is none. */
const forgetBar = ({ numbers }: Machine, at: number, width: number) =>
  numbers.fill(Number.NaN, at / 8, at / 8 + width)
