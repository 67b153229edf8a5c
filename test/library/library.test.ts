import { describe, expect, test } from 'vitest'
import { runBacktest } from '../../src/backtest/backtest.js'
import { resolveMarket } from '../../src/backtest/markets.js'
import { evaluateRule } from '../../src/backtest/strategy-rule.js'
import { createRng } from '../../src/base/rng.js'
import { createPanel, type Panel } from '../../src/data/panel.js'
import { generateMarket } from '../../src/data/synthetic/market.js'
import { createEvaluator, type Evaluator } from '../../src/graph/evaluate/columnar.js'
import { availableFields } from '../../src/graph/evaluate/context.js'
import type { Strategy } from '../../src/graph/strategy.js'
import { DEFAULT_PORTFOLIO } from '../../src/graph/strategy-graph.js'
import { assembleStrategy } from '../../src/library/assemble.js'
import { createComposer } from '../../src/library/compose-graph.js'
import { drawTemplate, shorten } from '../../src/library/draw-template.js'
import type { FactorEntry, FilterEntry, PortfolioDraw, TemplateEntry } from '../../src/library/entry.js'
import { LIBRARY, LIBRARY_ENTRIES, libraryFor } from '../../src/library/library.js'
import { defaultValues, drawEntry, drawParam, whole } from '../../src/library/params.js'
import { exitsLabel, portfolioLabel } from '../../src/library/portfolio.js'

const market = generateMarket({ seed: 3, symbols: 40, bars: 900 })
const fields = availableFields(market)
const groups = [...market.groups.keys()]
const library = libraryFor(fields, groups)
const evaluator = createEvaluator(market)

const drawFor = (panel: Panel, seed: number, side: PortfolioDraw['side'] = 'long') => ({
  rng: createRng('library', seed),
  symbols: panel.symbols.length,
  side,
  longestWindow: 120,
  rebalances: ['weekly', 'monthly'] as const,
  fill: panel.fields.has('open') ? ('nextOpen' as const) : ('nextClose' as const),
  exits: libraryFor(availableFields(panel)).exits,
  fields: availableFields(panel),
  groups: [...panel.groups.keys()],
})

function closedTrades(strategy: Strategy, on: Evaluator): number {
  const { panel } = on
  const { metrics } = runBacktest({
    panel,
    ...evaluateRule(strategy, on),
    portfolio: strategy.graph.portfolio,
    market: resolveMarket('us-stock'),
    range: { start: 0, end: panel.dates.length - 1 },
  })
  return metrics.trades ?? 0
}

function valuesOf(entry: FactorEntry | FilterEntry, seed: number): Float64Array | Uint8Array {
  const compose = createComposer('n', fields, groups)
  const root = entry.build(compose, drawEntry(createRng('values', seed), entry))
  const score = entry.kind === 'factor' ? root : compose.field('close')
  const strategy = assembleStrategy({
    name: entry.name,
    nodes: compose.nodes,
    universe: entry.kind === 'filter' ? root : undefined,
    rule: { kind: 'score', score, select: { top: 5 } },
    portfolio: DEFAULT_PORTFOLIO,
  })
  const evaluated = evaluateRule(strategy, evaluator)
  return entry.kind === 'filter' ? evaluated.universe! : (evaluated.rule as { score: Float64Array }).score
}

describe('the library', () => {
  test('has the entries and ranges that are promised', () => {
    const range = (name: string, param: string) => {
      const found = LIBRARY_ENTRIES.find((entry) => entry.name === name)?.params.find(
        (one) => one.name === param,
      )
      return [found?.default, found?.min, found?.max]
    }
    expect(range('momentum', 'n')).toEqual([20, 5, 100])
    expect(range('aboveAverage', 'n')).toEqual([60, 10, 200])
    expect([range('dualAverage', 'fast')[0], range('dualAverage', 'slow')[0]]).toEqual([20, 60])
    expect(range('breakoutPosition', 'n')).toEqual([20, 5, 100])
    expect(range('lowRange', 'n')[0]).toBe(20)
    expect(range('oversold', 'n')[0]).toBe(14)
    expect(range('relativeVolume', 'n')[0]).toBe(20)
    expect([range('bandReversal', 'n')[0], range('bandReversal', 'k')[0]]).toEqual([20, 2])
    expect(range('cleanTrend', 'n')[0]).toBe(10)
    expect(range('revenueCatalyst', 'months')).toEqual([3, 1, 12])
    expect(range('earningsCatalyst', 'months')).toEqual([3, 1, 12])
    expect(range('trailingStop', 'trailingStop')).toEqual([0.1, 0.01, 0.5])
    expect(range('profitTarget', 'takeProfit')).toEqual([0.3, 0.05, 2])
    expect(range('timeExit', 'bars')).toEqual([20, 1, 200])
    expect([range('volatilityStop', 'n')[0], range('volatilityStop', 'k')]).toEqual([20, [2, 0.5, 5]])
    expect([range('atrStop', 'n')[0], range('atrStop', 'k')]).toEqual([14, [2, 0.5, 5]])
    expect(LIBRARY.templates.map(({ name }) => name)).toEqual([
      'turtle',
      'mastiff',
      'momentum',
      'momentum-exit',
      'factor',
      'combination',
      'mean-reversion',
      'breakout-trend',
      'volatility-adaptive',
      'dual-momentum',
      'regime-adaptive',
    ])
  })

  test('names each entry once', () => {
    const names = LIBRARY_ENTRIES.map(({ kind, name }) => `${kind}:${name}`)
    expect(new Set(names).size).toBe(names.length)
  })

  test('offers an entry only where the panel has what it reads', () => {
    const closes = libraryFor(['close', 'returns', 'rawClose'])
    for (const entry of [...closes.factors, ...closes.filters]) expect(entry.requires).toEqual([])
    expect(closes.exits.map(({ name }) => name)).not.toContain('atrStop')
    expect(closes.templates.map(({ name }) => name)).not.toContain('mastiff')
    expect(closes.factors.map(({ name }) => name)).not.toContain('groupMomentum')
    expect(libraryFor(['volume']).templates).toEqual([])
    const named = (names: readonly string[]) => libraryFor(names).factors.map(({ name }) => name)
    expect(named(['close', 'revenue'])).toContain('revenueCatalyst')
    expect(named(['close', 'eps'])).toContain('earningsCatalyst:eps')
    expect(named(['close'])).not.toContain('revenueCatalyst')
  })

  test.each(library.factors.map((entry) => [entry.name, entry] as const))(
    'factor %s has values that differ across symbols',
    (_name, entry) => {
      for (const seed of [1, 2]) {
        const values = valuesOf(entry, seed) as Float64Array
        const last = [...values.subarray(values.length - 40)].filter(Number.isFinite)
        expect(last.length).toBeGreaterThan(20)
        expect(new Set(last).size).toBeGreaterThan(1)
      }
    },
  )

  test.each(library.filters.map((entry) => [entry.name, entry] as const))(
    'filter %s is true somewhere and false somewhere',
    (_name, entry) => {
      const values = valuesOf(entry, 1) as Uint8Array
      const share = values.reduce((sum, value) => sum + value, 0) / values.length
      expect(share).toBeGreaterThan(0.02)
      expect(share).toBeLessThan(0.98)
    },
  )
})

describe('templates', () => {
  const named = library.templates.map((template) => [template.name, template] as const)

  test.each(named)('%s trades on the built-in market, each draw another strategy', (_name, template) => {
    const strategies = [1, 2, 3, 4].map((seed) => drawTemplate(template, drawFor(market, seed)))
    for (const strategy of strategies)
      expect(closedTrades(strategy, evaluator), strategy.graph.name).toBeGreaterThan(10)
    const many = Array.from({ length: 30 }, (_, i) => drawTemplate(template, drawFor(market, i)).hash)
    expect(new Set(many).size).toBeGreaterThanOrEqual(29)
  })

  test.each(named)('%s trades with its default parameters', (_name, template) => {
    const params = defaultValues(template.params)
    const strategy = drawTemplate(template, { ...drawFor(market, 0), params })
    expect(closedTrades(strategy, evaluator)).toBeGreaterThan(0)
    expect(strategy.graph.name.length).toBeLessThanOrEqual(80)
    for (const name of template.named) expect(strategy.graph.name).toContain(String(params[name]))
  })

  test('trade short, and long and short, where their rule knows both directions', () => {
    for (const template of library.templates.filter(({ longOnly }) => !longOnly))
      for (const side of ['short', 'longShort'] as const) {
        const strategy = drawTemplate(template, drawFor(market, 5, side))
        expect(strategy.graph.portfolio.side).toBe(side)
        expect(closedTrades(strategy, evaluator), `${template.name} ${side}`).toBeGreaterThan(0)
      }
  })

  test('trade on a panel of one symbol with closes only', () => {
    const at = 0
    const close = market.fields.get('close')!
    const symbols = market.symbols.length
    const one = createPanel({
      dates: market.dates,
      symbols: [market.symbols[at]!],
      fields: new Map([['close', Float64Array.from(market.dates, (_, t) => close[t * symbols + at]!)]]),
    })
    const on = createEvaluator(one)
    const fitting = libraryFor(availableFields(one)).templates
    const trading = (template: TemplateEntry) =>
      [1, 2, 3].some((seed) => closedTrades(drawTemplate(template, drawFor(one, seed)), on) > 0)
    // Without a condition a single symbol is bought once and held: only those with one trade in and out.
    const timing = ['turtle', 'breakout-trend', 'dual-momentum', 'momentum-exit', 'mean-reversion']
    for (const template of fitting.filter(({ name }) => timing.includes(name)))
      expect(trading(template), template.name).toBe(true)
  })
})

describe('drawn parameters', () => {
  test('stay in their range, reach its ends and centre on the default', () => {
    const rng = createRng('drawn')
    for (const entry of LIBRARY_ENTRIES)
      for (const param of entry.params) {
        const values = Array.from({ length: 400 }, () => drawParam(rng, param))
        expect(Math.min(...values)).toBeGreaterThanOrEqual(param.min)
        expect(Math.max(...values)).toBeLessThanOrEqual(param.max)
        if (param.kind === 'integer') expect(values.every(Number.isInteger)).toBe(true)
        expect(new Set(values).size).toBeGreaterThan(4)
      }
    const momentum = Array.from({ length: 2000 }, () => drawParam(rng, whole('n', 20, 5, 100)))
    expect(momentum.filter((n) => n < 10).length).toBeGreaterThan(100)
    expect(momentum.filter((n) => n > 50).length).toBeGreaterThan(100)
  })

  test('of a short history are no longer than it bears', () => {
    const rng = createRng('short')
    for (let i = 0; i < 200; i++) expect(drawParam(rng, whole('n', 120, 40, 250), 60)).toBeLessThanOrEqual(60)
    expect(drawParam(rng, whole('n', 120, 40, 250), 20)).toBe(40)
    expect(drawParam(rng, whole('n', 7, 7, 7))).toBe(7)
  })

  test('hold their relations', () => {
    for (const entry of LIBRARY_ENTRIES)
      for (let i = 0; i < 100; i++) {
        const p = drawEntry(createRng(entry.name, i), entry)
        if (p.fast !== undefined && p.slow !== undefined) expect(p.fast).toBeLessThan(p.slow)
        if (p.skip !== undefined && p.n !== undefined) expect(p.skip * 2).toBeLessThanOrEqual(p.n)
      }
  })
})

describe('names and labels', () => {
  test('settings are told in a few words', () => {
    expect(
      portfolioLabel(
        { kind: 'score', score: 'n1', select: { top: 20 } },
        { ...DEFAULT_PORTFOLIO, side: 'short', exits: { trailingStop: 0.12 } },
      ),
    ).toBe('short, top 20, monthly, trailing stop 12%')
    expect(exitsLabel({})).toBe('no exits')
    expect(
      exitsLabel({
        stopLoss: 0.1,
        takeProfit: 0.3,
        atrStop: { n: 14, k: 2 },
        volatilityStop: { n: 20, k: 2.5 },
        maxHoldingBars: 20,
      }),
    ).toBe('stop loss 10%, profit target 30%, ATR stop 14/2, volatility stop 20/2.5, time exit 20')
  })

  test('a long name is cut at a word', () => {
    expect(shorten('short')).toBe('short')
    expect(shorten('momentum and reversal', 18)).toBe('momentum and…')
    expect(shorten('a'.repeat(100), 10)).toBe(`${'a'.repeat(9)}…`)
  })
})
