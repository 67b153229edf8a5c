import { borrow, giveBack } from '../kernels/scratch.js'
import type { InputSpec, OperatorDefinition } from '../operator.js'
import { num, numbers, overBars, toBoolean, toPanel, truths, X } from './define.js'
import { type PairLoop, pairKernel, single } from './elementwise.js'

function comparison(
  name: 'gt' | 'ge' | 'lt' | 'le' | 'eq' | 'ne',
  doc: string,
  loop: PairLoop<Uint8Array>,
  plain: (a: number, b: number) => boolean,
  commutative = false,
): OperatorDefinition {
  return {
    name,
    category: 'logic',
    inputs: [
      { name: 'a', type: 'numeric' },
      { name: 'b', type: 'numeric' },
    ],
    params: [],
    type: toBoolean,
    ...(commutative ? { commutative } : {}),
    lookback: () => 0,
    compiled: () => ({ name }),
    ...pairKernel(loop, (_inputs, symbols) => symbols),
    reference: { kind: 'element', at: ([a, b]) => (plain(a!, b!) ? 1 : 0) },
    doc: `${doc}; false where either is missing`,
  }
}

// `Number(…)` of a comparison needs no branch, as `… ? 1 : 0` does: random truths cost a quarter.

const gt = comparison(
  'gt',
  'a > b',
  (out, o, a, ai, b, bi, count) => {
    for (let i = 0; i < count; i++) out[o + i] = Number(a[ai + i]! > b[bi + i]!)
  },
  (a, b) => a > b,
)
const ge = comparison(
  'ge',
  'a ≥ b',
  (out, o, a, ai, b, bi, count) => {
    for (let i = 0; i < count; i++) out[o + i] = Number(a[ai + i]! >= b[bi + i]!)
  },
  (a, b) => a >= b,
)
const lt = comparison(
  'lt',
  'a < b',
  (out, o, a, ai, b, bi, count) => {
    for (let i = 0; i < count; i++) out[o + i] = Number(a[ai + i]! < b[bi + i]!)
  },
  (a, b) => a < b,
)
const le = comparison(
  'le',
  'a ≤ b',
  (out, o, a, ai, b, bi, count) => {
    for (let i = 0; i < count; i++) out[o + i] = Number(a[ai + i]! <= b[bi + i]!)
  },
  (a, b) => a <= b,
)
const eq = comparison(
  'eq',
  'a = b',
  (out, o, a, ai, b, bi, count) => {
    for (let i = 0; i < count; i++) out[o + i] = Number(a[ai + i]! === b[bi + i]!)
  },
  (a, b) => a === b,
  true,
)
const ne = comparison(
  'ne',
  'a ≠ b',
  (out, o, a, ai, b, bi, count) => {
    for (let i = 0; i < count; i++) {
      const d = a[ai + i]! - b[bi + i]!
      out[o + i] = Number(d < 0) | Number(d > 0)
    }
  },
  (a, b) => !Number.isNaN(a) && !Number.isNaN(b) && a !== b,
  true,
)

const TWO_CONDITIONS: readonly InputSpec[] = [
  { name: 'a', type: 'boolean' },
  { name: 'b', type: 'boolean' },
]

const and: OperatorDefinition = {
  name: 'and',
  compiled: () => ({ name: 'and' }),
  category: 'logic',
  inputs: TWO_CONDITIONS,
  params: [],
  type: toBoolean,
  commutative: true,
  lookback: () => 0,
  ...overBars((out, inputs, _params, { symbols }, _extra, from, to) => {
    const a = truths(inputs[0])
    const b = truths(inputs[1])
    for (let i = from * symbols; i < to * symbols; i++) out[i] = a[i]! & b[i]!
  }),
  reference: { kind: 'element', at: ([a, b]) => (a === 1 && b === 1 ? 1 : 0) },
  doc: 'both conditions hold',
}

const or: OperatorDefinition = {
  name: 'or',
  compiled: () => ({ name: 'or' }),
  category: 'logic',
  inputs: TWO_CONDITIONS,
  params: [],
  type: toBoolean,
  commutative: true,
  lookback: () => 0,
  ...overBars((out, inputs, _params, { symbols }, _extra, from, to) => {
    const a = truths(inputs[0])
    const b = truths(inputs[1])
    for (let i = from * symbols; i < to * symbols; i++) out[i] = a[i]! | b[i]!
  }),
  reference: { kind: 'element', at: ([a, b]) => (a === 1 || b === 1 ? 1 : 0) },
  doc: 'at least one of the conditions holds',
}

const not: OperatorDefinition = {
  name: 'not',
  compiled: () => ({ name: 'not' }),
  category: 'logic',
  inputs: [{ name: 'cond', type: 'boolean' }],
  params: [],
  type: toBoolean,
  lookback: () => 0,
  ...overBars((out, inputs, _params, { symbols }, _extra, from, to) => {
    const a = truths(inputs[0])
    for (let i = from * symbols; i < to * symbols; i++) out[i] = 1 - a[i]!
  }),
  reference: { kind: 'element', at: ([a]) => (a === 1 ? 0 : 1) },
  doc: 'the condition does not hold (true where it is missing)',
}

const where: OperatorDefinition = {
  name: 'where',
  compiled: () => ({ name: 'where' }),
  category: 'logic',
  inputs: [
    { name: 'cond', type: 'boolean' },
    { name: 'a', type: 'numeric' },
    { name: 'b', type: 'numeric' },
  ],
  params: [],
  type: toPanel,
  lookback: () => 0,
  ...overBars((out, inputs, _params, { symbols }, _extra, from, to) => {
    const cond = truths(inputs[0])
    const a = numbers(inputs[1])
    const b = numbers(inputs[2])
    const rowA = borrow(symbols)
    const rowB = borrow(symbols)
    for (let t = from; t < to; t++) {
      const at = t * symbols
      const spreadA = inputs[1]!.type === 'vector'
      const spreadB = inputs[2]!.type === 'vector'
      if (spreadA) rowA.fill(a[t]!)
      if (spreadB) rowB.fill(b[t]!)
      choose(
        out as Float64Array,
        at,
        cond,
        spreadA ? rowA : a,
        spreadA ? 0 : at,
        spreadB ? rowB : b,
        spreadB ? 0 : at,
        symbols,
      )
    }
    giveBack(rowA, rowB)
  }),
  reference: { kind: 'element', at: ([cond, a, b]) => (cond === 1 ? a! : b!) },
  doc: 'a where the condition holds, else b',
}

function choose(
  out: Float64Array,
  at: number,
  cond: Uint8Array,
  a: Float64Array,
  ai: number,
  b: Float64Array,
  bi: number,
  count: number,
) {
  for (let i = 0; i < count; i++) out[at + i] = cond[at + i] === 1 ? a[ai + i]! : b[bi + i]!
}

const isMissing: OperatorDefinition = {
  name: 'isNaN',
  compiled: () => ({ name: 'missing' }),
  category: 'logic',
  inputs: [X],
  params: [],
  type: toBoolean,
  lookback: () => 0,
  ...overBars((out, inputs, _params, { symbols }, _extra, from, to) => {
    const x = numbers(inputs[0])
    if (inputs[0]!.type === 'vector')
      for (let t = from; t < to; t++) out.fill(Number.isNaN(x[t]!) ? 1 : 0, t * symbols, (t + 1) * symbols)
    else for (let i = from * symbols; i < to * symbols; i++) out[i] = Number(Number.isNaN(x[i]!))
  }),
  reference: { kind: 'element', at: ([x]) => (Number.isNaN(x!) ? 1 : 0) },
  doc: 'x is missing',
}

const fillNaN = single({
  name: 'fillNaN',
  compiled: (params) => ({ name: 'fill', params: [num(params, 'v')] }),
  doc: 'x, and v where x is missing',
  category: 'logic',
  params: [
    {
      name: 'v',
      kind: 'number',
      min: -Number.MAX_VALUE,
      max: Number.MAX_VALUE,
      default: 0,
    },
  ],
  loop: (out, x, from, to, params) => {
    const v = num(params, 'v')
    for (let i = from; i < to; i++) {
      const value = x[i]!
      out[i] = Number.isNaN(value) ? v : value
    }
  },
  plain: (x, params) => (Number.isNaN(x) ? num(params, 'v') : x),
})

export const LOGIC: readonly OperatorDefinition[] = [
  gt,
  ge,
  lt,
  le,
  eq,
  ne,
  and,
  or,
  not,
  where,
  isMissing,
  fillNaN,
]
