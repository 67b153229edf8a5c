import type { JsonValue } from '../base/json.js'
import type { Fold } from '../history/fold.js'
import { foldHistory } from '../history/fold-history.js'
import type { HistoryStore, OnWarning } from '../history/store.js'
import { batchStartOf } from './slots.js'
import {
  applyRecord,
  type FoldRules,
  initialState,
  type LoopState,
  type ProposalView,
  proposalView,
} from './state.js'

/** The state after the last record, and the one before the batch that the next iteration belongs to. */
export interface Resumed {
  readonly state: LoopState
  readonly view: ProposalView
}

interface FoldState {
  readonly state: LoopState
  view: ProposalView | null
}

/**
 * The loop's memory as a fold. A snapshot holds the state alone: the view of a batch that was cut is taken again from
 * the records before it, so a snapshot beyond that point is not used.
 */
function loopFold(rules: FoldRules, batchStart: number): Fold<FoldState> {
  return {
    name: 'loop',
    version: `1-${rules.objective}-${rules.scoredWindow}`,
    initial: () => ({ state: initialState(), view: null }),
    apply(folded, record) {
      if (folded.view === null && record.kind === 'iteration' && record.iteration >= batchStart)
        folded.view = proposalView(folded.state)
      applyRecord(folded.state, record, rules)
      return folded
    },
    serialize: ({ state }) => ({ ...state, evaluated: [...state.evaluated] }) as unknown as JsonValue,
    deserialize(value) {
      const { evaluated, ...rest } = value as unknown as Omit<LoopState, 'evaluated'> & {
        evaluated: [string, number][]
      }
      const state: LoopState = { ...rest, evaluated: new Map(evaluated) }
      if (state.next > batchStart) throw new RangeError('the snapshot lies beyond the batch that was cut')
      return { state, view: null }
    },
  }
}

/** Folds a run's history, from its snapshot on where there is one that fits. */
export async function resumeState(
  store: HistoryStore,
  options: {
    readonly rules: FoldRules
    readonly batchSize: number
    readonly snapshot: string
    readonly onWarning: OnWarning
  },
): Promise<Resumed> {
  const [last] = await store.tail(1)
  const batchStart = last === undefined ? 0 : batchStartOf(last.iteration + 1, options.batchSize)
  const { states } = await foldHistory(
    store,
    { loop: loopFold(options.rules, batchStart) },
    { snapshot: options.snapshot, onWarning: options.onWarning },
  )
  const { state, view } = states.loop as FoldState
  return { state, view: view ?? proposalView(state) }
}

/** Brings the snapshot up to date; to be called between batches. */
export async function snapshotState(
  store: HistoryStore,
  options: { readonly rules: FoldRules; readonly snapshot: string; readonly onWarning: OnWarning },
): Promise<void> {
  await foldHistory(
    store,
    { loop: loopFold(options.rules, Number.POSITIVE_INFINITY) },
    { snapshot: options.snapshot, writeAfter: 1, onWarning: options.onWarning },
  )
}
