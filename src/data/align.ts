import type { GroupField } from './panel.js'

export const sharedFloats = (cells: number): Float64Array =>
  new Float64Array(new SharedArrayBuffer(cells * Float64Array.BYTES_PER_ELEMENT))

export const sharedInts = (cells: number): Int32Array =>
  new Int32Array(new SharedArrayBuffer(cells * Int32Array.BYTES_PER_ELEMENT))

/**
 * One field of a panel from rows: `cells[row]` is the cell t·N + i that a row fills, −1 for a row that is left out.
 * Only finite values are written, so that every missing value has the same bits and equal content has equal hashes.
 */
export function alignField(values: Float64Array, cells: Int32Array, size: number): Float64Array {
  const field = sharedFloats(size).fill(Number.NaN)
  for (let row = 0; row < cells.length; row++) {
    const cell = cells[row]!
    const value = values[row]!
    if (cell >= 0 && Number.isFinite(value)) field[cell] = value === 0 ? 0 : value
  }
  return field
}

/** One group field from rows; its labels ascend by code unit and are those that are used. */
export function alignGroup(
  column: { readonly texts: readonly string[]; readonly codes: Int32Array },
  cells: Int32Array,
  size: number,
): GroupField {
  const { labels, renamed } = usedLabels(column, (row) => cells[row]! >= 0)
  const codes = sharedInts(size).fill(-1)
  for (let row = 0; row < cells.length; row++) {
    const cell = cells[row]!
    const code = column.codes[row]!
    if (cell >= 0 && code >= 0) codes[cell] = renamed[code]!
  }
  return { codes, labels }
}

/** The labels that the rows use, in order, and the number that each text's code gets among them. */
export function usedLabels(
  column: { readonly texts: readonly string[]; readonly codes: Int32Array },
  isUsed: (row: number) => boolean,
): { labels: string[]; renamed: number[] } {
  const used = new Set<number>()
  for (let row = 0; row < column.codes.length; row++)
    if (column.codes[row]! >= 0 && isUsed(row)) used.add(column.codes[row]!)
  const labels = [...used].map((code) => column.texts[code]!).sort(byCodeUnit)
  const rank = new Map(labels.map((label, i) => [label, i]))
  return { labels, renamed: column.texts.map((text) => rank.get(text) ?? -1) }
}

/** Ascending by UTF-16 code unit, the order of symbols everywhere. */
export const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
