/**
 * The text of a window function, from whoever wrote it, to the one text that a strategy holds:
 * 1. It is parsed: exactly one function, nothing around it.
 * 2. It is written down anew, in one way, by a writer that knows only what is allowed (write.ts).
 * 3. Every name in it is its own or one of few that its realm has (scope.ts).
 */
import type { AnyNode } from 'acorn'
import { parseShallow } from './parse.js'
import { type Refusal, Refused, refuse } from './refusal.js'
import { checkNames, childrenOf } from './scope.js'
import { writeFunction } from './write.js'

/** Longest window function in UTF-16 code units, as it is written and as a strategy holds it. */
export const LONGEST_FUNCTION = 4000

export type ReadFunction =
  | {
      readonly state: 'read'
      /** Its one text: equal texts compute the same. */
      readonly text: string
      /** How many windows it takes. */
      readonly windows: number
    }
  | ({ readonly state: 'refused' /** The line in question. */; readonly sourceLine: string } & Refusal)

/** Texts that were read before: a search meets the same few functions again and again. */
const known = new Map<string, ReadFunction>()
const MOST_KNOWN = 256

/** Reads a window function: the same text always gives the same answer. */
export function readWindowFunction(source: string): ReadFunction {
  const before = known.get(source)
  if (before !== undefined) return before
  const read = readNew(source)
  if (known.size === MOST_KNOWN) known.clear()
  known.set(source, read)
  return read
}

const WRITE_ONE = 'write an arrow function: (x) => x.at(-1) - x[0]'
const START = { line: 1, column: 1 }

/** Levels that nobody writes, and that need no stack to speak of. */
const DEEPEST = 100
const TOO_DEEP: Refusal = {
  message: 'it is nested too deeply',
  hint: 'give parts of it a name: const part = …',
  ...START,
}

function depthOf(root: AnyNode): number {
  let most = 0
  const open = [{ node: root, depth: 1 }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth } = next
    most = Math.max(most, depth)
    for (const child of childrenOf(node)) open.push({ node: child, depth: depth + 1 })
  }
  return most
}

function readNew(source: string): ReadFunction {
  const refused = (refusal: Refusal): ReadFunction => ({
    state: 'refused',
    ...refusal,
    sourceLine: (source.split(/\r?\n/)[refusal.line - 1] ?? '').slice(0, 200),
  })
  if (source.length > LONGEST_FUNCTION)
    return refused({
      message: `it has ${source.length} characters, the limit is ${LONGEST_FUNCTION}`,
      hint: 'a window function is a small formula: leave the rest to operators',
      ...START,
    })
  try {
    const node = onlyFunction(source)
    if (depthOf(node) > DEEPEST) throw new Refused(TOO_DEEP)
    for (const param of node.params)
      if (param.type !== 'Identifier') refuse(param, 'a window has one name', WRITE_ONE)
    if (node.params.length === 0) refuse(node, 'it takes no window', WRITE_ONE)
    const text = writeFunction(node)
    checkNames(node)
    if (text.length > LONGEST_FUNCTION)
      throw new Refused({
        message: `written out it has ${text.length} characters, the limit is ${LONGEST_FUNCTION}`,
        hint: WRITE_ONE,
        ...START,
      })
    return { state: 'read', text, windows: node.params.length }
  } catch (thrown) {
    if (thrown instanceof Refused) return refused(unbracketed(thrown.refusal))
    if (!(thrown instanceof SyntaxError)) throw thrown
    return refused(syntaxRefusal(thrown as ParseError, source))
  }
}

type ParseError = SyntaxError & { pos: number; loc: { line: number; column: number } }

function syntaxRefusal({ message, pos, loc }: ParseError, source: string): Refusal {
  if (pos > source.length) {
    const lines = source.split('\n')
    return {
      message: 'it ends too early',
      hint: WRITE_ONE,
      line: lines.length,
      column: lines.at(-1)!.length + 1,
    }
  }
  const said = message.replace(/\s*\(\d+:\d+\)$/, '')
  return unbracketed({
    message: `it cannot be read: ${said.charAt(0).toLowerCase()}${said.slice(1)}`,
    hint: WRITE_ONE,
    line: loc.line,
    column: loc.column + 1,
  })
}

/** The bracket that was put before it has moved its first line. */
const unbracketed = (refusal: Refusal): Refusal =>
  refusal.line === 1 ? { ...refusal, column: Math.max(1, refusal.column - 1) } : refusal

type TopFunction = Extract<AnyNode, { type: 'ArrowFunctionExpression' | 'FunctionExpression' }>

/** @throws Refused or SyntaxError */
function onlyFunction(source: string): TopFunction {
  // The line break keeps a comment at the end from swallowing the bracket.
  const options = { ecmaVersion: 2023, sourceType: 'module', locations: true } as const
  const { body } = parseShallow(`(${source}\n)`, options, TOO_DEEP)
  const [statement] = body
  const node: AnyNode | undefined =
    statement?.type === 'ExpressionStatement' ? statement.expression : statement
  if (body.length === 1 && (node?.type === 'ArrowFunctionExpression' || node?.type === 'FunctionExpression'))
    return node
  throw new Refused({ message: 'it is not one function', hint: WRITE_ONE, ...START })
}
