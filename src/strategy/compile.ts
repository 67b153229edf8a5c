/**
 * From source text to a checked strategy, by the one way there is:
 * 1. JSON goes straight to the graph check (step 5).
 * 2. Code is stripped of types and parsed in the sandbox, and its imports are checked (source.ts).
 * 3. It runs in the sandbox against the builder (prelude.ts, builder.ts), which records a graph.
 * 4. One JSON text comes out; whatever went wrong inside is put into words here, with its place.
 * 5. `createStrategy` checks the graph like any other that nobody trusts.
 */
import { AlphaloopError, usageError } from '../base/errors.js'
import { jsonSyntaxError } from '../base/json-syntax.js'
import { createExpression, type Expression } from '../graph/expression.js'
import type { GraphLimits } from '../graph/limits.js'
import { createStrategy, type Strategy, UNNAMED } from '../graph/strategy.js'
import type { Position, Sandbox, SandboxResult } from '../sandbox/sandbox.js'
import { BUILDER_CODES, type BuilderCode } from './builder.js'
import { checkBuilt } from './host.js'
import {
  type Expected,
  FINISH,
  type Finished,
  mentionsNamedFactors,
  preludeModules,
  preludeScript,
  vocabulary,
} from './prelude.js'
import {
  MODULE,
  type PreparedSource,
  prepareExpression,
  prepareSource,
  sourceError,
  tooDeep,
} from './source.js'
import { meantBy, withNearest } from './suggest.js'

export type StrategyLanguage = 'ts' | 'js' | 'json'

export interface CompileOptions {
  /** Named in every position; its ending says the language where `language` is left out. */
  readonly fileName?: string
  readonly language?: StrategyLanguage
  readonly limits?: GraphLimits
}

/** Longest source text, in UTF-16 code units; a strategy of 200 nodes has some 10 000. */
export const LONGEST_SOURCE = 256 * 1024

/**
 * Turns a strategy's source text into a checked strategy: TypeScript or JavaScript runs in the sandbox, JSON goes to
 * the graph check. A strategy without a name is called after its file.
 * @throws AlphaloopError (usage): the codes of `createStrategy`; UNKNOWN_METHOD, UNKNOWN_SETTING, INVALID_SETTING,
 *   WRONG_INPUTS, WRONG_TYPE, INVALID_PARAMETER, UNKNOWN_FACTOR, LIMIT_EXCEEDED of the builder; STRATEGY_SYNTAX,
 *   STRATEGY_IMPORT, STRATEGY_EXPORT, STRATEGY_ERROR, STRATEGY_TIMEOUT, STRATEGY_MEMORY, STRATEGY_STACK,
 *   STRATEGY_OUTPUT, STRATEGY_TOO_LARGE. `details` carries file, line, column and sourceLine where they are known.
 */
export async function compileStrategy(
  source: string,
  sandbox: Sandbox,
  options: CompileOptions = {},
): Promise<Strategy> {
  const language = options.language ?? languageOf(options.fileName)
  const fileName = options.fileName ?? `strategy.${language}`
  checkLength(source, fileName)
  const name = nameFrom(options.fileName)
  if (language === 'json') {
    const json = parseJson(source, fileName)
    return inFile(fileName, () => createStrategy(withName(json, name), options.limits))
  }
  const prepared = await prepareSource(source, fileName, language, vocabulary(), sandbox)
  const finished = await runProgram(prepared, { source, fileName }, sandbox, {
    kind: 'strategy',
    hasDefaultExport: prepared.hasDefaultExport,
    acceptOnlyOne: prepared.endsWithExpression || prepared.exportedNames.length > 0,
    fieldVariables: [],
  })
  if (finished.kind !== 'strategy') throw noStrategy(finished, source, fileName)
  return inSource(prepared, { source, fileName }, () => checkBuilt(finished.strategy, name, options.limits))
}

/**
 * Compiles a bare expression, as in `alphaloop factor 'rank(close.pctChange(20))'`: every operator is in scope, and
 * every field whose name can be a variable and is no operator's; others are written `field('P/E')`.
 * @param fields names that the panel has
 * @throws AlphaloopError (usage), the codes of `compileStrategy`
 */
export async function compileExpression(
  text: string,
  sandbox: Sandbox,
  options: { fields: readonly string[]; fileName?: string; limits?: GraphLimits },
): Promise<Expression> {
  const fileName = options.fileName ?? 'expression'
  checkLength(text, fileName)
  const words = vocabulary()
  const fieldVariables = options.fields.filter((name) => isVariableName(name) && !words.has(name))
  if (text.trim() === '')
    throw usageError(
      'STRATEGY_SYNTAX',
      'the expression is empty',
      "write one, such as 'rank(close.pctChange(20))'",
    )
  const prepared = await prepareExpression(text, fileName, sandbox)
  const finished = await runProgram(prepared, { source: text, fileName, fields: options.fields }, sandbox, {
    kind: 'expression',
    hasDefaultExport: true,
    acceptOnlyOne: false,
    fieldVariables,
  })
  if (finished.kind !== 'expression')
    throw sourceError('STRATEGY_EXPORT', 'this is no expression', { fileName, source: text })
  return inSource(prepared, { source: text, fileName }, () =>
    createExpression(finished.nodes, finished.root, options.limits),
  )
}

interface SourceText {
  readonly source: string
  readonly fileName: string
  /** Names that are in scope beside the vocabulary. */
  readonly fields?: readonly string[]
}

async function runProgram(
  prepared: PreparedSource,
  text: SourceText,
  sandbox: Sandbox,
  expected: Expected,
): Promise<Finished> {
  const withNamedFactors = mentionsNamedFactors(prepared.code)
  const result = await sandbox.run({
    source: prepared.code,
    fileName: text.fileName,
    prelude: preludeScript(expected, withNamedFactors),
    modules: preludeModules(withNamedFactors),
    finish: FINISH,
  })
  if (result.state !== 'returned') throw failure(result, prepared, text)
  return readFinished(result.output)
}

/** What came out is the program's word: its shape is checked, and the graph in it by whoever takes it. */
function readFinished(output: string): Finished {
  try {
    const finished: unknown = JSON.parse(output)
    if (typeof finished === 'object' && finished !== null) {
      const { kind, strategy, found, made } = finished as Record<string, unknown>
      if (kind === 'strategy' && typeof strategy === 'object' && strategy !== null)
        return finished as Finished
      if (kind === 'expression') return finished as Finished
      if (kind === 'nothing' && typeof found === 'string' && typeof made === 'number')
        return finished as Finished
    }
  } catch {
    // Not even JSON: the same as nothing usable.
  }
  return { kind: 'nothing', found: 'something that cannot be read', made: 0 }
}

const STOPPED = {
  time: ['STRATEGY_TIMEOUT', 'the program did not end in time', 'is there a loop without an end?'],
  memory: [
    'STRATEGY_MEMORY',
    'the program used up its memory',
    'build the graph only, without data of your own',
  ],
  stack: ['STRATEGY_STACK', 'the program calls itself too deeply', 'is there a recursion without an end?'],
  output: ['STRATEGY_OUTPUT', 'the graph that came out is too large', 'simplify it'],
} as const

function failure(
  result: Exclude<SandboxResult, { state: 'returned' }>,
  prepared: PreparedSource,
  text: SourceText,
): AlphaloopError {
  const position: Position | undefined = result.position && prepared.original(result.position)
  const at = { fileName: text.fileName, source: text.source, position }
  if (result.state === 'stopped') {
    const [code, message, hint] = STOPPED[result.limit]
    return sourceError(code, message, at, { hint })
  }
  const built = builderError(result.details)
  if (built !== undefined) {
    const [message, hint, details] = withNearest(result.message, built)
    const setting = placeOfSetting(result.message, built.given, prepared)
    return sourceError(built.code, message, { ...at, position: setting ?? position }, { hint, details })
  }
  // The engine's own parser, whose stack is shorter than that of those before it.
  if (result.name === 'SyntaxError' && result.message === 'stack overflow') return tooDeep(at)
  const missing = /^'?([\w$]+)'? is not defined$/.exec(result.message)?.[1]
  if (missing !== undefined) return undefinedName(missing, at, text.fields ?? [])
  const name = result.name === 'Error' || result.name === '' ? '' : `${result.name}: `
  return sourceError(
    'STRATEGY_ERROR',
    `${name}${result.message || 'an error without a message was thrown'}`,
    at,
  )
}

/**
 * The setting that the builder's words are about: all it can see is the call of `strategy`. A name that does not exist
 * is placed at the name, a wrong value at the value.
 */
function placeOfSetting(
  message: string,
  given: string | undefined,
  { settings, original }: PreparedSource,
): Position | undefined {
  const [, within, unknown] = /^strategy(?:: ([\w.]+))? has no setting "([^"]*)"/.exec(message) ?? []
  // Of a setting that stands there twice the last one counts.
  const at = (path: string) => settings.findLast((setting) => setting.path === path)
  if (unknown !== undefined && unknown === given) {
    const found = at(within === undefined ? unknown : `${within}.${unknown}`)
    return found && original(found.key)
  }
  const parts = /^strategy: ([\w.]+) /.exec(message)?.[1]?.split('.') ?? []
  // What is missing has no place, but what it is missing in does.
  for (let length = parts.length; length > 0; length--) {
    const found = at(parts.slice(0, length).join('.'))
    if (found !== undefined) return original(found.value)
  }
  return undefined
}

/** Names that are compared: a program may put anything in their place, and comparing takes the product of two lengths. */
const isName = (value: unknown): value is string => typeof value === 'string' && value.length <= 200

/** The builder's description of its error, if that is what came along: it is only as good as the program left it. */
function builderError(details: string | undefined) {
  if (details === undefined) return undefined
  try {
    const { code, hint, given, valid } = JSON.parse(details) as Record<string, unknown>
    if (!(BUILDER_CODES as readonly unknown[]).includes(code)) return undefined
    return {
      code: code as BuilderCode,
      ...(typeof hint === 'string' ? { hint } : {}),
      ...(isName(given) ? { given } : {}),
      ...(Array.isArray(valid) ? { valid: valid.filter(isName) } : {}),
    }
  } catch {
    return undefined
  }
}

const COMMON_FIELDS = [
  'open',
  'high',
  'low',
  'close',
  'volume',
  'returns',
  'vwap',
  'dollarVolume',
  'rawClose',
]

function undefinedName(
  name: string,
  at: { fileName: string; source: string; position: Position | undefined },
  fields: readonly string[],
): AlphaloopError {
  const details = { given: name }
  if (fields.length === 0 && COMMON_FIELDS.includes(name))
    return sourceError('STRATEGY_ERROR', `${name} is not defined`, at, {
      hint: `read the field first: const ${name} = field('${name}')`,
      details,
    })
  const meant = meantBy(name, [...vocabulary(), ...fields, ...(fields.length > 0 ? [] : COMMON_FIELDS)])
  return sourceError(
    'STRATEGY_ERROR',
    `${name} is not defined${meant ? `; did you mean ${meant}?` : ''}`,
    at,
    {
      hint: meant
        ? COMMON_FIELDS.includes(meant) && fields.length === 0
          ? `read the field first: const ${meant} = field('${meant}')`
          : `write ${meant}`
        : "a field is read with field('name'); `alphaloop operators` lists every operator",
      details: meant ? { ...details, nearest: meant } : details,
    },
  )
}

function noStrategy(finished: Finished, source: string, fileName: string): AlphaloopError {
  const { found, made } = finished as Extract<Finished, { kind: 'nothing' }>
  const at = { fileName, source, position: undefined }
  if (found !== 'nothing')
    return sourceError(
      'STRATEGY_EXPORT',
      `the default export must be what strategy({ … }) returns, but it is ${found}`,
      at,
      {
        hint: 'export default strategy({ … })',
      },
    )
  if (made > 1)
    return sourceError('STRATEGY_EXPORT', `${made} strategies are made and none is the default export`, at, {
      hint: 'say which one: export default strategy({ … })',
    })
  return sourceError(
    'STRATEGY_EXPORT',
    made === 1 ? 'a strategy is made, but it is not exported' : 'nothing is exported',
    at,
    { hint: `end with: export default strategy({ … }), from '${MODULE}'` },
  )
}

function checkLength(source: string, fileName: string) {
  if (source.length <= LONGEST_SOURCE) return
  throw usageError(
    'STRATEGY_TOO_LARGE',
    `${fileName}: the source has ${source.length} characters, the limit is ${LONGEST_SOURCE}`,
    'a strategy describes a graph; data does not belong into it',
    { file: fileName, length: source.length, limit: LONGEST_SOURCE },
  )
}

function parseJson(source: string, fileName: string): unknown {
  try {
    return JSON.parse(source.replace(/^\uFEFF/, ''))
  } catch {
    const found = jsonSyntaxError(source)
    throw sourceError(
      'STRATEGY_SYNTAX',
      found?.message ?? 'this is not JSON',
      { fileName, source, position: found },
      {
        hint: 'the JSON form is described by strategy.schema.json',
      },
    )
  }
}

/** Errors of the graph check know nodes, not files: the file's name is put in front. */
function inFile<T>(fileName: string, check: () => T): T {
  try {
    return check()
  } catch (thrown) {
    if (!(thrown instanceof AlphaloopError)) throw thrown
    throw new AlphaloopError(thrown.kind, thrown.code, `${fileName}: ${thrown.message}`, {
      hint: thrown.hint,
      details: { ...thrown.details, file: fileName },
    })
  }
}

/** The same, for code: what is wrong in a window function has its place in the source. */
function inSource<T>(prepared: PreparedSource, { source, fileName }: SourceText, check: () => T): T {
  try {
    return inFile(fileName, check)
  } catch (thrown) {
    if (!(thrown instanceof AlphaloopError) || thrown.code !== 'INVALID_FUNCTION') throw thrown
    const { given, functionLine, functionColumn, operator, problem } = thrown.details
    const at = prepared.code.indexOf(String(given))
    if (at < 0) throw thrown
    const before = prepared.code.slice(0, at).split('\n')
    const line = before.length + Number(functionLine) - 1
    const column = Number(functionColumn) + (functionLine === 1 ? before.at(-1)!.length : 0)
    const position = prepared.original({ line, column })
    const { hint, details } = thrown
    throw sourceError(
      thrown.code,
      `${operator}: ${problem}`,
      { fileName, source, position },
      { hint, details },
    )
  }
}

const isVariableName = (name: string) => /^[A-Za-z_$][\w$]*$/.test(name)

function languageOf(fileName: string | undefined): StrategyLanguage {
  const ending = /\.([^./\\]+)$/.exec(fileName ?? '')?.[1]?.toLowerCase()
  if (ending === undefined || ending === 'ts' || ending === 'mts') return 'ts'
  if (ending === 'js' || ending === 'mjs') return 'js'
  if (ending === 'json') return 'json'
  throw usageError(
    'UNKNOWN_LANGUAGE',
    `${fileName}: a strategy file ends in .ts, .js or .json, not .${ending}`,
    'rename it, or say its language',
    { file: fileName },
  )
}

/** `strategies/my-momentum.ts` → `my-momentum`. */
const nameFrom = (fileName: string | undefined): string =>
  fileName
    ?.replace(/^.*[/\\]/, '')
    .replace(/\.[^.]*$/, '')
    .slice(0, 200) || UNNAMED

const withName = (json: unknown, name: string): unknown =>
  typeof json === 'object' && json !== null && !Array.isArray(json) && !('name' in json)
    ? { ...json, name }
    : json
