import { expect, test } from 'vitest'
import { planOrders, type Quote } from '../../src/backtest/orders.js'
import type { EvaluatedRule, SimulationInput } from '../../src/backtest/types.js'
import { createPanel, type Panel } from '../../src/data/panel.js'
import { decideAtEnd } from '../support/simulate.js'
import { randomMarket } from './plain/random-market.js'

/*
 * Where tomorrow's prices are today's, the orders of an account without lots must take it exactly to what the
 * simulation holds after its fill: costs, limits, stuck positions, shorts and all.
 */

/** The last of the rows of `width` cells, once more. */
function withLastAgain<A extends Float64Array | Uint8Array | Int32Array>(values: A, width: number): A {
  const Rows = values.constructor as new (length: number) => A
  const longer = new Rows(values.length + width)
  longer.set(values)
  longer.set(values.subarray(values.length - width), values.length)
  return longer
}

function oneMoreDay({ panel, rule, universe, ...rest }: SimulationInput): SimulationInput {
  const width = panel.symbols.length
  const again = <A extends Float64Array | Uint8Array>(values: A) => withLastAgain(values, width)
  const rules: EvaluatedRule =
    rule.kind === 'score'
      ? { ...rule, score: again(rule.score) }
      : rule.kind === 'weights'
        ? { ...rule, weights: again(rule.weights) }
        : { ...rule, enter: again(rule.enter), exit: again(rule.exit) }
  const longer = createPanel({
    dates: [...panel.dates, '2999-12-31'],
    symbols: panel.symbols,
    fields: new Map([...panel.fields].map(([name, values]) => [name, again(values)])),
    groups: new Map(
      [...panel.groups].map(([name, { codes, labels }]) => [
        name,
        { labels, codes: withLastAgain(codes, width) },
      ]),
    ),
  })
  return { ...rest, panel: longer, rule: rules, ...(universe ? { universe: again(universe) } : {}) }
}

function quotesOf({ symbols, fields, dates }: Panel): Map<string, Quote> {
  const closes = fields.get('close')!
  const quotes = new Map<string, Quote>()
  symbols.forEach((symbol, i) => {
    const known = dates.map((_, t) => closes[t * symbols.length + i]!)
    const last = known.findLast(Number.isFinite)
    if (last !== undefined)
      quotes.set(symbol, { price: last, ...(Number.isFinite(known.at(-1)) ? {} : { stuck: 'none today' }) })
  })
  return quotes
}

test('orders without lots lead to what the simulation holds after its next fill, in 400 random markets', () => {
  let compared = 0
  let limited = 0
  const failed: string[] = []
  for (let seed = 0; seed < 400; seed++) {
    const { input: drawn, label } = randomMarket(seed)
    const last = drawn.panel.dates.length - 1
    const input: SimulationInput = {
      ...drawn,
      range: { start: Math.max(0, last - 40), end: last },
      portfolio: {
        ...drawn.portfolio,
        fill: 'nextClose',
        rebalance: 'daily',
        borrowRate: 0,
        financingRate: 0,
        delistAfter: 10_000,
      },
    }
    const today = decideAtEnd(input)
    const tomorrow = decideAtEnd({ ...oneMoreDay(input), range: { ...input.range, end: last + 1 } })
    if (today.simulation.status === 'ruined' || tomorrow.simulation.status === 'ruined') continue
    const quotes = quotesOf(input.panel)
    const account = {
      shares: Object.fromEntries(
        today.holdings.map(({ symbol, weight }) => [symbol, (weight * 1e6) / quotes.get(symbol)!.price]),
      ),
      cash: 1e6 * (1 - today.holdings.reduce((sum, { weight }) => sum + weight, 0)),
    }
    const { holdings, equity, cost } = planOrders({
      targets: today.targets,
      account,
      quotes,
      noQuote: () => 'none',
      lot: 1e-12,
      costs: input.costs,
      portfolio: input.portfolio,
      closings: new Map(today.closings.map(({ symbol, reason }) => [symbol, reason])),
    })
    compared++
    if (input.portfolio.minTrade !== undefined || input.portfolio.maxTurnover !== undefined) limited++
    const mine = new Map(holdings.map(({ symbol, value }) => [symbol, value / (equity - cost)]))
    for (const symbol of input.panel.symbols) {
      const theirs = tomorrow.holdings.find((holding) => holding.symbol === symbol)?.weight ?? 0
      if (Math.abs((mine.get(symbol) ?? 0) - theirs) > 1e-8)
        failed.push(
          `${label}\n${symbol}: orders lead to ${mine.get(symbol) ?? 0}, the simulation to ${theirs}`,
        )
    }
  }
  expect(failed.length, failed.slice(0, 3).join('\n\n')).toBe(0)
  expect(compared).toBeGreaterThan(300)
  expect(limited).toBeGreaterThan(60)
})
