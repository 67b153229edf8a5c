/**
 * From source text to an ES module in plain JavaScript:
 * 1. The sandbox strips TypeScript's types and parses the result (sandbox/read-source.ts); lines stay where they are.
 * 2. Syntax errors get the line and column of the text as it was written here.
 * 3. Imports are checked before anything runs: only 'alphaloop', only names that it has.
 */
import { type AlphaloopError, usageError } from '../base/errors.js'
import { printable } from '../base/printable.js'
import type { Position, ReadSetting, Sandbox, SourceReading, SourceText } from '../sandbox/sandbox.js'
import { meantBy } from './suggest.js'

/** The module that strategies import. */
export const MODULE = 'alphaloop'

/** Names of types that TypeScript sources may import; there is nothing behind them when the code runs. */
export const TYPE_NAMES = [
  'BooleanExpr',
  'Expr',
  'Numeric',
  'PanelExpr',
  'Strategy',
  'StrategyOptions',
  'VectorExpr',
] as const

export interface PreparedSource {
  /** Plain JavaScript, an ES module. */
  readonly code: string
  /** What the module exports: a default, and other names. */
  readonly hasDefaultExport: boolean
  readonly exportedNames: readonly string[]
  /** The last statement is a bare expression: how models often end a program. */
  readonly endsWithExpression: boolean
  /** As the parser saw them: positions are those of `code`. */
  readonly settings: readonly ReadSetting[]
  /** From a position in `code` to the one in the source as it was written. */
  original(position: Position): Position
}

/** Longest message that is taken over from a program or a parser, in characters. */
const LONGEST_MESSAGE = 2000

/** Messages and hints may be a program's own words. */
const wordsOf = (text: string): string =>
  printable(text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}…` : text)

/** An error at a place in a source file. The message begins with the place, `details` has it in parts. */
export function sourceError(
  code: string,
  message: string,
  at: { fileName: string; source: string; position?: Position | undefined },
  more: { hint?: string | undefined; details?: Record<string, unknown> } = {},
): AlphaloopError {
  const { fileName, source } = at
  // A program may forge its places.
  const position = at.position && at.position.line <= source.split('\n').length ? at.position : undefined
  const sourceLine = position === undefined ? undefined : source.split(/\r?\n/)[position.line - 1]
  const said = wordsOf(message)
  const place = position === undefined ? fileName : `${fileName}:${position.line}:${position.column}`
  return usageError(code, `${place}: ${said}`, more.hint === undefined ? undefined : wordsOf(more.hint), {
    ...more.details,
    file: fileName,
    ...(position === undefined ? {} : { line: position.line, column: position.column }),
    ...(sourceLine === undefined ? {} : { sourceLine: sourceLine.slice(0, 500) }),
  })
}

/**
 * An ES module, read in the sandbox.
 * @throws AlphaloopError (usage) STRATEGY_SYNTAX, STRATEGY_IMPORT, STRATEGY_TIMEOUT or STRATEGY_MEMORY
 */
export async function prepareSource(
  source: string,
  fileName: string,
  language: 'ts' | 'js',
  vocabulary: ReadonlySet<string>,
  sandbox: Sandbox,
): Promise<PreparedSource> {
  const reading = await readText({ source, language }, fileName, sandbox)
  const { code, hasDefaultExport, exportedNames, endsWithExpression, settings } = reading
  const original = (position: Position) => originalPosition(source, code, position)
  const fail = (message: string, at: Position, hint: string): never => {
    throw sourceError('STRATEGY_IMPORT', message, { fileName, source, position: original(at) }, { hint })
  }
  for (const { module, position, names } of reading.imports) {
    if (module !== MODULE)
      fail(
        `'${module}' cannot be imported: a strategy has no files, no network and no packages`,
        position,
        `only '${MODULE}' can be imported`,
      )
    for (const { name, position: at } of names) {
      if (name === undefined)
        return fail(`'${MODULE}' has no default export`, at, `write import { strategy } from '${MODULE}'`)
      if (vocabulary.has(name) || (TYPE_NAMES as readonly string[]).includes(name)) continue
      const meant = meantBy(name, [...vocabulary])
      fail(
        `'${MODULE}' has no ${name}${meant ? `; did you mean ${meant}?` : ''}`,
        at,
        meant ? `import ${meant}` : '`alphaloop operators` lists every operator',
      )
    }
  }
  return { code, hasDefaultExport, exportedNames, endsWithExpression, settings, original }
}

/**
 * A bare expression as a module that exports it.
 * @throws AlphaloopError (usage) STRATEGY_SYNTAX, STRATEGY_TIMEOUT or STRATEGY_MEMORY
 */
export async function prepareExpression(
  source: string,
  fileName: string,
  sandbox: Sandbox,
): Promise<PreparedSource> {
  await readText({ source, language: 'expression' }, fileName, sandbox)
  return {
    // The lines before and after keep columns as they are, and a comment at the end from swallowing the bracket.
    code: `export default (\n${source}\n)`,
    hasDefaultExport: true,
    exportedNames: [],
    endsWithExpression: false,
    settings: [],
    original: ({ line, column }) => ({ line: Math.max(1, line - 1), column }),
  }
}

/** What a text says before it runs. @throws AlphaloopError (usage), as `prepareSource` */
export async function readText(
  text: SourceText,
  fileName: string,
  sandbox: Sandbox,
): Promise<Extract<SourceReading, { state: 'read' }>> {
  const { source } = text
  const reading = await sandbox.read(text)
  switch (reading.state) {
    case 'read':
      return reading
    case 'refused':
      throw syntaxError(reading, source, fileName)
    case 'tooLong':
      throw sourceError(
        'STRATEGY_TOO_LARGE',
        `the program has more than ${reading.limit} words and signs`,
        { fileName, source },
        { hint: 'a strategy describes a graph; data does not belong into it' },
      )
    case 'tooDeep':
      throw tooDeep({ fileName, source })
    case 'stopped': {
      const [code, message] =
        reading.limit === 'time'
          ? ['STRATEGY_TIMEOUT', 'the program takes too long to be read']
          : ['STRATEGY_MEMORY', 'the program takes too much memory to be read']
      throw sourceError(
        code!,
        message!,
        { fileName, source },
        { hint: 'write it shorter, without functions nested in one another: const part = …' },
      )
    }
  }
}

export const tooDeep = (at: Parameters<typeof sourceError>[2]): AlphaloopError =>
  sourceError('STRATEGY_SYNTAX', 'the program is nested too deeply to be read', at, {
    hint: 'give parts of it a name: const part = …',
  })

function syntaxError(
  { message, code, position: at }: Extract<SourceReading, { state: 'refused' }>,
  source: string,
  fileName: string,
): AlphaloopError {
  const position = at === undefined ? undefined : originalPosition(source, code, at)
  const found = position === undefined ? '' : tokenAt(source, position)
  const what = message.replace(/^unexpected token/i, () => `unexpected ${found}`)
  const isCutShort = /unexpected end of the text|^unterminated/i.test(what)
  return sourceError(
    'STRATEGY_SYNTAX',
    what.charAt(0).toLowerCase() + what.slice(1),
    { fileName, source, position },
    isCutShort ? { hint: 'close every bracket and quote that is opened' } : {},
  )
}

/** The word or sign at a place, for a message. */
function tokenAt(source: string, { line, column }: Position): string {
  const lines = source.split(/\r?\n/)
  const rest = [(lines[line - 1] ?? '').slice(column - 1), ...lines.slice(line)].join('\n').trimStart()
  if (rest === '') return 'end of the text'
  const word = /^[\w$]+/.exec(rest)?.[0] ?? rest.charAt(0)
  return `"${word.slice(0, 40)}"`
}

/**
 * Stripping keeps lines but moves what stands behind a type to the left. The stripped line is the original one with
 * pieces missing, so the longest common subsequence of the two says where each of its characters came from.
 */
export function originalPosition(source: string, code: string, position: Position): Position {
  if (source === code) return position
  const from = source.split('\n')[position.line - 1] ?? ''
  const to = code.split('\n')[position.line - 1] ?? ''
  if (from === to || from.length * to.length > 1_000_000) return position
  const width = to.length + 1
  const common = new Uint32Array((from.length + 1) * width)
  for (let i = from.length - 1; i >= 0; i--)
    for (let j = to.length - 1; j >= 0; j--)
      common[i * width + j] =
        from[i] === to[j]
          ? common[(i + 1) * width + j + 1]! + 1
          : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!)
  let i = 0
  let j = 0
  const target = Math.min(position.column - 1, to.length - 1)
  while (i < from.length && j < to.length) {
    if (from[i] === to[j] && common[i * width + j] === common[(i + 1) * width + j + 1]! + 1) {
      if (j === target) return { line: position.line, column: i + 1 }
      i++
      j++
    } else if (common[(i + 1) * width + j]! >= common[i * width + j + 1]!) i++
    else j++
  }
  return position
}
