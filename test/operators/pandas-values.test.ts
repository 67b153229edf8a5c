import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Column, KernelContext, Params } from '../../src/graph/operator.js'
import { OPERATORS } from '../../src/graph/operators/index.js'
import { runKernel } from './support.js'

type Numbers = (number | null)[]

/** What pandas 1.5.3 gives for a short series with gaps and a flat stretch, and for one cross-section with ties. */
const recorded: {
  x: Numbers
  y: Numbers
  series: Record<string, { params: Params; inputs: ('x' | 'y')[]; values: Numbers }>
  row: Numbers
  groups: Numbers
  crossSection: Record<string, { params: Params; values: Numbers }>
} = JSON.parse(readFileSync(join(import.meta.dirname, 'pandas-values.json'), 'utf8'))

const numbers = (values: Numbers) => Float64Array.from(values, (v) => v ?? Number.NaN)

const operator = (name: string) => OPERATORS.find((candidate) => candidate.name === name)!

function expectClose(got: ArrayLike<number>, wanted: Numbers) {
  expect(got.length).toBe(wanted.length)
  for (const [i, v] of wanted.entries())
    if (v === null) expect(got[i], `at ${i}`).toBeNaN()
    else
      expect(Math.abs(got[i]! - v), `at ${i}: ${got[i]}, pandas ${v}`).toBeLessThanOrEqual(
        1e-9 * Math.max(1, Math.abs(v)),
      )
}

function context(bars: number, symbols: number): KernelContext {
  return {
    bars,
    symbols,
    dates: [],
    field: () => new Float64Array(),
    group: () => new Int32Array(),
    benchmark: () => new Float64Array(),
  }
}

describe('pandas 1.5 gives the same', () => {
  test.each(Object.entries(recorded.series))('%s', (name, { params, inputs, values }) => {
    const columns = inputs.map(
      (input): Column => ({ type: 'panel', width: 1, values: numbers(recorded[input]) }),
    )
    expectClose(runKernel(operator(name), columns, params, context(values.length, 1)), values)
  })

  test.each(Object.entries(recorded.crossSection))('%s', (name, { params, values }) => {
    const width = values.length
    const x: Column = { type: 'panel', width, values: numbers(recorded.row) }
    const g: Column = { type: 'panel', width, values: numbers(recorded.groups) }
    const inputs = name.startsWith('group') ? [x, g] : [x]
    expectClose(runKernel(operator(name), inputs, params, context(1, width)), values)
  })
})
