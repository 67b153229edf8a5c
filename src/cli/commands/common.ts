import { existsSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { usageError } from '../../base/errors.js'
import { loadConfigFile } from '../../config/load.js'
import { type ConfigFile, type FlagValue, type ResolvedConfig, resolveConfig } from '../../config/resolve.js'
import type { NamedFile } from '../check-outputs.js'
import type { CommandContext } from '../main.js'

/** The configuration that is read where none is named. */
export const CONFIG_FILE = 'alphaloop.yaml'

/** A whole number given to an option. */
export const wholeNumber = (text: string): number => {
  if (/^-\d+$/.test(text.trim())) throw new InvalidArgumentError(`'${text}' is below 0.`)
  if (!/^\d+$/.test(text.trim())) throw new InvalidArgumentError(`'${text}' is not a whole number.`)
  return Number(text)
}

/** `date=Day,symbol=Code` as an object. */
export const columnMap = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split(',').map((part) => {
      const [key, value] = part.split('=', 2).map((side) => side?.trim())
      if (!key || !value) throw new InvalidArgumentError(`'${part}' is not of the form role=Column.`)
      return [key, value]
    }),
  )

/** Values of an option that may stand several times. */
const repeated = (text: string, before: readonly string[] = []): string[] => [...before, text]

/** Names parted by commas. */
const nameList = (text: string): string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')

export interface DataFlags {
  readonly data?: readonly string[]
  readonly universe?: readonly string[]
  readonly adjustments?: string
  readonly renames?: string
  readonly groups?: readonly string[]
  readonly staleAfter?: number
  readonly columns?: Record<string, string>
  readonly onBadRows?: string
  readonly unadjusted?: boolean
}

/** Adds the options that say which data is read, and how. */
export const withDataOptions = (command: Command): Command =>
  command
    .option(
      '--data <path>',
      "a file, a folder, or 'builtin' (the built-in market); again for each table to be joined to it",
      repeated,
    )
    .option('--columns <map>', 'names of the columns: date=Day,symbol=Code,close=Last', columnMap)
    .option('--on-bad-rows <what>', 'stop, drop (the row goes) or missing (the cell becomes missing)')
    .option('--unadjusted', 'do not scale prices by adj_close/close or by --adjustments')
    .option('--universe <file>', 'memberships (symbol,from,to), as a field called after the file', repeated)
    .option('--adjustments <file>', 'split and dividend factors (symbol,date,price_factor,split_factor)')
    .option('--renames <file>', 'the tickers that companies had (file,date,ticker)')
    .option('--groups <columns>', 'numeric columns that are codes of groups: gics,exchange', nameList)
    .option('--stale-after <days>', 'days that an announced value stays known', wholeNumber)

/** A flag and the setting that it stands for. */
const SETTINGS: Readonly<Record<string, { path: readonly string[]; flag: string }>> = {
  data: { path: ['data'], flag: '--data' },
  columns: { path: ['dataOptions', 'columns'], flag: '--columns' },
  onBadRows: { path: ['dataOptions', 'onBadRows'], flag: '--on-bad-rows' },
  unadjusted: { path: ['dataOptions', 'unadjusted'], flag: '--unadjusted' },
  universe: { path: ['dataOptions', 'universe'], flag: '--universe' },
  adjustments: { path: ['dataOptions', 'adjustments'], flag: '--adjustments' },
  renames: { path: ['dataOptions', 'renames'], flag: '--renames' },
  groups: { path: ['dataOptions', 'groups'], flag: '--groups' },
  staleAfter: { path: ['dataOptions', 'staleAfterDays'], flag: '--stale-after' },
  market: { path: ['market'], flag: '--market' },
  benchmark: { path: ['benchmark'], flag: '--benchmark' },
  fill: { path: ['fill'], flag: '--fill' },
  iterations: { path: ['iterations'], flag: '--iterations' },
  seed: { path: ['seed'], flag: '--seed' },
  workers: { path: ['workers'], flag: '--workers' },
  runDir: { path: ['runDirectory'], flag: '--run-dir' },
}

const PATHS: ReadonlySet<string> = new Set(['data', 'universe', 'adjustments', 'renames', 'runDir'])

const located = (path: string, cwd: string): string =>
  /^builtin(:|$)/.test(path) ? path : resolve(cwd, path)

/** The values of the flags that were given, as settings. Paths count from the working folder. */
export function flagValues(options: object, cwd: string): FlagValue[] {
  return Object.entries(options).flatMap(([name, value]) => {
    const setting = SETTINGS[name]
    if (setting === undefined || value === undefined) return []
    if (!PATHS.has(name)) return [{ ...setting, value }]
    if (!Array.isArray(value)) return [{ ...setting, value: located(String(value), cwd) }]
    const paths = value.map((path) => located(String(path), cwd))
    // One file of prices is no list, as people write it in a configuration.
    return [{ ...setting, value: name === 'data' && paths.length === 1 ? paths[0] : paths }]
  })
}

export interface LoadedConfig extends ResolvedConfig {
  readonly file: ConfigFile | undefined
  /** Folder that the file's relative paths count from. */
  readonly base: string
}

/** The configuration that a command works with: the file named or found, the environment, the flags. */
export function loadConfig(
  { io, out }: CommandContext,
  given: string | undefined,
  flags: readonly FlagValue[],
  fallback?: ConfigFile,
  /** Whether the folder's own file goes before the fallback. */
  search = true,
): LoadedConfig {
  const found = join(io.cwd, CONFIG_FILE)
  const own = search && existsSync(found) ? found : undefined
  const path = given === undefined ? own : resolve(io.cwd, given)
  const file = path === undefined ? fallback : loadConfigFile(path)
  const resolved = resolveConfig({ file, environment: io.env, flags })
  for (const warning of resolved.warnings) out.warn(warning)
  return {
    ...resolved,
    file,
    base: path === undefined ? io.cwd : dirname(path),
  }
}

/** The configuration's file, where there is one. */
export const configFile = ({ file, base }: LoadedConfig): NamedFile => ({
  name: 'the configuration',
  path: file === undefined ? undefined : resolve(base, basename(file.name)),
})

/** @throws AlphaloopError (usage) INVALID_FILL */
export function checkFill(fill: string | undefined): void {
  if (fill !== undefined && fill !== 'nextOpen' && fill !== 'nextClose')
    throw usageError('INVALID_FILL', `--fill is ${fill}; it must be nextOpen or nextClose`, 'write nextOpen')
}

/** A path as a person in the folder would write it: relative where it lies inside, else whole. */
export function nearPath(path: string, cwd: string): string {
  const near = relative(cwd, path)
  return near !== '' && !near.startsWith('..') ? near : path
}

/** A word as it may be pasted into a shell. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
