import { type FileHandle, open } from 'node:fs/promises'
import { historyError } from './errors.js'
import { endOfLines, readLines } from './lines.js'
import type { IterationRecord } from './record.js'
import { parseLine } from './record-line.js'
import type { HistoryStore } from './store.js'

/**
 * The lines of a history as they stand, those of a newer schema too, each with its LF. Lines that cannot be read are
 * left out; `onBadLine` hears of them (1-based number, byte offset).
 */
export async function* exportJsonLines(
  path: string,
  onBadLine: (bad: { line: number; offset: number; because: string }) => void = () => {},
): AsyncGenerator<Buffer> {
  let handle: FileHandle
  try {
    handle = await open(path, 'r')
  } catch (error) {
    throw historyError(path, 'read', error)
  }
  try {
    let line = 0
    for await (const page of readLines(handle, 0, endOfLines(handle.fd))) {
      for (const { bytes, offset } of page) {
        line++
        const parsed = parseLine(bytes)
        if (parsed.ok) yield Buffer.concat([bytes, Buffer.from('\n')])
        else onBadLine({ line, offset, because: parsed.because })
      }
    }
  } catch (error) {
    throw historyError(path, 'read', error)
  } finally {
    await handle.close()
  }
}

/** Metrics with a column for each range, in this order. */
const METRICS = ['sharpe', 'totalReturn', 'cagr', 'maxDrawdown', 'calmar', 'turnover', 'trades'] as const

type Cell = string | number | boolean | null | undefined

const COLUMNS: Readonly<Record<string, (record: IterationRecord) => Cell>> = {
  iteration: (r) => r.iteration,
  timestamp: (r) => r.timestamp,
  id: (r) => r.id,
  requested: (r) => r.requested ?? r.method,
  method: (r) => r.method,
  proposer: (r) => r.proposer,
  trials: (r) => r.trials,
  hash: (r) => r.strategy?.hash,
  name: (r) => r.strategy?.name,
  level: (r) => r.level,
  status: (r) => r.execution.status,
  durationMs: (r) => r.execution.durationMs,
  errorCategory: (r) => ('error' in r.execution ? r.execution.error?.category : undefined),
  error: (r) => ('error' in r.execution ? r.execution.error?.message : undefined),
  ...Object.fromEntries(
    (['train', 'validation'] as const).flatMap((range) =>
      METRICS.map((metric) => [
        `${range}${metric[0]!.toUpperCase()}${metric.slice(1)}`,
        (r: IterationRecord) => r.metrics?.[range]?.[metric],
      ]),
    ),
  ),
  championUpdated: (r) => r.champion.updated,
  championBecause: (r) => r.champion.because,
}

/** One cell. A text that a spreadsheet would take for a formula gets an apostrophe, as spreadsheets themselves do. */
function cell(value: Cell): string {
  if (value === null || value === undefined) return ''
  if (typeof value !== 'string') return String(value)
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** The iterations as CSV (RFC 4180, but LF), one row each, an undefined metric as an empty cell. With a header. */
export async function* exportCsv(store: HistoryStore): AsyncGenerator<string> {
  yield `${Object.keys(COLUMNS).join(',')}\n`
  const columns = Object.values(COLUMNS)
  for await (const page of store.pages()) {
    let text = ''
    for (const record of page.records) {
      if (record.kind === 'iteration') text += `${columns.map((column) => cell(column(record))).join(',')}\n`
    }
    if (text !== '') yield text
  }
}
