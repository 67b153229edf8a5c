import type { RowsAsked } from './kernels/compiled/blocks.js'
import type { CompiledElement, ElementName } from './kernels/compiled/elements.js'
import type { BarSource } from './kernels/compiled/series.js'
import type { ParamValue, PortType } from './node.js'
import type { ReadFunction } from './window-function/read.js'
import type { WindowFunctions } from './window-function/window-functions.js'

/** An input port. `numeric` takes a panel or a vector. */
export interface InputSpec {
  readonly name: string
  readonly type: PortType | 'numeric'
  /** The field that stands in when a caller gives nothing (`atr(14)` takes high, low and close from the panel). */
  readonly defaultField?: string
  /** This input may be left out (only where there is no default field). */
  readonly optional?: boolean
  /** The last input may repeat, once or more (`regressOut(y, …)`). */
  readonly variadic?: boolean
}

/** A parameter, with the range that the graph check enforces and the narrower one that search draws from. */
export type ParamSpec =
  | {
      readonly name: string
      readonly kind: 'integer' | 'number'
      readonly min: number
      readonly max: number
      readonly default?: number
      /** Sensible values: random proposals draw from here, log-uniformly; mutation may leave it within min … max. */
      readonly search?: readonly [number, number]
    }
  | {
      readonly name: string
      readonly kind: 'choice'
      readonly choices: readonly string[]
      readonly default?: string
    }
  /** A label is what people call a node: it makes no difference to what the node computes. */
  | { readonly name: string; readonly kind: 'text'; readonly isLabel?: boolean }
  /** The text of a function of the strategy's author; the last parameter, with the inputs before it as a list. */
  | {
      readonly name: string
      readonly kind: 'function'
      readonly read: (source: string) => ReadFunction
    }

export type Params = Readonly<Record<string, ParamValue>>

/** A column of values as a kernel sees it: `width` is N for panels and booleans, 1 for vectors. Row-major. */
export interface NumberColumn {
  readonly type: 'panel' | 'vector'
  readonly width: number
  readonly values: Float64Array
  /** Computes the values as they are read; then `values` is empty. Operators with `readsSeries` may be given that. */
  readonly source?: BarSource
}
export interface BooleanColumn {
  readonly type: 'boolean'
  readonly width: number
  /** 1 true, 0 false; missing is 0. */
  readonly values: Uint8Array
}
export type Column = NumberColumn | BooleanColumn

/** Market data that source operators (`field`, `group`, `calendar`, `benchmark`) read. */
export interface KernelContext {
  /** Rows of the inputs. */
  readonly bars: number
  /** The only bars that are to be filled, compactly; for kernels of operators with a `window`. */
  readonly asked?: RowsAsked
  readonly symbols: number
  readonly dates: readonly string[]
  /** Values of a field. What has to be computed is computed anew into `out` where that is given, else kept. */
  field(name: string, out?: Float64Array): Float64Array
  /** A field that stands in the data, undefined where it has to be computed. Absent: all of them do. */
  stored?(name: string): Float64Array | undefined
  group(name: string): Int32Array
  /** A field of the benchmark, one value per bar; NaN where missing. */
  benchmark(field: string): Float64Array
  /** Where functions of the strategy's author run; absent where there is no such place. */
  readonly windowFunctions?: WindowFunctions | undefined
}

/** What a kernel is told besides its inputs. */
export interface KernelExtra {
  readonly output: string | undefined
  readonly mask: Uint8Array | undefined
}

/** A value from the input's now and n bars before. */
export interface Shift {
  by(params: Params): number
  /** Whether the value at the bar itself is read; else only the one before. */
  readonly readsNow: boolean
  /** The same as `combine`, compiled: of the value now and the one before. */
  readonly compiled?: ElementName
  /** out[o + i] from now[ni + i] and before[bi + i], for i < count. */
  combine(
    out: Float64Array,
    o: number,
    now: Float64Array,
    ni: number,
    before: Float64Array,
    bi: number,
    count: number,
  ): void
}

/** Values that follow, cell by cell, from arrays of the market data, each read so many bars back. */
export interface Formula {
  readonly element: CompiledElement
  readonly of: readonly { readonly values: Float64Array; readonly back: number }[]
}

/**
 * The fast form: fills `out` (bars × width, whatever was in it before) from the inputs. Must give, at bar t, the same
 * bits whether the panel ends at t or later. `mask` is set for cross-sectional operators with a universe. An optional
 * input that was left out is missing from the end of `inputs`.
 */
export type Kernel = (
  out: Float64Array | Uint8Array,
  inputs: readonly Column[],
  params: Params,
  context: KernelContext,
  extra: KernelExtra,
) => void

/**
 * The plain form, ten obvious lines, the oracle of the fast one. Booleans are 1 and 0 here; a missing input that is
 * optional is undefined. Its kind says what a value depends on: kernels of `element` and `crossSection` operators may
 * be given any bars, one after the other, and give each the same values as among all.
 */
export type Reference =
  /** Value of one cell from the same cell of every input. */
  | { readonly kind: 'element'; at(x: readonly number[], params: Params): number }
  /** Value at the newest bar from each input's history of one symbol, oldest first, bar 0 … t: causal by its shape. */
  | {
      readonly kind: 'series'
      at(
        history: readonly (readonly number[])[],
        params: Params,
        output: string | undefined,
        context: KernelContext,
      ): number
    }
  /** Values of one bar from one row per input (all symbols; NaN where the mask leaves a symbol out). */
  | {
      readonly kind: 'crossSection'
      row(rows: readonly (readonly number[])[], params: Params): readonly number[]
    }
  /** Values of one bar read from the market data. */
  | { readonly kind: 'source'; row(bar: number, params: Params, context: KernelContext): readonly number[] }

/**
 * An operator, declared once. Builder types, checks, JSON Schema, prompts and documentation all come from here.
 */
export interface OperatorDefinition {
  readonly name: string
  readonly category: 'source' | 'arithmetic' | 'logic' | 'timeSeries' | 'indicator' | 'event' | 'crossSection'
  readonly inputs: readonly InputSpec[]
  readonly params: readonly ParamSpec[]
  /** Names of the outputs where there are several; the first is the default. */
  readonly outputs?: readonly string[]
  /** Output type from the inputs' types (for elementwise operators: panel if any input is one). */
  type(inputs: readonly PortType[]): PortType
  /** Order of inputs does not matter. */
  readonly commutative?: boolean
  /** Earlier bars that the value at t can depend on; Infinity for recursive operators. */
  lookback(params: Params): number
  /**
   * Bars before the first that can have a value, on inputs that have one at every bar. Where it is left out: the
   * lookback, 0 where that is Infinity.
   */
  warmup?(params: Params, output: string | undefined): number
  /** Relations between parameters, and the number of inputs, that ranges cannot say; the message says what is wrong. */
  checkParams?(params: Params, inputs: number): string | undefined
  /** A column that stands in the market data already, so that nothing needs to be copied. */
  view?(params: Params, context: KernelContext): Column | undefined
  readonly kernel: Kernel
  /** The same as the kernel of an elementwise operator, compiled. */
  readonly compiled?: (params: Params) => CompiledElement
  /** How a source's values follow from what stands in the market data, where they do not stand there themselves. */
  formula?(params: Params, context: KernelContext): Formula | undefined
  /** The kernel reads inputs bar by bar, so that they may be computed as it does. */
  readonly readsSeries?: boolean
  /** Set where the value at a bar follows from the input's at that bar and at one bar before. */
  readonly shift?: Shift
  /**
   * Set where the kernel can fill some bars alone (`context.asked`): how many bars a value is computed from. Infinity:
   * all before.
   */
  readonly window?: (params: Params) => number
  /** Nanoseconds that a value costs, about, where that is far from what others of its kind cost. */
  readonly cost?: (params: Params) => number
  readonly reference: Reference
  /** One line, for prompts, `--help` and the docs. */
  readonly doc: string
  /** A call of it as an expression, where its signature does not say enough. */
  readonly example?: string
  /** Paper or book that defines it, where one does. */
  readonly source?: string
}
