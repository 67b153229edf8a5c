import { type Node, parse, parseExpressionAt } from 'acorn'
import { AlphaloopError } from '../base/errors.js'
import type { Position } from '../sandbox/sandbox.js'
import { vocabulary } from './prelude.js'
import { callName } from './signatures.js'
import { prepareSource, sourceError } from './source.js'

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
 */
export function inStrategyText<T>(text: StrategyText, run: () => T): T {
  try {
    return run()
  } catch (thrown) {
    throw thrown instanceof AlphaloopError ? withPlace(thrown, text) : thrown
  }
}

function withPlace(error: AlphaloopError, text: StrategyText): AlphaloopError {
  if (!ABOUT_THE_DATA.has(error.code) || error.details.line !== undefined) return error
  const position =
    text.language === 'json' ? placeInJson(text.source, error.details) : placeInCode(text, error.details)
  const { fileName, source } = text
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

/** A call, as far as it matters here. */
interface Call {
  readonly name: string
  readonly values: readonly unknown[]
  readonly position: Position
}

function placeInCode(text: StrategyText, details: Details): Position | undefined {
  const { calls, literals } = readCode(text)
  const name = missingName(details)
  if (name !== undefined) {
    const read = calls.find(
      ({ name: called, values }) => values[0] === name && readersOf(details).includes(called),
    )
    const readers = Array.isArray(details.readBy) ? details.readBy.map(String) : []
    return (
      read?.position ??
      calls.find(({ name: called }) => readers.some((reader) => callName(reader) === called))?.position ??
      literals.find(({ value, within }) => value === name && (within === undefined || !READERS.has(within)))
        ?.position
    )
  }
  const operator = String(details.operator)
  const numbers = Array.isArray(details.windows) ? details.windows : []
  const same = calls.filter(({ name: called }) => called === operator || called === callName(operator))
  const exact = same.find(({ values }) => numbers.every((value) => values.includes(value)))
  return (exact ?? (same.length === 1 ? same[0] : undefined))?.position
}

/** Every call and every text of a program, in the order in which they stand there. */
function readCode({ source, fileName, language }: StrategyText) {
  const calls: Call[] = []
  const literals: { value: unknown; position: Position; within: string | undefined }[] = []
  /** The calls that texts are arguments of. */
  const callOf = new Map<unknown, string>()
  const options = { ecmaVersion: 2023, sourceType: 'module', locations: true } as const
  const prepared =
    language === 'expression'
      ? { code: source, original: (position: Position) => position }
      : prepareSource(source, fileName, language === 'js' ? 'js' : 'ts', vocabulary())
  const program =
    language === 'expression'
      ? parseExpressionAt(source, 0, options)
      : parse(prepared.code, { ...options, allowAwaitOutsideFunction: true })
  const at = (node: Node) => {
    const { line, column } = node.loc!.start
    return prepared.original({ line, column: column + 1 })
  }
  // An explicit stack: a program may be nested deeper than the call stack.
  const open: unknown[] = [program]
  while (open.length > 0) {
    const item = open.pop()
    if (Array.isArray(item)) {
      open.push(...item.toReversed())
      continue
    }
    if (typeof item !== 'object' || item === null || !('type' in item)) continue
    const node = item as Node & Record<string, unknown>
    if (node.type === 'Literal')
      literals.push({ value: node.value, position: at(node), within: callOf.get(node) })
    if (node.type === 'CallExpression') {
      const callee = node.callee as Node & { name?: string; property?: Node & { name?: string } }
      const named = callee.type === 'MemberExpression' ? callee.property! : callee
      const values = (node.arguments as readonly (Node & { value?: unknown })[]).map(({ value }) => value)
      if (typeof named.name === 'string') {
        for (const argument of node.arguments as readonly Node[]) callOf.set(argument, named.name)
        calls.push({
          name: named.name,
          values,
          position: at(callee.type === 'MemberExpression' ? named : node),
        })
      }
    }
    open.push(...Object.values(node).toReversed())
  }
  return { calls, literals }
}

function placeInJson(source: string, details: Details): Position | undefined {
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
