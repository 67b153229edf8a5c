import { notesInWords } from '../../research/factor-notes.js'
import type { DecayPoint, FactorPart, FactorStudy, FactorYear } from '../../research/factor-study.js'
import { neweyWestT } from '../../research/rank-ic.js'
import { sumsByMonth } from '../months.js'
import { counted, decimal } from '../text.js'

/** The numbers of a factor's report; the same object stands in the HTML as JSON. Fractions, but for ICs and ts. */
export interface FactorSheet {
  readonly kind: 'factor'
  readonly version: 1
  readonly expression: string
  readonly data: {
    readonly hash: string
    readonly bars: number
    readonly symbols: number
    readonly start: string
    readonly end: string
  }
  readonly report: FactorStudy['report']
  readonly decay: readonly DecayPoint[]
  readonly years: readonly FactorYear[]
  readonly groups: Readonly<Record<string, readonly FactorPart[]>>
  readonly months: readonly FactorMonth[]
  readonly series: {
    readonly dates: readonly string[]
    readonly rankIc: readonly (number | null)[]
    /** Sum of the rank ICs so far. */
    readonly cumulativeIc: readonly number[]
    /** Value of 1 held in each fifth, made anew at each bar, without costs; lowest values first. */
    readonly fifths: readonly (readonly number[])[]
    /** The same of the highest fifth bought with the lowest sold. */
    readonly spread: readonly number[]
    /** Symbols with a value, and those with a close. */
    readonly withValue: readonly number[]
    readonly withClose: readonly number[]
  }
  readonly caveats: readonly string[]
}

/** Means over a calendar month; null where no bar has one. */
export interface FactorMonth {
  readonly month: string
  readonly rankIc: number | null
  readonly rankAutocorrelation: number | null
  readonly topTurnover: number | null
  readonly bottomTurnover: number | null
}

export interface FactorReportOptions {
  /** The factor in words or code. */
  readonly expression: string
  /** Of the panel that the values were computed on. */
  readonly dataHash: string
}

/** All that a factor's report shows. */
export function factorSheet(study: FactorStudy, options: FactorReportOptions): FactorSheet {
  const { report, decay, years, groups, series } = study
  const { dates } = series
  return {
    kind: 'factor',
    version: 1,
    expression: options.expression,
    data: {
      hash: options.dataHash,
      bars: report.bars,
      symbols: report.symbols,
      start: dates[0]!,
      end: dates.at(-1)!,
    },
    report,
    decay,
    years,
    groups,
    months: monthsOf(series),
    series: {
      dates,
      rankIc: Array.from(series.rankIc, (value) => (Number.isFinite(value) ? value : null)),
      cumulativeIc: running(series.rankIc, 0, (total, value) => total + value),
      fifths: series.fifths.map((fifth) => running(fifth, 1, compounded)),
      spread: running(series.spread, 1, compounded),
      withValue: [...series.withValue],
      withClose: [...series.withClose],
    },
    caveats: caveats(study),
  }
}

const compounded = (total: number, value: number) => total * (1 + value)

/** A running total; bars without a value leave it. */
function running(
  values: Float64Array,
  start: number,
  next: (total: number, value: number) => number,
): number[] {
  let total = start
  return Array.from(values, (value) => {
    if (Number.isFinite(value)) total = next(total, value)
    return total
  })
}

function monthsOf(series: FactorStudy['series']): FactorMonth[] {
  const means = (values: Float64Array) =>
    sumsByMonth(values, series.dates).map(({ sum, count }) => (count === 0 ? null : sum / count))
  const [ic, auto, top, bottom] = [
    means(series.rankIc),
    means(series.rankAutocorrelation),
    means(series.topTurnover),
    means(series.bottomTurnover),
  ]
  return sumsByMonth(series.rankIc, series.dates).map(({ month }, i) => ({
    month,
    rankIc: ic[i]!,
    rankAutocorrelation: auto[i]!,
    topTurnover: top[i]!,
    bottomTurnover: bottom[i]!,
  }))
}

/** Bars over which one day's rank correlation still sounds in the next ones: a month. */
const ECHO_BARS = 21
/** |t| above this is no chance, if only one factor was tried: Harvey, Liu & Zhu, "… and the Cross-Section of Expected
 * Returns", Review of Financial Studies 29 (2016), ask for 3 where many were. */
const TRIED_MANY = 3

function caveats({ report, series }: FactorStudy): string[] {
  const { rankIc, prices, notes } = report
  const said: string[] = []
  const robust = neweyWestT(series.rankIc, ECHO_BARS)
  if (rankIc.t !== null && robust !== null) {
    said.push(
      `The mean rank IC has t ${decimal(rankIc.t)} over ${counted(rankIc.bars, 'bar')}, ${decimal(robust)} where bars up to ${ECHO_BARS} apart may be related (Newey–West).${
        Math.abs(robust) < TRIED_MANY
          ? ' If this is one of many factors that were tried, that is no evidence yet: ask for 3 or more.'
          : ''
      }`,
    )
  }
  said.push(
    `Returns run from the ${prices === 'open' ? 'open after the value is known to a later open' : 'close after the value is known to a later close'}, without costs: what turnover takes from them comes on top.`,
  )
  for (const note of notesInWords(notes)) said.push(`Without a value: ${note}.`)
  return said
}
