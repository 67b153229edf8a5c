import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EvaluatedRule, SimulationInput } from '../../src/backtest/types.js'
import { createRng, type Rng } from '../../src/base/rng.js'
import { createPanel, type Panel, panelPrefix } from '../../src/data/panel.js'
import { DEFAULT_PORTFOLIO, type Portfolio, type Select } from '../../src/graph/strategy-graph.js'
import { decideAtEnd, simulate } from '../support/simulate.js'
import { days, FREE } from './make.js'

const SEEDS = process.env.ALPHALOOP_DEEP === '1' ? 5000 : process.env.STRYKER_AREA ? 25 : 150

/** A panel with gaps, missing opens, late listings and delistings. */
function randomPanel(rng: Rng): Panel {
  const bars = rng.int(8, 60)
  const width = rng.int(1, 8)
  const cells = bars * width
  const field = () => new Float64Array(cells).fill(Number.NaN)
  const [open, high, low, close] = [field(), field(), field(), field()]
  const gaps = rng.pick([0, 0.05, 0.3])
  for (let i = 0; i < width; i++) {
    let price = 5 + 100 * rng.next()
    const listed = rng.next() < 0.2 ? rng.int(0, bars) : 0
    const delisted = rng.next() < 0.2 ? rng.int(0, bars) : bars
    for (let t = listed; t < delisted; t++) {
      const cell = t * width + i
      const first = price * (1 + 0.01 * rng.normal())
      price *= Math.max(0.3, 1 + 0.04 * rng.normal())
      if (rng.next() >= gaps) open[cell] = Math.max(0.01, first)
      if (rng.next() < gaps) continue
      close[cell] = price
      high[cell] = Math.max(first, price) * (1 + 0.01 * rng.next())
      low[cell] = Math.min(first, price) * (1 - 0.01 * rng.next())
    }
  }
  return createPanel({
    dates: days(bars),
    symbols: Array.from({ length: width }, (_, i) => `S${i}`),
    fields: new Map(Object.entries({ open, high, low, close })),
  })
}

function randomRule(rng: Rng, panel: Panel): EvaluatedRule {
  const cells = panel.dates.length * panel.symbols.length
  const kind = rng.pick(['score', 'score', 'signals', 'weights'] as const)
  const chance = (p: number) => Uint8Array.from({ length: cells }, () => (rng.next() < p ? 1 : 0))
  if (kind === 'signals') return { kind, enter: chance(0.3), exit: chance(0.2) }
  const values = Float64Array.from({ length: cells }, () => (rng.next() < 0.1 ? Number.NaN : rng.normal()))
  if (kind === 'weights') return { kind, weights: values.map((value) => value / 2) }
  const select = rng.pick<Select>([{ top: 2 }, { top: 3 }, { topFraction: 0.5 }, { threshold: 0.2 }])
  return { kind, score: values, select }
}

function randomPortfolio(rng: Rng, rule: EvaluatedRule): Portfolio {
  const maybe = <T>(value: T) => (rng.next() < 0.3 ? value : undefined)
  const exits = Object.fromEntries(
    Object.entries({
      stopLoss: maybe(0.05),
      takeProfit: maybe(0.08),
      trailingStop: maybe(0.06),
      atrStop: maybe({ n: 3, k: 2 }),
      volatilityStop: maybe({ n: 4, k: 2 }),
      maxHoldingBars: maybe(5),
    }).filter(([, value]) => value !== undefined),
  )
  const maxWeight = maybe(0.3)
  return {
    side: rule.kind === 'score' ? rng.pick(['long', 'short', 'longShort']) : rng.pick(['long', 'short']),
    weight: rule.kind === 'score' ? rng.pick(['equal', 'score', 'rank', { inverseVolatility: 3 }]) : 'equal',
    rebalance: rng.pick(['daily', 'weekly', 'monthly', { every: 3 }]),
    fill: rng.pick(['nextOpen', 'nextClose']),
    exits,
    ...(maxWeight === undefined ? {} : { maxWeight }),
    grossExposure: rng.pick([1, 1, 0.7, 1.5]),
    borrowRate: rng.pick([0, 0.1]),
    financingRate: rng.pick([0, 0.05]),
    delistAfter: rng.pick([2, 20]),
    delistHaircut: rng.pick([0, 0.3]),
  }
}

function randomJob(seed: number): SimulationInput {
  const rng = createRng(seed, 'simulation')
  const panel = randomPanel(rng)
  const rule = randomRule(rng, panel)
  const start = rng.int(0, 3)
  return {
    panel,
    rule,
    portfolio: randomPortfolio(rng, rule),
    range: { start, end: rng.int(start + 1, panel.dates.length - 1) },
    ...(rng.next() < 0.3
      ? {
          universe: Uint8Array.from({ length: panel.dates.length * panel.symbols.length }, () =>
            rng.next() < 0.8 ? 1 : 0,
          ),
        }
      : {}),
    costs: rng.pick([
      FREE,
      { commission: 0.001, tax: 0.002, slippage: 0.0005 },
      { commission: 0.05, tax: 0.1, slippage: 0 },
    ]),
    periodsPerYear: 252,
  }
}

const forAnyJob = (check: (job: SimulationInput) => void) =>
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), (seed) => check(randomJob(seed))),
    { seed: 7, numRuns: SEEDS },
  )

/** To a tolerance in units of the numbers' own size. */
function same(got: Float64Array, expected: Float64Array, room = 1e-9): void {
  expect(got).toHaveLength(expected.length)
  for (let t = 0; t < got.length; t++)
    if (Math.abs(got[t]! - expected[t]!) > room * Math.max(1, Math.abs(expected[t]!)))
      throw new Error(`bar ${t}: ${got[t]} is not ${expected[t]}`)
}

const withFields = (panel: Panel, change: (name: string, values: Float64Array) => Float64Array): Panel =>
  createPanel({
    dates: panel.dates,
    symbols: panel.symbols,
    fields: new Map([...panel.fields].map(([name, values]) => [name, change(name, values)])),
  })

describe('for any market and strategy', () => {
  test('what was gained is what the trades gained, less borrow and financing', () => {
    forAnyJob((job) => {
      const portfolio = { ...job.portfolio, borrowRate: 0, financingRate: 0 }
      const { equity, trades } = simulate({ ...job, portfolio })
      const pnl = trades.reduce((sum, trade) => sum + trade.pnl, 0)
      expect(Math.abs(1 + pnl - equity.at(-1)!)).toBeLessThan(1e-9 * Math.max(1, equity.at(-1)!))
    })
  })

  test('returns, exposure and equity say the same', () => {
    forAnyJob((job) => {
      const { status, equity, returns, exposure } = simulate(job)
      let value = 1
      for (let t = 0; t < equity.length; t++) {
        if (status === 'completed' || t < equity.length - 1) {
          expect(exposure[t]).toBeGreaterThanOrEqual(0)
          expect(equity[t]).toBeGreaterThan(1e-12)
        }
        value *= 1 + returns[t]!
      }
      if (status === 'completed') expect(Math.abs(value / equity.at(-1)! - 1)).toBeLessThan(1e-9)
      else expect(equity.at(-1)).toBeLessThanOrEqual(1e-12)
    })
  })

  test('positions at the end are worth what exposure says, and cash is the rest', () => {
    forAnyJob((job) => {
      const { simulation, holdings } = decideAtEnd(job)
      if (simulation.status === 'ruined') return
      const gross = holdings.reduce((sum, { weight }) => sum + Math.abs(weight), 0)
      expect(gross).toBeCloseTo(simulation.exposure.at(-1)!, 10)
    })
  })

  test('long only and unlevered, cash is never below −1e-12 of equity', () => {
    forAnyJob((job) => {
      if (job.rule.kind === 'weights') return
      const portfolio: Portfolio = {
        ...job.portfolio,
        side: 'long',
        grossExposure: Math.min(1, job.portfolio.grossExposure),
      }
      const { exposure } = simulate({ ...job, portfolio })
      for (const share of exposure) expect(share).toBeLessThanOrEqual(1 + 1e-12)
    })
  })

  test('bars after the end of the range do not exist for it', () => {
    forAnyJob((job) => {
      const cut = panelPrefix(job.panel, job.range.end + 1)
      const cells = (job.range.end + 1) * job.panel.symbols.length
      const { rule } = job
      const rulePrefix: EvaluatedRule =
        rule.kind === 'score'
          ? { ...rule, score: rule.score.subarray(0, cells) }
          : rule.kind === 'weights'
            ? { ...rule, weights: rule.weights.subarray(0, cells) }
            : { ...rule, enter: rule.enter.subarray(0, cells), exit: rule.exit.subarray(0, cells) }
      expect(simulate({ ...job, panel: cut, rule: rulePrefix })).toEqual(simulate(job))
    })
  })

  test('a range that ends earlier has the same equity up to there', () => {
    forAnyJob((job) => {
      // Where the decisions of both are the same; the last bar of the shorter one decides nothing, which fills later.
      const whole = simulate(job)
      const { start, end } = job.range
      for (const shorter of [start + Math.floor((end - start) / 2), end - 1]) {
        const part = simulate({ ...job, range: { start, end: shorter } })
        expect([...part.equity]).toEqual([...whole.equity.subarray(0, part.equity.length)])
      }
    })
  })

  test('prices in another currency give the same equity', () => {
    forAnyJob((job) => {
      const scaled = withFields(job.panel, (_, values) => values.map((value) => value * 0.37))
      same(simulate({ ...job, panel: scaled }).equity, simulate(job).equity)
    })
  })

  test('one symbol’s prices in another unit (a split adjusted all along) give the same equity', () => {
    forAnyJob((job) => {
      const width = job.panel.symbols.length
      const scaled = withFields(job.panel, (_, values) =>
        values.map((value, cell) => (cell % width === 0 ? value * 8 : value)),
      )
      same(simulate({ ...job, panel: scaled }).equity, simulate(job).equity)
    })
  })

  test('the order of the symbols does not matter where no scores tie', () => {
    forAnyJob((job) => {
      const width = job.panel.symbols.length
      const reverse = <A extends Float64Array | Uint8Array>(values: A): A =>
        values.map((_, cell) => values[cell - (cell % width) + (width - 1 - (cell % width))]!) as A
      const { rule } = job
      const turned: EvaluatedRule =
        rule.kind === 'score'
          ? { ...rule, score: reverse(rule.score) }
          : rule.kind === 'weights'
            ? { ...rule, weights: reverse(rule.weights) }
            : { ...rule, enter: reverse(rule.enter), exit: reverse(rule.exit) }
      const other = simulate({
        ...job,
        rule: turned,
        panel: withFields(job.panel, (_, values) => reverse(values)),
        ...(job.universe ? { universe: reverse(job.universe) } : {}),
      })
      same(other.equity, simulate(job).equity)
    })
  })

  test('the same again is the same bits, and the panel is left as it was', () => {
    forAnyJob((job) => {
      const before = job.panel.fields.get('close')!.slice()
      expect(simulate(job)).toEqual(simulate(job))
      expect(job.panel.fields.get('close')).toEqual(before)
    })
  })

  test('targets at the end are within the gross exposure and the cap', () => {
    forAnyJob((job) => {
      const { targets } = decideAtEnd(job)
      const gross = targets.reduce((sum, { weight }) => sum + Math.abs(weight), 0)
      expect(gross).toBeLessThanOrEqual(job.portfolio.grossExposure * (1 + 1e-12))
      for (const { weight } of targets) {
        expect(weight).not.toBe(0)
        expect(Math.abs(weight)).toBeLessThanOrEqual(job.portfolio.maxWeight ?? Number.POSITIVE_INFINITY)
      }
    })
  })
})

test('an account that is all cash is flat', () => {
  forAnyJob((job) => {
    const nothing: EvaluatedRule = {
      kind: 'weights',
      weights: new Float64Array(job.panel.fields.get('close')!.length),
    }
    const { equity, trades, fills } = simulate({
      ...job,
      rule: nothing,
      portfolio: { ...DEFAULT_PORTFOLIO, rebalance: 'daily' },
    })
    expect([...equity]).toEqual(new Array(equity.length).fill(1))
    expect([trades, fills]).toEqual([[], []])
  })
})
