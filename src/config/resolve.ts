/**
 * From what was given to one immutable configuration:
 * 1. the file's values (load.ts parsed the YAML and knows the lines), with ${NAME} and ${NAME:default} filled in
 *    (interpolate.ts)
 * 2. over them the environment's ALPHALOOP_… values, over them the flags
 * 3. one schema checks the whole and fills in defaults; every error says where the value came from (problems.ts)
 * 4. settings that contradict each other are refused (contradictions.ts)
 */
import { usageError } from '../base/errors.js'
import { deepFreeze } from '../base/json.js'
import { nearest } from '../base/nearest.js'
import { refuseContradictions } from './contradictions.js'
import { fromText, interpolate } from './interpolate.js'
import { environmentName, type Leaf, leavesOf } from './leaves.js'
import { invalidConfig } from './problems.js'
import { type Config, type ConfigSettings, configSchema } from './schema.js'
import { setAt, valueAt } from './values.js'

export type Environment = Readonly<Record<string, string | undefined>>

/** A parsed configuration file. */
export interface ConfigFile {
  readonly name: string
  readonly values: unknown
  /** The 1-based line of a path, or of its nearest parent. */
  line(path: readonly (string | number)[]): number
  /** A single value as it was written, before YAML took `0050` for a number. */
  source?(path: readonly (string | number)[]): string | undefined
}

/** Where a setting's value came from, for `config show`. */
export type Origin =
  | { readonly from: 'default' }
  | { readonly from: 'settings' }
  | { readonly from: 'file'; readonly file: string; readonly line: number }
  | { readonly from: 'environment'; readonly variable: string }
  | { readonly from: 'flag'; readonly flag: string }

export interface ResolvedConfig {
  readonly config: Config
  /** By dotted path of each setting. */
  readonly origins: ReadonlyMap<string, Origin>
  /** What was probably meant otherwise, but hinders nothing. */
  readonly warnings: readonly string[]
}

/** A value set by a command-line flag: its path, value, and the flag as the user typed it. */
export interface FlagValue {
  readonly path: readonly string[]
  readonly value: unknown
  readonly flag: string
}

/**
 * @throws AlphaloopError (usage): INVALID_CONFIG with file, line, path, given value and what is allowed;
 *   UNSET_VARIABLE, INVALID_REFERENCE, KEY_IN_CONFIG; CONTRADICTING_SETTINGS
 */
export function resolveConfig(given: {
  file?: ConfigFile | undefined
  environment: Environment
  flags?: readonly FlagValue[]
}): ResolvedConfig {
  const { file, environment, flags = [] } = given
  const leaves = leavesOf(configSchema)
  const origins = new Map<string, Origin>(leaves.map(({ path }) => [path.join('.'), { from: 'default' }]))

  const values = file === undefined ? {} : valuesOf(file, environment)
  if (file !== undefined)
    for (const { path } of leaves)
      if (valueAt(values, path) !== undefined)
        origins.set(path.join('.'), { from: 'file', file: file.name, line: file.line(path) })

  for (const leaf of leaves) {
    const variable = environmentName(leaf.path)
    const text = environment[variable]
    if (text === undefined || text === '') continue
    setAt(values, leaf.path, fromText(text, leaf.schema))
    origins.set(leaf.path.join('.'), { from: 'environment', variable })
  }
  for (const { path, value, flag } of flags) {
    setAt(values, path, value)
    origins.set(path.join('.'), { from: 'flag', flag })
  }

  const parsed = configSchema.safeParse(values)
  if (!parsed.success) throw invalidConfig(parsed.error, { values, origins, file })
  const config = parsed.data
  refuseContradictions(config, origins)
  return { config: deepFreeze(config), origins, warnings: strayVariables(environment, leaves) }
}

/**
 * A configuration from settings given as an object; what is left out takes its default. Nothing is read from the
 * environment, and no reference to a variable is filled in.
 * @throws AlphaloopError (usage): INVALID_CONFIG with path, given value and what is allowed; CONTRADICTING_SETTINGS
 */
export function createConfig(settings: ConfigSettings = {}): Config {
  const origins = new Map<string, Origin>(
    leavesOf(configSchema).map(({ path }) => [
      path.join('.'),
      { from: valueAt(settings, path) === undefined ? 'default' : 'settings' },
    ]),
  )
  const parsed = configSchema.safeParse(settings)
  if (!parsed.success) throw invalidConfig(parsed.error, { values: settings, origins, file: undefined })
  refuseContradictions(parsed.data, origins)
  return deepFreeze(parsed.data)
}

function valuesOf(file: ConfigFile, environment: Environment): Record<string, unknown> {
  const values = file.values ?? {}
  if (typeof values !== 'object' || Array.isArray(values))
    throw usageError(
      'INVALID_CONFIG',
      `${file.name}:1: a configuration is made of settings, not ${Array.isArray(values) ? 'a list' : `the ${typeof values} ${JSON.stringify(values)}`}`,
      'write one `key: value` a line',
      { file: file.name, line: 1, path: '' },
    )
  return interpolate(values, environment, file) as Record<string, unknown>
}

/** Variables that look like a misspelt setting: they would be ignored without a word. */
function strayVariables(environment: Environment, leaves: readonly Leaf[]): string[] {
  const known = leaves.map(({ path }) => environmentName(path))
  return Object.keys(environment)
    .filter((name) => name.startsWith('ALPHALOOP_') && !known.includes(name))
    .flatMap((name) => {
      const meant = nearest(
        name.slice('ALPHALOOP_'.length),
        known.map((other) => other.slice('ALPHALOOP_'.length)),
      )
      // Other variables of that prefix are somebody's own: a key, the cache folder.
      return meant === undefined || OWN_VARIABLES.includes(name)
        ? []
        : [`${name} is not the variable of a setting; did you mean ALPHALOOP_${meant}?`]
    })
}

/** Variables that are read, and are no settings of a run. */
const OWN_VARIABLES = ['ALPHALOOP_CACHE_DIR']
