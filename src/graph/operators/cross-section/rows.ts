import type { InputSpec } from '../../operator.js'

export const ACROSS: InputSpec = { name: 'x', type: 'panel' }

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
