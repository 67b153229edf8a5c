import { counted } from '../base/counted.js'
import type { Panel } from '../data/panel.js'
import { tooLong, windowText } from '../graph/first-values.js'
import type { Strategy } from '../graph/strategy.js'
import { rebalanceBars } from './calendar.js'
import type { EvaluatedStrategy } from './strategy-rule.js'
import type { BarRange, Simulation } from './types.js'
import { ungroupedWarning } from './ungrouped.js'

type Warning = Simulation['warnings'][number]

/**
 * What a person should know of a backtest whose numbers are right and still not what was meant: windows that never
 * fill, a universe that is empty at every rebalance, rebalances without any price, none at all, nothing ever held, or
 * nothing for long after the start, a cap on groups that not all symbols have.
 */
export function inputWarnings(input: {
  readonly strategy: Strategy
  readonly panel: Panel
  readonly range: BarRange
  readonly evaluated: EvaluatedStrategy
  readonly simulation: Pick<Simulation, 'fills'>
}): Warning[] {
  const { strategy, panel, range, evaluated, simulation } = input
  const { rebalance } = strategy.graph.portfolio
  const decisions = rebalanceBars(panel.dates, range, rebalance)
  const warnings: Warning[] = tooLong(strategy, range.end + 1).map(({ node, needs }) => ({
    code: 'WINDOW_TOO_LONG',
    message: `${windowText(node, needs, range.end + 1)}: it is missing at every bar.`,
    count: 1,
  }))
  const because = whyNothing(input, decisions)
  if (because !== undefined) warnings.push(because)
  else if (simulation.fills.length === 0)
    warnings.push({
      code: 'NEVER_INVESTED',
      message: `Nothing was ever held: at none of the ${decisions.length} rebalances was a symbol selected that could be bought.`,
      count: decisions.length,
    })
  else warnings.push(...lateStart(input, decisions))
  const blind = Array.from(decisions).filter((bar) => !hasClose(panel, bar))
  if (blind.length > 0 && evaluated.rule.kind !== 'signals')
    warnings.push({
      code: 'NO_CLOSES',
      message: `On ${blind.length} rebalance ${blind.length === 1 ? 'day' : 'days'} (${datesOf(panel, blind)}) no symbol had a close: nothing could be selected, and what was held was sold at its next price.`,
      count: blind.length,
    })
  const ungrouped = ungroupedWarning(panel, strategy.graph.portfolio, evaluated, decisions)
  if (ungrouped !== undefined) warnings.push(ungrouped)
  return warnings
}

/** A range whose first fill comes later than this measures waiting as well. */
const LATE_SHARE = 0.1
const LATE_BARS = 21

function lateStart(
  { panel, range, simulation }: Parameters<typeof inputWarnings>[0],
  decisions: Int32Array,
): Warning[] {
  const first = simulation.fills[0]!.bar
  const idle = first - range.start
  const bars = range.end - range.start + 1
  if (idle < LATE_BARS || idle <= LATE_SHARE * bars) return []
  const decided = decisions.findLast((bar) => bar < first)!
  return [
    {
      code: 'LATE_START',
      message: `Nothing was held before ${panel.dates[first]}: ${idle} of ${counted(bars, 'bar')} earn nothing, and all figures count them. A start at ${panel.dates[decided]} (--start) measures from there.`,
      count: idle,
    },
  ]
}

function whyNothing(
  { strategy, panel, range, evaluated }: Parameters<typeof inputWarnings>[0],
  decisions: Int32Array,
): Warning | undefined {
  if (decisions.length === 0)
    return {
      code: 'NO_REBALANCE',
      message: `There is no rebalance (${JSON.stringify(strategy.graph.portfolio.rebalance)}) from ${panel.dates[range.start]} to ${panel.dates[range.end]}, so nothing was decided.`,
      count: 0,
    }
  const { universe, decisionRows } = evaluated
  if (universe === undefined) return undefined
  const symbols = panel.symbols.length
  const isEmpty = (bar: number) => {
    const row = decisionRows === undefined ? bar : decisionRows.rowOf[bar]!
    return !universe.subarray(row * symbols, (row + 1) * symbols).includes(1)
  }
  if (!decisions.every(isEmpty)) return undefined
  return {
    code: 'EMPTY_UNIVERSE',
    message: `The universe holds no symbol at any of the ${decisions.length} rebalances, so nothing was ever held.`,
    count: decisions.length,
  }
}

function hasClose({ fields, symbols }: Panel, bar: number): boolean {
  const close = fields.get('close')!
  for (let i = bar * symbols.length; i < (bar + 1) * symbols.length; i++)
    if (Number.isFinite(close[i])) return true
  return false
}

const MOST_NAMED = 3

const datesOf = ({ dates }: Panel, bars: readonly number[]) =>
  bars
    .slice(0, MOST_NAMED)
    .map((bar) => dates[bar])
    .join(', ') + (bars.length > MOST_NAMED ? ', …' : '')
