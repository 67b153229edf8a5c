import { expect, test } from 'vitest'
import { randomMarket } from './random-market.js'
import { simulatePlain } from './simulate-plain.js'

/** How often each feature comes up in a number of seeds: cases (not occurrences) that show it. */
function census(seeds: number): Map<string, number> {
  const cases = new Map<string, number>()
  for (let seed = 0; seed < seeds; seed++) {
    const seen = new Set<string>()
    const { input } = randomMarket(seed)
    const { status, trades } = simulatePlain(input, (event) => seen.add(event))
    if (status === 'ruined') seen.add('ruined')
    const before = new Set<string>()
    for (const trade of trades) {
      seen.add(trade.reason)
      seen.add(trade.side)
      if (before.has(trade.symbol)) seen.add('reentry')
      before.add(trade.symbol)
    }
    if (trades.length === 0) seen.add('noTrades')
    for (const feature of seen) cases.set(feature, (cases.get(feature) ?? 0) + 1)
  }
  return cases
}

test('the random markets reach every rule of the accounting often', () => {
  const cases = census(400)
  if (process.env.ALPHALOOP_PRINT === '1') console.log(Object.fromEntries([...cases].sort()))
  const atLeast: Record<string, number> = {
    stopLoss: 20,
    takeProfit: 20,
    trailingStop: 20,
    atrStop: 20,
    volatilityStop: 20,
    maxHoldingBars: 20,
    rebalance: 100,
    signal: 20,
    delisted: 20,
    end: 100,
    ruined: 8,
    long: 100,
    short: 100,
    reentry: 100,
    flip: 20,
    pendingClose: 20,
    pendingSaved: 5,
    stuck: 20,
    stuckShrinks: 5,
    exitOnRebalanceBar: 20,
    exitWhilePending: 10,
    maxWeightBinds: 20,
    weightsScaledDown: 20,
    groupCapBinds: 20,
    withinBand: 20,
    turnoverCapped: 20,
    forcedBeforeCap: 5,
    financing: 20,
    borrow: 20,
    equityGoneAtFill: 2,
    noTrades: 2,
  }
  const rare = Object.entries(atLeast).filter(([feature, floor]) => (cases.get(feature) ?? 0) < floor)
  expect(rare.map(([feature, floor]) => `${feature}: ${cases.get(feature) ?? 0} of ${floor}`)).toEqual([])
})

test('a seed gives the same market again', () => {
  expect(randomMarket(7).label).toBe(randomMarket(7).label)
  expect(randomMarket(7).input.panel.hash).toBe(randomMarket(7).input.panel.hash)
  expect(randomMarket(7).label).not.toBe(randomMarket(8).label)
})
