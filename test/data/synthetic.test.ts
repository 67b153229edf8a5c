import { describe, expect, test } from 'vitest'
import { parseDataArgument } from '../../src/data/argument.js'
import { type Panel, panelPrefix } from '../../src/data/panel.js'
import { generateData } from '../../src/data/sources/commands.js'
import { openDataset, readPanel } from '../../src/data/sources/open-dataset.js'
import { describeMarket } from '../../src/data/synthetic/describe.js'
import { generateMarket } from '../../src/data/synthetic/market.js'
import type { MarketEffects, MarketOptions } from '../../src/data/synthetic/options.js'
import { temporaryFolder } from './support/files.js'

const folder = temporaryFolder()
const market = generateMarket()
const values = (panel: Panel, name: string) => panel.fields.get(name)!

describe('the built-in market', () => {
  test('is fixed by its options', () => {
    expect(generateMarket({}).hash).toBe(market.hash)
    expect(generateMarket({ seed: 8 }).hash).not.toBe(market.hash)
    expect([market.dates.length, market.symbols.length]).toEqual([2520, 60])
  })

  test('does not depend on how long it goes on: a shorter market is a prefix', () => {
    expect(generateMarket({ bars: 700 }).hash).toBe(panelPrefix(market, 700).hash)
  })

  test('has sane bars: low ≤ open and close ≤ high, positive prices, whole volumes, no weekend', () => {
    const [open, high, low, close, volume] = ['open', 'high', 'low', 'close', 'volume'].map((name) =>
      values(market, name),
    )
    let wrong = 0
    for (let cell = 0; cell < close!.length; cell++) {
      if (Number.isNaN(close![cell])) continue
      const [o, h, l, c] = [open![cell]!, high![cell]!, low![cell]!, close![cell]!]
      if (
        !(
          l > 0 &&
          l <= Math.min(o, c) &&
          h >= Math.max(o, c) &&
          volume![cell]! % 100 === 0 &&
          volume![cell]! > 0
        )
      )
        wrong++
    }
    expect(wrong).toBe(0)
    for (const date of market.dates) expect([0, 6]).not.toContain(new Date(`${date}T00:00Z`).getUTCDay())
  })

  test('has symbols that come late and symbols that go, and none that comes back', () => {
    const close = values(market, 'close')
    const lives = market.symbols.map((_, i) => {
      const bars = market.dates.map((_, t) => t).filter((t) => !Number.isNaN(close[t * 60 + i]))
      return { first: bars[0]!, last: bars.at(-1)!, count: bars.length }
    })
    expect(lives.filter(({ first }) => first > 0).length).toBeGreaterThan(4)
    expect(lives.filter(({ last }) => last < 2519).length).toBeGreaterThan(2)
    for (const { first, last, count } of lives) expect(count).toBe(last - first + 1)
    const everyone = values(generateMarket({ listings: false, bars: 300 }), 'close')
    expect(everyone.some(Number.isNaN)).toBe(false)
  })

  test('publishes the revenue of a month in the next month, on its 10th at the earliest', () => {
    const revenue = values(market, 'revenue')
    const changes: string[] = []
    for (let t = 1; t < 500; t++)
      if (revenue[t * 60] !== revenue[(t - 1) * 60]) changes.push(market.dates[t]!)
    expect(new Set(changes.map((date) => date.slice(0, 7))).size).toBe(changes.length)
    expect(changes.length).toBeGreaterThan(20)
    for (const date of changes) expect(Number(date.slice(8))).toBeGreaterThanOrEqual(10)
    const growth = values(market, 'revenueYoy')
    const at = (date: string) => market.dates.findIndex((day) => day >= date) * 60
    const [later, earlier] = [at('2015-06-25'), at('2014-06-25')]
    expect(growth[later]).toBeCloseTo(revenue[later]! / revenue[earlier]! - 1, 5)
  })

  test('has fat tails, sectors that move together, and a market that moves all', () => {
    const quiet = generateMarket({ listings: false, noise: true, bars: 1500, symbols: 40 })
    const close = values(quiet, 'close')
    const returns = (i: number) =>
      Array.from({ length: 1499 }, (_, t) => close[(t + 1) * 40 + i]! / close[t * 40 + i]! - 1)
    const all = quiet.symbols.map((_, i) => returns(i))
    const kurtoses = all.map(kurtosis).sort((a, b) => a - b)
    expect(kurtoses[20]).toBeGreaterThan(1)
    const sector = quiet.groups.get('sector')!.codes
    const same: number[] = []
    const other: number[] = []
    for (let i = 0; i < 40; i++)
      for (let j = 0; j < i; j++) (sector[i] === sector[j] ? same : other).push(correlation(all[i]!, all[j]!))
    expect(mean(other)).toBeGreaterThan(0.1)
    expect(mean(same)).toBeGreaterThan(mean(other) + 0.02)
  })

  test('goes through calm and volatile times unless it is noise', () => {
    // Large moves of the market follow large ones: what regimes add and independence has not.
    expect(clustering(market)).toBeGreaterThan(0.08)
    expect(Math.abs(clustering(generateMarket({ noise: true })))).toBeLessThan(0.02)
  })
})

describe('the planted effects are as strong as the description states', () => {
  const measured = (options: MarketOptions) => {
    const panel = generateMarket(options)
    return Object.fromEntries(Object.entries(SIGNALS).map(([name, signal]) => [name, rankIc(panel, signal)]))
  }
  const options: [string, MarketOptions][] = [
    ['by default', {}],
    ['momentum alone and turned around', { effects: only({ momentum: -0.05 }), seed: 1 }],
    ['reversal alone', { effects: only({ reversal: 0.05 }), seed: 2 }],
    ['low volatility alone', { effects: only({ lowVolatility: 0.05 }), seed: 3 }],
    ['revenue growth alone', { effects: only({ revenueGrowth: 0.05 }), seed: 4 }],
    ['nothing', { noise: true, seed: 6 }],
  ]
  test.each(options)('%s', (_, given) => {
    const found = measured(given)
    for (const { name, rankIc: stated } of describeMarket(given).effects) {
      const { mean: ic, error } = found[name]!
      expect(error).toBeLessThan(0.004)
      expect(Math.abs(ic - stated) / error, `${name}: measured ${ic}, stated ${stated}`).toBeLessThan(3.5)
    }
  })

  test('the description names them, and says of noise that there is nothing', () => {
    const { text, effects } = describeMarket({ effects: { momentum: 0.03 } })
    expect(text).toContain('momentum: close.lag(5) / close.lag(65) - 1 – planted 0.03')
    expect(effects).toHaveLength(4)
    expect(describeMarket({ noise: true }).text).toContain('Planted effects: none')
  })
})

describe('a data argument', () => {
  test('is a path, or the built-in market with its settings', () => {
    expect(parseDataArgument('a/b.csv', { unadjusted: true })).toEqual({ path: 'a/b.csv', unadjusted: true })
    expect(parseDataArgument('builtin')).toEqual({ builtin: {} })
    expect(parseDataArgument('builtin:seed=7,symbols=100,bars=1250,noise')).toEqual({
      builtin: { seed: 7, symbols: 100, bars: 1250, noise: true },
    })
    expect(parseDataArgument('builtin:momentum=0.03,listings=false,start=2000-01-03')).toEqual({
      builtin: { effects: { momentum: 0.03 }, listings: false, start: '2000-01-03' },
    })
  })
  test.each([
    ['', 'is empty'],
    ['builtin:sed=7', 'did you mean seed?'],
    ['builtin:seed', 'seed is without a value; it wants a number'],
    ['builtin:bars=many', "bars is 'many'; it wants a number"],
    ['builtin:bars=0', 'whole number from 1'],
    ['builtin:symbols=2.5', 'whole number'],
    ['builtin:noise=maybe', 'nothing, true or false'],
    ['builtin:start=soon', 'a day like 2014-01-02'],
    ['builtin:start', 'a day like 2014-01-02'],
    ['builtin:momentum=0.5', 'within −0.2 and 0.2'],
  ])('%s is refused', (text, says) => {
    expect(() => parseDataArgument(text)).toThrow(says)
  })
  test('an effect that does not exist is refused', () => {
    expect(() => generateMarket({ effects: { size: 0.1 } as Partial<MarketEffects> })).toThrow(
      "no effect called 'size'",
    )
  })
})

test.each(['.csv', '.csv.gz', '.parquet'])('generate → read gives the market again (%s)', async (ending) => {
  const out = `${folder}/market${ending}`
  for (const options of [
    { symbols: 9, bars: 200 },
    { symbols: 70, bars: 30, seed: 3 },
  ]) {
    const generated = await generateData(options, out)
    expect(generated.market.options.symbols).toBe(options.symbols)
    expect((await readPanel({ path: out, cacheDir: false })).hash).toBe(generated.hash)
  }
})

test('the built-in market is opened like any data, by name', async () => {
  const dataset = await openDataset({ ...parseDataArgument('builtin'), cacheDir: `${folder}/cache` })
  expect(dataset.hash).toBe(market.hash)
  expect((await dataset.load({ bars: 100 })).hash).toBe(panelPrefix(market, 100).hash)
})

function only(effects: Partial<MarketEffects>): MarketEffects {
  return { momentum: 0, reversal: 0, lowVolatility: 0, revenueGrowth: 0, ...effects }
}

/** The signals as a user would compute them, from the panel alone. */
const SIGNALS: Record<string, (panel: Panel, t: number, i: number) => number> = {
  momentum: (panel, t, i) => closeAt(panel, t - 5, i) / closeAt(panel, t - 65, i) - 1,
  reversal: (panel, t, i) => 1 - closeAt(panel, t, i) / closeAt(panel, t - 5, i),
  lowVolatility: (panel, t, i) => {
    let [sum, squares] = [0, 0]
    for (let k = 0; k < 60; k++) {
      const r = closeAt(panel, t - k, i) / closeAt(panel, t - k - 1, i) - 1
      sum += r
      squares += r * r
    }
    return -Math.sqrt(squares / 60 - (sum / 60) ** 2)
  },
  revenueGrowth: (panel, t, i) => values(panel, 'revenueYoy')[t * panel.symbols.length + i]!,
}

function closeAt(panel: Panel, t: number, i: number): number {
  return t < 0 ? Number.NaN : values(panel, 'close')[t * panel.symbols.length + i]!
}

/** Mean over bars of the rank correlation of a signal with the return to the next close, and its standard error. */
function rankIc(panel: Panel, signal: (panel: Panel, t: number, i: number) => number) {
  const ics: number[] = []
  for (let t = 0; t + 1 < panel.dates.length; t++) {
    const pairs: [number, number][] = []
    for (let i = 0; i < panel.symbols.length; i++) {
      const pair: [number, number] = [
        signal(panel, t, i),
        closeAt(panel, t + 1, i) / closeAt(panel, t, i) - 1,
      ]
      if (!pair.some(Number.isNaN)) pairs.push(pair)
    }
    if (pairs.length >= 5) ics.push(correlation(ranks(pairs.map(([x]) => x)), ranks(pairs.map(([, y]) => y))))
  }
  const average = mean(ics)
  return { mean: average, error: Math.sqrt(mean(ics.map((ic) => (ic - average) ** 2)) / ics.length) }
}

function ranks(list: readonly number[]): number[] {
  const order = list.map((_, i) => i).sort((a, b) => list[a]! - list[b]!)
  const result: number[] = []
  order.forEach((i, rank) => {
    result[i] = rank
  })
  return result
}

function mean(list: readonly number[]): number {
  return list.reduce((sum, x) => sum + x, 0) / list.length
}

function correlation(x: readonly number[], y: readonly number[]): number {
  const [a, b] = [mean(x), mean(y)]
  let [xy, xx, yy] = [0, 0, 0]
  for (let k = 0; k < x.length; k++) {
    xy += (x[k]! - a) * (y[k]! - b)
    xx += (x[k]! - a) ** 2
    yy += (y[k]! - b) ** 2
  }
  return xy / Math.sqrt(xx * yy)
}

function kurtosis(list: readonly number[]): number {
  const average = mean(list)
  const variance = mean(list.map((x) => (x - average) ** 2))
  return mean(list.map((x) => (x - average) ** 4)) / variance ** 2 - 3
}

/** Mean correlation of the sizes of the market's moves over the next 20 bars. */
function clustering(panel: Panel): number {
  const moves: number[] = []
  for (let t = 1; t < panel.dates.length; t++) {
    const returns = panel.symbols.map((_, i) => closeAt(panel, t, i) / closeAt(panel, t - 1, i) - 1)
    moves.push(Math.abs(mean(returns.filter((r) => !Number.isNaN(r)))))
  }
  return mean(Array.from({ length: 20 }, (_, k) => correlation(moves.slice(k + 1), moves.slice(0, -k - 1))))
}
