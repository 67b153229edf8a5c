import type { InputSpec, OperatorDefinition } from '../../operator.js'
import { num, period, toPanel, truths } from '../define.js'

const CONDITION: InputSpec = { name: 'cond', type: 'boolean' }

const count: OperatorDefinition = {
  name: 'count',
  category: 'timeSeries',
  inputs: [CONDITION],
  params: [period()],
  type: toPanel,
  lookback: (params) => num(params, 'n') - 1,
  kernel: (out, inputs, params, { bars, symbols }) => {
    const cond = truths(inputs[0])
    const n = num(params, 'n')
    const running = new Int32Array(symbols)
    for (let t = 0; t < bars; t++) {
      const at = t * symbols
      for (let s = 0; s < symbols; s++) running[s] = running[s]! + cond[at + s]!
      if (t >= n) for (let s = 0; s < symbols; s++) running[s] = running[s]! - cond[at - n * symbols + s]!
      if (t >= n - 1) (out as Float64Array).set(running, at)
      else out.fill(Number.NaN, at, at + symbols)
    }
  },
  reference: {
    kind: 'series',
    at: ([cond], params) => {
      const n = num(params, 'n')
      return cond!.length < n ? Number.NaN : cond!.slice(-n).filter((v) => v === 1).length
    },
  },
  doc: 'in how many of the last n bars the condition held',
}

const barsSince: OperatorDefinition = {
  name: 'barsSince',
  category: 'timeSeries',
  inputs: [CONDITION],
  params: [],
  type: toPanel,
  lookback: () => Number.POSITIVE_INFINITY,
  kernel: (out, inputs, _params, { bars, symbols }) => {
    const cond = truths(inputs[0])
    const since = new Float64Array(symbols).fill(Number.NaN)
    for (let t = 0; t < bars; t++) {
      const at = t * symbols
      for (let s = 0; s < symbols; s++) out[at + s] = since[s] = cond[at + s] === 1 ? 0 : since[s]! + 1
    }
  },
  reference: {
    kind: 'series',
    at: ([cond]) => {
      const last = cond!.lastIndexOf(1)
      return last < 0 ? Number.NaN : cond!.length - 1 - last
    },
  },
  doc: 'bars since the condition last held: 0 where it holds, missing before it ever did',
}

const streak: OperatorDefinition = {
  name: 'streak',
  category: 'timeSeries',
  inputs: [CONDITION],
  params: [],
  type: toPanel,
  lookback: () => Number.POSITIVE_INFINITY,
  kernel: (out, inputs, _params, { bars, symbols }) => {
    const cond = truths(inputs[0])
    const length = new Float64Array(symbols)
    for (let t = 0; t < bars; t++) {
      const at = t * symbols
      for (let s = 0; s < symbols; s++) out[at + s] = length[s] = cond[at + s] === 1 ? length[s]! + 1 : 0
    }
  },
  reference: { kind: 'series', at: ([cond]) => cond!.length - 1 - cond!.lastIndexOf(0) },
  doc: 'for how many bars in a row, up to this one, the condition has held',
}

export const CONDITIONS: readonly OperatorDefinition[] = [count, barsSince, streak]
