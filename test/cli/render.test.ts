import fc from 'fast-check'
import pc from 'picocolors'
import { describe, expect, test } from 'vitest'
import { equityChart } from '../../src/cli/render/chart.js'
import { durationText, METRIC_LABELS, metricText } from '../../src/cli/render/figures.js'
import { table } from '../../src/cli/render/table.js'
import { wrap, wrapParagraphs } from '../../src/cli/render/wrap.js'

const colors = pc.createColors(false)

describe('wrap', () => {
  test('keeps every word and no line longer than the width, unless a word is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 15, max: 60 }),
        (words, width) => {
          const text = wrap(words.join(' '), width, '  ')
          expect(text.split(/\s+/).join(' ')).toBe(words.join(' '))
          for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(width)
        },
      ),
      { seed: 3, numRuns: 200 },
    )
    expect(wrap('see /a/very/long/path/that/stays/whole now', 10)).toBe(
      'see\n/a/very/long/path/that/stays/whole\nnow',
    )
  })

  test('paragraphs keep their indentation', () => {
    expect(wrapParagraphs('one two three\n  four five six', 11)).toBe('one two\nthree\n  four five\n    six')
    expect(wrapParagraphs('', 10)).toBe('')
  })
})

describe('table', () => {
  test('aligns, has no trailing spaces, and no line for headings that are none', () => {
    expect(
      table(
        ['name', 'n'],
        [
          ['a', '1'],
          ['bcd', '22'],
        ],
        { colors, right: [1] },
      ).split('\n'),
    ).toEqual(['name   n', 'a      1', 'bcd   22'])
    for (const some of [false, true])
      expect(table(['', ''], [['a', 'b']], { colors: pc.createColors(some) })).toBe('a  b')
  })

  test('cuts the last column to a width', () => {
    expect(table(['n', 'text'], [['1', 'a long text']], { colors, width: 11 })).toBe('n  text\n1  a long …')
  })
})

describe('figures', () => {
  test.each([
    [0, '0.0 s'],
    [1234, '1.2 s'],
    [59_940, '59.9 s'],
    [59_990, '1 min 0 s'],
    [119_700, '2 min 0 s'],
    [3_599_600, '1 h 0 min'],
    [7_380_000, '2 h 3 min'],
  ])('%d ms is %s', (ms, text) => expect(durationText(ms)).toBe(text))

  test('metrics have a label and a form; without a value, a dash', () => {
    expect(metricText('sharpe', 1.23456)).toBe('1.235')
    expect(metricText('maxDrawdown', -0.34094)).toBe('-34.09%')
    expect(metricText('trades', 739)).toBe('739')
    expect(metricText('avgHoldingBars', 62.94)).toBe('62.9')
    expect(metricText('sharpe', null)).toBe('–')
    expect(metricText('sharpe', undefined)).toBe('–')
    expect(METRIC_LABELS.cagr).toBe('return a year (CAGR)')
  })
})

describe('equity chart', () => {
  const series = [
    { name: 'up', values: Float64Array.from({ length: 500 }, (_, i) => 1.002 ** i) },
    { name: 'flat', values: new Float64Array(500).fill(1) },
  ]
  const options = { colors: false, from: '2020-01-02', to: '2021-12-31' }

  test.each([40, 80, 100, 200])('fits %d columns, from the first day to the last', (width) => {
    const lines = equityChart(series, { ...options, width }).split('\n')
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(width)
    expect(lines[0]).toContain('2.71')
    expect(lines.at(-2)!.trim()).toMatch(/^2020-01-02 +2021-12-31$/)
  })

  test('without colours one line is drawn, as two could not be told apart', () => {
    expect(equityChart(series, { ...options, width: 80 })).not.toContain('flat')
    expect(equityChart(series, { ...options, colors: true, width: 80 })).toContain('flat')
  })

  test('a curve that ends at nothing, one bar, and one that never moves are drawn', () => {
    for (const values of [[1, 0.5, 0], [1], [1, 1, 1]])
      expect(equityChart([{ name: 'x', values }], { ...options, width: 80 })).toContain('log scale')
  })
})
