import type { GroupField } from '../data/panel.js'
import { capWeights } from './weigh.js'

/**
 * Caps Σ|w| of each group among the entries of one sign, as docs/decisions/009-portfolio-limits.md defines it: what a
 * group has above `max` is spread over the groups below in proportion to their weights, again until none exceeds;
 * when all are capped the rest stays in cash. Within a group the proportions stay. Symbols without a group at the bar
 * of the decision count as one group. Limits on single symbols hold afterwards too: what the spreading lifts above
 * `maxWeight` is cut, and stays in cash.
 */
export class GroupCap {
  private readonly field: GroupField
  private readonly max: number
  private readonly maxWeight: number
  private readonly totals: Float64Array
  private readonly before: Float64Array
  private readonly capped: Uint8Array

  constructor(field: GroupField, max: number, maxWeight = Number.POSITIVE_INFINITY) {
    const groups = field.labels.length + 1
    this.field = field
    this.max = max
    this.maxWeight = maxWeight
    this.totals = new Float64Array(groups)
    this.before = new Float64Array(groups)
    this.capped = new Uint8Array(groups)
  }

  /** Changes `weights[0 … count − 1]` of `symbols`, decided at the bar whose cells start at `row`, of one sign. */
  apply(symbols: Int32Array, weights: Float64Array, count: number, row: number, sign: 1 | -1): void {
    const { field, totals, before, capped, max, maxWeight } = this
    const unknown = totals.length - 1
    const groupOf = (j: number) => {
      const code = field.codes[row + symbols[j]!]!
      return code < 0 ? unknown : code
    }
    totals.fill(0)
    for (let j = 0; j < count; j++) if (sign * weights[j]! > 0) totals[groupOf(j)]! += sign * weights[j]!
    before.set(totals)
    capWeights(totals, totals.length, 1, max, capped)
    for (let j = 0; j < count; j++) {
      const size = sign * weights[j]!
      if (size <= 0) continue
      const group = groupOf(j)
      weights[j] = sign * Math.min((size * totals[group]!) / before[group]!, maxWeight)
    }
  }
}
