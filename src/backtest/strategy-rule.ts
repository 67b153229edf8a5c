import type { Evaluator } from '../graph/evaluate/columnar.js'
import { RowSet } from '../graph/evaluate/rows.js'
import type { BooleanColumn, NumberColumn } from '../graph/operator.js'
import type { Strategy } from '../graph/strategy.js'
import type { Rebalance } from '../graph/strategy-graph.js'
import { rebalanceBars } from './calendar.js'
import { type Indicators, withIndicators } from './indicators.js'
import type { BarRange, EvaluatedRule } from './types.js'

/** What a simulation is told of an evaluated strategy. */
export interface EvaluatedStrategy {
  readonly rule: EvaluatedRule
  readonly universe?: Uint8Array
  /** The only bars that score, weights and universe hold; absent: all of the panel. */
  readonly decisionRows?: RowSet
  /** What exit rules and weights look at. */
  readonly indicators?: Indicators
}

/**
 * A strategy's rule and universe as arrays over the evaluator's panel. They belong to the evaluator's cache and are
 * valid until its next evaluation. Given the ranges that will be simulated, score, weights and universe are evaluated
 * at their rebalance bars alone: a decision looks at nothing else. Signals are followed through every bar.
 */
export function evaluateRule(
  strategy: Strategy,
  evaluator: Evaluator,
  ranges?: readonly BarRange[],
): EvaluatedStrategy {
  const { rule, universe, portfolio } = strategy.graph
  const named =
    rule.kind === 'score' ? [rule.score] : rule.kind === 'signals' ? [rule.enter, rule.exit] : [rule.weights]
  const rows = ranges && decisionRows(evaluator.panel.dates, portfolio.rebalance, ranges)
  const roots = universe === undefined ? named : [...named, universe]
  const more = withIndicators(strategy, evaluator.panel)
  // One call for all: its arrays stay valid together.
  const columns = evaluator.evaluate(more?.evaluable ?? strategy, more ? [...roots, ...more.ids] : roots, [
    ...named.map(() => (rule.kind === 'signals' ? undefined : rows)),
    ...(universe === undefined ? [] : [rows]),
    ...(more?.names ?? []).map((name) => (name === 'volatility' ? rows : undefined)),
  ])
  const numbers = (i: number) => (columns[i] as NumberColumn).values
  const booleans = (i: number) => (columns[i] as BooleanColumn).values
  const beside = {
    ...(universe === undefined ? {} : { universe: booleans(named.length) }),
    ...(rows === undefined ? {} : { decisionRows: rows }),
    ...(more && {
      indicators: Object.fromEntries(more.names.map((name, k) => [name, numbers(roots.length + k)])),
    }),
  }
  switch (rule.kind) {
    case 'score':
      return { rule: { kind: 'score', score: numbers(0), select: rule.select }, ...beside }
    case 'signals':
      return { rule: { kind: 'signals', enter: booleans(0), exit: booleans(1) }, ...beside }
    case 'weights':
      return { rule: { kind: 'weights', weights: numbers(0) }, ...beside }
  }
}

/** Rows of a panel by calendar and ranges: thousands of backtests share a few. */
const known = new WeakMap<readonly string[], Map<string, RowSet | undefined>>()
const MOST_KEPT = 256

/** The rebalance bars of all ranges; undefined where they are so many that all bars may as well be had. */
function decisionRows(
  dates: readonly string[],
  rebalance: Rebalance,
  ranges: readonly BarRange[],
): RowSet | undefined {
  let ofPanel = known.get(dates)
  if (ofPanel === undefined) {
    ofPanel = new Map()
    known.set(dates, ofPanel)
  }
  let name = typeof rebalance === 'object' ? `${rebalance.every}` : rebalance
  for (const { start, end } of ranges) name += ` ${start} ${end}`
  if (ofPanel.has(name)) return ofPanel.get(name)
  const bars = [...new Set(ranges.flatMap((range) => [...rebalanceBars(dates, range, rebalance)]))]
  const rows =
    2 * bars.length > dates.length ? undefined : new RowSet(Int32Array.from(bars).sort(), dates.length)
  if (ofPanel.size === MOST_KEPT) ofPanel.clear()
  ofPanel.set(name, rows)
  return rows
}
