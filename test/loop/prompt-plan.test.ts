import { describe, expect, test } from 'vitest'
import type { IterationRecord } from '../../src/history/record.js'
import { planPrompt } from '../../src/loop/prompt-plan.js'
import { initialState, type ProposalView, proposalView } from '../../src/loop/state.js'
import { shapesOf, UNLIKE, unlikeness } from '../../src/search/likeness.js'
import { population, spaceOf } from '../search/support.js'
import { configOf } from './engine.js'
import { failed, record } from './records.js'

const CONFIG = configOf({ seed: 5 })
const STRATEGIES = population(spaceOf(), 30, 'plans')

const withStrategy = (iteration: number, change: Partial<IterationRecord> = {}): IterationRecord => {
  const { graph, hash } = STRATEGIES[iteration % STRATEGIES.length]!
  return record(iteration, { strategy: { graph, hash, name: graph.name }, ...change })
}
const PARENTS = STRATEGIES.map((_, i) => {
  const one = withStrategy(i)
  return { id: one.id, iteration: i, score: 2 - i / 100, record: one }
})
const view = (change: Partial<ProposalView> = {}): ProposalView => ({
  ...proposalView(initialState()),
  ...change,
})
const ERROR = { category: 'unknown field', code: 'UNKNOWN_FIELD', message: 'no field "x"', line: 2 }
/** What a model wrote that did not compile. */
const broken = (iteration: number, change: Partial<IterationRecord> = {}): IterationRecord => ({
  ...failed(iteration),
  strategy: null,
  attempt: { code: `code ${iteration}`, language: 'ts' },
  execution: { status: 'error', durationMs: 1, error: ERROR },
  ...change,
})

describe('a plan', () => {
  test('is fixed by seed, number and the state before the batch', () => {
    const full = view({ parents: PARENTS, championRecord: withStrategy(3), recent: [broken(40)] })
    const plans = Array.from({ length: 60 }, (_, i) => planPrompt(i, full, CONFIG))
    expect(Array.from({ length: 60 }, (_, i) => planPrompt(i, full, CONFIG))).toEqual(plans)
    expect(new Set(plans.map(({ variant }) => variant.name)).size).toBe(5)
    expect(Array.from({ length: 60 }, (_, i) => planPrompt(i, full, configOf({ seed: 6 })))).not.toEqual(
      plans,
    )
  })

  test('of a run that has nothing yet explores, whatever the weights are', () => {
    const config = configOf({ llm: { prompts: { explore: 0 } } })
    for (let i = 0; i < 20; i++)
      expect(planPrompt(i, view(), config)).toMatchObject({ variant: { name: 'explore' }, parents: [] })
  })

  test('names the records that it shows as parents', () => {
    const full = view({ parents: PARENTS, championRecord: withStrategy(3), recent: [broken(40)] })
    expect(planPrompt(9, full, CONFIG, 'explore').parents).toEqual([])
    expect(planPrompt(9, full, CONFIG, 'exploit').parents).toEqual(['id-3'])
    expect(planPrompt(9, full, CONFIG, 'repair').parents).toEqual(['id-40'])
    const { parents, crossed } = planPrompt(9, full, CONFIG, 'crossover')
    expect(parents).toEqual(crossed.map(({ id }) => id))
  })

  test('that cannot be made says why', () => {
    expect(() => planPrompt(4, view(), CONFIG, 'repair')).toThrow(
      'repair cannot be used for iteration 4: nothing failed lately that could be mended',
    )
  })
})

describe('a crossover', () => {
  test('takes two different parents that are unlike each other, the better ones more often', () => {
    const pairs = Array.from(
      { length: 200 },
      (_, i) => planPrompt(i, view({ parents: PARENTS }), CONFIG, 'crossover').crossed,
    )
    let rank = 0
    for (const [first, second] of pairs) {
      expect(first!.id).not.toBe(second!.id)
      const [a, b] = [first!, second!].map(({ iteration }) => shapesOf(STRATEGIES[iteration]!))
      expect(unlikeness(a!, b!)).toBeGreaterThanOrEqual(UNLIKE)
      rank += PARENTS.findIndex(({ id }) => id === first!.id)
      expect(PARENTS.findIndex(({ id }) => id === first!.id)).toBeLessThan(20)
    }
    // The better of two out of twenty: 6.2 in the mean, where one out of twenty would be 9.5.
    expect(rank / pairs.length).toBeLessThan(8)
  })

  test('of parents that are all alike takes the least alike', () => {
    const alike = [0, 1, 2].map((i) => ({ ...PARENTS[0]!, id: `same-${i}` }))
    for (let i = 0; i < 10; i++) {
      const { crossed } = planPrompt(i, view({ parents: alike }), CONFIG, 'crossover')
      expect(new Set(crossed.map(({ id }) => id)).size).toBe(2)
    }
  })
})

describe('to be mended is', () => {
  const toMend = (...recent: IterationRecord[]) => {
    try {
      return planPrompt(99, view({ recent }), CONFIG, 'repair').failed!.failure
    } catch {
      return null
    }
  }

  test('the newest strategy that failed, with its code and its exact error', () => {
    expect(toMend(broken(1), broken(2), withStrategy(3))).toEqual({
      iteration: 2,
      code: 'code 2',
      language: 'ts',
      error: ERROR,
    })
  })

  test('one that was LEVEL_1, with the reason that was recorded', () => {
    const because = 'Not a candidate (LEVEL_1): No trades on train.'
    const idle = withStrategy(7, {
      level: 'LEVEL_1',
      champion: { updated: false, because, previous: null },
    })
    const found = toMend(broken(1), idle)!
    expect(found).toMatchObject({
      iteration: 7,
      language: 'ts',
      error: { category: 'unusable', message: because },
    })
    expect(found.code).toContain('export default strategy(')
    const { strategy } = idle
    const written = { ...idle, strategy: { ...strategy!, code: 'as it was written', language: 'js' } }
    expect(toMend(written)).toMatchObject({ code: 'as it was written', language: 'js' })
  })

  test('none that is a duplicate, that crashed, or whose code nobody kept', () => {
    const { attempt: _, ...without } = broken(3)
    const crash = { category: 'crash', code: 'EVALUATION_CRASHED', message: 'no' }
    expect(
      toMend(
        failed(1, 'rejected'),
        broken(2, { execution: { status: 'error', durationMs: 1, error: crash } }),
        without,
        withStrategy(4),
      ),
    ).toBeNull()
  })

  test('none whose repair was asked for already; the repair that failed is', () => {
    const repair = { promptVariant: { name: 'repair', version: 1 }, parents: ['id-1'] }
    expect(toMend(broken(1), withStrategy(2, repair))).toBeNull()
    expect(toMend(broken(1), broken(2, repair))).toMatchObject({ iteration: 2 })
    // Another way of asking that named it a parent has not mended it.
    expect(
      toMend(broken(1), withStrategy(2, { ...repair, promptVariant: { name: 'crossover', version: 1 } })),
    ).toMatchObject({ iteration: 1 })
  })
})
