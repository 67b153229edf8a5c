import type { Evaluator } from '../graph/evaluate/columnar.js'
import type { BooleanColumn, NumberColumn } from '../graph/operator.js'
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
  const named =
    rule.kind === 'score' ? [rule.score] : rule.kind === 'signals' ? [rule.enter, rule.exit] : [rule.weights]
  // One call for all: its arrays stay valid together.
  const columns = evaluator.evaluate(strategy, universe === undefined ? named : [...named, universe])
  const numbers = (i: number) => (columns[i] as NumberColumn).values
  const booleans = (i: number) => (columns[i] as BooleanColumn).values
  const held = universe === undefined ? {} : { universe: booleans(named.length) }
  switch (rule.kind) {
    case 'score':
      return { rule: { kind: 'score', score: numbers(0), select: rule.select }, ...held }
    case 'signals':
      return { rule: { kind: 'signals', enter: booleans(0), exit: booleans(1) }, ...held }
    case 'weights':
      return { rule: { kind: 'weights', weights: numbers(0) }, ...held }
  }
}
