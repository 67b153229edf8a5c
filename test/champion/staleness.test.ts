import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/base/rng.js'
import { DEFAULT_CHAMPION_POLICY } from '../../src/champion/policy.js'
import {
  checkStaleness,
  DEFAULT_STALENESS_POLICY,
  type ScoredContender,
  stalenessDue,
} from '../../src/champion/staleness.js'
import { contender, returnsFor } from './contenders.js'

const policy = { ...DEFAULT_CHAMPION_POLICY, bootstrapDraws: 200 }
const scored = (
  iteration: number,
  sharpe: number | null,
  change: Partial<ScoredContender> = {},
): ScoredContender => ({
  ...contender({ sharpe: sharpe as number }, { hash: `h${iteration}`, returns: returnsFor(sharpe ?? 0) }),
  id: `id${iteration}`,
  iteration,
  ...change,
})
const now = () => ({ rng: createRng('staleness'), periodsPerYear: 252 })
const check = (champion: ScoredContender, entries: readonly ScoredContender[]) =>
  checkStaleness(champion, entries, policy, now())

describe('staleness', () => {
  test('a look is due every 50 iterations, and never at 0 or when switched off', () => {
    expect([0, 1, 49, 50, 51, 100].map((recorded) => stalenessDue(recorded))).toEqual([
      false,
      false,
      false,
      true,
      false,
      true,
    ])
    expect(stalenessDue(50, { ...DEFAULT_STALENESS_POLICY, stalenessEvery: 0 })).toBe(false)
  })

  test('a champion below the median of the best five is demoted, and the best that passes the gates takes over', () => {
    const entries = [1.3, 1.2, 1.25, 1.1, 1.15, 0.2, 0.3].map((sharpe, i) => scored(i, sharpe))
    const decision = check(scored(90, 1), entries)
    expect(decision).toMatchObject({ demote: true, successor: { id: 'id0' }, cohortMedian: 1.2 })
    expect(decision.because).toMatch(
      /^The champion is demoted: validation Sharpe 1\.00 against a median of 1\.20 of the best 5 among the last 7 scored\. Iteration 0 takes over with 1\.30: .*\.$/,
    )
  })

  test('a successor needs no margin', () => {
    const entries = [1.01, 1.01, 1.01, 1.01, 1.01].map((sharpe, i) =>
      scored(i, sharpe, { returns: returnsFor(2) }),
    )
    expect(check(scored(90, 1), entries)).toMatchObject({ demote: true, successor: { iteration: 0 } })
  })

  test('the best that fails a gate is passed over for the next', () => {
    const entries = [
      scored(0, 2, { level: 'LEVEL_2' }),
      scored(1, 1.9, contender({ sharpe: 1.9, maxDrawdown: -0.4 })),
      scored(2, 1.8, { returns: returnsFor(0.5) }),
      scored(3, 1.7),
      scored(4, 1.6),
    ]
    expect(check(scored(90, 1), entries)).toMatchObject({ demote: true, successor: { iteration: 3 } })
  })

  test('where none passes the champion stays', () => {
    const entries = [1.5, 1.4, 1.3, 1.2, 1.1].map((sharpe, i) => scored(i, sharpe, { level: 'LEVEL_2' }))
    const decision = check(scored(90, 1), entries)
    expect(decision).toMatchObject({ demote: false, cohortMedian: 1.3 })
    expect(decision.because).toMatch(/but no other member of the cohort passes the gates\.$/)
  })

  test('a champion at the median stays, one just below does not', () => {
    const entries = [1.4, 1.3, 1.2, 1.1, 1.05].map((sharpe, i) => scored(i, sharpe))
    expect(check(scored(90, 1.2), entries).demote).toBe(false)
    expect(check(scored(90, 1.199), entries).demote).toBe(true)
  })

  test('the champion is no successor of itself', () => {
    const champion = scored(2, 1.2)
    const others = [1.5, 1.45].map((sharpe, i) => scored(i, sharpe, { level: 'LEVEL_1' }))
    const weak = [1.3, 1.25].map((sharpe, i) => scored(i + 3, sharpe, { level: 'LEVEL_2' }))
    expect(check(champion, [...others, champion, ...weak]).demote).toBe(false)
  })

  test('four scored records are too few, and those without a Sharpe do not count', () => {
    const entries = [1.5, 1.4, 1.3, 1.2, null, null].map((sharpe, i) => scored(i, sharpe))
    expect(check(scored(90, 1), entries)).toEqual({
      demote: false,
      because: 'The champion stays: 4 scored records are too few for a cohort of 5.',
      cohortMedian: null,
    })
  })

  test('only the last 50 scored count, and of 200 in a wider window the best 20 form the cohort', () => {
    const early = Array.from({ length: 10 }, (_, i) => scored(i, 3))
    const late = Array.from({ length: 50 }, (_, i) => scored(10 + i, 0.5))
    expect(check(scored(90, 1), [...early, ...late]).demote).toBe(false)
    const wide = { ...DEFAULT_STALENESS_POLICY, stalenessWindow: 200 }
    const many = Array.from({ length: 200 }, (_, i) => scored(i, i < 9 ? 3 : 0.5))
    expect(checkStaleness(scored(900, 1), many, policy, now(), wide)).toMatchObject({ cohortMedian: 0.5 })
    expect(checkStaleness(scored(900, 1), many, policy, now(), wide).because).toContain(
      'best 20 among the last 200',
    )
  })

  test('a share that is no binary fraction takes no member too many', () => {
    // 0.07 · 100 is 7.000000000000001.
    const wide = { ...DEFAULT_STALENESS_POLICY, stalenessWindow: 100, stalenessShare: 0.07 }
    const many = Array.from({ length: 100 }, (_, i) => scored(i, 1.5))
    expect(checkStaleness(scored(900, 2), many, policy, now(), wide).because).toContain(
      'best 7 among the last 100',
    )
  })

  test('ties go to the earlier record', () => {
    const entries = [4, 2, 3, 1, 0].map((iteration) => scored(iteration, 1.5))
    expect(check(scored(90, 1), entries)).toMatchObject({ successor: { iteration: 0 } })
  })

  test('a champion without a value is below every median', () => {
    const entries = [1.5, 1.4, 1.3, 1.2, 1.1].map((sharpe, i) => scored(i, sharpe))
    expect(check(scored(90, null), entries)).toMatchObject({ demote: true, successor: { iteration: 0 } })
  })
})
