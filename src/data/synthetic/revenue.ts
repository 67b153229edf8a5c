import type { Rng } from '../../base/rng.js'
import { monthNumber } from './calendar.js'

/** Day of the month from which the revenue of the month before is known; plus 0 to 4 days, by symbol. */
export const PUBLISHED_FROM_DAY = 10

/** Revenue as the market knows it at each bar. */
export interface KnownRevenue {
  /** Last published monthly revenue, in thousands. */
  readonly revenue: number
  /** Its growth on the same month of the year before. */
  readonly growth: number
}

/**
 * Monthly revenue of one company: growth that reverts slowly to its mean, a season, and noise. A month is published
 * in the next one, so at no bar is anything known of the month that it lies in. Two years before `firstDate` are made
 * up as well, so that growth is known from the first bar on.
 */
export function revenueHistory(rng: Rng, firstDate: string): (date: string) => KnownRevenue {
  const publishedOn = PUBLISHED_FROM_DAY + rng.int(0, 4)
  const firstMonth = monthNumber(firstDate) - 25
  const season = Array.from({ length: 12 }, () => 0.08 * rng.normal())
  const months: number[] = []
  let level = Math.log(10 ** (4 + 2 * rng.next()))
  let growth = 0.006 + 0.01 * rng.normal()
  const month = (number: number) => {
    while (months.length <= number - firstMonth) {
      growth += 0.12 * (0.004 - growth) + 0.006 * rng.normal()
      level += growth
      const at = (firstMonth + months.length) % 12
      months.push(Math.round(Math.exp(level + season[at]! + 0.04 * rng.normal())))
    }
    return months[number - firstMonth]!
  }
  return (date) => {
    const known = monthNumber(date) - (Number(date.slice(8)) >= publishedOn ? 1 : 2)
    const revenue = month(known)
    return { revenue, growth: Math.round((revenue / month(known - 12) - 1) * 1e6) / 1e6 }
  }
}
