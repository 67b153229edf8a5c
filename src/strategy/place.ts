import { AlphaloopError } from '../base/errors.js'
import type { Position, Sandbox, SourceReading, SourceText } from '../sandbox/sandbox.js'
import { callName } from './signatures.js'
import { originalPosition, sourceError } from './source.js'

/** A strategy as it was written. */
export interface StrategyText {
  readonly source: string
  readonly fileName: string
  readonly language: 'ts' | 'js' | 'json' | 'expression'
}

/** Errors about what a strategy reads or asks of the data: they come up after it was compiled. */
const ABOUT_THE_DATA = new Set(['UNKNOWN_FIELD', 'UNKNOWN_GROUP', 'WINDOW_TOO_LONG'])

/**
 * Runs what evaluates a strategy; an error about a field, a group or a window of it gets the place in its text where
 * that is written, in message and details, as errors of the compiler have it.
 * @param read reads the text again where a place is looked for: `sandbox.read`
 */
export async function inStrategyText<T>(
  text: StrategyText,
  read: Sandbox['read'],
  run: () => T | Promise<T>,
): Promise<T> {
  try {
    return await run()
  } catch (thrown) {
    throw thrown instanceof AlphaloopError ? await withPlace(thrown, text, read) : thrown
  }
}

async function withPlace(error: AlphaloopError, text: StrategyText, read: Sandbox['read']) {
  if (!ABOUT_THE_DATA.has(error.code) || error.details.line !== undefined) return error
  const { fileName, source, language } = text
  const position =
    language === 'json'
      ? placeInJson(source, error.details)
      : await placeInCode({ source, language }, error.details, read)
  return sourceError(
    error.code,
    error.message,
    { fileName, source, position },
    { hint: error.hint, details: error.details },
  )
}

type Details = AlphaloopError['details']

const READERS: ReadonlySet<string> = new Set(['field', 'group', 'benchmark'])

/** The name that the data lacks. */
const missingName = ({ field, group }: Details) =>
  typeof field === 'string' ? field : typeof group === 'string' ? group : undefined

/** The calls that read what the data lacks: a group may bear the name of a field. */
const readersOf = ({ field }: Details): readonly string[] =>
  typeof field === 'string' ? ['field', 'benchmark'] : ['group']

async function placeInCode(
  text: SourceText,
  details: Details,
  read: Sandbox['read'],
): Promise<Position | undefined> {
  const reading = await read({ ...text, withCalls: true })
  // It was read before, when it was compiled.
  if (reading.state !== 'read') return undefined
  const position = placeAmong(reading, details)
  return position && originalPosition(text.source, reading.code, position)
}

function placeAmong(
  { calls, texts }: Pick<Extract<SourceReading, { state: 'read' }>, 'calls' | 'texts'>,
  details: Details,
): Position | undefined {
  const name = missingName(details)
  if (name !== undefined) {
    const read = calls.find(
      ({ name: called, values }) => values[0] === name && readersOf(details).includes(called),
    )
    const readers = Array.isArray(details.readBy) ? details.readBy.map(String) : []
    return (
      read?.position ??
      calls.find(({ name: called }) => readers.some((reader) => callName(reader) === called))?.position ??
      texts.find(({ value, within }) => value === name && (within === undefined || !READERS.has(within)))
        ?.position
    )
  }
  const operator = String(details.operator)
  const numbers = Array.isArray(details.windows) ? details.windows : []
  const same = calls.filter(({ name: called }) => called === operator || called === callName(operator))
  const exact = same.find(({ values }) => numbers.every((value) => values.includes(value as number)))
  return (exact ?? (same.length === 1 ? same[0] : undefined))?.position
}

/** Longest JSON that is searched, in UTF-16 code units: names that stand twice in one object could make it slow. */
const LONGEST_JSON = 64 * 1024

function placeInJson(source: string, details: Details): Position | undefined {
  if (source.length > LONGEST_JSON) return undefined
  const name = missingName(details)
  const quoted = (text: unknown) => JSON.stringify(String(text)).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  // A node's params stand after its op, as they are written by default, and hold the windows.
  const windows = (Array.isArray(details.windows) ? details.windows : []).map(
    (n) => `(?=[^{}]*\\b${Number(n)}\\b)`,
  )
  const patterns =
    name === undefined
      ? [`"op"\\s*:\\s*(?=${quoted(details.operator)}[^{}]*\\{${windows.join('')})`]
      : [
          `"op"\\s*:\\s*"(?:${readersOf(details).join('|')})"[^{}]*"params"\\s*:\\s*\\{[^{}]*"(?:name|field)"\\s*:\\s*(?=${quoted(name)})`,
          ...(readersOf(details).includes('group') ? [`"group"\\s*:\\s*(?=${quoted(name)})`] : []),
          `"params"\\s*:\\s*\\{[^{}]*"(?:name|field)"\\s*:\\s*(?=${quoted(name)})`,
        ]
  const found = patterns.map((pattern) => new RegExp(pattern).exec(source)).find((match) => match !== null)
  if (found === undefined) return undefined
  const before = source.slice(0, found.index + found[0].length).split('\n')
  return { line: before.length, column: before.at(-1)!.length + 1 }
}
