import { createRng, type Rng } from '../../base/rng.js'
import { sharedFloats, sharedInts } from '../align.js'
import { createPanel, type GroupField, type Panel } from '../panel.js'
import { businessDays } from './calendar.js'
import { type MarketOptions, type ResolvedMarketOptions, resolveMarketOptions } from './options.js'
import { AVERAGE_WEATHER, type MarketWeather, standardT, weather } from './regimes.js'
import { type KnownRevenue, revenueHistory } from './revenue.js'
import { crossSectionRanks, EFFECT_SIGNALS, type EffectName } from './signals.js'

/** Raise it whenever equal options give another market than before: it is part of the cache's key. */
export const MARKET_VERSION = 1

export const SECTORS = [
  'Consumer',
  'Energy',
  'Finance',
  'Health',
  'Industry',
  'Materials',
  'Technology',
  'Utilities',
] as const

/** Degrees of freedom of the surprises of a symbol: kurtosis as daily stock returns have it. */
export const TAIL_FREEDOM = 5
const MARKET_TAIL_FREEDOM = 8
export const SECTOR_VOLATILITY = 0.004
/** A year of this many bars is what hazards are given in. */
const YEAR = 252
/** Share of the symbols that are there from the first bar; the others are listed over ten years. */
export const LISTED_AT_START = 0.8
const LISTING_SPAN = 10 * YEAR
/** Chance of being taken over or delisted within a year. */
export const DELISTED_A_YEAR = 0.015
/** A price below this ends a listing. */
const PENNY = 1
/** The furthest a close falls in one bar; beyond it a company would be gone. */
const WORST_BAR = -0.5

interface Company {
  readonly rng: Rng
  readonly sector: number
  readonly beta: number
  /** Standard deviation of the return of its own, per bar. */
  readonly volatility: number
  readonly listedAt: number
  readonly turnover: number
  readonly known: (date: string) => KnownRevenue
  close: number
  volumeLevel: number
  gone: boolean
}

/**
 * The built-in market: open, high, low, close, volume, revenue, revenueYoy and the group `sector`, made bar by bar.
 * 1. the weather of the bar (regimes.ts) and the surprises of market and sectors
 * 2. the planted signals of the bar before (signals.ts), as ranks across the symbols, move each symbol's expected
 *    return of its own by loading × rank × volatility
 * 3. the symbol's own surprise (Student's t), and from the close an open, a high, a low and a volume
 * 4. listings, delistings, publications of revenue (revenue.ts)
 * Nothing at a bar depends on how many bars follow, so a shorter market is a prefix of a longer one. Closes move by
 * simple returns without any drift of their own: volatility alone earns nothing, and neither does beta.
 */
export function generateMarket(options: MarketOptions = {}): Panel {
  const settings = resolveMarketOptions(options)
  const { bars, symbols: width } = settings
  const dates = businessDays(settings.start, bars)
  const companies = Array.from({ length: width }, (_, i) => company(settings, i, dates[0]!))
  const size = bars * width
  const field = () => sharedFloats(size).fill(Number.NaN)
  const [open, high, low, close, volume, revenue, revenueYoy] = [
    field(),
    field(),
    field(),
    field(),
    field(),
    field(),
    field(),
  ]
  const sector = sharedInts(size).fill(-1)
  const market = createRng(settings.seed, 'market')
  const sectorRngs = SECTORS.map((name) => createRng(settings.seed, 'sector', name))
  const sky = weather(createRng(settings.seed, 'regimes'), settings.regimes)
  const effects = (Object.entries(settings.effects) as [EffectName, number][]).filter(([, ic]) => ic !== 0)
  const history = { width, close, revenueYoy }
  const push = new Float64Array(width)

  for (let t = 0; t < bars; t++) {
    const conditions: MarketWeather = sky.next().value
    const marketReturn = conditions.drift + conditions.volatility * standardT(market, MARKET_TAIL_FREEDOM)
    const sectorReturns = sectorRngs.map((rng) => SECTOR_VOLATILITY * rng.normal())
    push.fill(0)
    if (t > 0)
      for (const [name, ic] of effects) {
        const { signal, loading } = EFFECT_SIGNALS[name]
        const ranks = crossSectionRanks(history, t - 1, signal)
        for (let i = 0; i < width; i++) push[i] = push[i]! + ic * loading * ranks[i]!
      }
    for (let i = 0; i < width; i++) {
      const it = companies[i]!
      if (it.gone || t < it.listedAt) continue
      const cell = t * width + i
      if (t > it.listedAt) {
        if (it.rng.next() < DELISTED_A_YEAR / YEAR && settings.listings) {
          it.gone = true
          continue
        }
        const own = it.volatility * (push[i]! + standardT(it.rng, TAIL_FREEDOM))
        // Every symbol has the average drift in full: beta earns no premium, which low volatility would pay for.
        const common = AVERAGE_WEATHER.drift + it.beta * (marketReturn - AVERAGE_WEATHER.drift)
        trade(it, common + sectorReturns[it.sector]! + own, cell, {
          open,
          high,
          low,
          close,
          volume,
        })
      } else trade(it, 0, cell, { open, high, low, close, volume })
      const known = it.known(dates[t]!)
      revenue[cell] = known.revenue
      revenueYoy[cell] = known.growth
      sector[cell] = it.sector
      if (it.close < PENNY && settings.listings) it.gone = true
    }
  }
  return createPanel({
    dates,
    symbols: companies.map((_, i) => symbolName(i)),
    fields: new Map([
      ['open', open],
      ['high', high],
      ['low', low],
      ['close', close],
      ['volume', volume],
      ['revenue', revenue],
      ['revenueYoy', revenueYoy],
    ]),
    groups: new Map([['sector', usedLabels(sector)]]),
  })
}

/** Labels are those that occur, as they would be in a file. */
function usedLabels(codes: Int32Array): GroupField {
  const used = SECTORS.map((_, code) => codes.includes(code))
  const labels = SECTORS.filter((_, code) => used[code])
  const renamed = SECTORS.map((name) => labels.indexOf(name))
  for (let cell = 0; cell < codes.length; cell++) if (codes[cell]! >= 0) codes[cell] = renamed[codes[cell]!]!
  return { codes, labels }
}

/** `S0001`, …: names that sort as they count. */
const symbolName = (i: number) => `S${String(i + 1).padStart(4, '0')}`

function company(settings: ResolvedMarketOptions, i: number, firstDate: string): Company {
  const rng = createRng(settings.seed, 'symbol', i)
  const sector = i % SECTORS.length
  const beta = Math.min(1.6, Math.max(0.5, 1 + 0.2 * rng.normal()))
  const volatility = 0.009 * 3 ** rng.next()
  const late = rng.next() >= LISTED_AT_START
  const listing = rng.int(1, LISTING_SPAN)
  const price = 40 * Math.exp(0.7 * rng.normal())
  return {
    rng: rng.fork('bars'),
    sector,
    beta,
    volatility,
    listedAt: settings.listings && late ? listing : 0,
    turnover: 20_000_000 * Math.exp(rng.normal()),
    known: revenueHistory(rng.fork('revenue'), firstDate),
    close: Math.max(5, price),
    volumeLevel: 0,
    gone: false,
  }
}

/** Four decimals, as prices are quoted; never 0. */
const quoted = (price: number) => Math.max(0.0001, Math.round(price * 1e4) / 1e4)

/** One bar of trading: moves the company by `change` and writes open, high, low, close and volume. */
function trade(
  it: Company,
  change: number,
  cell: number,
  fields: Record<'open' | 'high' | 'low' | 'close' | 'volume', Float64Array>,
): void {
  const { rng } = it
  const before = it.close
  const after = quoted(before * (1 + Math.max(WORST_BAR, change)))
  // A third of a day's news is in its open; the rest of the open is noise that the day takes back.
  const opened = quoted(before * (1 + Math.max(WORST_BAR, change / 3 + 0.25 * it.volatility * rng.normal())))
  const top = Math.max(opened, after) * (1 + 0.4 * it.volatility * Math.abs(rng.normal()))
  const bottom = Math.min(opened, after) * (1 - Math.min(0.3, 0.4 * it.volatility * Math.abs(rng.normal())))
  it.volumeLevel = 0.9 * it.volumeLevel + 0.15 * rng.normal()
  const excitement = 0.25 * Math.min(4, Math.abs(change) / it.volatility)
  const shares = (it.turnover / after) * Math.exp(it.volumeLevel + excitement + 0.25 * rng.normal())
  it.close = after
  fields.open[cell] = opened
  fields.close[cell] = after
  fields.high[cell] = Math.max(opened, after, quoted(top))
  fields.low[cell] = Math.min(opened, after, quoted(bottom))
  fields.volume[cell] = Math.max(100, Math.round(shares / 100) * 100)
}
