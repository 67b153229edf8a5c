import type { CompiledElement, ElementName } from '../kernels/compiled/elements.js'
import { borrow, giveBack } from '../kernels/scratch.js'
import type { Column, InputSpec, OperatorDefinition, Params } from '../operator.js'
import { finite, numbers, overBars, widest, widthOf, X } from './define.js'

const A: InputSpec = { name: 'a', type: 'numeric' }
const B: InputSpec = { name: 'b', type: 'numeric' }

/** out[o + i] = op(a[ai + i], b[bi + i]) for i < count. One loop per operator, so that each compiles to plain code. */
export type PairLoop<Out extends Float64Array | Uint8Array> = (
  out: Out,
  o: number,
  a: Float64Array,
  ai: number,
  b: Float64Array,
  bi: number,
  count: number,
) => void

/** Runs a pair loop over bars; a vector's value is spread over a row first. */
export function pairKernel<Out extends Float64Array | Uint8Array>(
  loop: PairLoop<Out>,
  outWidth: (inputs: readonly Column[], symbols: number) => number,
) {
  return overBars((out, inputs, _params, context, _extra, from, to) => {
    const width = outWidth(inputs, context.symbols)
    const a = numbers(inputs[0])
    const b = numbers(inputs[1])
    const spreadA = inputs[0]!.type === 'vector' && width > 1
    const spreadB = inputs[1]!.type === 'vector' && width > 1
    if (!spreadA && !spreadB) {
      loop(out as Out, from * width, a, from * width, b, from * width, (to - from) * width)
      return
    }
    const rowA = borrow(spreadA ? width : 0)
    const rowB = borrow(spreadB ? width : 0)
    for (let t = from; t < to; t++) {
      const at = t * width
      if (spreadA) rowA.fill(a[t]!)
      if (spreadB) rowB.fill(b[t]!)
      loop(out as Out, at, spreadA ? rowA : a, spreadA ? 0 : at, spreadB ? rowB : b, spreadB ? 0 : at, width)
    }
    giveBack(rowA, rowB)
  })
}

interface Pair {
  name: string
  doc: string
  loop: PairLoop<Float64Array>
  plain: (a: number, b: number) => number
  commutative?: boolean
  compiled?: ElementName
}

/** An elementwise operator of two numbers. */
export function pair({ name, doc, loop, plain, commutative, compiled }: Pair): OperatorDefinition {
  return {
    name,
    category: 'arithmetic',
    inputs: [A, B],
    params: [],
    type: widest,
    ...(commutative ? { commutative } : {}),
    lookback: () => 0,
    ...(compiled ? { compiled: () => ({ name: compiled }) } : {}),
    ...pairKernel(loop, (inputs, symbols) => (inputs.every((c) => c.type === 'vector') ? 1 : symbols)),
    reference: { kind: 'element', at: ([a, b]) => finite(plain(a!, b!)) },
    doc,
  }
}

/** An elementwise operator of one number. `loop` fills the range from … to − 1 of `out`. */
export interface Single {
  name: string
  doc: string
  params?: OperatorDefinition['params']
  checkParams?: (params: Params) => string | undefined
  category?: OperatorDefinition['category']
  loop: (out: Float64Array, x: Float64Array, from: number, to: number, params: Params) => void
  plain: (x: number, params: Params) => number
  compiled?: (params: Params) => CompiledElement
}

export function single({
  name,
  doc,
  params = [],
  checkParams,
  category = 'arithmetic',
  loop,
  plain,
  compiled,
}: Single): OperatorDefinition {
  return {
    name,
    category,
    inputs: [X],
    params,
    type: widest,
    lookback: () => 0,
    ...(checkParams ? { checkParams } : {}),
    ...(compiled ? { compiled } : {}),
    ...overBars((out, inputs, given, context, _extra, from, to) => {
      const width = widthOf(inputs, context)
      loop(out as Float64Array, numbers(inputs[0]), from * width, to * width, given)
    }),
    reference: { kind: 'element', at: ([x], given) => finite(plain(x!, given)) },
    doc,
  }
}
