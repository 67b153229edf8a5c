import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { environmentError, messageOf } from '../../base/errors.js'
import { contentHash } from '../../base/hash.js'
import { canonicalJson, type JsonValue } from '../../base/json.js'
import type { DataIssue, DataOptions, RowCounts, TableSummary } from '../dataset.js'
import { summarizeFields, summarizeGroups } from '../describe.js'
import type { Panel } from '../panel.js'
import { generateMarket, MARKET_VERSION } from '../synthetic/market.js'
import { resolveMarketOptions } from '../synthetic/options.js'
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
import { loadFiles, readFiles } from './read-files.js'
import type { LoadedSource } from './read-table.js'

/** Raise it when a reader or a check changes what it makes of the same bytes: it is part of every cache key. */
const READER_VERSION = 5

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
 * 3. otherwise the source becomes a panel (read-files.ts) and is written
 * Where nothing can be written the panel stays in memory and a note says so.
 */
export async function importData(options: DataOptions): Promise<Imported> {
  const source = openSource(options)
  const cacheDir = options.cacheDir === false ? undefined : (options.cacheDir ?? defaultCacheDir())
  if (cacheDir === undefined) return { kind: 'memory', ...(await source.read()), notes: source.notes }
  const path = entryPath(cacheDir, source.key)
  const notes = [...source.notes]
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
  /** What was noticed while the files were looked for. */
  readonly notes: readonly string[]
  read(): Promise<{ panel: Panel; meta: DatasetMeta }>
}

function openSource(options: DataOptions): Source {
  if ('builtin' in options) {
    const market = resolveMarketOptions(options.builtin)
    return {
      key: contentHash(
        canonicalJson([CACHE_FORMAT, 'builtin', MARKET_VERSION, market as unknown as JsonValue]),
      ),
      notes: [],
      read: async () => {
        const panel = generateMarket(options.builtin)
        const bars = panel.fields.get('close')!.reduce((n, value) => (Number.isNaN(value) ? n : n + 1), 0)
        return withMeta(panel, [], { read: bars, kept: bars }, [])
      },
    }
  }
  const notes: string[] = []
  const files = loadFiles(options, (note) => notes.push(note))
  const how: JsonValue = {
    columns: options.columns ?? {},
    groups: options.groups ?? [],
    staleAfterDays: options.staleAfterDays ?? null,
    unadjusted: options.unadjusted ?? false,
    onBadRows: options.onBadRows ?? 'stop',
  }
  const content = (source: LoadedSource) => source.files.map(({ stem, sum }) => [stem, sum])
  return {
    key: contentHash(
      canonicalJson([
        CACHE_FORMAT,
        READER_VERSION,
        how,
        content(files.prices),
        files.join.map(content),
        files.universe.map((source) => [source.stem, content(source)]),
        files.adjustments ? content(files.adjustments) : null,
        files.renames ? content(files.renames) : null,
      ]),
    ),
    notes,
    read: async () => {
      const { panel, issues, rows, tables } = await readFiles(files, options)
      return withMeta(panel, issues, rows, tables)
    },
  }
}

function withMeta(
  panel: Panel,
  issues: readonly DataIssue[],
  rows: RowCounts,
  tables: readonly TableSummary[],
): { panel: Panel; meta: DatasetMeta } {
  const { groups, issues: incomplete } = summarizeGroups(panel)
  const { hash, dates, symbols } = panel
  const fields = summarizeFields(panel)
  return {
    panel,
    meta: { hash, dates, symbols, rows, fields, groups, tables, issues: [...issues, ...incomplete] },
  }
}
