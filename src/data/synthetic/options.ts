import { usageError } from '../../base/errors.js'

/**
 * Strength of the planted effects: the mean rank IC between the signal at a close and the return from that close
 * to the next, over all bars on which the signal exists. 0 leaves the effect out.
 */
export interface MarketEffects {
  /** close[t − 5] / close[t − 65] − 1. */
  readonly momentum: number
  /** −(close[t] / close[t − 5] − 1). */
  readonly reversal: number
  /** Minus the standard deviation of the last 60 daily returns. */
  readonly lowVolatility: number
  /** Year-on-year growth of the last published revenue. */
  readonly revenueGrowth: number
}

/** What the built-in market is made from; equal options give an equal market, bit for bit. */
export interface MarketOptions {
  readonly seed?: number
  /** Number of symbols, 1 … 5 000. */
  readonly symbols?: number
  /** Number of bars (business days), 1 … 50 000. A shorter market is a prefix of a longer one. */
  readonly bars?: number
  /** First day considered, ISO. */
  readonly start?: string
  readonly effects?: Partial<MarketEffects>
  /** Bull and bear, calm and volatile; false: one regime with the same average drift and volatility. */
  readonly regimes?: boolean
  /** Symbols that begin late and end early; false: all live all the time. */
  readonly listings?: boolean
  /** No effect at all and no regimes: returns are independent over time. */
  readonly noise?: boolean
}

export interface ResolvedMarketOptions {
  readonly seed: number
  readonly symbols: number
  readonly bars: number
  readonly start: string
  readonly effects: MarketEffects
  readonly regimes: boolean
  readonly listings: boolean
}

export const DEFAULT_EFFECTS: MarketEffects = {
  momentum: 0.02,
  reversal: 0.015,
  lowVolatility: 0.01,
  revenueGrowth: 0.015,
}

const NO_EFFECTS: MarketEffects = { momentum: 0, reversal: 0, lowVolatility: 0, revenueGrowth: 0 }

export const MARKET_DEFAULTS: ResolvedMarketOptions = {
  seed: 15,
  symbols: 60,
  bars: 2520,
  start: '2014-01-02',
  effects: DEFAULT_EFFECTS,
  regimes: true,
  listings: true,
}

function whole(name: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max)
    throw usageError(
      'MARKET_OPTION',
      `the built-in market's ${name} is ${value}; it must be a whole number from ${min} to ${max}`,
      `give ${name}=${MARKET_DEFAULTS[name as 'seed' | 'symbols' | 'bars']}, for example`,
      { option: name, value, min, max },
    )
  return value
}

/** Fills in the defaults. Throws a usage error on what cannot be. */
export function resolveMarketOptions(options: MarketOptions = {}): ResolvedMarketOptions {
  const start = options.start ?? MARKET_DEFAULTS.start
  if (!/^\d{4}-\d\d-\d\d$/.test(start) || Number.isNaN(Date.parse(start)))
    throw usageError(
      'MARKET_OPTION',
      `the built-in market's start is '${start}'; it must be a day like 2014-01-02`,
    )
  const effects = { ...(options.noise ? NO_EFFECTS : DEFAULT_EFFECTS), ...options.effects }
  for (const [name, strength] of Object.entries(effects)) {
    if (!(name in NO_EFFECTS))
      throw usageError(
        'MARKET_OPTION',
        `the built-in market has no effect called '${name}'; there are ${Object.keys(NO_EFFECTS).join(', ')}`,
      )
    if (!(Math.abs(strength) <= 0.2))
      throw usageError(
        'MARKET_OPTION',
        `the effect ${name} of the built-in market has a rank IC of ${strength}; it must lie within −0.2 and 0.2`,
      )
  }
  return {
    seed: whole('seed', options.seed ?? MARKET_DEFAULTS.seed, -(2 ** 31), 2 ** 32),
    symbols: whole('symbols', options.symbols ?? MARKET_DEFAULTS.symbols, 1, 5000),
    bars: whole('bars', options.bars ?? MARKET_DEFAULTS.bars, 1, 50_000),
    start,
    effects,
    regimes: options.regimes ?? !options.noise,
    listings: options.listings ?? MARKET_DEFAULTS.listings,
  }
}
