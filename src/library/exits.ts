import type { ExitEntry } from './entry.js'
import { real, whole } from './params.js'

/** Rules that close single positions; any of them go together. */
export const EXITS: readonly ExitEntry[] = [
  {
    kind: 'exit',
    name: 'trailingStop',
    title: 'trailing stop',
    doc: 'sells what falls by this fraction from its highest close since entry',
    requires: [],
    params: [real('trailingStop', 0.1, 0.01, 0.5)],
    build: (p) => ({ trailingStop: p.trailingStop! }),
  },
  {
    kind: 'exit',
    name: 'stopLoss',
    title: 'stop loss',
    doc: 'sells what has lost this fraction since entry',
    requires: [],
    params: [real('stopLoss', 0.1, 0.02, 0.5)],
    build: (p) => ({ stopLoss: p.stopLoss! }),
  },
  {
    kind: 'exit',
    name: 'profitTarget',
    title: 'profit target',
    doc: 'sells what has gained this fraction since entry',
    requires: [],
    params: [real('takeProfit', 0.3, 0.05, 2)],
    build: (p) => ({ takeProfit: p.takeProfit! }),
  },
  {
    kind: 'exit',
    name: 'timeExit',
    title: 'time exit',
    doc: 'sells after so many bars',
    requires: [],
    params: [whole('bars', 20, 1, 200)],
    build: (p) => ({ maxHoldingBars: p.bars! }),
  },
  {
    kind: 'exit',
    name: 'volatilityStop',
    title: 'volatility stop',
    doc: 'sells what falls by k standard deviations of n daily returns from its highest close since entry',
    requires: [],
    params: [whole('n', 20, 5, 120), real('k', 2, 0.5, 5)],
    build: (p) => ({ volatilityStop: { n: p.n!, k: p.k! } }),
  },
  {
    kind: 'exit',
    name: 'atrStop',
    title: 'ATR stop',
    doc: 'sells what falls by k average true ranges of n bars from its highest close since entry',
    requires: ['high', 'low'],
    params: [whole('n', 14, 5, 60), real('k', 2, 0.5, 5)],
    build: (p) => ({ atrStop: { n: p.n!, k: p.k! } }),
  },
]
