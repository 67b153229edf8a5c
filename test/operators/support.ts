import type { PortType } from '../../src/graph/node.js'
import type {
  Column,
  KernelContext,
  KernelExtra,
  OperatorDefinition,
  Params,
} from '../../src/graph/operator.js'

import { createWindowFunctions } from '../../src/sandbox/window-functions.js'
import { hostWindowFunctions, TWO_WINDOWS } from '../support/window-functions.js'

/** A small seeded generator (mulberry32) for test data. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 15), z | 1)
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61)
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296
  }
}

export interface Shape {
  bars: number
  symbols: number
}

const windowFunctions = createWindowFunctions()

/** What the cells of a test panel look like. */
export interface Look {
  name: string
  missing: number
  value: (random: () => number) => number
}

const price = (random: () => number) => 50 + 100 * random()

export const LOOKS: readonly Look[] = [
  { name: 'whole', missing: 0, value: price },
  { name: '5% missing', missing: 0.05, value: price },
  { name: '60% missing', missing: 0.6, value: price },
  { name: 'constant', missing: 0, value: () => 0.1 },
  { name: 'ties', missing: 0.02, value: (random) => Math.floor(random() * 3) - 1 },
  { name: 'signed', missing: 0.02, value: (random) => random() * 4 - 2 },
  { name: 'nearly equal', missing: 0.02, value: (random) => 1 + Math.floor(random() * 1e6) * 2 ** -50 },
]

/** A market of made-up numbers that source operators can read. */
export function testContext({ bars, symbols }: Shape, look: Look, seed: number): KernelContext {
  const random = seeded(seed)
  const fields = new Map<string, Float64Array>()
  const codes = Int32Array.from({ length: bars * symbols }, () => Math.floor(random() * 4) - 1)
  const start = Date.parse('2019-12-20')
  return {
    bars,
    symbols,
    windowFunctions,
    dates: Array.from({ length: bars }, (_, t) =>
      new Date(start + t * 86_400_000).toISOString().slice(0, 10),
    ),
    field: (name) => {
      const values =
        fields.get(name) ??
        Float64Array.from({ length: bars * symbols }, () =>
          random() < look.missing
            ? Number.NaN
            : random() < 0.01
              ? Number.POSITIVE_INFINITY
              : look.value(random),
        )
      fields.set(name, values)
      return values
    },
    group: () => codes,
    benchmark: (name) => {
      const key = `benchmark ${name}`
      const values =
        fields.get(key) ??
        Float64Array.from({ length: bars }, () =>
          random() < look.missing
            ? Number.NaN
            : random() < 0.01
              ? Number.NEGATIVE_INFINITY
              : look.value(random),
        )
      fields.set(key, values)
      return values
    },
  }
}

export function column(type: PortType, shape: Shape, look: Look, random: () => number): Column {
  const width = type === 'vector' ? 1 : shape.symbols
  const length = shape.bars * width
  if (type === 'boolean')
    return { type, width, values: Uint8Array.from({ length }, () => (random() < 0.3 ? 1 : 0)) }
  const cell = () => (random() < look.missing ? Number.NaN : look.value(random))
  return { type, width, values: Float64Array.from({ length }, cell) }
}

/** Inputs of one operator: `kind` says what its numeric ports get. */
export function inputsFor(
  operator: OperatorDefinition,
  kind: 'panels' | 'vectors' | 'mixed' | 'mixed the other way' | 'without optional',
  shape: Shape,
  look: Look,
  seed: number,
): Column[] {
  const random = seeded(seed)
  const specs = operator.inputs.flatMap((spec) => {
    if (spec.optional && kind === 'without optional') return []
    return spec.variadic ? [spec, spec] : [spec]
  })
  return specs.map((spec, i) => {
    if (spec.name === 'g') {
      const values = Float64Array.from({ length: shape.bars * shape.symbols }, () =>
        random() < 0.1 ? Number.NaN : Math.floor(random() * 4) * 7 - 7,
      )
      return { type: 'panel', width: shape.symbols, values }
    }
    if (spec.type !== 'numeric') return column(spec.type, shape, look, random)
    const vector =
      kind === 'vectors' ||
      (kind === 'mixed' && i % 2 === 0) ||
      (kind === 'mixed the other way' && i % 2 === 1)
    return column(vector ? 'vector' : 'panel', shape, look, random)
  })
}

/** As many as `inputsFor` makes. */
const inputCount = ({ inputs }: OperatorDefinition) =>
  inputs.reduce((count, spec) => count + (spec.variadic ? 2 : 1), 0)

/** Parameters drawn for an operator; windows are at most `longest`. */
export function paramsFor(operator: OperatorDefinition, seed: number, longest: number): Params {
  const random = seeded(seed)
  for (let attempt = 0; attempt < 100; attempt++) {
    const params: Record<string, number | string> = {}
    for (const spec of operator.params) {
      if (spec.kind === 'text') params[spec.name] = 'close'
      else if (spec.kind === 'function') params[spec.name] = TWO_WINDOWS[seed % TWO_WINDOWS.length]!
      else if (spec.kind === 'choice') params[spec.name] = spec.choices[seed % spec.choices.length]!
      else if (spec.kind === 'integer') {
        const most = Math.max(spec.min, Math.min(spec.max, longest))
        params[spec.name] = spec.min + Math.floor(random() * (most - spec.min + 1))
      } else {
        const [lo, hi] = spec.search ?? [-2, 2]
        params[spec.name] = lo + (hi - lo) * random()
      }
    }
    if (operator.checkParams?.(params, inputCount(operator)) === undefined) return params
  }
  throw new Error(`no parameters found for ${operator.name}`)
}

export function outputType(operator: OperatorDefinition, inputs: readonly Column[]): PortType {
  return operator.type(inputs.map((input) => input.type))
}

export function runKernel(
  operator: OperatorDefinition,
  inputs: readonly Column[],
  params: Params,
  context: KernelContext,
  extra: Partial<KernelExtra> = {},
  fillWith = 77,
): Float64Array | Uint8Array {
  const type = outputType(operator, inputs)
  const cells = context.bars * (type === 'vector' ? 1 : context.symbols)
  // What is in `out` before must not matter.
  const out = (type === 'boolean' ? new Uint8Array(cells) : new Float64Array(cells)).fill(fillWith)
  operator.kernel(out, inputs, params, context, {
    output: operator.outputs?.[0],
    mask: undefined,
    ...extra,
  })
  return out
}

export function runReference(
  operator: OperatorDefinition,
  inputs: readonly Column[],
  params: Params,
  context: KernelContext,
  extra: Partial<KernelExtra> = {},
): number[] {
  const width = outputType(operator, inputs) === 'vector' ? 1 : context.symbols
  const output = extra.output ?? operator.outputs?.[0]
  const { reference } = operator
  const cell = (input: Column, t: number, s: number) =>
    input.type === 'vector' ? input.values[t]! : input.values[t * input.width + s]!
  const cells: number[] = []
  for (let t = 0; t < context.bars; t++) {
    if (reference.kind === 'source') cells.push(...reference.row(t, params, context))
    else if (reference.kind === 'crossSection') {
      const rows = inputs.map((input) =>
        Array.from({ length: width }, (_, s) =>
          extra.mask !== undefined && extra.mask[t * width + s] === 0 ? Number.NaN : cell(input, t, s),
        ),
      )
      cells.push(...reference.row(rows, params))
    } else
      for (let s = 0; s < width; s++) {
        if (reference.kind === 'element')
          cells.push(
            reference.at(
              inputs.map((input) => cell(input, t, s)),
              params,
            ),
          )
        else
          cells.push(
            reference.at(
              inputs.map((input) => Array.from({ length: t + 1 }, (_, p) => cell(input, p, s))),
              params,
              output,
              { ...context, windowFunctions: hostWindowFunctions },
            ),
          )
      }
  }
  return cells
}

/** The first bars of an input. */
export function headOf(input: Column, bars: number): Column {
  return { ...input, values: input.values.subarray(0, bars * input.width) } as Column
}

/** Same number, or both missing; 0 and −0 are the same. */
export const same = (a: number, b: number) => a === b || (Number.isNaN(a) && Number.isNaN(b))
