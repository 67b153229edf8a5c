import { expect, test } from 'vitest'
import { AlphaloopError, dataError, environmentError, messageOf, usageError } from '../../src/base/errors.js'

test('the exit code says whose turn it is', () => {
  expect(usageError('A', 'a').exitCode).toBe(2)
  expect(dataError('A', 'a').exitCode).toBe(3)
  expect(environmentError('A', 'a').exitCode).toBe(4)
  expect(new AlphaloopError('failure', 'A', 'a').exitCode).toBe(1)
})

test('an error is printed with code, message, hint and its data side by side', () => {
  for (const make of [usageError, dataError, environmentError]) {
    const error = make('NO_SUCH', 'no such thing', 'take another', { thing: 3 })
    expect(error).toBeInstanceOf(Error)
    expect(error.name).toBe('AlphaloopError')
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: 'NO_SUCH',
      message: 'no such thing',
      hint: 'take another',
      thing: 3,
    })
  }
})

test('what is not known is left out', () => {
  for (const make of [usageError, dataError, environmentError]) {
    const error = make('BARE', 'bare')
    expect(error.toJSON()).toEqual({ code: 'BARE', message: 'bare' })
    expect(error.details).toEqual({})
    expect('cause' in error).toBe(false)
  }
})

test('the cause goes along', () => {
  const cause = new Error('below')
  expect(new AlphaloopError('failure', 'A', 'a', { cause }).cause).toBe(cause)
})

test('anything that was thrown has a message', () => {
  expect(messageOf(new TypeError('wrong'))).toBe('wrong')
  expect(messageOf('a text')).toBe('a text')
  expect(messageOf(undefined)).toBe('undefined')
})
