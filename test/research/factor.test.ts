import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { createPanel } from '../../src/data/panel.js'
import { analyzeFactor, DECAY_BARS } from '../../src/research/factor.js'
import { neweyWestT } from '../../src/research/rank-ic.js'
import { averageRanks, rankScratch, spearman } from '../../src/research/spearman.js'

const ranksOf = (values: number[]) => {
  const { order, ranksA } = rankScratch(values.length)
  averageRanks(Float64Array.from(values), values.length, order, ranksA)
  return [...ranksA]
}

const day = (t: number) => new Date(Date.UTC(2020, 0, 1 + t)).toISOString().slice(0, 10)

function panelOf(fields: Record<string, number[][]>) {
  const rows = Object.values(fields)[0]!
  return createPanel({
    dates: rows.map((_, t) => day(t)),
    symbols: rows[0]!.map((_, s) => `S${String(s).padStart(3, '0')}`),
    fields: new Map(Object.entries(fields).map(([name, cells]) => [name, Float64Array.from(cells.flat())])),
  })
}

const factorOf = (rows: number[][]) => Float64Array.from(rows.flat())

describe('ranks', () => {
  test('equal values share the average of their places', () => {
    expect(ranksOf([10, 30, 20, 20, 5])).toEqual([2, 5, 3.5, 3.5, 1])
    expect(ranksOf([7, 7, 7])).toEqual([2, 2, 2])
  })

  test('the rank correlation of one pair of swapped neighbours among five is 0.9', () => {
    const a = Float64Array.from([1, 2, 3, 4, 5])
    const b = Float64Array.from([10, 20, 30, 50, 40])
    // 1 − 6·Σd²/(n(n² − 1)) = 1 − 6·2/120
    expect(spearman(a, b, 5, rankScratch(5))).toBeCloseTo(0.9, 14)
  })

  test('a constant side has no rank correlation', () => {
    expect(spearman(Float64Array.from([1, 1, 1]), Float64Array.from([1, 2, 3]), 3, rankScratch(3))).toBeNaN()
  })
})

describe('a factor by hand', () => {
  // Opens double, grow by 50 %, stay, halve and quarter from bar 1 to bar 2; then all stay.
  const open = [
    [1, 1, 1, 1, 1],
    [10, 10, 10, 10, 10],
    [20, 15, 10, 5, 2.5],
    [20, 15, 10, 5, 2.5],
  ]
  const close = open.map((row) => row.map((value) => value * 1.01))
  const panel = panelOf({ open, close })

  test('the value at a close meets the return from the next open to the one after', () => {
    const report = analyzeFactor(
      factorOf([
        [5, 4, 3, 2, 1],
        [1, 2, 3, 4, 5],
        [1, 2, 3, 4, 5],
        [1, 2, 3, 4, 5],
      ]),
      panel,
    )
    // Bar 0: perfect order. Bar 1: all returns are 0, so there is no correlation. Later bars have no return.
    expect(report.rankIc).toEqual({ mean: 1, std: null, icir: null, t: null, bars: 1 })
    expect(report.quantiles.meanReturns[4]).toBeCloseTo(0.5, 14)
    expect(report.quantiles.meanReturns[0]).toBeCloseTo(-0.375, 14)
    expect(report.quantiles.spread).toBeCloseTo((1.75 + 0) / 2, 14)
    expect(report.quantiles.bars).toBe(2)
    expect(report.prices).toBe('open')
  })

  test('the highest fifth is replaced in full when the order is turned around, and then stays', () => {
    const report = analyzeFactor(
      factorOf([
        [5, 4, 3, 2, 1],
        [1, 2, 3, 4, 5],
        [1, 2, 3, 4, 5],
        [1, 2, 3, 4, 5],
      ]),
      panel,
    )
    expect(report.turnover.rankAutocorrelation).toBeCloseTo((-1 + 1 + 1) / 3, 14)
    expect(report.turnover.top).toBeCloseTo(1 / 3, 14)
    expect(report.turnover.bottom).toBeCloseTo(1 / 3, 14)
  })

  test('coverage counts cells with a close only', () => {
    const gaps = panelOf({ close: [[1, 2, Number.NaN, 4, 5]] })
    expect(analyzeFactor(factorOf([[1, Number.NaN, 3, 4, 5]]), gaps).coverage).toBe(0.75)
    const empty = panelOf({ close: [[Number.NaN, Number.NaN]] })
    expect(analyzeFactor(factorOf([[1, 2]]), empty).coverage).toBeNull()
  })

  test('without opens the closes stand in, one bar later as well', () => {
    const report = analyzeFactor(factorOf(open.map(() => [5, 4, 3, 2, 1])), panelOf({ close: open }))
    expect(report.prices).toBe('close')
    expect(report.rankIc.mean).toBe(1)
    expect(report.rankIc.bars).toBe(1)
  })

  test('a bar with four symbols is left out, one with five counts', () => {
    const four = open.map((row) => row.slice(0, 4))
    expect(analyzeFactor(factorOf(four), panelOf({ open: four, close: four })).rankIc.bars).toBe(0)
    const values = factorOf(open.map(() => [1, 2, 3, 4, 5]))
    expect(analyzeFactor(values, panel).rankIc.bars).toBe(1)
    values[2] = Number.NaN
    expect(analyzeFactor(values, panel).rankIc.bars).toBe(0)
  })

  test('a factor of the wrong size is refused', () => {
    expect(() => analyzeFactor(new Float64Array(3), panel)).toThrow(RangeError)
  })

  test('where nothing can be said the figures are null', () => {
    const report = analyzeFactor(new Float64Array(20).fill(Number.NaN), panel)
    expect(report.coverage).toBe(0)
    expect(report.rankIc).toEqual({ mean: null, std: null, icir: null, t: null, bars: 0 })
    expect(report.decay.every(({ mean, t }) => mean === null && t === null)).toBe(true)
    expect(report.quantiles.spread).toBeNull()
    expect(report.turnover).toEqual({ rankAutocorrelation: null, top: null, bottom: null })
  })

  test('a correlation that is the same at every bar has no t', () => {
    const rising = [1, 2, 4, 8, 16].map((_, t) => [1, 2, 3, 4, 5].map((s) => (1 + s / 100) ** t))
    const report = analyzeFactor(factorOf(rising.map(() => [1, 2, 3, 4, 5])), panelOf({ close: rising }))
    expect(report.rankIc.bars).toBe(3)
    expect(report.rankIc.mean).toBe(1)
    expect(report.rankIc.t).toBeNull()
    expect(report.decay[1]!.t).toBeNull()
  })
})

describe('Newey–West', () => {
  test('by hand: four values, one lag', () => {
    // mean 2.5, deviations −1.5 −0.5 0.5 1.5: γ0 = 5/4, γ1 = 1.25/4; S = 1.25 + 2·½·0.3125 = 1.5625
    expect(neweyWestT(Float64Array.from([1, 2, 3, 4]), 1)).toBeCloseTo(2.5 / Math.sqrt(1.5625 / 4), 14)
  })

  test('bars without a value are left out before', () => {
    expect(neweyWestT(Float64Array.from([1, Number.NaN, 2, 3, 4]), 1)).toBeCloseTo(4, 14)
  })

  test('one value is not enough', () => {
    expect(neweyWestT(Float64Array.from([1]), 1)).toBeNull()
  })
})

describe('a factor on random data', () => {
  const T = 60
  const N = 23
  const rng = createRng('factor', 1)
  const missing = (value: number, share: number) => (rng.next() < share ? Number.NaN : value)
  const level = Array.from({ length: N }, () => 100)
  const close: number[][] = []
  const open: number[][] = []
  const factor: number[][] = []
  for (let t = 0; t < T; t++) {
    close.push(level.map((price) => missing(price, 0.05)))
    open.push(level.map((price) => missing(price * (1 + rng.normal() / 100), 0.05)))
    // Rounded, so that there are ties.
    factor.push(level.map(() => missing(Math.round(rng.normal() * 3), 0.1)))
    for (let s = 0; s < N; s++) level[s]! *= 1 + rng.normal() / 50
  }
  const report = analyzeFactor(factorOf(factor), panelOf({ open, close }))

  /** Straight from the definitions, sharing nothing with the code under test. */
  const plainRank = (values: number[]) =>
    values.map((v) => values.filter((w) => w < v).length + (values.filter((w) => w === v).length + 1) / 2)
  const mean = (xs: number[]) => xs.reduce((a, b) => a + b, 0) / xs.length
  const pearson = (a: number[], b: number[]) => {
    const [ma, mb] = [mean(a), mean(b)]
    const cov = mean(a.map((x, i) => (x - ma) * (b[i]! - mb)))
    return cov / Math.sqrt(mean(a.map((x) => (x - ma) ** 2)) * mean(b.map((x) => (x - mb) ** 2)))
  }
  const plainCorrelations = (h: number) => {
    const out: number[] = []
    for (let t = 0; t + 1 + h < T; t++) {
      const both = factor[t]!.map((v, s) => [v, open[t + 1 + h]![s]! / open[t + 1]![s]! - 1] as const).filter(
        ([v, r]) => Number.isFinite(v) && Number.isFinite(r),
      )
      if (both.length < 5) continue
      out.push(pearson(plainRank(both.map(([v]) => v)), plainRank(both.map(([, r]) => r))))
    }
    return out
  }

  test('rank IC is what its definition says', () => {
    const ics = plainCorrelations(1)
    const m = mean(ics)
    const std = Math.sqrt(ics.reduce((a, x) => a + (x - m) ** 2, 0) / (ics.length - 1))
    expect(report.rankIc.bars).toBe(ics.length)
    expect(report.rankIc.mean).toBeCloseTo(m, 12)
    expect(report.rankIc.std).toBeCloseTo(std, 12)
    expect(report.rankIc.icir).toBeCloseTo(m / std, 12)
    expect(report.rankIc.t).toBeCloseTo((m / std) * Math.sqrt(ics.length), 12)
  })

  test('the decay is what its definition says at every horizon', () => {
    expect(report.decay.map(({ bars }) => bars)).toEqual([1, 2, 3, 5, 10, 15, 20])
    report.decay.forEach(({ bars, mean: m, t }) => {
      const ics = plainCorrelations(bars)
      expect(m).toBeCloseTo(mean(ics), 12)
      if (bars === 1) return
      const e = ics.map((x) => x - mean(ics))
      let s = 0
      for (let i = 0; i < e.length; i++)
        for (let j = 0; j < e.length; j++) s += Math.max(0, 1 - Math.abs(i - j) / bars) * e[i]! * e[j]!
      expect(t).toBeCloseTo(mean(ics) / (Math.sqrt(s) / e.length), 10)
    })
    expect(DECAY_BARS).toContain(20)
  })

  test('the first decay figure is the rank IC itself', () => {
    expect(report.decay[0]!.mean).toBe(report.rankIc.mean)
    expect(report.decay[0]!.t).toBe(report.rankIc.t)
  })

  test('the fifths are what their definition says', () => {
    const perFifth: number[][] = [[], [], [], [], []]
    for (let t = 0; t + 2 < T; t++) {
      const both = factor[t]!.map((v, s) => [v, open[t + 2]![s]! / open[t + 1]![s]! - 1] as const).filter(
        ([v, r]) => Number.isFinite(v) && Number.isFinite(r),
      )
      const ranks = plainRank(both.map(([v]) => v))
      for (let q = 0; q < 5; q++) {
        const inside = both.filter((_, i) => Math.ceil((ranks[i]! * 5) / both.length - 1e-9) - 1 === q)
        if (inside.length > 0) perFifth[q]!.push(mean(inside.map(([, r]) => r)))
      }
    }
    report.quantiles.meanReturns.forEach((value, q) => {
      expect(value).toBeCloseTo(mean(perFifth[q]!), 12)
    })
  })
})
