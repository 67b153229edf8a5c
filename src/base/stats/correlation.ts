import { mean } from './mean.js'

/** Pearson correlation of two series of one length, in [−1, 1]; NaN under two values or where one does not vary. */
export function correlation(x: ArrayLike<number>, y: ArrayLike<number>): number {
  if (x.length !== y.length) throw new RangeError(`correlation: ${x.length} values against ${y.length}`)
  const centreX = mean(x)
  const centreY = mean(y)
  let xx = 0
  let yy = 0
  let xy = 0
  let scaleX = 0
  let scaleY = 0
  for (let i = 0; i < x.length; i++) {
    const dx = x[i]! - centreX
    const dy = y[i]! - centreY
    xx += dx * dx
    yy += dy * dy
    xy += dx * dy
    scaleX = Math.max(scaleX, Math.abs(x[i]!))
    scaleY = Math.max(scaleY, Math.abs(y[i]!))
  }
  // A constant that is no binary fraction leaves a variance of rounding errors.
  const constant = (squares: number, scale: number) => !(Math.sqrt(squares / x.length) > 1e-14 * scale)
  if (x.length < 2 || constant(xx, scaleX) || constant(yy, scaleY)) return Number.NaN
  return Math.min(1, Math.max(-1, xy / Math.sqrt(xx) / Math.sqrt(yy)))
}
