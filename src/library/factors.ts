import type { Composer, Ref } from './compose-graph.js'
import type { FactorEntry } from './entry.js'
import { type ParamValues, real, whole } from './params.js'

const factor = (
  name: string,
  title: string,
  doc: string,
  requires: readonly string[],
  params: FactorEntry['params'],
  build: (compose: Composer, p: ParamValues, close: Ref) => Ref,
  more: Partial<Pick<FactorEntry, 'needsGroup' | 'settle'>> = {},
): FactorEntry => ({
  kind: 'factor',
  name,
  title,
  doc,
  requires,
  params,
  build: (compose, p) => build(compose, p, compose.field('close')),
  ...more,
})

/** Keeps `fast` below `slow`. */
export const fastBelowSlow = (p: ParamValues): ParamValues =>
  p.fast! < p.slow! ? p : { ...p, fast: Math.max(1, Math.floor(p.slow! / 2)) }

/** Keeps the skipped bars well inside the formation period. */
const skipInside = (p: ParamValues): ParamValues =>
  p.skip! * 2 < p.n! ? p : { ...p, skip: Math.max(1, Math.floor(p.n! / 4)) }

/** Trading days in a month, by which periods of fundamentals are counted. */
const MONTH = 21

/** Spellings under which panels carry the two fundamentals; the first that is there is read. */
export const REVENUE_FIELDS = ['revenue', 'monthlyRevenue', 'monthly_revenue', 'sales'] as const
export const EARNINGS_FIELDS = ['earnings', 'eps', 'EPS', 'netIncome', 'net_income'] as const

const catalyst = (name: string, title: string, field: string): FactorEntry =>
  factor(
    name,
    title,
    `growth of the last published ${field} over so many months`,
    [field],
    [whole('months', 3, 1, 12)],
    (c, p) => {
      const x = c.field(field)
      const before = c.op('lag', [x], [p.months! * MONTH])
      // Over the absolute value: earnings may be negative, and a smaller loss is growth.
      return c.op('div', [c.op('sub', [x, before]), c.op('abs', [before])])
    },
  )

/**
 * Numbers per symbol, oriented so that a higher one is what the literature expects to do better. All are free of
 * price level and size, so that they compare across symbols.
 */
export const FACTORS: readonly FactorEntry[] = [
  factor('momentum', 'momentum', 'return over n bars', [], [whole('n', 20, 5, 100)], (c, p, close) =>
    c.op('pctChange', [close], [p.n!]),
  ),
  factor(
    'skippedMomentum',
    'skipped momentum',
    'return over n bars without the newest ones, which tend to revert (Jegadeesh & Titman 1993)',
    [],
    [whole('n', 120, 40, 250), whole('skip', 10, 2, 25)],
    (c, p, close) => c.op('pctChange', [c.op('lag', [close], [p.skip!])], [p.n! - p.skip!]),
    { settle: skipInside },
  ),
  factor(
    'riskAdjustedMomentum',
    'risk-adjusted momentum',
    'return over n bars per unit of daily volatility',
    [],
    [whole('n', 90, 20, 250)],
    (c, p, close) =>
      c.op('div', [c.op('pctChange', [close], [p.n!]), c.op('std', [c.field('returns')], [p.n!])]),
  ),
  factor(
    'trendQuality',
    'trend quality',
    'slope of the log price times the share of its variance that the line explains (Clenow 2015)',
    [],
    [whole('n', 90, 20, 250)],
    (c, p, close) => {
      const log = c.op('log', [close])
      return c.op('mul', [c.op('slope', [log], [p.n!]), c.op('rSquared', [log], [p.n!])])
    },
  ),
  factor(
    'nearHigh',
    'nearness to the high',
    'close over the highest close of n bars (George & Hwang 2004)',
    [],
    [whole('n', 250, 60, 250)],
    (c, p, close) => c.op('div', [close, c.op('tsMax', [close], [p.n!])]),
  ),
  factor(
    'breakoutPosition',
    'breakout',
    'where the close stands between the lowest and the highest close of n bars',
    [],
    [whole('n', 20, 5, 100)],
    (c, p, close) => {
      const low = c.op('tsMin', [close], [p.n!])
      const high = c.op('tsMax', [close], [p.n!])
      return c.op('div', [c.op('sub', [close, low]), c.op('sub', [high, low])])
    },
  ),
  factor(
    'averageDistance',
    'distance to the average',
    'close over its moving average of n bars',
    [],
    [whole('n', 60, 10, 200)],
    (c, p, close) => c.op('div', [close, c.op('sma', [close], [p.n!])]),
  ),
  factor(
    'dualAverage',
    'dual moving average',
    'fast over slow moving average',
    [],
    [whole('fast', 20, 5, 60), whole('slow', 60, 20, 200)],
    (c, p, close) => c.op('div', [c.op('sma', [close], [p.fast!]), c.op('sma', [close], [p.slow!])]),
    { settle: fastBelowSlow },
  ),
  factor(
    'cleanTrend',
    'efficiency ratio',
    'net move over path length of n bars (Kaufman), with the sign of the move',
    [],
    [whole('n', 10, 5, 100)],
    (c, p, close) =>
      c.op('mul', [
        c.op('efficiencyRatio', [close], [p.n!]),
        c.op('sign', [c.op('pctChange', [close], [p.n!])]),
      ]),
  ),
  factor(
    'shortReversal',
    'reversal',
    'minus the return over n bars: what fell lately bounces (Jegadeesh 1990)',
    [],
    [whole('n', 5, 2, 25)],
    (c, p, close) => c.op('neg', [c.op('pctChange', [close], [p.n!])]),
  ),
  factor(
    'oversold',
    'oversold RSI',
    'minus the relative strength index of n bars',
    [],
    [whole('n', 14, 3, 30)],
    (c, p, close) => c.op('neg', [c.op('rsi', [close], [p.n!])]),
  ),
  factor('strength', 'RSI', 'relative strength index of n bars', [], [whole('n', 14, 5, 60)], (c, p, close) =>
    c.op('rsi', [close], [p.n!]),
  ),
  factor(
    'bandReversal',
    'Bollinger %B',
    'minus the place of the close between the Bollinger bands',
    [],
    [whole('n', 20, 5, 60), real('k', 2, 1, 3)],
    (c, p, close) => c.op('neg', [c.op('bollinger', [close], [p.n!, p.k!], 'percentB')]),
  ),
  factor(
    'lowVolatility',
    'low volatility',
    'minus the standard deviation of n daily returns (Ang et al. 2006)',
    [],
    [whole('n', 60, 20, 250)],
    (c, p) => c.op('neg', [c.op('std', [c.field('returns')], [p.n!])]),
  ),
  factor(
    'lowRange',
    'low ATR',
    'minus the average true range over the close',
    ['high', 'low'],
    [whole('n', 20, 5, 100)],
    (c, p, close) => c.op('neg', [c.op('div', [c.op('atr', [], [p.n!]), close])]),
  ),
  factor(
    'noLottery',
    'no lottery',
    'minus the largest daily return of n bars (Bali, Cakici & Whitelaw 2011)',
    [],
    [whole('n', 20, 10, 60)],
    (c, p) => c.op('neg', [c.op('tsMax', [c.field('returns')], [p.n!])]),
  ),
  factor(
    'negativeSkew',
    'low skew',
    'minus the skewness of n daily returns',
    [],
    [whole('n', 60, 20, 250)],
    (c, p) => c.op('neg', [c.op('skew', [c.field('returns')], [p.n!])]),
  ),
  factor(
    'relativeVolume',
    'relative volume',
    'mean volume of five bars over that of n bars',
    ['volume'],
    [whole('n', 20, 10, 120)],
    (c, p) => {
      const volume = c.field('volume')
      return c.op('div', [c.op('sma', [volume], [5]), c.op('sma', [volume], [p.n!])])
    },
  ),
  factor(
    'quietVolume',
    'quiet volume',
    'minus recent over long-run mean volume: what nobody looks at',
    ['volume'],
    [whole('fast', 10, 3, 25), whole('slow', 120, 40, 250)],
    (c, p) => {
      const volume = c.field('volume')
      return c.op('neg', [c.op('div', [c.op('sma', [volume], [p.fast!]), c.op('sma', [volume], [p.slow!])])])
    },
    { settle: fastBelowSlow },
  ),
  factor(
    'illiquidity',
    'illiquidity',
    'mean absolute return per money traded (Amihud 2002)',
    ['dollarVolume'],
    [whole('n', 60, 20, 250)],
    (c, p) =>
      c.op('sma', [c.op('div', [c.op('abs', [c.field('returns')]), c.field('dollarVolume')])], [p.n!]),
  ),
  factor(
    'priceVolumeDivergence',
    'price-volume divergence',
    'minus the correlation of price and volume changes over n bars',
    ['volume'],
    [whole('n', 20, 8, 60)],
    (c, p) =>
      c.op('neg', [c.op('corr', [c.field('returns'), c.op('pctChange', [c.field('volume')], [1])], [p.n!])]),
  ),
  factor(
    'moneyFlow',
    'money flow',
    'minus the money flow index of n bars',
    ['high', 'low', 'volume'],
    [whole('n', 14, 5, 60)],
    (c, p) => c.op('neg', [c.op('mfi', [], [p.n!])]),
  ),
  factor(
    'overnightReturn',
    'overnight return',
    'mean return from the close to the next open over n bars',
    ['open'],
    [whole('n', 40, 10, 250)],
    (c, p, close) => c.op('sma', [c.op('div', [c.field('open'), c.op('lag', [close], [1])])], [p.n!]),
  ),
  factor(
    'groupMomentum',
    'momentum within its group',
    'return over n bars less the mean of its group',
    [],
    [whole('n', 60, 10, 250)],
    (c, p, close) => c.op('groupDemean', [c.op('pctChange', [close], [p.n!]), c.group(c.groups[0]!)]),
    { needsGroup: true },
  ),
  ...REVENUE_FIELDS.map((field) =>
    catalyst(field === 'revenue' ? 'revenueCatalyst' : `revenueCatalyst:${field}`, 'revenue catalyst', field),
  ),
  ...EARNINGS_FIELDS.map((field) =>
    catalyst(
      field === 'earnings' ? 'earningsCatalyst' : `earningsCatalyst:${field}`,
      'earnings catalyst',
      field,
    ),
  ),
]
