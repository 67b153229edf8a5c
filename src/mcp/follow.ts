import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AlphaloopError } from '../base/errors.js'
import { HISTORY_FILE } from '../history/journal-store.js'
import type { HistoryCursor, OnWarning } from '../history/store.js'
import { applyRecord, type FoldRules, initialState, type LoopState } from '../loop/state.js'
import { openHistory } from '../loop/stored-run.js'

/**
 * The fold over a run's history as it grows: each call reads what came since the last one, and waits for nobody who
 * writes. The state is one object that later calls bring up to date; a new one where the history is another.
 */
export function followRun(runDir: string, rules: FoldRules, onWarning: OnWarning): () => Promise<LoopState> {
  let state = initialState()
  let cursor: HistoryCursor | undefined
  let last: Promise<unknown> = Promise.resolve()

  const readOn = async (): Promise<LoopState> => {
    if (!existsSync(join(runDir, HISTORY_FILE))) {
      state = initialState()
      cursor = undefined
      return state
    }
    const store = await openHistory(runDir, onWarning)
    try {
      for await (const page of store.pages(cursor)) {
        for (const record of page.records) applyRecord(state, record, rules)
        cursor = page.cursor
      }
      return state
    } catch (error) {
      if (!(error instanceof AlphaloopError && error.code === 'HISTORY_CURSOR' && cursor !== undefined))
        throw error
      state = initialState()
      cursor = undefined
      return await readOn()
    } finally {
      await store.close()
    }
  }

  return () => {
    // One after the other: two readers at once would count records twice.
    const turn = last.then(readOn)
    last = turn.catch(() => {})
    return turn
  }
}
