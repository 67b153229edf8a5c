import type { Indicators } from '../../src/backtest/indicators.js'
import * as engine from '../../src/backtest/simulate.js'
import { createEvaluator } from '../../src/graph/evaluate/columnar.js'
import { createExpression } from '../../src/graph/expression.js'

/*
 * Simulations of rules that no strategy was evaluated for: the indicators that their settings name are computed from
 * the panel, as evaluating a strategy does.
 */

const field = (name: string) => ({ id: name, op: 'field', params: { name } })

const average = (n: number) => [
  ...['high', 'low', 'close'].map(field),
  { id: 'value', op: 'atr', inputs: ['high', 'low', 'close'], params: { n } },
]
const deviation = (n: number) => [
  field('close'),
  { id: 'returns', op: 'pctChange', inputs: ['close'], params: { n: 1 } },
  { id: 'value', op: 'std', inputs: ['returns'], params: { n } },
]

export function indicatorsOf({ panel, portfolio }: Pick<engine.SimulationJob, 'panel' | 'portfolio'>) {
  const { weight, exits } = portfolio
  const { atrStop, volatilityStop } = exits
  const valuesOf = (nodes: readonly unknown[]) => {
    const expression = createExpression(nodes, 'value')
    const [column] = createEvaluator(panel).evaluate(expression, [expression.root])
    return column!.values as Float64Array
  }
  return {
    ...(atrStop && panel.fields.has('high') && panel.fields.has('low')
      ? { averageRange: valuesOf(average(atrStop.n)) }
      : {}),
    ...(volatilityStop ? { deviation: valuesOf(deviation(volatilityStop.n)) } : {}),
    ...(typeof weight === 'object' ? { volatility: valuesOf(deviation(weight.inverseVolatility)) } : {}),
  } satisfies Indicators
}

export const simulate = (job: engine.SimulationJob) =>
  engine.simulate({ ...job, indicators: indicatorsOf(job) })

export const decideAtEnd = (job: engine.SimulationJob) =>
  engine.decideAtEnd({ ...job, indicators: indicatorsOf(job) })
