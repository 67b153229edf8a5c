import { type CompiledMemory, startCompiled } from '../../../base/compiled.js'
import { KERNEL_BYTES } from './bytes.js'

/**
 * The compiled kernels (kernels/*.ts) and the small linear memory that they work in. Columns do not live there: the
 * drivers beside this file copy a few bars in, run a kernel on them while they are in the processor's cache, and copy
 * the result out. So the memory stays small however large the panel is, and any array will do.
 */
export interface Machine {
  readonly kernels: CompiledKernels
  /** The memory as numbers, integers and bytes; all are replaced when it grows. */
  numbers: Float64Array
  integers: Uint32Array
  bytes: Uint8Array
}

type TotalKernel = (
  prev: number,
  cur: number,
  out: number,
  ends: number,
  n: number,
  first: number,
  rows: number,
  width: number,
) => void

/** What kernels/index.ts exports; its sources tell shapes and working memory. Addresses are in bytes. */
export interface CompiledKernels {
  sum: TotalKernel
  product: TotalKernel
  mean(
    prev: number,
    cur: number,
    out: number,
    ends: number,
    n: number,
    first: number,
    rows: number,
    width: number,
    asked: number,
  ): void
  moments(
    prev: number,
    cur: number,
    out: number,
    out2: number,
    ends: number,
    n: number,
    first: number,
    rows: number,
    width: number,
    asked: number,
    what: number,
  ): void
  coMoments(
    prevX: number,
    prevY: number,
    x: number,
    y: number,
    out: number,
    ends: number,
    n: number,
    rows: number,
    width: number,
    asked: number,
    what: number,
  ): void
  extreme(
    prev: number,
    cur: number,
    out: number,
    ends: number,
    n: number,
    first: number,
    rows: number,
    width: number,
    least: number,
  ): void
  extremeAge(
    prev: number,
    cur: number,
    out: number,
    ends: number,
    n: number,
    rows: number,
    width: number,
    sign: number,
  ): void
  quantile(
    prev: number,
    cur: number,
    out: number,
    work: number,
    n: number,
    rows: number,
    width: number,
    below: number,
    share: number,
  ): void
  linearDecay(
    prev: number,
    cur: number,
    out: number,
    ends: number,
    n: number,
    rows: number,
    width: number,
    asked: number,
  ): void
  element(op: number, a: number, b: number, c: number, out: number, count: number, p: number, q: number): void
  trend(
    prev: number,
    cur: number,
    outMean: number,
    outXx: number,
    outXk: number,
    ends: number,
    n: number,
    rows: number,
    width: number,
    asked: number,
  ): void
  shape(
    prev: number,
    cur: number,
    out2: number,
    out3: number,
    out4: number,
    ends: number,
    n: number,
    rows: number,
    width: number,
    asked: number,
  ): void
  absoluteDeviation(
    prev: number,
    cur: number,
    mean: number,
    out: number,
    n: number,
    rows: number,
    width: number,
  ): void
  sortRow(values: number, order: number, a: number, b: number, counts: number, count: number): void
  rankNewest(
    prev: number,
    cur: number,
    out: number,
    n: number,
    rows: number,
    width: number,
    asked: number,
  ): void
  emaStart(state: number, width: number, span: number): void
  ema(x: number, out: number, state: number, rows: number, width: number, span: number): void
  wilderStart(state: number, width: number): void
  wilder(x: number, out: number, state: number, rows: number, width: number, n: number): void
  trueRange(
    high: number,
    low: number,
    close: number,
    before: number,
    out: number,
    rows: number,
    width: number,
  ): void
  changes(x: number, before: number, gains: number, losses: number, rows: number, width: number): void
  percentOfBoth(a: number, b: number, out: number, count: number): void
  across(x: number, mask: number, out: number, rows: number, width: number, what: number): void
  rank(
    x: number,
    mask: number,
    out: number,
    work: number,
    rows: number,
    width: number,
    what: number,
    q: number,
  ): void
}

const PAGE = 65_536
/** Addresses before this one are left to the module. */
const FIRST = 1024

let machine: (Machine & { readonly memory: CompiledMemory }) | undefined

function start(): Machine & { readonly memory: CompiledMemory } {
  const { memory, exports } = startCompiled(KERNEL_BYTES)
  return {
    memory,
    kernels: exports as CompiledKernels,
    numbers: new Float64Array(memory.buffer),
    integers: new Uint32Array(memory.buffer),
    bytes: new Uint8Array(memory.buffer),
  }
}

/** The kernels with `bytes` of working memory from the returned address on; contents are whatever was there. */
export function machineWith(bytes: number): { readonly machine: Machine; readonly from: number } {
  machine ??= start()
  const missing = FIRST + bytes - machine.bytes.length
  if (missing > 0) {
    machine.memory.grow(Math.ceil(missing / PAGE))
    machine.numbers = new Float64Array(machine.memory.buffer)
    machine.integers = new Uint32Array(machine.memory.buffer)
    machine.bytes = new Uint8Array(machine.memory.buffer)
  }
  return { machine, from: FIRST }
}
