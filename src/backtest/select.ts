import { type BacktestMachine, backtestMachine } from './compiled/machine.js'

/** Rows of keys are filled up to a multiple of so many (kernels/backtest/select.ts). */
const ROUND = 16

/** Where a decision looks: rows of larger arrays, one value for each symbol. */
export interface Choice {
  readonly scores: Float64Array
  /** Where the row of scores, and of the universe, begins. */
  readonly row: number
  /** 1 where a symbol may be picked; absent: everywhere. */
  readonly universe?: Uint8Array | undefined
  /** Only symbols with a finite close at `closesRow` may be picked; absent: all have one. */
  readonly closes?: Float64Array | undefined
  readonly closesRow: number
}

/**
 * Picks symbols by the keys sign·score of one row, in compiled kernels that look at the row as a whole. Finite keys of
 * symbols that may be picked count; of equal keys the symbol that sorts first wins.
 */
export class Picker {
  /** The picks: `picks[0 … count − 1]`, symbols ascending unless they were asked for in order. */
  readonly picks: Int32Array
  private readonly merged: Int32Array
  private readonly width: number
  private readonly machine: BacktestMachine
  private readonly row: number
  private readonly closes: number
  private readonly work: number
  private readonly ids: number
  private readonly may: number

  /** Room for picks out of `width` symbols. */
  constructor(width: number) {
    this.picks = new Int32Array(width)
    this.merged = new Int32Array(width)
    this.width = width
    const padded = Math.ceil(width / ROUND) * ROUND
    const { machine, from } = backtestMachine(padded * (3 * 8 + 4 + 1))
    this.machine = machine
    this.row = from
    this.closes = this.row + padded * 8
    this.work = this.closes + padded * 8
    this.ids = this.work + padded * 8
    this.may = this.ids + padded * 4
  }

  /** Picks the k symbols with the largest keys. Returns how many were picked. */
  largest(choice: Choice, k: number, sign: 1 | -1): number {
    return this.pickLargest(this.prepare(choice, sign), k)
  }

  /** Picks a fraction (0 … 1) of those that may be picked, rounded up, with the largest keys. */
  fraction(choice: Choice, fraction: number, sign: 1 | -1): number {
    const count = this.prepare(choice, sign)
    return this.pickLargest(count, Math.ceil(fraction * count - 1e-9))
  }

  /** Picks the symbols whose keys are above a threshold. */
  over(choice: Choice, threshold: number, sign: 1 | -1): number {
    this.prepare(choice, sign)
    const { width, machine, row, ids } = this
    return this.take(machine.kernels.over(row, width, threshold, ids))
  }

  private pickLargest(count: number, k: number): number {
    const { width, machine, row, work, ids } = this
    return this.take(machine.kernels.largest(row, width, count, Math.min(k, width), work, ids))
  }

  /** Makes keys in the kernels' memory, and returns how many symbols may be picked. */
  private prepare({ scores, row, universe, closes, closesRow }: Choice, sign: 1 | -1): number {
    const { width, machine } = this
    machine.numbers.set(scores.subarray(row, row + width), this.row / 8)
    if (universe) machine.bytes.set(universe.subarray(row, row + width), this.may)
    if (closes) machine.numbers.set(closes.subarray(closesRow, closesRow + width), this.closes / 8)
    return machine.kernels.prepare(this.row, universe ? this.may : 0, closes ? this.closes : 0, width, sign)
  }

  private take(count: number): number {
    const { picks } = this
    const { integers } = this.machine
    const from = this.ids / 4
    for (let p = 0; p < count; p++) picks[p] = integers[from + p]!
    return count
  }

  /** Brings the first `count` picks in the order of their keys, the largest first, ties as they stand: runs are merged. */
  order({ scores, row }: Choice, count: number, sign: 1 | -1): void {
    let from = this.picks
    let to = this.merged
    for (let run = 1; run < count; run *= 2) {
      for (let first = 0; first < count; first += 2 * run) {
        const middle = Math.min(first + run, count)
        const end = Math.min(middle + run, count)
        let a = first
        let b = middle
        for (let at = first; at < end; at++) {
          const isFirst =
            b === end || (a < middle && sign * scores[row + from[a]!]! >= sign * scores[row + from[b]!]!)
          to[at] = from[isFirst ? a++ : b++]!
        }
      }
      const swapped = from
      from = to
      to = swapped
    }
    if (from !== this.picks) this.picks.set(from.subarray(0, count))
  }
}
