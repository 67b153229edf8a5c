import { dataError } from '../base/errors.js'
import { fieldNameOf } from './columns.js'
import type { BadCell, LongTable } from './long-table.js'

/** A table of one field: a row per date, a column per symbol (in `numbers`), as a reader returns it. */
export interface WideTable {
  readonly field: string
  readonly table: LongTable
}

/** The fields of wide tables: one table alone is the close, several are called after their files. */
export function nameWideTables(
  tables: readonly LongTable[],
  stems: readonly string[],
  source: string,
): WideTable[] {
  const wide = tables.map((table, k) => ({
    field: tables.length === 1 ? 'close' : fieldNameOf(stems[k]!),
    table,
  }))
  for (const { table } of wide) refuseTexts(table)
  if (!wide.some(({ field }) => field === 'close'))
    throw dataError(
      'DATA_NO_CLOSE_COLUMN',
      `the wide tables of ${source} are ${wide.map(({ field }) => field).join(', ')}; there is none for the close`,
      'a folder of wide tables has one file per field, called close.csv, open.csv, …',
      { path: source, fields: wide.map(({ field }) => field) },
    )
  return wide
}

/** A wide table has numbers only. @throws AlphaloopError (data) DATA_NO_CLOSE_COLUMN */
export function refuseTexts(table: LongTable): void {
  const [text] = table.texts.keys()
  if (text === undefined) return
  throw dataError(
    'DATA_NO_CLOSE_COLUMN',
    `${table.parts[0]!.file} has no close and no symbol column, and its column '${text}' is a text, so it is no wide table either`,
    'say which columns are the symbol and the close: --columns symbol=…,close=…',
    { file: table.parts[0]!.file },
  )
}

/**
 * Wide tables as one long table: a row for each date and symbol that has a value (or a cell that cannot be read) in
 * any of them. Rows of one date in one table stay apart, so that they are found to be duplicates. Lines are those of
 * the first table that has the date.
 */
export function meltWideTables(tables: readonly WideTable[]): LongTable {
  const symbols = [...new Set(tables.flatMap(({ table }) => [...table.numbers.keys()]))]
  const column = new Map(symbols.map((symbol, i) => [symbol, i]))
  const width = symbols.length
  const keys = new Map<string, number>()
  const dateTexts: string[] = []
  const dateCode = new Map<string, number>()
  const keyDate: number[] = []
  const keyLine: number[] = []
  const keyPart: number[] = []
  const keysOfTable = tables.map(({ table }, k) => {
    const seen = new Map<number, number>()
    return Array.from({ length: table.rows }, (_, row) => {
      const code = table.dates.codes[row]!
      const text = code < 0 ? '' : table.dates.texts[code]!
      const times = seen.get(code) ?? 0
      seen.set(code, times + 1)
      const name = `${times} ${text}`
      const known = keys.get(name)
      if (known !== undefined) return known
      keys.set(name, keyDate.length)
      let date = -1
      if (code >= 0) {
        date = dateCode.get(text) ?? dateTexts.push(text) - 1
        dateCode.set(text, date)
      }
      keyLine.push(table.lines[row]!)
      keyPart.push(k)
      return keyDate.push(date) - 1
    })
  })
  const size = keyDate.length * width
  const grids = tables.map(({ table }, k) => {
    const grid = new Float64Array(size).fill(Number.NaN)
    for (const [symbol, values] of table.numbers) {
      const i = column.get(symbol)!
      for (let row = 0; row < table.rows; row++) grid[keysOfTable[k]![row]! * width + i] = values[row]!
    }
    return grid
  })
  const used = new Uint8Array(size)
  for (const grid of grids)
    for (let cell = 0; cell < size; cell++) if (!Number.isNaN(grid[cell])) used[cell] = 1
  tables.forEach(({ table }, k) => {
    for (const { row, column: symbol } of table.badCells)
      used[keysOfTable[k]![row]! * width + column.get(symbol)!] = 1
    for (const { row } of table.badRows) used[keysOfTable[k]![row]! * width] = 1
  })
  // A date without any value is a bar all the same.
  for (let key = 0; key < keyDate.length; key++)
    if (!used.subarray(key * width, (key + 1) * width).includes(1)) used[key * width] = 1
  const cells: number[] = []
  const rowOf = new Int32Array(size).fill(-1)
  for (let cell = 0; cell < size; cell++) if (used[cell]) rowOf[cell] = cells.push(cell) - 1
  const keyOf = (cell: number) => Math.floor(cell / width)
  const parts = new Map<number, number>()
  cells.forEach((cell, row) => {
    const part = keyPart[keyOf(cell)]!
    if (!parts.has(part)) parts.set(part, row)
  })
  return {
    rows: cells.length,
    dates: { texts: dateTexts, codes: Int32Array.from(cells, (cell) => keyDate[keyOf(cell)]!) },
    symbols: { texts: symbols, codes: Int32Array.from(cells, (cell) => cell % width) },
    numbers: new Map(
      tables.map(({ field }, k) => [field, Float64Array.from(cells, (cell) => grids[k]![cell]!)]),
    ),
    texts: new Map(),
    asText: new Map(),
    lines: Int32Array.from(cells, (cell) => keyLine[keyOf(cell)]!),
    parts:
      tables.length > 1
        ? [...parts].map(([k, firstRow]) => ({ file: tables[k]!.table.parts[0]!.file, firstRow }))
        : tables[0]!.table.parts,
    badCells: tables.flatMap(({ field, table }, k) =>
      table.badCells.map(
        ({ row, column: symbol, text }): BadCell => ({
          row: rowOf[keysOfTable[k]![row]! * width + column.get(symbol)!]!,
          column: field,
          text,
        }),
      ),
    ),
    badRows: tables.flatMap(({ table }, k) =>
      table.badRows.map(({ row, text }) => ({ row: rowOf[keysOfTable[k]![row]! * width]!, text })),
    ),
    unit: tables[0]!.table.unit,
  }
}
