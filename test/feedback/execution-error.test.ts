import { expect, test } from 'vitest'
import { usageError } from '../../src/base/errors.js'
import { categoryOf, executionErrorOf } from '../../src/feedback/execution-error.js'

test.each([
  ['REPLY_EMPTY', 'reply'],
  ['UNKNOWN_FIELD', 'unknown field'],
  ['UNKNOWN_GROUP', 'unknown field'],
  ['UNKNOWN_OPERATOR', 'unknown operator'],
  ['UNKNOWN_METHOD', 'unknown operator'],
  ['STRATEGY_SYNTAX', 'syntax'],
  ['STRATEGY_IMPORT', 'syntax'],
  ['LIMIT_EXCEEDED', 'limit'],
  ['STRATEGY_TOO_LARGE', 'limit'],
  ['INVALID_PARAMETER', 'wrong argument'],
  ['WRONG_TYPE', 'wrong argument'],
  ['STRATEGY_TIMEOUT', 'resource'],
  ['STRATEGY_MEMORY', 'resource'],
  ['INVALID_PORTFOLIO', 'portfolio setting'],
  ['NO_OPEN_PRICES', 'portfolio setting'],
  ['STRATEGY_ERROR', 'strategy'],
])('%s counts as %s', (code, category) => {
  expect(categoryOf(code)).toBe(category)
})

test('the record of an error has its place and hint where they are known, and nothing else', () => {
  const error = usageError('STRATEGY_SYNTAX', 'a bracket is missing', 'close it', {
    line: 3,
    column: 7,
    sourceLine: 'rank(',
  })
  expect(executionErrorOf(error)).toEqual({
    category: 'syntax',
    code: 'STRATEGY_SYNTAX',
    message: 'a bracket is missing',
    line: 3,
    column: 7,
    hint: 'close it',
  })
  expect(executionErrorOf(usageError('X', 'no place', undefined, { line: -1, column: 'x' }))).toEqual({
    category: 'strategy',
    code: 'X',
    message: 'no place',
  })
})
