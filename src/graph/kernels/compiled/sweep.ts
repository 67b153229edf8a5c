import type { BarsAsked } from './blocks.js'
import { type Machine, machineWith } from './machine.js'
import { readBars, type Series, workBytesFor } from './series.js'

/** Numbers copied at once, about. */
const CHUNK = 16_384

/**
 * Some bars: addresses of their values in each input, of so many results, and of what is kept from bar to bar. The same
 * object from one call to the next.
 */
export interface Step {
  readonly inputs: readonly number[]
  /** The first is handed out. */
  readonly results: readonly number[]
  readonly state: number
  rows: number
  readonly width: number
}

/**
 * Goes over a bars × width panel from its first bar on, some bars at a time, and keeps the results of all bars or of
 * those that are asked for. For kernels whose value follows from all bars before: what they keep stands in their state.
 */
export function inSweep(
  out: Float64Array,
  inputs: readonly Series[],
  bars: BarsAsked,
  width: number,
  results: number,
  stateBytes: number,
  begin: (machine: Machine, state: number) => void,
  run: (machine: Machine, step: Step) => void,
): void {
  const asked = typeof bars === 'number' ? undefined : bars.bars
  const end = asked === undefined ? (bars as number) : (asked.at(-1) ?? -1) + 1
  if (end === 0) return
  const chunk = Math.max(1, Math.min(end, Math.floor(CHUNK / width)))
  const bytes = Math.ceil((chunk * width) / 2) * 16
  const stateRoom = Math.ceil(stateBytes / 16) * 16
  const areas = inputs.length + results
  const { machine, from } = machineWith(stateRoom + areas * bytes + workBytesFor(inputs, width))
  const area = (i: number) => from + stateRoom + i * bytes
  const work = area(areas)
  const step: Step = {
    inputs: inputs.map((_, i) => area(i)),
    results: Array.from({ length: results }, (_, i) => area(inputs.length + i)),
    state: from,
    rows: 0,
    width,
  }
  const first = step.results[0]! / 8
  begin(machine, from)
  let k = 0
  for (let t = 0; t < end; t += chunk) {
    const rows = Math.min(chunk, end - t)
    // What is done here for each chunk takes as long as a tenth of its values, if it makes objects.
    for (let i = 0; i < inputs.length; i++)
      readBars(machine, inputs[i]!, step.inputs[i]!, t, rows, width, work)
    step.rows = rows
    run(machine, step)
    if (asked === undefined) out.set(machine.numbers.subarray(first, first + rows * width), t * width)
    else
      for (; k < asked.length && asked[k]! < t + rows; k++) {
        const at = first + (asked[k]! - t) * width
        out.set(machine.numbers.subarray(at, at + width), k * width)
      }
  }
}
