import type { z } from 'zod'
import { type AlphaloopError, usageError } from '../base/errors.js'
import { nearest } from '../base/nearest.js'
import { allowedText } from './allowed.js'
import { leavesOf, schemaAt, shapeOf } from './leaves.js'
import type { ConfigFile, Origin } from './resolve.js'
import { configSchema } from './schema.js'
import { valueAt } from './values.js'

interface Problem {
  readonly message: string
  readonly hint: string | undefined
  readonly details: Record<string, unknown>
}

/** What was given, and where each value came from. */
export interface Given {
  readonly values: unknown
  readonly origins: ReadonlyMap<string, Origin>
  readonly file: ConfigFile | undefined
}

/** One error for everything that the schema complained about; its details are those of the first problem. */
export function invalidConfig(error: z.ZodError, given: Given): AlphaloopError {
  const problems = error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownKey(issue.path, key, given))
      : [badValue(issue, given)],
  )
  const first = problems[0]!
  return usageError('INVALID_CONFIG', problems.map(({ message }) => message).join('\n'), first.hint, {
    ...first.details,
    problems: problems.map(({ message }) => message),
  })
}

function unknownKey(parent: readonly PropertyKey[], key: string, given: Given): Problem {
  const path = [...parent, key]
  const where = placeOf(path, given)
  const schema = schemaAt(configSchema, parent)
  const valid = Object.keys((schema && shapeOf(schema)) ?? {})
  const here = nearest(key, valid)
  const meant = here === undefined ? elsewhere(key) : [...parent, here]
  const asked = meant === undefined ? '' : `; did you mean ${meant.join('.')}?`
  return {
    message: `${where.text}there is no setting ${path.join('.')}${asked}`,
    hint:
      meant === undefined
        ? `settings here: ${valid.join(', ')}`
        : here !== undefined
          ? `write ${here}`
          : meant.length === 1
            ? `write ${String(meant[0])} without indentation: it stands at the top`
            : `write ${String(meant.at(-1))} under ${meant.slice(0, -1).join('.')}`,
    details: {
      path: path.join('.'),
      allowed: valid,
      ...where.details,
      ...(meant === undefined ? {} : { nearest: meant.join('.') }),
    },
  }
}

/** A setting of this very name that stands in another section. */
const elsewhere = (key: string): readonly string[] | undefined =>
  leavesOf(configSchema).find(({ path }) => path.at(-1)!.toLowerCase() === key.toLowerCase())?.path

function badValue(issue: z.core.$ZodIssue, given: Given): Problem {
  const { path } = issue
  const dotted = path.join('.')
  const where = placeOf(path, given)
  const value = valueAt(given.values, path)
  const schema = schemaAt(configSchema, path)
  const options = schema && optionsOf(schema)
  const allowed = (issue.code === 'custom' ? undefined : schema && allowedText(schema)) ?? issue.message
  const meant = typeof value === 'string' && options !== undefined ? nearest(value, options) : undefined
  // A key that was pasted where its variable's name belongs must not reach a message.
  const secret = path.at(-1) === 'apiKeyVariable' || path.at(-1) === 'baseUrl'
  const shown =
    value === undefined ? 'missing' : value === null ? 'empty' : secret ? 'not usable' : shortJson(value)
  return {
    message: `${where.text}${dotted || 'the configuration'} is ${shown}; it must be ${allowed}${meant ? `; did you mean ${meant}?` : ''}`,
    hint: meant ? `write ${meant}` : hintFor(value, allowed),
    details: {
      path: dotted,
      given: secret ? null : (value ?? null),
      allowed: options ?? allowed,
      ...where.details,
      ...(meant ? { nearest: meant } : {}),
    },
  }
}

function hintFor(value: unknown, allowed: string): string | undefined {
  if (typeof value === 'number' && value > 1 && value <= 100 && allowed.includes('29% is 0.29'))
    return `rates are fractions: ${value}% is ${Number((value / 100).toPrecision(12))}`
  if (
    typeof value === 'string' &&
    allowed.includes('number') &&
    value.trim() !== '' &&
    Number.isFinite(Number(value))
  )
    return `write ${value.trim()} without quotes`
  return undefined
}

function shortJson(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`
}

function placeOf(path: readonly PropertyKey[], { origins, file }: Given) {
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

function optionsOf(schema: z.core.$ZodType): string[] | undefined {
  const definition = schema._zod.def as { type: string; entries?: Record<string, string> }
  return definition.type === 'enum' ? Object.values(definition.entries!) : undefined
}
