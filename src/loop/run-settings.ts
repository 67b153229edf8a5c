import { usageError } from '../base/errors.js'
import type { Config } from '../config/schema.js'
import type { DataOptions, Dataset } from '../data/dataset.js'
import { listedOnly } from '../data/listed.js'
import type { RunInfo, RunSettings } from '../history/record.js'
import type { HistoryStore } from '../history/store.js'
import { type Split, splitDates, splitFromDates } from '../validation/splits.js'
import type { LoopEvent } from './events.js'
import { differences, keptConfig, settingsDifferences } from './settings.js'
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
  readonly onEvent: (event: LoopEvent) => void
}

/** Creates the run's first record, or compares what it was created with. */
export async function recordSettings(
  store: HistoryStore,
  state: LoopState,
  settings: RunSettings,
  run: RunInfo,
  request: RecordRequest,
): Promise<void> {
  const stored = state.settings
  if (stored === null) {
    const record = await store.append({
      kind: 'change',
      what: 'created',
      run,
      settings,
      differences: [],
      because: 'The run was created.',
    })
    state.settings = settings
    state.configHash = run.config
    request.onEvent({ type: 'run-created', record })
    return
  }
  const { config, data } = settingsDifferences(stored, settings)
  const all = [...config, ...data]
  if (all.length === 0) return
  if (!request.acceptChanges)
    throw usageError(
      'RUN_CHANGED',
      `${request.runDir} was created with other settings, and results would not be comparable:\n${all
        .map(({ path, before, after }) => `  ${path}: ${JSON.stringify(before)} → ${JSON.stringify(after)}`)
        .join('\n')}`,
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
