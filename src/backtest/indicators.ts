/**
 * The indicators that a portfolio's settings name, atr(n) and std(returns, n), as nodes beside a strategy's own: they
 * are computed by the operators' kernels in the same evaluation, remembered under the same keys, and shared by every
 * strategy.
 */
import type { Panel } from '../data/panel.js'
import { createExpression, type Expression } from '../graph/expression.js'
import type { GraphNode, PortType } from '../graph/node.js'
import type { Evaluable, Strategy } from '../graph/strategy.js'

/** Values of a portfolio's indicators, row-major, NaN where missing. */
export interface Indicators {
  /** Wilder's average true range of `atrStop`'s n, at every bar. */
  readonly averageRange?: Float64Array | undefined
  /** Standard deviation (ddof 1) of the last n close-to-close returns, of `volatilityStop`'s n, at every bar. */
  readonly deviation?: Float64Array | undefined
  /** The same of `inverseVolatility`'s n, at the bars that score and universe hold. */
  readonly volatility?: Float64Array | undefined
}

type Name = keyof Indicators

const field = (name: string) => ({ id: name, op: 'field', params: { name } })

const deviation = (n: number) => [
  field('close'),
  { id: 'returns', op: 'pctChange', inputs: ['close'], params: { n: 1 } },
  { id: 'value', op: 'std', inputs: ['returns'], params: { n } },
]

const NODES = {
  averageRange: (n: number) => [
    ...['high', 'low', 'close'].map(field),
    { id: 'value', op: 'atr', inputs: ['high', 'low', 'close'], params: { n } },
  ],
  deviation,
  volatility: deviation,
} satisfies Record<Name, (n: number) => readonly unknown[]>

const known = new Map<string, Expression>()
const MOST_KEPT = 256

function expressionOf(name: Name, n: number): Expression {
  const key = `${name} ${n}`
  let found = known.get(key)
  if (found === undefined) {
    found = createExpression(NODES[name](n), 'value')
    if (known.size === MOST_KEPT) known.clear()
    known.set(key, found)
  }
  return found
}

/** A strategy's nodes with those of its portfolio's indicators, and the ids of these. */
export interface WithIndicators {
  readonly evaluable: Evaluable
  readonly ids: readonly string[]
  readonly names: readonly Name[]
}

/** Undefined where no setting names an indicator, or the panel has no high and low for it. */
export function withIndicators(strategy: Strategy, panel: Panel): WithIndicators | undefined {
  const { rule, portfolio } = strategy.graph
  const { weight, exits } = portfolio
  const { atrStop, volatilityStop } = exits
  const wanted: [Name, number][] = []
  // A simulation over a panel without these prices is refused with an error of its own.
  if (atrStop && panel.fields.has('high') && panel.fields.has('low')) wanted.push(['averageRange', atrStop.n])
  if (volatilityStop) wanted.push(['deviation', volatilityStop.n])
  if (typeof weight === 'object' && rule.kind !== 'weights')
    wanted.push(['volatility', weight.inverseVolatility])
  if (wanted.length === 0) return undefined

  const nodes: GraphNode[] = [...strategy.graph.nodes]
  const keys = new Map(strategy.keys)
  const types = new Map<string, PortType>(strategy.types)
  const fields = new Set(strategy.fields)
  // Equal nodes stay one: the evaluator counts who reads a value by its node.
  const idOf = new Map([...keys].map(([id, key]) => [key, id]))
  const ids = wanted.map(([name, n]) => {
    const expression = expressionOf(name, n)
    const renamed = new Map<string, string>()
    for (const node of expression.graph.nodes) {
      const key = expression.keys.get(node.id)!
      let id = idOf.get(key)
      if (id === undefined) {
        id = `portfolio ${idOf.size}`
        nodes.push({ ...node, id, inputs: node.inputs.map((input) => renamed.get(input)!) })
        keys.set(id, key)
        types.set(id, expression.types.get(node.id)!)
        idOf.set(key, id)
      }
      renamed.set(node.id, id)
    }
    for (const name of expression.fields) fields.add(name)
    return renamed.get(expression.root)!
  })
  return {
    evaluable: { graph: { nodes }, keys, types, fields: [...fields], groups: strategy.groups },
    ids,
    names: wanted.map(([name]) => name),
  }
}
