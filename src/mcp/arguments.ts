import type { z } from 'zod'
import { type AlphaloopError, usageError } from '../base/errors.js'
import { nearest } from '../base/nearest.js'
import type { Tool } from './tool.js'

/**
 * The arguments of a call as its tool takes them.
 * @throws AlphaloopError (usage) INVALID_ARGUMENTS with what is wrong first, and the nearest name where one was misspelt
 */
export function argumentsOf(
  { name, input }: Pick<Tool, 'name' | 'input'>,
  given: unknown,
): z.output<Tool['input']> {
  const parsed = input.safeParse(given ?? {})
  if (parsed.success) return parsed.data
  const known = Object.keys(input.shape)
  throw wrongArguments(name, known, given, parsed.error.issues)
}

/** An answer to whoever calls a tool that there is not. */
export function unknownTool(given: string, tools: readonly Pick<Tool, 'name'>[]): AlphaloopError {
  const names = tools.map(({ name }) => name)
  const meant = nearest(given, names)
  return usageError(
    'UNKNOWN_TOOL',
    `there is no tool ${quoted(given)}${didYouMean(meant)}`,
    `the tools are ${names.join(', ')}`,
    { given: shortened(given), ...(meant === undefined ? {} : { nearest: meant }) },
  )
}

function wrongArguments(
  tool: string,
  known: readonly string[],
  given: unknown,
  issues: readonly z.core.$ZodIssue[],
): AlphaloopError {
  const hint = known.length === 0 ? `${tool} takes no arguments` : `${tool} takes ${known.join(', ')}`
  // A misspelt name may be why another is missing: it is told first.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]!
  const wrong = (message: string, meant: string | undefined, what: string) =>
    usageError('INVALID_ARGUMENTS', `${message}${didYouMean(meant)}`, hint, {
      argument: shortened(what),
      ...(meant === undefined ? {} : { nearest: meant }),
    })
  if (issue.code === 'unrecognized_keys') {
    const [key] = issue.keys as [string]
    return wrong(`${tool} has no argument ${quoted(key)}`, nearest(key, known), key)
  }
  const at = placeOf(issue.path)
  const value = issue.path.reduce<unknown>((inner, key) => (inner as never)?.[key], given)
  if (value === undefined) return wrong(`${tool} needs the argument ${at}`, undefined, at)
  const meant =
    issue.code === 'invalid_value' && typeof value === 'string'
      ? nearest(
          value,
          issue.values.filter((one) => typeof one === 'string'),
        )
      : undefined
  return wrong(`${at} of ${tool} cannot be ${quoted(value)}: ${lowered(issue.message)}`, meant, at)
}

const didYouMean = (name: string | undefined): string => (name === undefined ? '' : `; did you mean ${name}?`)

/** `parents[1]`. */
const placeOf = (path: readonly PropertyKey[]): string =>
  path
    .map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i === 0 ? '' : '.'}${String(key)}`))
    .join('')

const LONGEST_QUOTE = 60

const shortened = (text: string): string =>
  text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text

const quoted = (value: unknown): string =>
  typeof value === 'string'
    ? JSON.stringify(shortened(value))
    : shortened(JSON.stringify(value) ?? 'undefined')

/** The library begins with a phrase that says nothing. */
const lowered = (message: string): string => {
  const told = message.replace(/^Invalid (?:input|option): /, '')
  return told.charAt(0).toLowerCase() + told.slice(1)
}
