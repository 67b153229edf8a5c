import { usageError } from '../base/errors.js'
import type { Config } from '../config/schema.js'
import type { DataOptions, Dataset } from '../data/dataset.js'
import { listedOnly } from '../data/listed.js'
import type { RunInfo, RunSettings } from '../history/record.js'
import type { HistoryStore } from '../history/store.js'
import { type Split, splitDates, splitFromDates } from '../validation/splits.js'
import type { LoopEvent } from './events.js'
import type { Replay } from './replay.js'
import { type Difference, differences, keptConfig, settingsDifferences } from './settings.js'
import type { LoopState } from './state.js'

/**
 * The panel up to the end of validation, and not a row more: the boundaries are found among the dates before anything
 * is loaded. A resumed run keeps the boundaries that it was created with.
 */
export async function loadRanges(
  dataset: Dataset,
  data: DataOptions,
  config: Config,
  stored: RunSettings | null,
) {
  const boundaries =
    storedBoundaries(dataset, config, stored) ?? splitDates(dataset.dates, config.split).boundaries
  const panel = listedOnly(await dataset.load({ until: boundaries.validation.end }))
  const split: Split = splitFromDates(panel.dates, boundaries)
  const settings: RunSettings = {
    config: keptConfig(config),
    data: {
      // The built-in market's settings are part of what it is; a resume without --data reads this.
      source: dataset.source === 'builtin' ? String(config.data) : dataset.source,
      ...otherTables(data),
      hash: panel.hash,
      symbols: panel.symbols.length,
      start: panel.dates[0]!,
      end: panel.dates.at(-1)!,
    },
    split: boundaries,
  }
  return { panel, split, settings }
}

/** The tables beside the prices, for a resume: only where there are some, so that other runs stay as they were. */
function otherTables(data: DataOptions): Pick<RunSettings['data'], 'with'> {
  if ('builtin' in data) return {}
  const { join, universe, adjustments, renames } = data
  const tables = {
    ...(join ? { join: [...join] } : {}),
    ...(universe ? { universe: [...universe] } : {}),
    ...(adjustments === undefined ? {} : { adjustments }),
    ...(renames === undefined ? {} : { renames }),
  }
  return Object.keys(tables).length === 0 ? {} : { with: tables }
}

function storedBoundaries(
  dataset: Dataset,
  config: Config,
  stored: RunSettings | null,
): RunSettings['split'] | undefined {
  // A split that the user changed is a change of the run, and is made anew.
  if (stored === null || differences(stored.config.split, config.split).length > 0) return undefined
  const { train, validation } = stored.split
  const known = [train.start, train.end, validation.start, validation.end].every((date) =>
    dataset.dates.includes(date),
  )
  return known ? stored.split : undefined
}

/** How a run wants changes of its settings to be taken. */
interface RecordRequest {
  readonly runDir: string
  readonly acceptChanges: boolean
  readonly replay?: Replay | undefined
  readonly onEvent: (event: LoopEvent) => void
}

/** A replay is made of what the recorded run was made of. @throws AlphaloopError (usage) REPLAY_DIFFERS */
function checkReplaySettings({ recordings }: Replay, settings: RunSettings): void {
  const { config, data } = settingsDifferences(recordings.settings, settings)
  const all = [...config, ...data]
  if (all.length === 0) return
  throw usageError(
    'REPLAY_DIFFERS',
    `${recordings.runDir} was recorded with other settings, and cannot be replayed with these:\n${listed(all)}`,
    'leave settings and data to the recordings; other ones can take over where a replay ends, by a run of its directory with --accept-changes',
    { differences: all },
  )
}

/** What is to come from recordings must not come from models instead, and not from the recordings of another run. */
function checkReplayOf(state: LoopState, { replay, runDir, acceptChanges }: RecordRequest): void {
  const stored = state.replay ?? null
  if (replay !== undefined && stored?.of !== replay.recordings.id)
    throw usageError(
      'REPLAY_OF_ANOTHER',
      `${runDir} is no replay of ${replay.recordings.runDir}`,
      'give another --run-dir, or none: a new one is made under runs/',
      { runDir },
    )
  if (
    replay !== undefined &&
    stored !== null &&
    stored.until !== replay.until &&
    state.next < Math.max(stored.until, replay.until)
  )
    throw usageError(
      'REPLAY_OF_ANOTHER',
      `${runDir} replays up to iteration ${stored.until}, not ${replay.until}`,
      `give --fork ${stored.until} as before, or another --run-dir`,
      { runDir },
    )
  if (replay === undefined && stored !== null && state.next < stored.until && !acceptChanges)
    throw usageError(
      'REPLAY_UNFINISHED',
      `${runDir} replays the recordings of another run up to iteration ${stored.until}, and has come to ${state.next}`,
      'go on with --replay and the directory of the recordings as before, or with --accept-changes to ask models from here on',
      { runDir, until: stored.until, next: state.next },
    )
}

const listed = (differences: readonly Difference[]): string =>
  differences
    .map(({ path, before, after }) => `  ${path}: ${JSON.stringify(before)} → ${JSON.stringify(after)}`)
    .join('\n')

/** Creates the run's first record, or compares what it was created with. */
export async function recordSettings(
  store: HistoryStore,
  state: LoopState,
  settings: RunSettings,
  run: RunInfo,
  request: RecordRequest,
): Promise<void> {
  const stored = state.settings
  const { replay } = request
  if (replay !== undefined) checkReplaySettings(replay, settings)
  if (stored === null) {
    const record = await store.append({
      kind: 'change',
      what: 'created',
      run,
      settings,
      differences: [],
      because: 'The run was created.',
      ...(replay === undefined ? {} : { replay: { of: replay.recordings.id, until: replay.until } }),
    })
    state.settings = settings
    state.replay = record.replay ?? null
    state.configHash = run.config
    request.onEvent({ type: 'run-created', record })
    return
  }
  checkReplayOf(state, request)
  const { config, data } = settingsDifferences(stored, settings)
  const all = [...config, ...data]
  if (all.length === 0) return
  if (!request.acceptChanges)
    throw usageError(
      'RUN_CHANGED',
      `${request.runDir} was created with other settings, and results would not be comparable:\n${listed(all)}`,
      'use the settings of the run, another --run-dir, or --accept-changes to go on and record the change',
      { runDir: request.runDir, differences: all },
    )
  const changes = [
    { what: 'config' as const, differences: config },
    { what: 'data' as const, differences: data },
  ].filter(({ differences }) => differences.length > 0)
  // Together, or a crash between the two would leave one change unsaid.
  await store.appendMany(
    changes.map(({ what, differences }) => ({
      kind: 'change' as const,
      what,
      run,
      settings,
      differences,
      because: 'The user went on with --accept-changes.',
    })),
  )
  state.settings = settings
  state.configHash = run.config
}
