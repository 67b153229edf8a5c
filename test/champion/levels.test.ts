import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  classify,
  DEFAULT_LEVEL_THRESHOLDS,
  type Outcome,
  type RangeOutcome,
} from '../../src/champion/levels.js'

const range = (sharpe: number | null, change: Partial<RangeOutcome> = {}): RangeOutcome => ({
  metrics: { sharpe },
  daysInMarket: 200,
  positions: 12,
  benchmark: 0.5,
  ...change,
})

const scored = (train: RangeOutcome, validation: RangeOutcome): Outcome => ({
  state: 'scored',
  train,
  validation,
})

describe('levels', () => {
  test.each<[Outcome, RegExp]>([
    [{ state: 'notCompiled', message: 'unknown operator smaa' }, /did not compile: unknown operator smaa\.$/],
    [
      { state: 'rejected', gate: 'duplicate', because: 'equal to iteration 3.' },
      /\(duplicate\): equal to iteration 3\.$/,
    ],
    [{ state: 'crashed', message: 'out of memory!' }, /crashed: out of memory!$/],
    [{ state: 'timedOut', seconds: 12 }, /after 12\.00 seconds\.$/],
  ])('%j is LEVEL_0', (outcome, because) => {
    const { level, because: told } = classify(outcome)
    expect(level).toBe('LEVEL_0')
    expect(told).toMatch(because)
  })

  test('ruin is LEVEL_1', () => {
    expect(classify({ state: 'ruined', range: 'train', date: '2015-08-24' })).toEqual({
      level: 'LEVEL_1',
      because: 'Ruined: the equity was gone on 2015-08-24 (train).',
    })
  })

  test.each<[string, RangeOutcome, RangeOutcome, RegExp]>([
    ['no trades on train', range(1, { positions: 0 }), range(1), /No trades on train/],
    ['no trades on validation', range(1), range(1, { positions: 0 }), /No trades on validation/],
    ['29 days in the market', range(1), range(1, { daysInMarket: 29 }), /29 days of validation only; 30/],
    [
      'an undefined Sharpe',
      range(1),
      range(null, { notes: { sharpe: 'no variance' } }),
      /on validation is undefined: no variance\./,
    ],
  ])('%s is LEVEL_1', (_, train, validation, because) => {
    const result = classify(scored(train, validation))
    expect(result.level).toBe('LEVEL_1')
    expect(result.because).toMatch(because)
  })

  test('30 days in the market are enough', () => {
    expect(classify(scored(range(1, { daysInMarket: 30 }), range(1, { daysInMarket: 30 }))).level).toBe(
      'LEVEL_3',
    )
  })

  test.each<[number, number, number, number, string]>([
    // train, validation, benchmark on train, on validation
    [1, 1, 0.5, 0.5, 'LEVEL_3'],
    [1, 0.1, 0.5, 0.5, 'LEVEL_3'],
    [0.1, 1, 0.5, 0.5, 'LEVEL_3'],
    [0.5, 0.1, 0.5, 0.5, 'LEVEL_3'],
    [0.4, 0.4, 0.5, 0.5, 'LEVEL_2'],
    [1, 0, 0.5, -1, 'LEVEL_2'],
    [0, 1, -1, 0.5, 'LEVEL_2'],
    [-0.2, 1, 0.5, 0.5, 'LEVEL_2'],
    [1, -0.2, 0.5, 0.5, 'LEVEL_2'],
    [0.1, 0.1, -0.4, 2, 'LEVEL_3'],
  ])('train %d and validation %d against benchmarks %d and %d: %s', (train, validation, b1, b2, level) => {
    const result = classify(scored(range(train, { benchmark: b1 }), range(validation, { benchmark: b2 })))
    expect(result.level).toBe(level)
    expect(result.because).toMatch(/\.$/)
  })

  test('a benchmark without a value counts as cash, and the sentence says so', () => {
    const result = classify(scored(range(0.2, { benchmark: null }), range(0.2, { benchmark: null })))
    expect(result.level).toBe('LEVEL_3')
    expect(result.because).toContain('the benchmark has none, so cash')
  })

  test('another objective is judged by its own metric', () => {
    const by = (sortino: number) => range(-1, { metrics: { sharpe: -1, sortino } })
    expect(classify(scored(by(1), by(1)), { ...DEFAULT_LEVEL_THRESHOLDS, objective: 'sortino' }).level).toBe(
      'LEVEL_3',
    )
    expect(classify(scored(by(1), by(1))).level).toBe('LEVEL_2')
  })

  test('a better Sharpe never lowers the level', () => {
    const sharpe = fc.double({ min: -3, max: 3, noNaN: true })
    fc.assert(
      fc.property(
        sharpe,
        sharpe,
        sharpe,
        fc.double({ min: 0, max: 2, noNaN: true }),
        (train, validation, benchmark, more) => {
          const level = (a: number, b: number) =>
            classify(scored(range(a, { benchmark }), range(b, { benchmark }))).level
          expect(level(train + more, validation) >= level(train, validation)).toBe(true)
          expect(level(train, validation + more) >= level(train, validation)).toBe(true)
        },
      ),
      { seed: 2, numRuns: 300 },
    )
  })
})
