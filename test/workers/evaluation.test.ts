import { describe, expect, test } from 'vitest'
import type { Idle } from '../../src/backtest/idle.js'
import { panelPrefix } from '../../src/data/panel.js'
import type { StrategyGraph } from '../../src/graph/strategy-graph.js'
import { DEFAULT_PORTFOLIO } from '../../src/graph/strategy-graph.js'
import { benchmarkMask, createEvaluation, measureBenchmark } from '../../src/workers/evaluation.js'
import { PANEL, SETUP } from '../loop/engine.js'

const momentum: StrategyGraph = {
  version: 1,
  name: 'Momentum',
  nodes: [
    { id: 'n0', op: 'field', inputs: [], params: { name: 'close' } },
    { id: 'n1', op: 'pctChange', inputs: ['n0'], params: { n: 20 } },
  ],
  rule: { kind: 'score', score: 'n1', select: { top: 3 } },
  portfolio: DEFAULT_PORTFOLIO,
}
const { evaluate, tryOut } = createEvaluation(SETUP, () => 0)

describe('an evaluation', () => {
  test('measures train and validation apart, each from flat, with one return for each bar', () => {
    const result = evaluate(momentum)
    if (result.state !== 'scored') throw new Error(result.state)
    for (const name of ['train', 'validation'] as const) {
      const { start, end } = SETUP.ranges[name]
      const { returns, daysInMarket, positions, benchmark } = result.ranges[name]
      expect(returns).toHaveLength(end - start + 1)
      // Flat at the start: a decision at the first close trades on the second bar.
      expect(returns[0]).toBe(0)
      expect(daysInMarket).toBeGreaterThan(0)
      expect(positions).toBeGreaterThan(0)
      expect(benchmark.sharpe).not.toBeNull()
    }
    expect(result.ranges.train.metrics.sharpe).not.toBe(result.ranges.validation.metrics.sharpe)
  })

  test('of a strategy that loses everything is ruined, with the range and the day', () => {
    const short: StrategyGraph = {
      ...momentum,
      rule: { kind: 'score', score: 'n1', select: { top: 1 } },
      portfolio: {
        ...DEFAULT_PORTFOLIO,
        side: 'short',
        grossExposure: 10,
        costs: { slippage: 0.05 },
        rebalance: 'daily',
      },
    }
    const result = evaluate(short)
    if (result.state !== 'ruined') throw new Error(result.state)
    expect(result.range).toBe('train')
    const { start, end } = SETUP.ranges.train
    const ruinedAt = PANEL.dates.indexOf(result.date)
    expect(ruinedAt).toBeGreaterThan(start)
    expect(ruinedAt).toBeLessThanOrEqual(end)
    expect(result.ranges.train.metrics.totalReturn).toBeCloseTo(-1, 9)
  })

  test('does not look at bars after the last range', () => {
    const { ranges } = SETUP
    const end = Math.max(ranges.train.end, ranges.validation.end)
    const cut = { ...ranges, validation: { ...ranges.validation, end: end - 7 } }
    const of = (panel: typeof PANEL) => {
      const result = createEvaluation({ ...SETUP, panel, ranges: cut }, () => 0).evaluate(momentum)
      if (result.state !== 'scored') throw new Error(result.state)
      return result.ranges
    }
    expect(of(PANEL)).toEqual(of(panelPrefix(PANEL, end - 6)))
  })

  test('that trips over our own mistake is a crash, and none of the strategy', () => {
    const { evaluate: broken } = createEvaluation({ ...SETUP, market: undefined as never }, () => 0)
    expect(broken(momentum)).toMatchObject({ state: 'crashed', message: expect.any(String) })
  })

  test('reads the benchmark symbol of the run, and only close and returns without one', () => {
    const traded: StrategyGraph = {
      ...momentum,
      nodes: [
        ...momentum.nodes,
        { id: 'n2', op: 'benchmark', inputs: [], params: { field: 'volume' } },
        { id: 'n3', op: 'mul', inputs: ['n1', 'n2'], params: {} },
      ],
      rule: { kind: 'score', score: 'n3', select: { top: 3 } },
    }
    expect(evaluate(traded)).toMatchObject({ state: 'refused', code: 'UNKNOWN_FIELD' })
    const { evaluate: named } = createEvaluation({ ...SETUP, benchmarkSymbol: PANEL.symbols[0]! }, () => 0)
    expect(named(traded).state).toBe('scored')
  })

  test('keeps to the limits of the run', () => {
    const { evaluate: narrow } = createEvaluation(
      { ...SETUP, limits: { ...SETUP.limits, maxNodes: 1 } },
      () => 0,
    )
    expect(narrow(momentum)).toMatchObject({
      state: 'refused',
      code: expect.stringMatching(/LIMIT|NODES|LARGE/),
    })
  })
})

describe('a try-out', () => {
  test('says of train what the evaluation says, and nothing of validation', () => {
    const tried = tryOut(momentum)
    const evaluated = evaluate(momentum)
    if (tried.state !== 'ran' || evaluated.state !== 'scored') throw new Error('both run')
    expect(tried.train).toEqual(evaluated.ranges.train)
    expect(tried).not.toHaveProperty('idle')
    const { end } = SETUP.ranges.train
    const other = {
      ...PANEL,
      fields: new Map(
        [...PANEL.fields].map(([name, values]) => [
          name,
          values.map((value, i) => (i > (end + 1) * PANEL.symbols.length ? value * 3 : value)),
        ]),
      ),
    }
    expect(createEvaluation({ ...SETUP, panel: other }, () => 0).tryOut(momentum)).toEqual(tried)
  })

  test.each([
    [
      'an empty universe',
      { op: 'gt', inputs: ['n1', 'high'] },
      'score',
      [
        { part: 'universe', days: 0, cells: 0 },
        { part: 'score', days: expect.any(Number) },
        { part: 'eligible', days: 0, cells: 0 },
      ],
    ],
    [
      'signals that never come',
      { op: 'gt', inputs: ['n1', 'high'] },
      'signals',
      [
        { part: 'enter', days: 0, cells: 0 },
        { part: 'exit', days: 0, cells: 0 },
      ],
    ],
    [
      'weights that are all nothing',
      { op: 'mul', inputs: ['n1', 'zero'] },
      'weights',
      [{ part: 'weights', days: 0, cells: 0 }],
    ],
  ])('of a strategy with %s counts what it said on the days it is asked', (_, last, kind, parts) => {
    const graph: StrategyGraph = {
      ...momentum,
      nodes: [
        ...momentum.nodes,
        { id: 'high', op: 'constant', inputs: [], params: { value: 1e9 } },
        { id: 'zero', op: 'constant', inputs: [], params: { value: 0 } },
        { id: 'last', params: {}, ...last },
      ],
      ...(kind === 'score' ? { universe: 'last' } : {}),
      rule:
        kind === 'score'
          ? momentum.rule
          : kind === 'signals'
            ? { kind: 'signals', enter: 'last', exit: 'last' }
            : { kind: 'weights', weights: 'last' },
    }
    const tried = tryOut(graph)
    expect(tried).toMatchObject({ state: 'ran', train: { positions: 0 }, idle: { parts } })
    const { start, end } = SETUP.ranges.train
    const { decisions, parts: counted } = (tried as { idle: Idle }).idle
    const months = new Set(PANEL.dates.slice(start, end + 1).map((date) => date.slice(0, 7)))
    expect(decisions).toBe(months.size - 1)
    for (const { ofDays, ofCells } of counted) {
      expect(ofDays).toBe(kind === 'signals' ? end - start + 1 : decisions)
      expect(ofCells).toBe(ofDays * PANEL.symbols.length)
    }
  })

  test('counts what is there, symbol by symbol', () => {
    // Every score stands, but none reaches what is asked of it.
    const tried = tryOut({ ...momentum, rule: { kind: 'score', score: 'n1', select: { threshold: 1e9 } } })
    const close = PANEL.fields.get('close')!
    const width = PANEL.symbols.length
    const { start, end } = SETUP.ranges.train
    const ends = PANEL.dates
      .map((date, bar) => ({ bar, month: date.slice(0, 7), next: PANEL.dates[bar + 1]?.slice(0, 7) }))
      .filter(({ bar, month, next }) => bar >= start && bar < end && month !== next)
    const finite = ends.flatMap(({ bar }) =>
      PANEL.symbols.filter((_, i) =>
        Number.isFinite(close[bar * width + i]! / close[(bar - 20) * width + i]! - 1),
      ),
    ).length
    expect(finite).toBeGreaterThan(0)
    expect(tried).toMatchObject({
      idle: {
        parts: [
          { part: 'score', cells: finite, days: ends.filter(({ bar }) => bar >= 20).length },
          { part: 'eligible', cells: finite },
        ],
      },
    })
  })

  test('looks at each day but the last where a strategy decides daily', () => {
    const tried = tryOut({
      ...momentum,
      rule: { kind: 'score', score: 'n1', select: { threshold: 1e9 } },
      portfolio: { ...DEFAULT_PORTFOLIO, rebalance: 'daily' },
    })
    const days = SETUP.ranges.train.end - SETUP.ranges.train.start
    expect(tried).toMatchObject({
      idle: {
        decisions: days,
        parts: [{ part: 'score', ofDays: days, days: days - 20 }, { part: 'eligible' }],
      },
    })
  })

  test('that the strategy itself makes impossible is refused, and ruin is told with its day', () => {
    const nodes = [{ id: 'n1', op: 'field', inputs: [], params: { name: 'clsoe' } }]
    expect(tryOut({ ...momentum, nodes })).toMatchObject({ state: 'refused', code: 'UNKNOWN_FIELD' })
    const short: StrategyGraph = {
      ...momentum,
      rule: { kind: 'score', score: 'n1', select: { top: 1 } },
      portfolio: {
        ...DEFAULT_PORTFOLIO,
        side: 'short',
        grossExposure: 10,
        costs: { slippage: 0.05 },
        rebalance: 'daily',
      },
    }
    const ruined = evaluate(short)
    expect(tryOut(short)).toMatchObject({
      state: 'ran',
      ruinedOn: ruined.state === 'ruined' ? ruined.date : '',
    })
  })
})

describe('the benchmark', () => {
  const on = (universe: Uint8Array | undefined, panel = PANEL) =>
    measureBenchmark({ panel, range: SETUP.ranges.train, fill: 'nextOpen', market: SETUP.market, universe })

  test('of one symbol holds that symbol alone', () => {
    const symbol = PANEL.symbols[2]!
    const mask = benchmarkMask({ ...SETUP, benchmarkSymbol: symbol })!
    expect(mask.reduce((sum, held) => sum + held, 0)).toBe(PANEL.dates.length)
    const { returns } = on(mask)
    const close = PANEL.fields.get('close')!
    const price = (t: number) => close[t * PANEL.symbols.length + 2]!
    const { start, end } = SETUP.ranges.train
    // It is bought at the first month's end; held alone, it never needs a trade again.
    const bought = start + returns.findIndex((r) => r !== 0)
    expect(bought).toBeLessThan(start + 25)
    for (let t = bought + 1; t <= end; t++)
      if (!Number.isNaN(price(t)) && !Number.isNaN(price(t - 1)))
        expect(returns[t - start]).toBeCloseTo(price(t) / price(t - 1) - 1, 12)
  })

  test('of a universe holds what is in it, and of none what has a close', () => {
    const benchmarkUniverse = {
      version: 1 as const,
      name: 'Universe',
      nodes: [
        { id: 'n0', op: 'field', inputs: [], params: { name: 'close' } },
        { id: 'n1', op: 'constant', inputs: [], params: { value: 40 } },
        { id: 'n2', op: 'gt', inputs: ['n0', 'n1'], params: {} },
      ],
      universe: 'n2',
      rule: { kind: 'score' as const, score: 'n0', select: { top: 1 } },
    }
    const mask = benchmarkMask({ ...SETUP, benchmarkUniverse })!
    expect(mask).toEqual(Uint8Array.from(PANEL.fields.get('close')!, (price) => (price > 40 ? 1 : 0)))
    expect(benchmarkMask(SETUP)).toBeUndefined()
    expect(on(mask).metrics.sharpe).not.toBe(on(undefined).metrics.sharpe)
  })

  test('fills at the close where the data have no open', () => {
    const closes = { ...PANEL, fields: new Map([['close', PANEL.fields.get('close')!]]) }
    expect(on(undefined, closes).metrics.sharpe).not.toBeNull()
  })
})
