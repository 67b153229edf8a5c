import { describe, expect, test } from 'vitest'
import { unknownSource } from '../../src/graph/unknown-source.js'

const names = { fields: ['close', 'open'], groups: ['sector'] }
const told = (...args: Parameters<typeof unknownSource>) => {
  const { code, message, hint } = unknownSource(...args)
  return [code, message, hint]
}

describe('a name that the data lacks', () => {
  test('as a field is told to be a group, and how to write that', () => {
    expect(told('field', 'sector', names)).toEqual([
      'UNKNOWN_FIELD',
      'the data has no field "sector": it is a group',
      "write group('sector')",
    ])
  })

  test('as a group is told to be a field, with the groups that there are', () => {
    expect(told('group', 'close', names)).toEqual([
      'UNKNOWN_GROUP',
      'the data has no group "close": it is a field',
      'it has sector',
    ])
  })

  test('where there are no groups, a table of them has to be joined', () => {
    const [, message, hint] = told('group', 'exchange', { ...names, groups: [] })
    expect(message).toBe('the data has no group "exchange"')
    expect(hint).toBe('it has no groups: join a table of them with --data sectors.csv (symbol,sector)')
  })

  test('that formulas of alpha101 read may be called otherwise', () => {
    expect(told('group', 'subindustry', names)[2]).toBe(
      "it has sector; an alpha101(…) reads yours with { subindustry: 'name of your group' }",
    )
    expect(told('field', 'cap', names)[2]).toBe(
      "it has close, open; an alpha101(…) reads yours with { cap: 'name of your field' }",
    )
  })

  test('comes with the nearest, and with what reads it', () => {
    expect(told('field', 'closes', names, ['atr'])[1]).toBe(
      'the data has no field "closes", which atr reads; did you mean close?',
    )
    expect(told('field', 'high', names, ['atr', 'adx'])[1]).toContain('which atr and adx read')
  })
})
