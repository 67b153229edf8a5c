import { startCompiled } from '../../../base/compiled.js'
import { KERNEL_BYTES } from './bytes.js'

/** What kernels/metrics/index.ts exports; its sources tell shapes. Addresses are in bytes. */
export interface MetricKernels {
  total(values: number, count: number): number
  falls(equity: number, count: number, sums: number): void
  moments(
    returns: number,
    benchmark: number,
    count: number,
    centre: number,
    otherCentre: number,
    floor: number,
    tail: number,
    sums: number,
  ): void
}

/** A series in the kernels' memory: its address, and the numbers there. */
export interface Lane {
  readonly at: number
  readonly values: Float64Array
}

/** The kernels, and room for series of so many bars. */
export interface MetricMachine {
  readonly kernels: MetricKernels
  readonly bars: number
  readonly returns: Lane
  readonly equity: Lane
  readonly exposure: Lane
  readonly benchmark: Lane
  readonly sums: Lane
}

const PAGE = 65_536
/** Addresses before this one are left to the module. */
const FIRST = 1024
/** Most that a kernel writes at once. */
const SUMS = 16
/** A kernel goes two bars at a time, over the end of an odd series. */
const SPARE = 2

let started: ReturnType<typeof startCompiled> | undefined
let machine: MetricMachine | undefined

/** The kernels with room for `bars`; another machine than before, with nothing in it, where there was not enough. */
export function metricMachine(bars: number): MetricMachine {
  if (machine !== undefined && machine.bars >= bars) return machine
  started ??= startCompiled(KERNEL_BYTES)
  const { memory, exports } = started
  // Twice as much as is wanted, so that ranges that grow bar by bar make few machines.
  const room = 2 * bars + SPARE
  const missing = Math.ceil((FIRST + 8 * (SUMS + 4 * room) - memory.buffer.byteLength) / PAGE)
  if (missing > 0) memory.grow(missing)
  let end = FIRST
  const lane = (size: number): Lane => {
    const at = end
    end += 8 * size
    return { at, values: new Float64Array(memory.buffer, at, size) }
  }
  machine = {
    kernels: exports as MetricKernels,
    bars: 2 * bars,
    sums: lane(SUMS),
    returns: lane(room),
    equity: lane(room),
    exposure: lane(room),
    benchmark: lane(room),
  }
  return machine
}
