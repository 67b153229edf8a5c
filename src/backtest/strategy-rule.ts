import type { Evaluator } from '../graph/evaluate/columnar.js'
import type { BooleanColumn, Column, NumberColumn } from '../graph/operator.js'
import type { Strategy } from '../graph/strategy.js'
import type { EvaluatedRule } from './types.js'

/**
 * A strategy's rule and universe as arrays over the evaluator's panel. They belong to the evaluator's cache and are
 * valid until its next evaluation.
 */
export function evaluateRule(
  strategy: Strategy,
  evaluator: Evaluator,
): { readonly rule: EvaluatedRule; readonly universe?: Uint8Array } {
  const { rule, universe } = strategy.graph
  const universeIds = universe === undefined ? [] : [universe]
  const column = (columns: readonly Column[], i: number) => columns[i]!
  const numbers = (columns: readonly Column[], i: number) => (column(columns, i) as NumberColumn).values
  const booleans = (columns: readonly Column[], i: number) => (column(columns, i) as BooleanColumn).values
  const masked = (columns: readonly Column[], evaluated: EvaluatedRule) =>
    universe === undefined
      ? { rule: evaluated }
      : { rule: evaluated, universe: booleans(columns, columns.length - 1) }
  switch (rule.kind) {
    case 'score': {
      const columns = evaluator.evaluate(strategy, [rule.score, ...universeIds])
      return masked(columns, { kind: 'score', score: numbers(columns, 0), select: rule.select })
    }
    case 'signals': {
      const columns = evaluator.evaluate(strategy, [rule.enter, rule.exit, ...universeIds])
      return masked(columns, { kind: 'signals', enter: booleans(columns, 0), exit: booleans(columns, 1) })
    }
    case 'weights': {
      const columns = evaluator.evaluate(strategy, [rule.weights, ...universeIds])
      return masked(columns, { kind: 'weights', weights: numbers(columns, 0) })
    }
  }
}
