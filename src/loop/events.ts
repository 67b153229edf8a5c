import type { ChangeRecord, DemotionRecord, IterationRecord } from '../history/record.js'

/** What a running loop tells whoever watches; nothing is decided on it. */
export type LoopEvent =
  | { readonly type: 'run-created'; readonly record: ChangeRecord }
  | { readonly type: 'run-resumed'; readonly from: number; readonly total: number }
  | { readonly type: 'batch-started'; readonly first: number; readonly last: number }
  | { readonly type: 'model-asked'; readonly iteration: number }
  | {
      readonly type: 'iteration-recorded'
      readonly record: IterationRecord
      readonly done: number
      readonly total: number
    }
  | { readonly type: 'champion-demoted'; readonly record: DemotionRecord }
  | { readonly type: 'warning'; readonly message: string }

/** Why a loop came to its end. */
export type StopReason = 'finished' | 'interrupted' | 'budgetSpent'
