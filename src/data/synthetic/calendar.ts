const DAY_MS = 86_400_000

/** The first `bars` weekdays from `start` (an ISO day) on; the built-in market knows no holidays. */
export function businessDays(start: string, bars: number): string[] {
  const days: string[] = []
  for (let moment = Date.parse(`${start}T00:00:00Z`); days.length < bars; moment += DAY_MS) {
    const day = new Date(moment)
    const weekday = day.getUTCDay()
    if (weekday !== 0 && weekday !== 6) days.push(day.toISOString().slice(0, 10))
  }
  return days
}

/** Months since year 0 of an ISO day: one number that counts on. */
export const monthNumber = (date: string): number =>
  Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1
