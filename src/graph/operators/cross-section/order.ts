import { gather } from '../../kernels/row-members.js'
import { RowOrder } from '../../kernels/row-order.js'
import type { OperatorDefinition, Params } from '../../operator.js'
import { anyRows, num, numbers, toBoolean, toPanel } from '../define.js'
import { ACROSS, finitePositions, onPresent, plainPlace } from './rows.js'

/** An operator whose value follows from a symbol's average rank in its bar. */
function ranked(
  name: string,
  doc: string,
  params: OperatorDefinition['params'],
  /** Result of members whose average rank is `rank` (1 … count). */
  value: (rank: number, count: number, params: Params) => number,
  plain: (v: number, values: readonly number[], params: Params) => number,
): OperatorDefinition {
  return {
    name,
    category: 'crossSection',
    inputs: [ACROSS],
    params,
    type: toPanel,
    lookback: () => 0,
    ...anyRows((out, inputs, given, { symbols }, { mask }, from, to) => {
      const x = numbers(inputs[0])
      const sorter = new RowOrder(symbols)
      const positions = new Int32Array(symbols + 1)
      const result = out as Float64Array
      result.fill(Number.NaN, from * symbols, to * symbols)
      for (let t = from; t < to; t++) {
        const at = t * symbols
        const count = gather(x, at, symbols, mask, positions, sorter.values)
        sorter.sort(count)
        const { order, values } = sorter
        for (let i = 0; i < count; ) {
          const v = values[order[i]!]!
          let end = i + 1
          while (end < count && values[order[end]!]! === v) end++
          const r = value((i + 1 + end) / 2, count, given)
          for (; i < end; i++) result[at + positions[order[i]!]!] = r
        }
      }
    }),
    reference: {
      kind: 'crossSection',
      row: ([row], given) => onPresent(row!, (values) => values.map((v) => plain(v, values, given))),
    },
    doc,
  }
}

const rank = ranked(
  'rank',
  'percentile of x among the symbols of the bar, in (0, 1], average ties',
  [],
  (place, count) => place / count,
  (v, values) => plainPlace(v, values) / values.length,
)

const bucket = ranked(
  'bucket',
  'which of q equal parts x falls in among the symbols of the bar: 0 (lowest) … q − 1',
  [{ name: 'q', kind: 'integer', min: 2, max: 1000, search: [2, 10] }],
  // rank·q, multiplied first: then a rank on a border gives a whole number exactly.
  (place, count, params) => Math.ceil((place * num(params, 'q')) / count) - 1,
  (v, values, params) => {
    const q = num(params, 'q')
    const place = plainPlace(v, values)
    let part = 0
    while ((part + 1) * values.length < place * q) part++
    return part
  },
)

function selected(name: string, doc: string, sign: 1 | -1): OperatorDefinition {
  return {
    name,
    category: 'crossSection',
    inputs: [ACROSS],
    params: [{ name: 'k', kind: 'integer', min: 1, max: 100_000, search: [1, 100] }],
    type: toBoolean,
    lookback: () => 0,
    ...anyRows((out, inputs, params, { symbols }, { mask }, from, to) => {
      const x = numbers(inputs[0])
      const sorter = new RowOrder(symbols)
      const positions = new Int32Array(symbols + 1)
      ;(out as Uint8Array).fill(0, from * symbols, to * symbols)
      for (let t = from; t < to; t++) {
        const at = t * symbols
        const count = gather(x, at, symbols, mask, positions, sorter.values)
        // The sort keeps ties in the order of symbols, so the largest are sorted as the smallest of −x.
        if (sign < 0) for (let i = 0; i < count; i++) sorter.values[i] = 0 - sorter.values[i]!
        sorter.sort(count)
        const take = Math.min(count, num(params, 'k'))
        for (let i = 0; i < take; i++) out[at + positions[sorter.order[i]!]!] = 1
      }
    }),
    reference: {
      kind: 'crossSection',
      row: ([row], params) => {
        const best = finitePositions(row!)
          .sort((s, r) => sign * (row![s]! - row![r]!) || s - r)
          .slice(0, num(params, 'k'))
        return row!.map((_, s) => (best.includes(s) ? 1 : 0))
      },
    },
    doc,
  }
}

const top = selected('top', 'the k largest of the bar; ties to the symbol that sorts first', -1)
const bottom = selected('bottom', 'the k smallest of the bar; ties to the symbol that sorts first', 1)

export const CROSS_ORDER: readonly OperatorDefinition[] = [rank, bucket, top, bottom]
