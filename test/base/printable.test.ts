import fc from 'fast-check'
import { expect, test } from 'vitest'
import { printable, singleLine } from '../../src/base/printable.js'

test('what moves a cursor, rings or turns the line round is a mark', () => {
  expect(printable('\u001b[2Jred\u0007\r\u009b31m')).toBe('\ufffd[2Jred\ufffd\ufffd\ufffd31m')
  expect(printable('a\u202eb\u2066c')).toBe('a\ufffdb\ufffdc')
  expect(printable('half \ud800 of it')).toBe('half \ufffd of it')
})

test('letters, signs, tabs and line feeds stay', () => {
  const text = 'Größe\t台積電 0050 😀 −1.5%\nnext'
  expect(printable(text)).toBe(text)
})

test('a single line is one, whatever the text was', () => {
  expect(singleLine(' a\r\nb\u2028c\t d ')).toBe('a b c d')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const line = singleLine(text)
      expect(line.split(/[\n\r\u2028\u2029]/)).toHaveLength(1)
      expect(printable(line)).toBe(line)
      expect(line).not.toMatch(/\p{Cs}/u)
    }),
    { seed: 5 },
  )
})
