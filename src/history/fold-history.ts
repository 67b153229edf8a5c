import { readFile } from 'node:fs/promises'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import { AlphaloopError, messageOf } from '../base/errors.js'
import { contentHash } from '../base/hash.js'
import type { JsonValue } from '../base/json.js'
import type { AnyFold, Fold, StatesOf } from './fold.js'
import type { HistoryCursor, HistoryStore, OnWarning } from './store.js'

/*
 * A snapshot is a cache: the states of some folds at a cursor of the history. It is used only where it is whole (its
 * own hash), its folds have the asked names and versions, and the cursor fits the history as it is now; otherwise the
 * records are read from the start, and a new one is written.
 */

const snapshotSchema = z.object({
  format: z.literal(1),
  cursor: z.object({ position: z.number().nonnegative(), check: z.string() }),
  states: z.record(z.string(), z.object({ version: z.union([z.number(), z.string()]), state: z.json() })),
})

type Snapshot = z.infer<typeof snapshotSchema>

export interface FoldOptions {
  /** File of the snapshot; absent: all records are read. */
  readonly snapshot?: string
  /** A new snapshot is written once this much of the history (in bytes, for a journal) was read beyond it: 1 MiB. */
  readonly writeAfter?: number
  readonly onWarning?: OnWarning
}

export interface Folded<S> {
  readonly states: S
  /** Behind the last record that was read: fold on from here. Undefined where there is no record. */
  readonly cursor: HistoryCursor | undefined
  /** Records that were read in this call; the snapshot saved the rest. */
  readonly read: number
}

/** Folds the whole history, in one pass for all folds, from the snapshot on where there is a usable one. */
export async function foldHistory<F extends Record<string, AnyFold>>(
  store: HistoryStore,
  folds: F,
  options: FoldOptions = {},
): Promise<Folded<StatesOf<F>>> {
  const names = Object.values(folds).map((fold) => fold.name)
  if (new Set(names).size < names.length)
    throw new RangeError(`foldHistory: two folds are named alike (${names})`)
  const snapshot = options.snapshot === undefined ? undefined : await loadSnapshot(options.snapshot, options)
  let start = snapshot === undefined ? undefined : restore(snapshot, folds)
  let folded: Folded<StatesOf<F>>
  try {
    folded = await pass(store, folds, start)
  } catch (error) {
    if (start === undefined || !(error instanceof AlphaloopError && error.code === 'HISTORY_CURSOR'))
      throw error
    start = undefined
    folded = await pass(store, folds, undefined)
  }
  const { cursor, states } = folded
  const beyond = (cursor?.position ?? 0) - (start?.cursor.position ?? 0)
  if (options.snapshot !== undefined && cursor !== undefined && beyond >= (options.writeAfter ?? 1 << 20)) {
    await saveSnapshot(options.snapshot, folds, states, cursor)
  }
  return folded
}

/** Folds one state; see `foldHistory`. */
export async function foldOne<S>(store: HistoryStore, fold: Fold<S>, options: FoldOptions = {}): Promise<S> {
  const { states } = await foldHistory(store, { only: fold }, options)
  return states.only as S
}

/** Keeps states as a snapshot. Throws where the file cannot be written. */
export async function saveSnapshot<F extends Record<string, AnyFold>>(
  path: string,
  folds: F,
  states: StatesOf<F>,
  cursor: HistoryCursor,
): Promise<void> {
  const stored: Record<string, { version: number | string; state: JsonValue }> = {}
  for (const [key, fold] of Object.entries(folds)) {
    const state = states[key as keyof F] as unknown
    stored[fold.name] = {
      version: fold.version,
      state: fold.serialize ? fold.serialize(state) : (state as JsonValue),
    }
  }
  const body = JSON.stringify({ format: 1, cursor, states: stored })
  await writeFileAtomic(path, `${contentHash(body)}\n${body}\n`)
}

interface Start {
  readonly states: Record<string, unknown>
  readonly cursor: HistoryCursor
}

async function pass<F extends Record<string, AnyFold>>(
  store: HistoryStore,
  folds: F,
  start: Start | undefined,
): Promise<Folded<StatesOf<F>>> {
  const keys = Object.keys(folds)
  const all = keys.map((key) => folds[key]!)
  const states = keys.map((key, i) => (start === undefined ? all[i]!.initial() : start.states[key]))
  let cursor = start?.cursor
  let read = 0
  for await (const page of store.pages(start?.cursor)) {
    cursor = page.cursor
    for (const record of page.records) {
      if (record.kind === 'newer') {
        for (let i = 0; i < all.length; i++) states[i] = all[i]!.applyNewer?.(states[i], record) ?? states[i]
        continue
      }
      read++
      for (let i = 0; i < all.length; i++) states[i] = all[i]!.apply(states[i], record)
    }
  }
  const named = Object.fromEntries(keys.map((key, i) => [key, states[i]])) as StatesOf<F>
  return { states: named, cursor, read }
}

async function loadSnapshot(path: string, { onWarning }: FoldOptions): Promise<Snapshot | undefined> {
  const ignore = (why: string) => {
    onWarning?.({
      code: 'HISTORY_SNAPSHOT_IGNORED',
      message: `the snapshot ${path} ${why}; reading the history from the start`,
      details: { path },
    })
    return undefined
  }
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? undefined
      : ignore(`cannot be read (${messageOf(error)})`)
  }
  const cut = text.indexOf('\n')
  const body = text.slice(cut + 1, -1)
  if (cut < 0 || contentHash(body) !== text.slice(0, cut)) return ignore('is damaged')
  const parsed = snapshotSchema.safeParse(JSON.parse(body))
  return parsed.success ? parsed.data : ignore('is of another version')
}

/** The states of all folds; undefined where one is missing, of another version, or cannot be brought back. */
function restore(snapshot: Snapshot, folds: Record<string, AnyFold>): Start | undefined {
  const states: Record<string, unknown> = {}
  for (const [key, fold] of Object.entries(folds)) {
    const entry = snapshot.states[fold.name]
    if (entry === undefined || entry.version !== fold.version) return undefined
    try {
      states[key] = fold.deserialize ? fold.deserialize(entry.state as JsonValue) : entry.state
    } catch {
      // A snapshot is only a cache: what cannot be brought back is computed anew.
      return undefined
    }
  }
  return { states, cursor: snapshot.cursor }
}
