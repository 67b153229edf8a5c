import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createPanel, type Panel } from '../../src/data/panel.js'
import { kernelContext } from '../../src/graph/evaluate/context.js'
import type { Column, OperatorDefinition, Params } from '../../src/graph/operator.js'
import { OPERATORS } from '../../src/graph/operators/index.js'
import { days } from '../backtest/make.js'
import { pythonWithPandas } from '../support/pandas.js'
import { inputsFor, type Look, paramsFor, runKernel } from './support.js'

const SCRIPT = join(import.meta.dirname, 'pandas_operators.py')

/** Operators that pandas and numpy have no form of, and why; every other one is compared. */
const NO_COUNTERPART: Readonly<Record<string, string>> = {
  constant: 'a number is a number',
  group: 'codes are given when data is read; pandas numbers categories by itself',
  cooldown: 'whether it lets a bar through depends on what it let through before',
  custom:
    "its function is its author's; test/graph/custom.test.ts holds some to operators that are compared here",
  supertrend: 'its bands depend on their own values one bar before',
}

const BARS = 70
const SYMBOLS = 5
const SHAPE = { bars: BARS, symbols: SYMBOLS }

const walk = (scale: number, missing: number, name: string): Look => ({
  name,
  missing,
  value: (random) => scale * (50 + 100 * random()),
})

const LOOKS: readonly (Look & { readonly longest: number })[] = [
  { ...walk(1, 0, 'whole'), longest: 12 },
  { ...walk(1, 0.05, '5% missing'), longest: 8 },
  { ...walk(1, 0.6, '60% missing'), longest: 4 },
  { name: 'ties', missing: 0.02, value: (random) => Math.floor(random() * 3) - 1, longest: 8 },
  { name: 'constant', missing: 0, value: () => 0.1, longest: 8 },
  { ...walk(1e12, 0.05, 'huge'), longest: 8 },
  { ...walk(1e-9, 0.05, 'small'), longest: 8 },
  { name: 'signed', missing: 0.02, value: (random) => random() * 4 - 2, longest: 8 },
]
const SEEDS = process.env.ALPHALOOP_DEEP === '1' ? 10 : 1

interface Case {
  readonly operator: OperatorDefinition
  readonly look: Look
  readonly params: Params
  readonly output: string | undefined
  readonly inputs: readonly Column[]
  readonly values: Float64Array | Uint8Array
}

const FIELDS = ['open', 'high', 'low', 'close', 'volume']
/** Sources read the panel, not inputs; these are what they are asked for. */
const SOURCE_PARAMS: Readonly<Record<string, readonly Params[]>> = {
  field: ['close', 'returns', 'vwap', 'dollarVolume'].map((name) => ({ name })),
  benchmark: ['close', 'returns'].map((field) => ({ field })),
  calendar: ['dayOfWeek', 'month', 'dayOfMonth'].map((part) => ({ part })),
}

function panelOf(columns: readonly Column[]): Panel {
  return createPanel({
    dates: days(BARS, '2019-12-20'),
    symbols: ['A', 'B', 'C', 'D', 'E'],
    fields: new Map(FIELDS.map((name, i) => [name, columns[i]!.values as Float64Array])),
  })
}

function casesOf(operator: OperatorDefinition): Case[] {
  const cases: Case[] = []
  for (const [l, look] of LOOKS.entries()) {
    // Flows of negative prices cancel, and then rounding decides whether there was any.
    if (operator.name === 'mfi' && (look.name === 'ties' || look.name === 'signed')) continue
    for (let seed = 0; seed < SEEDS; seed++) {
      const fields = inputsFor(
        { ...operator, inputs: FIELDS.map((name) => ({ name, type: 'panel' as const })) },
        'panels',
        SHAPE,
        look,
        1000 * seed + l,
      )
      const inputs =
        operator.category === 'source'
          ? fields
          : inputsFor(operator, 'panels', SHAPE, look, 1000 * seed + 10 * l + operator.name.length)
      const context = kernelContext(panelOf(fields))
      const all = SOURCE_PARAMS[operator.name] ?? [paramsFor(operator, seed + 7 * l, look.longest)]
      for (const params of all)
        for (const output of operator.outputs ?? [undefined]) {
          const given = operator.category === 'source' ? [] : inputs
          cases.push({
            operator,
            look,
            params,
            output,
            inputs,
            values: runKernel(operator, given, params, context, { output }),
          })
        }
    }
  }
  return cases
}

const encode = (values: ArrayLike<number>) => Buffer.from(Float64Array.from(values).buffer).toString('base64')

/** What pandas gives for each case: one process for all, because starting one is most of the work. */
function askPandas(command: string, cases: readonly Case[]): Float64Array[] {
  const request = {
    bars: BARS,
    symbols: SYMBOLS,
    cases: cases.map(({ operator, params, output, inputs }) => ({
      op: operator.name,
      params,
      output: output ?? null,
      inputs: inputs.map(({ type, values }) => ({ type, values: encode(values) })),
    })),
  }
  const { status, stdout, stderr } = spawnSync(command, [SCRIPT], {
    input: JSON.stringify(request),
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  })
  if (status !== 0) throw new Error(`pandas failed: ${stderr}`)
  return (JSON.parse(stdout) as string[]).map(
    (text) => new Float64Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer),
  )
}

/** 1e-9 of a value or of the median size on the panel: what is left of a difference has the size of its terms. */
function tolerances({ operator, look, inputs }: Case, wanted: Float64Array): (value: number) => number {
  const sizes = [...wanted].filter((v) => !Number.isNaN(v)).map(Math.abs)
  const median = sizes.sort((a, b) => a - b)[sizes.length >> 1] ?? 0
  // A mean of equal values is exact here and rounded in pandas.
  const floor = look.name === 'constant' ? 1e-15 : 0
  // Two points lie on their line, a line with signal 1 is its own signal: what is left is rounding of the terms.
  const rounding =
    operator.name === 'residual' || operator.name === 'macd' ? 1e-15 * largest(inputs[0]!.values) : 0
  return (value) => Math.max(1e-9 * Math.max(Math.abs(value), median), floor, rounding)
}

const largest = (values: ArrayLike<number>) =>
  Array.from(values).reduce((most, v) => (Math.abs(v) > most ? Math.abs(v) : most), 0)

function expectAgreement(one: Case, wanted: Float64Array) {
  const { operator, look, params, output, values } = one
  expect(values.length).toBe(wanted.length)
  const allowed = tolerances(one, wanted)
  for (let i = 0; i < wanted.length; i++) {
    const [ours, theirs] = [values[i]!, wanted[i]!]
    if (Number.isNaN(ours) ? Number.isNaN(theirs) : Math.abs(ours - theirs) <= allowed(theirs)) continue
    expect.fail(
      `${operator.name}${output ? `.${output}` : ''} ${JSON.stringify(params)} on ${look.name}, bar ${Math.floor(i / SYMBOLS)}: ${ours}, pandas ${theirs}`,
    )
  }
}

test('every operator is compared with pandas, or has no counterpart there for a reason', () => {
  const written = [...readFileSync(SCRIPT, 'utf8').matchAll(/^def op_(\w+)/gm)].map((match) => match[1]!)
  const listed = Object.keys(NO_COUNTERPART)
  expect(written.filter((name) => listed.includes(name))).toEqual([])
  expect([...written, ...listed].sort()).toEqual(OPERATORS.map(({ name }) => name).sort())
})

const python = pythonWithPandas()

describe.skipIf(python === undefined)(
  'on random panels pandas gives the same to 1e-9 (skipped where no python3 has pandas 1.x; recorded values are compared in pandas-values.test.ts)',
  () => {
    const compared = OPERATORS.filter(({ name }) => !(name in NO_COUNTERPART))
    const cases = python === undefined ? [] : compared.flatMap(casesOf)
    const answers = python === undefined ? [] : askPandas(python.command, cases)

    test.each(compared.map((operator) => [operator.name, operator] as const))('%s', (_name, operator) => {
      let values = 0
      for (const [i, one] of cases.entries()) {
        if (one.operator !== operator) continue
        expectAgreement(one, answers[i]!)
        values += answers[i]!.filter((v) => !Number.isNaN(v)).length
      }
      expect(values).toBeGreaterThan(200)
    })
  },
)
