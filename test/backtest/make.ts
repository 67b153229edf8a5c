import type { EvaluatedRule, Simulation, SimulationInput } from '../../src/backtest/types.js'
import { createPanel, type Panel } from '../../src/data/panel.js'
import { DEFAULT_PORTFOLIO, type Portfolio, type Select } from '../../src/graph/strategy-graph.js'
import { simulate } from '../support/simulate.js'

export type Columns = Readonly<Record<string, readonly number[]>>

/** Consecutive calendar days. */
export function days(count: number, first = '2021-01-01'): string[] {
  const origin = Date.parse(`${first}T00:00:00Z`)
  return Array.from({ length: count }, (_, t) => new Date(origin + t * 86_400_000).toISOString().slice(0, 10))
}

/** Columns of one value per bar, by symbol in ascending order, as a T × N array. */
export function matrix(columns: Columns): Float64Array {
  const names = Object.keys(columns).sort()
  const bars = columns[names[0]!]!.length
  const values = new Float64Array(bars * names.length)
  names.forEach((name, i) => {
    if (columns[name]!.length !== bars) throw new RangeError(`column ${name} has another length`)
    columns[name]!.forEach((value, t) => {
      values[t * names.length + i] = value
    })
  })
  return values
}

export const flags = (columns: Columns): Uint8Array => Uint8Array.from(matrix(columns))

/** A panel of closes; opens are the closes of the same bar unless given (null: no such field). */
export function panelOf(
  close: Columns,
  more: { open?: Columns | null; high?: Columns; low?: Columns; dates?: string[] } = {},
): Panel {
  const closes = matrix(close)
  const symbols = Object.keys(close).sort()
  const fields = new Map([['close', closes]])
  if (more.open !== null) fields.set('open', more.open ? matrix(more.open) : closes)
  if (more.high) fields.set('high', matrix(more.high))
  if (more.low) fields.set('low', matrix(more.low))
  return createPanel({ dates: more.dates ?? days(closes.length / symbols.length), symbols, fields })
}

export const FREE = { commission: 0, tax: 0, slippage: 0 }

/** The same value for every bar. */
export const always = (value: number, bars: number): number[] => new Array<number>(bars).fill(value)

export const scoreRule = (score: Columns, select: Select): EvaluatedRule => ({
  kind: 'score',
  score: matrix(score),
  select,
})
export const weightsRule = (weights: Columns): EvaluatedRule => ({
  kind: 'weights',
  weights: matrix(weights),
})
export const signalsRule = (enter: Columns, exit: Columns): EvaluatedRule => ({
  kind: 'signals',
  enter: flags(enter),
  exit: flags(exit),
})

export function inputOf(
  panel: Panel,
  rule: EvaluatedRule,
  portfolio: Partial<Portfolio> = {},
  more: Partial<Omit<SimulationInput, 'panel' | 'rule' | 'portfolio'>> = {},
): SimulationInput {
  return {
    panel,
    rule,
    portfolio: { ...DEFAULT_PORTFOLIO, rebalance: 'daily', financingRate: 0, ...portfolio },
    range: { start: 0, end: panel.dates.length - 1 },
    costs: FREE,
    periodsPerYear: 252,
    ...more,
  }
}

export const run = (...args: Parameters<typeof inputOf>): Simulation => simulate(inputOf(...args))
