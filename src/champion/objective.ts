import type { MetricName } from '../backtest/types.js'

/**
 * What the search maximises, by its name in the config. All are ratios of a year's scale, so the thresholds of the
 * champion rules keep their meaning whichever is chosen.
 */
export const OBJECTIVES = Object.freeze({
  sharpe: { metric: 'sharpe', label: 'Sharpe' },
  sortino: { metric: 'sortino', label: 'Sortino' },
  calmar: { metric: 'calmar', label: 'Calmar' },
  /** Sharpe of the returns over the benchmark. */
  activeSharpe: { metric: 'informationRatio', label: 'active Sharpe' },
} as const satisfies Record<string, { metric: MetricName; label: string }>)

export type Objective = keyof typeof OBJECTIVES

/** Metrics as a record holds them: null is undefined (the reason stands in the notes), absent is unknown. */
export type MetricValues = { readonly [name in MetricName]?: number | null | undefined }
export type MetricReasons = { readonly [name in MetricName]?: string | undefined }

/** One range's metrics with the reasons of those that are null. */
export interface RangeMetrics {
  readonly metrics: MetricValues
  readonly notes?: MetricReasons | undefined
}

/** A number, or why there is none. `value` may be +Infinity (a Calmar without any drawdown), never NaN. */
export type Quantity =
  | { readonly defined: true; readonly value: number }
  | { readonly defined: false; readonly because: string }

/** A metric of a range, or why it has no value. Calmar goes by `calmarOf`. */
export function metricOf(range: RangeMetrics, name: MetricName): Quantity {
  if (name === 'calmar') return calmarOf(range)
  return plainMetric(range, name)
}

/** The objective's value on a range, or why it has none. */
export const objectiveOf = (range: RangeMetrics, objective: Objective): Quantity =>
  metricOf(range, OBJECTIVES[objective].metric)

/**
 * Calmar as the champion rules read it: no drawdown at all counts as infinite. A Calmar that was not stored is
 * computed from cagr and drawdown, so that a missing one rejects nobody.
 */
export function calmarOf(range: RangeMetrics): Quantity {
  const stored = plainMetric(range, 'calmar')
  if (stored.defined) return stored
  const drawdown = plainMetric(range, 'maxDrawdown')
  if (!drawdown.defined) return stored
  if (drawdown.value === 0) return { defined: true, value: Number.POSITIVE_INFINITY }
  const cagr = plainMetric(range, 'cagr')
  return cagr.defined ? { defined: true, value: cagr.value / Math.abs(drawdown.value) } : stored
}

function plainMetric({ metrics, notes }: RangeMetrics, name: MetricName): Quantity {
  const value = metrics[name]
  if (typeof value === 'number' && Number.isFinite(value)) return { defined: true, value }
  const reason = notes?.[name]
  if (reason !== undefined) return { defined: false, because: reason }
  return {
    defined: false,
    because:
      value === undefined
        ? 'it was not recorded'
        : value === null
          ? 'no reason was recorded'
          : 'it is not finite',
  }
}

/** A figure for a sentence: two decimals unless that hides it, "infinite" for infinity. */
export function figure(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return 'infinite'
  if (value === Number.NEGATIVE_INFINITY) return 'minus infinite'
  const text = Math.abs(value) < 0.1 && value !== 0 ? value.toFixed(4) : value.toFixed(3)
  return Number(text) === 0 ? '0' : text.replace(/(\.\d\d)0+$/, '$1')
}

/** A fraction as a percentage for a sentence. */
export const percent = (fraction: number): string =>
  `${(fraction * 100).toFixed(1).replace(/^-(0\.0)$/, '$1')}%`
