/**
 * From what was given to one immutable configuration:
 * 1. the file's values (load.ts parsed the YAML and knows the lines), with ${NAME} and ${NAME:default} filled in
 * 2. over them the environment's ALPHALOOP_… values, over them the flags
 * 3. one schema checks the whole and fills in defaults; every error says where the value came from
 * 4. settings that were both given and contradict each other are refused
 */
import type { z } from 'zod'
import { usageError } from '../base/errors.js'
import { deepFreeze } from '../base/json.js'
import { nearest } from '../base/nearest.js'
import { environmentName, leavesOf, shapeOf, unwrap } from './leaves.js'
import { type Config, configSchema } from './schema.js'

export type Environment = Readonly<Record<string, string | undefined>>

/** A parsed configuration file. `line` gives the 1-based line of a path, or of its nearest parent. */
export interface ConfigFile {
  readonly name: string
  readonly values: unknown
  line(path: readonly (string | number)[]): number
}

/** Where a setting's value came from, for `config show`. */
export type Origin =
  | { readonly from: 'default' }
  | { readonly from: 'file'; readonly file: string; readonly line: number }
  | { readonly from: 'environment'; readonly variable: string }
  | { readonly from: 'flag'; readonly flag: string }

export interface ResolvedConfig {
  readonly config: Config
  /** By dotted path of each setting. */
  readonly origins: ReadonlyMap<string, Origin>
}

/** A value set by a command-line flag: its path, value, and the flag as the user typed it. */
export interface FlagValue {
  readonly path: readonly string[]
  readonly value: unknown
  readonly flag: string
}

/**
 * @throws AlphaloopError (usage): INVALID_CONFIG with file, line, path, given value and what is allowed;
 *   UNSET_VARIABLE; CONTRADICTING_SETTINGS
 */
export function resolveConfig(given: {
  file?: ConfigFile | undefined
  environment: Environment
  flags?: readonly FlagValue[]
}): ResolvedConfig {
  const { file, environment, flags = [] } = given
  const leaves = leavesOf(configSchema)
  const origins = new Map<string, Origin>(leaves.map(({ path }) => [path.join('.'), { from: 'default' }]))

  const values =
    file === undefined || file.values === null || file.values === undefined
      ? {}
      : (interpolate(file.values, environment, file, []) as Record<string, unknown>)
  if (typeof values !== 'object' || Array.isArray(values))
    throw usageError(
      'INVALID_CONFIG',
      `${file!.name}: a configuration is a list of settings, not ${Array.isArray(values) ? 'a list' : typeof values}`,
      'write one `key: value` a line',
    )
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
  if (!parsed.success) throw invalid(parsed.error, values, origins, file)
  const config = parsed.data
  refuseContradictions(config, origins)
  return { config: deepFreeze(config), origins }
}

/** `${NAME}` and `${NAME:default}` anywhere in a text. */
function interpolate(
  value: unknown,
  environment: Environment,
  file: ConfigFile,
  path: (string | number)[],
): unknown {
  if (typeof value === 'string') {
    let whole = false
    const text = value.replace(
      /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::([^}]*))?\}/g,
      (match, name: string, fallback?: string) => {
        whole ||= match === value
        const found = environment[name]
        if (found !== undefined && found !== '') return found
        if (fallback !== undefined) return fallback
        throw usageError(
          'UNSET_VARIABLE',
          `${file.name}:${file.line(path)}: ${path.join('.')} reads the variable ${name}, which is not set`,
          `set ${name}, or write \${${name}:default}`,
          { file: file.name, line: file.line(path), path: path.join('.'), variable: name },
        )
      },
    )
    // A text that is one reference only takes the type that the setting wants: '0050' stays a text where one is due.
    const schema = whole ? schemaAt(path) : undefined
    return schema === undefined ? text : fromText(text, schema)
  }
  if (Array.isArray(value)) return value.map((item, i) => interpolate(item, environment, file, [...path, i]))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, interpolate(item, environment, file, [...path, key])]),
    )
  return value
}

/** Numbers and booleans that were written as text. */
function plainValue(text: string): unknown {
  if (text === 'true') return true
  if (text === 'false') return false
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text
}

/** A variable's text as the schema wants it: lists are comma-separated, or JSON; texts stay texts (`0050`). */
function fromText(text: string, schema: z.core.$ZodType): unknown {
  const { type } = schema._zod.def as { type: string }
  if (type === 'string' || type === 'enum') return text
  if (/^\s*[[{]/.test(text)) {
    try {
      return JSON.parse(text)
    } catch {
      // Not JSON: the schema's own complaint about the text is the better message.
      return text
    }
  }
  if (type === 'array') return text.split(',').map((part) => part.trim())
  return plainValue(text)
}

function valueAt(values: unknown, path: readonly PropertyKey[]): unknown {
  let at = values
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    at = (at as Record<PropertyKey, unknown>)[key]
  }
  return at
}

function setAt(values: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = values
  for (const key of path.slice(0, -1)) {
    const inner = at[key]
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) at[key] = {}
    at = at[key] as Record<string, unknown>
  }
  at[path.at(-1)!] = value
}

function invalid(
  error: z.ZodError,
  values: unknown,
  origins: ReadonlyMap<string, Origin>,
  file: ConfigFile | undefined,
) {
  const problems = error.issues.flatMap((issue) => describe(issue, values, origins, file))
  const first = problems[0]!
  return usageError(
    'INVALID_CONFIG',
    problems.map((problem) => problem.message).join('\n'),
    first.hint ?? '`alphaloop init` writes a commented configuration',
    { ...first.details, problems: problems.map((problem) => problem.message) },
  )
}

interface Problem {
  readonly message: string
  readonly hint?: string
  readonly details: Record<string, unknown>
}

function describe(
  issue: z.core.$ZodIssue,
  values: unknown,
  origins: ReadonlyMap<string, Origin>,
  file: ConfigFile | undefined,
): Problem[] {
  const keys = issue.code === 'unrecognized_keys' ? issue.keys : [undefined]
  return keys.map((key) => {
    const path = key === undefined ? [...issue.path] : [...issue.path, key]
    const dotted = path.join('.')
    const where = placeOf(path, origins, file)
    if (key !== undefined) {
      const valid = keysAt(issue.path)
      const meant = nearest(key, valid)
      return {
        message: `${where.text}there is no setting ${dotted}${meant ? `; did you mean ${[...issue.path, meant].join('.')}?` : ''}`,
        hint: meant ? `write ${meant}` : `settings here: ${valid.join(', ')}`,
        details: { path: dotted, allowed: valid, ...where.details, ...(meant ? { nearest: meant } : {}) },
      }
    }
    const given = valueAt(values, path)
    const options = optionsAt(path)
    const meant = typeof given === 'string' && options ? nearest(given, options) : undefined
    const shown = given === undefined ? 'nothing' : JSON.stringify(given)
    return {
      message: `${where.text}${dotted || 'configuration'} is ${shown}; ${options ? `it must be ${options.join(', ')}` : issue.message}${meant ? `; did you mean ${meant}?` : ''}`,
      ...(meant ? { hint: `write ${meant}` } : {}),
      details: { path: dotted, given: given ?? null, allowed: options ?? issue.message, ...where.details },
    }
  })
}

function placeOf(
  path: readonly PropertyKey[],
  origins: ReadonlyMap<string, Origin>,
  file: ConfigFile | undefined,
) {
  for (let length = path.length; length > 0; length--) {
    const origin = origins.get(path.slice(0, length).join('.'))
    if (origin?.from === 'environment')
      return { text: `${origin.variable}: `, details: { variable: origin.variable } }
    if (origin?.from === 'flag') return { text: `${origin.flag}: `, details: { flag: origin.flag } }
  }
  if (file === undefined) return { text: '', details: {} }
  const line = file.line(path as (string | number)[])
  return { text: `${file.name}:${line}: `, details: { file: file.name, line } }
}

function schemaAt(path: readonly PropertyKey[]): z.core.$ZodType | undefined {
  let schema: z.core.$ZodType | undefined = configSchema
  for (const key of path) {
    const inner = unwrap(schema) as z.core.$ZodType & {
      _zod: { def: { type: string; element?: z.core.$ZodType } }
    }
    schema = inner._zod.def.type === 'array' ? inner._zod.def.element : shapeOf(inner)?.[key as string]
    if (schema === undefined) return undefined
  }
  return unwrap(schema)
}

const keysAt = (path: readonly PropertyKey[]): string[] => {
  const schema = schemaAt(path)
  return Object.keys((schema && shapeOf(schema)) ?? {})
}

function optionsAt(path: readonly PropertyKey[]): string[] | undefined {
  const definition = schemaAt(path)?._zod.def as
    | { type: string; entries?: Record<string, string> }
    | undefined
  return definition?.type === 'enum' ? Object.values(definition.entries!) : undefined
}

function refuseContradictions(config: Config, origins: ReadonlyMap<string, Origin>): void {
  const given = (path: string) => origins.get(path)?.from !== 'default'
  const where = (path: string) => {
    const origin = origins.get(path)!
    return origin.from === 'file'
      ? `${origin.file}:${origin.line}`
      : origin.from === 'environment'
        ? origin.variable
        : origin.from === 'flag'
          ? origin.flag
          : 'default'
  }
  const refuse = (a: string, b: string, why: string, hint: string): never => {
    throw usageError(
      'CONTRADICTING_SETTINGS',
      `${a} (${where(a)}) and ${b} (${where(b)}) contradict each other: ${why}`,
      hint,
      {
        settings: [a, b],
      },
    )
  }
  if (!config.llm.enabled && config.innovationRate > 0 && given('llm.enabled') && given('innovationRate'))
    refuse(
      'llm.enabled',
      'innovationRate',
      `models are switched off, yet ${config.innovationRate} of the iterations should ask one`,
      'set innovationRate to 0, or llm.enabled to true; `--no-llm` alone sets the share to 0',
    )
  const sum = config.split.train + config.split.validation + config.split.test
  if (Math.abs(sum - 1) > 1e-9)
    throw usageError(
      'CONTRADICTING_SETTINGS',
      `split.train + split.validation + split.test is ${Number(sum.toFixed(6))}; the three must add up to 1`,
      'the default is 0.6, 0.2 and 0.2',
      { settings: ['split.train', 'split.validation', 'split.test'] },
    )
  const { template, mutate, crossover, random } = config.factorGraph.proposers
  if (template + mutate + crossover + random === 0)
    throw usageError(
      'CONTRADICTING_SETTINGS',
      'factorGraph.proposers: every share is 0, so nothing could be proposed',
      'give at least one a share above 0',
    )
}
