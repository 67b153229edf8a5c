import { ALPHA101, type FactorFormula } from './alpha101.js'
import { ALPHA158 } from './alpha158.js'

/** A factor that is called by name: `alpha101(12)`, `alpha158('KMID')`. */
export interface NamedFactor extends FactorFormula {
  readonly family: 'alpha101' | 'alpha158'
  /** The number as text, or the feature's name. */
  readonly name: string
  /** How strategies and factors call it. */
  readonly call: string
  /** Fields that it reads, in the order of the formula. */
  readonly fields: readonly string[]
  /** Groups that it reads. */
  readonly groups: readonly string[]
}

/** What the two families are, for listings. */
export const FACTOR_FAMILIES = [
  {
    family: 'alpha101',
    title: '101 Formulaic Alphas',
    call: 'alpha101(number, names?)',
    doc: "number 1 … 101 of the 101 Formulaic Alphas; names say what the panel calls its fields and groups: { cap: 'marketCap', subindustry: 'gics4' }",
    source: 'Z. Kakushadze, 101 Formulaic Alphas, arXiv:1601.00991, appendix A',
  },
  {
    family: 'alpha158',
    title: 'Alpha158',
    call: 'alpha158(name, names?)',
    doc: "a feature of Qlib's Alpha158 by its name, windows 5, 10, 20, 30 and 60; names as for alpha101",
    source: 'Qlib, qlib/contrib/data/loader.py, Alpha158DL',
  },
] as const

/** Names that a formula reads: what is in quotes is a group, a bare word that is not called a field. */
function readsOf(formula: string): Pick<NamedFactor, 'fields' | 'groups'> {
  const groups = [...formula.matchAll(/group\('(\w+)'\)/g)].map((match) => match[1]!)
  const fields = [...formula.matchAll(/(?<![\w.'])[a-z]\w*(?![\w('])/gi)].map((match) => match[0])
  return { fields: [...new Set(fields)], groups: [...new Set(groups)] }
}

const named = (
  family: NamedFactor['family'],
  name: string,
  call: string,
  entry: FactorFormula,
): NamedFactor => Object.freeze({ family, name, call, ...entry, ...readsOf(entry.formula) })

let all: readonly NamedFactor[] | undefined

/** All of both families, in their own order. */
export function namedFactors(): readonly NamedFactor[] {
  all ??= Object.freeze([
    ...Object.entries(ALPHA101).map(([number, entry]) =>
      named('alpha101', number, `alpha101(${number})`, entry),
    ),
    ...Object.entries(ALPHA158).map(([name, entry]) => named('alpha158', name, `alpha158('${name}')`, entry)),
  ])
  return all
}

/** The formulas by name, and nothing else: what is carried into the sandbox. */
export function factorFormulas(): Readonly<Record<NamedFactor['family'], Readonly<Record<string, string>>>> {
  const formulas = { alpha101: {} as Record<string, string>, alpha158: {} as Record<string, string> }
  for (const { family, name, formula } of namedFactors()) formulas[family][name] = formula
  return formulas
}
