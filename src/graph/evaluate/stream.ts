/**
 * Values that are computed as they are read: elementwise operators, shifts and fields that follow from others, on top of
 * arrays. A piece of some bars goes through all of them in the kernels' memory before the next one is begun, and what
 * lies between the arrays and the reader is written nowhere else.
 */
import { type CompiledElement, ELEMENTS } from '../kernels/compiled/elements.js'
import { type Machine, machineWith } from '../kernels/compiled/machine.js'
import { type BarSource, pieceRows, registerBytes } from '../kernels/compiled/series.js'
import type { PortType } from '../node.js'
import type { Column, KernelContext, OperatorDefinition, Params, Shift } from '../operator.js'

/** A stream of T or K rows, each of a panel's width: numbers, or truths of one byte. */
export interface Stream extends BarSource {
  readonly type: 'panel' | 'boolean'
}

const BYTES = { panel: 8, boolean: 1 } as const

/** The rows of an array; a vector's value stands for a whole row. */
export function arrayStream({ type, values }: Column, width: number): Stream {
  if (type === 'boolean')
    return {
      type,
      registers: 0,
      read({ bytes }, to, first, rows) {
        bytes.set(values.subarray(first * width, (first + rows) * width), to)
      },
    }
  const numbers = values as Float64Array
  if (type === 'vector')
    return {
      type: 'panel',
      registers: 0,
      read(machine, to, first, rows) {
        for (let r = 0; r < rows; r++) {
          const at = to / 8 + r * width
          machine.numbers.fill(numbers[first + r]!, at, at + width)
        }
      },
    }
  return {
    type,
    registers: 0,
    read(machine, to, first, rows) {
      machine.numbers.set(numbers.subarray(first * width, (first + rows) * width), to / 8)
    },
  }
}

/** Some bars of an array that holds all, each read so many bars back; missing before the first. */
export function rowsStream(values: Float64Array, width: number, bars: Int32Array, back: number): Stream {
  return {
    type: 'panel',
    registers: 0,
    read({ numbers }, to, first, rows) {
      for (let r = 0; r < rows; r++) {
        const at = (bars[first + r]! - back) * width
        const into = to / 8 + r * width
        if (at < 0) numbers.fill(Number.NaN, into, into + width)
        else numbers.set(values.subarray(at, at + width), into)
      }
    },
  }
}

/** A stream that is `by` rows behind another; missing before the first. */
export function behind(stream: Stream, by: number, width: number): Stream {
  if (by === 0) return stream
  return {
    type: 'panel',
    registers: stream.registers,
    read(machine, to, first, rows, work) {
      const none = Math.min(rows, Math.max(0, by - first))
      machine.numbers.fill(Number.NaN, to / 8, to / 8 + none * width)
      if (none < rows) stream.read(machine, to + none * width * 8, first + none - by, rows - none, work)
    },
  }
}

/** How a piece of values follows from pieces of others; all addresses are the kernels'. */
type Step = (machine: Machine, inputs: readonly number[], to: number, rows: number) => void

/** Inputs into registers, one beside the other, and the step on these. */
function stepped(
  type: Stream['type'],
  inputs: readonly Stream[],
  width: number,
  inPlace: boolean,
  step: Step,
): Stream {
  const register = registerBytes(width)
  // The first may be put where the result goes: there are as many numbers in it.
  const first = inPlace && type === 'panel' && inputs[0]?.type === 'panel' ? 1 : 0
  return {
    type,
    registers: inputs.reduce((most, input, i) => {
      const held = Math.max(0, i + 1 - first)
      return Math.max(most, held + input.registers)
    }, 0),
    read(machine, to, from, rows, work) {
      const at = inputs.map((input, i) => {
        const address = i < first ? to : work + (i - first) * register
        const free = work + Math.max(0, i + 1 - first) * register
        input.read(machine, address, from, rows, free)
        return address
      })
      step(machine, at, to, rows)
    },
  }
}

/** A compiled elementwise operator on streams of one width. */
export function elementStream(
  type: Stream['type'],
  { name, params = [0] }: CompiledElement,
  inputs: readonly Stream[],
  width: number,
): Stream {
  const op = ELEMENTS[name]
  const [p, q = 0] = params
  return stepped(type, inputs, width, true, ({ kernels }, [a, b = 0, c = 0], to, rows) =>
    kernels.element(op, a!, b, c, to, rows * width, p, q),
  )
}

/**
 * A compiled operator on an array's values and those `by` rows before, missing before the first. The rows are copied once
 * for both, if they are not too many for that.
 */
export function laggedStream(
  values: Float64Array,
  by: number,
  element: CompiledElement,
  width: number,
): Stream {
  const now = arrayStream({ type: 'panel', width, values }, width)
  if (by > pieceRows(width)) return elementStream('panel', element, [now, behind(now, by, width)], width)
  const { name, params = [0] } = element
  const op = ELEMENTS[name]
  const [p, q = 0] = params
  return {
    type: 'panel',
    registers: 2,
    read({ kernels, numbers }, to, first, rows, work) {
      const none = Math.max(0, by - first)
      const at = work / 8
      numbers.fill(Number.NaN, at, at + none * width)
      numbers.set(values.subarray((first - by + none) * width, (first + rows) * width), at + none * width)
      kernels.element(op, work + by * width * 8, work, 0, to, rows * width, p, q)
    },
  }
}

/** An elementwise operator whose kernel is not compiled. */
export function kernelStream(
  type: Stream['type'],
  { kernel }: OperatorDefinition,
  params: Params,
  inputs: readonly Stream[],
  context: KernelContext,
): Stream {
  const width = context.symbols
  const view = (machine: Machine, type: Stream['type'], at: number, rows: number): Column =>
    type === 'boolean'
      ? { type, width, values: machine.bytes.subarray(at, at + rows * width) }
      : { type, width, values: machine.numbers.subarray(at / 8, at / 8 + rows * width) }
  return stepped(type, inputs, width, false, (machine, at, to, rows) => {
    const columns = inputs.map((input, i) => view(machine, input.type, at[i]!, rows))
    const out = view(machine, type, to, rows).values
    kernel(out, columns, params, { ...context, bars: rows }, { output: undefined, mask: undefined })
  })
}

/** What a shift makes of the values now (undefined where it does not read them) and before. */
export function shiftStream(shift: Shift, now: Stream | undefined, before: Stream, width: number): Stream {
  if (now === undefined) return before
  if (shift.compiled !== undefined)
    return elementStream('panel', { name: shift.compiled }, [now, before], width)
  return stepped('panel', [now, before], width, false, ({ numbers }, [a, b], to, rows) =>
    shift.combine(numbers, to / 8, numbers, a! / 8, numbers, b! / 8, rows * width),
  )
}

/** Writes all rows of a stream into an array. */
export function writeStream(
  out: Float64Array | Uint8Array,
  stream: Stream,
  rows: number,
  width: number,
): void {
  const register = registerBytes(width)
  const { machine, from } = machineWith((1 + stream.registers) * register)
  const piece = pieceRows(width)
  const size = BYTES[stream.type]
  const memory = stream.type === 'boolean' ? machine.bytes : machine.numbers
  for (let first = 0; first < rows; first += piece) {
    const count = Math.min(piece, rows - first)
    stream.read(machine, from, first, count, from + register)
    out.set(memory.subarray(from / size, from / size + count * width), first * width)
  }
}

export const streamType = (type: PortType): Stream['type'] => (type === 'boolean' ? 'boolean' : 'panel')
