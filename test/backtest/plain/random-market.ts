import type { EvaluatedRule, SimulationInput } from '../../../src/backtest/types.js'
import { createRng, type Rng } from '../../../src/base/rng.js'
import { createPanel, type GroupField } from '../../../src/data/panel.js'
import type {
  Costs,
  Exits,
  Fill,
  Portfolio,
  Rebalance,
  Select,
  Side,
  Weighting,
} from '../../../src/graph/strategy-graph.js'

export interface RandomMarket {
  readonly input: SimulationInput
  /** The draw in words, for a failing case. */
  readonly label: string
}

type Style = 'walk' | 'wild' | 'grid' | 'constant' | 'crash' | 'rocket' | 'steady'

/** Trading days from a random day on: holidays, closures of a week or more, sometimes weekends too. */
function randomDates(rng: Rng, bars: number): string[] {
  const weekends = rng.next() < 0.15
  const holiday = rng.pick([0, 0.04, 0.25])
  const dates: string[] = []
  let day = Date.UTC(rng.int(2012, 2022), rng.int(0, 11), rng.int(1, 28)) / 86_400_000
  while (dates.length < bars) {
    const date = new Date(day * 86_400_000)
    const weekday = date.getUTCDay()
    if (rng.next() < 0.01) day += rng.int(5, 45)
    else if ((weekends || (weekday !== 0 && weekday !== 6)) && rng.next() >= holiday)
      dates.push(date.toISOString().slice(0, 10))
    day++
  }
  return dates
}

/** Bars at which one symbol trades, and its prices. */
function randomPrices(rng: Rng, style: Style, bars: number): { open: number[]; close: number[] } {
  const open: number[] = []
  const close: number[] = []
  let price = style === 'grid' ? 100 : rng.pick([0.5, 10, 80, 3000])
  const volatility = style === 'wild' ? 0.08 : rng.pick([0.005, 0.02, 0.04])
  const event = rng.int(5, bars - 1)
  const growth = rng.pick([0.01, -0.01, 0.001])
  for (let t = 0; t < bars; t++) {
    const before = price
    let gap = volatility * 0.5 * rng.normal()
    if (style === 'grid') {
      // Steps that land exactly on the levels of stops of 5, 10 and 20 %.
      price = Math.max(10, Math.round(price * rng.pick([1, 1, 1, 1.05, 0.95, 1.1, 0.9, 1.2, 0.8])))
      gap = 0
    } else if (style === 'steady') {
      price *= 1 + growth
      gap = 0
    } else if (style === 'constant') gap = 0
    else price *= Math.exp(volatility * rng.normal())
    if (t === event && style === 'crash') {
      price *= rng.pick([0.5, 0.1, 1e-3, 1e-6])
      if (rng.next() < 0.7) gap = price / before - 1
    }
    if (t === event && style === 'rocket') {
      price *= rng.pick([1.8, 3, 20])
      if (rng.next() < 0.7) gap = price / before - 1
    }
    open.push(Math.max(before * (1 + gap), 1e-9))
    close.push(Math.max(price, 1e-9))
    price = close[t]!
  }
  return { open, close }
}

function randomSelect(rng: Rng, side: Side, symbols: number): Select {
  const kind = rng.pick(['top', 'bottom', 'threshold', 'topFraction'] as const)
  if (kind === 'top' || (kind === 'bottom' && side === 'longShort')) return { top: rng.int(1, symbols) }
  if (kind === 'bottom') return { bottom: rng.int(1, symbols) }
  if (kind === 'threshold') return { threshold: rng.pick([-0.5, 0, 0.3, 1]) }
  return { topFraction: rng.pick([0.1, 0.2, 1 / 3, 0.5 + 1e-11, 0.25 + 1e-11, 0.75, 1]) }
}

function randomExits(rng: Rng): Exits {
  const wanted = rng.next() < 0.35 ? 0 : rng.next() < 0.6 ? 0.25 : 0.6
  const exits: { -readonly [K in keyof Exits]: Exits[K] } = {}
  if (rng.next() < wanted) exits.stopLoss = rng.pick([0.03, 0.05, 0.1, 0.2])
  if (rng.next() < wanted) exits.takeProfit = rng.pick([0.03, 0.05, 0.1, 0.2])
  if (rng.next() < wanted) exits.trailingStop = rng.pick([0.05, 0.1, 0.2])
  if (rng.next() < wanted) exits.atrStop = { n: rng.int(1, 12), k: rng.pick([1, 2, 3.5]) }
  if (rng.next() < wanted) exits.volatilityStop = { n: rng.int(2, 12), k: rng.pick([1, 2, 3]) }
  if (rng.next() < wanted) exits.maxHoldingBars = rng.int(1, 15)
  return exits
}

function randomRule(rng: Rng, side: Side, bars: number, symbols: number): EvaluatedRule {
  const cells = bars * symbols
  const kind = rng.pick(
    side === 'longShort'
      ? (['score', 'score', 'weights'] as const)
      : (['score', 'signals', 'weights'] as const),
  )
  if (kind === 'signals') {
    const enterRate = rng.pick([0.05, 0.15, 0.4])
    const exitRate = rng.pick([0.03, 0.1, 0.3])
    const enter = new Uint8Array(cells)
    const exit = new Uint8Array(cells)
    for (let i = 0; i < cells; i++) {
      enter[i] = rng.next() < enterRate ? 1 : 0
      exit[i] = rng.next() < exitRate ? 1 : 0
    }
    return { kind, enter, exit }
  }
  const missing = rng.pick([0, 0.05, 0.3])
  const emptyBars = rng.pick([0, 0, 0.1])
  const values = new Float64Array(cells)
  if (kind === 'weights') {
    // Of a gross around 1e-12 the page says that it is none.
    const scale = rng.pick([0.05, 0.2, 0.2, 0.5, 0.5, 2e-13])
    const zeros = rng.pick([0, 0.5, 0.8])
    for (let bar = 0; bar < bars; bar++) {
      const empty = rng.next() < emptyBars
      for (let symbol = 0; symbol < symbols; symbol++) {
        let weight = scale * rng.normal()
        if (side === 'long') weight = Math.abs(weight)
        if (side === 'short') weight = -Math.abs(weight)
        if (rng.next() < zeros) weight = 0
        if (empty || rng.next() < missing) weight = Number.NaN
        values[bar * symbols + symbol] = weight
      }
    }
    return { kind, weights: values }
  }
  const tied = rng.next() < 0.35
  const level = rng.pick([0, 0, -3, 3])
  const persistence = rng.pick([0, 0.9])
  const state = Array.from({ length: symbols }, () => rng.normal())
  for (let bar = 0; bar < bars; bar++) {
    const empty = rng.next() < emptyBars
    for (let symbol = 0; symbol < symbols; symbol++) {
      state[symbol] = persistence * state[symbol]! + Math.sqrt(1 - persistence ** 2) * rng.normal()
      let score = level + state[symbol]!
      if (tied) score = Math.round(score)
      if (empty || rng.next() < missing) score = Number.NaN
      values[bar * symbols + symbol] = score
    }
  }
  return { kind, score: values, select: randomSelect(rng, side, symbols) }
}

/** A nasty market and settings, fixed by the seed. Combinations are valid by construction. */
/** A fifth of the markets each: a cap on groups, a no-trade band, a turnover cap. */
function randomLimits(rng: Rng): Pick<Portfolio, 'groupCap' | 'minTrade' | 'maxTurnover'> {
  return {
    ...(rng.next() < 0.2 ? { groupCap: { group: 'sector', max: rng.pick([0.1, 0.3, 0.5]) } } : {}),
    ...(rng.next() < 0.2 ? { minTrade: rng.pick([0.01, 0.05, 0.2]) } : {}),
    ...(rng.next() < 0.2 ? { maxTurnover: rng.pick([0.02, 0.1, 0.4]) } : {}),
  }
}

/** Groups that symbols now and then change, or have none of. */
function randomGroups(rng: Rng, bars: number, count: number): GroupField {
  const labels = ['energy', 'tech', 'utilities']
  const codes = new Int32Array(bars * count)
  for (let symbol = 0; symbol < count; symbol++) {
    let code = rng.int(-1, labels.length - 1)
    for (let t = 0; t < bars; t++) {
      if (rng.next() < 0.01) code = rng.int(-1, labels.length - 1)
      codes[t * count + symbol] = code
    }
  }
  return { codes, labels }
}

export function randomMarket(seed: number): RandomMarket {
  const rng = createRng('random-market', seed)
  const bars = rng.int(30, 160)
  const count = rng.int(3, 12)
  const dates = randomDates(rng.fork('dates'), bars)
  const names = rng.shuffle(['A', 'AA', 'B', 'Zz', 'a', 'b.x', '_q', '2330', '10', '9', 'É', 'é', 'zeta'])
  const symbols = names.slice(0, count).sort()

  const side = rng.pick<Side>(['long', 'long', 'short', 'longShort'])
  const delistAfter = rng.pick([1, 2, 3, 5, 8, 20])

  const cells = bars * count
  const fields: Record<'open' | 'high' | 'low' | 'close', Float64Array> = {
    open: new Float64Array(cells).fill(Number.NaN),
    high: new Float64Array(cells).fill(Number.NaN),
    low: new Float64Array(cells).fill(Number.NaN),
    close: new Float64Array(cells).fill(Number.NaN),
  }
  const panelRng = rng.fork('prices')
  const holes = panelRng.pick([0, 0.02, 0.1])
  const gapsPerSymbol = panelRng.pick([0, 1, 4])
  const mood = panelRng.pick(['calm', 'mixed', 'mixed', 'violent'])
  for (let symbol = 0; symbol < count; symbol++) {
    const style = panelRng.pick<Style>(
      mood === 'calm'
        ? ['walk', 'grid', 'steady', 'walk']
        : mood === 'violent'
          ? ['wild', 'crash', 'rocket', 'crash']
          : ['walk', 'wild', 'grid', 'constant', 'crash', 'rocket', 'steady'],
    )
    const { open, close } = randomPrices(panelRng, style, bars)
    const listed = panelRng.next() < 0.2 ? panelRng.int(1, bars - 1) : 0
    const delisted = panelRng.next() < 0.25 ? panelRng.int(3, bars) : bars
    const absent = new Set<number>()
    for (let g = panelRng.int(0, gapsPerSymbol); g > 0; g--) {
      const from = panelRng.int(0, bars - 1)
      const length = panelRng.int(1, delistAfter + 3)
      for (let t = from; t < from + length; t++) absent.add(t)
    }
    for (let t = 0; t < bars; t++) {
      if (t < listed || t >= delisted || absent.has(t)) continue
      const cell = t * count + symbol
      const wick = style === 'constant' || style === 'grid' ? 0 : 0.01
      if (panelRng.next() >= holes) fields.open[cell] = open[t]!
      if (panelRng.next() >= holes) fields.close[cell] = close[t]!
      if (panelRng.next() >= holes / 2)
        fields.high[cell] = Math.max(open[t]!, close[t]!) * (1 + wick * panelRng.next())
      if (panelRng.next() >= holes / 2)
        fields.low[cell] = Math.min(open[t]!, close[t]!) * (1 - wick * panelRng.next())
    }
  }

  const rule = randomRule(rng.fork('rule'), side, bars, count)
  const fill = rng.pick<Fill>(['nextOpen', 'nextClose'])
  const weight: Weighting =
    rule.kind === 'score'
      ? rng.pick<Weighting>(['equal', 'score', 'rank', { inverseVolatility: rng.int(2, 12) }])
      : rng.pick<Weighting>(['equal', { inverseVolatility: rng.int(2, 12) }])
  const rebalance = rng.pick<Rebalance>([
    'daily',
    'weekly',
    'weekly',
    'monthly',
    'quarterly',
    { every: rng.int(1, 9) },
    { every: rng.int(2, 25) },
  ])
  const grossExposure = rng.pick(mood === 'violent' ? [1, 2, 2] : [1, 1, 0.5, 1.3, 2])
  const portfolio: Portfolio = {
    side,
    weight,
    rebalance,
    fill,
    exits: randomExits(rng.fork('exits')),
    ...(rng.next() < 0.35 ? { maxWeight: rng.pick([0.05, 0.15, 0.3, 0.6]) } : {}),
    grossExposure,
    borrowRate: rng.pick([0, 0, 0.03, 0.4]),
    financingRate: rng.pick([0, 0.05, 0.05, 0.3]),
    delistAfter,
    delistHaircut: rng.pick([0, 0, 0.3, 1]),
    ...randomLimits(rng.fork('edges')),
  }
  const costs = rng.pick<Costs>([
    { commission: 0, tax: 0, slippage: 0 },
    { commission: 0.0005, tax: 0, slippage: 0.0005 },
    { commission: 0.001425, tax: 0.003, slippage: 0.0005 },
    { commission: 0.02, tax: 0.01, slippage: 0.005 },
  ])

  let universe: Uint8Array | undefined
  if (rng.next() < 0.4) {
    universe = new Uint8Array(cells)
    const share = rng.pick([0.5, 0.9])
    const sticky = rng.pick([0, 0.95])
    for (let symbol = 0; symbol < count; symbol++) {
      let inside = rng.next() < share
      for (let t = 0; t < bars; t++) {
        if (rng.next() >= sticky) inside = rng.next() < share
        universe[t * count + symbol] = inside ? 1 : 0
      }
    }
  }

  let start = 0
  let end = bars - 1
  if (rng.next() < 0.6) {
    start = rng.int(0, Math.floor(bars / 3))
    end = rng.int(Math.floor((2 * bars) / 3), bars - 1)
  }
  if (rng.next() < 0.03) {
    start = rng.int(0, bars - 1)
    end = Math.min(bars - 1, start + rng.int(0, 3))
  }

  const withoutOpen = fill === 'nextClose' && rng.next() < 0.2
  const panel = createPanel({
    dates,
    symbols,
    fields: new Map(Object.entries(fields).filter(([name]) => !(withoutOpen && name === 'open'))),
    ...(portfolio.groupCap
      ? { groups: new Map([[portfolio.groupCap.group, randomGroups(rng.fork('groups'), bars, count)]]) }
      : {}),
  })
  const periodsPerYear = rng.pick([252, 252, 365])
  const ruleText = rule.kind === 'score' ? `score ${JSON.stringify(rule.select)}` : `${rule.kind}`
  return {
    input: {
      panel,
      range: { start, end },
      rule,
      ...(universe ? { universe } : {}),
      portfolio,
      costs,
      periodsPerYear,
    },
    label: `seed ${seed}: ${bars} bars × ${count} symbols [${start}, ${end}], ${mood}, ${ruleText}, ${
      universe ? 'universe' : 'no universe'
    }, ${JSON.stringify(portfolio)}, costs ${JSON.stringify(costs)}, P ${periodsPerYear}`,
  }
}
