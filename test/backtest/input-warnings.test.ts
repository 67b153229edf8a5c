import { expect, test } from 'vitest'
import { backtest } from '../../src/backtest/backtest-strategy.js'
import { field, strategy } from '../../src/strategy/api.js'
import { panelOf } from './make.js'

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
