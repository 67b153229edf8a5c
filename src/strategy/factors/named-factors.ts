import type { PanelExpr } from '../api.js'
import { failOnHost, hostBuilder } from '../host.js'
import type { Alpha158Name } from './alpha158.js'
import { factorFormulas } from './catalog.js'
import { createNamedFactors } from './formula.js'

export type { Alpha158Name }

/** Functions that build named factors, beside the operators in every program's scope. */
export const NAMED_FACTOR_CALLS: readonly string[] = ['alpha101', 'alpha158']

/**
 * What the panel calls the fields and groups that a factor reads, where it has other names than the formula:
 * `{ cap: 'marketCap', subindustry: 'gics4' }`.
 */
export type FactorNames = Readonly<Record<string, string>>

let functions: ReturnType<typeof createNamedFactors> | undefined

const call = (family: string, args: readonly unknown[]): PanelExpr => {
  functions ??= createNamedFactors(hostBuilder().api, factorFormulas(), failOnHost)
  return functions[family]!(...args) as PanelExpr
}

/**
 * One of the 101 Formulaic Alphas (Kakushadze 2015, arXiv:1601.00991, appendix A) as an ordinary expression. Reads the
 * groups `sector`, `industry` and `subindustry` and the field `cap` where the formula does.
 * @param number 1 … 101
 * @throws AlphaloopError (usage) UNKNOWN_FACTOR for another number, WRONG_INPUTS for a name that it does not read
 */
export function alpha101(number: number, names?: FactorNames): PanelExpr
export function alpha101(...args: readonly unknown[]): PanelExpr {
  return call('alpha101', args)
}

/**
 * A feature of Qlib's Alpha158 as an ordinary expression; missing until its window is full.
 * @throws AlphaloopError (usage) UNKNOWN_FACTOR with the nearest name, WRONG_INPUTS for a name that it does not read
 */
export function alpha158(name: Alpha158Name, names?: FactorNames): PanelExpr
export function alpha158(...args: readonly unknown[]): PanelExpr {
  return call('alpha158', args)
}
