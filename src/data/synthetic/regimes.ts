import type { Rng } from '../../base/rng.js'

/** One bar of the market as a whole: expected return, and the standard deviation of its surprise. */
export interface MarketWeather {
  readonly drift: number
  readonly volatility: number
}

/**
 * Two Markov chains, direction (bull, bear) and mood (calm, volatile); numbers are per bar. A regime of mean length n
 * ends with chance 1/n at each bar, so bull markets last 14 months on average and bear markets 4.
 */
export const REGIMES = {
  bull: { drift: 0.0007, meanBars: 300 },
  bear: { drift: -0.0011, meanBars: 80 },
  calm: { volatility: 0.0055, meanBars: 120 },
  volatile: { volatility: 0.014, meanBars: 40 },
  /** Calm spells are this much shorter and volatile ones longer while the market falls. */
  bearMoodFactor: 2,
} as const

/** What the regimes come to on average; the weather of a market without regimes. */
export const AVERAGE_WEATHER: MarketWeather = { drift: 0.00032, volatility: 0.0091 }

/** The weather of each bar in turn. Draws the same number of values at every bar. */
export function* weather(rng: Rng, regimes: boolean): Generator<MarketWeather, never> {
  let bear = false
  let stormy = false
  for (;;) {
    const [turn, change] = [rng.next(), rng.next()]
    if (!regimes) {
      yield AVERAGE_WEATHER
      continue
    }
    if (turn < 1 / (bear ? REGIMES.bear : REGIMES.bull).meanBars) bear = !bear
    const mood = stormy ? REGIMES.volatile : REGIMES.calm
    const length = bear
      ? mood.meanBars * (stormy ? REGIMES.bearMoodFactor : 1 / REGIMES.bearMoodFactor)
      : mood.meanBars
    if (change < 1 / length) stormy = !stormy
    yield {
      drift: (bear ? REGIMES.bear : REGIMES.bull).drift,
      volatility: (stormy ? REGIMES.volatile : REGIMES.calm).volatility,
    }
  }
}

/** A draw of Student's t, scaled to variance 1 (Bailey 1994, polar method); `freedom` above 2. */
export function standardT(rng: Rng, freedom: number): number {
  const radius = Math.sqrt(freedom * (rng.next() ** (-2 / freedom) - 1))
  return radius * Math.cos(2 * Math.PI * rng.next()) * Math.sqrt((freedom - 2) / freedom)
}
