import { describe, expect, test } from 'vitest'
import { createStrategy } from '../../src/graph/strategy.js'
import type { StrategyGraph } from '../../src/graph/strategy-graph.js'
import { DEFAULT_PORTFOLIO } from '../../src/graph/strategy-graph.js'
import { objectionTo } from '../../src/loop/try-out.js'
import { createEvaluation } from '../../src/workers/evaluation.js'
import { PANEL, SETUP } from './engine.js'

const { tryOut } = createEvaluation(SETUP, () => 0)

const graph = (change: Partial<StrategyGraph>): StrategyGraph => ({
  version: 1,
  name: 'Tried',
  nodes: [
    { id: 'close', op: 'field', inputs: [], params: { name: 'close' } },
    { id: 'score', op: 'pctChange', inputs: ['close'], params: { n: 20 } },
    { id: 'huge', op: 'constant', inputs: [], params: { value: 1e9 } },
    { id: 'never', op: 'gt', inputs: ['close', 'huge'], params: {} },
    { id: 'ever', op: 'lt', inputs: ['close', 'huge'], params: {} },
    { id: 'minus', op: 'neg', inputs: ['huge'], params: {} },
    { id: 'root', op: 'sqrt', inputs: ['minus'], params: {} },
    { id: 'missing', op: 'mul', inputs: ['close', 'root'], params: {} },
  ],
  rule: { kind: 'score', score: 'score', select: { top: 3 } },
  portfolio: DEFAULT_PORTFOLIO,
  ...change,
})
const objection = (change: Partial<StrategyGraph>) => {
  const strategy = createStrategy(graph(change))
  return objectionTo(strategy, tryOut(strategy.graph))
}

describe('a strategy that was tried out', () => {
  test('has nothing said against it where it trades, or where we broke', () => {
    expect(objection({})).toBeUndefined()
    const strategy = createStrategy(graph({}))
    expect(objectionTo(strategy, { state: 'crashed', message: 'ours', durationMs: 0 })).toBeUndefined()
  })

  test('is told no times: a replay on a slower machine must ask the same', () => {
    const strategy = createStrategy(graph({}))
    const refused = {
      state: 'refused',
      code: 'CUSTOM_TIMEOUT',
      message: 'custom "slow" did not end within 30 s: it was through with 84 of at most 90 windows',
      hint: 'shorten the window',
      durationMs: 30_000,
    } as const
    expect(objectionTo(strategy, refused)?.error).toMatchObject({
      code: 'CUSTOM_TIMEOUT',
      message: expect.stringMatching(/custom "slow" did not end in the time that its windows have$/),
    })
  })

  test.each([
    [
      'an empty universe',
      { universe: 'never' },
      /universe is true for no symbol on any of \d+ decision days; score is finite for \d+ of \d+ cells \([\d.]+%\), on \d+ of \d+ decision days; what the score may choose from/,
      /loosen the universe/,
    ],
    [
      'a score that is nowhere finite',
      { rule: { kind: 'score', score: 'missing', select: { top: 3 } } },
      /score is finite for no symbol on any of/,
      /make the score finite/,
    ],
    [
      'a threshold that nothing passes',
      { rule: { kind: 'score', score: 'score', select: { threshold: 1e9 } } },
      /score is finite for \d+ of \d+ cells/,
      /no score passes the threshold of 1000000000/,
    ],
    [
      'an entry that never comes',
      { rule: { kind: 'signals', enter: 'never', exit: 'never' } },
      /enter is true for no symbol on any of 252 days; exit is true for no symbol/,
      /loosen the entry condition/,
    ],
    [
      'an exit wherever there is an entry',
      { rule: { kind: 'signals', enter: 'ever', exit: 'ever' } },
      /enter is true for 2\d\d\d of 2520 cells \([\d.]+%\), on 252 of 252 days/,
      /on days on which the exit is false/,
    ],
    [
      'weights that are missing everywhere',
      { rule: { kind: 'weights', weights: 'missing' } },
      /weights is finite and not 0 for no symbol on any of/,
      /give some symbols a weight/,
    ],
  ] as const)('with %s is told what it said in counts, and what to look at', (_, change, message, hint) => {
    const said = objection(change as Partial<StrategyGraph>)
    expect(said).toMatchObject({
      became: 'neverTrades',
      error: { category: 'unusable', code: 'NEVER_TRADES' },
    })
    expect(said!.error.message).toMatch(message)
    expect(said!.error.hint).toMatch(hint)
    // Counts alone leave the machine: no symbol, day or price.
    for (const symbol of PANEL.symbols) expect(said!.error.message).not.toContain(symbol)
    expect(said!.error.message).not.toMatch(/\d{4}-\d\d/)
  })

  test('that is never rebalanced is told so', () => {
    const said = objection({ portfolio: { ...DEFAULT_PORTFOLIO, rebalance: { every: 900 } } })
    if (said !== undefined) expect(said.error.message).toMatch(/no rebalance|decision day/)
    const strategy = createStrategy(graph({}))
    const tried = tryOut(graph({ universe: 'never' }))
    expect(
      objectionTo(strategy, { ...tried, idle: { decisions: 0, parts: [] } } as typeof tried)!.error,
    ).toMatchObject({
      message: expect.stringContaining('there is no rebalance ("monthly")'),
      hint: 'rebalance more often',
    })
  })

  test('that would pick and buys nothing is told to look at the limits of its portfolio', () => {
    const strategy = createStrategy(graph({}))
    const full = { part: 'score', days: 1, ofDays: 1, cells: 5, ofCells: 10 } as const
    const tried = tryOut(graph({ universe: 'never' }))
    const said = objectionTo(strategy, { ...tried, idle: { decisions: 1, parts: [full] } } as typeof tried)
    expect(said!.error.message).toBe(
      'it never trades on train: score is finite for 5 of 10 cells (50%), on 1 of 1 decision day',
    )
    expect(said!.error.hint).toContain('maxWeight, minTrade, maxTurnover')
  })

  test('that is refused, or takes too long, has that said', () => {
    const strategy = createStrategy(graph({}))
    expect(
      objectionTo(strategy, {
        state: 'refused',
        code: 'UNKNOWN_FIELD',
        message: 'no',
        hint: 'h',
        durationMs: 0,
      }),
    ).toEqual({
      became: 'failed',
      error: { category: 'unknown field', code: 'UNKNOWN_FIELD', message: 'no', hint: 'h' },
    })
    expect(objectionTo(strategy, { state: 'timedOut', seconds: 3, durationMs: 3000 })).toMatchObject({
      became: 'timeout',
      error: { code: 'EVALUATION_TIMEOUT', message: 'the evaluation took longer than 3 seconds' },
    })
  })
})
