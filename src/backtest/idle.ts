import type { Panel } from '../data/panel.js'
import type { Rebalance } from '../graph/strategy-graph.js'
import { rebalanceBars } from './calendar.js'
import type { EvaluatedStrategy } from './strategy-rule.js'
import type { BarRange } from './types.js'

/** One part of a strategy that never traded, counted over the days that it is looked at. */
export interface PartCounts {
  /** `eligible`: what a score may choose from (finite, in the universe, with a close). */
  readonly part: 'universe' | 'score' | 'eligible' | 'enter' | 'exit' | 'weights'
  /** Days with at least one cell that says something, and days looked at. */
  readonly days: number
  readonly ofDays: number
  /** Cells that are true (universe, enter, exit), finite (score), or finite and not 0 (weights), of days × symbols. */
  readonly cells: number
  readonly ofCells: number
}

/** Why nothing was ever held, in counts alone: no price, day or symbol stands in it. */
export interface Idle {
  /** Rebalance bars of the range. */
  readonly decisions: number
  readonly parts: readonly PartCounts[]
}

/**
 * What a strategy that never traded on a range said there: universe, score and weights at its rebalance bars, signals
 * at every bar.
 */
export function idleCounts(input: {
  readonly panel: Panel
  readonly range: BarRange
  readonly rebalance: Rebalance
  readonly evaluated: EvaluatedStrategy
}): Idle {
  const { panel, range, evaluated } = input
  const { rule, universe, decisionRows } = evaluated
  const width = panel.symbols.length
  const decisions = [...rebalanceBars(panel.dates, range, input.rebalance)]
  const everyBar = Array.from({ length: range.end - range.start + 1 }, (_, i) => range.start + i)
  const close = panel.fields.get('close')!
  /** Where a decision's rows begin, in arrays that may hold decision bars alone. */
  const rowOf = (bar: number) => (decisionRows === undefined ? bar : decisionRows.rowOf[bar]!) * width

  const count = (
    part: PartCounts['part'],
    bars: readonly number[],
    says: (bar: number, symbol: number) => boolean,
  ): PartCounts => {
    let days = 0
    let cells = 0
    for (const bar of bars) {
      const before = cells
      for (let symbol = 0; symbol < width; symbol++) if (says(bar, symbol)) cells++
      if (cells > before) days++
    }
    return { part, days, ofDays: bars.length, cells, ofCells: bars.length * width }
  }
  const inUniverse = (bar: number, symbol: number) =>
    universe === undefined || universe[rowOf(bar) + symbol] === 1
  const parts = universe === undefined ? [] : [count('universe', decisions, inUniverse)]
  switch (rule.kind) {
    case 'score': {
      const isScored = (bar: number, symbol: number) => Number.isFinite(rule.score[rowOf(bar) + symbol])
      parts.push(
        count('score', decisions, isScored),
        count(
          'eligible',
          decisions,
          (bar, symbol) =>
            isScored(bar, symbol) && inUniverse(bar, symbol) && Number.isFinite(close[bar * width + symbol]),
        ),
      )
      break
    }
    case 'signals':
      parts.push(
        count('enter', everyBar, (bar, symbol) => rule.enter[bar * width + symbol] === 1),
        count('exit', everyBar, (bar, symbol) => rule.exit[bar * width + symbol] === 1),
      )
      break
    case 'weights':
      parts.push(
        count('weights', decisions, (bar, symbol) => {
          const weight = rule.weights[rowOf(bar) + symbol]!
          return Number.isFinite(weight) && weight !== 0
        }),
      )
  }
  return { decisions: decisions.length, parts }
}
