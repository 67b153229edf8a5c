import { describe, expect, test } from 'vitest'
import type { Panel } from '../../src/data/panel.js'
import { expressionOf } from '../../src/research/factor-values.js'
import type { PanelExpr } from '../../src/strategy/api.js'
import { factorFormulas, namedFactors } from '../../src/strategy/factors/catalog.js'
import { createNamedFactors } from '../../src/strategy/factors/formula.js'
import { alpha101 } from '../../src/strategy/factors/named-factors.js'
import { failOnHost, hostBuilder } from '../../src/strategy/host.js'
import { sharedData } from '../support/shared-data.js'
import { panelOf, readRows } from './panels.js'
import { type Conventions, evaluatePlain, OURS } from './plain-evaluator.js'

const prices = sharedData('alpha-vectors/panel.csv')
const vectors = sharedData('alpha-vectors/alpha101_dolphindb_python.csv.gz')
const here = prices !== undefined && vectors !== undefined

/** Those of the script that made the values: they are followed here, not taken for right. */
const THEIRS: Conventions = { ...OURS, rankTies: 'minimum', tsRank: 'place' }
const CLEANED: Conventions = { ...THEIRS, missingCorrelation: 0 }

interface Case {
  readonly number: number
  readonly how?: Conventions
  /**
   * The values that are ranked have ties that only the rounding of pandas' running sums breaks: a rank may be any that
   * its ties share.
   */
  readonly looseTies?: boolean
  /** First bars in which the script gives a value out of a window that is not full. */
  readonly early?: number
  readonly factor?: () => PanelExpr
}

const CASES: readonly Case[] = [
  { number: 2, how: CLEANED },
  { number: 3, how: CLEANED },
  { number: 4 },
  { number: 6, how: CLEANED },
  { number: 8 },
  { number: 9, early: 5 },
  { number: 10, early: 4 },
  { number: 11 },
  { number: 12 },
  { number: 13, looseTies: true },
  { number: 15, how: CLEANED, looseTies: true },
  { number: 16, looseTies: true },
  { number: 18, how: CLEANED },
  { number: 20 },
  { number: 22, how: CLEANED },
  // Its mean volume is in shares.
  { number: 25, factor: () => alpha101(25, { dollarVolume: 'volume' }) },
  { number: 33 },
  { number: 34, looseTies: true, early: 5 },
  // It ranks opens where the paper ranks closes: the formula with that one word changed.
  { number: 38, factor: () => changed(38, 'close.tsRank', 'open.tsRank') },
  { number: 40 },
  { number: 41 },
  { number: 42 },
  { number: 44, how: CLEANED },
  { number: 46, early: 20 },
  { number: 49, early: 20 },
  { number: 51, early: 20 },
  { number: 53, how: { ...THEIRS, zeroDivisor: 0.0001 } },
  { number: 54, how: { ...THEIRS, zeroDivisor: -0.0001 } },
  { number: 55, how: { ...CLEANED, zeroDivisor: 0.0001 } },
  { number: 101 },
]

function changed(number: number, from: string, to: string): PanelExpr {
  const { formula } = namedFactors().find(({ call }) => call === `alpha101(${number})`)!
  expect(formula).toContain(from)
  const formulas = { ...factorFormulas(), alpha101: { [number]: formula.replace(from, to) } }
  return createNamedFactors(hostBuilder().api, formulas, failOnHost).alpha101!(number) as PanelExpr
}

const NUDGE = 1e-10
const TOLERANCE = 1e-9

describe.skipIf(!here)(
  `the reference values of 30 alphas, under their script's conventions${here ? '' : ' (skipped: no alpha-vectors here)'}`,
  () => {
    const panel = (here ? panelOf(prices, 'symbol') : undefined) as Panel
    const symbols = panel?.symbols.length
    const { names, rows } = here
      ? readRows(vectors, 'symbol')
      : { names: [] as string[], rows: [] as string[][] }

    function theirs(number: number): Float64Array {
      const column = names.indexOf(`alpha${String(number).padStart(3, '0')}`)
      const out = new Float64Array(panel.dates.length * symbols).fill(Number.NaN)
      for (const row of rows)
        if (row[column] !== '')
          out[panel.dates.indexOf(row[0]!) * symbols + panel.symbols.indexOf(row[1]!)] = Number(row[column])
      return out
    }

    test.each(CASES)('alpha101($number)', ({ number, how = THEIRS, looseTies, early = 0, factor }) => {
      const wanted = theirs(number)
      const expression = expressionOf((factor ?? (() => alpha101(number)))())
      const evaluate = (rankNudge: number) => evaluatePlain(expression, panel, { ...how, rankNudge })
      const a = evaluate(looseTies ? -NUDGE : 0)
      const b = looseTies ? evaluate(NUDGE) : a
      const wrong: string[] = []
      let compared = 0
      for (let i = 0; i < wanted.length; i++) {
        const value = wanted[i]!
        const bar = Math.floor(i / symbols)
        const slack = TOLERANCE * Math.max(1, Math.abs(value))
        if (Number.isNaN(a[i]!) ? Number.isNaN(value) || bar < early : false) continue
        compared++
        if (Math.min(a[i]!, b[i]!) - slack <= value && value <= Math.max(a[i]!, b[i]!) + slack) continue
        wrong.push(`${panel.dates[bar]} ${panel.symbols[i % symbols]}: ${value}, here ${a[i]} … ${b[i]}`)
      }
      expect(wrong.slice(0, 5)).toEqual([])
      expect(compared).toBeGreaterThan(5500)
    })
  },
)
