import { describe, expect, test } from 'vitest'
import { backtest } from '../../src/backtest/backtest-strategy.js'
import { resolveMarket } from '../../src/backtest/markets.js'
import { evaluateRule } from '../../src/backtest/strategy-rule.js'
import { METRIC_NAMES, type SimulationInput } from '../../src/backtest/types.js'
import type { Panel } from '../../src/data/panel.js'
import { readPanel } from '../../src/data/sources/open-dataset.js'
import { createEvaluator, type Evaluator } from '../../src/graph/evaluate/columnar.js'
import { createQuickJsSandbox } from '../../src/sandbox/quickjs.js'
import { compileStrategy } from '../../src/strategy/compile.js'
import { benchmarkPlain, metricsPlain } from '../backtest/plain/metrics-plain.js'
import { simulatePlain } from '../backtest/plain/simulate-plain.js'
import { sharedData } from '../support/shared-data.js'
import { close, difference } from '../support/simulation-difference.js'

/** Different kinds of strategies, as a user would write them. */
const STRATEGIES: Record<string, string> = {
  'momentum, top 20, monthly, trailing stop': `export default strategy({
    score: rank(field('close').pctChange(60)).sub(rank(field('close').std(20))),
    select: { top: 20 }, exits: { trailingStop: 0.15 } })`,
  'reversal, lowest tenth, weekly, filled at the close': `export default strategy({
    score: field('close').pctChange(5).neg(), select: { topFraction: 0.1 }, rebalance: 'weekly', fill: 'nextClose' })`,
  'dual moving average by signals, daily, stop and target': `const c = field('close')
    export default strategy({ signals: { enter: crossAbove(c.sma(20), c.sma(60)), exit: crossBelow(c.sma(20), c.sma(60)) },
      rebalance: 'daily', maxWeight: 0.2, exits: { stopLoss: 0.08, takeProfit: 0.3 } })`,
  'liquid low volatility, inverse volatility weights, quarterly': `export default strategy({
    universe: field('dollarVolume').sma(20).gt(50_000_000),
    score: field('returns').std(60).neg(), select: { top: 30 }, weight: { inverseVolatility: 60 }, rebalance: 'quarterly' })`,
  'long and short by rank, every 10 bars, with borrow cost': `export default strategy({
    score: rank(field('close').pctChange(120)).sub(0.5), select: { threshold: 0.4 }, side: 'longShort', weight: 'score',
    rebalance: { every: 10 }, borrowRate: 0.02, grossExposure: 1.5 })`,
  'breakout with ATR and volatility stops, time exit': `const c = field('close')
    export default strategy({ score: c.div(c.tsMax(50)), select: { top: 10 }, weight: 'rank', rebalance: 'weekly',
      exits: { atrStop: { n: 14, k: 2 }, volatilityStop: { n: 20, k: 3 }, maxHoldingBars: 40 } })`,
  'weights of its own, scaled down': `export default strategy({
    weights: where(field('close').gt(field('close').sma(100)), 0.02, 0), rebalance: 'monthly', maxWeight: 0.05 })`,
}

const sandbox = createQuickJsSandbox()

async function check(source: string, panel: Panel, evaluator: Evaluator) {
  const strategy = await compileStrategy(source, sandbox, { language: 'ts' })
  const market = resolveMarket('tw-stock')
  const { simulation, metrics, range } = backtest(strategy, panel, { market, evaluator })
  const input: SimulationInput = {
    panel,
    range,
    ...evaluateRule(strategy, evaluator),
    portfolio: strategy.graph.portfolio,
    costs: market.costs,
    periodsPerYear: market.periodsPerYear,
  }
  const plain = simulatePlain(input)
  expect(difference(simulation, plain)).toBeUndefined()
  // A strategy that never trades would agree with anything.
  expect(simulation.trades.length).toBeGreaterThan(10)
  const benchmark = benchmarkPlain({
    panel,
    range,
    periodsPerYear: market.periodsPerYear,
    fill: strategy.graph.portfolio.fill,
    delistAfter: 20,
  })
  const expected = metricsPlain({
    status: plain.status,
    equity: plain.equity,
    returns: plain.returns,
    exposure: plain.exposure,
    trades: plain.trades,
    fills: plain.fills,
    benchmark: benchmark.returns,
    dates: panel.dates.slice(range.start, range.end + 1),
    periodsPerYear: market.periodsPerYear,
  })
  const wrong = METRIC_NAMES.filter((name) => {
    const [a, b] = [metrics[name], expected[name]]
    return a === null || b === null ? a !== b : !close(a, b) && Math.abs(a - b) > 1e-9
  }).map((name) => `${name}: ${metrics[name]}, plain ${expected[name]}`)
  expect(wrong).toEqual([])
}

const sp500 = sharedData('sp500-5yr/all_stocks_5yr.csv.gz')
const lean = sharedData('us-lean-daily/us_equity_daily_raw.csv.gz')

// The plain simulator is slow: the whole history is left to the deep round.
const share = process.env.ALPHALOOP_DEEP === '1' ? 1 : 0.2
for (const [name, path, all] of [
  ['505 members of the S&P 500', sp500, 1259],
  ['21 raw US tickers with gaps, late listings and delistings', lean, 5849],
] as const)
  describe.skipIf(path === undefined)(`the engine equals the plain simulator on ${name}`, async () => {
    const bars = Math.floor(all * share)
    const panel = path === undefined ? undefined : await readPanel({ path, onBadRows: 'drop' }, { bars })
    const evaluator = panel && createEvaluator(panel)
    for (const [strategy, source] of Object.entries(STRATEGIES))
      test(strategy, () => check(source, panel!, evaluator!))
  })

if (sp500 === undefined || lean === undefined)
  test.skip('real data: the folder of shared market data is missing (ALPHALOOP_SHARED_DATA)', () => {})
