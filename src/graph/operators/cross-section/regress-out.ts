import { regressOutRow } from '../../kernels/row-regression.js'
import type { OperatorDefinition } from '../../operator.js'
import { finite, numbers, overBars, toPanel } from '../define.js'
import { plainMean } from '../time-series/windows.js'

/** Residuals by the normal equations of the centred columns; a pivot that vanishes drops its column. */
function plainResiduals(y: readonly number[], columns: readonly (readonly number[])[]): number[] {
  const centred = columns.map((column) => column.map((v) => v - plainMean(column)))
  const target = y.map((v) => v - plainMean(y))
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, v, i) => sum + v * b[i]!, 0)
  const rows = centred.map((a) => [...centred.map((b) => dot(a, b)), dot(a, target)])
  const sizes = rows.map((row, k) => row[k]!)
  const used = rows.map((row, k) => {
    if (!(row[k]! > 1e-12 * sizes[k]!)) return false
    for (const [m, other] of rows.entries()) {
      if (m === k) continue
      const factor = other[k]! / row[k]!
      for (let c = 0; c < other.length; c++) other[c] = other[c]! - factor * row[c]!
    }
    return true
  })
  return target.map((v, i) =>
    centred.reduce((left, column, k) => {
      return used[k] ? left - (rows[k]!.at(-1)! / rows[k]![k]!) * column[i]! : left
    }, v),
  )
}

export const regressOut: OperatorDefinition = {
  name: 'regressOut',
  category: 'crossSection',
  inputs: [
    { name: 'y', type: 'panel' },
    { name: 'x', type: 'panel', variadic: true },
  ],
  params: [],
  type: toPanel,
  lookback: () => 0,
  ...overBars((out, inputs, _params, { symbols }, { mask }, from, to) => {
    const columns = inputs.map(numbers)
    const [y, ...xs] = columns.map(() => new Float64Array(symbols))
    const all = [y!, ...xs]
    const positions = new Int32Array(symbols)
    out.fill(Number.NaN, from * symbols, to * symbols)
    for (let t = from; t < to; t++) {
      const at = t * symbols
      let count = 0
      for (let s = 0; s < symbols; s++) {
        if (mask !== undefined && mask[at + s] === 0) continue
        let whole = true
        for (let c = 0; c < columns.length; c++) {
          const v = columns[c]![at + s]!
          all[c]![count] = v
          whole = whole && Number.isFinite(v)
        }
        positions[count] = s
        if (whole) count++
      }
      // With no more symbols than coefficients the fit would be exact and its residuals mere rounding.
      if (count <= inputs.length) continue
      regressOutRow(y!, xs, count)
      for (let i = 0; i < count; i++) {
        const v = y![i]!
        out[at + positions[i]!] = v + (v - v)
      }
    }
  }),
  reference: {
    kind: 'crossSection',
    row: (rows) => {
      const whole = rows[0]!.map((_, s) => s).filter((s) => rows.every((row) => Number.isFinite(row[s]!)))
      const result = rows[0]!.map(() => Number.NaN)
      if (whole.length <= rows.length) return result
      const [y, ...columns] = rows.map((row) => whole.map((s) => row[s]!))
      plainResiduals(y!, columns).forEach((v, i) => {
        result[whole[i]!] = finite(v)
      })
      return result
    },
  },
  doc: 'what is left of y after the cross-sectional regression on the others, with intercept; missing where there are no more symbols than coefficients',
}
