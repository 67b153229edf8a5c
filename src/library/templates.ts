import type { Weighting } from '../graph/strategy-graph.js'
import type { Composer, Ref } from './compose-graph.js'
import type { PortfolioDraw, TemplateEntry, TemplateParts } from './entry.js'
import { EARNINGS_FIELDS, FACTORS, fastBelowSlow, REVENUE_FIELDS } from './factors.js'
import { breadth, marketVolatility } from './filters.js'
import { drawEntry, entryLabel, real, whole } from './params.js'
import { drawPortfolio, drawSelect, mostNames, type PortfolioWish } from './portfolio.js'

/** Conditions joined by `and`; those that are undefined are left out. */
function all(c: Composer, ...conditions: readonly (Ref | undefined)[]): Ref | undefined {
  return conditions.reduce<Ref | undefined>(
    (sofar, next) => (sofar === undefined ? next : next === undefined ? sofar : c.op('and', [sofar, next])),
    undefined,
  )
}

/** Symbols that are traded enough, where the panel has volume: by rank, so that it fits every market's money. */
function liquid(c: Composer, share: number): Ref | undefined {
  if (!c.fields.has('dollarVolume')) return undefined
  return c.op('gt', [c.op('rank', [c.op('sma', [c.field('dollarVolume')], [20])]), share])
}

const LIQUID = real('liquid', 0.15, 0.05, 0.5)

/** A rule by score: who is best for a long strategy is worst for a short one. */
function byScore(
  c: Composer,
  draw: PortfolioDraw,
  parts: { universe: Ref | undefined; score: Ref; wish?: PortfolioWish; fewest?: number; most?: number },
): TemplateParts {
  return {
    universe: parts.universe,
    rule: {
      kind: 'score',
      score: draw.side === 'short' ? c.op('neg', [parts.score]) : parts.score,
      select: drawSelect(draw.rng, draw.symbols, parts.fewest, parts.most),
    },
    portfolio: drawPortfolio(draw, parts.wish),
  }
}

const above = (c: Composer, n: number): Ref => {
  const close = c.field('close')
  return c.op('gt', [close, c.op('sma', [close], [n])])
}

/** The trend that a side wants: up for long, down for short; long and short together take both. */
function withTrend(c: Composer, n: number, side: PortfolioDraw['side']): Ref | undefined {
  if (side === 'longShort') return undefined
  const close = c.field('close')
  return c.op(side === 'long' ? 'gt' : 'lt', [close, c.op('sma', [close], [n])])
}

const momentum = (c: Composer, n: number, skip: number): Ref =>
  c.op('pctChange', [c.op('lag', [c.field('close')], [skip])], [Math.max(1, n - skip)])

const lowVolatility = (c: Composer, n: number): Ref => c.op('neg', [c.op('std', [c.field('returns')], [n])])

const inverse = (n: number): Weighting => ({ inverseVolatility: n })

const turtle: TemplateEntry = {
  kind: 'template',
  name: 'turtle',
  title: 'Turtle',
  doc: 'buys a close at a new high of `entry` bars, leaves at a new low of `exit` bars or by a volatility stop',
  requires: [],
  longOnly: true,
  params: [
    whole('entry', 55, 10, 120),
    whole('exit', 20, 5, 60),
    whole('stop', 20, 10, 60),
    real('k', 4, 2, 5),
    LIQUID,
  ],
  settle: (p) => (p.exit! < p.entry! ? p : { ...p, exit: Math.max(2, Math.floor(p.entry! / 2)) }),
  named: ['entry', 'exit'],
  build: (c, p, draw) => {
    const close = c.field('close')
    const exitBelow = c.op('tsMin', [c.op('lag', [close], [1])], [p.exit!])
    return {
      universe: liquid(c, p.liquid!),
      rule: {
        kind: 'signals',
        enter: c.op('gt', [close, c.op('tsMax', [c.op('lag', [close], [1])], [p.entry!])]),
        exit: c.op('lt', [close, exitBelow]),
      },
      portfolio: {
        ...drawPortfolio(draw, { weights: ['equal', inverse(p.stop!)] }),
        exits: { volatilityStop: { n: p.stop!, k: p.k! } },
      },
    }
  },
}

const mastiff: TemplateEntry = {
  kind: 'template',
  name: 'mastiff',
  title: 'Mastiff',
  doc:
    'contrarian and patient: symbols well below their high whose volume has dried up and whose price has stopped ' +
    'falling, the quietest first; where the panel has revenue or earnings, only those that grow',
  requires: ['volume'],
  longOnly: true,
  params: [
    whole('n', 200, 60, 250),
    real('drawdown', 0.12, 0.05, 0.35),
    whole('fast', 10, 5, 25),
    whole('slow', 120, 60, 250),
    whole('base', 20, 5, 60),
    LIQUID,
  ],
  named: ['n', 'slow'],
  build: (c, p, draw) => {
    const close = c.field('close')
    const volume = c.field('volume')
    const fallen = c.op('lt', [c.op('div', [close, c.op('tsMax', [close], [p.n!])]), 1 - p.drawdown!])
    const fundamental = [...REVENUE_FIELDS, ...EARNINGS_FIELDS].find((name) => c.fields.has(name))
    const grows =
      fundamental === undefined ? undefined : c.op('gt', [c.op('delta', [c.field(fundamental)], [252]), 0])
    const dryness = c.op('div', [c.op('sma', [volume], [p.fast!]), c.op('sma', [volume], [p.slow!])])
    return byScore(c, draw, {
      universe: all(c, liquid(c, p.liquid!), fallen, above(c, p.base!), grows),
      score: c.op('neg', [dryness]),
      wish: {
        rebalances: ['monthly', 'quarterly'],
        exits: 0.3,
        exitNames: ['stopLoss', 'profitTarget', 'timeExit'],
      },
      most: 30,
    })
  },
}

const momentumTemplate: TemplateEntry = {
  kind: 'template',
  name: 'momentum',
  title: 'Momentum',
  doc: 'the highest return over n bars without the newest ones',
  requires: [],
  params: [whole('n', 120, 40, 250), whole('skip', 10, 2, 25), LIQUID],
  settle: (p) => (p.skip! * 2 < p.n! ? p : { ...p, skip: Math.floor(p.n! / 4) }),
  named: ['n', 'skip'],
  build: (c, p, draw) =>
    byScore(c, draw, {
      universe: liquid(c, p.liquid!),
      score: momentum(c, p.n!, p.skip!),
      wish: { weights: ['equal', 'rank', inverse(60)] },
      fewest: 10,
    }),
}

const momentumExit: TemplateEntry = {
  kind: 'template',
  name: 'momentum-exit',
  title: 'Momentum with exits',
  doc: 'the highest return over n bars among those above their average, closed by stops between rebalances',
  requires: [],
  params: [whole('n', 60, 20, 200), whole('average', 60, 20, 200), LIQUID],
  named: ['n', 'average'],
  build: (c, p, draw) =>
    byScore(c, draw, {
      universe: all(c, liquid(c, p.liquid!), withTrend(c, p.average!, draw.side)),
      score: c.op('pctChange', [c.field('close')], [p.n!]),
      wish: { exits: 1, weights: ['equal', 'rank'] },
    }),
}

/** Factors that stand on their own, by their literature. */
const SINGLE = [
  'skippedMomentum',
  'riskAdjustedMomentum',
  'trendQuality',
  'nearHigh',
  'lowVolatility',
  'lowRange',
  'noLottery',
  'shortReversal',
  'quietVolume',
  'priceVolumeDivergence',
  'groupMomentum',
  'revenueCatalyst',
  'earningsCatalyst',
]

/** The rank of one or more factors of the list that the panel can feed, each with parameters of its own. */
function drawnFactors(c: Composer, draw: PortfolioDraw, names: readonly string[], count: number) {
  const usable = FACTORS.filter(
    (entry) =>
      names.includes(entry.name) &&
      entry.requires.every((name) => c.fields.has(name)) &&
      !(entry.needsGroup && c.groups.length === 0),
  )
  return draw.rng
    .shuffle(usable)
    .slice(0, count)
    .map((entry) => {
      const params = drawEntry(draw.rng, entry, draw.longestWindow)
      return { ref: c.op('rank', [entry.build(c, params)]), label: entryLabel(entry, params) }
    })
}

const factorTemplate: TemplateEntry = {
  kind: 'template',
  name: 'factor',
  title: 'Factor',
  doc: 'the best by one factor of the library, smoothed over a few bars to trade less',
  requires: [],
  params: [whole('smooth', 5, 2, 20), LIQUID],
  named: [],
  build: (c, p, draw) => {
    const drawn = drawnFactors(c, draw, SINGLE, 1)[0]!
    return {
      label: drawn.label,
      ...byScore(c, draw, {
        universe: liquid(c, p.liquid!),
        score: c.op('sma', [drawn.ref], [p.smooth!]),
        wish: { weights: ['equal', 'rank', inverse(60)] },
        fewest: 10,
      }),
    }
  },
}

const combination: TemplateEntry = {
  kind: 'template',
  name: 'combination',
  title: 'Combination',
  doc: 'the best by the mean rank of momentum, low volatility and one or two more factors of the library',
  requires: [],
  params: [whole('n', 120, 40, 250), whole('volatility', 60, 20, 250), real('weight', 1, 0.3, 2), LIQUID],
  named: ['n', 'volatility'],
  build: (c, p, draw) => {
    const base = c.op('add', [
      c.op('rank', [momentum(c, p.n!, Math.floor(p.n! / 10))]),
      c.op('mul', [c.op('rank', [lowVolatility(c, p.volatility!)]), p.weight!]),
    ])
    const names = SINGLE.filter((name) => name !== 'lowVolatility' && name !== 'skippedMomentum')
    const more = drawnFactors(c, draw, names, draw.rng.int(1, 2))
    return {
      label: more.map(({ label }) => label).join(' + '),
      ...byScore(c, draw, {
        universe: liquid(c, p.liquid!),
        score: more.reduce((sum, { ref }) => c.op('add', [sum, ref]), base),
        wish: { weights: ['equal', 'rank', inverse(60)], exits: 0.15 },
        fewest: 10,
      }),
    }
  },
}

const meanReversion: TemplateEntry = {
  kind: 'template',
  name: 'mean-reversion',
  title: 'Mean reversion',
  doc: 'what fell most below its short average while its long trend is up',
  requires: [],
  params: [whole('n', 10, 3, 30), whole('trend', 120, 50, 200), LIQUID],
  named: ['n', 'trend'],
  build: (c, p, draw) => {
    const close = c.field('close')
    const stretch =
      draw.rng.next() < 0.5
        ? c.op('zscore', [close], [Math.max(5, p.n!)])
        : draw.rng.next() < 0.5
          ? c.op('rsi', [close], [p.n!])
          : c.op('pctChange', [close], [p.n!])
    return byScore(c, draw, {
      universe: all(c, liquid(c, p.liquid!), withTrend(c, p.trend!, draw.side)),
      score: c.op('neg', [stretch]),
      wish: {
        rebalances: ['weekly', { every: 5 }],
        exits: 0.3,
        exitNames: ['profitTarget', 'timeExit', 'stopLoss'],
      },
      fewest: 10,
    })
  },
}

const breakoutTrend: TemplateEntry = {
  kind: 'template',
  name: 'breakout-trend',
  title: 'Breakout trend',
  doc: 'joins a breakout in an established trend (fast over slow average), leaves when the trend turns',
  requires: [],
  longOnly: true,
  params: [whole('n', 20, 5, 100), whole('fast', 20, 5, 60), whole('slow', 100, 40, 200), LIQUID],
  settle: fastBelowSlow,
  named: ['n', 'fast', 'slow'],
  build: (c, p, draw) => {
    const close = c.field('close')
    const trend = c.op('gt', [c.op('sma', [close], [p.fast!]), c.op('sma', [close], [p.slow!])])
    const high = c.op('ge', [close, c.op('tsMax', [close], [p.n!])])
    return {
      universe: liquid(c, p.liquid!),
      rule: {
        kind: 'signals',
        enter: c.op('and', [trend, high]),
        exit: c.op('lt', [close, c.op('sma', [close], [p.slow!])]),
      },
      portfolio: drawPortfolio(draw, { weights: ['equal', inverse(60)], exits: 0.4 }),
    }
  },
}

const volatilityAdaptive: TemplateEntry = {
  kind: 'template',
  name: 'volatility-adaptive',
  title: 'Volatility adaptive',
  doc:
    'the strongest symbols, each weighted by the inverse of its volatility, and less of all of them while the ' +
    'market is more volatile than it was on average',
  requires: [],
  longOnly: true,
  params: [whole('n', 90, 20, 250), whole('volatility', 40, 10, 120), whole('average', 120, 40, 250), LIQUID],
  named: ['n', 'volatility'],
  build: (c, p, draw) => {
    const deviation = c.op('std', [c.field('returns')], [p.volatility!])
    const strength = c.op('div', [c.op('pctChange', [c.field('close')], [p.n!]), deviation])
    const high = mostNames(draw.symbols)
    const chosen = c.op('top', [strength], [draw.rng.int(Math.min(8, high), high)])
    const weights = c.op('scale', [c.op('where', [chosen, c.op('div', [1, deviation]), 0])])
    const market = marketVolatility(c, 20)
    const room = c.op('clip', [c.op('div', [c.op('sma', [market], [p.average!]), market])], [0.25, 1])
    return {
      universe: liquid(c, p.liquid!),
      rule: { kind: 'weights', weights: c.op('mul', [weights, room]) },
      portfolio: drawPortfolio(draw, { exits: 0.2 }),
    }
  },
}

const dualMomentum: TemplateEntry = {
  kind: 'template',
  name: 'dual-momentum',
  title: 'Dual momentum',
  doc: 'the strongest against the others, and only those that also rose themselves (Antonacci 2014)',
  requires: [],
  params: [whole('relative', 90, 20, 250), whole('absolute', 120, 20, 250), LIQUID],
  named: ['relative', 'absolute'],
  build: (c, p, draw) => {
    const close = c.field('close')
    const own = c.op('pctChange', [close], [p.absolute!])
    const rose = draw.side === 'longShort' ? undefined : c.op(draw.side === 'long' ? 'gt' : 'lt', [own, 0])
    return byScore(c, draw, {
      universe: all(c, liquid(c, p.liquid!), rose),
      score: c.op('pctChange', [close], [p.relative!]),
      wish: { weights: ['equal', 'rank', inverse(60)], exits: 0.2 },
    })
  },
}

const regimeAdaptive: TemplateEntry = {
  kind: 'template',
  name: 'regime-adaptive',
  title: 'Regime adaptive',
  doc: 'momentum while most symbols stand above their average, low volatility while they do not',
  requires: [],
  params: [
    whole('breadth', 100, 40, 200),
    whole('n', 90, 20, 250),
    whole('volatility', 60, 20, 250),
    real('level', 0, -0.4, 0.3),
    LIQUID,
  ],
  named: ['n', 'volatility', 'breadth'],
  build: (c, p, draw) =>
    byScore(c, draw, {
      universe: liquid(c, p.liquid!),
      score: c.op('where', [
        c.op('gt', [breadth(c, p.breadth!), p.level!]),
        c.op('rank', [momentum(c, p.n!, Math.floor(p.n! / 10))]),
        c.op('rank', [lowVolatility(c, p.volatility!)]),
      ]),
      wish: { weights: ['equal', 'rank', inverse(60)], exits: 0.15 },
      fewest: 10,
    }),
}

/** Whole strategies with parameters, to begin a search from. */
export const TEMPLATES: readonly TemplateEntry[] = [
  turtle,
  mastiff,
  momentumTemplate,
  momentumExit,
  factorTemplate,
  combination,
  meanReversion,
  breakoutTrend,
  volatilityAdaptive,
  dualMomentum,
  regimeAdaptive,
]
