import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/schema.js'
import { HISTORY_FILE, JournalStore } from '../history/journal-store.js'
import type { Redactor } from '../history/redact.js'
import { holdRunDir, keepTotal, makeRunDir } from '../history/run-dir.js'
import { resumeState, snapshotState } from './resume.js'
import { foldRules, type LoopState, type ProposalView } from './state.js'

/** A run directory that nobody else runs in, with its journal open and its history folded. */
export interface HeldRun {
  readonly runDir: string
  readonly store: JournalStore
  readonly state: LoopState
  /** The state before the batch that the next iteration belongs to. */
  readonly view: ProposalView
  /** To be called between batches: brings the snapshot up to date where many records have come since the last one. */
  readonly onBatchEnd: (state: LoopState) => Promise<void>
  release(): Promise<void>
}

/** Iterations between two snapshots of the fold: a resume reads at most this many records beyond one. */
const SNAPSHOT_EVERY = 1000

/**
 * Makes or takes a run directory and reads what it holds.
 * @throws AlphaloopError (environment) RUN_IN_USE with the pid of who holds it, RUN_DIR, HISTORY_…
 */
export async function holdRun(request: {
  readonly runDir: string
  readonly config: Config
  readonly redactor: Redactor
  readonly warn: (message: string) => void
}): Promise<HeldRun> {
  const { runDir, config, redactor, warn } = request
  const onWarning = ({ message }: { message: string }) => warn(message)
  makeRunDir(runDir)
  const release = holdRunDir(runDir, warn)
  let store: JournalStore | undefined
  try {
    store = await JournalStore.open(join(runDir, HISTORY_FILE), { redactor, onWarning })
    const folding = {
      rules: foldRules(config),
      batchSize: config.batchSize,
      snapshot: join(runDir, 'cache', 'loop-state.json'),
    }
    mkdirSync(join(runDir, 'cache'), { recursive: true })
    keepTotal(runDir, config.iterations)
    const { state, view } = await resumeState(store, { ...folding, onWarning })
    const journal = store
    let snapshotAt = state.next
    return {
      runDir,
      store: journal,
      state,
      view,
      async onBatchEnd({ next }) {
        if (next - snapshotAt < SNAPSHOT_EVERY) return
        snapshotAt = next
        await snapshotState(journal, { ...folding, onWarning: warn })
      },
      async release() {
        await journal.close()
        release()
      },
    }
  } catch (error) {
    await store?.close()
    release()
    throw error
  }
}
