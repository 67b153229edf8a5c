import { describe, expect, test } from 'vitest'
import type { Column, OperatorDefinition } from '../../src/graph/operator.js'
import { OPERATORS } from '../../src/graph/operators/index.js'
import {
  inputsFor,
  LOOKS,
  type Look,
  outputType,
  paramsFor,
  runKernel,
  runReference,
  type Shape,
  same,
  seeded,
  testContext,
} from './support.js'

const DEEP = process.env.ALPHALOOP_DEEP === '1'

/** Results that are counts, choices or single roundings: there the two forms must agree to the last bit. */
const EXACT = new Set(
  'rank bucket top bottom groupRank tsRank argMin argMax tsMin tsMax lag delta pctChange logReturn count barsSince streak ffill cumMax cumMin crossAbove crossBelow hold cooldown donchian field constant group calendar benchmark'.split(
    ' ',
  ),
)
const exact = (operator: OperatorDefinition) =>
  operator.reference.kind === 'element' || EXACT.has(operator.name)

function expectEqualForms(operator: OperatorDefinition, kind: Kind, look: Look, shape: Shape, seed: number) {
  const context = testContext(shape, look, seed)
  const drawn = inputsFor(operator, kind, shape, look, seed + 1)
  const inputs = UNSIGNED.has(operator.name) ? drawn.map(withoutSign) : drawn
  const params = paramsFor(operator, seed + 2, seed % 3 === 0 ? 20 : 6)
  const random = seeded(seed + 3)
  const mask =
    operator.category === 'crossSection' && seed % 2 === 1
      ? Uint8Array.from({ length: shape.bars * shape.symbols }, () => (random() < 0.7 ? 1 : 0))
      : undefined
  const scale = magnitude(inputs)
  for (const output of operator.outputs ?? [undefined]) {
    const fast = runKernel(operator, inputs, params, context, { output, mask })
    const plain = runReference(operator, inputs, params, context, { output, mask })
    expect(plain.length).toBe(fast.length)
    for (let i = 0; i < fast.length; i++) {
      const ok = exact(operator)
        ? same(fast[i]!, plain[i]!)
        : same(fast[i]!, plain[i]!) ||
          Math.abs(fast[i]! - plain[i]!) <= 1e-9 * Math.max(Math.abs(plain[i]!), scale)
      if (!ok)
        expect.fail(
          `${operator.name}.${output} ${JSON.stringify(params)} on ${kind}, ${look.name}, seed ${seed}, cell ${i}: kernel ${fast[i]}, reference ${plain[i]}`,
        )
    }
  }
}

/** Operators that divide by sums of what is never negative: flows of either sign cancel, and rounding is left. */
const UNSIGNED = new Set(['mfi'])
const withoutSign = (column: Column): Column =>
  column.type === 'boolean' ? column : { ...column, values: column.values.map(Math.abs) }

/** Size below which a difference is rounding: 1, or less where all inputs are small. */
function magnitude(inputs: readonly Column[]): number {
  let most = 0
  for (const input of inputs)
    for (const v of input.values) if (!Number.isNaN(v)) most = Math.max(most, Math.abs(v))
  return Math.min(1, most)
}

type Kind = Parameters<typeof inputsFor>[1]

describe.each(OPERATORS.map((operator) => [operator.name, operator] as const))('%s', (_name, operator) => {
  const takesNumbers = operator.inputs.some((input) => input.type === 'numeric')
  const kinds: Kind[] = takesNumbers ? ['panels', 'vectors'] : ['panels']
  if (operator.inputs.filter((input) => input.type === 'numeric').length > 1)
    kinds.push('mixed', 'mixed the other way')
  if (operator.inputs.some((input) => input.optional)) kinds.push('without optional')

  // A spread of 1e-9 of the values leaves moments over time no nine digits: that look is for ranks and sorting.
  const looks = LOOKS.filter(
    (look) => look.name !== 'nearly equal' || exact(operator) || operator.category === 'crossSection',
  )

  test('kernel and reference agree', () => {
    let seed = 1
    for (const kind of kinds)
      for (const look of looks) {
        expectEqualForms(operator, kind, look, { bars: 45, symbols: 3 }, seed++)
        expectEqualForms(operator, kind, look, { bars: 33, symbols: 1 }, seed++)
      }
    for (const look of looks.slice(0, DEEP ? 7 : 2))
      for (let round = 0; round < (DEEP ? 20 : 1); round++)
        expectEqualForms(operator, 'panels', look, { bars: 60, symbols: 2 }, 3 * seed++)
  })

  test('no bars and fewer bars than the window give nothing or only what is known', () => {
    for (const bars of [0, 1, 2])
      expectEqualForms(operator, 'panels', LOOKS[0]!, { bars, symbols: 3 }, 12 + bars)
  })

  if (operator.category === 'crossSection')
    test('kernel and reference agree on wide panels', () => {
      let seed = 100
      for (const look of LOOKS)
        for (const symbols of [47, 48, 130])
          expectEqualForms(operator, 'panels', look, { bars: 2, symbols }, seed++)
    })

  test('infinite results are missing', () => {
    const shape = { bars: 12, symbols: 2 }
    const huge: Look = { name: 'huge', missing: 0, value: (random) => (random() - 0.3) * 1.7e308 }
    const context = testContext(shape, LOOKS[0]!, 5)
    const inputs = inputsFor(operator, 'panels', shape, huge, 6)
    for (const output of operator.outputs ?? [undefined])
      for (const v of runKernel(operator, inputs, paramsFor(operator, 7, 4), context, { output }))
        expect(Math.abs(v)).not.toBe(Number.POSITIVE_INFINITY)
  })

  test('the type of the result is known from the types of the inputs', () => {
    const shape = { bars: 3, symbols: 2 }
    for (const kind of kinds) {
      const inputs = inputsFor(operator, kind, shape, LOOKS[0]!, 1)
      expect(['panel', 'vector', 'boolean']).toContain(outputType(operator, inputs))
    }
  })
})
