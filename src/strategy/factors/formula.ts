import type { Fail } from '../builder.js'

/** The named factors' formulas, by family and name. */
type FormulaTable = Readonly<Record<string, Readonly<Record<string, string>>>>

type Operators = Readonly<Record<string, (...args: unknown[]) => object>>

/**
 * Makes the functions that build named factors: each reads a formula and makes the calls that it says, so what comes
 * out is the same graph as if the formula stood in the program. A formula is what a JavaScript expression of names,
 * calls, methods, numbers and texts is; reading it needs no `eval`, which the sandbox does not have.
 *
 * Self-contained like the builder, for the same reason.
 * @param api the builder's functions
 */
export function createNamedFactors(api: Operators, formulas: FormulaTable, fail: Fail): Operators {
  const describe = (value: unknown): string => {
    if (typeof value === 'string') return `the text '${value.slice(0, 40)}'`
    if (Array.isArray(value)) return 'an array'
    if (typeof value === 'object' && value !== null) return 'an object'
    return typeof value === 'function' ? 'a function' : String(value)
  }

  /** Reads a formula; `nameOf` says what the panel calls a field or group that it names. */
  function build(formula: string, nameOf: (name: string) => string): object {
    const tokens = formula.match(/\d+(?:\.\d+)?(?:e-?\d+)?|\w+|'\w+'|[-.(),]/g) as string[]
    let at = 0
    const list = (): unknown[] => {
      const args: unknown[] = []
      for (at++; tokens[at] !== ')'; ) {
        args.push(expression())
        if (tokens[at] === ',') at++
      }
      at++
      return args
    }
    function expression(): unknown {
      const token = tokens[at++] as string
      let value: unknown
      if (token === '-') value = -Number(tokens[at++])
      else if (/^\d/.test(token)) value = Number(token)
      else if (token.startsWith("'")) value = nameOf(token.slice(1, -1))
      else if (tokens[at] === '(') value = (api[token] as Operators[string])(...list())
      else value = (api.field as Operators[string])(nameOf(token))
      while (tokens[at] === '.') {
        const method = tokens[at + 1] as string
        at += 2
        value = ((value as Operators)[method] as Operators[string]).apply(value, list())
      }
      return value
    }
    return expression() as object
  }

  function readNames(call: string, formula: string, given: unknown): (name: string) => string {
    if (given === undefined) return (name) => name
    const example = "{ cap: 'marketCap', subindustry: 'gics4' }"
    if (typeof given !== 'object' || given === null || Array.isArray(given))
      fail('WRONG_INPUTS', `${call} takes names of fields and groups as an object, not ${describe(given)}`, {
        hint: `such as ${example}`,
      })
    const names = given as Record<string, unknown>
    const valid: string[] = []
    build(formula, (name) => {
      if (!valid.includes(name)) valid.push(name)
      return name
    })
    for (const key of Object.keys(names)) {
      if (!valid.includes(key))
        fail('WRONG_INPUTS', `${call} reads no field or group "${key}"`, {
          hint: `it reads ${valid.join(', ')}`,
          given: key,
          valid,
        })
      const name = names[key]
      if (name !== undefined && (typeof name !== 'string' || name === ''))
        fail('WRONG_INPUTS', `${call}: ${key} must be the name of a field or group, not ${describe(name)}`, {
          hint: `such as ${example}`,
        })
    }
    return (name) => (Object.hasOwn(names, name) ? ((names[name] as string | undefined) ?? name) : name)
  }

  function make(family: string, key: string, args: readonly unknown[]): object {
    const formula = (formulas[family] as Record<string, string>)[key] as string
    const call = `${family}(${family === 'alpha101' ? key : `'${key}'`})`
    if (args.length > 2)
      fail('WRONG_INPUTS', `${family} takes fewer arguments: ${describe(args[2])} is one too many`, {
        hint: `${family}(${family === 'alpha101' ? 'number' : 'name'}, names)`,
      })
    return build(formula, readNames(call, formula, args[1]))
  }

  return {
    alpha101: (...args) => {
      const [number] = args
      if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > 101)
        fail('UNKNOWN_FACTOR', `alpha101 takes a whole number from 1 to 101, not ${describe(number)}`, {
          hint: 'alpha101(12); `alphaloop operators alpha101` lists them',
        })
      return make('alpha101', String(number), args)
    },
    alpha158: (...args) => {
      const [name] = args
      const known = formulas.alpha158 as Record<string, string>
      if (typeof name !== 'string' || !Object.hasOwn(known, name))
        fail(
          'UNKNOWN_FACTOR',
          typeof name === 'string'
            ? `alpha158 has no feature "${name.slice(0, 40)}"`
            : `alpha158 takes the name of a feature, such as 'KMID' or 'ROC20', not ${describe(name)}`,
          {
            hint: 'windows are 5, 10, 20, 30 and 60 bars; `alphaloop operators alpha158` lists every feature',
            ...(typeof name === 'string' ? { given: name.slice(0, 40), valid: Object.keys(known) } : {}),
          },
        )
      return make('alpha158', name as string, args)
    },
  }
}
