import type { Machine } from './machine.js'

/**
 * Values of a bars × width panel that are computed as a kernel reads them, some bars at a time and in the kernels' own
 * memory: nothing of panel size is written, and what is read next is in the processor's cache.
 */
export interface BarSource {
  /** Registers (see `registerBytes`) that reading takes besides the target. */
  readonly registers: number
  /**
   * Puts the values of `rows` bars from `first` on at the address `to`. At most `pieceRows` bars at once. Bars are
   * counted among those that the source has: all of a panel, or the rows that somebody wants.
   */
  read(machine: Machine, to: number, first: number, rows: number, work: number): void
}

/** A whole panel, or one that is computed as it is read. */
export type Series = Float64Array | BarSource

export const isSource = (series: Series): series is BarSource => !(series instanceof Float64Array)

/** Values of a register, about: some of these stay in the second level of the processor's cache. */
const PIECE = 8192

/** Bars that a source is asked for at once. */
export const pieceRows = (width: number) => Math.max(1, Math.floor(PIECE / width))

export const registerBytes = (width: number) => Math.ceil((pieceRows(width) * width) / 2) * 16

/** Working memory that reading these takes, one after the other. */
export function workBytesFor(inputs: readonly Series[], width: number): number {
  let most = 0
  for (const input of inputs) if (isSource(input)) most = Math.max(most, input.registers)
  return most * registerBytes(width)
}

/** Puts `rows` bars of a series at an address. */
export function readBars(
  machine: Machine,
  series: Series,
  to: number,
  first: number,
  rows: number,
  width: number,
  work: number,
): void {
  if (!isSource(series)) {
    machine.numbers.set(series.subarray(first * width, (first + rows) * width), to / 8)
    return
  }
  const piece = pieceRows(width)
  for (let done = 0; done < rows; done += piece)
    series.read(machine, to + done * width * 8, first + done, Math.min(piece, rows - done), work)
}

/** The values of all bars of a series in one array: itself, or `room`, filled. */
export function wholeSeries(
  series: Series,
  bars: number,
  width: number,
  machineWith: (bytes: number) => { readonly machine: Machine; readonly from: number },
  room: Float64Array,
): Float64Array {
  if (!isSource(series)) return series
  const register = registerBytes(width)
  const { machine, from } = machineWith((1 + series.registers) * register)
  const piece = pieceRows(width)
  for (let first = 0; first < bars; first += piece) {
    const rows = Math.min(piece, bars - first)
    series.read(machine, from, first, rows, from + register)
    room.set(machine.numbers.subarray(from / 8, from / 8 + rows * width), first * width)
  }
  return room
}
