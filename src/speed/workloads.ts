import { scoreBacktest } from '../backtest/backtest.js'
import { benchmarkReturns } from '../backtest/benchmark.js'
import { evaluateRule } from '../backtest/strategy-rule.js'
import type { BarRange, Market } from '../backtest/types.js'
import { createRng } from '../base/rng.js'
import { createPanel, type Panel } from '../data/panel.js'
import type { Evaluator } from '../graph/evaluate/columnar.js'
import { availableFields } from '../graph/evaluate/context.js'
import { createStrategy, type Strategy, type StrategyInput } from '../graph/strategy.js'
import type { Rebalance } from '../graph/strategy-graph.js'
import { strategyFromTemplate } from '../search/from-template.js'
import { mutate } from '../search/mutate.js'
import { createSearchSpace } from '../search/space.js'

/*
 * The work of the table on strategies, as the peers' scripts do it: decisions at bars 252, 273, …, fills at the next
 * open, purchases for 0.1425 %, sales for 0.4425 %.
 */

export const START = 252
export const PEER_MARKET: Market = {
  name: 'peers',
  costs: { commission: 0.001425, tax: 0.003, slippage: 0 },
  periodsPerYear: 252,
}
export const LOOKBACKS = [5, 10, 20, 40, 60, 90, 120, 150, 200, 252]
export const SIZES = [5, 10, 15, 20, 25, 30, 40, 50, 75, 100]

type Nodes = StrategyInput['nodes']

const scored = (name: string, nodes: Nodes, top: number): Strategy =>
  createStrategy({
    version: 1,
    name,
    nodes,
    rule: { kind: 'score', score: nodes.at(-1)!.id, select: { top } },
    portfolio: { rebalance: { every: 21 } },
  })

/** close/lag(close, n) − 1, the `top` largest. */
export const momentum = (n: number, top: number): Strategy =>
  scored(
    `Momentum ${n}`,
    [
      { id: 'close', op: 'field', params: { name: 'close' } },
      { id: 'before', op: 'lag', inputs: ['close'], params: { n } },
      { id: 'ratio', op: 'div', inputs: ['close', 'before'] },
      { id: 'one', op: 'constant', params: { value: 1 } },
      { id: 'score', op: 'sub', inputs: ['ratio', 'one'] },
    ],
    top,
  )

const WINDOWS = [5, 10, 20, 40, 60]

/** Factor i of ten: rank(sma(r, w)) for i < 5, rank(−std(r, w)) for the others. */
const factor = (i: number): Nodes => [
  { id: `w${i}`, op: i < 5 ? 'sma' : 'std', inputs: ['r'], params: { n: WINDOWS[i % 5]! } },
  ...(i < 5 ? [] : [{ id: `n${i}`, op: 'neg', inputs: [`w${i}`] }]),
  { id: `f${i}`, op: 'rank', inputs: [i < 5 ? `w${i}` : `n${i}`] },
]

/** F_i + 0.5·F_j, top 20. */
export const formula = (i: number, j: number): Strategy =>
  scored(
    `Formula ${i} ${j}`,
    [
      { id: 'close', op: 'field', params: { name: 'close' } },
      { id: 'r', op: 'pctChange', inputs: ['close'], params: { n: 1 } },
      ...factor(i),
      ...(i === j ? [] : factor(j)),
      { id: 'half', op: 'constant', params: { value: 0.5 } },
      { id: 'part', op: 'mul', inputs: ['half', `f${j}`] },
      { id: 'score', op: 'add', inputs: [`f${i}`, 'part'] },
    ],
    20,
  )

/** Holds what it may while the fast mean is above the slow one. */
export const crossing = (fast: number, slow: number): Strategy =>
  createStrategy({
    version: 1,
    name: `Crossing ${fast}/${slow}`,
    nodes: [
      { id: 'close', op: 'field', params: { name: 'close' } },
      { id: 'fast', op: 'sma', inputs: ['close'], params: { n: fast } },
      { id: 'slow', op: 'sma', inputs: ['close'], params: { n: slow } },
      { id: 'enter', op: 'gt', inputs: ['fast', 'slow'] },
      { id: 'exit', op: 'le', inputs: ['fast', 'slow'] },
    ],
    rule: { kind: 'signals', enter: 'enter', exit: 'exit' },
    portfolio: { rebalance: 'daily' },
  })

/** The panel's first symbols, on arrays of their own. */
export function narrowed(panel: Panel, from: number, to: number): Panel {
  const width = panel.symbols.length
  return createPanel({
    dates: panel.dates,
    symbols: panel.symbols.slice(from, to),
    fields: new Map(
      [...panel.fields].map(([name, values]) => [
        name,
        values.filter((_, cell) => cell % width >= from && cell % width < to),
      ]),
    ),
  })
}

/** Scores strategies over one range of a panel, every metric, the way the loop does. */
export function scorer(panel: Panel, start = START) {
  const range: BarRange = { start, end: panel.dates.length - 1 }
  const benchmark = benchmarkReturns({ panel, range, fill: 'nextOpen' })
  return (strategy: Strategy, evaluator: Evaluator) =>
    scoreBacktest({
      panel,
      ...evaluateRule(strategy, evaluator, [range]),
      portfolio: strategy.graph.portfolio,
      market: PEER_MARKET,
      range,
      benchmark,
    })
}

const rebalanced = ({ graph }: Strategy, rebalance: Rebalance): Strategy =>
  createStrategy({ ...graph, portfolio: { ...graph.portfolio, rebalance } })

/** A population of templates, three quarters of them monthly and the rest weekly, and mutations of it. */
export function population(panel: Panel, size: number, mutations: number) {
  const space = createSearchSpace({
    fields: availableFields(panel),
    groups: [...panel.groups.keys()],
    symbols: panel.symbols.length,
    bars: Math.floor(panel.dates.length * 0.6),
  })
  const rng = createRng(7, 'bench')
  const parents: Strategy[] = []
  while (parents.length < size) {
    const drawn = strategyFromTemplate(rng.fork('parent', parents.length), space)
    if (drawn.ok) parents.push(rebalanced(drawn.strategy, parents.length % 4 === 3 ? 'weekly' : 'monthly'))
  }
  const children: Strategy[] = []
  for (let i = 0; children.length < mutations; i++) {
    const parent = rng.pick(parents)
    const made = mutate(parent, { rng: rng.fork('mutation', i), space })
    // What the mutation did to the calendar is undone: the mixture is part of the workload.
    if (made.ok) children.push(rebalanced(made.strategy, parent.graph.portfolio.rebalance))
  }
  return { parents, children, space }
}
