import { describe, expect, test } from 'vitest'
import { adviceFor } from '../../src/feedback/advice.js'
import { describeFailures, failurePatterns } from '../../src/feedback/failure-patterns.js'
import { failure, success, unknownField } from './records.js'

const error = (iteration: number, category: string, message: string, code = 'E') =>
  failure(iteration, { status: 'error', error: { category, code, message } })

describe('what failed lately', () => {
  const records = [
    error(0, 'syntax', 'old and out of the window'),
    error(1, 'unknown_field', 'no field "roe"', 'UNKNOWN_FIELD'),
    success(2, 1),
    error(3, 'unknown_field', 'no field "pe"', 'UNKNOWN_FIELD'),
    error(4, 'unknown_field', 'no field "roe"', 'UNKNOWN_GROUP'),
    failure(5, { status: 'rejected', error: { category: 'duplicate', message: 'equal to iteration 2' } }),
    failure(6, { status: 'timeout' }),
    failure(7, { status: 'ruined' }),
    success(8, null, { level: 'LEVEL_1' }),
  ]

  test('is counted by category within the window, the most frequent first and then the latest', () => {
    const patterns = failurePatterns(records, { window: 8 })
    expect(patterns.map(({ category, count, lastIteration }) => [category, count, lastIteration])).toEqual([
      ['unknown_field', 3, 4],
      ['unusable', 1, 8],
      ['ruined', 1, 7],
      ['timeout', 1, 6],
      ['duplicate', 1, 5],
    ])
    expect(patterns[0]).toMatchObject({
      codes: ['UNKNOWN_FIELD', 'UNKNOWN_GROUP'],
      examples: [
        { iteration: 4, message: 'no field "roe".' },
        { iteration: 3, message: 'no field "pe".' },
      ],
    })
  })

  test('keeps as many examples as asked for, and the hint of the latest', () => {
    const hinted = failure(9, { status: 'error', error: { ...unknownField, hint: 'write rvol' } })
    const [pattern] = failurePatterns([...records, hinted], { examples: 1 })
    expect(pattern).toMatchObject({ count: 4, advice: 'write rvol.' })
    expect(pattern!.examples).toHaveLength(1)
  })

  test('is nothing where all went well', () => {
    expect(failurePatterns([success(0, 1), success(1, -1)])).toEqual([])
    expect(describeFailures([])).toBe('')
  })

  test('reads as one line a category with count, examples and advice', () => {
    expect(describeFailures(failurePatterns(records.slice(1, 5)))).toBe(
      '3 × unknown_field, iteration 4: no field "roe". iteration 3: no field "pe". ' +
        'Use only the fields that this panel has; they are listed with the API.',
    )
    expect(describeFailures(failurePatterns([error(0, 'odd', '')]))).toBe(
      '1 × odd. Change what the message names, and keep the rest.',
    )
  })

  test('an outcome with facts of its own is told by them', () => {
    const own = { category: 'shorts', message: 'lost all on 2015-08-24' }
    expect(failurePatterns([failure(0, { status: 'ruined', error: own })])[0]).toMatchObject({
      category: 'shorts',
    })
    expect(failurePatterns([failure(0, { status: 'timeout', error: own })])[0]).toMatchObject({
      category: 'shorts',
    })
  })
})

test.each([
  ['syntax', null, /one code block/],
  ['unknown_field', null, /fields that this panel has/],
  ['check', 'WRONG_TYPE', /operators and settings/],
  ['types', null, /ports of one type/],
  ['odd', 'TOO_DEEP', /graph smaller/],
  ['duplicate', undefined, /not evaluated before/],
  ['novelty', null, /different idea/],
  ['constraint', null, /constraints of the task/],
  ['memory', null, /held at once/],
  ['llm', null, /Nothing about the strategy/],
  ['odd', 'ODD', /what the message names/],
])('advice for %s %s', (category, code, advice) => {
  expect(adviceFor(category, code)).toMatch(advice)
})
