import { isUtf8 } from 'node:buffer'
import { type AlphaloopError, messageOf, usageError } from '../base/errors.js'
import {
  complaints,
  type KnownRecord,
  type ParsedRecord,
  parseRecord,
  RECORD_SCHEMA,
  type RecordDraft,
  recordSchema,
} from './record.js'
import type { Redactor } from './redact.js'

export const LF = 10
const BOM = Buffer.from([0xef, 0xbb, 0xbf])

export const startsWithBom = (bytes: Buffer): boolean => bytes.subarray(0, 3).equals(BOM)

/** Reads the bytes of one line, without its LF. A BOM before it and a CR after it are allowed. Never throws. */
export function parseLine(bytes: Buffer): ParsedRecord {
  const line = startsWithBom(bytes) ? bytes.subarray(3) : bytes
  if (!isUtf8(line)) return { ok: false, because: 'is not valid UTF-8' }
  let value: unknown
  try {
    const text = line.toString('utf8')
    if (text.trim() === '') return { ok: false, because: 'is empty' }
    value = JSON.parse(text)
  } catch (error) {
    return { ok: false, because: `is not JSON: ${messageOf(error)}` }
  }
  return parseRecord(value)
}

/** The head that the writer gives to each line, as far as numbers and ids go. */
const HEAD = /^\{"schema":\d+,"kind":"([a-zA-Z]+)","id":"([^"\\]{1,100})"(?:,"iteration":(\d{1,15}))?,/

export interface LineHead {
  readonly id: string
  readonly iteration: number | undefined
}

/** Kind, id and number from the first bytes of a line as this package writes it; undefined for any other line. */
export function parseHead(bytes: Buffer): LineHead | undefined {
  const match = HEAD.exec(bytes.toString('latin1', 0, 240))
  if (match === null) return undefined
  const iteration = match[1] === 'iteration' && match[3] !== undefined ? Number(match[3]) : undefined
  return { id: match[2]!, iteration }
}

/** A checked record, ready to be written once its number is known. */
export interface PreparedRecord {
  readonly id: string
  readonly numbered: boolean
  /** Bytes of its line, about. */
  readonly size: number
  /** The line with its LF. */
  line(iteration: number): string
  record(iteration: number): KnownRecord
}

const finiteOrNull = (_key: string, value: unknown) =>
  typeof value === 'number' && !Number.isFinite(value) ? null : value

/** Checks a draft, removes its secrets and turns it into text. Throws HISTORY_BAD_RECORD. */
export function prepareRecord(
  draft: RecordDraft,
  given: { id: string; timestamp: string },
  redactor: Redactor,
): PreparedRecord {
  const { kind, ...fields } = draft as RecordDraft & Record<string, unknown>
  const { schema: _schema, iteration: _iteration, id = given.id, ...rest } = fields as Record<string, unknown>
  let tail: string
  let value: Record<string, unknown>
  try {
    const body = redactor.value({ timestamp: given.timestamp, ...rest })
    tail = JSON.stringify(body, finiteOrNull)
    value = JSON.parse(tail)
  } catch (error) {
    throw badRecord(kind, id, messageOf(error))
  }
  const numbered = kind === 'iteration'
  const whole = { schema: RECORD_SCHEMA, kind, id, ...(numbered ? { iteration: 0 } : {}), ...value }
  const parsed = recordSchema.safeParse(whole)
  if (!parsed.success) throw badRecord(kind, id, complaints(parsed.error))
  const head = `{"schema":${RECORD_SCHEMA},"kind":${JSON.stringify(kind)},"id":${JSON.stringify(id)}`
  return {
    id: id as string,
    numbered,
    size: head.length + tail.length + 30,
    line: (iteration) => `${head}${numbered ? `,"iteration":${iteration}` : ''},${tail.slice(1)}\n`,
    record: (iteration) => (numbered ? ({ ...parsed.data, iteration } as KnownRecord) : parsed.data),
  }
}

function badRecord(kind: unknown, id: unknown, because: string): AlphaloopError {
  return usageError(
    'HISTORY_BAD_RECORD',
    `a record of kind ${String(kind)} cannot be stored: ${because}`,
    'give it the fields of record schema 1',
    { kind, id, because },
  )
}
