import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type HistoryRecord, type IterationRecord, parseRecord } from '../../src/history/record.js'

/** The lines of a run's history that are whole, each of which must be a valid record. */
export function readHistory(runDir: string): HistoryRecord[] {
  const path = join(runDir, 'history.jsonl')
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line, i) => {
      const parsed = parseRecord(JSON.parse(line))
      if (!parsed.ok) throw new Error(`${path}:${i + 1} ${parsed.because}`)
      return parsed.record
    })
}

export const iterationsIn = (records: readonly HistoryRecord[]): IterationRecord[] =>
  records.filter((record): record is IterationRecord => record.kind === 'iteration')

/**
 * A history without what may differ between two runs of the same seed, data and config: timestamps, durations, and
 * ids, which are replaced by their place in the history, so that references must still point at the same records.
 */
export function normalised(records: readonly HistoryRecord[]): unknown[] {
  const places = new Map(records.map(({ id }, place) => [id, `#${place}`]))
  const replace = (value: unknown, key = ''): unknown => {
    if (key === 'timestamp' || key === 'durationMs' || key === 'latencyMs' || key === 'version')
      return undefined
    if (typeof value === 'string') return places.get(value) ?? value
    if (Array.isArray(value)) return value.map((item) => replace(item))
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(
        Object.entries(value).flatMap(([name, item]) => {
          const kept = replace(item, name)
          return kept === undefined ? [] : [[name, kept]]
        }),
      )
    return value
  }
  return records.map((record) => replace(record))
}

/** The normalised history of a run directory. */
export const historyOf = (runDir: string): unknown[] => normalised(readHistory(runDir))

/** A history without where it was replayed from: that of a replay equals that of what it replays. */
export const replayedHistoryOf = (runDir: string): unknown[] =>
  historyOf(runDir).map((record) => {
    const { replay: _, ...rest } = record as Record<string, unknown>
    return rest
  })

/** Resolves when a run has recorded so many iterations, or when it has ended. */
export async function recorded(runDir: string, count: number, done: Promise<unknown>): Promise<void> {
  let over = false
  const end = () => {
    over = true
  }
  done.then(end, end)
  while (!over && iterationsIn(readHistory(runDir)).length < count) await sleep(2)
}
