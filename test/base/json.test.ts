import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson, deepFreeze, type JsonValue } from '../../src/base/json.js'

test('keys stand in code-unit order at every depth, without white space', () => {
  expect(canonicalJson({ b: [1, { z: null, a: true }], a: 'x', é: 1, Z: 2, '': 3 })).toBe(
    '{"":3,"Z":2,"a":"x","b":[1,{"a":true,"z":null}],"é":1}',
  )
})

test('keys without a value are left out', () => {
  expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}')
})

test('numbers that JSON cannot say are refused, not turned into null', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    expect(() => canonicalJson({ deep: [value] })).toThrow(`canonicalJson: ${value} has no JSON form`)
  expect(canonicalJson(-0)).toBe('0')
})

test('any JSON comes back equal, and equal JSON has one text', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value as JsonValue)
      // −0 has no sign in JSON.
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      expect(canonicalJson(JSON.parse(text))).toBe(text)
    }),
    { seed: 3, numRuns: 300 },
  )
})

test('freezing goes all the way down, and past what is frozen already', () => {
  const frozen = Object.freeze({ kept: 1 })
  const value = deepFreeze({ list: [{ x: 1 }], frozen, data: new Float64Array(2), none: null })
  expect(Object.isFrozen(value.list) && Object.isFrozen(value.list[0])).toBe(true)
  value.data[0] = 5
  expect(value.data[0]).toBe(5)
  expect(deepFreeze(7)).toBe(7)
})
