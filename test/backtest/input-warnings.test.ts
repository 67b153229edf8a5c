import { describe, expect, test } from 'vitest'
import { backtest } from '../../src/backtest/backtest-strategy.js'
import { positions } from '../../src/backtest/positions.js'
import { createPanel } from '../../src/data/panel.js'
import { field, strategy } from '../../src/strategy/api.js'
import { always, panelOf } from './make.js'

const BARS = 40
const close = field('close')
/** Prices of two symbols, none at the bars given. */
const marketWithout = (...bars: number[]) => {
  const prices = (from: number) =>
    Array.from({ length: BARS }, (_, t) => (bars.includes(t) ? Number.NaN : from + Math.sin(t)))
  return panelOf({ A: prices(10), B: prices(20) })
}
const warned = (...given: Parameters<typeof backtest>) =>
  backtest(...given).simulation.warnings.map(({ code, count, message }) => ({ code, count, message }))
const daily = (more: object) => strategy({ rebalance: 'daily', fill: 'nextClose', ...more } as never)
const scored = daily({ score: close, select: { top: 1 } })

test('a backtest as it should be has no warnings', () => {
  expect(warned(scored, marketWithout())).toEqual([])
})

test('rebalance days without prices are counted, and the first three named', () => {
  const [warning] = warned(scored, marketWithout(5, 6, 20, 30))
  expect(warning).toMatchObject({ code: 'NO_CLOSES', count: 4 })
  expect(warning!.message).toContain('On 4 rebalance days (2021-01-06, 2021-01-07, 2021-01-21, …)')
})

test('signals that hold through a day without prices are no reason for one', () => {
  const held = daily({ signals: { enter: close.gt(1), exit: close.lt(1) } })
  expect(backtest(held, marketWithout()).simulation.fills.length).toBeGreaterThan(0)
  expect(warned(held, marketWithout(5)).map(({ code }) => code)).not.toContain('NO_CLOSES')
})

test('a universe that is empty at every rebalance is told at whatever rhythm', () => {
  const none = { universe: close.lt(0), score: close, select: { top: 1 } }
  expect(warned(daily(none), marketWithout())).toMatchObject([{ code: 'EMPTY_UNIVERSE', count: BARS - 1 }])
  expect(warned(daily({ ...none, rebalance: { every: 13 } }), marketWithout())).toMatchObject([
    { code: 'EMPTY_UNIVERSE', count: 3 },
  ])
  const sometimes = { universe: close.gt(20), score: close, select: { top: 1 }, rebalance: { every: 13 } }
  expect(warned(daily(sometimes), marketWithout())).toEqual([])
})

test('a single bar has no rebalance', () => {
  expect(warned(scored, marketWithout(), { end: '2021-01-01' })).toMatchObject([
    { code: 'NO_REBALANCE', count: 0 },
  ])
})

test('warnings leave the trades of a simulation as they are', () => {
  const { simulation } = backtest(scored, marketWithout(5))
  expect(simulation.warnings).toHaveLength(1)
  expect(simulation.trades.length).toBeGreaterThan(0)
  expect(simulation.trades).toBe(simulation.trades)
})

describe('a late start', () => {
  const long = (bars: number) =>
    panelOf({ A: Array.from({ length: bars }, (_, t) => 10 + Math.sin(t)), B: always(20, bars) })
  const looking = (window: number, rebalance: unknown = 'daily') =>
    daily({ score: close.pctChange(window), select: { top: 1 }, rebalance })

  test('is told with the bars that earn nothing, and the day to measure from', () => {
    const panel = long(100)
    const [warning, ...others] = warned(looking(30), panel)
    expect(others).toEqual([])
    expect(warning).toMatchObject({ code: 'LATE_START', count: 31 })
    expect(warning!.message).toContain(`before ${panel.dates[31]}: 31 of 100 bars`)
    expect(warning!.message).toContain(`A start at ${panel.dates[30]} (--start)`)
  })

  test('is none from the day that was named on', () => {
    const panel = long(100)
    expect(warned(looking(30), panel, { start: panel.dates[30]! })).toEqual([])
  })

  test('counts from the decision that first chose something', () => {
    const panel = long(100)
    const [warning] = warned(looking(30, { every: 25 }), panel)
    const first = backtest(looking(30, { every: 25 }), panel).simulation.fills[0]!.bar
    expect(warning).toMatchObject({ code: 'LATE_START', count: first })
    expect(warning!.message).toContain(`A start at ${panel.dates[first - 1]}`)
  })

  test('of less than a month, or of a tenth of the bars, is none', () => {
    expect(warned(looking(19), long(60))).toEqual([])
    expect(warned(looking(20), long(60))).toMatchObject([{ code: 'LATE_START', count: 21 }])
    expect(warned(looking(29), long(300))).toEqual([])
    expect(warned(looking(30), long(300))).toMatchObject([{ code: 'LATE_START', count: 31 }])
  })
})

describe('symbols without a group under a groupCap', () => {
  const capped = (more: object) => daily({ groupCap: { group: 'sector', max: 0.5 }, ...more })
  /** Four symbols, of which the last two have no sector. */
  const grouped = (codes: readonly number[] = [0, 1, -1, -1]) => {
    const panel = panelOf({
      A: always(10, BARS),
      B: always(20, BARS),
      C: always(30, BARS),
      D: always(40, BARS),
    })
    const sector = { labels: ['x', 'y'], codes: new Int32Array(BARS * 4).map((_, cell) => codes[cell % 4]!) }
    return createPanel({ ...panel, groups: new Map([['sector', sector]]) })
  }

  test('are counted and named, and how to mend it', () => {
    const [warning, ...others] = warned(capped({ score: close, select: { top: 4 } }), grouped())
    expect(others).toEqual([])
    expect(warning).toMatchObject({ code: 'NO_GROUP', count: 2 })
    expect(warning!.message).toContain('2 of 4 eligible symbols had no group sector')
    expect(warning!.message).toContain('(C, D)')
    expect(warning!.message).toContain('symbol,sector')
  })

  test('are none where all have one, or those without are never eligible', () => {
    const score = { score: close, select: { top: 4 } }
    expect(warned(capped(score), grouped([0, 1, 1, 0]))).toEqual([])
    expect(warned(capped({ ...score, universe: close.lt(25) }), grouped())).toEqual([])
    expect(
      warned(capped({ score: close.lt(25).where(close, close.div(0)), select: { top: 4 } }), grouped()),
    ).toEqual([])
    expect(warned(capped({ weights: close.lt(25).where(0.1, 0) }), grouped())).toEqual([])
    expect(warned(capped({ signals: { enter: close.lt(25), exit: close.gt(25) } }), grouped())).toEqual([])
    expect(warned(daily(score), grouped())).toEqual([])
  })

  test('count for signals and weights too', () => {
    expect(warned(capped({ weights: close.div(1000) }), grouped())).toMatchObject([
      { code: 'NO_GROUP', count: 2 },
    ])
    const signals = { enter: close.gt(35), exit: close.lt(35) }
    expect(warned(capped({ signals }), grouped())).toMatchObject([{ code: 'NO_GROUP', count: 1 }])
  })

  test('are told with the positions of today', () => {
    const { warnings } = positions(capped({ score: close, select: { top: 4 } }), grouped(), { lot: 0.01 })
    expect(warnings.map(({ code }) => code)).toContain('NO_GROUP')
  })
})
