import type { Composer, Ref } from './compose-graph.js'
import type { FilterEntry } from './entry.js'
import { fastBelowSlow } from './factors.js'
import { type ParamValues, real, whole } from './params.js'

const filter = (
  name: string,
  title: string,
  doc: string,
  requires: readonly string[],
  params: FilterEntry['params'],
  build: (compose: Composer, p: ParamValues) => Ref,
  settle?: FilterEntry['settle'],
): FilterEntry => ({
  kind: 'filter',
  name,
  title,
  doc,
  requires,
  params,
  build,
  ...(settle === undefined ? {} : { settle }),
})

/** The mean of x over all symbols, at each of them: x less its deviation from the mean. */
export const crossMean = (c: Composer, x: Ref): Ref => c.op('sub', [x, c.op('demean', [x])])

/** The share of symbols above their average minus the share below it, at every symbol: −1 … 1. */
export function breadth(c: Composer, n: number): Ref {
  const close = c.field('close')
  const side = c.op('sign', [c.op('sub', [close, c.op('sma', [close], [n])])])
  return crossMean(c, side)
}

/** Mean daily volatility of the symbols over n bars. */
export const marketVolatility = (c: Composer, n: number): Ref =>
  crossMean(c, c.op('std', [c.field('returns')], [n]))

/** Conditions under which one wants to be invested in a symbol, or at all. */
export const FILTERS: readonly FilterEntry[] = [
  filter(
    'aboveAverage',
    'above its average',
    'close above its moving average of n bars',
    [],
    [whole('n', 60, 10, 200)],
    (c, p) => {
      const close = c.field('close')
      return c.op('gt', [close, c.op('sma', [close], [p.n!])])
    },
  ),
  filter(
    'fastAboveSlow',
    'fast above slow average',
    'fast moving average above the slow one',
    [],
    [whole('fast', 20, 5, 60), whole('slow', 60, 20, 200)],
    (c, p) => {
      const close = c.field('close')
      return c.op('gt', [c.op('sma', [close], [p.fast!]), c.op('sma', [close], [p.slow!])])
    },
    fastBelowSlow,
  ),
  filter('risen', 'risen', 'return over n bars above zero', [], [whole('n', 120, 20, 250)], (c, p) =>
    c.op('gt', [c.op('pctChange', [c.field('close')], [p.n!]), 0]),
  ),
  filter(
    'closeToHigh',
    'close to its high',
    'close within a fraction of the highest close of n bars',
    [],
    [whole('n', 120, 20, 250), real('share', 0.9, 0.7, 0.98)],
    (c, p) => {
      const close = c.field('close')
      return c.op('gt', [c.op('div', [close, c.op('tsMax', [close], [p.n!])]), p.share!])
    },
  ),
  filter(
    'notFalling',
    'not falling',
    'has not lost more than a fraction over n bars',
    [],
    [whole('n', 20, 5, 60), real('loss', 0.1, 0.03, 0.3)],
    (c, p) => c.op('gt', [c.op('pctChange', [c.field('close')], [p.n!]), -p.loss!]),
  ),
  filter(
    'notOverbought',
    'not overbought',
    'relative strength index below a level',
    [],
    [whole('n', 14, 5, 30), real('level', 75, 60, 90)],
    (c, p) => c.op('lt', [c.op('rsi', [c.field('close')], [p.n!]), p.level!]),
  ),
  filter(
    'calm',
    'calm',
    'volatility of n bars not among the highest',
    [],
    [whole('n', 60, 20, 120), real('share', 0.8, 0.4, 0.95)],
    (c, p) => c.op('lt', [c.op('rank', [c.op('std', [c.field('returns')], [p.n!])]), p.share!]),
  ),
  filter(
    'marketBreadth',
    'market breadth',
    'more symbols above than below their average of n bars, by so much',
    [],
    [whole('n', 100, 20, 200), real('level', 0, -0.5, 0.3)],
    (c, p) => c.op('gt', [breadth(c, p.n!), p.level!]),
  ),
  filter(
    'calmMarket',
    'calm market',
    'mean volatility of 20 bars below k times its own average of n bars',
    [],
    [whole('n', 120, 60, 250), real('k', 1.3, 0.9, 2)],
    (c, p) => {
      const now = marketVolatility(c, 20)
      return c.op('lt', [now, c.op('mul', [c.op('sma', [now], [p.n!]), p.k!])])
    },
  ),
  filter(
    'liquid',
    'liquid',
    'mean money traded in n bars not among the lowest',
    ['dollarVolume'],
    [whole('n', 20, 10, 60), real('share', 0.2, 0.05, 0.6)],
    (c, p) => c.op('gt', [c.op('rank', [c.op('sma', [c.field('dollarVolume')], [p.n!])]), p.share!]),
  ),
  filter(
    'activeVolume',
    'active volume',
    'mean volume of five bars above k times that of n bars',
    ['volume'],
    [whole('n', 20, 10, 120), real('k', 1, 0.6, 1.5)],
    (c, p) => {
      const volume = c.field('volume')
      return c.op('gt', [c.op('div', [c.op('sma', [volume], [5]), c.op('sma', [volume], [p.n!])]), p.k!])
    },
  ),
]
