import { type BarsAsked, inBlocks, into } from './compiled/blocks.js'
import type { Series } from './compiled/series.js'

/*
 * Windowed aggregates without taking anything back (the two-block scheme of van Herk 1992 and Gil & Werman 1993, on any
 * associative operation). Bars are cut at multiples of n. A window reaching over a cut is the end of one block and the
 * beginning of the next, and both are running aggregates:
 *   1. at each cut, run backwards over the block just finished, keeping the aggregate of every ending of it;
 *   2. run forwards over the new block, joining the aggregate so far with the ending that completes the window.
 * A value costs the same whatever n is; one that has left the window leaves no rounding error behind; and NaN enters
 * and leaves by itself. Cuts count from bar 0, so a value does not depend on where the panel ends.
 *
 * Means are taken of differences from a pivot, the value at the cut. Every window that is joined there contains that
 * bar, so a missing pivot makes missing what is missing anyway, and the mean of equal values is exactly that value: a
 * flat price is neither above nor below its average.
 */

/** Sum of the last n values of each symbol; NaN before bar n − 1. `x` and `out` are bars × width. */
export function rollingSum(out: Float64Array, x: Series, bars: BarsAsked, width: number, n: number): void {
  inBlocks(
    [x],
    1,
    bars,
    width,
    n,
    (kernels, { prev, cur, out: to, ends, first, rows, width: columns }) =>
      kernels.sum(prev[0]!, cur[0]!, to[0]!, ends, n, first, rows, columns),
    into(out),
  )
}

/** Mean of the last n values of each symbol; NaN before bar n − 1. Shapes as `rollingSum`. */
export function rollingMean(out: Float64Array, x: Series, bars: BarsAsked, width: number, n: number): void {
  inBlocks(
    [x],
    1,
    bars,
    width,
    n,
    (kernels, { prev, cur, out: to, ends, first, rows, width: columns, asked }) =>
      kernels.mean(prev[0]!, cur[0]!, to[0]!, ends, n, first, rows, columns, asked),
    into(out),
  )
}

/** Product of the last n values; NaN before bar n − 1. Shapes as `rollingSum`. */
export function rollingProduct(
  out: Float64Array,
  x: Series,
  bars: BarsAsked,
  width: number,
  n: number,
): void {
  inBlocks(
    [x],
    1,
    bars,
    width,
    n,
    (kernels, { prev, cur, out: to, ends, first, rows, width: columns }) =>
      kernels.product(prev[0]!, cur[0]!, to[0]!, ends, n, first, rows, columns),
    into(out),
  )
}

/**
 * Linearly weighted mean of the last n values, the newest n times as heavy as the oldest; NaN before bar n − 1. Shapes
 * as `rollingSum`.
 */
export function rollingLinearDecay(
  out: Float64Array,
  x: Series,
  bars: BarsAsked,
  width: number,
  n: number,
): void {
  inBlocks(
    [x],
    1,
    bars,
    width,
    n,
    (kernels, { prev, cur, out: to, ends, rows, width: columns, asked }) =>
      kernels.linearDecay(prev[0]!, cur[0]!, to[0]!, ends, n, rows, columns, asked),
    into(out),
  )
}
