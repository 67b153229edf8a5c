import { gather, RowGroups } from '../../kernels/row-members.js'
import {
  type MembersLoop,
  memberDemean,
  memberMean,
  memberRank,
  memberWinsorize,
  memberZscore,
} from '../../kernels/row-statistics.js'
import type { OperatorDefinition, Params } from '../../operator.js'
import { num, numbers, overBars, toPanel } from '../define.js'
import { plainMean, plainVariance } from '../time-series/windows.js'
import { ACROSS, compiledAcross, onPresent, plainPlace } from './rows.js'

const plainDemean = (values: readonly number[]) => values.map((v) => v - plainMean(values))

const plainZscore = (values: readonly number[]) => {
  const std = Math.sqrt(plainVariance(values))
  return values.map((v) => (v - plainMean(values)) / std)
}

const plainRank = (values: readonly number[]) => values.map((v) => plainPlace(v, values) / values.length)

/** What the compiled kernel writes. */
const WHAT = { demean: 0, zscore: 1, scale: 2 } as const

/** An operator on sums over all members of a bar. */
const summed = (
  name: string,
  doc: string,
  what: keyof typeof WHAT,
  plain: (values: number[]) => number[],
): OperatorDefinition =>
  compiledAcross(
    { name, doc },
    (kernels, x, mask, out, _work, rows, symbols) => kernels.across(x, mask, out, rows, symbols, WHAT[what]),
    plain,
  )

/** An operator on all members of a bar. `loop` makes the loop for a panel of so many symbols. */
function across(
  name: string,
  doc: string,
  loop: (symbols: number, params: Params) => MembersLoop,
  plain: (values: number[], params: Params) => number[],
  params: OperatorDefinition['params'] = [],
): OperatorDefinition {
  return {
    name,
    category: 'crossSection',
    inputs: [ACROSS],
    params,
    type: toPanel,
    lookback: () => 0,
    ...overBars((out, inputs, given, { symbols }, { mask }, from, to) => {
      const x = numbers(inputs[0])
      const run = loop(symbols, given)
      const positions = new Int32Array(symbols + 1)
      const values = new Float64Array(symbols + 1)
      const results = new Float64Array(symbols + 1)
      out.fill(Number.NaN, from * symbols, to * symbols)
      for (let t = from; t < to; t++) {
        const at = t * symbols
        const count = gather(x, at, symbols, mask, positions, values)
        if (count === 0) continue
        run(results, values, 0, count)
        for (let i = 0; i < count; i++) {
          const v = results[i]!
          out[at + positions[i]!] = v + (v - v)
        }
      }
    }),
    reference: {
      kind: 'crossSection',
      row: ([row], given) => onPresent(row!, (values) => plain(values, given)),
    },
    doc,
  }
}

/** The same within each group of a second input. */
function within(
  name: string,
  doc: string,
  loop: (symbols: number) => MembersLoop,
  plain: (values: readonly number[]) => number[],
): OperatorDefinition {
  return {
    name,
    category: 'crossSection',
    inputs: [ACROSS, { name: 'g', type: 'panel' }],
    params: [],
    type: toPanel,
    lookback: () => 0,
    ...overBars((out, inputs, _params, { symbols }, { mask }, from, to) => {
      const x = numbers(inputs[0])
      const codes = numbers(inputs[1])
      const run = loop(symbols)
      const groups = new RowGroups(symbols)
      const positions = new Int32Array(symbols + 1)
      const values = new Float64Array(symbols + 1)
      const results = new Float64Array(symbols)
      out.fill(Number.NaN, from * symbols, to * symbols)
      for (let t = from; t < to; t++) {
        const at = t * symbols
        const members = gather(x, at, symbols, mask, positions, values)
        groups.arrange(positions, values, members, codes, at)
        for (let g = 0; g < groups.count; g++) {
          const first = groups.starts[g]!
          const end = groups.starts[g + 1]!
          if (end > first) run(results, groups.values, first, end)
        }
        for (let i = 0; i < groups.starts[groups.count]!; i++) {
          const v = results[i]!
          out[at + groups.positions[i]!] = v + (v - v)
        }
      }
    }),
    reference: {
      kind: 'crossSection',
      row: ([row, codes]) => {
        const result = row!.map(() => Number.NaN)
        for (const code of new Set(codes!.filter((c) => !Number.isNaN(c)))) {
          const members = onPresent(
            row!.map((v, s) => (codes![s] === code ? v : Number.NaN)),
            plain,
          )
          members.forEach((v, s) => {
            if (codes![s] === code) result[s] = v
          })
        }
        return result
      },
    },
    doc,
  }
}

export const CROSS_STATISTICS: readonly OperatorDefinition[] = [
  summed(
    'csZscore',
    '(x − mean)/std (ddof 1) among the symbols of the bar; missing where std is 0',
    'zscore',
    plainZscore,
  ),
  summed('demean', 'x − mean among the symbols of the bar', 'demean', plainDemean),
  summed('scale', 'x/Σ|x| among the symbols of the bar; missing where that sum is 0', 'scale', (values) =>
    values.map((v) => v / values.reduce((sum, u) => sum + Math.abs(u), 0)),
  ),
  across(
    'winsorize',
    'x clipped to its quantiles p and 1 − p among the symbols of the bar',
    (symbols, params) => memberWinsorize(symbols, num(params, 'p')),
    (values, params) => {
      const sorted = [...values].sort((a, b) => a - b)
      const quantile = (q: number) => {
        const place = q * (sorted.length - 1)
        const low = sorted[Math.floor(place)]!
        return low + (sorted[Math.ceil(place)]! - low) * (place - Math.floor(place))
      }
      const low = quantile(num(params, 'p'))
      const high = quantile(1 - num(params, 'p'))
      return values.map((v) => (v < low ? low : v > high ? high : v))
    },
    [{ name: 'p', kind: 'number', min: 0, max: 0.5, search: [0.005, 0.1] }],
  ),
  within(
    'groupRank',
    'percentile of x within its group in the bar, in (0, 1], average ties; 1 in a group of one',
    memberRank,
    plainRank,
  ),
  within('groupDemean', 'x − mean of its group in the bar', () => memberDemean, plainDemean),
  within(
    'groupZscore',
    '(x − mean)/std (ddof 1) within its group in the bar; missing where std is 0 and in a group of one',
    () => memberZscore,
    plainZscore,
  ),
  within(
    'groupMean',
    'mean of x in its group in the bar, where x is present',
    () => memberMean,
    (values) => values.map(() => plainMean(values)),
  ),
]
