/** Values that the working set of one strip may have: half of a usual L2 cache. */
const STRIP_VALUES = 16_384

/**
 * Width of the symbol strips in which a rolling kernel runs, so that `perSymbol` working values of each symbol stay in
 * the cache. Symbols are independent, so strips never change a value.
 */
export function stripWidth(width: number, perSymbol: number): number {
  const most = Math.max(8, Math.floor(STRIP_VALUES / perSymbol))
  return Math.ceil(width / Math.ceil(width / most))
}
