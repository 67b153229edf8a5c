import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { createPanel } from '../../src/data/panel.js'
import { generateMarket } from '../../src/data/synthetic/market.js'
import { cutBars } from '../../src/research/cut-bars.js'
import { analyzeFactor, decayOf } from '../../src/research/factor.js'
import { studyFactor } from '../../src/research/factor-study.js'
import { forwardReturns } from '../../src/research/forward-returns.js'
import { correlationsPerBar, knownRanks, neweyWestT } from '../../src/research/rank-ic.js'

const market = generateMarket({ symbols: 40, bars: 500, seed: 3 })
const T = market.dates.length
const N = market.symbols.length

/** A factor with gaps: the fall over five bars. */
const values = market.fields
  .get('close')!
  .map((close, i, all) => (i < 5 * N ? Number.NaN : all[i - 5 * N]! / close))
const study = studyFactor(values, market)

describe('ranks that are known', () => {
  test('change no correlation at any horizon, though symbols end and returns are missing', () => {
    const forward = forwardReturns(market)
    const holes = createRng(4)
    const patchy = values.map((value) => (holes.next() < 0.1 ? Number.NaN : value))
    const horizons = [1, 2, 7, 20]
    const shared = decayOf(patchy, forward, horizons, T, N, knownRanks(T, N))
    horizons.forEach((horizon, i) => {
      const alone = correlationsPerBar(patchy, forward.returnsOver(horizon), T, N)
      expect(shared[i]!.series).toEqual(alone)
    })
    // The case that needs care does come up: before the end too, bars have other symbols at another horizon.
    const [near, far] = [forward.returnsOver(1), forward.returnsOver(20)]
    const differing = market.dates.slice(0, -30).filter((_, t) => {
      const row = (returns: Float64Array) =>
        returns.subarray(t * N, (t + 1) * N).map((value) => +Number.isFinite(value))
      return row(near).join() !== row(far).join()
    })
    expect(differing.length).toBeGreaterThan(10)
  })
})

describe('a study', () => {
  test('has the figures of the analysis', () => {
    expect(study.report).toEqual(analyzeFactor(values, market))
    for (const { bars, mean, t } of study.report.decay)
      expect(study.decay[bars - 1]).toMatchObject({ bars, mean, t })
    expect(study.decay.map(({ bars }) => bars)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  })

  test('a confidence interval is 1.96 standard errors to either side', () => {
    const { mean, t, low, high } = study.decay[6]!
    expect(high! - low!).toBeCloseTo((2 * 1.959963984540054 * Math.abs(mean!)) / Math.abs(t!), 12)
    expect((high! + low!) / 2).toBeCloseTo(mean!, 12)
    const { series } = decayOf(values, forwardReturns(market), [7], T, N)[0]!
    expect(t).toBe(neweyWestT(series, 6))
  })

  test('years are parts of the bars: their means, weighted, are the mean of all', () => {
    const { years, report, series } = study
    expect(years.map(({ name }) => name)).toEqual([...new Set(market.dates.map((date) => date.slice(0, 4)))])
    const bars = years.reduce((sum, year) => sum + year.bars, 0)
    expect(bars).toBe(report.rankIc.bars)
    expect(years.reduce((sum, year) => sum + year.meanIc! * year.bars, 0) / bars).toBeCloseTo(
      report.rankIc.mean!,
      14,
    )
    const closes = series.withClose.reduce((a, b) => a + b, 0)
    expect(series.withValue.reduce((a, b) => a + b, 0) / closes).toBeCloseTo(report.coverage!, 14)
  })

  test('ranks of a group are taken within it', () => {
    const { codes, labels } = market.groups.get('sector')!
    const returns = forwardReturns(market).returnsOver(1)
    const parts = study.groups.sector!
    expect(parts.map(({ name }) => name)).toEqual([...labels])
    const seen = parts.map(({ bars }, code) => {
      const alone = values.map((value, i) => (codes[i] === code ? value : Number.NaN))
      const ics = correlationsPerBar(alone, returns, T, N).filter(Number.isFinite)
      expect(bars).toBe(ics.length)
      if (bars > 0) expect(parts[code]!.meanIc).toBeCloseTo(ics.reduce((a, b) => a + b, 0) / bars, 14)
      return bars
    })
    expect(Math.max(...seen)).toBeGreaterThan(100)
  })
})

describe('a range of bars', () => {
  test('is analysed as if nothing stood before or after it', () => {
    const range = { start: 100, end: 299 }
    const cut = cutBars(values, market, range)
    const copy = createPanel({
      dates: market.dates.slice(100, 300),
      symbols: market.symbols,
      fields: new Map([...market.fields].map(([name, cells]) => [name, cells.slice(100 * N, 300 * N)])),
      groups: new Map(
        [...market.groups].map(([name, { codes, labels }]) => [
          name,
          { codes: codes.slice(100 * N, 300 * N), labels },
        ]),
      ),
    })
    expect(studyFactor(cut.values, cut.panel)).toEqual(studyFactor(values.slice(100 * N, 300 * N), copy))
  })
})

describe('what has no value says why', () => {
  const panelOf = (rows: number[][]) =>
    createPanel({
      dates: rows.map((_, t) => `2020-01-${String(t + 1).padStart(2, '0')}`),
      symbols: rows[0]!.map((_, s) => `S${s}`),
      fields: new Map([['close', Float64Array.from(rows.flat())]]),
    })
  const notesOf = (factor: number[][], close: number[][]) =>
    analyzeFactor(Float64Array.from(factor.flat()), panelOf(close)).notes
  const rising = [1, 2, 3, 4].map((t) => [1, 2, 3, 4, 5].map((s) => 100 + t * s + t ** s))

  test('fewer than five symbols', () => {
    const four = rising.map((row) => row.slice(0, 4))
    const notes = notesOf(four, four)
    expect(notes.rankIc).toBe('no bar has 5 symbols with a value and a return after it; the most is 4')
    expect(notes).toMatchObject({ decay: notes.rankIc, quantiles: notes.rankIc })
    expect(notes.turnover).toMatch(/no two bars in a row have 5 symbols/)
  })

  test('values that are all the same', () => {
    expect(
      notesOf(
        rising.map((row) => row.map(() => 1)),
        rising,
      ),
    ).toMatchObject({
      rankIc: 'at every bar all values are the same, or all returns are',
      quantiles: expect.stringContaining('a fifth is empty'),
    })
  })

  test('one bar alone, and correlations that do not vary', () => {
    const once = notesOf(rising.slice(0, 3), rising.slice(0, 3))
    expect(once.rankIc).toBe('one bar alone has a rank correlation: its deviation needs two')
    expect(once.quantiles).toBe('one bar alone has fifths with returns: t needs two')
    const up = [0, 1, 2, 3, 4, 5].map((t) => [1, 2, 3, 4, 5].map((s) => (1 + s / 10) ** t))
    const factor = up.map(() => [1, 2, 3, 4, 5])
    expect(notesOf(factor, up)).toMatchObject({ rankIc: 'the rank correlation does not vary' })
  })

  test('no close at all', () => {
    const none = rising.map((row) => row.map(() => Number.NaN))
    const { decay, years, series } = studyFactor(Float64Array.from(rising.flat()), panelOf(none))
    for (const { mean, low, high } of decay) expect([mean, low, high]).toEqual([null, null, null])
    expect(years).toEqual([
      { name: '2020', meanIc: null, t: null, bars: 0, symbols: 0, coverage: null, spread: null },
    ])
    expect([...series.withValue]).toEqual([0, 0, 0, 0])
    expect(notesOf(rising, none).coverage).toBe('no cell has a close')
  })

  test('a range shorter than a horizon names the horizons', () => {
    const short = cutBars(values, market, { start: 10, end: 20 })
    const { notes, decay } = analyzeFactor(short.values, short.panel)
    expect(decay.find(({ bars }) => bars === 15)!.mean).toBeNull()
    expect(notes.decay).toBe('too few bars, or no variation, at 10, 15, 20 bars ahead')
    expect(notes.rankIc).toBeUndefined()
  })

  test('a factor with all its figures has no notes', () => {
    expect(study.report.notes).toEqual({})
  })
})
