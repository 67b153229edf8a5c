import { expect, test } from 'vitest'
import { runBacktest } from '../../src/backtest/backtest.js'
import { benchmarkReturns } from '../../src/backtest/benchmark.js'
import { resolveMarket } from '../../src/backtest/markets.js'
import { evaluateRule } from '../../src/backtest/strategy-rule.js'
import { createRng } from '../../src/base/rng.js'
import { generateMarket } from '../../src/data/synthetic/market.js'
import { createEvaluator } from '../../src/graph/evaluate/columnar.js'
import { availableFields } from '../../src/graph/evaluate/context.js'
import type { Strategy } from '../../src/graph/strategy.js'
import type { Parent } from '../../src/search/proposal.js'
import { proposeFactorGraph } from '../../src/search/propose.js'
import { createSearchSpace } from '../../src/search/space.js'

/** The search against the real engine: the built-in market, scored on its first 60%. */
const panel = generateMarket({ symbols: 40, bars: 1200 })
const range = { start: 0, end: 719 }
const evaluator = createEvaluator(panel)
const benchmark = benchmarkReturns({ panel, range, fill: 'nextOpen' })
const space = createSearchSpace({
  fields: availableFields(panel),
  groups: [...panel.groups.keys()],
  symbols: panel.symbols.length,
  bars: 720,
})

const measure = (strategy: Strategy) =>
  runBacktest({
    panel,
    ...evaluateRule(strategy, evaluator),
    portfolio: strategy.graph.portfolio,
    market: resolveMarket('us-stock'),
    range,
    benchmark,
  }).metrics

test('a short search on the built-in market trades nearly always and ends above where it began', () => {
  const parents: Parent[] = []
  const sharpes: number[] = []
  let idle = 0
  const rounds = 120
  for (let i = 0; i < rounds; i++) {
    const { strategy } = proposeFactorGraph({
      rng: createRng(5, i),
      space,
      parents,
      seen: (hash) => parents.some((parent) => parent.strategy.hash === hash),
    })
    const { sharpe, trades } = measure(strategy)
    if (sharpe === null || trades === 0) {
      idle++
      continue
    }
    sharpes.push(sharpe)
    parents.push({ id: `${i}`, strategy, score: sharpe })
  }
  expect(idle / rounds).toBeLessThan(0.1)
  const mean = (list: readonly number[]) => list.reduce((sum, x) => sum + x, 0) / list.length
  expect(mean(sharpes.slice(-40))).toBeGreaterThan(mean(sharpes.slice(0, 40)))
  const first = Math.max(...sharpes.slice(0, 20))
  expect(Math.max(...sharpes)).toBeGreaterThan(first)
})
