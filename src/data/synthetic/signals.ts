import type { MarketEffects } from './options.js'

export type EffectName = keyof MarketEffects

/** What the planted signals are made from: T × N arrays, filled up to the bar in question. */
export interface SignalHistory {
  readonly width: number
  readonly close: Float64Array
  readonly revenueYoy: Float64Array
}

/** Value of a signal for one cell, NaN where it does not exist (yet). */
export type Signal = (history: SignalHistory, t: number, i: number) => number

const lagged = ({ close, width }: SignalHistory, t: number, i: number) =>
  t < 0 ? Number.NaN : close[t * width + i]!

const VOLATILITY_BARS = 60

function volatility(history: SignalHistory, t: number, i: number): number {
  const { close, width } = history
  if (t < VOLATILITY_BARS) return Number.NaN
  let sum = 0
  let squares = 0
  for (let k = 0; k < VOLATILITY_BARS; k++) {
    const at = (t - k) * width + i
    const r = close[at]! / close[at - width]! - 1
    sum += r
    squares += r * r
  }
  return Math.sqrt(Math.max(0, squares - (sum * sum) / VOLATILITY_BARS) / (VOLATILITY_BARS - 1))
}

/**
 * Each planted effect: its signal, in words and in code, and its loading: how far, in units of the symbol's own
 * volatility and of the signal's standardised rank, the next return is moved for each unit of rank IC. It is above 1
 * because market and sectors stir the ranks of total returns too; measured on 400 markets of 60 × 2 520.
 */
export const EFFECT_SIGNALS: Readonly<
  Record<EffectName, { readonly signal: Signal; readonly formula: string; readonly loading: number }>
> = {
  momentum: {
    signal: (history, t, i) => lagged(history, t - 5, i) / lagged(history, t - 65, i) - 1,
    formula: 'close.lag(5) / close.lag(65) - 1',
    loading: 1,
  },
  reversal: {
    signal: (history, t, i) => -(lagged(history, t, i) / lagged(history, t - 5, i) - 1),
    formula: '-(close / close.lag(5) - 1)',
    loading: 1,
  },
  lowVolatility: {
    signal: (history, t, i) => -volatility(history, t, i),
    formula: '-std(close.pctChange(1), 60)',
    loading: 1,
  },
  revenueGrowth: {
    signal: ({ revenueYoy, width }, t, i) => revenueYoy[t * width + i]!,
    formula: 'revenueYoy',
    loading: 1,
  },
}

/**
 * Ranks of a signal across the symbols at one bar, standardised to mean 0 and variance 1; 0 where the symbol has no
 * close or no signal. Ties go by position.
 */
export function crossSectionRanks(history: SignalHistory, t: number, signal: Signal): Float64Array {
  const { width, close } = history
  const ranks = new Float64Array(width)
  const values = new Float64Array(width)
  const present: number[] = []
  for (let i = 0; i < width; i++) {
    if (Number.isNaN(close[t * width + i])) continue
    const value = signal(history, t, i)
    if (Number.isNaN(value)) continue
    values[i] = value
    present.push(i)
  }
  const count = present.length
  if (count < 2) return ranks
  present.sort((a, b) => values[a]! - values[b]! || a - b)
  const scale = Math.sqrt((count * count - 1) / 12)
  present.forEach((i, rank) => {
    ranks[i] = (rank - (count - 1) / 2) / scale
  })
  return ranks
}
