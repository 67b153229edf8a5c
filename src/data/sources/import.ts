import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { dataError, environmentError, messageOf } from '../../base/errors.js'
import { contentHash } from '../../base/hash.js'
import { canonicalJson, type JsonValue } from '../../base/json.js'
import { buildPanel } from '../build-panel.js'
import type { DataIssue, DataOptions, FileDataOptions, RowCounts } from '../dataset.js'
import { summarizeFields } from '../describe.js'
import { joinTables, type LongTable } from '../long-table.js'
import type { Panel } from '../panel.js'
import { generateMarket, MARKET_VERSION } from '../synthetic/market.js'
import { resolveMarketOptions } from '../synthetic/options.js'
import { meltWideTables, nameWideTables } from '../wide.js'
import {
  CACHE_FORMAT,
  DamagedEntry,
  type DatasetMeta,
  defaultCacheDir,
  entryPath,
  readMeta,
  removeEntry,
  writeEntry,
} from './cache.js'
import { readDelimited } from './delimited.js'
import { locateFiles, type SourceFile, unreadable } from './locate.js'
import { readParquet } from './parquet.js'

/** Raise it when a reader or a check changes what it makes of the same bytes: it is part of every cache key. */
const READER_VERSION = 3

export type Imported =
  | {
      readonly kind: 'entry'
      readonly path: string
      readonly meta: DatasetMeta
      readonly notes: readonly string[]
    }
  | {
      readonly kind: 'memory'
      readonly panel: Panel
      readonly meta: DatasetMeta
      readonly notes: readonly string[]
    }

/**
 * Finds data in the cache, or reads, checks and keeps it there.
 * 1. the bytes of the source are hashed, with the options and the versions of reader and cache
 * 2. an entry of that name is taken if it is whole
 * 3. otherwise the source becomes a panel (locate → delimited or parquet → joinTables → buildPanel) and is written
 * Where nothing can be written the panel stays in memory and a note says so.
 */
export async function importData(options: DataOptions): Promise<Imported> {
  const source = openSource(options)
  const cacheDir = options.cacheDir === false ? undefined : (options.cacheDir ?? defaultCacheDir())
  if (cacheDir === undefined) return { kind: 'memory', ...(await source.read()), notes: [] }
  const path = entryPath(cacheDir, source.key)
  const notes: string[] = []
  try {
    const meta = readMeta(path)
    if (meta) return { kind: 'entry', path, meta, notes }
  } catch (error) {
    if (!(error instanceof DamagedEntry)) throw error
    if (removeEntry(path)) notes.push(`a damaged entry of the data cache was rebuilt (${error.message})`)
  }
  const { panel, meta } = await source.read()
  try {
    writeEntry(path, panel, meta)
    return { kind: 'entry', path, meta, notes }
  } catch (error) {
    notes.push(
      `the data cache ${cacheDir} cannot be written (${messageOf(error)}), so the data is read anew each time; ` +
        'name another folder with ALPHALOOP_CACHE_DIR',
    )
    return { kind: 'memory', panel, meta, notes }
  }
}

/**
 * As importData, and always with an entry on disk: where the cache cannot be written it is a temporary folder, which
 * the caller removes. For an importing child, whose memory ends with it.
 */
export async function importToDisk(
  options: DataOptions,
): Promise<{ path: string; temporary: string | undefined; meta: DatasetMeta; notes: readonly string[] }> {
  const imported = await importData(options)
  if (imported.kind === 'entry') return { ...imported, temporary: undefined }
  try {
    const temporary = mkdtempSync(join(tmpdir(), 'alphaloop-data-'))
    const path = join(temporary, 'panel')
    writeEntry(path, imported.panel, imported.meta)
    return { path, temporary, meta: imported.meta, notes: imported.notes }
  } catch (error) {
    throw environmentError(
      'DATA_CACHE_NOT_WRITABLE',
      `neither the data cache nor ${tmpdir()} can be written (${messageOf(error)}), and the learning loop reads its data from disk to keep the sealed part out of its memory`,
      'make room, or name a folder that can be written with ALPHALOOP_CACHE_DIR',
    )
  }
}

interface Source {
  /** 32 hex digits: content, options and versions. */
  readonly key: string
  read(): Promise<{ panel: Panel; meta: DatasetMeta }>
}

function openSource(options: DataOptions): Source {
  if ('builtin' in options) {
    const market = resolveMarketOptions(options.builtin)
    return {
      key: contentHash(
        canonicalJson([CACHE_FORMAT, 'builtin', MARKET_VERSION, market as unknown as JsonValue]),
      ),
      read: async () => {
        const panel = generateMarket(options.builtin)
        const bars = panel.fields.get('close')!.reduce((n, value) => (Number.isNaN(value) ? n : n + 1), 0)
        return withMeta(panel, [], { read: bars, kept: bars })
      },
    }
  }
  const files = locateFiles(options.path).map((file) => {
    const bytes = readBytes(file)
    return { ...file, bytes, sum: createHash('sha256').update(bytes).digest('hex') }
  })
  const how: JsonValue = {
    columns: options.columns ?? {},
    unadjusted: options.unadjusted ?? false,
    onBadRows: options.onBadRows ?? 'stop',
  }
  return {
    key: contentHash(
      canonicalJson([CACHE_FORMAT, READER_VERSION, how, files.map(({ stem, sum }) => [stem, sum])]),
    ),
    read: () => readFiles(files, options),
  }
}

function readBytes(file: SourceFile): Buffer {
  try {
    return readFileSync(file.path)
  } catch (error) {
    throw unreadable(file.path, error)
  }
}

async function readFiles(
  files: readonly (SourceFile & { readonly bytes: Buffer })[],
  options: FileDataOptions,
): Promise<{ panel: Panel; meta: DatasetMeta }> {
  const tables: LongTable[] = []
  for (const file of files) tables.push(await readTable(file, options.columns ?? {}))
  const { panel, issues, rows } = buildPanel(asOneTable(tables, files, options.path), {
    source: options.path,
    onBadRows: options.onBadRows ?? 'stop',
    unadjusted: options.unadjusted ?? false,
  })
  return withMeta(panel, issues, rows)
}

/** Long tables stand below one another, wide ones side by side; they do not mix. */
function asOneTable(tables: readonly LongTable[], files: readonly SourceFile[], source: string): LongTable {
  const wide = tables.filter((table) => table.wide)
  if (wide.length === 0) return joinTables(tables)
  if (wide.length < tables.length) {
    const name = (isWide: boolean) =>
      files[tables.findIndex((table) => (table.wide ?? false) === isWide)]!.name
    throw dataError(
      'DATA_MIXED_TABLES',
      `${source} holds wide tables (${name(true)}: a column per symbol) and long ones (${name(false)})`,
      'keep them in folders of their own',
      { path: source },
    )
  }
  const stems = files.map(({ stem }) => stem)
  return meltWideTables(nameWideTables(tables, stems, source))
}

/** What a file is, by its first bytes: endings lie. */
async function readTable(
  { path, name, stem, bytes }: SourceFile & { readonly bytes: Buffer },
  columns: Readonly<Record<string, string>>,
): Promise<LongTable> {
  if (bytes.length >= 4 && bytes.toString('latin1', 0, 4) === 'PAR1')
    return readParquet(path, name, columns, stem)
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
    return readDelimited(text, name, columns, stem)
  }
  if (bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3)
    throw dataError(
      'DATA_NOT_TEXT',
      `${name} is a zip file or a spreadsheet`,
      'unpack it, or export the sheet as CSV',
      { file: name },
    )
  return readDelimited(bytes, name, columns, stem)
}

const withMeta = (
  panel: Panel,
  issues: readonly DataIssue[],
  rows: RowCounts,
): { panel: Panel; meta: DatasetMeta } => ({
  panel,
  meta: {
    hash: panel.hash,
    dates: panel.dates,
    symbols: panel.symbols,
    rows,
    fields: summarizeFields(panel),
    groups: [...panel.groups].map(([name, { labels }]) => ({ name, labels })),
    issues,
  },
})
