import type { PanelBars } from './factor.js'

/** Bars `start` … `end` of a panel and of values on it, both included, on views of the same memory. */
export function cutBars(
  values: Float64Array,
  panel: PanelBars,
  { start, end }: { readonly start: number; readonly end: number },
): { values: Float64Array; panel: PanelBars } {
  const width = panel.symbols.length
  const [from, to] = [start * width, (end + 1) * width]
  return {
    values: values.subarray(from, to),
    panel: {
      dates: panel.dates.slice(start, end + 1),
      symbols: panel.symbols,
      fields: new Map([...panel.fields].map(([name, cells]) => [name, cells.subarray(from, to)])),
      groups: new Map(
        [...panel.groups].map(([name, { codes, labels }]) => [
          name,
          { codes: codes.subarray(from, to), labels },
        ]),
      ),
    },
  }
}
