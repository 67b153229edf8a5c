import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { decideChampion } from '../../src/champion/decide.js'
import { calmarGate, chanceGate, clause, marginGate, successionGates } from '../../src/champion/gates.js'
import { DEFAULT_HALL_POLICY, type HallEntry, hallOfFame } from '../../src/champion/hall-of-fame.js'
import { percent } from '../../src/champion/objective.js'
import { DEFAULT_CHAMPION_POLICY, requiredMargin } from '../../src/champion/policy.js'
import { checkStaleness, type ScoredContender } from '../../src/champion/staleness.js'
import { chanceBetter } from '../../src/validation/stationary-bootstrap.js'
import { BARS, contender, context, returnsFor } from './contenders.js'

const policy = { ...DEFAULT_CHAMPION_POLICY, bootstrapDraws: 200 }
const champion = contender({ sharpe: 1 })

describe('the Calmar gate', () => {
  test.each([
    [2, 1.8],
    [0.5, 0.45],
    [-2, -2.2],
    [0, 0],
  ])('of a champion with %d asks for %d', (held, limit) => {
    const gate = (calmar: number) =>
      calmarGate(contender({ sharpe: 1, calmar: held }), contender({ sharpe: 1, calmar }), policy)
    expect(gate(limit)).toMatchObject({ gate: 'calmar', verdict: 'passed', value: limit, limit })
    expect(gate(limit - 1e-6).verdict).toBe('failed')
  })
})

describe('the margin gate says why it asks for its lead', () => {
  const because = (held: number, value: number, iteration: number, rule = policy) =>
    marginGate(value, held, rule, context({ iteration, crownedAt: 10 }), 'Sharpe').because

  test('the least lead', () => {
    expect(because(1, 1.5, 40)).toBe(
      "validation Sharpe 1.50 against the champion's 1.00, 1.02 needed (a lead of 0.02: the least lead)",
    )
  })

  test('a share of the champion', () => {
    expect(because(5, 5.5, 40)).toMatch(/5\.05 needed \(a lead of 0\.05: 1\.0%\)$/)
  })

  test('a larger share soon after a crowning', () => {
    expect(because(5, 5.5, 12)).toMatch(
      /5\.50 needed \(a lead of 0\.50: 10\.0% within 2 iterations of a crowning\)$/,
    )
    expect(because(5, 5.5, 13)).toMatch(/\(a lead of 0\.05: 1\.0%\)$/)
  })

  test('one share for all times is not called recent', () => {
    const level = { ...policy, marginRecent: 0.01, marginSettled: 0.01 }
    expect(because(5, 5.5, 11, level)).toMatch(/\(a lead of 0\.05: 1\.0%\)$/)
  })

  test('a champion that nobody crowned has settled', () => {
    expect(requiredMargin(5, policy, { iteration: 1, crownedAt: null })).toEqual({
      share: 0.01,
      lead: 0.05,
      target: 5.05,
    })
  })
})

describe('the chance of being better', () => {
  /** Returns of their own, so that the chance is neither 0 nor 1. */
  const own = (label: string, drift: number, size: number) => {
    const rng = createRng(label)
    return Float64Array.from({ length: BARS }, () => drift + size * rng.normal())
  }
  const held = contender({ sharpe: 1 }, { returns: own('held', 0.0006, 0.006) })
  const other = contender({ sharpe: 1.4 }, { returns: own('other', 0.001, 0.02) })
  const chance = (change: Parameters<typeof context>[0], rule = policy) =>
    chanceGate(held, other, rule, context(change), false).value
  const settings = { draws: 200, ratio: 'sharpe', periodsPerYear: 252 } as const

  test('is of returns over the risk-free rate of one bar', () => {
    const wanted = chanceBetter(other.returns, held.returns, {
      ...settings,
      rng: context().rng,
      riskFree: 0.1 / 252,
    })
    expect(chance({ riskFree: 0.1 })).toBe(wanted)
    expect(chance({})).not.toBe(wanted)
  })

  test('for the active Sharpe is of returns over the benchmark, and no other rate', () => {
    const active = { ...policy, objective: 'activeSharpe' } as const
    const benchmarkReturns = own('benchmark', 0.0003, 0.01)
    const over = (returns: Float64Array) => returns.map((value, bar) => value - benchmarkReturns[bar]!)
    const wanted = chanceBetter(over(other.returns), over(held.returns), {
      ...settings,
      rng: context().rng,
      riskFree: 0,
    })
    expect(chance({ benchmarkReturns, riskFree: 0.5 }, active)).toBe(wanted)
    expect(chance({})).not.toBe(wanted)
  })

  test('for the active Sharpe without a benchmark of the same bars is a failure that says what to hand in', () => {
    const active = { ...policy, objective: 'activeSharpe' } as const
    const failure = (message: string) =>
      expect.objectContaining({
        kind: 'failure',
        code: 'BENCHMARK_RETURNS_MISSING',
        message,
        hint: 'Hand the validation returns of the benchmark to decideChampion as context.benchmarkReturns.',
      })
    const compares = 'activeSharpe compares returns over the benchmark, and there are'
    expect(() => chance({}, active)).toThrow(failure(`${compares} no benchmark returns for ${BARS} bars`))
    expect(() => chance({ benchmarkReturns: new Float64Array(3) }, active)).toThrow(
      failure(`${compares} 3 benchmark returns for ${BARS} bars`),
    )
  })

  test('is not drawn for a successor that fails any other gate', () => {
    const gates = successionGates(champion, contender({ sharpe: 1.4, maxDrawdown: -0.5 }), policy, context())
    expect(gates.map(({ gate, verdict }) => [gate, verdict])).toEqual([
      ['level', 'passed'],
      ['calmar', 'passed'],
      ['drawdown', 'failed'],
      ['chance', 'notReached'],
    ])
    expect(gates.at(-1)!.because).toBe('the chance of being better was not drawn')
  })
})

describe('sentences', () => {
  test('a Calmar or drawdown that is undefined on one side or both is not judged, with the reasons', () => {
    const without = (note: string) => {
      const bare = contender({ sharpe: 2, calmar: null, cagr: null })
      return { ...bare, validation: { ...bare.validation, notes: { calmar: note } } }
    }
    const because = (one: typeof champion, two: typeof champion) => {
      const gate = calmarGate(one, two, policy)
      expect(gate).toMatchObject({ gate: 'calmar', verdict: 'notJudged', value: null, limit: null })
      return gate.because
    }
    expect(because(champion, without('No days.'))).toBe(
      'its Calmar is undefined (No days), so it is not judged',
    )
    expect(because(without('Ruined'), champion)).toBe(
      "the champion's Calmar is undefined (Ruined), so it is not judged",
    )
    expect(because(without('Ruined'), without('No days.'))).toBe(
      "its Calmar is undefined (No days) and the champion's Calmar is undefined (Ruined), so it is not judged",
    )
    const flat = contender({ sharpe: 2, maxDrawdown: null })
    expect(successionGates(flat, flat, policy, context())[2]).toMatchObject({
      gate: 'drawdown',
      verdict: 'notJudged',
      because: expect.stringMatching(
        /^its max drawdown is undefined .* and the champion's max drawdown is undefined/,
      ),
    })
  })

  test('a reason from elsewhere loses its full stop, and nothing else', () => {
    expect(clause(' Too few bars. ')).toBe('Too few bars')
    expect(clause('Really?!')).toBe('Really')
    expect(clause('1.5 of 3.0 bars')).toBe('1.5 of 3.0 bars')
  })

  test('a share that rounds to nothing has no sign', () => {
    expect(percent(-0.0001)).toBe('0.0%')
    expect(percent(-0.001)).toBe('-0.1%')
    expect(percent(-0.2004)).toBe('-20.0%')
    expect(percent(-10.004)).toBe('-1000.4%')
  })
})

describe('a tie', () => {
  const tied = (own: object, held: object, more = {}, heldMore = {}) =>
    decideChampion(
      contender({ sharpe: 1, ...held }, heldMore),
      contender({ sharpe: 1, ...own }, more),
      policy,
      context(),
    )
  const equal = "validation Sharpe equals the champion's within 1e-9"

  test('goes to the smaller drawdown, with both in the sentence', () => {
    expect(tied({ maxDrawdown: -0.08 }, {})).toMatchObject({
      updated: true,
      by: 'tie',
      because: expect.stringContaining(`${equal}, and its drawdown is 8.0% and the champion's 10.0%`),
      gates: [{}, { gate: 'margin', verdict: 'notJudged' }, { gate: 'calmar' }],
    })
  })

  test('of equal drawdowns goes to the smaller graph, with both in the sentence', () => {
    expect(tied({}, {}, { nodes: 9 })).toMatchObject({
      updated: true,
      because: expect.stringContaining(
        `${equal}, and its drawdown is 10.0% and the champion's 10.0%, and its graph has 9 nodes and the champion's 10`,
      ),
    })
  })

  test('of equals stays with the champion, with everything in the sentence', () => {
    expect(tied({}, {})).toMatchObject({
      updated: false,
      gate: 'margin',
      because: `Not champion (margin): ${equal}, but its drawdown is 10.0% and the champion's 10.0%, and its graph has 10 nodes and the champion's 10: neither is smaller in the way that breaks a tie.`,
    })
  })

  test('a drawdown that is smaller or larger by no more than a tie is an equal one', () => {
    // 0.5 and 2^-30: both drawdowns and their difference are exact.
    const tie = { ...policy, tie: 2 ** -30 }
    const within = (own: number, nodes: number) =>
      decideChampion(
        contender({ sharpe: 1, maxDrawdown: -0.5 }),
        contender({ sharpe: 1, maxDrawdown: own }, { nodes }),
        tie,
        context(),
      ).updated
    expect(within(-0.5 + 2 ** -30, 10)).toBe(false)
    expect(within(-0.5 + 2 ** -29, 10)).toBe(true)
    expect(within(-0.5 - 2 ** -30, 9)).toBe(true)
    expect(within(-0.5 - 2 ** -29, 9)).toBe(false)
  })

  test('is as wide as the policy says, and its ends belong to it', () => {
    const by = (lead: number, tie?: number) => {
      const decision = decideChampion(
        contender({ sharpe: 1 }),
        contender({ sharpe: 1 + lead }, { nodes: 9 }),
        { ...policy, tie },
        context(),
      )
      return decision.updated ? decision.by : decision.gate
    }
    expect(by(2 ** -10, 2 ** -10)).toBe('tie')
    expect(by(2 ** -9, 2 ** -10)).toBe('margin')
    expect(by(1e-10)).toBe('tie')
    expect(by(1e-8)).toBe('margin')
  })
})

describe('the cohort of a look at staleness', () => {
  const scored = (
    iteration: number,
    sharpe: number,
    more: Partial<ScoredContender> = {},
  ): ScoredContender => ({
    ...contender({ sharpe }, { hash: `h${iteration}` }),
    id: `id${iteration}`,
    iteration,
    ...more,
  })
  const look = (entries: readonly ScoredContender[], held = scored(90, 0.2)) =>
    checkStaleness(
      held,
      entries,
      { ...policy, minChance: 0 },
      { rng: createRng('look'), periodsPerYear: 252 },
    )

  test('ranks by objective whatever the order of the history', () => {
    const sharpes = [0.3, 1.7, 0.9, 1.1, 0.5, 1.5, 1.3]
    expect(look(sharpes.map((sharpe, i) => scored(i, sharpe)))).toMatchObject({
      demote: true,
      successor: { iteration: 1 },
      cohortMedian: 1.3,
    })
  })

  test('gives a tie to the earlier one', () => {
    const entries = [5, 1, 4, 2, 3].map((iteration) => scored(iteration, 1))
    expect(look(entries)).toMatchObject({ demote: true, successor: { iteration: 1 } })
  })

  test('does not let the champion succeed itself', () => {
    const held = scored(90, 0.2, { hash: 'h1' })
    const entries = [0.9, 1.5, 1.1, 1.0, 0.8].map((sharpe, i) => scored(i, sharpe))
    expect(look(entries, held)).toMatchObject({ demote: true, successor: { iteration: 2 } })
  })

  test('says that a champion whose objective is undefined is', () => {
    const entries = [0.9, 1.5, 1.1, 1.0, 0.8].map((sharpe, i) => scored(i, sharpe))
    const held = scored(90, null as unknown as number, { returns: returnsFor(0) })
    expect(look(entries, held).because).toContain('validation Sharpe undefined against a median of 1.00')
  })
})

describe('the hall of fame', () => {
  const entry = (iteration: number, value: number, change: Partial<HallEntry> = {}): HallEntry =>
    ({
      hash: `h${iteration}`,
      id: `id${iteration}`,
      iteration,
      level: 'LEVEL_3',
      value,
      returns: null,
      ...change,
    }) as HallEntry

  test('gives a tie to the earlier one', () => {
    const hall = hallOfFame([entry(7, 2.5), entry(3, 2.5), entry(5, 2.5)])
    expect(hall.champions.map(({ iteration }) => iteration)).toEqual([3, 5, 7])
  })

  test('archives up to its size and no further', () => {
    const rule = { ...DEFAULT_HALL_POLICY, archiveSize: 2 }
    const hall = hallOfFame([entry(1, 0.1), entry(2, 0.2), entry(3, 0.3), entry(4, 1.6)], rule)
    expect(hall.archived.map(({ iteration }) => iteration)).toEqual([3, 2])
    expect(hall.refused).toMatchObject([{ reason: 'full', entry: { iteration: 1 } }])
    expect(hall.contenders).toHaveLength(1)
  })

  test('refuses a correlation that is just as high as what counts as near', () => {
    const returns = Float64Array.from([1, -1, 1, -1])
    const rule = { ...DEFAULT_HALL_POLICY, nearDuplicate: 1 }
    const hall = hallOfFame([entry(1, 3, { returns }), entry(2, 2.5, { returns })], rule)
    expect(hall.refused).toMatchObject([{ reason: 'nearDuplicate', correlation: 1 }])
  })
})
