import { counted } from '../base/counted.js'
import type { Panel } from '../data/panel.js'
import type { Portfolio } from '../graph/strategy-graph.js'
import type { EvaluatedStrategy } from './strategy-rule.js'

const MOST_NAMED = 5

/**
 * A warning where a cap on groups meets symbols without one: `GroupCap` counts them as one group, which is seldom what
 * was meant. Only symbols that the rule could have held at one of the bars of `decisions` count.
 */
export function ungroupedWarning(
  { symbols, fields, groups }: Pick<Panel, 'symbols' | 'fields' | 'groups'>,
  { groupCap }: Pick<Portfolio, 'groupCap'>,
  { rule, universe, decisionRows }: EvaluatedStrategy,
  decisions: Iterable<number>,
): { readonly code: string; readonly message: string; readonly count: number } | undefined {
  const field = groupCap && groups.get(groupCap.group)
  if (field === undefined) return undefined
  const width = symbols.length
  const closes = fields.get('close')!
  const isWanted = (cell: number, bar: number, symbol: number) =>
    rule.kind === 'score'
      ? Number.isFinite(rule.score[cell])
      : rule.kind === 'weights'
        ? Number.isFinite(rule.weights[cell]) && rule.weights[cell] !== 0
        : rule.enter[bar * width + symbol] === 1
  const eligible = new Uint8Array(width)
  const without = new Uint8Array(width)
  for (const bar of decisions) {
    const row = (decisionRows === undefined ? bar : decisionRows.rowOf[bar]!) * width
    for (let j = 0; j < width; j++) {
      if (without[j] === 1 || !Number.isFinite(closes[bar * width + j])) continue
      if ((universe !== undefined && universe[row + j] !== 1) || !isWanted(row + j, bar, j)) continue
      eligible[j] = 1
      if (field.codes[bar * width + j]! < 0) without[j] = 1
    }
  }
  const named = symbols.filter((_, j) => without[j] === 1)
  if (named.length === 0) return undefined
  const all = eligible.reduce((sum, one) => sum + one, 0)
  const shown = named.slice(0, MOST_NAMED).join(', ') + (named.length > MOST_NAMED ? ', …' : '')
  return {
    code: 'NO_GROUP',
    message: `${named.length} of ${counted(all, 'eligible symbol')} had no group ${groupCap!.group} when it was decided (${shown}): groupCap counts such symbols together, as one group. Add a table symbol,${groupCap!.group} that has them.`,
    count: named.length,
  }
}
