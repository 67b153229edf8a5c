import { expect, test } from 'vitest'
import { createBuilder } from '../../src/strategy/builder.js'
import { type Expected, finishProgram } from '../../src/strategy/prelude.js'
import { builderTable } from '../../src/strategy/signatures.js'

const EXPECTED: Expected = {
  kind: 'strategy',
  hasDefaultExport: true,
  acceptOnlyOne: false,
  fieldVariables: [],
}

function setUp() {
  const builder = createBuilder(builderTable(), (code) => {
    throw new Error(code)
  })
  const close = builder.api.field!('close')
  const finish = (exports: Record<string, unknown>, expected: Partial<Expected> = {}) =>
    JSON.parse(finishProgram(builder, { ...EXPECTED, ...expected }, exports))
  return { builder, close, finish }
}

test('the default export counts where it is a strategy', () => {
  const { builder, close, finish } = setUp()
  const first = builder.strategy({ weights: close })
  builder.strategy({ weights: close })
  expect(finish({ default: first })).toEqual({ kind: 'strategy', strategy: first })
})

test('without a default export the only strategy counts, if that is allowed', () => {
  const { builder, close, finish } = setUp()
  const only = { hasDefaultExport: false, acceptOnlyOne: true }
  expect(finish({}, only)).toEqual({ kind: 'nothing', found: 'nothing', made: 0 })
  const made = builder.strategy({ weights: close })
  expect(finish({}, only)).toEqual({ kind: 'strategy', strategy: made })
  expect(finish({}, { ...only, acceptOnlyOne: false })).toMatchObject({ kind: 'nothing', made: 1 })
  builder.strategy({ weights: close })
  expect(finish({}, only)).toMatchObject({ kind: 'nothing', made: 2 })
})

test('anything else is named', () => {
  const { close, finish } = setUp()
  const found = (value: unknown) => finish({ default: value }).found
  expect(found(close)).toBe('an expression')
  expect(found(5)).toBe('the number 5')
  expect(found(null)).toBe('null')
  expect(found(undefined)).toBe('undefined')
  expect(found([])).toBe('an array')
  expect(found({})).toBe('an object')
  expect(found('x')).toBe('a string')
})

test('an expression becomes nodes and a root', () => {
  const { close, finish } = setUp()
  expect(finish({ default: close }, { kind: 'expression' })).toEqual({
    kind: 'expression',
    nodes: [{ id: 'n1', op: 'field', inputs: [], params: { name: 'close' } }],
    root: 'n1',
  })
})
