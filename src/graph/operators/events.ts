import type { InputSpec, OperatorDefinition } from '../operator.js'
import { num, numbers, overBars, period, toBoolean, truths } from './define.js'

function cross(name: string, doc: string, above: boolean): OperatorDefinition {
  return {
    name,
    category: 'event',
    inputs: [
      { name: 'a', type: 'numeric' },
      { name: 'b', type: 'numeric' },
    ],
    params: [],
    type: toBoolean,
    lookback: () => 1,
    ...overBars((out, inputs, _params, { symbols }, _extra, from, to) => {
      const [upper, lower] = above ? [inputs[0], inputs[1]] : [inputs[1], inputs[0]]
      const over = numbers(upper)
      const under = numbers(lower)
      // Values per bar and step between symbols: a vector's value stands for all of them.
      const [widthOver, stepOver] = upper!.type === 'vector' ? [1, 0] : [symbols, 1]
      const [widthUnder, stepUnder] = lower!.type === 'vector' ? [1, 0] : [symbols, 1]
      if (from === 0) out.fill(0, 0, symbols)
      for (let t = Math.max(1, from); t < to; t++)
        for (let s = 0; s < symbols; s++) {
          const i = t * widthOver + s * stepOver
          const j = t * widthUnder + s * stepUnder
          out[t * symbols + s] =
            Number(over[i]! > under[j]!) & Number(over[i - widthOver]! <= under[j - widthUnder]!)
        }
    }),
    reference: {
      kind: 'series',
      at: ([a, b]) => {
        const [over, under] = above ? [a!, b!] : [b!, a!]
        if (over.length < 2) return 0
        return over.at(-1)! > under.at(-1)! && over.at(-2)! <= under.at(-2)! ? 1 : 0
      },
    },
    doc,
  }
}

const HOLD_INPUTS: readonly InputSpec[] = [
  { name: 'entry', type: 'boolean' },
  { name: 'exit', type: 'boolean' },
]

const hold: OperatorDefinition = {
  name: 'hold',
  category: 'event',
  inputs: HOLD_INPUTS,
  params: [],
  type: toBoolean,
  lookback: () => Number.POSITIVE_INFINITY,
  kernel: (out, inputs, _params, { bars, symbols }) => {
    const entry = truths(inputs[0])
    const exit = truths(inputs[1])
    const on = new Uint8Array(symbols)
    for (let t = 0; t < bars; t++) {
      const at = t * symbols
      for (let s = 0; s < symbols; s++) out[at + s] = on[s] = (1 - exit[at + s]!) & (on[s]! | entry[at + s]!)
    }
  },
  reference: {
    kind: 'series',
    at: ([entry, exit]) => (entry!.lastIndexOf(1) > exit!.lastIndexOf(1) ? 1 : 0),
  },
  doc: 'true from a bar where entry is true until a bar where exit is true; exit wins',
}

const cooldown: OperatorDefinition = {
  name: 'cooldown',
  category: 'event',
  inputs: [{ name: 'cond', type: 'boolean' }],
  params: [period({ search: [1, 63] })],
  type: toBoolean,
  lookback: () => Number.POSITIVE_INFINITY,
  kernel: (out, inputs, params, { bars, symbols }) => {
    const cond = truths(inputs[0])
    const n = num(params, 'n')
    const ready = new Int32Array(symbols)
    for (let t = 0; t < bars; t++) {
      const at = t * symbols
      for (let s = 0; s < symbols; s++) {
        const fires = cond[at + s] === 1 && t >= ready[s]!
        out[at + s] = fires ? 1 : 0
        if (fires) ready[s] = t + n + 1
      }
    }
  },
  reference: {
    kind: 'series',
    at: ([cond], params) => {
      const fired: number[] = []
      for (const c of cond!) fired.push(c === 1 && !fired.slice(-num(params, 'n')).includes(1) ? 1 : 0)
      return fired.at(-1)!
    },
  },
  doc: 'the condition, but at most once in n + 1 bars: true where it holds and was not let through in the n bars before',
}

export const EVENTS: readonly OperatorDefinition[] = [
  cross('crossAbove', 'a > b now and a ≤ b one bar ago; false where any of the four is missing', true),
  cross('crossBelow', 'a < b now and a ≥ b one bar ago; false where any of the four is missing', false),
  hold,
  cooldown,
]
