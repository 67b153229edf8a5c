/** A cell, or a row, that could not be read. */
export interface BadCell {
  readonly row: number
  /** The column's field name, or the header's text. */
  readonly column: string
  readonly text: string
}

/** Texts by code; −1 in `codes` is an empty cell. */
export interface CodedColumn {
  readonly texts: readonly string[]
  readonly codes: Int32Array
}

/** One file's share of the rows of a table. */
export interface TablePart {
  readonly file: string
  readonly firstRow: number
}

/**
 * Rows as they stand in a file, before anything is judged: dates and symbols as text, numbers as float64 with NaN for
 * a missing value. Rows may come in any order.
 */
export interface LongTable {
  readonly rows: number
  readonly dates: CodedColumn
  readonly symbols: CodedColumn
  /** By field name; canonical names for open, high, low, close, volume, adj_close. */
  readonly numbers: ReadonlyMap<string, Float64Array>
  /** Text columns by name; undefined: too many different values to be a group. */
  readonly texts: ReadonlyMap<string, CodedColumn | undefined>
  /** Columns that stay as they are written, by name: `available`, `from`, `ticker` … */
  readonly asText: ReadonlyMap<string, CodedColumn>
  /** Line (or, in a Parquet file, row) of each row in its file, from 1. */
  readonly lines: Int32Array
  readonly parts: readonly TablePart[]
  /** Cells that should be numbers and are not; they are NaN in `numbers`. */
  readonly badCells: readonly BadCell[]
  /** Rows with another number of cells than the header. */
  readonly badRows: readonly { readonly row: number; readonly text: string }[]
  /** How a place in the file is called: `line` of a text, `row` of a Parquet file. */
  readonly unit: 'line' | 'row'
  /** True for one row per date with a column per symbol; wide.ts makes it long. */
  readonly wide?: boolean
  /** True for a table without a date column: what it says holds for all time. */
  readonly undated?: boolean
}

/** More different texts than this, and a column is no group (sector, industry, exchange …). */
export const MAX_GROUP_LABELS = 500

/** The file that a row came from. */
export function fileOfRow(table: LongTable, row: number): string {
  let file = table.parts[0]!.file
  for (const part of table.parts) if (part.firstRow <= row) file = part.file
  return file
}

/** The rows of several tables, one after the other; fields that a table does not have are missing in its rows. */
export function joinTables(tables: readonly LongTable[]): LongTable {
  if (tables.length === 1) return tables[0]!
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const starts: number[] = []
  tables.reduce((start, table) => {
    starts.push(start)
    return start + table.rows
  }, 0)
  const names = (of: (table: LongTable) => Iterable<string>) => [
    ...new Set(tables.flatMap((table) => [...of(table)])),
  ]
  const textNames = names((table) => table.texts.keys())
  const isText = new Set(textNames)
  const joinCodes = (of: (table: LongTable) => CodedColumn | undefined): CodedColumn => {
    const byText = new Map<string, number>()
    const codes = new Int32Array(rows).fill(-1)
    tables.forEach((table, k) => {
      const column = of(table)
      if (!column) return
      const renamed = column.texts.map((text) => {
        const code = byText.get(text) ?? byText.size
        byText.set(text, code)
        return code
      })
      for (let row = 0; row < table.rows; row++)
        if (column.codes[row]! >= 0) codes[starts[k]! + row] = renamed[column.codes[row]!]!
    })
    return { texts: [...byText.keys()], codes }
  }
  const numbers = new Map<string, Float64Array>()
  for (const name of names((table) => table.numbers.keys())) {
    // A column that is a text in one file and empty or numeric in another is a text.
    if (isText.has(name)) continue
    const values = new Float64Array(rows).fill(Number.NaN)
    tables.forEach((table, k) => {
      const column = table.numbers.get(name)
      if (column) values.set(column, starts[k])
    })
    numbers.set(name, values)
  }
  const texts = new Map<string, CodedColumn | undefined>()
  for (const name of textNames) {
    const tooMany = tables.some((table) => table.texts.has(name) && table.texts.get(name) === undefined)
    const column = tooMany ? undefined : joinCodes((table) => table.texts.get(name))
    texts.set(name, column && column.texts.length <= MAX_GROUP_LABELS ? column : undefined)
  }
  const asText = new Map(
    names((table) => table.asText.keys()).map((name) => [name, joinCodes((table) => table.asText.get(name))]),
  )
  const lines = new Int32Array(rows)
  tables.forEach((table, k) => {
    lines.set(table.lines, starts[k])
  })
  return {
    rows,
    dates: joinCodes((table) => table.dates),
    symbols: joinCodes((table) => table.symbols),
    numbers,
    texts,
    asText,
    lines,
    parts: tables.flatMap((table, k) =>
      table.parts.map(({ file, firstRow }) => ({ file, firstRow: firstRow + starts[k]! })),
    ),
    badCells: tables.flatMap((table, k) =>
      table.badCells
        .filter(({ column }) => !isText.has(column))
        .map((bad) => ({ ...bad, row: bad.row + starts[k]! })),
    ),
    badRows: tables.flatMap((table, k) =>
      table.badRows.map((bad) => ({ ...bad, row: bad.row + starts[k]! })),
    ),
    unit: tables[0]!.unit,
    ...(tables.some(({ undated }) => undated) ? { undated: true } : {}),
  }
}

/** The rows for which `keep` holds, with the symbols in `symbols` instead of their own. */
export function selectRows(
  table: LongTable,
  keep: (row: number) => boolean,
  symbols: CodedColumn = table.symbols,
): LongTable {
  const kept: number[] = []
  const moved = new Int32Array(table.rows).fill(-1)
  for (let row = 0; row < table.rows; row++) if (keep(row)) moved[row] = kept.push(row) - 1
  const codesOf = ({ texts, codes }: CodedColumn): CodedColumn => ({
    texts,
    codes: Int32Array.from(kept, (row) => codes[row]!),
  })
  const isKept = ({ row }: { row: number }) => moved[row]! >= 0
  let start = 0
  const starts = table.parts.map(({ firstRow }) => {
    while (start < kept.length && kept[start]! < firstRow) start++
    return start
  })
  return {
    ...table,
    rows: kept.length,
    dates: codesOf(table.dates),
    symbols: codesOf(symbols),
    numbers: new Map(
      [...table.numbers].map(([name, values]) => [name, Float64Array.from(kept, (row) => values[row]!)]),
    ),
    texts: new Map([...table.texts].map(([name, column]) => [name, column && codesOf(column)])),
    asText: new Map([...table.asText].map(([name, column]) => [name, codesOf(column)])),
    lines: Int32Array.from(kept, (row) => table.lines[row]!),
    parts: table.parts.map(({ file }, k) => ({ file, firstRow: starts[k]! })),
    badCells: table.badCells.filter(isKept).map((bad) => ({ ...bad, row: moved[bad.row]! })),
    badRows: table.badRows.filter(isKept).map((bad) => ({ ...bad, row: moved[bad.row]! })),
  }
}
