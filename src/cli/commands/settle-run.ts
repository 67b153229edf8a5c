import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { ConfigFile } from '../../config/resolve.js'
import { HISTORY_FILE } from '../../history/journal-store.js'
import type { Recordings } from '../../loop/replay.js'
import { settingsFile, storedConfig } from '../../loop/stored-run.js'
import type { CommandContext } from '../main.js'
import { type DataFlags, flagValues, type LoadedConfig, loadConfig } from './common.js'

/** Options of the commands that begin a run or go on with one. */
export interface RunFlags extends DataFlags {
  readonly seed?: number
  readonly runDir?: string
  readonly workers?: number
  readonly market?: string
  readonly fill?: string
  readonly llm: boolean
  readonly acceptChanges?: boolean
}

export interface SettledRun {
  readonly loaded: LoadedConfig
  readonly runDir: string
  /** The settings come from what the run was created with. */
  readonly fromHistory: boolean
}

/**
 * What a run is made of: the flags, the environment, and a configuration file or else what an existing run directory
 * was created with. A replay takes the settings of its recordings where no file is named.
 */
export async function settleRun(
  context: CommandContext,
  options: RunFlags,
  path: string | undefined,
  recordings?: Recordings,
): Promise<SettledRun> {
  const { cwd } = context.io
  const flags = flagValues(options, cwd)
  if (!options.llm) flags.push({ path: ['innovationRate'], value: 0, flag: '--no-llm' })
  const asked = options.runDir === undefined ? undefined : resolve(cwd, options.runDir)
  const stored =
    recordings === undefined
      ? await storedSettings(asked)
      : settingsFile(recordings.runDir, recordings.settings)
  const loaded = loadConfig(context, path, flags, stored, recordings === undefined)
  const { config, base } = loaded
  const runDir = config.runDirectory === undefined ? newRunDir(cwd) : resolve(base, config.runDirectory)
  return { loaded, runDir, fromHistory: stored !== undefined && loaded.file === stored }
}

/** What a run was created with stands in for a configuration file when it is resumed without one. */
async function storedSettings(runDir: string | undefined): Promise<ConfigFile | undefined> {
  if (runDir === undefined || !existsSync(join(runDir, HISTORY_FILE))) return undefined
  return storedConfig(runDir)
}

function newRunDir(cwd: string): string {
  const stamp = new Date().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  for (let i = 0; ; i++) {
    const dir = join(cwd, 'runs', i === 0 ? stamp : `${stamp}-${i + 1}`)
    if (!existsSync(dir)) return dir
  }
}
