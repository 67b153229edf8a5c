import { isUtf8 } from 'node:buffer'
import { type FileHandle, open } from 'node:fs/promises'
import { AlphaloopError, dataError, messageOf } from '../base/errors.js'
import { historyError } from './errors.js'
import { looksFlat, readFlatRecord } from './flat-record.js'
import { readLines } from './lines.js'
import { parseRecord, type RecordDraft } from './record.js'
import { startsWithBom } from './record-line.js'
import type { HistoryStore } from './store.js'

/** A record that was kept out. */
export interface RefusedRecord {
  /** `line 12` of JSON lines, `record 3` (from 0) of an array. */
  readonly position: string
  readonly because: string
}

export interface ImportResult {
  /** Records newly stored. */
  readonly imported: number
  /** Records that stood there already. */
  readonly present: number
  readonly refused: readonly RefusedRecord[]
}

interface Candidate {
  readonly position: string
  readonly value?: unknown
  readonly because?: string
}

/** Records stored with one sync. */
const BATCH = 256
/** A file that is not JSON lines is parsed as a whole, which needs it as one text. */
const WHOLE_LIMIT = 256 << 20

/**
 * Imports records into a history: JSON lines of this package's schema, or the older flat format as JSON lines, as a
 * JSON array or as `{"records": […]}`. Each gets the next free number; the one it had is kept in `imported`. Records
 * whose id is stored already are not stored again, so an import can be repeated. What does not fit is listed, not
 * stored. Rejects with IMPORT_NOT_RECORDS where the file holds no such records at all.
 */
export async function importHistory(store: HistoryStore, path: string): Promise<ImportResult> {
  const refused: RefusedRecord[] = []
  let imported = 0
  let present = 0
  const known = new Set<string>()
  for await (const record of store.records()) known.add(record.id)
  let batch: { draft: RecordDraft; position: string }[] = []
  const stored = (drafts: typeof batch) => {
    for (const { draft } of drafts) {
      if (known.has(draft.id!)) present++
      else {
        known.add(draft.id!)
        imported++
      }
    }
  }
  const flush = async () => {
    const drafts = batch
    batch = []
    try {
      await store.appendMany(drafts.map(({ draft }) => draft))
      stored(drafts)
    } catch (error) {
      if (!isBadRecord(error)) throw error
      // One of them does not fit: find out which, and keep the others.
      for (const one of drafts) {
        try {
          await store.append(one.draft)
          stored([one])
        } catch (refusal) {
          if (!isBadRecord(refusal)) throw refusal
          refused.push({ position: one.position, because: refusal.message })
        }
      }
    }
  }
  for await (const { position, value, because } of candidates(path)) {
    const draft = because === undefined ? toDraft(value) : because
    if (typeof draft === 'string') refused.push({ position, because: draft })
    else batch.push({ draft, position })
    if (batch.length >= BATCH) await flush()
  }
  if (batch.length > 0) await flush()
  if (imported + present === 0 && refused.length > 0) {
    throw dataError(
      'IMPORT_NOT_RECORDS',
      `${path} holds no record that can be imported; ${refused[0]!.position}: ${refused[0]!.because}`,
      'give JSON lines of this package, or the older flat format (iteration_num, …) as JSON or JSON lines',
      { path, refused: refused.slice(0, 100) },
    )
  }
  return { imported, present, refused }
}

const isBadRecord = (error: unknown): error is AlphaloopError =>
  error instanceof AlphaloopError && error.code === 'HISTORY_BAD_RECORD'

/** A draft, or why there is none. */
function toDraft(value: unknown): RecordDraft | string {
  if (looksFlat(value)) {
    const flat = readFlatRecord(value)
    return flat.ok ? flat.draft : flat.because
  }
  const parsed = parseRecord(value)
  if (!parsed.ok) return parsed.because
  const { record } = parsed
  if (record.kind === 'newer' || record.schema > 1) {
    return `is of schema ${record.schema}, newer than this version can store; update, then import again`
  }
  if (record.kind !== 'iteration') return record
  return { ...record, imported: record.imported ?? { format: 'record', iteration: record.iteration } }
}

async function* candidates(path: string): AsyncGenerator<Candidate> {
  let handle: FileHandle
  try {
    handle = await open(path, 'r')
  } catch (error) {
    throw historyError(path, 'read', error)
  }
  try {
    const { size } = await handle.stat()
    const whole = await wholeJson(handle, size, path)
    if (whole !== undefined) {
      for (const [i, value] of whole.entries()) yield { position: `record ${i}`, value }
      return
    }
    let line = 0
    for await (const page of readLines(handle, 0, size)) {
      for (const { bytes } of page) yield* lineCandidate(bytes, ++line)
    }
    yield* lastLine(handle, size, line + 1)
  } catch (error) {
    throw error instanceof AlphaloopError ? error : historyError(path, 'read', error)
  } finally {
    await handle.close()
  }
}

function* lineCandidate(bytes: Buffer, line: number): Generator<Candidate> {
  const position = `line ${line}`
  const body = startsWithBom(bytes) ? bytes.subarray(3) : bytes
  if (!isUtf8(body)) {
    yield { position, because: 'is not valid UTF-8' }
    return
  }
  const text = body.toString('utf8')
  if (text.trim() === '') return
  try {
    yield { position, value: JSON.parse(text) }
  } catch (error) {
    yield { position, because: `is not JSON: ${messageOf(error)}` }
  }
}

/** The text behind the last LF: in a file from elsewhere the last line may lack one. */
async function* lastLine(handle: FileHandle, size: number, line: number): AsyncGenerator<Candidate> {
  const step = 64 * 1024
  for (let length = step; ; length *= 4) {
    const from = Math.max(0, size - length)
    const bytes = Buffer.alloc(size - from)
    await handle.read(bytes, 0, bytes.length, from)
    const at = bytes.lastIndexOf(10)
    if (at < 0 && from > 0) continue
    if (at + 1 < bytes.length) yield* lineCandidate(bytes.subarray(at + 1), line)
    return
  }
}

/** The records of a file that is one JSON value; undefined where it is JSON lines. */
async function wholeJson(handle: FileHandle, size: number, path: string): Promise<unknown[] | undefined> {
  const head = Buffer.alloc(Math.min(size, 64 * 1024))
  await handle.read(head, 0, head.length, 0)
  const start = head
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart()
  // The first line of JSON lines is a whole value; that of one value over several lines is not.
  if (!start.startsWith('[') && isWholeValue(start.split('\n', 1)[0]!) && start.includes('\n', 1)) {
    if (!/^\{\s*"records"\s*:/.test(start)) return undefined
  }
  if (size > WHOLE_LIMIT) {
    if (start.startsWith('{')) return undefined
    throw dataError(
      'IMPORT_TOO_LARGE',
      `${path} is one JSON value of ${size} bytes`,
      'give it as JSON lines',
      { path },
    )
  }
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; ) {
    const { bytesRead } = await handle.read(bytes, at, size - at, at)
    if (bytesRead === 0) break
    at += bytesRead
  }
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''))
  } catch {
    // Not one value: line by line, where each line that fails is listed.
    return undefined
  }
  if (Array.isArray(value)) return value
  const records = (value as { records?: unknown } | null)?.records
  return Array.isArray(records) ? records : [value]
}

function isWholeValue(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
