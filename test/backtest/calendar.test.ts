import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calendarKeys, rebalanceBars } from '../../src/backtest/calendar.js'
import { days } from './make.js'

const bars = (...args: Parameters<typeof rebalanceBars>) => [...rebalanceBars(...args)]

describe('rebalance bars', () => {
  test('daily is every bar but the last', () => {
    expect(bars(days(5), { start: 1, end: 4 }, 'daily')).toEqual([1, 2, 3])
  })

  test('weekly is the last bar of each ISO week, as far as a bar of the next is in the range', () => {
    // 2021-01-01 is a Friday of ISO week 53 of 2020; 2021-01-03 the Sunday that ends it.
    const dates = days(12)
    expect(bars(dates, { start: 0, end: 11 }, 'weekly')).toEqual([2, 9])
    expect(bars(dates, { start: 0, end: 9 }, 'weekly')).toEqual([2])
  })

  test('an ISO week goes on over New Year', () => {
    expect(
      bars(['2020-12-30', '2020-12-31', '2021-01-01', '2021-01-04'], { start: 0, end: 3 }, 'weekly'),
    ).toEqual([2])
  })

  test('monthly and quarterly take the last bar before the next month or quarter', () => {
    const dates = ['2020-02-27', '2020-02-28', '2020-03-02', '2020-03-31', '2020-04-01', '2020-06-30']
    expect(bars(dates, { start: 0, end: 5 }, 'monthly')).toEqual([1, 3, 4])
    expect(bars(dates, { start: 0, end: 5 }, 'quarterly')).toEqual([3])
  })

  test('the same month of another year is another month', () => {
    expect(bars(['2020-03-02', '2021-03-02', '2021-03-03'], { start: 0, end: 2 }, 'monthly')).toEqual([0])
    expect(bars(['2020-03-02', '2021-03-02', '2021-03-03'], { start: 0, end: 2 }, 'quarterly')).toEqual([0])
  })

  test('every n counts from the start of the range and leaves the last bar out', () => {
    expect(bars(days(10), { start: 1, end: 9 }, { every: 4 })).toEqual([1, 5])
    expect(bars(days(11), { start: 1, end: 10 }, { every: 4 })).toEqual([1, 5, 9])
  })

  test('a range of one bar has none', () => {
    expect(bars(days(3), { start: 1, end: 1 }, 'daily')).toEqual([])
    expect(bars(days(3), { start: 1, end: 1 }, { every: 1 })).toEqual([])
  })
})

test('weeks agree with the ISO calendar of the platform', () => {
  const day = fc.integer({ min: Date.UTC(1900, 0, 1) / 864e5, max: Date.UTC(2199, 11, 30) / 864e5 })
  fc.assert(
    fc.property(day, (number) => {
      const iso = (n: number) => new Date(n * 864e5).toISOString().slice(0, 10)
      const { week } = calendarKeys([iso(number), iso(number + 1)])
      const isSunday = new Date(number * 864e5).getUTCDay() === 0
      expect(week[1]! - week[0]!).toBe(isSunday ? 1 : 0)
    }),
    { seed: 1, numRuns: 500 },
  )
})
