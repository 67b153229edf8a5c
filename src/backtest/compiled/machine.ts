import { startCompiled } from '../../base/compiled.js'
import { KERNEL_BYTES } from './bytes.js'

/** What kernels/backtest/index.ts exports; its sources tell shapes. Addresses are in bytes. */
export interface BacktestKernels {
  prepare(row: number, may: number, closes: number, width: number, sign: number): number
  largest(row: number, width: number, count: number, k: number, work: number, ids: number): number
  over(row: number, width: number, threshold: number, ids: number): number
  observe(on: number, enter: number, exit: number, width: number, bars: number): void
  collect(account: number, positions: number, wanted: number, cash: number, bar: number): number
  collectClosings(account: number, positions: number, cash: number, bar: number): number
  targetScale(equity: number, gross: number, stuck: number, grossExposure: number): number
  equityAfterFill(
    weights: number,
    values: number,
    count: number,
    gross: number,
    equity: number,
    stuck: number,
    grossExposure: number,
    buyRate: number,
    sellRate: number,
  ): number
  place(
    account: number,
    count: number,
    unit: number,
    buyRate: number,
    sellRate: number,
    averages: number,
  ): void
  end(account: number, from: number, to: number, positions: number, bar: number, counts: number): number
  open(account: number, from: number, to: number, positions: number, bar: number, averages: number): number
  walk(account: number, from: number, count: number, positions: number): void
}

/** The kernels with their memory as numbers, integers and bytes; these are replaced when it grows. */
export interface BacktestMachine {
  readonly kernels: BacktestKernels
  readonly numbers: Float64Array
  readonly integers: Int32Array
  readonly bytes: Uint8Array
}

export const PAGE = 65_536
/** Addresses before this one are left to the module. */
export const FIRST = 1024

let machine: (BacktestMachine & { readonly grow: (pages: number) => void }) | undefined

function start() {
  const { memory, exports } = startCompiled(KERNEL_BYTES)
  const views = () => ({
    numbers: new Float64Array(memory.buffer),
    integers: new Int32Array(memory.buffer),
    bytes: new Uint8Array(memory.buffer),
  })
  const made = {
    kernels: exports as BacktestKernels,
    ...views(),
    grow(pages: number) {
      memory.grow(pages)
      Object.assign(made, views())
    },
  }
  return made
}

/** The kernels with `bytes` of working memory from the returned address on; contents are whatever was there. */
export function backtestMachine(bytes: number): { readonly machine: BacktestMachine; readonly from: number } {
  machine ??= start()
  const missing = FIRST + bytes - machine.bytes.length
  if (missing > 0) machine.grow(Math.ceil(missing / PAGE))
  return { machine, from: FIRST }
}
