import { createWriteStream, existsSync, renameSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { environmentError, messageOf, usageError } from '../../base/errors.js'
import type { Panel } from '../panel.js'
import { makeFolder } from './make-folder.js'
import { openDuckDb, sqlText } from './parquet.js'

const FORMATS = ['.csv', '.csv.gz', '.tsv', '.tsv.gz', '.parquet'] as const
export type TableFormat = (typeof FORMATS)[number]

export interface WrittenTable {
  readonly path: string
  readonly format: TableFormat
  readonly rows: number
}

/** Texts are coded by column, numbers are written as they are. */
type Cell = string | number | undefined

/**
 * Writes a panel as a long table, sorted by date and symbol: date, symbol, the fields, the groups. The ending of the
 * path names the format. Numbers have as many digits as it takes to read the same double again (at most 17). A cell
 * of the panel without any value has no row, unless its date or its symbol would be lost. The file appears when it is
 * complete.
 */
export async function writeTable(panel: Panel, path: string): Promise<WrittenTable> {
  const format = FORMATS.toReversed().find((ending) => path.toLowerCase().endsWith(ending))
  if (!format)
    throw usageError(
      'OUTPUT_FORMAT',
      `${path} does not say in which format it is to be written`,
      `let it end with ${FORMATS.join(', ')}`,
      { path, allowed: FORMATS },
    )
  const target = resolve(path)
  const temporary = `${target}.${process.pid}.writing`
  try {
    makeFolder(dirname(target))
    const rows =
      format === '.parquet' ? await writeParquet(panel, temporary) : await writeText(panel, temporary, format)
    renameSync(temporary, target)
    return { path, format, rows }
  } catch (error) {
    throw environmentError(
      'OUTPUT_NOT_WRITABLE',
      `${path} cannot be written: ${messageOf(error)}`,
      undefined,
      { path },
    )
  } finally {
    // On success it has been renamed away.
    if (existsSync(temporary)) rmSync(temporary)
  }
}

/** The table's columns as functions of the cell, in the order of the header. */
function columnsOf(panel: Panel) {
  return [
    ...[...panel.fields].map(([name, values]) => ({
      name,
      isText: false,
      at: (cell: number): Cell => (Number.isNaN(values[cell]) ? undefined : values[cell]!),
    })),
    ...[...panel.groups].map(([name, { codes, labels }]) => ({
      name,
      isText: true,
      at: (cell: number): Cell => (codes[cell]! < 0 ? undefined : labels[codes[cell]!]!),
    })),
  ]
}

/** The cells that get a row, in order. */
function* rowsOf(panel: Panel): Generator<number> {
  const width = panel.symbols.length
  const columns = [...panel.fields.values()]
  const codes = [...panel.groups.values()].map((group) => group.codes)
  const has = (cell: number) =>
    columns.some((values) => !Number.isNaN(values[cell])) || codes.some((group) => group[cell]! >= 0)
  const alive = new Uint8Array(width)
  for (let cell = 0; cell < panel.dates.length * width; cell++) if (has(cell)) alive[cell % width] = 1
  for (let t = 0; t < panel.dates.length; t++) {
    let any = false
    for (let i = 0; i < width; i++) {
      const cell = t * width + i
      if (!has(cell) && !(t === 0 && !alive[i])) continue
      any = true
      yield cell
    }
    if (!any) yield t * width
  }
}

async function writeText(panel: Panel, path: string, format: TableFormat): Promise<number> {
  const sign = format.startsWith('.tsv') ? '\t' : ','
  const special = new RegExp(`["\\n\\r${sign}]|^\\s|\\s$`)
  const text = (value: Cell) => {
    if (typeof value === 'number') return String(value)
    if (value === undefined) return ''
    return special.test(value) ? `"${value.replaceAll('"', '""')}"` : value
  }
  const columns = columnsOf(panel)
  const symbols = panel.symbols.map(text)
  const width = symbols.length
  let rows = 0
  function* chunks() {
    let chunk = `${['date', 'symbol', ...columns.map(({ name }) => name)].map(text).join(sign)}\n`
    for (const cell of rowsOf(panel)) {
      rows++
      chunk += panel.dates[Math.floor(cell / width)]! + sign + symbols[cell % width]!
      for (const { at } of columns) chunk += sign + text(at(cell))
      chunk += '\n'
      if (chunk.length < 65_536) continue
      yield chunk
      chunk = ''
    }
    yield chunk
  }
  const out = createWriteStream(path)
  if (format.endsWith('.gz')) await pipeline(Readable.from(chunks()), createGzip(), out)
  else await pipeline(Readable.from(chunks()), out)
  return rows
}

async function writeParquet(panel: Panel, path: string): Promise<number> {
  const { connection, close } = await openDuckDb()
  try {
    const columns = columnsOf(panel)
    const names = columns.map(
      ({ name, isText }) => `"${name.replaceAll('"', '""')}" ${isText ? 'VARCHAR' : 'DOUBLE'}`,
    )
    await connection.run(`CREATE TABLE panel (date VARCHAR, symbol VARCHAR, ${names.join(', ')})`)
    const appender = await connection.createAppender('panel')
    const width = panel.symbols.length
    let rows = 0
    for (const cell of rowsOf(panel)) {
      rows++
      appender.appendVarchar(panel.dates[Math.floor(cell / width)]!)
      appender.appendVarchar(panel.symbols[cell % width]!)
      for (const { at } of columns) {
        const value = at(cell)
        if (value === undefined) appender.appendNull()
        else if (typeof value === 'number') appender.appendDouble(value)
        else appender.appendVarchar(value)
      }
      appender.endRow()
    }
    appender.closeSync()
    const rest = columns.map(({ name }) => `"${name.replaceAll('"', '""')}"`)
    await connection.run(
      `COPY (SELECT ${['CAST(date AS DATE) AS date', 'symbol', ...rest].join(', ')} FROM panel) TO ${sqlText(path)} (FORMAT parquet)`,
    )
    return rows
  } finally {
    close()
  }
}
