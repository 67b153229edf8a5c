import { median } from '../base/stats/median.js'
import type { DataIssue, IssuePlace } from './dataset.js'
import { counted, IssueList } from './issues.js'

/** A close that moves further than this from one bar to the next looks like a split that was not adjusted. */
const LARGE_MOVE = 0.4
/** The longest holidays of exchanges, lunar new years with their weekends, take 13 days from bar to bar. */
const HOLE_DAYS = 14
const DAY_MS = 86_400_000
/** So many days after all others, a date is a slip rather than a bar. */
const FAR_DAYS = 366
/** So many dates may be slips at most, and this share of those before; more are a market that came back. */
const MOST_FAR_DATES = 5
const FAR_SHARE = 0.25

interface Series {
  readonly dates: readonly string[]
  readonly symbols: readonly string[]
  readonly fields: ReadonlyMap<string, Float64Array>
}

/**
 * Warnings about values that can be read and may still be wrong. `raw` are prices as they stand in the file, which is
 * what ranges are judged by; `adjusted` what the panel holds, which is what moves are judged by. `placeOf` gives the
 * place of a cell.
 */
export function checkSeries(
  raw: ReadonlyMap<string, Float64Array>,
  adjusted: Series,
  placeOf: (cell: number, detail?: string) => IssuePlace,
): DataIssue[] {
  return [
    ...checkRanges(raw, placeOf),
    ...checkMoves(adjusted, placeOf),
    ...checkLives(adjusted, placeOf),
    ...checkVolume(adjusted, placeOf),
    ...checkWeekends(adjusted.dates),
    ...checkFarDates(adjusted, placeOf),
    ...checkSpellings(adjusted.symbols),
  ]
}

function checkRanges(
  raw: ReadonlyMap<string, Float64Array>,
  placeOf: (cell: number, detail?: string) => IssuePlace,
) {
  const crossed = new IssueList('HIGH_BELOW_LOW')
  const outside = new IssueList('OUTSIDE_RANGE')
  const [high, low] = [raw.get('high'), raw.get('low')]
  const inner = ['open', 'close'].flatMap((name) => {
    const values = raw.get(name)
    return values ? [[name, values] as const] : []
  })
  const size = raw.get('close')?.length ?? 0
  for (let cell = 0; cell < size; cell++) {
    const [h, l] = [high?.[cell] ?? Number.NaN, low?.[cell] ?? Number.NaN]
    if (h < l) crossed.add(() => placeOf(cell, `high ${h}, low ${l}`))
    for (const [name, values] of inner) {
      const value = values[cell]!
      if (!(value > h || value < l)) continue
      outside.add(() => placeOf(cell, `${name} ${value}, low ${l}, high ${h}`))
      break
    }
  }
  return [
    ...crossed.issue('warning', (n) =>
      counted(n, 'bar has a high below its low', 'bars have a high below their low'),
    ),
    ...outside.issue('warning', (n) =>
      counted(
        n,
        'bar opens or closes outside its low and high',
        'bars open or close outside their low and high',
      ),
    ),
  ]
}

function checkMoves({ symbols, fields }: Series, placeOf: (cell: number, detail?: string) => IssuePlace) {
  const moves = new IssueList('LARGE_MOVE')
  const close = fields.get('close')!
  const width = symbols.length
  const last = new Float64Array(width).fill(Number.NaN)
  for (let cell = 0; cell < close.length; cell++) {
    const value = close[cell]!
    if (Number.isNaN(value)) continue
    const i = cell % width
    const move = value / last[i]! - 1
    if (Math.abs(move) > LARGE_MOVE) moves.add(() => placeOf(cell, `${(move * 100).toFixed(1)}%`))
    last[i] = value
  }
  return moves.issue(
    'warning',
    (n) => counted(n, 'close moves by more than 40% in one bar', 'closes move by more than 40% in one bar'),
    'a split or spin-off that is not adjusted?',
  )
}

/**
 * Holes of the whole market, holes inside a symbol's life, and lives that end before the panel does. The bars of a
 * hole of the market are nobody's, so only those of the symbols' own holes are counted.
 */
function checkLives(
  { dates, symbols, fields }: Series,
  placeOf: (cell: number, detail?: string) => IssuePlace,
) {
  const gaps = new IssueList('GAP')
  const ends = new IssueList('ENDS_EARLY')
  for (const { from, to, days } of marketHoles(dates))
    gaps.add(() => ({
      symbol: null,
      date: to,
      line: null,
      detail: `no symbol has a bar since ${from}, ${counted(days, 'day')} before`,
    }))
  const holes = gaps.count
  const close = fields.get('close')!
  const width = symbols.length
  const last = new Int32Array(width).fill(-1)
  let missing = 0
  for (let cell = 0; cell < close.length; cell++) {
    if (Number.isNaN(close[cell])) continue
    const i = cell % width
    const t = (cell - i) / width
    const before = last[i]!
    if (before >= 0 && t - before > 1) {
      missing += t - before - 1
      gaps.add(() => placeOf(cell, `${counted(t - before - 1, 'bar')} missing before it`))
    }
    last[i] = t
  }
  for (let i = 0; i < width; i++) {
    const t = last[i]!
    if (t >= 0 && t < dates.length - 1)
      ends.add(() => placeOf(t * width + i, `${counted(dates.length - 1 - t, 'bar')} before the end`))
  }
  return [
    ...gaps.issue('warning', (n) => gapText(holes, n - holes, missing)),
    ...ends.issue('warning', (n) =>
      counted(n, 'symbol ends before the last date', 'symbols end before the last date'),
    ),
  ]
}

function gapText(holes: number, gaps: number, missing: number): string {
  return [
    ...(holes > 0 ? [`${counted(holes, 'hole')} of the whole market, where no symbol has bars`] : []),
    ...(gaps > 0
      ? [`${counted(gaps, 'gap')} inside the lives of symbols, ${counted(missing, 'bar')} in all`]
      : []),
  ].join(', and ')
}

/**
 * Steps from one date to the next that are far longer than the others: more than `HOLE_DAYS` calendar days, and more
 * than three times the median step, so that weekly and monthly bars have none for being sparse.
 */
function marketHoles(dates: readonly string[]) {
  const steps = dates.slice(1).map((to, t) => {
    const from = dates[t]!
    return { from, to, days: (Date.parse(to) - Date.parse(from)) / DAY_MS }
  })
  const usual = median(steps.map(({ days }) => days))
  return steps.filter(({ days }) => days > HOLE_DAYS && days > 3 * usual)
}

function checkVolume({ fields }: Series, placeOf: (cell: number, detail?: string) => IssuePlace) {
  const zero = new IssueList('VOLUME_ZERO')
  const volume = fields.get('volume')
  if (volume)
    for (let cell = 0; cell < volume.length; cell++) if (volume[cell] === 0) zero.add(() => placeOf(cell))
  return zero.issue('warning', (n) => counted(n, 'bar has a volume of 0', 'bars have a volume of 0'))
}

function checkWeekends(dates: readonly string[]) {
  const weekend = new IssueList('WEEKEND')
  for (const date of dates) {
    const day = new Date(`${date}T00:00:00Z`).getUTCDay()
    if (day === 0 || day === 6) weekend.add(() => ({ symbol: null, date, line: null }))
  }
  return weekend.issue(
    'warning',
    (n) => counted(n, 'session is on a weekend', 'sessions are on a weekend'),
    'right for a market that trades every day',
  )
}

/** A few dates that lie more than a year behind all others, such as one of 2062 for 2026. */
function checkFarDates(
  { dates, symbols, fields }: Series,
  placeOf: (cell: number, detail?: string) => IssuePlace,
) {
  const far = new IssueList('DATE_FAR_AHEAD')
  const hole = marketHoles(dates).findLast(({ days }) => days > FAR_DAYS)
  const first = hole === undefined ? dates.length : dates.indexOf(hole.to)
  if (dates.length - first > Math.min(MOST_FAR_DATES, first * FAR_SHARE)) return []
  const close = fields.get('close')!
  const width = symbols.length
  for (let t = first; t < dates.length; t++) {
    const i = close.subarray(t * width, (t + 1) * width).findIndex((value) => !Number.isNaN(value))
    far.add(() => (i < 0 ? { symbol: null, date: dates[t]!, line: null } : placeOf(t * width + i)))
  }
  return far.issue('warning', (n) =>
    counted(n, 'date lies more than a year after all others', 'dates lie more than a year after all others'),
  )
}

/** Symbols that are one number with and without zeros in front: `50` is what a spreadsheet makes of `0050`. */
function checkSpellings(symbols: readonly string[]) {
  const spelled = new IssueList('SYMBOL_ZEROS')
  const byNumber = new Map<string, string>()
  for (const symbol of symbols) {
    if (!/^\d+$/.test(symbol)) continue
    const number = symbol.replace(/^0+(?=\d)/, '')
    const other = byNumber.get(number)
    if (other === undefined) byNumber.set(number, symbol)
    else spelled.add(() => ({ symbol, date: null, line: null, detail: `beside ${other}` }))
  }
  return spelled.issue('warning', (n) =>
    counted(
      n,
      'symbol is another one but for the zeros in front',
      'symbols are others but for the zeros in front',
    ),
  )
}
