import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { usageError } from '../base/errors.js'
import { nearest } from '../base/nearest.js'
import { keptTotal } from '../compose.js'
import type { ConfigFile } from '../config/resolve.js'
import { HISTORY_FILE, JournalStore } from '../history/journal-store.js'
import type { IterationRecord, RunSettings } from '../history/record.js'
import type { OnWarning } from '../history/store.js'
import { applyRecord, type FoldRules, initialState, type LoopState } from '../loop/state.js'
import type { Io } from './io.js'

/** The run that a command is about: the one named, or the newest under runs/. */
export function runDirOf(io: Io, given: string | undefined): string {
  if (given !== undefined) {
    const dir = resolve(io.cwd, given)
    if (existsSync(join(dir, HISTORY_FILE))) return dir
    const siblings = existsSync(dirname(dir)) ? readdirSync(dirname(dir)) : []
    const meant = nearest(
      basename(dir),
      siblings.filter((name) => existsSync(join(dirname(dir), name, HISTORY_FILE))),
    )
    throw usageError(
      'NO_RUN',
      existsSync(dir) ? `${dir} is no run: it has no ${HISTORY_FILE}` : `there is no run directory ${dir}`,
      meant === undefined
        ? 'name a directory that `alphaloop run` has made'
        : `did you mean ${join(dirname(given), meant)}?`,
      { runDir: dir },
    )
  }
  const runs = join(io.cwd, 'runs')
  const found = existsSync(runs)
    ? readdirSync(runs)
        .map((name) => join(runs, name))
        .filter((dir) => existsSync(join(dir, HISTORY_FILE)))
        .map((dir) => ({ dir, changed: statSync(join(dir, HISTORY_FILE)).mtimeMs }))
        .sort((a, b) => b.changed - a.changed)
    : []
  if (found[0] !== undefined) return found[0].dir
  throw usageError(
    'NO_RUN',
    `there is no run under ${runs}`,
    'name one with --run-dir, or make one: alphaloop run',
  )
}

/** Opens a run's history for reading only. @throws AlphaloopError HISTORY_MISSING and the like */
export const openHistory = (runDir: string, onWarning: OnWarning): Promise<JournalStore> =>
  JournalStore.open(join(runDir, HISTORY_FILE), { readOnly: true, onWarning })

/** The fold over a run's whole history. */
export async function readRun(runDir: string, onWarning: OnWarning): Promise<LoopState> {
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
    if (settings === undefined) return undefined
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
  } finally {
    await store.close()
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
