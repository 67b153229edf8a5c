/**
 * The "101 Formulaic Alphas": Zura Kakushadze, Wilmott Magazine 84 (2016), arXiv:1601.00991, appendix A. Each is
 * written in the expressions of strategies, from the definitions of the paper's functions:
 * - rank, scale, delta, decay_linear, ts_min, ts_max, product, stddev are operators of the same meaning; delay is lag,
 *   correlation corr, covariance cov; indneutralize(x, g) is groupDemean(x, g).
 * - ts_rank is tsRank: a percentile in (0, 1].
 * - ts_argmax and ts_argmin are places in the window counted from its oldest bar, 1 … d, the newest is d.
 * - adv{d} is the mean dollar volume of d bars.
 * - A window that is no whole number is rounded down, as the appendix says.
 * - A correlation that takes ranks is 0 where one side does not move in the window: ranks often stand still for a few
 *   bars, and a missing correlation would take all windows over it with it. Any other is missing there.
 * - A comparison that is calculated with is 1 where it holds and 0 where not, and missing where a side is; a choice
 *   between two values is missing where its condition is: what is not known is not a no.
 */
export interface FactorFormula {
  readonly formula: string
  /** How the source was read where it leaves a choice, or what to know before using it. */
  readonly note?: string
}

const adv = (bars: number) => `dollarVolume.sma(${bars})`
const mid = 'high.add(low).div(2)'

/** Place of the largest or smallest value in the window, counted from the oldest bar. */
const placeOfMax = (x: string, bars: number) => `sub(${bars}, argMax(${x}, ${bars}))`
const placeOfMin = (x: string, bars: number) => `sub(${bars}, argMin(${x}, ${bars}))`

/** a < b as a number; exact, because the difference of unequal doubles is never 0. */
const less = (a: string, b: string) => `${b}.sub(${a}).sign().max(0)`

/** A choice that depends on x. */
const choice = (x: string, value: string) => `where(isNaN(${x}), ${x}, ${value})`

/** Correlation, and 0 where a side is constant: there the covariance is 0, while it too is missing without data. */
const rankCorr = (a: string, b: string, bars: number) =>
  `where(isNaN(corr(${a}, ${b}, ${bars})), cov(${a}, ${b}, ${bars}), corr(${a}, ${b}, ${bars}))`

/** w·a + (1 − w)·b. */
const mix = (a: string, w: number, b: string) =>
  `${a}.mul(${w}).add(${b}.mul(${Number((1 - w).toPrecision(12))}))`

const neutral = (x: string, level: 'sector' | 'industry' | 'subindustry') =>
  `groupDemean(${x}, group('${level}'))`

const fromOldest =
  'the place of an extreme is counted from the oldest bar of the window (the newest is d); of equal extremes the most recent counts'
const unlikeUnits =
  "compares volume in shares with mean dollar volume, as the paper writes it; name the field for shares on both sides: { dollarVolume: 'volume' }"
const pairwise = 'min and max of two expressions are taken cell by cell'
const sameTwice = 'the paper mixes a price with itself in two weights that add up to 1: the price'

const change = 'close.delta(1)'
const trend = 'close.lag(20).sub(close.lag(10)).div(10).sub(close.lag(10).sub(close).div(10))'
const slowRise = 'close.sma(100).delta(100).div(close.lag(100))'
const relativeVolume = `volume.div(${adv(20)})`
const range5 = 'high.sub(low).div(close.sma(5))'
const flow = 'close.sub(low).sub(high.sub(close)).div(high.sub(low)).mul(volume)'
const openReturn = 'open.sum(5).mul(returns.sum(5))'

const followOrRevert = (bars: number) =>
  choice(
    `${change}.tsMin(${bars})`,
    `where(${change}.tsMin(${bars}).gt(0), ${change}, where(${change}.tsMax(${bars}).lt(0), ${change}, ${change}.neg()))`,
  )

const FORMULAS: Readonly<Record<number, FactorFormula>> = {
  1: {
    formula: `rank(${placeOfMax(
      `${choice('returns.std(20)', 'where(returns.lt(0), returns.std(20), close)')}.pow(2)`,
      5,
    )}).sub(0.5)`,
    note: `${fromOldest}; the signed power of what is never negative is its power`,
  },
  2: { formula: `${rankCorr('rank(volume.log().delta(2))', 'rank(close.sub(open).div(open))', 6)}.neg()` },
  3: { formula: `${rankCorr('rank(open)', 'rank(volume)', 10)}.neg()` },
  4: { formula: 'rank(low).tsRank(9).neg()' },
  5: { formula: 'rank(open.sub(vwap.sma(10))).mul(rank(close.sub(vwap)).abs().neg())' },
  6: { formula: 'corr(open, volume, 10).neg()' },
  7: {
    formula: choice(
      adv(20),
      `where(${adv(20)}.lt(volume), close.delta(7).abs().tsRank(60).neg().mul(close.delta(7).sign()), -1)`,
    ),
    note: `${unlikeUnits}; with prices above 1 nearly every value is −1 otherwise`,
  },
  8: { formula: `rank(${openReturn}.sub(${openReturn}.lag(10))).neg()` },
  9: { formula: followOrRevert(5) },
  10: { formula: `rank(${followOrRevert(4)})` },
  11: {
    formula: 'rank(vwap.sub(close).tsMax(3)).add(rank(vwap.sub(close).tsMin(3))).mul(rank(volume.delta(3)))',
  },
  12: { formula: `volume.delta(1).sign().mul(${change}.neg())` },
  13: { formula: 'rank(cov(rank(close), rank(volume), 5)).neg()' },
  14: { formula: 'rank(returns.delta(3)).neg().mul(corr(open, volume, 10))' },
  15: { formula: `rank(${rankCorr('rank(high)', 'rank(volume)', 3)}).sum(3).neg()` },
  16: { formula: 'rank(cov(rank(high), rank(volume), 5)).neg()' },
  17: {
    formula: `rank(close.tsRank(10)).neg().mul(rank(${change}.delta(1))).mul(rank(${relativeVolume}.tsRank(5)))`,
  },
  18: { formula: 'rank(close.sub(open).abs().std(5).add(close.sub(open)).add(corr(close, open, 10))).neg()' },
  19: {
    formula:
      'close.sub(close.lag(7)).add(close.delta(7)).sign().neg().mul(rank(returns.sum(250).add(1)).add(1))',
  },
  20: {
    formula:
      'rank(open.sub(high.lag(1))).neg().mul(rank(open.sub(close.lag(1)))).mul(rank(open.sub(low.lag(1))))',
  },
  21: {
    formula: choice(
      relativeVolume,
      `where(close.sma(8).add(close.std(8)).lt(close.sma(2)), -1, where(close.sma(2).lt(close.sma(8).sub(close.std(8))), 1, where(${relativeVolume}.ge(1), 1, -1)))`,
    ),
    note: unlikeUnits,
  },
  22: { formula: 'corr(high, volume, 5).delta(5).mul(rank(close.std(20))).neg()' },
  23: { formula: choice('high.sma(20)', 'where(high.sma(20).lt(high), high.delta(2).neg(), 0)') },
  24: {
    formula: choice(
      slowRise,
      `where(${slowRise}.le(0.05), close.sub(close.tsMin(100)).neg(), close.delta(3).neg())`,
    ),
  },
  25: { formula: `rank(returns.neg().mul(${adv(20)}).mul(vwap).mul(high.sub(close)))` },
  26: { formula: `${rankCorr('volume.tsRank(5)', 'high.tsRank(5)', 5)}.tsMax(3).neg()` },
  27: {
    formula: choice(
      `rank(${rankCorr('rank(volume)', 'rank(vwap)', 6)}.sum(2).div(2))`,
      `where(rank(${rankCorr('rank(volume)', 'rank(vwap)', 6)}.sum(2).div(2)).gt(0.5), -1, 1)`,
    ),
  },
  28: { formula: `scale(corr(${adv(20)}, low, 5).add(${mid}).sub(close))` },
  29: {
    formula:
      'rank(rank(scale(rank(rank(rank(close.sub(1).delta(5)).neg())).tsMin(2).sum(1).log()))).product(1).tsMin(5).add(returns.neg().lag(6).tsRank(5))',
    note: 'min(x, 5) is the smallest of five bars',
  },
  30: {
    formula: `sub(1, rank(${change}.sign().add(${change}.lag(1).sign()).add(${change}.lag(2).sign()))).mul(volume.sum(5)).div(volume.sum(20))`,
  },
  31: {
    formula: `rank(rank(rank(rank(rank(close.delta(10))).neg().decayLinear(10)))).add(rank(close.delta(3).neg())).add(scale(corr(${adv(20)}, low, 12)).sign())`,
  },
  32: { formula: 'scale(close.sma(7).sub(close)).add(scale(corr(vwap, close.lag(5), 230)).mul(20))' },
  33: { formula: 'rank(sub(1, open.div(close)).neg())', note: 'the power of 1 is left out' },
  34: {
    formula: `rank(sub(1, rank(returns.std(2).div(returns.std(5)))).add(sub(1, rank(${change}))))`,
  },
  35: {
    formula:
      'volume.tsRank(32).mul(sub(1, close.add(high).sub(low).tsRank(16))).mul(sub(1, returns.tsRank(32)))',
  },
  36: {
    formula: `rank(corr(close.sub(open), volume.lag(1), 15)).mul(2.21).add(rank(open.sub(close)).mul(0.7)).add(rank(returns.neg().lag(6).tsRank(5)).mul(0.73)).add(rank(corr(vwap, ${adv(20)}, 6).abs())).add(rank(close.sma(200).sub(open).mul(close.sub(open))).mul(0.6))`,
  },
  37: { formula: 'rank(corr(open.sub(close).lag(1), close, 200)).add(rank(open.sub(close)))' },
  38: { formula: 'rank(close.tsRank(10)).neg().mul(rank(close.div(open)))' },
  39: {
    formula: `rank(close.delta(7).mul(sub(1, rank(${relativeVolume}.decayLinear(9))))).neg().mul(rank(returns.sum(250)).add(1))`,
  },
  40: { formula: 'rank(high.std(10)).neg().mul(corr(high, volume, 10))' },
  41: { formula: 'high.mul(low).pow(0.5).sub(vwap)' },
  42: { formula: 'rank(vwap.sub(close)).div(rank(vwap.add(close)))' },
  43: { formula: `${relativeVolume}.tsRank(20).mul(close.delta(7).neg().tsRank(8))` },
  44: { formula: `${rankCorr('high', 'rank(volume)', 5)}.neg()` },
  45: {
    formula:
      'rank(close.lag(5).sma(20)).mul(corr(close, volume, 2)).mul(rank(corr(close.sum(5), close.sum(20), 2))).neg()',
    note: 'correlations over two bars are 1 or −1',
  },
  46: {
    formula: choice(trend, `where(${trend}.gt(0.25), -1, where(${trend}.lt(0), 1, ${change}.neg()))`),
  },
  47: {
    formula: `rank(div(1, close)).mul(volume).div(${adv(20)}).mul(high.mul(rank(high.sub(close))).div(high.sma(5))).sub(rank(vwap.sub(vwap.lag(5))))`,
  },
  48: {
    formula: `${neutral(
      `corr(${change}, close.lag(1).delta(1), 250).mul(${change}).div(close)`,
      'subindustry',
    )}.div(${change}.div(close.lag(1)).pow(2).sum(250))`,
  },
  49: { formula: choice(trend, `where(${trend}.lt(-0.1), 1, ${change}.neg())`) },
  50: { formula: `rank(${rankCorr('rank(volume)', 'rank(vwap)', 5)}).tsMax(5).neg()` },
  51: { formula: choice(trend, `where(${trend}.lt(-0.05), 1, ${change}.neg())`) },
  52: {
    formula:
      'low.tsMin(5).lag(5).sub(low.tsMin(5)).mul(rank(returns.sum(240).sub(returns.sum(20)).div(220))).mul(volume.tsRank(5))',
  },
  53: {
    formula: 'close.sub(low).sub(high.sub(close)).div(close.sub(low)).delta(9).neg()',
    note: 'missing where the close is the low',
  },
  54: {
    formula: 'low.sub(close).mul(open.pow(5)).neg().div(low.sub(high).mul(close.pow(5)))',
    note: 'missing where the high is the low',
  },
  55: {
    formula: `${rankCorr('rank(close.sub(low.tsMin(12)).div(high.tsMax(12).sub(low.tsMin(12))))', 'rank(volume)', 6)}.neg()`,
  },
  56: {
    formula: 'rank(returns.sum(10).div(returns.sum(2).sum(3))).mul(rank(returns.mul(cap))).neg()',
    note: 'cap is the market capitalisation',
  },
  57: {
    formula: `close.sub(vwap).div(rank(${placeOfMax('close', 30)}).decayLinear(2)).neg()`,
    note: fromOldest,
  },
  58: { formula: `corr(${neutral('vwap', 'sector')}, volume, 3).decayLinear(7).tsRank(5).neg()` },
  59: {
    formula: `corr(${neutral('vwap', 'industry')}, volume, 4).decayLinear(16).tsRank(8).neg()`,
    note: sameTwice,
  },
  60: {
    formula: `scale(rank(${flow})).mul(2).sub(scale(rank(${placeOfMax('close', 10)}))).neg()`,
    note: fromOldest,
  },
  61: { formula: less('rank(vwap.sub(vwap.tsMin(16)))', `rank(corr(vwap, ${adv(180)}, 17))`) },
  62: {
    formula: `${less(
      `rank(corr(vwap, ${adv(20)}.sum(22), 9))`,
      `rank(${less('rank(open).add(rank(open))', `rank(${mid}).add(rank(high))`)})`,
    )}.neg()`,
  },
  63: {
    formula: `rank(${neutral('close', 'industry')}.delta(2).decayLinear(8)).sub(rank(corr(${mix('vwap', 0.318108, 'open')}, ${adv(180)}.sum(37), 13).decayLinear(12))).neg()`,
  },
  64: {
    formula: `${less(
      `rank(corr(${mix('open', 0.178404, 'low')}.sum(12), ${adv(120)}.sum(12), 16))`,
      `rank(${mix(mid, 0.178404, 'vwap')}.delta(3))`,
    )}.neg()`,
  },
  65: {
    formula: `${less(
      `rank(corr(${mix('open', 0.00817205, 'vwap')}, ${adv(60)}.sum(8), 6))`,
      'rank(open.sub(open.tsMin(13)))',
    )}.neg()`,
  },
  66: {
    formula: `rank(vwap.delta(3).decayLinear(7)).add(low.sub(vwap).div(open.sub(${mid})).decayLinear(11).tsRank(6)).neg()`,
    note: sameTwice,
  },
  67: {
    formula: `rank(high.sub(high.tsMin(2))).pow(rank(corr(${neutral('vwap', 'sector')}, ${neutral(adv(20), 'subindustry')}, 6))).neg()`,
  },
  68: {
    formula: `${less(
      `${rankCorr('rank(high)', `rank(${adv(15)})`, 8)}.tsRank(13)`,
      `rank(${mix('close', 0.518371, 'low')}.delta(1))`,
    )}.neg()`,
  },
  69: {
    formula: `rank(${neutral('vwap', 'industry')}.delta(2).tsMax(4)).pow(corr(${mix('close', 0.490655, 'vwap')}, ${adv(20)}, 4).tsRank(9)).neg()`,
  },
  70: {
    formula: `rank(vwap.delta(1)).pow(corr(${neutral('close', 'industry')}, ${adv(50)}, 17).tsRank(17)).neg()`,
  },
  71: {
    formula: `max(${rankCorr('close.tsRank(3)', `${adv(180)}.tsRank(12)`, 18)}.decayLinear(4).tsRank(15), rank(low.add(open).sub(vwap.add(vwap))).pow(2).decayLinear(16).tsRank(4))`,
    note: pairwise,
  },
  72: {
    formula: `rank(corr(${mid}, ${adv(40)}, 8).decayLinear(10)).div(rank(${rankCorr('vwap.tsRank(3)', 'volume.tsRank(18)', 6)}.decayLinear(2)))`,
  },
  73: {
    formula: `max(rank(vwap.delta(4).decayLinear(2)), ${mix('open', 0.147155, 'low')}.delta(2).div(${mix('open', 0.147155, 'low')}).neg().decayLinear(3).tsRank(16)).neg()`,
    note: pairwise,
  },
  74: {
    formula: `${less(
      `rank(corr(close, ${adv(30)}.sum(37), 15))`,
      `rank(${rankCorr(`rank(${mix('high', 0.0261661, 'vwap')})`, 'rank(volume)', 11)})`,
    )}.neg()`,
  },
  75: {
    formula: less('rank(corr(vwap, volume, 4))', `rank(${rankCorr('rank(low)', `rank(${adv(50)})`, 12)})`),
  },
  76: {
    formula: `max(rank(vwap.delta(1).decayLinear(11)), corr(${neutral('low', 'sector')}, ${adv(81)}, 8).tsRank(19).decayLinear(17).tsRank(19)).neg()`,
    note: pairwise,
  },
  77: {
    formula: `min(rank(${mid}.add(high).sub(vwap.add(high)).decayLinear(20)), rank(corr(${mid}, ${adv(40)}, 3).decayLinear(5)))`,
    note: pairwise,
  },
  78: {
    formula: `rank(corr(${mix('low', 0.352233, 'vwap')}.sum(19), ${adv(40)}.sum(19), 6)).pow(rank(${rankCorr('rank(vwap)', 'rank(volume)', 5)}))`,
  },
  79: {
    formula: less(
      `rank(${neutral(mix('close', 0.60733, 'open'), 'sector')}.delta(1))`,
      `rank(${rankCorr('vwap.tsRank(3)', `${adv(150)}.tsRank(9)`, 14)})`,
    ),
  },
  80: {
    formula: `rank(${neutral(mix('open', 0.868128, 'high'), 'industry')}.delta(4).sign()).pow(corr(high, ${adv(10)}, 5).tsRank(5)).neg()`,
  },
  81: {
    formula: `${less(
      `rank(rank(rank(corr(vwap, ${adv(10)}.sum(49), 8)).pow(4)).product(14).log())`,
      `rank(${rankCorr('rank(vwap)', 'rank(volume)', 5)})`,
    )}.neg()`,
  },
  82: {
    formula: `min(rank(open.delta(1).decayLinear(14)), corr(${neutral('volume', 'sector')}, open, 17).decayLinear(6).tsRank(13)).neg()`,
    note: `${pairwise}; ${sameTwice}`,
  },
  83: {
    formula: `rank(${range5}.lag(2)).mul(rank(rank(volume))).div(${range5}.div(vwap.sub(close)))`,
    note: 'missing where the high is the low or the close is the vwap',
  },
  84: {
    formula: 'vwap.sub(vwap.tsMax(15)).tsRank(20).pow(close.delta(4))',
    note: 'the signed power of what is never negative is its power',
  },
  85: {
    formula: `rank(corr(${mix('high', 0.876703, 'close')}, ${adv(30)}, 9)).pow(rank(${rankCorr(`${mid}.tsRank(3)`, 'volume.tsRank(10)', 7)}))`,
  },
  86: {
    formula: `${less(
      `corr(close, ${adv(20)}.sum(14), 6).tsRank(20)`,
      'rank(open.add(close).sub(vwap.add(open)))',
    )}.neg()`,
  },
  87: {
    formula: `max(rank(${mix('close', 0.369701, 'vwap')}.delta(1).decayLinear(2)), corr(${neutral(adv(81), 'industry')}, close, 13).abs().decayLinear(4).tsRank(14)).neg()`,
    note: pairwise,
  },
  88: {
    formula: `min(rank(rank(open).add(rank(low)).sub(rank(high).add(rank(close))).decayLinear(8)), ${rankCorr('close.tsRank(8)', `${adv(60)}.tsRank(20)`, 8)}.decayLinear(6).tsRank(2))`,
    note: pairwise,
  },
  89: {
    formula: `corr(low, ${adv(10)}, 6).decayLinear(5).tsRank(3).sub(${neutral('vwap', 'industry')}.delta(3).decayLinear(10).tsRank(15))`,
    note: sameTwice,
  },
  90: {
    formula: `rank(close.sub(close.tsMax(4))).pow(corr(${neutral(adv(40), 'subindustry')}, low, 5).tsRank(3)).neg()`,
  },
  91: {
    formula: `corr(${neutral('close', 'industry')}, volume, 9).decayLinear(16).decayLinear(3).tsRank(4).sub(rank(corr(vwap, ${adv(30)}, 4).decayLinear(2))).neg()`,
  },
  92: {
    formula: `min(${less(`${mid}.add(close)`, 'low.add(open)')}.decayLinear(14).tsRank(18), ${rankCorr('rank(low)', `rank(${adv(30)})`, 7)}.decayLinear(6).tsRank(6))`,
    note: pairwise,
  },
  93: {
    formula: `corr(${neutral('vwap', 'industry')}, ${adv(81)}, 17).decayLinear(19).tsRank(7).div(rank(${mix('close', 0.524434, 'vwap')}.delta(2).decayLinear(16)))`,
  },
  94: {
    formula: `rank(vwap.sub(vwap.tsMin(11))).pow(${rankCorr('vwap.tsRank(19)', `${adv(60)}.tsRank(4)`, 18)}.tsRank(2)).neg()`,
  },
  95: {
    formula: less(
      'rank(open.sub(open.tsMin(12)))',
      `rank(corr(${mid}.sum(19), ${adv(40)}.sum(19), 12)).pow(5).tsRank(11)`,
    ),
  },
  96: {
    formula: `max(${rankCorr('rank(vwap)', 'rank(volume)', 3)}.decayLinear(4).tsRank(8), ${placeOfMax(
      rankCorr('close.tsRank(7)', `${adv(60)}.tsRank(4)`, 3),
      12,
    )}.decayLinear(14).tsRank(13)).neg()`,
    note: `${pairwise}; ${fromOldest}`,
  },
  97: {
    formula: `rank(${neutral(mix('low', 0.721001, 'vwap'), 'industry')}.delta(3).decayLinear(20)).sub(${rankCorr('low.tsRank(7)', `${adv(60)}.tsRank(17)`, 4)}.tsRank(18).decayLinear(15).tsRank(6)).neg()`,
  },
  98: {
    formula: `rank(corr(vwap, ${adv(5)}.sum(26), 4).decayLinear(7)).sub(rank(${placeOfMin(
      rankCorr('rank(open)', `rank(${adv(15)})`, 20),
      8,
    )}.tsRank(6).decayLinear(8)))`,
    note: fromOldest,
  },
  99: {
    formula: `${less(
      `rank(corr(${mid}.sum(19), ${adv(60)}.sum(19), 8))`,
      'rank(corr(low, volume, 6))',
    )}.neg()`,
  },
  100: {
    formula: `scale(${neutral(neutral(`rank(${flow})`, 'subindustry'), 'subindustry')}).mul(1.5).sub(scale(${neutral(
      `${rankCorr('close', `rank(${adv(20)})`, 5)}.sub(rank(${placeOfMin('close', 30)}))`,
      'subindustry',
    )})).mul(${relativeVolume}).neg()`,
    note: fromOldest,
  },
  101: { formula: 'close.sub(open).div(high.sub(low).add(0.001))' },
}

const standsStill = 'a correlation that takes ranks is 0 where one side does not move in its window'

/** By number, 1 … 101. */
export const ALPHA101: Readonly<Record<number, FactorFormula>> = Object.fromEntries(
  Object.entries(FORMULAS).map(([number, { formula, note }]) => {
    const notes = [note, formula.includes('isNaN(corr(') ? standsStill : undefined].filter(
      (one) => one !== undefined,
    )
    return [number, { formula, ...(notes.length > 0 ? { note: notes.join('; ') } : {}) }]
  }),
)
