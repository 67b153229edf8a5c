import { usageError } from '../base/errors.js'
import type { GraphNode } from './node.js'
import type { Params } from './operator.js'
import { operatorNamed } from './registry.js'
import type { Evaluable, Strategy } from './strategy.js'

/** A node that can have no value on a panel, and why: its own window, or that of the inputs it waits for. */
export interface TooLong {
  readonly node: GraphNode
  /** Bars that it takes until it has its first value. */
  readonly needs: number
}

/**
 * The first bar, 0 for the panel's first, at which each node can have a value, or be true: before it the node is missing
 * (or false) whatever the data are, because windows are not full yet. By id.
 */
export function firstValues(strategy: Evaluable): Map<string, number> {
  const first = new Map<string, number>()
  for (const node of strategy.graph.nodes) {
    const inputs = node.inputs.map((id) => first.get(id)!)
    const own = firstValue(node, inputs, (i) => strategy.types.get(node.inputs[i]!) !== 'boolean')
    first.set(node.id, node.mask === undefined ? own : Math.max(own, first.get(node.mask)!))
  }
  return first
}

function firstValue(
  { op, params, output }: GraphNode,
  inputs: readonly number[],
  isNumber: (i: number) => boolean,
) {
  switch (op) {
    // True, or a value, where an input has none yet.
    case 'not':
    case 'isNaN':
    case 'fillNaN':
      return 0
    case 'or':
      return Math.min(...inputs)
    case 'where':
      // b stands wherever the condition is not true.
      return Math.min(Math.max(inputs[0]!, inputs[1]!), inputs[2]!)
    // From the first true of the (first) condition on.
    case 'and':
      return Math.max(...inputs)
    case 'hold':
    case 'cooldown':
    case 'barsSince':
      return inputs[0]!
    default: {
      // A condition that is not true yet is false, which is something to count.
      const numbers = inputs.filter((_, i) => isNumber(i))
      if (numbers.length === 0) return warmupOf(op, params, output)
      // An indicator may look at one of its inputs through a window and at another at this bar alone, or not at all.
      const from = operatorNamed(op).category === 'indicator' ? Math.min(...numbers) : Math.max(...numbers)
      return from + warmupOf(op, params, output)
    }
  }
}

/** Bars before the first that can have a value, on inputs that have one at every bar. */
export function warmupOf(op: string, params: Params, output: string | undefined): number {
  const { warmup, lookback } = operatorNamed(op)
  if (warmup !== undefined) return warmup(params, output)
  const bars = lookback(params)
  return Number.isFinite(bars) ? bars : 0
}

/**
 * Nodes whose own window, after those of its inputs, is longer than the panel; not those that only read one.
 * @param roots only what keeps these from ever having a value; default: any node
 */
export function tooLong(strategy: Evaluable, bars: number, roots?: readonly string[]): TooLong[] {
  const first = firstValues(strategy)
  const isDead = (id: string) => first.get(id)! >= bars
  const found: TooLong[] = []
  const counts = new Set(roots ?? strategy.graph.nodes.map(({ id }) => id))
  for (const node of strategy.graph.nodes.toReversed()) {
    if (!counts.has(node.id) || !isDead(node.id)) continue
    const dead = (node.mask === undefined ? node.inputs : [...node.inputs, node.mask]).filter(isDead)
    for (const id of dead) counts.add(id)
    if (dead.length === 0) found.unshift({ node, needs: first.get(node.id)! + 1 })
  }
  return found
}

/**
 * Refuses what can have no value at any bar because a window is longer than the panel.
 * @param roots ids of the nodes that must have one: each of them
 * @throws AlphaloopError (usage) WINDOW_TOO_LONG
 */
export function checkWindows(strategy: Evaluable, roots: readonly string[], bars: number): void {
  // The longest says how many bars are needed.
  const [longest] = tooLong(strategy, bars, roots).sort((a, b) => b.needs - a.needs)
  if (longest === undefined) return
  const { node, needs } = longest
  throw usageError(
    'WINDOW_TOO_LONG',
    windowText(node, needs, bars),
    'give it more bars of data, or a shorter window',
    {
      node: node.id,
      operator: node.op,
      windows: windowsOf(node),
      needs,
      bars,
    },
  )
}

/** `n7: sma(500) needs 500 bars but the panel has 320`. */
export function windowText(node: GraphNode, needs: number, bars: number): string {
  const windows = windowsOf(node)
  const own = warmupOf(node.op, node.params, node.output) + 1
  const waits = needs > own ? `, counted with what its inputs need,` : ''
  return `${node.id}: ${node.op}${windows.length > 0 ? `(${windows.join(', ')})` : ''} needs ${needs} bars${waits} but the panel has ${bars}`
}

const windowsOf = ({ params }: GraphNode) =>
  Object.values(params).filter((value) => typeof value === 'number')

/** The nodes without which a strategy never holds anything. */
export function rootsOf({ graph: { rule, universe } }: Strategy): string[] {
  const named = rule.kind === 'score' ? rule.score : rule.kind === 'signals' ? rule.enter : rule.weights
  return universe === undefined ? [named] : [named, universe]
}
