import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { AlphaloopError, dataError, messageOf } from '../../base/errors.js'
import type { ColumnRole } from '../columns.js'
import type { BadRows, DataIssue } from '../dataset.js'
import { counted, IssueList } from '../issues.js'
import { joinTables, type LongTable } from '../long-table.js'
import { meltWideTables, nameWideTables } from '../wide.js'
import { readDelimited } from './delimited.js'
import { locateFiles, type SourceFile, unreadable } from './locate.js'
import { readParquet } from './parquet.js'

/** A file with its bytes, and a hash of them. */
export interface LoadedFile extends SourceFile {
  readonly bytes: Buffer
  readonly sum: string
}

/** What the columns of a file are, by its header, and by its first row where it is a text. */
export type Resolver = (
  header: readonly string[],
  file: string,
  firstRow?: readonly string[],
) => readonly ColumnRole[]

/** A path that was given, and the files that it means. */
export interface LoadedSource {
  readonly given: string
  /** The file's or folder's own name. */
  readonly name: string
  /** The same without the endings of a file. */
  readonly stem: string
  readonly files: readonly LoadedFile[]
}

/** Reads the files of a path as bytes; a path other than that of the prices goes by its own name in messages. */
export function loadSource(given: string, onNote: (note: string) => void, byOwnName = false): LoadedSource {
  const files = locateFiles(given, onNote).map((file) => {
    let bytes: Buffer
    try {
      bytes = readFileSync(file.path)
    } catch (error) {
      throw unreadable(file.path, error)
    }
    const sum = createHash('sha256').update(bytes).digest('hex')
    return { ...file, name: byOwnName ? basename(file.path) : file.name, bytes, sum }
  })
  const name = basename(given)
  const only = files.find((file) => basename(file.path) === name)
  return { given, name, stem: only?.stem ?? name, files }
}

/** A table as it stands in its file. */
export interface FileTable {
  readonly file: LoadedFile
  readonly table: LongTable
}

/**
 * The tables of a source. In a folder a file without rows is worth a warning, and an empty one is an error that
 * `onBadRows` may leave out; alone they are told where the rows are missed.
 */
export async function readTables(
  { files }: LoadedSource,
  resolve: Resolver,
  onBadRows: BadRows = 'stop',
): Promise<{ tables: FileTable[]; issues: DataIssue[] }> {
  const tables: FileTable[] = []
  const empty = new IssueList('FILE_WITHOUT_ROWS')
  const bare = new IssueList('FILE_WITHOUT_ROWS')
  const place = ({ name }: LoadedFile) => ({ symbol: null, date: null, line: null, file: name })
  let refused: AlphaloopError | undefined
  for (const file of files) {
    try {
      const table = await readTable(file, resolve)
      if (table.rows === 0 && files.length > 1) bare.add(() => place(file))
      tables.push({ file, table })
    } catch (error) {
      if (files.length < 2 || !(error instanceof AlphaloopError) || error.code !== 'DATA_EMPTY') throw error
      refused = dataError(
        error.code,
        error.message,
        'fill it, or take it out of the folder; --on-bad-rows drop goes on without it',
        error.details,
      )
      if (onBadRows === 'stop') throw refused
      empty.add(() => place(file))
    }
  }
  if (refused && tables.length === 0) throw refused
  return {
    tables,
    issues: [
      ...empty.issue('error', (n) => counted(n, 'file is empty', 'files are empty'), 'left out'),
      ...bare.issue('warning', (n) =>
        counted(n, 'file has a header and no rows', 'files have a header and no rows'),
      ),
    ],
  }
}

/** What a file is, by its first bytes: endings lie. */
async function readTable({ path, name, stem, bytes }: LoadedFile, resolver: Resolver): Promise<LongTable> {
  const resolve = (header: readonly string[], firstRow?: readonly string[]) =>
    resolver(header, name, firstRow)
  if (bytes.length >= 4 && bytes.toString('latin1', 0, 4) === 'PAR1')
    return readParquet(path, name, resolve, stem)
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    let text: Buffer
    try {
      text = gunzipSync(bytes)
    } catch (error) {
      throw dataError(
        'DATA_NOT_GZIP',
        `${name} starts as gzip and cannot be unpacked: ${messageOf(error)}`,
        'the file is probably cut short: fetch it again',
        { file: name },
      )
    }
    return readDelimited(text, name, resolve, stem)
  }
  if (bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3)
    throw dataError(
      'DATA_NOT_TEXT',
      `${name} is a zip file or a spreadsheet`,
      'unpack it, or export the sheet as CSV',
      { file: name },
    )
  return readDelimited(bytes, name, resolve, stem)
}

/**
 * Long tables stand below one another, wide ones side by side. A folder may hold both: then the long ones have the
 * close, and each wide one, which stays apart, is a field more.
 */
export function stackTables(
  tables: readonly FileTable[],
  given: string,
): { table: LongTable; wide: readonly FileTable[] } {
  const wide = tables.filter(({ table }) => table.wide)
  const long = tables.flatMap(({ table }) => (table.wide ? [] : [table]))
  if (long.length > 0) return { table: joinTables(long), wide }
  const stems = tables.map(({ file }) => file.stem)
  const named = nameWideTables(
    tables.map(({ table }) => table),
    stems,
    given,
  )
  return { table: meltWideTables(named), wide: [] }
}
