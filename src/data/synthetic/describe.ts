import { DELISTED_A_YEAR, LISTED_AT_START, SECTOR_VOLATILITY, SECTORS, TAIL_FREEDOM } from './market.js'
import { type MarketOptions, type ResolvedMarketOptions, resolveMarketOptions } from './options.js'
import { AVERAGE_WEATHER, REGIMES } from './regimes.js'
import { PUBLISHED_FROM_DAY } from './revenue.js'
import { EFFECT_SIGNALS, type EffectName, SPILL } from './signals.js'

export interface PlantedEffect {
  readonly name: EffectName
  /** The signal in the operators' language. */
  readonly formula: string
  /** Mean rank IC with the next close-to-close return that was planted. */
  readonly planted: number
  /** Mean rank IC to be measured: what was planted and what the other effects lend to this signal. */
  readonly rankIc: number
}

export interface MarketDescription {
  readonly options: ResolvedMarketOptions
  readonly effects: readonly PlantedEffect[]
  readonly text: string
}

const EFFECT_NAMES = Object.keys(EFFECT_SIGNALS) as EffectName[]

/** What a built-in market holds, truthfully: for people as text, for programs as data. */
export function describeMarket(options: MarketOptions = {}): MarketDescription {
  const settings = resolveMarketOptions(options)
  const effects = EFFECT_NAMES.map((name): PlantedEffect => {
    let rankIc = settings.effects[name]
    for (const other of EFFECT_NAMES) rankIc += settings.effects[other] * (SPILL[other][name] ?? 0)
    return {
      name,
      formula: EFFECT_SIGNALS[name].formula,
      planted: settings.effects[name],
      rankIc: Math.round(rankIc * 1e5) / 1e5,
    }
  })
  return { options: settings, effects, text: describeInWords(settings, effects) }
}

const percent = (share: number, digits = 1) => `${(share * 100).toFixed(digits)}%`

function describeInWords(settings: ResolvedMarketOptions, effects: readonly PlantedEffect[]): string {
  const { seed, symbols, bars, start, regimes, listings } = settings
  const planted = effects.filter((effect) => effect.planted !== 0)
  const yearly = (volatility: number) => percent(volatility * Math.sqrt(252), 0)
  const lines = [
    `A made-up market of ${symbols} symbols over ${bars} business days from ${start} (seed ${seed}). No price in it is real.`,
    '',
    regimes
      ? `Market: bull regimes (${percent(REGIMES.bull.drift * 252, 0)} a year, ${REGIMES.bull.meanBars} bars on average) and bear regimes (${percent(REGIMES.bear.drift * 252, 0)}, ${REGIMES.bear.meanBars} bars), calm (${yearly(REGIMES.calm.volatility)} volatility a year) and volatile (${yearly(REGIMES.volatile.volatility)}); bear markets are volatile more often. The regimes last, so trend rules on the whole market find something real.`
      : `Market: ${percent(AVERAGE_WEATHER.drift * 252, 0)} a year at ${yearly(AVERAGE_WEATHER.volatility)} volatility, the same at every bar and independent over time.`,
    `Symbols: beta 0.5 to 1.6, one of ${SECTORS.length} sectors (factor volatility ${yearly(SECTOR_VOLATILITY)} a year), and returns of their own with 14% to 43% volatility a year and the fat tails of Student's t with ${TAIL_FREEDOM} degrees of freedom. Splits are already adjusted.`,
    listings
      ? `Listings: ${percent(LISTED_AT_START, 0)} of the symbols are there from the first bar, the others begin within ten years; ${percent(DELISTED_A_YEAR)} a year go, and so does one whose price falls below 1.`
      : 'Listings: every symbol is there from the first bar to the last.',
    `Fundamentals: monthly revenue, known from about the ${PUBLISHED_FROM_DAY}th to the ${PUBLISHED_FROM_DAY + 4}th of the next month on, and revenueYoy, its growth on the year before.`,
    '',
  ]
  if (planted.length === 0)
    lines.push('Planted effects: none. Whatever a search finds here across symbols is luck.')
  else {
    lines.push(
      'Planted effects (mean rank IC of the signal at a close with the return to the next close; what is measured differs from what was planted where effects feed one another):',
    )
    for (const { name, formula, planted: ic, rankIc } of planted)
      lines.push(`  ${name}: ${formula} – planted ${ic}, to be measured ${rankIc}`)
  }
  return lines.join('\n')
}
