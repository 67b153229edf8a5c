import { messageOf } from '../base/errors.js'
import type { JsonValue } from '../base/json.js'
import type { Fold } from '../history/fold.js'
import { foldHistory } from '../history/fold-history.js'
import type { HistoryRecord } from '../history/record.js'
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
  /** The view before the first record of the last batch, and that batch's first number. */
  view: ProposalView | null
  viewOf: number
}

/**
 * The loop's memory as a fold. A snapshot holds the state alone: the view of a batch that was cut is taken again from
 * the records before it, so a snapshot beyond `batchStart` is not used.
 */
function loopFold(rules: FoldRules, batchSize: number, batchStart: number): Fold<FoldState> {
  const apply = (folded: FoldState, record: HistoryRecord): FoldState => {
    const { iteration } = record as { iteration?: number }
    if (iteration !== undefined) {
      const start = batchStartOf(iteration, batchSize)
      if (start !== folded.viewOf) {
        folded.view = proposalView(folded.state)
        folded.viewOf = start
      }
    }
    applyRecord(folded.state, record, rules)
    return folded
  }
  return {
    name: 'loop',
    version: `7-${rules.objective}-${rules.scoredWindow}`,
    initial: () => ({ state: initialState(), view: null, viewOf: -1 }),
    apply,
    applyNewer: apply,
    serialize: ({ state }) => ({ ...state, evaluated: [...state.evaluated] }) as unknown as JsonValue,
    deserialize(value) {
      const { evaluated, ...rest } = value as unknown as Omit<LoopState, 'evaluated'> & {
        evaluated: [string, number][]
      }
      const state: LoopState = { ...rest, evaluated: new Map(evaluated) }
      if (state.next > batchStart) throw new RangeError('the snapshot lies beyond the batch that was cut')
      return { state, view: null, viewOf: -1 }
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
  const { rules, batchSize } = options
  const [last] = await store.tail(1)
  const batchStart = last === undefined ? 0 : batchStartOf(last.iteration + 1, batchSize)
  const { states } = await foldHistory(
    store,
    { loop: loopFold(rules, batchSize, batchStart) },
    // Its state may lie within a batch, which is no use to the next resume.
    { snapshot: options.snapshot, writeAfter: Number.POSITIVE_INFINITY, onWarning: options.onWarning },
  )
  const { state, view, viewOf } = states.loop as FoldState
  const isCut = view !== null && viewOf === batchStartOf(state.next, batchSize)
  return { state, view: isCut ? view : proposalView(state) }
}

/** Brings the snapshot up to date; to be called between batches. It is a cache: where it cannot be written, that is said. */
export async function snapshotState(
  store: HistoryStore,
  options: {
    readonly rules: FoldRules
    readonly batchSize: number
    readonly snapshot: string
    readonly onWarning: (message: string) => void
  },
): Promise<void> {
  const { rules, batchSize, snapshot, onWarning } = options
  try {
    await foldHistory(
      store,
      { loop: loopFold(rules, batchSize, Number.POSITIVE_INFINITY) },
      { snapshot, writeAfter: 1, onWarning: ({ message }) => onWarning(message) },
    )
  } catch (error) {
    onWarning(`the snapshot ${snapshot} cannot be written: ${messageOf(error)}`)
  }
}
