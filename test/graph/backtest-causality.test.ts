import { describe, expect, test } from 'vitest'
import { simulate } from '../../src/backtest/simulate.js'
import { evaluateRule } from '../../src/backtest/strategy-rule.js'
import type { BarRange, Simulation } from '../../src/backtest/types.js'
import { createRng, type Rng } from '../../src/base/rng.js'
import { type Panel, panelPrefix } from '../../src/data/panel.js'
import { createEvaluator } from '../../src/graph/evaluate/columnar.js'
import { createStrategy, type Strategy } from '../../src/graph/strategy.js'
import type { Portfolio } from '../../src/graph/strategy-graph.js'
import { ROOMY, randomGraph } from '../support/random-graph.js'
import { rounds } from './make.js'
import { makePanel, PANEL_GRAPHS, PANEL_LOOKS } from './panels.js'

/** Portfolio settings that trade often, so that a short panel shows what they do. */
function busyPortfolio(rng: Rng, kind: Strategy['graph']['rule']['kind']): Partial<Portfolio> {
  return {
    rebalance: rng.pick(['daily', 'weekly', { every: 3 }]),
    fill: rng.pick(['nextOpen', 'nextClose']),
    exits: rng.pick([
      {},
      { stopLoss: 0.05, maxHoldingBars: 4 },
      { trailingStop: 0.06, atrStop: { n: 3, k: 2 } },
      { takeProfit: 0.04, volatilityStop: { n: 4, k: 2 } },
    ]),
    side: kind === 'weights' ? 'long' : kind === 'score' ? rng.pick(['long', 'short', 'longShort']) : 'short',
    weight: kind === 'score' ? rng.pick(['equal', 'score', 'rank', { inverseVolatility: 4 }]) : 'equal',
    delistAfter: rng.pick([2, 20]),
  }
}

function randomJob(seed: number): { strategy: Strategy; panel: Panel; rng: Rng } {
  const rng = createRng(seed, 'backtest causality')
  const panel = makePanel(rng.pick(PANEL_LOOKS.filter(({ symbols }) => symbols > 1)), seed)
  const graph = randomGraph(rng, rng.int(1, 12), { ...PANEL_GRAPHS, longest: 5 })
  const strategy = createStrategy(
    { ...graph, portfolio: { ...graph.portfolio, ...busyPortfolio(rng, graph.rule.kind) } },
    ROOMY,
  )
  return { strategy, panel, rng }
}

function backtest(strategy: Strategy, panel: Panel, range: BarRange): Simulation {
  return simulate({
    panel,
    ...evaluateRule(strategy, createEvaluator(panel)),
    range,
    portfolio: strategy.graph.portfolio,
    costs: { commission: 0.001, tax: 0.002, slippage: 0.0005 },
    periodsPerYear: 252,
  })
}

describe('a backtest of any strategy', () => {
  test('up to a bar is the same bits whether the data end there or later', () => {
    let traded = 0
    const jobs = rounds(120, 4000)
    for (let seed = 0; seed < jobs; seed++) {
      const { strategy, panel, rng } = randomJob(seed)
      const last = rng.int(2, panel.dates.length - 2)
      const range = { start: rng.int(0, 2), end: last }
      const whole = backtest(strategy, panel, range)
      const cut = backtest(strategy, panelPrefix(panel, last + 1), range)
      expect(cut, `strategy ${seed}`).toEqual(whole)
      if (whole.exposure.some((share) => share > 0)) traded++
    }
    // Of random strategies many never trade; those that do prove it.
    expect(traded).toBeGreaterThan(jobs / 4)
  })

  test('has the same equity up to a bar whether it ends there or goes on', () => {
    for (let seed = 0; seed < rounds(120, 4000); seed++) {
      const { strategy, panel, rng } = randomJob(seed)
      const last = panel.dates.length - 1
      const whole = backtest(strategy, panel, { start: 1, end: last })
      const end = rng.int(1, last - 1)
      const part = backtest(strategy, panelPrefix(panel, end + 1), { start: 1, end })
      for (let t = 0; t < part.equity.length; t++)
        if (!Object.is(part.equity[t], whole.equity[t]))
          expect.fail(`strategy ${seed}, bar ${t}: ${part.equity[t]}, in full ${whole.equity[t]}`)
    }
  })
})
