import { gather } from '../../kernels/row-members.js'
import { RowOrder } from '../../kernels/row-order.js'
import type { OperatorDefinition, Params } from '../../operator.js'
import { num, numbers, overBars, toBoolean } from '../define.js'
import { ACROSS, compiledAcross, finitePositions, plainPlace } from './rows.js'

/** What the compiled kernel writes. */
const WHAT = { share: 0, bucket: 1 } as const
/** Entries of working memory of 8 bytes a symbol, and bytes besides. */
const WORK = [5, 2056] as const

/** An operator whose value follows from a symbol's average rank in its bar. */
const ranked = (
  name: string,
  doc: string,
  params: OperatorDefinition['params'],
  what: keyof typeof WHAT,
  parts: (params: Params) => number,
  plain: (v: number, values: readonly number[], params: Params) => number,
): OperatorDefinition =>
  compiledAcross(
    { name, doc, params },
    (kernels, x, mask, out, work, rows, symbols, given) =>
      kernels.rank(x, mask, out, work, rows, symbols, WHAT[what], parts(given)),
    (values, given) => values.map((v) => plain(v, values, given)),
    (symbols) => symbols * WORK[0] * 8 + WORK[1],
  )

const rank = ranked(
  'rank',
  'percentile of x among the symbols of the bar, in (0, 1], average ties',
  [],
  'share',
  () => 1,
  (v, values) => plainPlace(v, values) / values.length,
)

const bucket = ranked(
  'bucket',
  'which of q equal parts x falls in among the symbols of the bar: 0 (lowest) … q − 1',
  [{ name: 'q', kind: 'integer', min: 2, max: 1000, search: [2, 10] }],
  'bucket',
  (params) => num(params, 'q'),
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
    ...overBars((out, inputs, params, { symbols }, { mask }, from, to) => {
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
