/**
 * A factor looked at through time and by parts, for a report: the figures of `analyzeFactor`, the series behind them,
 * the decay at every horizon to twenty bars, calendar years, and the groups of the panel.
 */
import { decayOf, type FactorReport, factorBars, type PanelBars } from './factor.js'
import { correlationsPerBar, informationCoefficient, meanOf } from './rank-ic.js'

const FARTHEST_BARS = 20

export interface DecayPoint {
  readonly bars: number
  readonly mean: number | null
  readonly t: number | null
  /** 95% confidence interval of the mean, by the standard error that t has. */
  readonly low: number | null
  readonly high: number | null
}

/** A part of the bars or of the symbols. */
export interface FactorPart {
  readonly name: string
  /** Mean rank correlation with the next bar's return, and its t. */
  readonly meanIc: number | null
  readonly t: number | null
  /** Bars that have a rank correlation. */
  readonly bars: number
  /** Mean number of symbols with a value, over the bars that have any. */
  readonly symbols: number
  readonly coverage: number | null
}

export interface FactorYear extends FactorPart {
  /** Mean return of a bar of the highest fifth less the lowest's. */
  readonly spread: number | null
}

/** By bar; NaN where there is none. */
export interface FactorSeries {
  readonly dates: readonly string[]
  readonly rankIc: Float64Array
  readonly fifths: readonly Float64Array[]
  readonly spread: Float64Array
  readonly rankAutocorrelation: Float64Array
  readonly topTurnover: Float64Array
  readonly bottomTurnover: Float64Array
  /** Symbols with a value, and those with a close. */
  readonly withValue: Float64Array
  readonly withClose: Float64Array
}

export interface FactorStudy {
  readonly report: FactorReport
  readonly decay: readonly DecayPoint[]
  readonly years: readonly FactorYear[]
  /** By group field, then by its labels; ranks are taken within the group. */
  readonly groups: Readonly<Record<string, readonly FactorPart[]>>
  readonly series: FactorSeries
}

/** Two-sided 95% quantile of the normal distribution. */
const Z95 = 1.959963984540054

/** Studies a factor; arguments as for `analyzeFactor`. */
export function studyFactor(values: Float64Array, panel: PanelBars): FactorStudy {
  const { dates, symbols } = panel
  const [bars, width] = [dates.length, symbols.length]
  const { report, rankIc, quantiles, turnover, forward, known } = factorBars(values, panel)
  const horizons = Array.from({ length: FARTHEST_BARS }, (_, i) => i + 1)
  const figures = new Map(report.decay.map((figure) => [figure.bars, figure]))
  const decay = horizons.map((horizon) => {
    const figure = figures.get(horizon) ?? decayOf(values, forward, [horizon], bars, width, known)[0]!
    const { mean, t } = figure
    const reach = mean === null || t === null || t === 0 ? null : Math.abs(mean / t) * Z95
    return {
      bars: horizon,
      mean,
      t,
      low: mean === null || reach === null ? null : mean - reach,
      high: mean === null || reach === null ? null : mean + reach,
    }
  })
  const close = panel.fields.get('close')!
  const withValue = countFinite(values, bars, width, close)
  const withClose = countFinite(close, bars, width, close)
  return {
    report,
    decay,
    years: yearsOf(dates, rankIc, quantiles.spread, withValue, withClose),
    groups: groupsOf(values, forward.returnsOver(1), panel),
    series: {
      dates,
      rankIc,
      fifths: quantiles.fifths,
      spread: quantiles.spread,
      rankAutocorrelation: turnover.rankAutocorrelation,
      topTurnover: turnover.top,
      bottomTurnover: turnover.bottom,
      withValue,
      withClose,
    },
  }
}

/** Cells of each bar that are finite and have a close. */
function countFinite(
  values: Float64Array,
  bars: number,
  width: number,
  close: Float64Array,
  isIn: (cell: number) => boolean = () => true,
): Float64Array {
  const counts = new Float64Array(bars)
  for (let t = 0; t < bars; t++)
    for (let i = t * width; i < (t + 1) * width; i++)
      if (Number.isFinite(values[i]) && Number.isFinite(close[i]) && isIn(i)) counts[t]! += 1
  return counts
}

function yearsOf(
  dates: readonly string[],
  rankIc: Float64Array,
  spread: Float64Array,
  withValue: Float64Array,
  withClose: Float64Array,
): FactorYear[] {
  const years: FactorYear[] = []
  for (let from = 0; from < dates.length; ) {
    const name = dates[from]!.slice(0, 4)
    let to = from
    while (to < dates.length && dates[to]!.startsWith(name)) to++
    years.push({
      ...partOf(name, rankIc.subarray(from, to), withValue.subarray(from, to), withClose.subarray(from, to)),
      spread: meanOf(spread.subarray(from, to)),
    })
    from = to
  }
  return years
}

function partOf(
  name: string,
  rankIc: Float64Array,
  withValue: Float64Array,
  withClose: Float64Array,
): FactorPart {
  const { mean, t, bars } = informationCoefficient(rankIc)
  const cells = withClose.reduce((a, b) => a + b, 0)
  const finite = withValue.reduce((a, b) => a + b, 0)
  const present = withValue.filter((count) => count > 0).length
  return {
    name,
    meanIc: mean,
    t,
    bars,
    symbols: present === 0 ? 0 : finite / present,
    coverage: cells === 0 ? null : finite / cells,
  }
}

function groupsOf(values: Float64Array, returns: Float64Array, panel: PanelBars): FactorStudy['groups'] {
  const [bars, width] = [panel.dates.length, panel.symbols.length]
  const close = panel.fields.get('close')!
  return Object.fromEntries(
    [...panel.groups].map(([field, { codes, labels }]) => [
      field,
      labels.map((name, code) => {
        const isIn = (cell: number) => codes[cell] === code
        return partOf(
          name,
          correlationsPerBar(values, returns, bars, width, { isIn }),
          countFinite(values, bars, width, close, isIn),
          countFinite(close, bars, width, close, isIn),
        )
      }),
    ]),
  )
}
