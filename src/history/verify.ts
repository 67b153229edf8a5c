import { type FileHandle, open } from 'node:fs/promises'
import { historyError } from './errors.js'
import { endOfLines, readLines } from './lines.js'
import { RECORD_SCHEMA } from './record.js'
import { parseLine, startsWithBom } from './record-line.js'

export interface HistoryIssue {
  /** `error`: records are lost or stand twice. `warning`: readable, but not as this package writes. */
  readonly severity: 'error' | 'warning' | 'info'
  readonly code:
    | 'BAD_LINE'
    | 'DUPLICATE_NUMBER'
    | 'DUPLICATE_ID'
    | 'GAP'
    | 'OUT_OF_ORDER'
    | 'TORN_TAIL'
    | 'BOM'
    | 'CRLF'
    | 'NEWER_SCHEMA'
  /** 1-based; where the issue was seen first. */
  readonly line: number
  /** Byte offset of that line. */
  readonly offset: number
  readonly message: string
}

export interface HistoryVerdict {
  readonly path: string
  /** No issue is an error. */
  readonly ok: boolean
  readonly bytes: number
  readonly lines: number
  readonly records: number
  readonly iterations: number
  readonly issues: readonly HistoryIssue[]
}

/** Issues of one kind that are listed one by one; the rest are counted in one line. */
const MOST = 100

/**
 * Reads a whole history and lists everything that is not as it should be. Takes no lock: records that are appended
 * meanwhile are not seen, and a record that is being written may show as a torn tail.
 */
export async function verifyHistory(path: string): Promise<HistoryVerdict> {
  let handle: FileHandle
  try {
    handle = await open(path, 'r')
  } catch (error) {
    throw historyError(path, 'read', error)
  }
  try {
    return await verify(path, handle)
  } catch (error) {
    throw historyError(path, 'read', error)
  } finally {
    await handle.close()
  }
}

async function verify(path: string, handle: FileHandle): Promise<HistoryVerdict> {
  const issues: HistoryIssue[] = []
  const counts = new Map<string, number>()
  const report = (
    severity: HistoryIssue['severity'],
    code: HistoryIssue['code'],
    line: number,
    offset: number,
    message: string,
  ) => {
    const count = (counts.get(code) ?? 0) + 1
    counts.set(code, count)
    if (count <= MOST) issues.push({ severity, code, line, offset, message })
  }
  const { size } = await handle.stat()
  const end = endOfLines(handle.fd, size)
  const ids = new Map<string, number>()
  const numbers = new Map<number, number>()
  let lines = 0
  let records = 0
  let crlf = 0
  let newer = 0
  let previous = -1
  let highest = -1
  let firstCrlf = { line: 0, offset: 0 }
  let firstNewer = { line: 0, offset: 0 }
  for await (const page of readLines(handle, 0, end)) {
    for (const { bytes, offset } of page) {
      const line = ++lines
      if (startsWithBom(bytes)) {
        report('warning', 'BOM', line, offset, `line ${line} begins with a byte order mark`)
      }
      if (bytes.at(-1) === 0x0d && crlf++ === 0) firstCrlf = { line, offset }
      const parsed = parseLine(bytes)
      if (!parsed.ok) {
        report('error', 'BAD_LINE', line, offset, `line ${line} (byte ${offset}) ${parsed.because}`)
        continue
      }
      records++
      const { record } = parsed
      const schema = record.schema
      if (schema > RECORD_SCHEMA && newer++ === 0) firstNewer = { line, offset }
      const twin = ids.get(record.id)
      if (twin === undefined) ids.set(record.id, line)
      else
        report(
          'error',
          'DUPLICATE_ID',
          line,
          offset,
          `line ${line} has the id ${record.id} of line ${twin} again`,
        )
      if (!('iteration' in record) || record.iteration === undefined) continue
      const { iteration } = record
      const same = numbers.get(iteration)
      if (same === undefined) numbers.set(iteration, line)
      else {
        report(
          'error',
          'DUPLICATE_NUMBER',
          line,
          offset,
          `iteration ${iteration} stands in line ${same} and ${line}`,
        )
      }
      if (iteration < previous) {
        report(
          'warning',
          'OUT_OF_ORDER',
          line,
          offset,
          `iteration ${iteration} follows iteration ${previous}`,
        )
      }
      previous = iteration
      highest = Math.max(highest, iteration)
    }
  }
  for (const [from, to] of gaps(numbers, highest)) {
    const what = from === to ? `iteration ${from} is missing` : `iterations ${from} to ${to} are missing`
    const after = numbers.get(to + 1) ?? lines
    report('error', 'GAP', after, 0, what)
  }
  if (crlf > 0) {
    report(
      'warning',
      'CRLF',
      firstCrlf.line,
      firstCrlf.offset,
      `${crlf} of ${lines} lines end in CR LF instead of LF`,
    )
  }
  if (newer > 0) {
    const message = `${newer} records are of a newer schema than ${RECORD_SCHEMA}; only what is known of them is read`
    report('info', 'NEWER_SCHEMA', firstNewer.line, firstNewer.offset, message)
  }
  if (end < size) {
    const message = `${size - end} bytes stand behind the last line; the next append moves them to a file beside`
    report('warning', 'TORN_TAIL', lines + 1, end, message)
  }
  for (const [code, count] of counts) {
    if (count <= MOST) continue
    const model = issues.find((issue) => issue.code === code)!
    issues.push({ ...model, message: `and ${count - MOST} more of ${code}` })
  }
  return {
    path,
    ok: issues.every((issue) => issue.severity !== 'error'),
    bytes: size,
    lines,
    records,
    iterations: numbers.size,
    issues,
  }
}

/** Runs of numbers in [0, highest] that no record has. */
function* gaps(numbers: ReadonlyMap<number, unknown>, highest: number): Generator<[number, number]> {
  if (numbers.size === highest + 1) return
  const sorted = [...numbers.keys()].sort((a, b) => a - b)
  let expected = 0
  for (const number of sorted) {
    if (number > expected) yield [expected, number - 1]
    expected = number + 1
  }
}
