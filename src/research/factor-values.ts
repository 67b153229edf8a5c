import type { Panel } from '../data/panel.js'
import { createEvaluator, type Evaluator } from '../graph/evaluate/columnar.js'
import { createExpression, type Expression, panelValues } from '../graph/expression.js'
import type { Expr } from '../strategy/api.js'
import { hostBuilder } from '../strategy/host.js'

/** An expression of the builder as checked nodes. @throws AlphaloopError (usage) as `createExpression` */
export function expressionOf(expr: Expr): Expression {
  const { nodes, root } = hostBuilder().expression(expr)
  return createExpression(nodes, root)
}

/**
 * The values of a factor on a panel: T × N, row-major, NaN where missing; a condition as 1 and 0, one value per bar
 * repeated over the symbols. The array is the caller's own.
 * @param factor what the builder's functions return, or an expression that is checked already
 * @throws AlphaloopError (usage) UNKNOWN_FIELD or UNKNOWN_GROUP where the panel lacks what the factor reads
 */
export function factorValues(
  factor: Expr | Expression,
  panel: Panel,
  evaluator: Evaluator = createEvaluator(panel),
): Float64Array {
  const expression = 'graph' in factor ? factor : expressionOf(factor)
  const [column] = evaluator.evaluate(expression, [expression.root])
  return panelValues(column!, panel.dates.length, panel.symbols.length).slice()
}
