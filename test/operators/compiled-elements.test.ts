import { expect, test } from 'vitest'
import { createRng, type Rng } from '../../src/base/rng.js'
import { DERIVED_FIELDS, deriveField, storedField } from '../../src/graph/derived-fields.js'
import {
  arrayStream,
  behind,
  elementStream,
  kernelStream,
  rowsStream,
  shiftStream,
  streamType,
  writeStream,
} from '../../src/graph/evaluate/stream.js'
import { pieceRows } from '../../src/graph/kernels/compiled/series.js'
import type { Column, Params } from '../../src/graph/operator.js'
import { OPERATORS } from '../../src/graph/operators/index.js'
import { operatorNamed } from '../../src/graph/registry.js'
import { LOOKS, testContext } from './support.js'

const EDGES = [Number.NaN, 0, -0, 1, -1, 5e-324, -5e-324, 1e-308, 1.7e308, -1.7e308, 0.1, 1 / 3]
const some = (rng: Rng) => (rng.next() < 0.4 ? rng.pick(EDGES) : (rng.next() - 0.5) * 10)
const PARAMS: Params = { lo: -1.5, hi: 2, v: -0, n: 3 }

const sameBits = (got: ArrayLike<number>, wanted: ArrayLike<number>, what: string) => {
  expect(got.length).toBe(wanted.length)
  for (let i = 0; i < got.length; i++)
    if (!Object.is(got[i], wanted[i])) expect.fail(`${what}, ${i}: ${got[i]}, not ${wanted[i]}`)
}

function columnsFor(name: string, bars: number, width: number, vectorAt: number, rng: Rng): Column[] {
  return operatorNamed(name).inputs.map(({ type }, i): Column => {
    const cells = bars * width
    if (type === 'boolean')
      return { type, width, values: Uint8Array.from({ length: cells }, () => rng.int(0, 1)) }
    const isVector = i === vectorAt
    const values = Float64Array.from({ length: isVector ? bars : cells }, () => some(rng))
    return { type: isVector ? 'vector' : 'panel', width: isVector ? 1 : width, values }
  })
}

const CELL_BY_CELL = OPERATORS.filter(({ reference }) => reference.kind === 'element')

test('all elementwise operators but a few are compiled', () => {
  const left = CELL_BY_CELL.filter(({ compiled }) => compiled === undefined)
  expect(left.map(({ name }) => name).sort()).toEqual(['exp', 'log', 'pow', 'tanh'])
})

test.each(CELL_BY_CELL.map((operator) => [operator.name, operator] as const))(
  '%s has the bits of its kernel where it is computed as it is read, in pieces and with a value for a whole row',
  (name, operator) => {
    for (const [bars, width] of [
      [7, 1],
      [31, 3],
      [40, 500],
      [3, 9001],
    ] as const)
      for (const vectorAt of [-1, 0, 1]) {
        const rng = createRng(width, name, vectorAt)
        const inputs = columnsFor(name, bars, width, vectorAt, rng)
        if (inputs.every(({ type }) => type === 'vector')) continue
        const type = operator.type(inputs.map((column) => column.type))
        const make = () =>
          type === 'boolean' ? new Uint8Array(bars * width) : new Float64Array(bars * width)
        const context = testContext({ bars, symbols: width }, LOOKS[0]!, 1)
        const plain = make()
        operator.kernel(plain, inputs, PARAMS, context, { output: undefined, mask: undefined })
        const streams = inputs.map((column) => arrayStream(column, width))
        const out = make()
        const read = kernelStream(streamType(type), operator, PARAMS, streams, context)
        writeStream(out, read, bars, width)
        sameBits(out, plain, `${name}, its kernel in pieces`)
        if (operator.compiled === undefined) continue
        out.fill(9)
        const compiled = elementStream(streamType(type), operator.compiled(PARAMS), streams, width)
        writeStream(out, compiled, bars, width)
        sameBits(out, plain, `${name}, compiled`)
      }
  },
)

const SHIFTS = OPERATORS.filter(({ shift }) => shift !== undefined)

test.each(SHIFTS.map((operator) => [operator.name, operator] as const))(
  '%s has the bits of its kernel where it is computed as it is read',
  (name, operator) => {
    for (const [bars, width] of [
      [2, 3],
      [40, 3],
      [40, 700],
    ] as const) {
      const inputs = columnsFor(name, bars, width, -1, createRng(width, name))
      const context = testContext({ bars, symbols: width }, LOOKS[0]!, 1)
      const plain = new Float64Array(bars * width)
      operator.kernel(plain, inputs, PARAMS, context, { output: undefined, mask: undefined })
      const now = arrayStream(inputs[0]!, width)
      const before = behind(now, 3, width)
      const out = new Float64Array(bars * width)
      const { shift } = operator
      writeStream(out, shiftStream(shift!, shift!.readsNow ? now : undefined, before, width), bars, width)
      sameBits(out, plain, name)
    }
  },
)

test.each(DERIVED_FIELDS)(
  'the field %s has the same bits by its formula, at all bars and at rows',
  (name) => {
    const [bars, width] = [50, 11]
    const rng = createRng(1, name)
    const fields = new Map(
      ['close', 'high', 'low', 'volume'].map((own) => [
        own,
        Float64Array.from({ length: bars * width }, () =>
          rng.next() < 0.1 ? rng.pick([Number.NaN, Number.POSITIVE_INFINITY, 0]) : 1 + rng.next(),
        ),
      ]),
    )
    const wanted = deriveField(name, fields, width)!
    const context = { ...testContext({ bars, symbols: width }, LOOKS[0]!, 1) }
    const stored = (own: string) => storedField(own, fields)
    const formula = operatorNamed('field').formula!({ name }, { ...context, stored })
    if (name === 'rawClose') {
      expect(formula).toBeUndefined()
      return
    }
    const { element, of } = formula!
    const write = (rows: Int32Array) => {
      const inputs = of.map(({ values, back }) => rowsStream(values, width, rows, back))
      const out = new Float64Array(rows.length * width)
      writeStream(out, elementStream('panel', element, inputs, width), rows.length, width)
      return out
    }
    sameBits(write(Int32Array.from({ length: bars }, (_, bar) => bar)), wanted, name)
    const rows = Int32Array.of(0, 1, 17, 49)
    const at = Float64Array.from({ length: rows.length * width }, (_, i) => {
      return wanted[rows[Math.floor(i / width)]! * width + (i % width)]!
    })
    sameBits(write(rows), at, `${name} at rows`)
  },
)

test('a piece is some bars, and one of a panel so wide that it alone is more', () => {
  expect([1, 500, 8192, 9000].map(pieceRows)).toEqual([8192, 16, 1, 1])
})
