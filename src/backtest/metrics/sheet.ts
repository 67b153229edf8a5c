import { METRIC_NAMES, type MetricName, type MetricNotes, type Metrics } from '../types.js'

/** A measure below this is rounding error, not variation: dividing by it would say nothing. */
export const NO_VARIATION = 1e-12

/** Copied rather than made name by name: thousands of backtests have one each. */
const NOTHING = Object.fromEntries(METRIC_NAMES.map((name) => [name, null])) as Record<MetricName, null>

/** Where metrics are written down: each is a finite number or null with the reason. */
export class MetricSheet {
  readonly #values: Record<MetricName, number | null> = { ...NOTHING }
  readonly #notes: Partial<Record<MetricName, string>> = {}

  put(name: MetricName, value: number): void {
    if (Number.isFinite(value)) this.#values[name] = value
    else this.none(name, 'too large to be a number')
  }

  none(name: MetricName, why: string): void {
    this.#values[name] = null
    this.#notes[name] = why
  }

  finish(): { metrics: Metrics; notes: MetricNotes } {
    return { metrics: this.#values, notes: this.#notes }
  }
}
