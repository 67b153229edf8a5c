import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { contentHash, type DataHash } from '../../base/hash.js'
import { sharedFloats, sharedInts } from '../align.js'
import type { DataIssue, FieldSummary, GroupSummary, RowCounts, TableSummary } from '../dataset.js'
import { createPanel, type GroupField, type Panel } from '../panel.js'
import { makeFolder } from './make-folder.js'

/**
 * How an entry is laid out, so that the first bars can be read without touching a later byte:
 * - `meta.json`: dates, symbols, names and summaries of fields, labels of groups, issues, hash; its own checksum
 * - `<k>.f64`, `<k>.i32`: field or group k, T × N row-major, little-endian
 * - `checksums.u32`: T × (fields + groups), the CRC-32 of each bar of each file, so that a prefix is verified alone
 */
export const CACHE_FORMAT = 4

/** Temporary folders of writers that died are removed when they are older than this. */
const STALE_MS = 24 * 3600 * 1000

/** What is known of read data without its values. */
export interface DatasetMeta {
  readonly hash: DataHash
  readonly dates: readonly string[]
  readonly symbols: readonly string[]
  readonly rows: RowCounts
  readonly fields: readonly FieldSummary[]
  readonly groups: readonly GroupSummary[]
  readonly tables: readonly TableSummary[]
  readonly issues: readonly DataIssue[]
}

/** An entry that does not hold what was written; it is rebuilt. */
export class DamagedEntry extends Error {}

/** `$ALPHALOOP_CACHE_DIR`, or the user's cache folder by the custom of the system. */
export function defaultCacheDir(env: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  if (env.ALPHALOOP_CACHE_DIR) return env.ALPHALOOP_CACHE_DIR
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'alphaloop')
  const home = env.HOME ?? homedir()
  return platform === 'darwin'
    ? join(home, 'Library', 'Caches', 'alphaloop')
    : join(home, '.cache', 'alphaloop')
}

export const entryPath = (cacheDir: string, key: string) => join(cacheDir, 'panels', key)

const bytesOf = (array: Float64Array | Int32Array | Uint32Array) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

function columnsOf(panel: Panel) {
  return [
    ...[...panel.fields.values()].map((values) => ({ ending: 'f64', values })),
    ...[...panel.groups.values()].map(({ codes }) => ({ ending: 'i32', values: codes })),
  ]
}

/**
 * Writes an entry in one move: a reader sees all of it or nothing, and of two writers of one entry either wins.
 * `path` is the entry's folder. Throws what the file system throws.
 */
export function writeEntry(path: string, panel: Panel, meta: DatasetMeta): void {
  const parent = join(path, '..')
  makeFolder(parent)
  removeStale(parent)
  const temporary = mkdtempSync(join(parent, '.writing-'))
  try {
    const columns = columnsOf(panel)
    const checksums = new Uint32Array(panel.dates.length * columns.length)
    columns.forEach(({ ending, values }, k) => {
      const bytes = bytesOf(values)
      const width = bytes.length / panel.dates.length
      for (let t = 0; t < panel.dates.length; t++)
        checksums[t * columns.length + k] = crc32(bytes.subarray(t * width, (t + 1) * width))
      writeFileSync(join(temporary, `${k}.${ending}`), bytes)
    })
    writeFileSync(join(temporary, 'checksums.u32'), bytesOf(checksums))
    const text = JSON.stringify(meta)
    writeFileSync(
      join(temporary, 'meta.json'),
      JSON.stringify({ format: CACHE_FORMAT, sum: contentHash(text), meta }),
    )
    try {
      renameSync(temporary, path)
    } catch (error) {
      // Somebody else's entry is there already. If it is whole it is ours, too; if not, it makes room.
      const code = (error as NodeJS.ErrnoException).code
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
      if (isWhole(path)) return
      rmSync(path, { recursive: true, force: true })
      renameSync(temporary, path)
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

function isWhole(path: string): boolean {
  try {
    const meta = readMeta(path)
    if (!meta) return false
    readPrefix(path, meta, meta.dates.length)
    return true
  } catch (error) {
    if (error instanceof DamagedEntry) return false
    throw error
  }
}

function removeStale(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith('.writing-')) continue
    const path = join(parent, name)
    try {
      if (Date.now() - statSync(path).mtimeMs > STALE_MS) rmSync(path, { recursive: true, force: true })
    } catch {
      // Its writer has just finished with it.
    }
  }
}

/** Makes room for a new entry; false where nothing can be removed, which the writing will say. */
export function removeEntry(path: string): boolean {
  try {
    rmSync(path, { recursive: true, force: true })
    return true
  } catch {
    return false
  }
}

/** What an entry says of itself; undefined where there is none. Throws DamagedEntry where it cannot be trusted. */
export function readMeta(path: string): DatasetMeta | undefined {
  let text: string
  try {
    text = readFileSync(join(path, 'meta.json'), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new DamagedEntry(`meta.json: ${(error as Error).message}`)
  }
  try {
    const { format, sum, meta } = JSON.parse(text)
    if (format === CACHE_FORMAT && sum === contentHash(JSON.stringify(meta))) return meta
  } catch {
    // Falls through: not JSON is as damaged as a wrong sum.
  }
  throw new DamagedEntry('meta.json does not match its checksum')
}

/** Fills `target` from the start of a file, and reads no further. */
function readStart(path: string, target: Uint8Array): void {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    throw new DamagedEntry((error as Error).message)
  }
  try {
    for (let at = 0; at < target.length; ) {
      const read = readSync(fd, target, at, target.length - at, at)
      if (read === 0) throw new DamagedEntry(`${path} ends after ${at} bytes of ${target.length}`)
      at += read
    }
  } finally {
    closeSync(fd)
  }
}

/** The first `bars` bars of an entry, verified. Throws DamagedEntry where the bytes are not those written. */
export function readPrefix(path: string, meta: DatasetMeta, bars: number): Panel {
  const width = meta.symbols.length
  const count = meta.fields.length + meta.groups.length
  const checksums = new Uint32Array(bars * count)
  readStart(join(path, 'checksums.u32'), bytesOf(checksums))
  const load = <A extends Float64Array | Int32Array>(k: number, ending: string, values: A): A => {
    const bytes = bytesOf(values)
    const file = join(path, `${k}.${ending}`)
    readStart(file, bytes)
    const size = bytes.length / bars
    for (let t = 0; t < bars; t++)
      if (crc32(bytes.subarray(t * size, (t + 1) * size)) !== checksums[t * count + k])
        throw new DamagedEntry(`${file} does not match its checksum at bar ${t}`)
    return values
  }
  const fields = new Map<string, Float64Array>()
  meta.fields.forEach(({ name }, k) => {
    fields.set(name, load(k, 'f64', sharedFloats(bars * width)))
  })
  const groups = new Map<string, GroupField>()
  meta.groups.forEach(({ name, labels }, k) => {
    groups.set(name, { codes: load(meta.fields.length + k, 'i32', sharedInts(bars * width)), labels })
  })
  const parts = { dates: meta.dates.slice(0, bars), symbols: meta.symbols, fields, groups }
  // Every bar was verified and the whole is what was hashed when it was written.
  return bars === meta.dates.length ? { ...parts, hash: meta.hash } : createPanel(parts)
}
