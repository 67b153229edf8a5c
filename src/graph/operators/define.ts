import type { Series } from '../kernels/compiled/series.js'
import type { PortType } from '../node.js'
import type {
  Column,
  InputSpec,
  KernelContext,
  KernelExtra,
  NumberColumn,
  OperatorDefinition,
  ParamSpec,
  Params,
  Reference,
} from '../operator.js'

/** Longest window. */
export const LONGEST_WINDOW = 1000

/** A window or lag in whole bars. */
export function period(
  options: { name?: string; min?: number; default?: number; search?: readonly [number, number] } = {},
): ParamSpec {
  const { name = 'n', min = 1, search = [Math.max(2, min), 252] } = options
  return {
    name,
    kind: 'integer',
    min,
    max: LONGEST_WINDOW,
    search,
    ...(options.default === undefined ? {} : { default: options.default }),
  }
}

/** A parameter as the number it is: the graph check has seen to its kind. */
export function num(params: Params, name: string): number {
  return params[name] as number
}

export const X: InputSpec = { name: 'x', type: 'numeric' }

/** A panel where any input has one value per symbol, else a vector. */
export function widest(inputs: readonly PortType[]): PortType {
  return inputs.every((type) => type === 'vector') ? 'vector' : 'panel'
}

export const toPanel = (): PortType => 'panel'
export const toBoolean = (): PortType => 'boolean'
export const toVector = (): PortType => 'vector'

/** Values per bar of an operator with these inputs, when its type is `widest`. */
export function widthOf(inputs: readonly Column[], context: KernelContext): number {
  return inputs.every((column) => column.type === 'vector') ? 1 : context.symbols
}

/** The values of a numeric input. */
export function numbers(column: Column | undefined): Float64Array {
  return (column as NumberColumn).values
}

/** The values of a numeric input, or how they are computed: for operators with `readsSeries`. */
export function series(column: Column | undefined): Series {
  const { source, values } = column as NumberColumn
  return source ?? values
}

/** The values of a boolean input. */
export function truths(column: Column | undefined): Uint8Array {
  return column!.values as Uint8Array
}

/** Fills the bars `from` … `to` − 1 of `out`. */
export type RangeKernel = (
  out: Float64Array | Uint8Array,
  inputs: readonly Column[],
  params: Params,
  context: KernelContext,
  extra: KernelExtra,
  from: number,
  to: number,
) => void

/** A kernel over all bars, from one that fills a range of them. */
export function overBars(range: RangeKernel): Pick<OperatorDefinition, 'kernel'> {
  return {
    kernel: (out, inputs, params, context, extra) =>
      range(out, inputs, params, context, extra, 0, context.bars),
  }
}

/** Reference of an operator on the last n values: NaN unless all n are there (pandas' min_periods = window). */
export function onWindow(
  value: (window: readonly number[], params: Params, output: string | undefined) => number,
  length: (params: Params) => number = (params) => num(params, 'n'),
): Reference {
  return {
    kind: 'series',
    at: ([x], params, output) => {
      const n = length(params)
      if (x!.length < n) return Number.NaN
      const window = x!.slice(-n)
      return window.some(Number.isNaN) ? Number.NaN : finite(value(window, params, output))
    },
  }
}

/** Infinite results are missing, whatever operator they come from. */
export function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN
}
