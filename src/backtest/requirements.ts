import { type AlphaloopError, usageError } from '../base/errors.js'
import type { Panel } from '../data/panel.js'
import { namesOf } from '../graph/evaluate/context.js'
import { contradiction, type RuleShape } from '../graph/portfolio-rules.js'
import type { Portfolio } from '../graph/strategy-graph.js'
import { unknownSource } from '../graph/unknown-source.js'
import type { BarRange } from './types.js'

/**
 * What stands in the way of simulating these settings on this panel, or undefined: a fill at the open without opens
 * (NO_OPEN_PRICES), an ATR stop without highs and lows (NO_HIGH_LOW_PRICES).
 */
export function missingPrices(
  panel: Pick<Panel, 'fields'>,
  portfolio: Pick<Portfolio, 'fill' | 'exits'>,
): AlphaloopError | undefined {
  const fields = [...panel.fields.keys()]
  if (portfolio.fill === 'nextOpen' && !panel.fields.has('open'))
    return usageError(
      'NO_OPEN_PRICES',
      'The strategy fills at the next open (fill: nextOpen), but the panel has no field `open`.',
      'Fill at the close instead: --fill nextClose, or fill: "nextClose" in the strategy.',
      { fields },
    )
  if (portfolio.exits.atrStop && !(panel.fields.has('high') && panel.fields.has('low')))
    return usageError(
      'NO_HIGH_LOW_PRICES',
      'The exit rule atrStop needs the fields `high` and `low`, which the panel lacks.',
      'Use volatilityStop or trailingStop, which need closes only.',
      { fields },
    )
  return undefined
}

/** The refusal of a cap on groups that the panel has not (UNKNOWN_GROUP), or undefined. */
export function missingGroup(
  panel: Pick<Panel, 'fields' | 'groups' | 'symbols'>,
  { groupCap }: Pick<Portfolio, 'groupCap'>,
): AlphaloopError | undefined {
  return groupCap === undefined || panel.groups.has(groupCap.group)
    ? undefined
    : unknownSource('group', groupCap.group, namesOf(panel))
}

/**
 * What contradicts itself in a rule and its settings, or undefined: a weighting or a side that the rule cannot give
 * (WEIGHT_NEEDS_SCORE, SIDE_NEEDS_SCORE, SELECT_CONTRADICTS_SIDE).
 */
export function contradictionError(
  rule: RuleShape,
  portfolio: Pick<Portfolio, 'side' | 'weight'>,
): AlphaloopError | undefined {
  const found = contradiction(rule, portfolio)
  return found && usageError(found.code, `${found.message}.`, found.hint)
}

/** Throws BAD_RANGE unless the range lies in the panel. */
export function checkRange(range: BarRange, bars: number): void {
  const { start, end } = range
  if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end < bars))
    throw usageError(
      'BAD_RANGE',
      `The range is bars ${start} to ${end}, but the panel has bars 0 to ${bars - 1}.`,
      'Choose a start and an end within the data, the start first.',
      { start, end, bars },
    )
}
