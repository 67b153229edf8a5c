import { usageError } from '../base/errors.js'
import { nearest } from '../base/nearest.js'
import type { DataOptions, FileDataOptions } from './dataset.js'
import {
  DEFAULT_EFFECTS,
  type MarketEffects,
  type MarketOptions,
  resolveMarketOptions,
} from './synthetic/options.js'

const NUMBERS = ['seed', 'symbols', 'bars'] as const
const EFFECTS = Object.keys(DEFAULT_EFFECTS) as (keyof MarketEffects)[]
const SWITCHES = ['noise', 'regimes', 'listings'] as const
const KEYS = [...NUMBERS, 'start', ...SWITCHES, ...EFFECTS]

const WRITTEN = 'builtin, or builtin:seed=7,symbols=100,bars=1250,noise'

/**
 * A data argument as it is given on a command line or in a config: a path, `builtin`, or the built-in market with
 * settings, `builtin:seed=7,symbols=100,bars=1250,momentum=0.03,noise`. `file` holds what else was said about the
 * reading of a file. Throws a usage error that names the setting and the nearest valid one.
 */
export function parseDataArgument(text: string, file: Omit<FileDataOptions, 'path'> = {}): DataOptions {
  if (text !== 'builtin' && !text.startsWith('builtin:')) {
    if (text.trim() === '')
      throw usageError('DATA_ARGUMENT', 'the data argument is empty', `give a file, a folder, ${WRITTEN}`)
    return { path: text, ...file }
  }
  const options: Record<string, unknown> = {}
  const effects: Record<string, number> = {}
  for (const part of text.slice('builtin:'.length).split(',')) {
    if (part.trim() === '') continue
    const equals = part.indexOf('=')
    const key = (equals < 0 ? part : part.slice(0, equals)).trim()
    const value = equals < 0 ? undefined : part.slice(equals + 1).trim()
    if (!KEYS.includes(key)) {
      const meant = nearest(key, KEYS)
      throw usageError(
        'DATA_ARGUMENT',
        `'${text}': the built-in market has no setting '${key}'${meant ? `; did you mean ${meant}?` : ''}`,
        `settings are ${KEYS.join(', ')}; write ${WRITTEN}`,
        { setting: key, allowed: KEYS },
      )
    }
    const bad = (wants: string) =>
      usageError(
        'DATA_ARGUMENT',
        `'${text}': ${key} is ${value === undefined ? 'without a value' : `'${value}'`}; it wants ${wants}`,
        `write ${WRITTEN}`,
        { setting: key, value },
      )
    if ((SWITCHES as readonly string[]).includes(key)) {
      if (value !== undefined && value !== 'true' && value !== 'false') throw bad('nothing, true or false')
      options[key] = value !== 'false'
    } else if (key === 'start') {
      if (value === undefined) throw bad('a day like 2014-01-02')
      options.start = value
    } else {
      const number = value === undefined || value === '' ? Number.NaN : Number(value)
      if (!Number.isFinite(number)) throw bad('a number')
      if ((NUMBERS as readonly string[]).includes(key)) options[key] = number
      else effects[key] = number
    }
  }
  const builtin = { ...options, ...(Object.keys(effects).length > 0 ? { effects } : {}) } as MarketOptions
  resolveMarketOptions(builtin)
  return { builtin }
}

/** The settings of a configuration that say which data is read, and how. */
export interface DataSettings {
  readonly data: string | readonly string[]
  readonly dataOptions: {
    readonly [Key in keyof Omit<FileDataOptions, 'path' | 'join'>]?: FileDataOptions[Key] | undefined
  }
}

/** What the settings of a configuration mean; `located` makes a path of the configuration one of the system. */
export function parseDataSettings(
  { data, dataOptions }: DataSettings,
  located: (path: string) => string,
): DataOptions {
  const [first = '', ...join] = typeof data === 'string' ? [data] : data
  const { universe, adjustments, renames, ...rest } = dataOptions
  const options = parseDataArgument(first, {
    ...given(rest),
    ...(join.length > 0 ? { join: join.map(located) } : {}),
    ...(universe?.length ? { universe: universe.map(located) } : {}),
    ...(adjustments === undefined ? {} : { adjustments: located(adjustments) }),
    ...(renames === undefined ? {} : { renames: located(renames) }),
  })
  if ('path' in options) return { ...options, path: located(options.path) }
  const other = join[0] ?? universe?.[0] ?? adjustments ?? renames
  if (other !== undefined)
    throw usageError(
      'DATA_ARGUMENT',
      `${other} cannot be joined to the built-in market`,
      'give prices of your own first, or leave it out',
    )
  return options
}

/** Only what was given: an option that is there and undefined is not one that is left out. */
const given = <T extends object>(options: T): { [Key in keyof T]: Exclude<T[Key], undefined> } =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never
