import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { expressionOf, factorValues } from '../../src/research/factor-values.js'
import { type NamedFactor, namedFactors } from '../../src/strategy/factors/catalog.js'
import { type Alpha158Name, alpha101, alpha158 } from '../../src/strategy/factors/named-factors.js'
import { pythonWithPandas } from '../support/pandas.js'
import { madeUpPanel } from './panels.js'
import { evaluatePlain, OURS } from './plain-evaluator.js'

const SCRIPT = join(import.meta.dirname, 'pandas_factors.py')
/** The script's answer for one bar; `ALPHALOOP_RECORD=1` writes it anew where pandas is present. */
const RECORDED = join(import.meta.dirname, 'pandas-factors.json')
const BARS = 340
const SYMBOLS = 16

type Answer = Record<string, (number | null)[][]>

const panel = madeUpPanel(BARS, SYMBOLS, 7)
const factorOf = ({ family, name }: NamedFactor) =>
  family === 'alpha101' ? alpha101(Number(name)) : alpha158(name as Alpha158Name)

/**
 * What these rank or correlate is often equal but for the rounding of running sums (correlations over two or three
 * bars, of ranks of few symbols), and then each side breaks the ties in its own way: the share of cells that agree.
 */
const TIED: Readonly<Record<string, number>> = {
  'alpha101(13)': 0.8,
  'alpha101(15)': 0.5,
  'alpha101(16)': 0.8,
  'alpha101(27)': 0.9,
  'alpha101(31)': 0.9,
  'alpha101(45)': 0,
  'alpha101(50)': 0.9,
  'alpha101(75)': 0.9,
  'alpha101(76)': 0.9,
  'alpha101(78)': 0.9,
  'alpha101(81)': 0.9,
  'alpha101(85)': 0.9,
  'alpha101(88)': 0.9,
  'alpha101(94)': 0.9,
  'alpha101(96)': 0.7,
  'alpha101(97)': 0.9,
  'alpha101(98)': 0.8,
}

function askPandas(command: string, bars: number): Answer {
  const rows = (values: Float64Array) =>
    Array.from({ length: BARS }, (_, t) => Array.from(values.subarray(t * SYMBOLS, (t + 1) * SYMBOLS)))
  const input = JSON.stringify({
    fields: Object.fromEntries([...panel.fields].map(([name, values]) => [name, rows(values)])),
    groups: Object.fromEntries(
      [...panel.groups].map(([name, { codes }]) => [name, Array.from(codes.subarray(0, SYMBOLS))]),
    ),
    bars,
  })
  const { status, stdout, stderr } = spawnSync(command, [SCRIPT], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (status !== 0) throw new Error(stderr.slice(-2000))
  return JSON.parse(stdout)
}

function expectSame(answer: Answer) {
  const wrong: string[] = []
  for (const factor of namedFactors()) {
    const wanted = answer[factor.call]!.flat()
    const got = factorValues(factorOf(factor), panel).slice(-wanted.length)
    const agree = wanted.filter((value, i) =>
      value === null
        ? Number.isNaN(got[i])
        : Math.abs(got[i]! - value) <= 1e-9 * Math.max(1, Math.abs(value)),
    ).length
    if (agree / wanted.length < (TIED[factor.call] ?? 1))
      wrong.push(`${factor.call}: ${agree} of ${wanted.length} cells`)
  }
  expect(wrong).toEqual([])
  expect(Object.keys(answer).sort()).toEqual(
    namedFactors()
      .map(({ call }) => call)
      .sort(),
  )
}

describe('every named factor has the values that pandas gives for its source', () => {
  test('as recorded', () => {
    expect(existsSync(RECORDED)).toBe(true)
    expectSame(JSON.parse(readFileSync(RECORDED, 'utf8')))
  })

  const python = pythonWithPandas()
  test.skipIf(python === undefined)(
    `over many bars${python === undefined ? ' (skipped: no python3-pandas here)' : ''}`,
    () => {
      if (process.env.ALPHALOOP_RECORD === '1')
        writeFileSync(RECORDED, `${JSON.stringify(askPandas(python!.command, 1))}\n`)
      expectSame(askPandas(python!.command, 15))
    },
    60_000,
  )
})

test('the ranks of alpha101(45) lie between those that its ties share', () => {
  const expression = expressionOf(alpha101(45))
  const low = evaluatePlain(expression, panel, { ...OURS, rankNudge: -1e-9 })
  const high = evaluatePlain(expression, panel, { ...OURS, rankNudge: 1e-9 })
  const got = factorValues(expression, panel)
  let compared = 0
  for (let i = 0; i < got.length; i++) {
    if (Number.isNaN(got[i]!)) continue
    compared++
    expect(got[i]!).toBeGreaterThanOrEqual(Math.min(low[i]!, high[i]!) - 1e-9)
    expect(got[i]!).toBeLessThanOrEqual(Math.max(low[i]!, high[i]!) + 1e-9)
  }
  expect(compared).toBeGreaterThan(SYMBOLS * (BARS - 30))
})
