import { describe, expect, test } from 'vitest'
import { METRIC_NAMES, type Metrics } from '../../src/backtest/types.js'
import { createRng } from '../../src/base/rng.js'
import { configSchema } from '../../src/config/schema.js'
import { judge, type Standing } from '../../src/loop/judge.js'
import type { Evaluation, RangeResult } from '../../src/workers/evaluation.js'

const metrics = (change: Partial<Metrics> = {}): Metrics => ({
  ...(Object.fromEntries(METRIC_NAMES.map((name) => [name, 1])) as unknown as Metrics),
  sharpe: 1.2,
  calmar: 1.5,
  maxDrawdown: -0.1,
  turnover: 3,
  avgHoldingBars: 20,
  ...change,
})
const draws = createRng('returns')
const returns = Float64Array.from({ length: 120 }, () => 0.001 + 0.01 * draws.normal())

const range = (change: Partial<Metrics> = {}, more: Partial<RangeResult> = {}): RangeResult => ({
  metrics: metrics(change),
  notes: {},
  daysInMarket: 100,
  positions: 12,
  benchmark: metrics({ sharpe: 0.5 }),
  returns,
  ...more,
})
const scored = (train: RangeResult = range(), validation: RangeResult = range()): Evaluation => ({
  state: 'scored',
  ranges: { train, validation },
  durationMs: 12.3456,
})
const standing: Standing = {
  champion: null,
  crownedAt: null,
  iteration: 10,
  rng: createRng('standing'),
  periodsPerYear: 252,
}
const verdict = (evaluation: Evaluation, given: object = {}, against: Partial<Standing> = {}) =>
  judge(evaluation, { hash: 'h', nodes: 5 }, configSchema.parse(given), { ...standing, ...against })

describe('how an evaluation ended becomes status, level and decision', () => {
  test('scored, with both Sharpes above the benchmark: success, LEVEL_3, the first champion', () => {
    expect(verdict(scored())).toMatchObject({
      execution: { status: 'success', durationMs: 12.35 },
      level: 'LEVEL_3',
      metrics: { train: { sharpe: 1.2 }, validation: { sharpe: 1.2 } },
      decision: { updated: true, previous: null },
    })
  })

  test('scored but below the benchmark on both: success, LEVEL_2, no candidate', () => {
    const low = range({ sharpe: 0.4 })
    const { execution, level, decision } = verdict(scored(low, low))
    expect(execution).toEqual({ status: 'success', durationMs: 12.35 })
    expect(level).toBe('LEVEL_2')
    expect(decision).toMatchObject({ updated: false, gate: 'level' })
    expect(decision.because).toMatch(/^Not a candidate \(LEVEL_2\): /)
  })

  test('scored without a trade, or hardly in the market: success, LEVEL_1', () => {
    for (const useless of [range({}, { positions: 0 }), range({}, { daysInMarket: 29 })]) {
      const { execution, level } = verdict(scored(useless))
      expect([execution.status, level]).toEqual(['success', 'LEVEL_1'])
    }
    expect(verdict(scored(range({}, { daysInMarket: 29 })), { levels: { minDaysInMarket: 29 } }).level).toBe(
      'LEVEL_3',
    )
  })

  test('ruined: its own status, LEVEL_1, with its metrics and the day', () => {
    const ranges = { train: range(), validation: range() }
    const result = verdict({
      state: 'ruined',
      range: 'validation',
      date: '2020-03-20',
      ranges,
      durationMs: 1,
    })
    expect(result).toMatchObject({
      execution: {
        status: 'ruined',
        error: { code: 'RUINED', message: expect.stringContaining('2020-03-20') },
      },
      level: 'LEVEL_1',
      metrics: { train: { sharpe: 1.2 } },
      decision: { updated: false },
    })
  })

  test('refused by the engine: an error with its code, category and hint, LEVEL_0, nothing measured', () => {
    const refused = { state: 'refused', code: 'UNKNOWN_FIELD', message: 'no x', durationMs: 1 } as const
    expect(verdict({ ...refused, hint: 'take y' })).toMatchObject({
      execution: {
        status: 'error',
        error: { category: 'unknown field', code: 'UNKNOWN_FIELD', message: 'no x', hint: 'take y' },
      },
      level: 'LEVEL_0',
      metrics: null,
      decision: { updated: false, gate: 'level' },
    })
    expect(verdict({ ...refused, hint: undefined }).execution).not.toHaveProperty('error.hint')
  })

  test('a crash is an error that says so, never a verdict on the strategy', () => {
    const { execution, level, decision } = verdict({
      state: 'crashed',
      message: 'x is not a function',
      durationMs: 1,
    })
    expect(execution).toMatchObject({
      status: 'error',
      error: { code: 'EVALUATION_CRASHED', category: 'crash' },
    })
    expect(level).toBe('LEVEL_0')
    expect(decision.because).toContain('x is not a function')
    expect(decision.because).not.toMatch(/better|below|margin/)
  })

  test('a time-out is its own status and names the limit', () => {
    expect(verdict({ state: 'timedOut', seconds: 7, durationMs: 7000 })).toMatchObject({
      execution: { status: 'timeout', error: { message: expect.stringContaining('7 seconds') } },
      level: 'LEVEL_0',
    })
  })
})

describe('against a champion', () => {
  const champion = {
    id: 'the-champion',
    hash: 'c',
    level: 'LEVEL_3' as const,
    validation: { metrics: { sharpe: 1.19, calmar: 1.5, maxDrawdown: -0.1 } },
    returns,
    nodes: 9,
  }

  test('a challenger within the margin is refused by it, and the gates stand in the record', () => {
    const { decision } = verdict(scored(), {}, { champion, crownedAt: 2 })
    expect(decision).toMatchObject({ updated: false, previous: 'the-champion', gate: 'margin' })
    expect(decision.gates!.map(({ gate }) => gate)).toContain('margin')
    for (const gate of decision.gates!)
      expect(Object.keys(gate).sort()).toEqual(['gate', 'limit', 'value', 'verdict'])
  })

  test('one that clears every gate takes over, and no gate is named', () => {
    const better = Float64Array.from(returns, (r) => r + 0.005)
    const { decision } = verdict(
      scored(range(), range({ sharpe: 2.5 }, { returns: better })),
      {},
      { champion, crownedAt: 2 },
    )
    expect(decision).toMatchObject({ updated: true, previous: 'the-champion' })
    expect(decision).not.toHaveProperty('gate')
  })

  test('the same evaluation meets the same decision, whatever else was judged before', () => {
    const once = () => verdict(scored(), {}, { champion, crownedAt: 2, rng: createRng('again') })
    expect(once()).toEqual(once())
  })

  test('the objective of the config decides, and the benchmark is needed for activeSharpe', () => {
    const good = range({ sharpe: 0.1, calmar: 9 }, { benchmark: metrics({ sharpe: 5, calmar: 0.1 }) })
    expect(verdict(scored(good, good)).level).toBe('LEVEL_2')
    expect(verdict(scored(good, good), { objective: 'calmar' }).level).toBe('LEVEL_3')
  })
})

describe('constraints of the user', () => {
  test.each([
    ['maxTurnover', 5, { turnover: 5.5 }, 'turnover a year', '5.5'],
    ['minHoldingBars', 10, { avgHoldingBars: 9.4 }, 'the mean holding period in bars', '9.4'],
    ['maxDrawdown', 0.2, { maxDrawdown: -0.234 }, 'max drawdown', '23.4%'],
  ] as const)('%s refuses a champion, with the figure of train', (name, limit, broken, words, figure) => {
    const given = { constraints: { [name]: limit } }
    expect(verdict(scored(), given).decision.updated).toBe(true)
    const { decision, level, execution } = verdict(scored(range(broken)), given)
    expect(decision).toMatchObject({ updated: false, gate: 'constraint' })
    expect(decision.because).toContain(words)
    expect(decision.because).toContain(figure)
    expect(decision.because).toContain('train')
    expect([level, execution.status]).toEqual(['LEVEL_3', 'success'])

    // On validation only that it is broken: the search must not learn the figure.
    const hidden = verdict(scored(range(), range(broken)), given).decision
    expect(hidden.gate).toBe('constraint')
    expect(hidden.because).toContain(`${words} breaks its limit on validation`)
    expect(hidden.because).not.toContain(figure)
  })

  test('a limit that is just met, and a metric without a value, refuse nobody', () => {
    const given = { constraints: { maxTurnover: 3, minHoldingBars: 20, maxDrawdown: 0.1 } }
    expect(verdict(scored(), given).decision.updated).toBe(true)
    const none = range({ turnover: null, avgHoldingBars: null, maxDrawdown: null })
    expect(verdict(scored(none, range()), given).decision.gate).not.toBe('constraint')
  })
})
