import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { DEFAULT_PORTFOLIO, type StrategyGraph } from '../../src/graph/strategy-graph.js'
import type { HistoryRecord } from '../../src/history/record.js'
import { applyRecord, foldRules, initialState, proposalView, RECENT_RECORDS } from '../../src/loop/state.js'
import { summarizeRun } from '../../src/loop/summary.js'
import { configOf } from './engine.js'
import { call, demotion, failed, record } from './records.js'

const rules = { objective: 'sharpe', scoredWindow: 5 }
const fold = (records: readonly HistoryRecord[], by = rules) => {
  const state = initialState()
  for (const one of records) applyRecord(state, one, by)
  return state
}
/** A strategy of a kind of its own: momentum of one field. */
const kind = (field: string): StrategyGraph => ({
  version: 1,
  name: field,
  nodes: [
    { id: 'field', op: 'field', inputs: [], params: { name: field } },
    { id: 'score', op: 'pctChange', inputs: ['field'], params: { n: 20 } },
    { id: 'mean', op: 'sma', inputs: ['score'], params: { n: 5 } },
  ],
  rule: { kind: 'score', score: 'mean', select: { top: 3 } },
  portfolio: DEFAULT_PORTFOLIO,
})
const crowned = (iteration: number, sharpe = 1) =>
  record(iteration, {
    level: 'LEVEL_3',
    metrics: { train: { sharpe }, validation: { sharpe } },
    champion: { updated: true, because: 'First champion.', previous: null },
  })

describe('the state of a run', () => {
  test('counts levels, methods, proposers, statuses, trials and fallbacks', () => {
    const { counts, next } = fold([
      record(0),
      record(1, { method: 'llm', proposer: 'model', level: 'LEVEL_1', trials: 34 }),
      record(2, {
        requested: 'llm',
        fallbackReason: 'the model is down',
        rounds: [
          {
            asked: 'm',
            answered: null,
            calls: [call('m', 'network'), call('n', 'network'), call('o', 'budget')],
          },
        ],
      }),
      record(3, { requested: 'factor_graph' }),
      failed(4, 'timeout'),
    ])
    expect(next).toBe(5)
    expect(counts).toEqual({
      levels: { LEVEL_0: 1, LEVEL_1: 1, LEVEL_2: 3, LEVEL_3: 0 },
      methods: { llm: 1, factor_graph: 4, manual: 0 },
      proposers: { template: 4, model: 1 },
      statuses: { success: 4, timeout: 1 },
      fallbacks: 1,
      fallbackCauses: { network: 1, budget: 1 },
      trials: 38,
    })
  })

  test('knows which strategies were evaluated: those that failed too, those rejected not', () => {
    const { evaluated } = fold([
      record(0),
      failed(1),
      failed(2, 'rejected'),
      record(3, { strategy: record(0).strategy }),
      record(4, { strategy: null }),
    ])
    expect([...evaluated]).toEqual([
      ['hash-0', 0],
      ['hash-1', 1],
    ])
  })

  test('keeps the best 40 distinct strategies as parents, best on train first, of equals the earlier', () => {
    const rng = createRng('parents')
    const scores = Array.from({ length: 120 }, () => Math.round(rng.normal() * 10) / 10)
    const records = scores.map((sharpe, i) => record(i, { metrics: { train: { sharpe }, validation: null } }))
    const { parents } = fold(records)
    const expected = scores
      .map((score, iteration) => ({ score, iteration }))
      .sort((a, b) => b.score - a.score || a.iteration - b.iteration)
      .slice(0, 40)
    expect(parents.map(({ score, iteration }) => ({ score, iteration }))).toEqual(expected)
  })

  test('keeps the best of each kind beside the parents, so that a family of the best does not drive out what is unlike it', () => {
    const [family, other, third] = ['close', 'volume', 'open'].map((name) => kind(name))
    const sharpes = (list: readonly (readonly [StrategyGraph, number])[]) =>
      list.map(([graph, sharpe], i) =>
        record(i, {
          strategy: { hash: `hash-${i}`, name: 'One', graph },
          metrics: { train: { sharpe }, validation: null },
        }),
      )
    const children = Array.from({ length: 60 }, (_, i) => [family!, (100 + i) / 100] as const)
    const state = fold(sharpes([[other!, 0.2], [third!, -0.1], ...children, [other!, 0.3], [other!, 0.1]]))
    expect(state.parents.every(({ score }) => score >= 1)).toBe(true)
    expect(state.archive.map(({ score, iteration }) => ({ score, iteration }))).toEqual([
      { score: 1.59, iteration: 61 },
      { score: 0.3, iteration: 62 },
    ])
    expect(proposalView(state).archive).toEqual(state.archive)
  })

  test('takes for parents only what ran, is usable, has a graph, a value on train, and is not there yet', () => {
    const { parents } = fold([
      failed(0),
      record(1, { level: 'LEVEL_1' }),
      record(2, { metrics: { train: { sharpe: null }, validation: null } }),
      record(3, { strategy: { hash: 'h', name: 'imported', graph: null } }),
      record(4, { metrics: null }),
      record(5),
      record(6, { strategy: record(5).strategy }),
      record(7, { execution: { status: 'ruined', durationMs: 1 }, level: 'LEVEL_1' }),
    ])
    expect(parents.map(({ iteration }) => iteration)).toEqual([5])
  })

  test('ranks parents by the objective of the run', () => {
    const of = (iteration: number, sharpe: number, calmar: number) =>
      record(iteration, { metrics: { train: { sharpe, calmar }, validation: null } })
    const { parents } = fold([of(0, 2, 1), of(1, 1, 2)], foldRules(configOf({ objective: 'calmar' })))
    expect(parents.map(({ iteration }) => iteration)).toEqual([1, 0])
  })

  test('remembers the last records only: for feedback the last 64, for staleness the last scored ones', () => {
    const state = fold(
      Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? record(i) : record(i, { level: 'LEVEL_1' }))),
    )
    expect(state.recent).toHaveLength(RECENT_RECORDS)
    expect(state.recent.at(-1)!.iteration).toBe(99)
    expect(state.scored.map(({ iteration }) => iteration)).toEqual([90, 92, 94, 96, 98])
  })

  test('takes the champion from recorded decisions, and a demotion names the next', () => {
    const state = fold([crowned(0), record(1), crowned(2), record(3), demotion(3, 2, 1)])
    expect(state.championRecord!.iteration).toBe(1)
    expect(state.champion.reigns).toMatchObject([
      { iteration: 0, from: 0, to: 2, how: 'crowned' },
      { iteration: 2, from: 2, to: 3, how: 'crowned' },
      { iteration: 1, from: 3, to: null, how: 'succeeded' },
    ])
    expect(state.demotedAt).toBe(3)
  })

  test('takes settings from the newest change record, and nothing from looks and notes', () => {
    const common = { schema: 1, id: 'x', timestamp: '2026-01-01T00:00:00.000Z', because: '' } as const
    const settings = (seed: number) => ({
      config: { seed },
      data: { source: 's', hash: 'h', symbols: 1, start: 'a', end: 'b' },
      split: { train: { start: 'a', end: 'b' }, validation: { start: 'a', end: 'b' }, test: null },
    })
    const run = { config: 'c2', data: 'h', seed: 2, version: '1' }
    const change = { ...common, kind: 'change' as const, differences: [] }
    const state = fold([
      { ...change, what: 'created', run: null, settings: settings(1) },
      { ...change, what: 'config', run, settings: settings(2) },
      { ...change, what: 'config', run },
      { ...common, kind: 'note', run: null, text: 'a note' },
      { ...common, kind: 'look', run: null, strategy: { hash: 'h', name: 'n' }, dataset: 'd', metrics: null },
    ])
    expect(state.settings).toEqual(settings(2))
    expect(state.configHash).toBe('c2')
    expect(state.next).toBe(0)
  })

  test('a number that a newer version gave is not given again', () => {
    const newer = { kind: 'newer', schema: 9, recordKind: 'iteration', id: 'n', known: {}, raw: {} } as const
    expect(fold([record(0), { ...newer, iteration: 1 }, newer]).next).toBe(2)
  })
})

test('a view is not changed by what is recorded after it', () => {
  const state = fold([crowned(0), record(1)])
  const view = proposalView(state)
  for (const next of [crowned(2, 3), record(3)]) applyRecord(state, next, rules)
  expect(view.next).toBe(2)
  expect(view.recent.map(({ iteration }) => iteration)).toEqual([0, 1])
  expect(view.parents.map(({ iteration }) => iteration)).toEqual([0, 1])
  expect(view.championRecord!.iteration).toBe(0)
  expect(view.champion.current!.iteration).toBe(0)
  expect(['hash-1', 'hash-2', 'hash-9'].map(view.wasEvaluated)).toEqual([true, false, false])
  expect(proposalView(state).wasEvaluated('hash-2')).toBe(true)
})

describe('the summary', () => {
  const facts = {
    runDir: 'r',
    total: 50,
    recorded: 3,
    evaluated: 6,
    stopped: 'finished',
    durationMs: 4000,
    loopMs: 2000,
  } as const

  test('gives totals of the history and the speed of this call', () => {
    const summary = summarizeRun(fold([crowned(0, 1.5), record(1), failed(2)]), facts)
    expect(summary).toMatchObject({
      runDir: 'r',
      iterations: 3,
      recorded: 3,
      distinctStrategies: 3,
      evaluationsPerSecond: 3,
      champion: {
        iteration: 0,
        hash: 'hash-0',
        name: 'Strategy 0',
        metrics: { train: { sharpe: 1.5 }, validation: { sharpe: 1.5 } },
      },
    })
  })

  test('tells apart calls that were estimated, calls that a replay answered, and calls that were made', () => {
    const told = { ...call('m', 'replied'), inputTokens: 700, outputTokens: 300 }
    const asked = (...tokens: number[]) =>
      tokens.map((tokens) => ({ ...told, charged: { calls: 1, tokens, costUsd: 0.5 } }))
    const state = initialState()
    state.replay = { of: 'another', until: 1 }
    for (const [i, calls] of [asked(1000, 4000), asked(1000), asked(9000)].entries())
      applyRecord(state, record(i, { rounds: [{ asked: 'm', answered: 'm', calls }] }), rules)
    expect(summarizeRun(state, facts).models).toMatchObject({
      calls: 4,
      tokens: 15_000,
      costUsd: 2,
      estimatedCalls: 2,
      replayedCalls: 2,
      liveCalls: 2,
    })
  })

  test('of a run without champion and without work says so in nulls and zeros', () => {
    const summary = summarizeRun(initialState(), { ...facts, recorded: 0, evaluated: 0, loopMs: 0 })
    expect(summary).toMatchObject({ iterations: 0, champion: null, evaluationsPerSecond: 0 })
    const bare = { ...crowned(0), metrics: null }
    expect(summarizeRun(fold([bare]), facts).champion!.metrics).toEqual({ train: null, validation: null })
  })
})
