import { quantile } from '../../base/stats/quantile.js'
import { type MetricMachine, metricMachine } from './compiled/machine.js'

/** What a benchmark's first `bars` returns are, whatever they are compared with. */
export interface BenchmarkSums {
  readonly bars: number
  /** Mean of its returns b. */
  readonly centre: number
  /** Σ(b − centre)². */
  readonly variance: number
  /** Σb over the bars on which it rose and over those on which it fell: 0 where there were none. */
  readonly up: number
  readonly down: number
}

/** What metrics are made of. With d = r − centre for the returns r, their mean `centre`, and e likewise for b. */
export interface Sums {
  readonly bars: number
  readonly centre: number
  /** Σd: what rounding left in the mean. */
  readonly drift: number
  /** Σd², Σd³ and Σd⁴. */
  readonly second: number
  readonly third: number
  readonly fourth: number
  /** Σ min(r − floor, 0)². */
  readonly below: number
  /** The 0.05 quantile of r; sum and number of the returns down there. */
  readonly worst: number
  readonly lost: number
  readonly losers: number
  /** Deepest fall from the highest equity so far, the starting value of 1 included (≤ 0), and the sum of all squared. */
  readonly deepest: number
  readonly squaredFalls: number
  /** Σ of the exposures. */
  readonly exposed: number
  /** Beside the benchmark: Σr where it rose and where it fell, Σde and Σ(d − e)². Absent without one. */
  readonly beside?: {
    readonly benchmark: BenchmarkSums
    readonly up: number
    readonly down: number
    readonly covariance: number
    readonly active: number
  }
}

export interface Series {
  readonly returns: Float64Array
  readonly equity: Float64Array
  /** Shares of equity at the closes that count: as many as returns, or one less. */
  readonly exposure: Float64Array
  /** At least as many as returns. */
  readonly benchmark: Float64Array | undefined
  /** The least return that is no shortfall. */
  readonly floor: number
}

/** A return this near above the quantile is among the worst. */
const TAIL_ROOM = 1e-12

/** Thousands of backtests are measured against one series. */
const known = new WeakMap<Float64Array, BenchmarkSums>()
/** Whose returns stand in the machine's memory as the benchmark. */
let loaded:
  | { readonly machine: MetricMachine; readonly benchmark: Float64Array; readonly bars: number }
  | undefined

/** Sums up a backtest's series, at least one bar long. The sums of a benchmark are remembered by its identity. */
export function sumsOf({ returns, equity, exposure, benchmark, floor }: Series): Sums {
  const bars = returns.length
  const machine = metricMachine(bars)
  const { kernels } = machine
  machine.exposure.values.set(exposure)
  machine.equity.values.set(equity)
  const other = benchmark && benchmarkSums(machine, benchmark, bars)
  machine.returns.values.set(returns)
  const exposed = kernels.total(machine.exposure.at, exposure.length)
  const centre = kernels.total(machine.returns.at, bars) / bars
  const worst = quantile(returns, 0.05)
  const beside = other === undefined ? machine.returns : machine.benchmark
  const otherCentre = other?.centre ?? centre
  const sums = machine.sums.values
  kernels.falls(machine.equity.at, bars, machine.sums.at)
  const deepest = sums[0]!
  const squaredFalls = sums[1]!
  const tail = worst + TAIL_ROOM
  kernels.moments(machine.returns.at, beside.at, bars, centre, otherCentre, floor, tail, machine.sums.at)
  return {
    bars,
    centre,
    drift: sums[0]!,
    second: sums[1]!,
    third: sums[2]!,
    fourth: sums[3]!,
    below: sums[4]!,
    worst,
    lost: sums[5]!,
    losers: sums[6]!,
    deepest,
    squaredFalls,
    exposed,
    ...(other && {
      beside: { benchmark: other, up: sums[7]!, down: sums[8]!, covariance: sums[9]!, active: sums[10]! },
    }),
  }
}

/** Brings a benchmark into the machine's memory, if it is not there, and sums it up, if that was not done. */
function benchmarkSums(machine: MetricMachine, benchmark: Float64Array, bars: number): BenchmarkSums {
  const { kernels, sums } = machine
  const { at, values } = machine.benchmark
  if (loaded?.machine !== machine || loaded.benchmark !== benchmark || loaded.bars < bars) {
    values.set(benchmark.length === bars ? benchmark : benchmark.subarray(0, bars))
    loaded = { machine, benchmark, bars }
  }
  const before = known.get(benchmark)
  if (before?.bars === bars) return before
  const centre = kernels.total(at, bars) / bars
  // By the kernel and in the order of what is compared, so that nothing differs from itself.
  kernels.moments(at, at, bars, centre, centre, 0, 0, sums.at)
  const made = { bars, centre, variance: sums.values[1]!, up: sums.values[7]!, down: sums.values[8]! }
  known.set(benchmark, made)
  return made
}
