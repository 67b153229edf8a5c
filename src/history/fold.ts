import type { JsonValue } from '../base/json.js'
import type { KnownRecord, NewerRecord } from './record.js'

/**
 * A state that is computed from the records, one by one in order: champion, archive, statistics… It reads what was
 * decided and never decides again, so that the same records always give the same state.
 */
export interface Fold<S> {
  /** Tells its snapshot from others'; one fold of a name in a pass. */
  readonly name: string
  /** Raised whenever states of an older version must not be used any more. */
  readonly version: number | string
  initial(): S
  /** The state after one more record. It may change the given state and return it. */
  apply(state: S, record: KnownRecord): S
  /** The same for a record of a newer schema, of which a part is known; absent: it is passed over. */
  applyNewer?(state: S, record: NewerRecord): S
  /** The state as JSON, for a snapshot; absent: it is JSON already. */
  serialize?(state: S): JsonValue
  deserialize?(value: JsonValue): S
}

/** Any fold, whatever its state. */
// biome-ignore lint/suspicious/noExplicitAny: the state is known to the fold alone
export type AnyFold = Fold<any>

export type StatesOf<F extends Record<string, AnyFold>> = {
  [K in keyof F]: F[K] extends Fold<infer S> ? S : never
}

/** Runs a fold over records that are in memory. */
export function foldRecords<S>(fold: Fold<S>, records: Iterable<KnownRecord>, from = fold.initial()): S {
  let state = from
  for (const record of records) state = fold.apply(state, record)
  return state
}
