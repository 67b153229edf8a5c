import { type Builder, createBuilder, type StrategyJson } from './builder.js'
import { factorFormulas } from './factors/catalog.js'
import { createNamedFactors } from './factors/formula.js'
import { NAMED_FACTOR_CALLS } from './factors/named-factors.js'
import { builderTable } from './signatures.js'
import { MODULE, TYPE_NAMES } from './source.js'

/** Global through which the sandboxed module finds the builder's functions. */
const API = 'Symbol.for("alphaloop.api")'

/** Global function that turns a program's exports into the result. */
export const FINISH = '__alphaloopFinish'

/** What the finishing function answers, as JSON. */
export type Finished =
  | { readonly kind: 'strategy'; readonly strategy: StrategyJson }
  | { readonly kind: 'expression'; readonly nodes: StrategyJson['nodes']; readonly root: string }
  /** Nothing that could be used; `found` says what the default export is. */
  | { readonly kind: 'nothing'; readonly found: string; readonly made: number }

/** What the program is expected to hand over. */
export interface Expected {
  readonly kind: 'strategy' | 'expression'
  readonly hasDefaultExport: boolean
  /** Without a default export, the one strategy that was made counts. */
  readonly acceptOnlyOne: boolean
  /** Names that are variables holding the field of the same name. */
  readonly fieldVariables: readonly string[]
}

/**
 * Runs inside the sandbox, after the program; self-contained for the same reason as the builder. `exports` are the
 * program's, and so may be anything.
 */
export function finishProgram(
  builder: Builder,
  expected: Expected,
  exports: Record<string, unknown>,
): string {
  const value = expected.hasDefaultExport ? exports.default : undefined
  if (expected.kind === 'expression') {
    const { nodes, root } = builder.expression(value)
    return JSON.stringify({ kind: 'expression', nodes, root })
  }
  if (builder.isStrategy(value)) return JSON.stringify({ kind: 'strategy', strategy: value })
  const only = builder.made[0]
  if (!expected.hasDefaultExport && expected.acceptOnlyOne && builder.made.length === 1 && only !== undefined)
    return JSON.stringify({ kind: 'strategy', strategy: only })
  let found: string
  if (!expected.hasDefaultExport) found = 'nothing'
  else if (builder.isExpression(value)) found = 'an expression'
  else if (typeof value === 'number') found = `the number ${value}`
  else if (value === null || value === undefined) found = String(value)
  else if (Array.isArray(value)) found = 'an array'
  else found = typeof value === 'object' ? 'an object' : `a ${typeof value}`
  return JSON.stringify({ kind: 'nothing', found, made: builder.made.length })
}

/** Every name that programs have in scope and may import: the operators, the named factors and `strategy`. */
export const vocabulary = (): ReadonlySet<string> =>
  new Set([
    ...builderTable().operators.flatMap(({ name, call }) => [name, call]),
    ...NAMED_FACTOR_CALLS,
    'strategy',
  ])

/** Whether a program's text names a named factor: only then are the formulas carried into its realm. */
export const mentionsNamedFactors = (code: string): boolean =>
  NAMED_FACTOR_CALLS.some((name) => code.includes(name))

let table: string | undefined
let namedFactors: string | undefined

/**
 * The script that gives a realm the builder.
 * @param withNamedFactors the program names them (`mentionsNamedFactors`); others start faster without
 */
export function preludeScript(expected: Expected, withNamedFactors: boolean): string {
  // Descriptions are for people; every program would pay for parsing them.
  table ??= JSON.stringify(builderTable(), (key, value) => (key === 'doc' ? undefined : value))
  if (withNamedFactors)
    namedFactors ??= `(${createNamedFactors.toString()})(builder.api, ${JSON.stringify(factorFormulas())}, fail)`
  // `__name`: some transpilers wrap functions in a helper of that name, and it comes along with their text.
  return `(() => {
  'use strict'
  const __name = (target) => target
  const createBuilder = ${createBuilder.toString()}
  const finishProgram = ${finishProgram.toString()}
  const stringify = JSON.stringify
  const fail = (code, message, details = {}) => {
    const error = new Error(message)
    error.name = 'StrategyError'
    error.details = stringify({ code, ...details })
    throw error
  }
  const builder = createBuilder(${table}, fail)
  const api = Object.assign(Object.create(null), builder.api, ${withNamedFactors ? namedFactors : '{}'}, { strategy: builder.strategy })
  const put = (key, value) =>
    Object.defineProperty(globalThis, key, { value, writable: true, enumerable: false, configurable: true })
  put(${API}, api)
  for (const name of ${JSON.stringify(expected.fieldVariables)}) put(name, api.field(name))
  for (const name of Object.keys(api)) put(name, api[name])
  const expected = ${JSON.stringify(expected)}
  put('${FINISH}', (exports) => finishProgram(builder, expected, exports))
})()`
}

const moduleTexts = new Map<boolean, string>()

/** The module that programs import, by its specifier. */
export function preludeModules(withNamedFactors: boolean): Record<string, string> {
  let text = moduleTexts.get(withNamedFactors)
  if (text === undefined) {
    const calls = [
      ...builderTable().operators.map(({ call }) => call),
      ...(withNamedFactors ? NAMED_FACTOR_CALLS : []),
      'strategy',
    ]
    const aliases = builderTable()
      .operators.filter(({ name, call }) => name !== call)
      .map(({ name, call }) => `${call} as ${name}`)
    text = [
      `const { ${calls.join(', ')} } = globalThis[${API}]`,
      `const ${TYPE_NAMES.map((name) => `${name} = undefined`).join(', ')}`,
      `export { ${[...calls, ...aliases, ...TYPE_NAMES].join(', ')} }`,
    ].join('\n')
    moduleTexts.set(withNamedFactors, text)
  }
  return { [MODULE]: text }
}
