import { machineWith } from './compiled/machine.js'

/** Rows shorter than this are sorted by insertion. */
const COMPILED_FROM = 24
/** Bytes of the compiled sort's counts of digits. */
const COUNTS = 2048

/**
 * Sorts rows of doubles by index, without allocating per row. Ties stay in order of position, −0 equals 0. Long rows go
 * to the compiled sort.
 */
export class RowOrder {
  /** Values of the row (−0 made 0), in the order given to `sort`. */
  readonly values: Float64Array
  /** `order[i]`: position in `values` of the i-th smallest. */
  readonly order: Int32Array

  constructor(size: number) {
    this.values = new Float64Array(size)
    this.order = new Int32Array(size)
  }

  /** Sorts the first `count` of `values` (finite, no −0), leaving the result in `order`. */
  sort(count: number): void {
    if (count < COMPILED_FROM) this.insertion(count)
    else this.compiled(count)
  }

  private compiled(count: number): void {
    const area = Math.ceil(count / 2) * 16
    const { machine, from } = machineWith(4 * area + COUNTS)
    machine.numbers.set(this.values.subarray(0, count), from / 8)
    const order = from + area
    machine.kernels.sortRow(from, order, order + area, order + 2 * area, order + 3 * area, count)
    this.order.set(machine.integers.subarray(order / 4, order / 4 + count))
  }

  private insertion(count: number): void {
    const { order, values } = this
    for (let i = 0; i < count; i++) {
      const v = values[i]!
      let j = i - 1
      while (j >= 0 && values[order[j]!]! > v) {
        order[j + 1] = order[j]!
        j--
      }
      order[j + 1] = i
    }
  }
}
