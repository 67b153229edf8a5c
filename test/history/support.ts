import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type JournalOptions, JournalStore } from '../../src/history/journal-store.js'
import type { HistoryRecord } from '../../src/history/record.js'
import type { HistoryStore, HistoryWarning } from '../../src/history/store.js'

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'alphaloop-history-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A folder in memory, where the system has such a place: for thousands of syncs. It is gone after the test. */
export function folderInMemory(): string {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'alphaloop-history-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A journal that is closed after the test, and the warnings that it gave. */
export async function openJournal(
  path: string,
  options: JournalOptions = {},
): Promise<{ store: JournalStore; warnings: HistoryWarning[] }> {
  const warnings: HistoryWarning[] = []
  const store = await JournalStore.open(path, { onWarning: (warning) => warnings.push(warning), ...options })
  onTestFinished(() => store.close())
  return { store, warnings }
}

export async function readAll(store: HistoryStore): Promise<HistoryRecord[]> {
  const records: HistoryRecord[] = []
  for await (const record of store.records()) records.push(record)
  return records
}

export const numbersOf = (records: readonly HistoryRecord[]): number[] =>
  records.flatMap((record) => (record.kind === 'iteration' ? [record.iteration] : []))

export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/** How many rounds of a costly test to run: all of them in `npm run test:deep`. */
export const rounds = (normal: number, deep: number): number =>
  process.env.ALPHALOOP_DEEP === '1' ? deep : normal
