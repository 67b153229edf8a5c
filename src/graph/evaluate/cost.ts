import { operatorNamed } from '../registry.js'
import type { Version } from './demand.js'

/** Nanoseconds a value, about: what is measured differs by machine, what it is compared with by much more. */
const COST = { source: 1, element: 1, crossSection: 8, series: 4 } as const
/** Indicators are several of these. */
const INDICATOR = 12

/**
 * What it costs to compute a version of a node from its inputs, in nanoseconds, about. `bars` of the panel, `width` of
 * the values.
 */
export function versionCost({ node, rows, origin }: Version, bars: number, width: number): number {
  const { category, reference, window, cost } = operatorNamed(node.op)
  const own = cost?.(node.params)
  const each = own ?? (category === 'indicator' ? INDICATOR : COST[reference.kind])
  if (rows === undefined) return bars * width * each
  const asked = rows.bars.length * width
  if (own !== undefined && origin !== 'gather') return asked * own
  if (origin === 'window') return Math.min(rows.bars.length * window!(node.params), 2 * bars) * width
  return origin === 'kernel' ? asked * each : asked
}
