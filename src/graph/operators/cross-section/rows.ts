import type { CompiledKernels } from '../../kernels/compiled/machine.js'
import { inRows } from '../../kernels/compiled/rows.js'
import type { InputSpec, OperatorDefinition, Params } from '../../operator.js'
import { overBars, series, toPanel } from '../define.js'

export const ACROSS: InputSpec = { name: 'x', type: 'panel' }

/** How a compiled kernel fills some bars: addresses of values, of their mask (0: none), of results, of working memory. */
type FillRows = (
  kernels: CompiledKernels,
  x: number,
  mask: number,
  out: number,
  work: number,
  rows: number,
  symbols: number,
  params: Params,
) => void

/** An operator on the values of a bar that a compiled kernel fills; `plain` is its reference on those that are finite. */
export function compiledAcross(
  declared: Pick<OperatorDefinition, 'name' | 'doc'> & Partial<Pick<OperatorDefinition, 'params'>>,
  fill: FillRows,
  plain: (values: number[], params: Params) => number[],
  /** Bytes of working memory. */
  workFor: (symbols: number) => number = () => 0,
): OperatorDefinition {
  return {
    category: 'crossSection',
    inputs: [ACROSS],
    params: [],
    type: toPanel,
    lookback: () => 0,
    readsSeries: true,
    ...overBars((out, inputs, params, { symbols }, { mask }, from, to) =>
      inRows(
        out as Float64Array,
        series(inputs[0]),
        mask,
        from,
        to,
        symbols,
        workFor(symbols),
        () => {},
        (kernels, x, taking, result, work, rows) =>
          fill(kernels, x, taking, result, work, rows, symbols, params),
      ),
    ),
    reference: {
      kind: 'crossSection',
      row: ([row], params) => onPresent(row!, (values) => plain(values, params)),
    },
    ...declared,
  }
}

/** Where the finite values of a row stand. */
export const finitePositions = (row: readonly number[]) =>
  row.map((_, s) => s).filter((s) => Number.isFinite(row[s]!))

/** Applies `values → values` to the finite entries of a row; the rest is missing. */
export function onPresent(row: readonly number[], f: (values: number[]) => number[]): number[] {
  const positions = finitePositions(row)
  const result = row.map(() => Number.NaN)
  f(positions.map((s) => row[s]!)).forEach((v, i) => {
    result[positions[i]!] = Number.isFinite(v) ? v : Number.NaN
  })
  return result
}

/** Rank of `v` among the values, 1 … their number, average ties. */
export const plainPlace = (v: number, values: readonly number[]) =>
  values.filter((u) => u < v).length + (values.filter((u) => u === v).length + 1) / 2
