import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import type { ModelRound } from '../../src/history/record.js'
import { NOTHING_SPENT } from '../../src/llm/budget.js'
import { type Earned, learnFrom, rewardOf, spendingOf } from '../../src/llm/earnings.js'
import { chooseByEarnings, chooseByWeight } from '../../src/llm/select.js'

const arms = [
  { name: 'good', weight: 1 },
  { name: 'poor', weight: 1 },
]

const call = (model: string, ended = 'replied', costUsd: number | null = 0.01, tokens = 1000) => ({
  model,
  ended,
  attempts: 1,
  inputTokens: null,
  outputTokens: null,
  costUsd,
  charged: { calls: 1, tokens, costUsd },
})
const round = (asked: string, answered: string | null, ...calls: ModelRound['calls']): ModelRound => ({
  asked,
  answered,
  calls,
})

/** Plays n iterations: each choice is made from what those before it earned. */
function play(
  n: number,
  score: (name: string, i: number) => number | null,
  cost: (name: string) => number | null = () => 0.01,
  tokens: (name: string) => number = () => 1000,
  seed = 1,
) {
  let models: Readonly<Record<string, Earned>> = {}
  const chosen: string[] = []
  for (let i = 0; i < n; i++) {
    const { name } = arms[chooseByEarnings(arms, models, createRng(seed, i))]!
    chosen.push(name)
    const answer = round(name, name, call(name, 'replied', cost(name), tokens(name)))
    models = learnFrom(models, { rounds: [answer] }, score(name, i), 0.5)
  }
  const share = (name: string, from = 0) =>
    chosen.slice(from).filter((one) => one === name).length / (n - from)
  return { models, chosen, share }
}

test('weights are shares: 3 to 1 is three of four, and 0 is never', () => {
  const weighted = ['a', 'b', 'c'].map((name, i) => ({ name, weight: [3, 1, 0][i]! }))
  const counts = [0, 0, 0]
  for (let i = 0; i < 4000; i++) counts[chooseByWeight(weighted, createRng(i))]!++
  expect(counts[2]).toBe(0)
  expect(counts[0]! / 4000).toBeCloseTo(0.75, 1)
})

describe('the bandit', () => {
  test('learns who earns improvement, and never gives up the other', () => {
    const { share } = play(400, (name) => (name === 'good' ? 0.9 : 0.1))
    expect(share('good', 200)).toBeGreaterThan(0.8)
    expect(share('poor')).toBeGreaterThan(0.02)
  })

  test('of two that earn the same asks the cheaper one, by dollars, or by tokens where one has no price', () => {
    const alike = () => 0.5
    const byDollars = play(400, alike, (name) => (name === 'good' ? 0.001 : 0.01))
    expect(byDollars.share('good', 200)).toBeGreaterThan(0.8)
    const byTokens = play(
      400,
      alike,
      (name) => (name === 'good' ? null : 0.0001),
      (name) => (name === 'good' ? 100 : 2000),
    )
    expect(byTokens.share('good', 200)).toBeGreaterThan(0.8)
  })

  test('asks a dear model that improves rather than a cheap one that fails', () => {
    const { share } = play(
      400,
      (name) => (name === 'good' ? 0.9 : null),
      (name) => (name === 'good' ? 0.1 : 0.01),
    )
    expect(share('good', 200)).toBeGreaterThan(0.6)
  })

  test('is fixed by seed, iteration and what was earned, and by nothing else', () => {
    const score = (name: string, i: number) => (name === 'good' ? 0.4 + (i % 3) / 10 : 0.4)
    expect(play(50, score).chosen).toEqual(play(50, score).chosen)
    expect(play(50, score, undefined, undefined, 2).chosen).not.toEqual(play(50, score).chosen)
  })

  test('leaves out who is only to step in', () => {
    const reserve = [arms[0]!, { name: 'reserve', weight: 0 }]
    for (let i = 0; i < 50; i++) expect(chooseByEarnings(reserve, {}, createRng(i))).toBe(0)
  })
})

describe('what models have earned', () => {
  test('a reward rises with the lead over the best before, and a failure is the worst', () => {
    const rewards = [null, Number.NaN, -5, 0.4, 0.5, 0.6, 5].map((score) => rewardOf(score, 0.5))
    expect(rewards[0]).toBe(0)
    expect(rewards[1]).toBe(0)
    for (let i = 2; i < rewards.length; i++) expect(rewards[i]).toBeGreaterThan(rewards[i - 1]!)
    expect(rewards[4]).toBeCloseTo(0.6, 12)
    expect(rewards[5]).toBeCloseTo(0.679, 3)
    expect(rewardOf(0, null)).toBeCloseTo(0.6, 12)
  })

  test('who answered is paid for the strategy; who failed before gets the worst, once an iteration', () => {
    const rounds = [
      round('a', 'b', call('a', 'rateLimit', 0, 0), call('b')),
      round('b', 'c', call('b', 'server', 0, 0), call('a', 'disabled', 0, 0), call('c')),
    ]
    const models = learnFrom({}, { rounds }, 0.5, 0.5)
    expect(models.a).toMatchObject({ asked: 1, answered: 0, rewards: 1, gain: 0, calls: 2 })
    expect(models.b).toMatchObject({ asked: 0, answered: 0, rewards: 1, gain: 0, calls: 2, tokens: 1000 })
    expect(models.c).toMatchObject({ answered: 1, rewards: 1, gain: expect.closeTo(0.6), costUsd: 0.01 })
  })

  test('an empty purse or a stop is nobody’s fault', () => {
    const rounds = [round('a', null, call('a', 'budget', 0, 0), call('b', 'aborted', 0, 0))]
    expect(learnFrom({}, { rounds }, null, null).a).toMatchObject({ asked: 1, rewards: 0 })
  })

  test('an iteration without a model changes nothing', () => {
    const models = learnFrom({}, { rounds: [round('a', 'a', call('a'))] }, 1, null)
    expect(learnFrom(models, {}, 1, null)).toBe(models)
  })

  test('what was spent is the sum of what the records charge; dollars leave out what has no price', () => {
    const rounds = [round('a', 'b', call('a', 'timeout', 0.02, 500), call('b', 'replied', null, 300))]
    expect(spendingOf(NOTHING_SPENT, { rounds })).toEqual({ calls: 2, tokens: 800, costUsd: 0.02 })
    expect(spendingOf(NOTHING_SPENT, {})).toBe(NOTHING_SPENT)
  })

  test('a record of an earlier version tells its usage', () => {
    const usage = { provider: 'p', model: 'm', inputTokens: 5, outputTokens: 7, latencyMs: 1, attempts: 2 }
    expect(spendingOf(NOTHING_SPENT, { usage: { ...usage, costUsd: 0.5 } })).toEqual({
      calls: 2,
      tokens: 12,
      costUsd: 0.5,
    })
    expect(
      spendingOf(NOTHING_SPENT, {
        usage: { ...usage, inputTokens: null, outputTokens: null, costUsd: null },
      }),
    ).toEqual({ calls: 2, tokens: 0, costUsd: 0 })
  })
})
