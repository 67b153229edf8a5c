import type { HistoryRecord, IterationRecord, RecordDraft, StoredAs } from './record.js'

/** A place between two records. Opaque but for its order; it can be kept as JSON and used in a later process. */
export interface HistoryCursor {
  /** Grows from record to record. */
  readonly position: number
  /** Ties the position to what stands before it, so that a cursor of another history is noticed. */
  readonly check: string
}

/** Records in order, and the place after the last of them. */
export interface HistoryPage {
  readonly records: readonly HistoryRecord[]
  readonly cursor: HistoryCursor
}

/** Something that the caller should say once to the user; the work goes on. */
export interface HistoryWarning {
  /** Stable, in SCREAMING_SNAKE_CASE. */
  readonly code:
    | 'HISTORY_TORN_TAIL'
    | 'HISTORY_BAD_LINE'
    | 'HISTORY_NEWER_SCHEMA'
    | 'HISTORY_NETWORK_FILE_SYSTEM'
    | 'HISTORY_LOCK_TAKEN_OVER'
    | 'HISTORY_NUMBERS_OUT_OF_ORDER'
    | 'HISTORY_SNAPSHOT_IGNORED'
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
}

export type OnWarning = (warning: HistoryWarning) => void

/**
 * The iteration history of one run: an append-only list of records, the only truth about the run. The contract,
 * which `historyStoreCases` of the testing folder checks on any implementation:
 *
 * - When `append` resolves, the record survives the death of the process and a loss of power.
 * - Any number of stores on the same history, in any threads and processes of one host, may append at once. No
 *   record is lost, torn, interleaved or stored twice. Every record of kind `iteration` gets a number of its own,
 *   the highest so far + 1, starting at 0; other kinds get none. Records of one call stand together, in order.
 * - An id that is stored already is not stored again, whoever stored it: the call resolves to the record that
 *   stands there, whatever else the second draft says.
 * - What was appended before a read began is in that read; a read never waits for a writer and never shows a part
 *   of a record. Records come in the order in which they were appended.
 * - A stored record is never changed and never moved.
 * - Text that looks like a secret is replaced before it is stored; the returned record is what was stored.
 * - A draft that does not fit the schema rejects with HISTORY_BAD_RECORD and nothing of its call is stored.
 *   Numbers in `metrics` that are not finite are stored as null.
 * - When storing fails, the call rejects with an AlphaloopError that names the place and the cause; the history
 *   stays readable and can be appended to once the cause is gone. Of the drafts of a failed call a first part may
 *   have been stored (`details.stored` counts them): repeat the call with the same ids.
 */
export interface HistoryStore {
  /** An id for a draft made in this process: appending it needs no search for an earlier record of that id. */
  newId(): string
  /** Stores one record and returns it with its number. */
  append<D extends RecordDraft>(draft: D): Promise<StoredAs<D>>
  /** Stores records together, durable at once: one lock, one write, one sync. */
  appendMany<D extends RecordDraft>(drafts: readonly D[]): Promise<StoredAs<D>[]>
  /** Pages of records, from a cursor on or from the start. Rejects with HISTORY_CURSOR where the cursor does not fit. */
  pages(from?: HistoryCursor): AsyncIterable<HistoryPage>
  /** All records, one by one. */
  records(from?: HistoryCursor): AsyncIterable<HistoryRecord>
  /** The last records of kind `iteration`, at most `count`, oldest first. Reads no more than it needs. */
  tail(count: number): Promise<IterationRecord[]>
  /** The record of one iteration; undefined where there is none. */
  get(iteration: number): Promise<IterationRecord | undefined>
  /** Waits for what is being appended and gives back files. Later calls reject with HISTORY_CLOSED. */
  close(): Promise<void>
}
