import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { timesTick } from '../../src/report/axis-text.js'
import {
  binsOf,
  columnChart,
  intervalChart,
  lineChart,
  logTicks,
  monthChart,
  namedBars,
} from '../../src/report/charts.js'
import { createCanvas, INK } from '../../src/report/draw.js'
import {
  basisPoints,
  counted,
  decimal,
  escapeMarkdown,
  multiple,
  percent,
  scriptJson,
  signedPercent,
  whole,
} from '../../src/report/text.js'
import { thin } from '../../src/report/thin.js'
import { tagsOf } from './make.js'

const days = (n: number) =>
  Array.from({ length: n }, (_, t) => new Date(Date.UTC(2000, 0, 1 + t)).toISOString().slice(0, 10))

describe('figures in words', () => {
  test('minus signs are minus signs, and what rounds to nothing has no sign', () => {
    expect(percent(-0.1234)).toBe('−12.3%')
    expect(percent(-0.0001)).toBe('0.0%')
    expect(signedPercent(0.05)).toBe('+5.0%')
    expect(signedPercent(0.0001)).toBe('0.0%')
    expect(signedPercent(0.0006)).toBe('+0.1%')
    expect(decimal(-1.005, 1)).toBe('−1.0')
    expect(basisPoints(0.00123)).toBe('12.3 bp')
  })

  test('what is no number is a dash', () => {
    for (const value of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY])
      for (const text of [percent, signedPercent, decimal, basisPoints, whole]) expect(text(value)).toBe('–')
  })

  test('what became of 1 is never 0.00', () => {
    expect([1.234, 0.005, 0.0012, 0.0000012, 0, -0.5].map(multiple)).toEqual([
      '1.23',
      '0.01',
      '0.0012',
      '1.2e−6',
      'nothing',
      '−0.50',
    ])
  })

  test('marks of an axis have room beside it, however small or large', () => {
    expect([0.000001, 0.0005, 0.001, 1, 2.5, 50_000, 100_000, 2e7].map(timesTick)).toEqual([
      '1e−6×',
      '5e−4×',
      '0.001×',
      '1×',
      '2.5×',
      '50000×',
      '1e5×',
      '2e7×',
    ])
  })

  test('thousands are set apart, one is singular', () => {
    expect(whole(1234567)).toBe('1\u202f234\u202f567')
    expect(whole(-1234)).toBe('−1\u202f234')
    expect([counted(1, 'bar'), counted(0, 'bar'), counted(2, 'month')]).toEqual([
      '1 bar',
      '0 bars',
      '2 months',
    ])
  })

  test('no text ends a script or begins markup', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('<', '/', 'script', '>', '!--', '\u2028', 'a', '"') }),
        (text) => {
          const json = scriptJson({ text })
          expect(json).not.toMatch(/[<\u2028\u2029]/)
          expect(JSON.parse(json)).toEqual({ text })
        },
      ),
      { seed: 7 },
    )
    expect(escapeMarkdown('a\nb|c')).toBe('a b\\|c')
  })
})

describe('a line with fewer points', () => {
  test('keeps the first, lowest, highest and last of each column, in order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.double({ min: -9, max: 9, noNaN: true }), { nil: null }), {
          minLength: 50,
          maxLength: 200,
        }),
        fc.integer({ min: 1, max: 12 }),
        (values, columns) => {
          const dates = days(values.length)
          const points = thin(dates, values, columns)
          expect(points.length).toBeLessThanOrEqual(columns * 4)
          const finite = values.filter((value) => value !== null)
          if (finite.length === 0) return expect(points).toEqual([])
          const at = (date: Date) => values[dates.indexOf(date.toISOString().slice(0, 10))]
          for (const { x, y } of points) expect(at(x)).toBe(y)
          expect(Math.min(...points.map(({ y }) => y))).toBe(Math.min(...finite))
          expect(Math.max(...points.map(({ y }) => y))).toBe(Math.max(...finite))
          expect(points[0]!.y).toBe(finite[0])
          expect(points.at(-1)!.y).toBe(finite.at(-1))
          expect(points.map(({ x }) => +x)).toEqual(points.map(({ x }) => +x).sort((a, b) => a - b))
        },
      ),
      { seed: 7 },
    )
  })

  test('is the line itself where there is room, but for missing values', () => {
    const points = thin(days(5), [1, Number.NaN, null, 4, 5], 10)
    expect(points.map(({ y }) => y)).toEqual([1, 4, 5])
  })
})

describe('ticks and bins', () => {
  test('a logarithmic axis has some round ticks inside its range, and not too many', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -8, max: 3, noNaN: true }),
        fc.double({ min: 0.02, max: 12, noNaN: true }),
        (from, decades) => {
          const low = 10 ** from
          const high = low * 10 ** decades
          const ticks = logTicks(low, high, 7)
          expect(ticks.length).toBeLessThanOrEqual(9)
          expect(ticks.length).toBeGreaterThanOrEqual(1)
          for (const tick of ticks) {
            expect(tick).toBeGreaterThanOrEqual(low * (1 - 1e-9))
            expect(tick).toBeLessThanOrEqual(high * (1 + 1e-9))
          }
          expect(ticks).toEqual([...new Set(ticks)].sort((a, b) => a - b))
        },
      ),
      { seed: 7 },
    )
    expect(logTicks(0.9, 2.6, 7)).toEqual([1, 1.25, 1.5, 1.75, 2, 2.25, 2.5])
    expect(logTicks(1, 1000, 7)).toEqual([1, 3, 10, 30, 100, 300, 1000])
    expect(logTicks(1, 1, 7)).toEqual([1])
    expect(logTicks(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 7)).toEqual([1])
  })

  test('bins hold every value once, zero is an edge, and the outermost hold what lies beyond', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -2, max: 3, noNaN: true }), { minLength: 1, maxLength: 300 }),
        fc.boolean(),
        (raw, integer) => {
          const values = integer ? raw.map((value) => Math.round(Math.abs(value) * 40)) : raw
          const { bins, ticks } = binsOf(values, integer)
          expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(values.length)
          expect(bins.length).toBeLessThanOrEqual(45)
          bins.forEach(({ from, to }, i) => {
            expect(to).toBeGreaterThan(from)
            if (i > 0) expect(from).toBe(bins[i - 1]!.to)
            expect(from < -1e-9 && to > 1e-9).toBe(false)
            if (integer) expect(Number.isInteger(from)).toBe(true)
          })
          expect(ticks.length).toBeLessThanOrEqual(10)
        },
      ),
      { seed: 7 },
    )
    expect(binsOf([], false)).toEqual({ bins: [], ticks: [] })
  })
})

describe('pictures', () => {
  const common = { id: 'p', title: 'T', alt: 'What it "shows" <&>' }
  const axis = { label: 'A', format: String }

  test('are the same whatever was drawn before, and hold no ids that could clash', async () => {
    const draw = async () =>
      lineChart(await createCanvas(), {
        ...common,
        dates: days(40),
        series: [{ name: 'a', stroke: INK.own, values: days(40).map((_, i) => i), area: true }],
        y: axis,
      })
    const first = await draw()
    expect(await draw()).toEqual(first)
    for (const svg of [first.wide, first.narrow]) {
      const tags = tagsOf(svg)
      expect(tags[0]!.attributes.get('aria-label')).toBe('What it &quot;shows&quot; &lt;&amp;&gt;')
      expect(tags.some(({ attributes }) => attributes.has('id') || attributes.has('class'))).toBe(false)
    }
    expect(tagsOf(first.narrow)[0]!.attributes.get('viewBox')).toMatch(/^0 0 360 /)
  })

  test('a logarithmic line leaves out what has no logarithm', async () => {
    const { wide } = lineChart(await createCanvas(), {
      ...common,
      dates: days(4),
      series: [{ name: 'a', stroke: INK.own, values: [1, 0.5, 0, -1] }],
      y: axis,
      scale: 'log',
    })
    expect(wide).not.toMatch(/NaN|Infinity/)
  })

  test('every tick of a logarithmic axis has its label', async () => {
    const { wide } = lineChart(await createCanvas(), {
      ...common,
      dates: days(4),
      series: [{ name: 'a', stroke: INK.own, values: [0.82, 0.95, 1.2, 1.44] }],
      y: { label: 'A', format: (value) => `${value}×` },
      scale: 'log',
    })
    for (const tick of ['0.9×', '1×', '1.1×', '1.2×', '1.3×', '1.4×']) expect(wide).toContain(`>${tick}<`)
    expect(wide).not.toMatch(/<text [^>]*\/>|<text[^>]*><\/text>/)
  })

  test('fifty years of months are seen on a phone too', async () => {
    const months = Array.from({ length: 600 }, (_, i) => ({
      month: `${1970 + Math.floor(i / 12)}-${String((i % 12) + 1).padStart(2, '0')}`,
      value: i % 7 === 0 ? null : Math.sin(i) + 1.1,
    }))
    const { narrow } = monthChart(await createCanvas(), { ...common, months, y: axis, level: 1 })
    const widths = tagsOf(narrow)
      .filter(({ name }) => name === 'rect')
      .map(({ attributes }) => Number(attributes.get('width')))
    expect(widths).toHaveLength(months.filter(({ value }) => value !== null).length)
    expect(Math.min(...widths)).toBeGreaterThan(0.3)
  })

  test('a long name beside a bar is cut', async () => {
    const bars = [{ name: 'A symbol with a name of its own', value: 1 }]
    const { narrow } = namedBars(await createCanvas(), { ...common, bars, x: axis })
    expect(narrow).toContain('>A symbol with a n…<')
  })

  test('long names in a legend are cut to what fits', async () => {
    const { narrow } = lineChart(await createCanvas(), {
      ...common,
      dates: days(4),
      series: [
        { name: 'x'.repeat(300), stroke: INK.own, values: [1, 2, 3, 4] },
        { name: 'other', stroke: INK.other, values: [1, 2, 3, 4], thin: true },
      ],
      y: axis,
    })
    expect(narrow).toMatch(/x{20,60}…</)
  })

  test('bars, columns and intervals leave out what has no value', async () => {
    const canvas = await createCanvas()
    const all = [
      namedBars(canvas, {
        ...common,
        bars: [
          { name: 'A', value: -1 },
          { name: 'B', value: 2 },
        ],
        x: axis,
      }),
      columnChart(canvas, {
        ...common,
        columns: [
          { name: 'A', value: null },
          { name: 'B', value: 2 },
        ],
        x: { label: 'x' },
        y: axis,
      }),
      intervalChart(canvas, {
        ...common,
        points: [
          { x: 1, y: 0.5, low: null, high: null },
          { x: 2, y: -0.5, low: -1, high: 0 },
        ],
        x: { label: 'x', ticks: [1, 2] },
        y: axis,
      }),
    ]
    for (const { wide } of all) {
      expect(wide).not.toMatch(/NaN|Infinity|undefined/)
      tagsOf(wide)
    }
    expect(all[2]!.wide.match(/<circle/g)).toHaveLength(2)
  })
})
