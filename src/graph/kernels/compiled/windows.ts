import { copyIn, NARROWEST, type RowsAsked, type RunBlock, rowsRead, withWholes } from './blocks.js'
import { machineWith } from './machine.js'
import { type Series, workBytesFor } from './series.js'

/** Working memory of a call, in bytes. */
const MOST_BYTES = 1024 * 1024

/**
 * Runs a kernel on each asked window by itself, as if its n bars were the panel's first: for kernels whose value depends
 * on the window's values alone and not on where blocks begin. `out` has a row for each asked bar, NaN before bar n − 1.
 */
export function inWindows(
  out: Float64Array,
  x: Series,
  asked: RowsAsked,
  width: number,
  n: number,
  run: RunBlock,
  workPerColumn: number,
): void {
  const { bars, places } = asked
  const most = Math.max(2 * NARROWEST, Math.floor(MOST_BYTES / (2 * n * 8 + workPerColumn)))
  const strip = Math.ceil(width / Math.ceil(width / most))
  const place = (bar: number) => (places === undefined ? bar : places[bar]!)
  withWholes([x], rowsRead(asked), width, strip < width || width < NARROWEST, ([series]) => {
    for (let from = 0; from < width; from += strip) {
      const count = Math.min(strip, width - from)
      const columns = Math.max(NARROWEST, count)
      const bytes = Math.ceil((n * columns) / 2) * 16
      const workBytes = Math.ceil((workPerColumn * columns) / 16) * 16
      const { machine, from: work } = machineWith(workBytes + 2 * bytes + workBytesFor([series!], width))
      const cur = work + workBytes
      const to = cur + bytes
      const newest = to / 8 + (n - 1) * columns
      for (let k = 0; k < bars.length; k++) {
        const bar = bars[k]!
        const at = k * width + from
        if (bar < n - 1) {
          out.fill(Number.NaN, at, at + count)
          continue
        }
        // The bars of a window stand together wherever they stand.
        copyIn(machine, cur, columns, series!, place(bar - n + 1), n, width, from, count, to + bytes)
        run(machine.kernels, {
          prev: [0],
          cur: [cur],
          out: [to],
          ends: work,
          n,
          first: n - 1,
          rows: n,
          width: columns,
          asked: 0,
        })
        out.set(machine.numbers.subarray(newest, newest + count), at)
      }
    }
  })
}
