import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isUuid, millisOfUuidv7, uuidv7 } from '../../src/base/ids.js'

const millis = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const bytes = fc.uint8Array({ minLength: 10, maxLength: 10 })

test('the example of RFC 9562, appendix A.6', () => {
  const random = Uint8Array.from([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f])
  expect(uuidv7(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
})

test('any time and chance give a UUID of version 7 that carries the time', () => {
  fc.assert(
    fc.property(millis, bytes, (time, random) => {
      const id = uuidv7(time, random)
      expect(isUuid(id)).toBe(true)
      expect(id).toMatch(/^.{14}7.{4}[89ab]/)
      expect(millisOfUuidv7(id)).toBe(time)
    }),
    { seed: 1 },
  )
})

test('ids sort by the time they were made', () => {
  fc.assert(
    fc.property(millis, millis, bytes, bytes, (a, b, first, second) => {
      if (a !== b) expect(uuidv7(a, first) < uuidv7(b, second)).toBe(a < b)
    }),
    { seed: 2 },
  )
})

test('every bit of chance but six is in the id', () => {
  const base = uuidv7(1, new Uint8Array(10))
  let seen = 0
  for (let bit = 0; bit < 80; bit++) {
    const random = new Uint8Array(10)
    random[bit >> 3] = 1 << (bit & 7)
    if (uuidv7(1, random) !== base) seen++
  }
  expect(seen).toBe(74)
})

test('a time that does not fit, or too little chance, is refused', () => {
  for (const time of [-1, 0.5, 2 ** 48, Number.NaN])
    expect(() => uuidv7(time, new Uint8Array(10))).toThrow(
      `${time} is not a time in milliseconds within 48 bits`,
    )
  expect(() => uuidv7(1, new Uint8Array(9))).toThrow('uuidv7 needs 10 random bytes, not 9')
})

test('only the canonical form in lower case is a UUID', () => {
  const id = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'
  expect(isUuid(id)).toBe(true)
  for (const other of [id.toUpperCase(), ` ${id}`, `${id}0`, id.replaceAll('-', ''), `{${id}}`, ''])
    expect(isUuid(other)).toBe(false)
})
