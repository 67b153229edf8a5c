import type { Series } from '../../kernels/compiled/series.js'
import { borrow, giveBack } from '../../kernels/scratch.js'
import type { Column, InputSpec, KernelContext } from '../../operator.js'
import { numbers, series } from '../define.js'

export const HIGH: InputSpec = { name: 'high', type: 'numeric', defaultField: 'high' }
export const LOW: InputSpec = { name: 'low', type: 'numeric', defaultField: 'low' }
export const CLOSE: InputSpec = { name: 'close', type: 'numeric', defaultField: 'close' }
export const VOLUME: InputSpec = { name: 'volume', type: 'numeric', defaultField: 'volume' }
/** The series of an indicator of one series: the close where none is given. */
export const SERIES: InputSpec = { name: 'x', type: 'numeric', defaultField: 'close' }

/** As `withEqualWidths`, for kernels that read series. */
export function withEqualSeries(
  inputs: readonly Column[],
  context: KernelContext,
  body: (values: readonly Series[], width: number) => void,
): void {
  withEqualWidths(inputs, context, (values, width) =>
    body(
      values.map((own, i) => (own.length > 0 ? own : series(inputs[i]))),
      width,
    ),
  )
}

/**
 * Runs `body` on the inputs' values, all of them bars × width: a vector beside panels is spread over the symbols.
 */
export function withEqualWidths(
  inputs: readonly Column[],
  context: KernelContext,
  body: (values: readonly Float64Array[], width: number) => void,
): void {
  const width = inputs.every((column) => column.type === 'vector') ? 1 : context.symbols
  const lent: Float64Array[] = []
  const values = inputs.map((column) => {
    const own = numbers(column)
    if (column.type !== 'vector' || width === 1) return own
    const wide = borrow(context.bars * width)
    lent.push(wide)
    for (let t = 0; t < context.bars; t++) wide.fill(own[t]!, t * width, (t + 1) * width)
    return wide
  })
  body(values, width)
  giveBack(...lent)
}
