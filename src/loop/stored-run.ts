import { join } from 'node:path'
import { usageError } from '../base/errors.js'
import type { ConfigFile } from '../config/resolve.js'
import { UNLIMITED } from '../graph/limits.js'
import { createStrategy, type Strategy } from '../graph/strategy.js'
import { HISTORY_FILE, JournalStore } from '../history/journal-store.js'
import type { IterationRecord, RunSettings } from '../history/record.js'
import { keptTotal } from '../history/run-dir.js'
import type { OnWarning } from '../history/store.js'
import { applyRecord, type FoldRules, initialState, type LoopState } from './state.js'

/** Opens a run's history for reading only. @throws AlphaloopError HISTORY_MISSING and the like */
export const openHistory = (runDir: string, onWarning: OnWarning): Promise<JournalStore> =>
  JournalStore.open(join(runDir, HISTORY_FILE), { readOnly: true, onWarning })

/** The fold over a run's whole history. */
export async function readRun(runDir: string, onWarning: OnWarning = () => {}): Promise<LoopState> {
  const store = await openHistory(runDir, onWarning)
  try {
    const state = initialState()
    // As wide as a staleness window may be: a demotion names a scored record within it.
    const rules: FoldRules = { objective: 'sharpe', scoredWindow: 10_000 }
    for await (const record of store.records()) applyRecord(state, record, rules)
    return state
  } finally {
    await store.close()
  }
}

/** The settings that a run has now, in the form of a configuration file. */
export async function storedConfig(runDir: string): Promise<ConfigFile | undefined> {
  const store = await openHistory(runDir, () => {})
  try {
    let settings: RunSettings | undefined
    for await (const record of store.records()) {
      // The newest holds: a change that the user accepted stands for what comes after it.
      if (record.kind === 'change' && record.settings !== undefined) settings = record.settings
    }
    return settings === undefined ? undefined : settingsFile(runDir, settings)
  } finally {
    await store.close()
  }
}

/** Settings of a run in the form of a configuration file. */
export function settingsFile(runDir: string, settings: RunSettings): ConfigFile {
  const total = keptTotal(runDir)
  const { source, with: { join: others, ...tables } = {} } = settings.data
  return {
    name: join(runDir, HISTORY_FILE),
    values: {
      ...settings.config,
      data: others === undefined ? source : [source, ...others],
      dataOptions: { ...(settings.config.dataOptions as object | undefined), ...tables },
      ...(total === undefined ? {} : { iterations: total }),
    },
    line: () => 1,
  }
}

/** The record whose strategy is champion. @throws AlphaloopError (usage) NO_CHAMPION */
export function championOf(state: LoopState, runDir: string): IterationRecord {
  if (state.championRecord !== null) return state.championRecord
  throw usageError(
    'NO_CHAMPION',
    `${runDir} has no champion after ${state.next} iterations`,
    'go on with more iterations, or look at what came close: alphaloop history list',
    { runDir, iterations: state.next },
  )
}

/**
 * A run's champion: its strategy and the record that proposed it; null where the run has none yet.
 * @throws AlphaloopError HISTORY_MISSING and the like
 */
export async function readChampion(
  runDir: string,
): Promise<{ readonly strategy: Strategy; readonly record: IterationRecord } | null> {
  const { championRecord: record } = await readRun(runDir)
  if (record === null) return null
  return { strategy: createStrategy(record.strategy!.graph, UNLIMITED), record }
}
