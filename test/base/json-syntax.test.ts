import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonSyntaxError } from '../../src/base/json-syntax.js'

const parses = (text: string) => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('finds an error in exactly those texts that JSON.parse refuses', () => {
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"\\u00e9"',
    '"\\x"',
    "'a'",
    '1',
    '-0',
    '01',
    '1.',
    '1e5',
    '1e',
    'true',
    'nul',
    ' ',
    '\n',
    '"\n"',
    '\\',
  ]
  const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((parts) => parts.join(''))
  const broken = fc.tuple(fc.json(), fc.nat(), fc.constantFrom(...pieces, '')).map(([text, at, piece]) => {
    const place = at % (text.length + 1)
    return text.slice(0, place) + piece + text.slice(place + 1)
  })
  fc.assert(
    fc.property(fc.oneof(fc.json(), soup, broken), (text) => {
      expect(jsonSyntaxError(text) === undefined).toBe(parses(text))
    }),
    { seed: 1, numRuns: 5000 },
  )
})

test.each([
  ['', 'a value is missing, the text ends here', 1, 1],
  ['[1,\n 2,\n]', 'a comma before "]"', 3, 1],
  ['{"a": 1 "b": 2}', '"," or "}" is missing, found "\\""', 1, 9],
  ['{"a" 1}', '":" is missing after a name, found "1"', 1, 6],
  ["{'a': 1}", 'names stand in double quotes', 1, 2],
  ['{"a": \'b\'}', 'texts stand in double quotes', 1, 7],
  ['"abc', 'a text is not closed with "', 1, 5],
  ['"a\nb"', 'a line break or control character inside a text: write \\n', 1, 3],
  ['[NaN]', 'a value is missing, found "N"', 1, 2],
  ['1 2', 'the value has ended, but more follows: found "2"', 1, 3],
  ['"\\u12g4"', '\\u needs four hexadecimal digits', 1, 3],
])('%j', (text, message, line, column) => {
  expect(jsonSyntaxError(text)).toEqual({ message, line, column })
})

test('nesting that is deeper than the call stack is no problem', () => {
  expect(jsonSyntaxError('['.repeat(200_000))).toMatchObject({
    message: 'a value is missing, the text ends here',
  })
})
