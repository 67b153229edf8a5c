import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Column, KernelContext, Params } from '../../src/graph/operator.js'
import { OPERATORS } from '../../src/graph/operators/index.js'
import { sharedData } from '../support/shared-data.js'
import { runKernel } from './support.js'

const QUOTES = sharedData('indicator-vectors/quotes/default.csv')
const COMPARED = sharedData('indicator-vectors/quotes/compare.csv')

function quotes(path: string): Map<string, Float64Array> {
  const [header, ...lines] = readFileSync(path, 'utf8')
    .replace(/^\uFEFF/, '')
    .trim()
    .split(/\r?\n/)
  const rows = lines.map((line) => line.split(','))
  return new Map(
    header!
      .split(',')
      .map((name, c) => [name.toLowerCase(), Float64Array.from(rows, (row) => Number(row[c]))]),
  )
}

const result = (name: string): Record<string, number | null>[] =>
  JSON.parse(
    gunzipSync(readFileSync(sharedData(`indicator-vectors/results/${name}.standard.json.gz`)!)).toString(),
  )

interface Case {
  op: string
  params: Params
  inputs?: string[]
  output?: string
  file: string
  key: string
  /** First bar compared: where the two start an average differently, after that has worn off. */
  from: number
  /** Bars at which the definitions differ. */
  except?: readonly number[]
  /** What is compared, where the definitions differ. */
  ours?: (values: Float64Array, t: number) => number
  theirs?: (value: number, row: Record<string, number | null>) => number
}

/** Seeds of recursive averages differ (theirs: the mean of the first n); 1/n-averages of 14 need so many bars. */
const WORN_OFF = 420

/*
 * Where that library defines another thing, and what is compared instead:
 * - donchian looks at the n bars before this one there: our value of a bar earlier.
 * - keltner takes ema(n) and atr(10) there, one n here: the middle, and the bands from our atr(10).
 * - bollinger's z-score, stochastic's j and adx's rating do not exist here.
 * - ema, macd, atr, supertrend start from other first values there: compared once that has worn off.
 * - roc is in percent there: pctChange · 100.
 * - aroon counts from the first of equal extremes there, from the most recent here: two bars are left out.
 */
const AROON_TIES = [193, 232]

const CASES: Case[] = [
  { op: 'sma', params: { n: 20 }, file: 'sma', key: 'sma', from: 19 },
  { op: 'ema', params: { span: 20 }, file: 'ema', key: 'ema', from: 300 },
  { op: 'decayLinear', params: { n: 14 }, file: 'wma', key: 'wma', from: 13 },
  { op: 'wilder', params: { n: 20 }, file: 'smma', key: 'smma', from: 19 },
  { op: 'pctChange', params: { n: 14 }, file: 'roc', key: 'roc', from: 14, ours: (v, t) => 100 * v[t]! },
  {
    op: 'corr',
    params: { n: 20 },
    inputs: ['close', 'compared'],
    file: 'corr',
    key: 'correlation',
    from: 19,
  },
  { op: 'rsi', params: { n: 14 }, file: 'rsi', key: 'rsi', from: 14 },
  { op: 'atr', params: { n: 14 }, file: 'atr', key: 'atr', from: WORN_OFF },
  ...(['line', 'signal', 'histogram'] as const).map((output) => ({
    op: 'macd',
    params: { fast: 12, slow: 26, signal: 9 },
    output,
    file: 'macd',
    key: output === 'line' ? 'macd' : output,
    from: WORN_OFF,
  })),
  ...(
    [
      ['upper', 'upperBand'],
      ['middle', 'sma'],
      ['lower', 'lowerBand'],
      ['percentB', 'percentB'],
      ['width', 'width'],
    ] as const
  ).map(([output, key]) => ({ op: 'bollinger', params: { n: 20, k: 2 }, output, file: 'bb', key, from: 19 })),
  { op: 'stochastic', params: { n: 14, k: 3, d: 3 }, output: 'k', file: 'stoch', key: 'k', from: 15 },
  { op: 'stochastic', params: { n: 14, k: 3, d: 3 }, output: 'd', file: 'stoch', key: 'd', from: 17 },
  { op: 'adx', params: { n: 14 }, output: 'plusDi', file: 'adx', key: 'pdi', from: 14 },
  { op: 'adx', params: { n: 14 }, output: 'minusDi', file: 'adx', key: 'mdi', from: 14 },
  { op: 'adx', params: { n: 14 }, output: 'adx', file: 'adx', key: 'adx', from: 27 },
  { op: 'cci', params: { n: 20 }, file: 'cci', key: 'cci', from: 19 },
  { op: 'mfi', params: { n: 14 }, file: 'mfi', key: 'mfi', from: 14 },
  { op: 'obv', params: {}, file: 'obv', key: 'obv', from: 0 },
  ...(
    [
      ['upper', 'upperBand'],
      ['middle', 'centerline'],
      ['lower', 'lowerBand'],
    ] as const
  ).map(([output, key]) => ({
    op: 'donchian',
    params: { n: 20 },
    output,
    file: 'donchian',
    key,
    from: 20,
    ours: (v: Float64Array, t: number) => v[t - 1]!,
  })),
  { op: 'keltner', params: { n: 20, k: 2 }, output: 'middle', file: 'keltner', key: 'centerline', from: 300 },
  {
    op: 'atr',
    params: { n: 10 },
    file: 'keltner',
    key: 'upperBand',
    from: WORN_OFF,
    theirs: (upper, row) => (upper - row.centerline!) / 2,
  },
  {
    op: 'supertrend',
    params: { n: 10, k: 3 },
    output: 'line',
    file: 'supertrend',
    key: 'superTrend',
    from: WORN_OFF,
  },
  {
    op: 'supertrend',
    params: { n: 10, k: 3 },
    output: 'direction',
    file: 'supertrend',
    key: 'superTrend',
    from: WORN_OFF,
    theirs: (_line, row) => (row.lowerBand === null ? -1 : 1),
  },
  {
    op: 'aroon',
    params: { n: 25 },
    output: 'up',
    file: 'aroon',
    key: 'aroonUp',
    from: 25,
    except: AROON_TIES,
  },
  {
    op: 'aroon',
    params: { n: 25 },
    output: 'down',
    file: 'aroon',
    key: 'aroonDown',
    from: 25,
    except: AROON_TIES,
  },
  {
    op: 'aroon',
    params: { n: 25 },
    output: 'oscillator',
    file: 'aroon',
    key: 'oscillator',
    from: 25,
    except: AROON_TIES,
  },
  { op: 'williamsR', params: { n: 14 }, file: 'willr', key: 'williamsR', from: 13 },
]

describe.skipIf(QUOTES === undefined)('published indicator values (needs the shared market data)', () => {
  test.each(
    CASES.map((c) => [`${c.op}${c.output ? `.${c.output}` : ''} as in ${c.file}.${c.key}`, c] as const),
  )('%s', (_name, { op, params, inputs, output, file, key, from, except = [], ours, theirs }) => {
    const operator = OPERATORS.find((candidate) => candidate.name === op)!
    const fields = quotes(QUOTES!)
    fields.set('compared', quotes(COMPARED!).get('close')!)
    const columns = operator.inputs.map((spec, i): Column => {
      const name = inputs?.[i] ?? spec.defaultField ?? 'close'
      return { type: 'panel', width: 1, values: fields.get(name)! }
    })
    const bars = columns[0]!.values.length
    const context: KernelContext = {
      bars,
      symbols: 1,
      dates: [],
      field: (name) => fields.get(name)!,
      group: () => new Int32Array(),
      benchmark: () => new Float64Array(),
    }
    const values = runKernel(operator, columns, params, context, { output }) as Float64Array
    const rows = result(file)
    expect(rows.length).toBe(bars)
    for (let t = from; t < bars; t++) {
      if (except.includes(t)) continue
      const row = rows[t]!
      const wanted = theirs === undefined ? row[key]! : theirs(row[key]!, row)
      const got = ours === undefined ? values[t]! : ours(values, t)
      if (!(Math.abs(got - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted))))
        expect.fail(`bar ${t}: ${got}, published ${wanted}`)
    }
  })
})
