/** What is left of a regressor beside the others, as a share of its length, below which it adds nothing. */
const COLLINEAR = 1e-10

/**
 * Residuals of least squares with intercept: regressors are centred and made orthogonal one after the other (modified
 * Gram–Schmidt, twice for accuracy), and what lies along each is taken from y. A regressor that is constant or a
 * combination of those before it is left out. `y` becomes the residual; `columns` are overwritten. All have `count`
 * values.
 */
export function regressOutRow(y: Float64Array, columns: readonly Float64Array[], count: number): void {
  centre(y, count)
  const basis: Float64Array[] = []
  for (const column of columns) {
    centre(column, count)
    const length = Math.sqrt(dot(column, column, count))
    for (let round = 0; round < 2; round++) for (const unit of basis) takeOff(column, unit, count)
    const left = Math.sqrt(dot(column, column, count))
    if (!(left > COLLINEAR * length)) continue
    for (let i = 0; i < count; i++) column[i] = column[i]! / left
    basis.push(column)
  }
  for (let round = 0; round < 2; round++) for (const unit of basis) takeOff(y, unit, count)
}

function centre(v: Float64Array, count: number) {
  let equal = true
  for (let i = 1; i < count; i++) equal = equal && v[i] === v[0]
  if (equal) {
    v.fill(0, 0, count)
    return
  }
  for (let round = 0; round < 2; round++) {
    let sum = 0
    for (let i = 0; i < count; i++) sum += v[i]!
    const mean = sum / count
    for (let i = 0; i < count; i++) v[i] = v[i]! - mean
  }
}

function dot(a: Float64Array, b: Float64Array, count: number): number {
  let sum = 0
  for (let i = 0; i < count; i++) sum += a[i]! * b[i]!
  return sum
}

function takeOff(v: Float64Array, unit: Float64Array, count: number) {
  const share = dot(v, unit, count)
  for (let i = 0; i < count; i++) v[i] = v[i]! - share * unit[i]!
}
