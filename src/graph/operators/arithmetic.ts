import type { OperatorDefinition } from '../operator.js'
import { num } from './define.js'
import { pair, single } from './elementwise.js'

/*
 * `v + (v − v)` is v for a finite v and NaN otherwise: what leaves an operator is finite or missing, without a branch.
 */

const add = pair({
  name: 'add',
  compiled: 'add',
  doc: 'a + b',
  commutative: true,
  loop: (out, o, a, ai, b, bi, count) => {
    for (let i = 0; i < count; i++) {
      const v = a[ai + i]! + b[bi + i]!
      out[o + i] = v + (v - v)
    }
  },
  plain: (a, b) => a + b,
})

const sub = pair({
  name: 'sub',
  compiled: 'sub',
  doc: 'a − b',
  loop: (out, o, a, ai, b, bi, count) => {
    for (let i = 0; i < count; i++) {
      const v = a[ai + i]! - b[bi + i]!
      out[o + i] = v + (v - v)
    }
  },
  plain: (a, b) => a - b,
})

const mul = pair({
  name: 'mul',
  compiled: 'mul',
  doc: 'a · b',
  commutative: true,
  loop: (out, o, a, ai, b, bi, count) => {
    for (let i = 0; i < count; i++) {
      const v = a[ai + i]! * b[bi + i]!
      out[o + i] = v + (v - v)
    }
  },
  plain: (a, b) => a * b,
})

const div = pair({
  name: 'div',
  compiled: 'div',
  doc: 'a / b, missing where b is 0',
  loop: (out, o, a, ai, b, bi, count) => {
    for (let i = 0; i < count; i++) {
      const v = a[ai + i]! / b[bi + i]!
      out[o + i] = v + (v - v)
    }
  },
  plain: (a, b) => a / b,
})

const pow = pair({
  name: 'pow',
  doc: 'a to the power b; missing where either is (also for b = 0) or where the result is not a real number',
  loop: (out, o, a, ai, b, bi, count) => {
    for (let i = 0; i < count; i++) {
      const base = a[ai + i]!
      const v = base ** b[bi + i]! + (base - base)
      out[o + i] = v + (v - v)
    }
  },
  plain: (a, b) => (Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : a ** b),
})

const min = pair({
  name: 'min',
  compiled: 'min',
  doc: 'the smaller of a and b, missing where either is',
  commutative: true,
  loop: (out, o, a, ai, b, bi, count) => {
    for (let i = 0; i < count; i++) {
      const v = Math.min(a[ai + i]!, b[bi + i]!)
      out[o + i] = v + (v - v)
    }
  },
  plain: Math.min,
})

const max = pair({
  name: 'max',
  compiled: 'max',
  doc: 'the larger of a and b, missing where either is',
  commutative: true,
  loop: (out, o, a, ai, b, bi, count) => {
    for (let i = 0; i < count; i++) {
      const v = Math.max(a[ai + i]!, b[bi + i]!)
      out[o + i] = v + (v - v)
    }
  },
  plain: Math.max,
})

const neg = single({
  name: 'neg',
  compiled: () => ({ name: 'neg' }),
  doc: '−x',
  loop: (out, x, from, to) => {
    for (let i = from; i < to; i++) out[i] = 0 - x[i]!
  },
  plain: (x) => -x,
})

const abs = single({
  name: 'abs',
  compiled: () => ({ name: 'abs' }),
  doc: '|x|',
  loop: (out, x, from, to) => {
    for (let i = from; i < to; i++) out[i] = Math.abs(x[i]!)
  },
  plain: Math.abs,
})

const sign = single({
  name: 'sign',
  compiled: () => ({ name: 'sign' }),
  doc: '1, 0 or −1 by the sign of x',
  loop: (out, x, from, to) => {
    for (let i = from; i < to; i++) out[i] = Math.sign(x[i]!)
  },
  plain: Math.sign,
})

const log = single({
  name: 'log',
  doc: 'natural logarithm, missing for x ≤ 0',
  loop: (out, x, from, to) => {
    for (let i = from; i < to; i++) {
      const v = Math.log(x[i]!)
      out[i] = v + (v - v)
    }
  },
  plain: Math.log,
})

const sqrt = single({
  name: 'sqrt',
  compiled: () => ({ name: 'sqrt' }),
  doc: 'square root, missing for x < 0',
  loop: (out, x, from, to) => {
    for (let i = from; i < to; i++) out[i] = Math.sqrt(x[i]!)
  },
  plain: Math.sqrt,
})

const exp = single({
  name: 'exp',
  doc: 'e to the power x, missing where that is too large for a number',
  loop: (out, x, from, to) => {
    for (let i = from; i < to; i++) {
      const v = Math.exp(x[i]!)
      out[i] = v + (v - v)
    }
  },
  plain: Math.exp,
})

const tanh = single({
  name: 'tanh',
  doc: 'hyperbolic tangent: squeezes x into (−1, 1)',
  loop: (out, x, from, to) => {
    for (let i = from; i < to; i++) out[i] = Math.tanh(x[i]!)
  },
  plain: Math.tanh,
})

const clip = single({
  name: 'clip',
  compiled: (params) => ({ name: 'clip', params: [num(params, 'lo'), num(params, 'hi')] }),
  doc: 'x, but no less than lo and no more than hi',
  params: [
    { name: 'lo', kind: 'number', min: -Number.MAX_VALUE, max: Number.MAX_VALUE, search: [-5, -0.1] },
    { name: 'hi', kind: 'number', min: -Number.MAX_VALUE, max: Number.MAX_VALUE, search: [0.1, 5] },
  ],
  checkParams: (params) =>
    num(params, 'lo') <= num(params, 'hi') ? undefined : `lo ${params.lo} is above hi ${params.hi}`,
  loop: (out, x, from, to, params) => {
    const lo = num(params, 'lo')
    const hi = num(params, 'hi')
    for (let i = from; i < to; i++) out[i] = Math.min(Math.max(x[i]!, lo), hi)
  },
  plain: (x, { lo, hi }) => (x < Number(lo) ? Number(lo) : x > Number(hi) ? Number(hi) : x),
})

export const ARITHMETIC: readonly OperatorDefinition[] = [
  add,
  sub,
  mul,
  div,
  pow,
  min,
  max,
  neg,
  abs,
  sign,
  log,
  sqrt,
  exp,
  tanh,
  clip,
]
