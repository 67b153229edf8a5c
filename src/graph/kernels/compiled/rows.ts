import { type CompiledKernels, machineWith } from './machine.js'
import { readBars, type Series, workBytesFor } from './series.js'

/** Numbers copied at once, about. */
const CHUNK = 16_384

/** How a kernel goes on over some bars: addresses of the bars' values, of their mask (0: none), of its results. */
export type RunRows = (
  kernels: CompiledKernels,
  x: number,
  mask: number,
  out: number,
  work: number,
  rows: number,
) => void

/**
 * Runs a kernel over the bars `from` … `to` − 1 of a bars × width panel, some at a time, in order; what it keeps from
 * one bar to the next stands in its working memory. `begin` prepares that.
 */
export function inRows(
  out: Float64Array,
  x: Series,
  mask: Uint8Array | undefined,
  from: number,
  to: number,
  width: number,
  workBytes: number,
  begin: (kernels: CompiledKernels, work: number) => void,
  run: RunRows,
): void {
  const chunk = Math.max(1, Math.min(to - from, Math.floor(CHUNK / width)))
  const bytes = Math.ceil((chunk * width) / 2) * 16
  const work = Math.ceil(workBytes / 16) * 16
  const maskBytes = mask === undefined ? 0 : bytes
  const { machine, from: base } = machineWith(work + 2 * bytes + maskBytes + workBytesFor([x], width))
  const { kernels } = machine
  const source = base + work
  const target = source + bytes
  const taking = mask === undefined ? 0 : target + bytes
  const reading = target + bytes + maskBytes
  begin(kernels, base)
  for (let t = from; t < to; t += chunk) {
    const rows = Math.min(chunk, to - t)
    const cells = rows * width
    readBars(machine, x, source, t, rows, width, reading)
    if (mask !== undefined) machine.bytes.set(mask.subarray(t * width, t * width + cells), taking)
    run(kernels, source, taking, target, base, rows)
    out.set(machine.numbers.subarray(target / 8, target / 8 + cells), t * width)
  }
}
