import { describe, expect, test } from 'vitest'
import { deriveField } from '../../src/graph/derived-fields.js'
import { borrow, giveBack, idleScratchBytes, releaseScratch } from '../../src/graph/kernels/scratch.js'
import type { Column, KernelContext, Params } from '../../src/graph/operator.js'
import { OPERATORS } from '../../src/graph/operators/index.js'
import { runKernel } from './support.js'

const NONE = Number.NaN

const operator = (name: string) => OPERATORS.find((candidate) => candidate.name === name)!

const panel = (...rows: number[][]): Column => ({
  type: 'panel',
  width: rows[0]!.length,
  values: Float64Array.from(rows.flat()),
})
const series = (...values: number[]): Column => panel(...values.map((v) => [v]))
const flags = (...values: number[]): Column => ({
  type: 'boolean',
  width: 1,
  values: Uint8Array.from(values),
})

function run(
  name: string,
  inputs: Column[],
  params: Params = {},
  extra: { output?: string; mask?: Uint8Array; context?: Partial<KernelContext> } = {},
): number[] {
  const width = Math.max(1, ...inputs.map((input) => input.width))
  const context: KernelContext = {
    bars: (inputs[0]?.values.length ?? 0) / (inputs[0]?.width ?? 1),
    symbols: width,
    dates: [],
    field: () => new Float64Array(),
    group: () => new Int32Array(),
    benchmark: () => new Float64Array(),
    ...extra.context,
  }
  const { output, mask } = extra
  return [...runKernel(operator(name), inputs, params, context, { ...(output ? { output } : {}), mask })]
}

describe('the catalogue', () => {
  test('names are unique and every operator says what it is', () => {
    expect(new Set(OPERATORS.map((o) => o.name)).size).toBe(OPERATORS.length)
    for (const o of OPERATORS) {
      expect(o.doc.length, o.name).toBeGreaterThan(1)
      expect(o.doc, o.name).not.toContain('\n')
    }
  })

  test('parameters have ranges, and defaults and search ranges lie inside them', () => {
    for (const o of OPERATORS)
      for (const spec of o.params) {
        if (spec.kind === 'text' || spec.kind === 'function') continue
        if (spec.kind === 'choice') {
          expect(spec.choices).toContain(spec.default)
          continue
        }
        expect(spec.min).toBeLessThan(spec.max)
        for (const v of [spec.default, ...(spec.search ?? [])].filter((v) => v !== undefined)) {
          expect(v, `${o.name} ${spec.name}`).toBeGreaterThanOrEqual(spec.min)
          expect(v, `${o.name} ${spec.name}`).toBeLessThanOrEqual(spec.max)
        }
      }
  })

  test('it has every operator of the page', () => {
    const page =
      'field constant group calendar benchmark add sub mul div pow neg abs sign log sqrt exp tanh min max clip gt ge lt le eq ne and or not where isNaN fillNaN lag delta pctChange logReturn sum sma product std var skew kurt median quantile tsRank tsMin tsMax argMin argMax zscore decayLinear ema wilder corr cov beta slope rSquared residual count barsSince streak ffill cumMax cumMin rsi atr macd bollinger stochastic adx cci mfi obv donchian keltner supertrend aroon williamsR efficiencyRatio crossAbove crossBelow hold cooldown rank csZscore demean scale winsorize bucket top bottom groupRank groupDemean groupZscore groupMean regressOut custom'
    expect(OPERATORS.map((o) => o.name).sort()).toEqual(page.split(' ').sort())
  })

  test('only cross-sections look at other symbols', () => {
    for (const o of OPERATORS) {
      if (o.category === 'crossSection' || o.category === 'source') continue
      expect(['element', 'series'], o.name).toContain(o.reference.kind)
    }
  })
})

describe('arithmetic and logic', () => {
  test('division by zero, roots and logarithms out of range, and overflow are missing', () => {
    expect(run('div', [series(1, 0, -1), series(0, 0, 2)])).toEqual([NONE, NONE, -0.5])
    expect(run('log', [series(0, -1, 1)])).toEqual([NONE, NONE, 0])
    expect(run('sqrt', [series(-1, 4)])).toEqual([NONE, 2])
    expect(run('exp', [series(1000, 0)])).toEqual([NONE, 1])
    expect(run('pow', [series(-8, 0, NONE, 2), series(1 / 3, -1, 0, NONE)])).toEqual([NONE, NONE, NONE, NONE])
  })

  test('no comparison with a missing value is true, not even ne', () => {
    for (const name of ['gt', 'ge', 'lt', 'le', 'eq', 'ne'])
      expect(run(name, [series(NONE, 1, NONE), series(1, NONE, NONE)]), name).toEqual([0, 0, 0])
    expect(run('ne', [series(1, 1, 0), series(2, 1, -0)])).toEqual([1, 0, 0])
    expect(run('eq', [series(0), series(-0)])).toEqual([1])
  })

  test('clip with its bounds the wrong way round is refused', () => {
    expect(operator('clip').checkParams!({ lo: 2, hi: 1 }, 1)).toMatch(/lo 2 is above hi 1/)
    expect(operator('macd').checkParams!({ fast: 26, slow: 12, signal: 9 }, 1)).toMatch(/shorter/)
  })
})

describe('events', () => {
  test('hold is true from entry until exit, and exit wins', () => {
    expect(run('hold', [flags(0, 1, 0, 0, 1, 0, 1), flags(0, 0, 0, 1, 1, 0, 0)])).toEqual([
      0, 1, 1, 0, 0, 0, 1,
    ])
  })

  test('cooldown counts from what was let through, not from what was held back', () => {
    expect(run('cooldown', [flags(1, 1, 1, 1, 1, 1, 1)], { n: 2 })).toEqual([1, 0, 0, 1, 0, 0, 1])
    expect(run('cooldown', [flags(0, 1, 0, 1, 1, 0)], { n: 2 })).toEqual([0, 1, 0, 0, 1, 0])
  })

  test('a cross needs all four values', () => {
    const a = series(1, 3, 1, NONE, 3, 1, 3)
    const b = series(2, 2, 2, 2, 2, NONE, 2)
    expect(run('crossAbove', [a, b])).toEqual([0, 1, 0, 0, 0, 0, 0])
    expect(run('crossBelow', [a, b])).toEqual([0, 0, 1, 0, 0, 0, 0])
  })

  test('touching and then leaving upwards is a cross', () => {
    expect(run('crossAbove', [series(1, 2, 3), series(2, 2, 2)])).toEqual([0, 0, 1])
  })
})

describe('memory of conditions', () => {
  test('barsSince is missing before the first true and 0 at it', () => {
    expect(run('barsSince', [flags(0, 1, 0, 0, 1)])).toEqual([NONE, 0, 1, 2, 0])
  })

  test('a running extreme starts anew at a reset, with that bar', () => {
    expect(run('cumMax', [series(3, 5, 1, NONE, 2, 4), flags(0, 0, 1, 0, 0, 0)])).toEqual([
      3,
      5,
      1,
      NONE,
      2,
      4,
    ])
    expect(run('cumMin', [series(3, 5, 1, NONE, 2)])).toEqual([3, 3, 1, NONE, 1])
  })

  test('ffill carries a value over at most limit bars', () => {
    expect(run('ffill', [series(NONE, 7, NONE, NONE, NONE, 8)], { limit: 2 })).toEqual([
      NONE,
      7,
      7,
      7,
      NONE,
      8,
    ])
  })
})

describe('windows', () => {
  test('of equal extremes the most recent counts', () => {
    expect(run('argMax', [series(5, 5, 1, 5, 1)], { n: 3 })).toEqual([NONE, NONE, 1, 0, 1])
    expect(run('argMin', [series(5, 1, 1, 2, 3)], { n: 4 })).toEqual([NONE, NONE, NONE, 1, 2])
  })

  test('one missing value makes a window missing, and only as long as it is in it', () => {
    for (const name of ['sum', 'sma', 'std', 'tsMax', 'argMax', 'median', 'tsRank', 'decayLinear', 'slope'])
      expect(run(name, [series(1, 2, NONE, 4, 5, 7)], { n: 2 }).map(Number.isNaN), name).toEqual([
        true,
        false,
        true,
        true,
        false,
        false,
      ])
  })

  test('skew and kurt of all but equal values are missing, of equal ones 0 and −3, as in pandas', () => {
    const x = series(1, 1, 1, 1, 1 + 1e-8, 1)
    expect(run('skew', [x], { n: 4 })).toEqual([NONE, NONE, NONE, 0, NONE, NONE])
    expect(run('kurt', [x], { n: 4 })).toEqual([NONE, NONE, NONE, -3, NONE, NONE])
  })

  test('a mean over one bar is its value, whatever stood beside it, and the last one where it is missing', () => {
    const rows = panel([1e12, NONE], [0.3, 5], [NONE, NONE], [0.1, 2])
    expect(run('ema', [rows], { span: 1 })).toEqual([1e12, NONE, 0.3, 5, 0.3, 5, 0.1, 2])
  })

  test("Wilder's mean leaves its state alone at a missing value", () => {
    expect(run('wilder', [series(1, NONE, 3, NONE, 6)], { n: 2 })).toEqual([NONE, NONE, 2, NONE, 4])
  })
})

describe('indicators', () => {
  test('rsi of a price that stands still is 50, of one that only rises 100', () => {
    expect(run('rsi', [series(7, 7, 7, 7)], { n: 2 })).toEqual([NONE, NONE, 50, 50])
    expect(run('rsi', [series(7, 8, 9, 10)], { n: 2 })).toEqual([NONE, NONE, 100, 100])
  })

  test('the true range is high − low where the previous close is missing', () => {
    const inputs = [series(10, 12, 20), series(9, 11, 19), series(9.5, NONE, 19)]
    expect(run('atr', inputs, { n: 1 })).toEqual([1, 2.5, 1])
  })

  test('the middle of the bollinger bands is the very sma', () => {
    const x = series(...Array.from({ length: 50 }, (_, t) => Math.sin(t) * 0.1 + 1e-3 * t))
    expect(run('bollinger', [x], { n: 7, k: 2 }, { output: 'middle' })).toEqual(run('sma', [x], { n: 7 }))
  })
})

describe('cross-sections', () => {
  test('ties share their average rank, and a missing value has none', () => {
    expect(run('rank', [panel([3, 1, NONE, 3])])).toEqual([2.5 / 3, 1 / 3, NONE, 2.5 / 3])
  })

  test('symbols outside the mask are left out', () => {
    expect(run('rank', [panel([3, 1, 2])], {}, { mask: Uint8Array.of(1, 0, 1) })).toEqual([1, NONE, 0.5])
    expect(run('top', [panel([3, 1, 2])], { k: 1 }, { mask: Uint8Array.of(0, 1, 1) })).toEqual([0, 0, 1])
  })

  test('ties at the cut go to the symbol that sorts first, from above and from below', () => {
    expect(run('top', [panel([1, 2, 2, 2])], { k: 2 })).toEqual([0, 1, 1, 0])
    expect(run('bottom', [panel([2, 0, -0, 0])], { k: 2 })).toEqual([0, 1, 1, 0])
  })

  test('a rank on the border of two buckets is in the lower one', () => {
    // 0.28 · 25 is 7.000000000000001 in doubles.
    const row = Array.from({ length: 25 }, (_, s) => s)
    expect(run('bucket', [panel(row)], { q: 25 })).toEqual(row)
  })

  test('a group of one has rank 1, demean 0 and no zscore', () => {
    const inputs = [panel([5, 1, 3]), panel([9, 4, 4])]
    expect(run('groupRank', inputs)).toEqual([1, 0.5, 1])
    expect(run('groupDemean', inputs)).toEqual([0, -1, 1])
    expect(run('groupZscore', inputs)[0]).toBeNaN()
    expect(run('groupMean', inputs)).toEqual([5, 2, 2])
  })

  test('any number of groups, and any numbers as their codes', () => {
    const row = Array.from({ length: 90 }, (_, s) => s)
    const codes = row.map((s) => Math.floor(s / 2) * 1.5 - 40)
    expect(run('groupDemean', [panel(row, row), panel(codes, codes)])).toEqual(
      [...row, ...row].map((s) => (s % 2) - 0.5),
    )
  })

  test('equal values have zscore missing and demean exactly 0', () => {
    expect(run('csZscore', [panel([0.1, 0.1, 0.1])])).toEqual([NONE, NONE, NONE])
    expect(run('demean', [panel([0.1, 0.1, 0.1])])).toEqual([0, 0, 0])
  })

  test('what is regressed out has no correlation left, and a repeated regressor changes nothing', () => {
    const x = panel([1, 2, 3, 4, 6])
    const y = panel([2, 1, 4, 3, 9])
    const once = run('regressOut', [y, x])
    const dot = once.reduce((sum, v, i) => sum + v * x.values[i]!, 0)
    expect(Math.abs(dot)).toBeLessThan(1e-12)
    const twice = run('regressOut', [y, x, x])
    for (const [i, v] of twice.entries()) expect(v).toBeCloseTo(once[i]!, 12)
  })

  test('thousands of values that agree in their leading digits are still put in order', () => {
    const n = 3000
    const row = Array.from({ length: n }, (_, s) => 1 + ((s * 7919) % n) * 2 ** -50)
    expect(run('rank', [panel(row)])).toEqual(row.map((v) => ((v - 1) * 2 ** 50 + 1) / n))
  })
})

describe('sources', () => {
  test('Monday is day 1 and Sunday day 7', () => {
    const dates = ['1969-12-29', '2024-02-29', '2024-03-03', '2024-03-04']
    const context = { bars: 4, symbols: 2, dates }
    expect(run('calendar', [], { part: 'dayOfWeek' }, { context })).toEqual([1, 4, 7, 1])
    expect(run('calendar', [], { part: 'month' }, { context })).toEqual([12, 2, 3, 3])
    expect(run('calendar', [], { part: 'dayOfMonth' }, { context })).toEqual([29, 29, 3, 4])
  })

  test('a field free of infinities is used where it stands, another is copied without them', () => {
    const clean = Float64Array.of(1, NONE)
    const dirty = Float64Array.of(1, Number.POSITIVE_INFINITY)
    const context = (values: Float64Array): KernelContext => ({
      bars: 1,
      symbols: 2,
      dates: [],
      field: () => values,
      group: () => new Int32Array(),
      benchmark: () => new Float64Array(),
    })
    expect(operator('field').view!({ name: 'close' }, context(clean))!.values).toBe(clean)
    expect(operator('field').view!({ name: 'close' }, context(dirty))).toBeUndefined()
    expect(run('field', [], { name: 'close' }, { context: context(dirty) })).toEqual([1, NONE])
  })
})

describe('derived fields', () => {
  const close = Float64Array.of(10, 0, 11, 5)
  const fields = new Map([['close', close]])

  test('returns are from the previous bar of the same symbol, missing after a price of 0', () => {
    expect([...deriveField('returns', fields, 2)!]).toEqual([NONE, NONE, 11 / 10 - 1, NONE])
  })

  test('a field of the data wins over one derived', () => {
    const own = Float64Array.of(1, 2, 3, 4)
    expect(deriveField('vwap', new Map([...fields, ['vwap', own]]), 2)).toBe(own)
  })

  test('dollar volume takes the raw close where there is one', () => {
    const volume = Float64Array.of(2, 2, 2, NONE)
    expect([...deriveField('dollarVolume', new Map([...fields, ['volume', volume]]), 2)!]).toEqual([
      20,
      0,
      22,
      NONE,
    ])
    const rawClose = Float64Array.of(100, 1, 1, 1)
    expect(
      deriveField('dollarVolume', new Map([...fields, ['volume', volume], ['rawClose', rawClose]]), 2)![0],
    ).toBe(200)
  })

  test('the raw close is the close where prices were not adjusted', () => {
    expect(deriveField('rawClose', fields, 2)).toBe(close)
  })

  test('vwap is the typical price; what cannot be derived is undefined', () => {
    const high = Float64Array.of(12, 1, 13, 6)
    const low = Float64Array.of(8, 2, 9, 4)
    expect([...deriveField('vwap', new Map([...fields, ['high', high], ['low', low]]), 2)!]).toEqual([
      10, 1, 11, 5,
    ])
    for (const name of ['vwap', 'dollarVolume', 'P/E']) expect(deriveField(name, fields, 2)).toBeUndefined()
    for (const name of ['returns', 'rawClose', 'dollarVolume'])
      expect(deriveField(name, new Map(), 2)).toBeUndefined()
  })
})

describe('scratch memory', () => {
  test('a buffer handed back is lent again, the smallest that fits', () => {
    releaseScratch()
    const large = borrow(1000)
    const small = borrow(100)
    giveBack(large, small)
    expect(borrow(50).buffer).toBe(small.buffer)
    expect(borrow(500).buffer).toBe(large.buffer)
    releaseScratch()
    expect(idleScratchBytes()).toBe(0)
  })

  test('only so many idle buffers are kept, the largest', () => {
    releaseScratch()
    const lent = Array.from({ length: 20 }, (_, i) => borrow(i + 1))
    giveBack(...lent)
    expect(idleScratchBytes()).toBe(8 * (9 + 10 + 11 + 12 + 13 + 14 + 15 + 16 + 17 + 18 + 19 + 20))
    releaseScratch()
  })
})
