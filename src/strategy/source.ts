/**
 * From source text to an ES module in plain JavaScript:
 * 1. TypeScript's types are stripped; lines stay where they are.
 * 2. The result is parsed: syntax errors get their line and column here.
 * 3. Imports are checked before anything runs: only 'alphaloop', only names that it has.
 */
import { type Node, type Program, parse, parseExpressionAt, tokenizer } from 'acorn'
import { transform } from 'sucrase'
import { type AlphaloopError, usageError } from '../base/errors.js'
import { printable } from '../base/printable.js'
import type { Position } from '../sandbox/sandbox.js'
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
  /** From a position in `code` to the one in the source as it was written. */
  original(position: Position): Position
}

/** An error at a place in a source file. The message begins with the place, `details` has it in parts. */
/** Longest message that is taken over from a program or a parser, in characters. */
const LONGEST_MESSAGE = 2000

export function sourceError(
  code: string,
  message: string,
  at: { fileName: string; source: string; position?: Position | undefined },
  more: { hint?: string | undefined; details?: Record<string, unknown> } = {},
): AlphaloopError {
  const { fileName, source } = at
  const position = at.position && at.position.line <= source.split('\n').length ? at.position : undefined
  const sourceLine = position === undefined ? undefined : source.split(/\r?\n/)[position.line - 1]
  // Messages may be a program's own words, and a program may forge its places.
  const said = printable(message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message)
  const place = position === undefined ? fileName : `${fileName}:${position.line}:${position.column}`
  return usageError(code, `${place}: ${said}`, more.hint, {
    ...more.details,
    file: fileName,
    ...(position === undefined ? {} : { line: position.line, column: position.column }),
    ...(sourceLine === undefined ? {} : { sourceLine: sourceLine.slice(0, 500) }),
  })
}

/** @throws AlphaloopError (usage) STRATEGY_SYNTAX or STRATEGY_IMPORT */
export function prepareSource(
  source: string,
  fileName: string,
  language: 'ts' | 'js',
  vocabulary: ReadonlySet<string>,
): PreparedSource {
  const code = language === 'ts' ? stripTypes(source, fileName) : source
  const original = (position: Position) => originalPosition(source, code, position)
  let program: Program
  try {
    program = parse(code, {
      ecmaVersion: 2023,
      sourceType: 'module',
      locations: true,
      allowAwaitOutsideFunction: true,
    })
  } catch (thrown) {
    throw syntaxError(thrown, source, fileName, original)
  }
  const fail = (errorCode: string, message: string, node: Node, hint?: string) => {
    const { line, column } = node.loc!.start
    const position = original({ line, column: column + 1 })
    throw sourceError(errorCode, message, { fileName, source, position }, { hint })
  }

  let hasDefaultExport = false
  const exportedNames: string[] = []
  for (const statement of program.body) {
    switch (statement.type) {
      case 'ImportDeclaration': {
        refuseOtherModules(statement.source, fail)
        for (const specifier of statement.specifiers) {
          if (specifier.type === 'ImportDefaultSpecifier')
            fail(
              'STRATEGY_IMPORT',
              `'${MODULE}' has no default export`,
              specifier,
              `write import { strategy } from '${MODULE}'`,
            )
          if (specifier.type !== 'ImportSpecifier') continue
          const { imported } = specifier
          const name = imported.type === 'Identifier' ? imported.name : String(imported.value)
          if (vocabulary.has(name) || (TYPE_NAMES as readonly string[]).includes(name)) continue
          const meant = meantBy(name, [...vocabulary])
          fail(
            'STRATEGY_IMPORT',
            `'${MODULE}' has no ${name}${meant ? `; did you mean ${meant}?` : ''}`,
            specifier,
            meant ? `import ${meant}` : '`alphaloop operators` lists every operator',
          )
        }
        break
      }
      case 'ExportDefaultDeclaration':
        hasDefaultExport = true
        break
      case 'ExportAllDeclaration':
        refuseOtherModules(statement.source, fail)
        break
      case 'ExportNamedDeclaration': {
        if (statement.source) refuseOtherModules(statement.source, fail)
        for (const { exported } of statement.specifiers) {
          const name = exported.type === 'Identifier' ? exported.name : String(exported.value)
          if (name === 'default') hasDefaultExport = true
          else exportedNames.push(name)
        }
        const { declaration } = statement
        if (declaration?.type === 'VariableDeclaration')
          for (const { id } of declaration.declarations)
            if (id.type === 'Identifier') exportedNames.push(id.name)
        break
      }
    }
  }
  const last = program.body.at(-1)
  return {
    code,
    hasDefaultExport,
    exportedNames,
    endsWithExpression: last?.type === 'ExpressionStatement' && last.directive === undefined,
    original,
  }
}

/**
 * A bare expression as a module that exports it.
 * @throws AlphaloopError (usage) STRATEGY_SYNTAX
 */
export function prepareExpression(source: string, fileName: string): PreparedSource {
  const options = { ecmaVersion: 2023, sourceType: 'module', locations: true } as const
  try {
    const { end } = parseExpressionAt(source, 0, options)
    const next = tokenizer(source.slice(end), options).getToken()
    if (next.type.label !== 'eof') {
      const at = end + next.start
      const before = source.slice(0, at).split('\n')
      const loc = { line: before.length, column: before.at(-1)!.length }
      throw Object.assign(new SyntaxError('Unexpected token'), { loc, raisedAt: at })
    }
  } catch (thrown) {
    throw syntaxError(thrown, source, fileName, (position) => position)
  }
  return {
    // The lines before and after keep columns as they are, and a comment at the end from swallowing the bracket.
    code: `export default (\n${source}\n)`,
    hasDefaultExport: true,
    exportedNames: [],
    endsWithExpression: false,
    original: ({ line, column }) => ({ line: Math.max(1, line - 1), column }),
  }
}

function refuseOtherModules(
  specifier: Node & { value?: unknown },
  fail: (code: string, message: string, node: Node, hint?: string) => void,
) {
  if (specifier.value === MODULE) return
  fail(
    'STRATEGY_IMPORT',
    `'${String(specifier.value)}' cannot be imported: a strategy has no files, no network and no packages`,
    specifier,
    `only '${MODULE}' can be imported`,
  )
}

function stripTypes(source: string, fileName: string): string {
  try {
    return transform(source, {
      transforms: ['typescript'],
      disableESTransforms: true,
      // An import that nothing reads is still checked.
      keepUnusedImports: true,
    }).code
  } catch (thrown) {
    throw syntaxError(thrown, source, fileName, (position) => position)
  }
}

/** An error of sucrase or acorn, both of which append the place to the message and carry it as `loc`. */
function syntaxError(
  thrown: unknown,
  source: string,
  fileName: string,
  original: (position: Position) => Position,
): AlphaloopError {
  if (thrown instanceof RangeError)
    return sourceError(
      'STRATEGY_SYNTAX',
      'the program is nested too deeply to be read',
      { fileName, source },
      {
        hint: 'give parts of it a name: const part = …',
      },
    )
  const { message, loc } = thrown as Error & { loc?: { line: number; column: number } }
  const text = message.replace(/^Error transforming [^:]*: /, '').replace(/\s*\(\d+:\d+\)$/, '')
  // sucrase counts columns from 1, acorn from 0.
  const shift = thrown instanceof SyntaxError && 'raisedAt' in thrown ? 1 : 0
  const position = loc === undefined ? undefined : original({ line: loc.line, column: loc.column + shift })
  const found = position === undefined ? '' : tokenAt(source, position)
  const what = /^unexpected token/i.test(text)
    ? text.replace(/^unexpected token/i, `unexpected ${found}`)
    : text
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
function originalPosition(source: string, code: string, position: Position): Position {
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
