import { describe, expect, test } from 'vitest'
import { rebalanceSchedule } from '../../src/backtest/schedule.js'
import type { Rebalance } from '../../src/graph/strategy-graph.js'
import { days } from './make.js'

/** Weekdays from a day on, up to another. */
const weekdays = (from: string, to: string): string[] =>
  days(1000, from).filter((day) => day <= to && ![0, 6].includes(new Date(day).getUTCDay()))

const at = (rebalance: Rebalance, dates: readonly string[], start = 0) =>
  rebalanceSchedule(dates, { start, end: dates.length - 1 }, rebalance)

describe('the last bar in a rebalancing calendar', () => {
  test('a weekday in the middle of the month is no monthly rebalance, unless nothing comes after it', () => {
    expect(at('monthly', weekdays('2024-01-02', '2024-02-07'))).toEqual({
      date: '2024-02-07',
      state: 'unlessLast',
      last: '2024-01-31',
      next: '2024-02-29',
      nextInBars: null,
    })
  })

  test('the last weekday of a month is one for certain, and the next is a month on', () => {
    // 30 and 31 March 2024 are a weekend.
    expect(at('monthly', weekdays('2024-03-04', '2024-03-29'))).toMatchObject({
      state: 'due',
      last: null,
      next: '2024-04-30',
    })
  })

  test('where weekends have sessions, the month goes on', () => {
    const dates = days(29, '2024-03-01')
    expect(dates.at(-1)).toBe('2024-03-29')
    expect(at('monthly', dates)).toMatchObject({ state: 'unlessLast', next: '2024-03-31' })
  })

  test('a Friday ends its week, a Thursday does not', () => {
    expect(at('weekly', weekdays('2024-01-02', '2024-01-12'))).toMatchObject({
      state: 'due',
      last: '2024-01-05',
      next: '2024-01-19',
    })
    expect(at('weekly', weekdays('2024-01-02', '2024-01-11'))).toMatchObject({
      state: 'unlessLast',
      next: '2024-01-12',
    })
  })

  test('a week may lie across the turn of the year', () => {
    expect(at('weekly', weekdays('2024-12-02', '2024-12-31'))).toMatchObject({
      state: 'unlessLast',
      next: '2025-01-03',
    })
  })

  test('a quarter ends in its third month', () => {
    expect(at('quarterly', weekdays('2024-01-02', '2024-02-29'))).toMatchObject({
      state: 'unlessLast',
      next: '2024-03-29',
    })
    expect(at('quarterly', weekdays('2024-01-02', '2024-03-29'))).toMatchObject({
      state: 'due',
      next: '2024-06-28',
    })
  })

  test('every day is a rebalance of a daily strategy; after a Friday comes Monday', () => {
    expect(at('daily', weekdays('2024-01-02', '2024-01-12'))).toMatchObject({
      state: 'due',
      last: '2024-01-11',
      next: '2024-01-15',
    })
  })

  test('every n bars counts from the start of the range', () => {
    const dates = weekdays('2024-01-01', '2024-01-12')
    expect(at({ every: 3 }, dates)).toEqual({
      date: '2024-01-12',
      state: 'due',
      last: '2024-01-09',
      next: null,
      nextInBars: 3,
    })
    expect(at({ every: 3 }, dates, 1)).toMatchObject({ state: 'notDue', last: '2024-01-10', nextInBars: 1 })
  })
})
