/**
 * What a program's text says before it runs: TypeScript's types are stripped, the rest is parsed. Neither parser bounds
 * its own time (nested arrow functions make the stripper try two readings at each level: forty levels take it for
 * ever), so only a sandbox calls this, where it can be ended (thread-sandbox.ts).
 */
import { type Node, type Program, parse, parseExpressionAt, tokenizer } from 'acorn'
import { transform } from 'sucrase'
import { positionOf, settingsOf } from './read-settings.js'
import type { ReadCall, ReadImport, ReadSetting, ReadText, SourceReading, SourceText } from './sandbox.js'

const OPTIONS = { ecmaVersion: 2023, sourceType: 'module', locations: true } as const

/**
 * Words and signs of a text that is parsed: a strategy of 200 nodes has some 5 000. Parsers call themselves for each of
 * them at worst, which takes 16 MB of stack or less (thread-sandbox.ts gives 64). Near the end of a stack V8 ends the
 * whole process where a regular expression has to be compiled, and both parsers use some: a text must never get there.
 */
const MOST_TOKENS = 16_000
const TOKEN = /[\p{ID_Continue}$]+|\S/gu

const hasTooMany = (source: string): boolean => {
  let count = 0
  for (const _ of source.matchAll(TOKEN)) if (++count > MOST_TOKENS) return true
  return false
}

/** Reads a text; what is wrong with it is a value. */
export function readSource({ source, language, withCalls = false }: SourceText): SourceReading {
  if (hasTooMany(source)) return { state: 'tooLong', limit: MOST_TOKENS }
  const stripped = language === 'ts' ? stripTypes(source) : source
  if (typeof stripped !== 'string') return stripped
  try {
    const parsed = language === 'expression' ? parseOne(source) : parseModule(stripped)
    return {
      state: 'read',
      code: stripped,
      ...(language === 'expression' ? NO_MODULE : moduleOf(parsed as Program)),
      ...(withCalls ? callsOf(parsed) : { calls: [], texts: [] }),
    }
  } catch (thrown) {
    return refused(thrown, stripped)
  }
}

const parseModule = (code: string) => parse(code, { ...OPTIONS, allowAwaitOutsideFunction: true })

/** One expression and nothing behind it. */
function parseOne(source: string): Node {
  const expression = parseExpressionAt(source, 0, OPTIONS)
  const next = tokenizer(source.slice(expression.end), OPTIONS).getToken()
  if (next.type.label === 'eof') return expression
  const at = expression.end + next.start
  const before = source.slice(0, at).split('\n')
  const loc = { line: before.length, column: before.at(-1)!.length }
  throw Object.assign(new SyntaxError('Unexpected token'), { loc, raisedAt: at })
}

function stripTypes(source: string): string | SourceReading {
  try {
    return transform(source, {
      transforms: ['typescript'],
      disableESTransforms: true,
      // An import that nothing reads is still checked.
      keepUnusedImports: true,
    }).code
  } catch (thrown) {
    return refused(thrown, source)
  }
}

/** An error of sucrase or acorn, both of which append the place to the message and carry it as `loc`. */
function refused(thrown: unknown, code: string): SourceReading {
  if (thrown instanceof RangeError) return { state: 'tooDeep' }
  const { message, loc } = thrown as Error & { loc?: { line: number; column: number } }
  // sucrase counts columns from 1, acorn from 0.
  const shift = thrown instanceof SyntaxError && 'raisedAt' in thrown ? 1 : 0
  return {
    state: 'refused',
    message: message.replace(/^Error transforming [^:]*: /, '').replace(/\s{0,9}\(\d+:\d+\)$/, ''),
    code,
    position: loc === undefined ? undefined : { line: loc.line, column: loc.column + shift },
  }
}

const NO_MODULE = {
  imports: [] as readonly ReadImport[],
  hasDefaultExport: false,
  exportedNames: [] as readonly string[],
  endsWithExpression: false,
  settings: [] as readonly ReadSetting[],
}

/** What a module imports and exports, in the order in which that stands there. */
function moduleOf(program: Program): typeof NO_MODULE {
  const imports: ReadImport[] = []
  const exportedNames: string[] = []
  let hasDefaultExport = false
  const importFrom = (source: Node & { value?: unknown }, names: ReadImport['names'] = []) =>
    imports.push({ module: String(source.value), position: positionOf(source), names })
  for (const statement of program.body) {
    switch (statement.type) {
      case 'ImportDeclaration':
        importFrom(
          statement.source,
          statement.specifiers.flatMap((specifier) => {
            if (specifier.type === 'ImportNamespaceSpecifier') return []
            const name = specifier.type === 'ImportSpecifier' ? nameOf(specifier.imported) : undefined
            return [{ name, position: positionOf(specifier) }]
          }),
        )
        break
      case 'ExportDefaultDeclaration':
        hasDefaultExport = true
        break
      case 'ExportAllDeclaration':
        importFrom(statement.source)
        break
      case 'ExportNamedDeclaration': {
        if (statement.source) importFrom(statement.source)
        for (const { exported } of statement.specifiers) {
          const name = nameOf(exported)
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
  const endsWithExpression = last?.type === 'ExpressionStatement' && last.directive === undefined
  return { imports, hasDefaultExport, exportedNames, endsWithExpression, settings: settingsOf(program) }
}

const nameOf = (node: { type: string; name?: string; value?: unknown }): string =>
  node.type === 'Identifier' ? node.name! : String(node.value)

/** Every call and every text of a program, in the order in which they stand there. */
function callsOf(program: Node): { calls: ReadCall[]; texts: ReadText[] } {
  const calls: ReadCall[] = []
  const texts: ReadText[] = []
  /** The calls that texts are arguments of. */
  const callOf = new Map<unknown, string>()
  // An explicit stack: a program may be nested deeper than the call stack.
  const open: unknown[] = [program]
  while (open.length > 0) {
    const item = open.pop()
    if (Array.isArray(item)) {
      for (let i = item.length - 1; i >= 0; i--) open.push(item[i])
      continue
    }
    if (typeof item !== 'object' || item === null || !('type' in item)) continue
    const node = item as Node & Record<string, unknown>
    if (node.type === 'Literal' && typeof node.value === 'string')
      texts.push({ value: node.value, position: positionOf(node), within: callOf.get(node) })
    if (node.type === 'CallExpression') {
      const callee = node.callee as Node & { name?: string; property?: Node & { name?: string } }
      const named = callee.type === 'MemberExpression' ? callee.property! : callee
      if (typeof named.name === 'string') {
        const given = node.arguments as readonly (Node & { value?: unknown })[]
        for (const argument of given) callOf.set(argument, named.name)
        calls.push({
          name: named.name,
          values: given.map(({ value }) =>
            typeof value === 'string' || typeof value === 'number' ? value : undefined,
          ),
          position: positionOf(callee.type === 'MemberExpression' ? named : node),
        })
      }
    }
    const parts = Object.values(node)
    for (let i = parts.length - 1; i >= 0; i--) open.push(parts[i])
  }
  return { calls, texts }
}
