import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createPanel } from '../../src/data/panel.js'
import { factorValues } from '../../src/research/factor-values.js'
import {
  abs,
  adx,
  aroon,
  atr,
  bollinger,
  cci,
  corr,
  donchian,
  type Expr,
  efficiencyRatio,
  field,
  keltner,
  log,
  macd,
  max,
  mfi,
  min,
  type Numeric,
  obv,
  type PanelExpr,
  rsi,
  sqrt,
  stochastic,
  streak,
  supertrend,
  williamsR,
} from '../../src/strategy/api.js'
import { days } from '../backtest/make.js'
import { sharedData } from '../support/shared-data.js'

const QUOTES = sharedData('indicator-vectors/quotes/default.csv')
const OTHER = sharedData('indicator-vectors/quotes/compare.csv')
const RESULTS = sharedData('indicator-vectors/results')

type Row = Readonly<Record<string, unknown>>

interface Published {
  /** File and key of the published value. */
  readonly of: string
  readonly ours: Expr
  /** First bar compared; later than the first value where averages that start otherwise have to wear off. */
  readonly from: number
  /** Bars that the definitions tell apart. */
  readonly except?: readonly number[]
  /** What of the published values is compared, where not the value itself. */
  readonly theirs?: (value: number, row: Row) => number
}

const open = field('open')
const high = field('high')
const low = field('low')
const close = field('close')
const volume = field('volume')
const other = field('other')
const returns = field('returns')
const middle = high.add(low).div(2)
const trueRange = atr(1)
const before = close.lag(1)
const upMove = max(close.delta(1), 0)
const downMove = max(close.delta(1).neg(), 0)
const moneyFlow = close.mul(2).sub(low).sub(high).div(high.sub(low))
const { adx: strength, plusDi, minusDi } = adx(14)
const bands = bollinger(close, 20, 2)
const range20 = donchian(20)
const macdLines = macd(close, 12, 26, 9)
const slow = stochastic(14, 3, 3)
const jaw = middle.wilder(13).lag(8)
const teeth = middle.wilder(8).lag(5)
const lips = middle.wilder(5).lag(3)
/** Deviation of the last n values about their mean, ddof 0. */
const deviation = (x: PanelExpr, n: number) => x.std(n).mul(Math.sqrt((n - 1) / n))
const twice = (x: PanelExpr, span: number) => x.ema(span).ema(span)
const sign = (x: Numeric) => streak(close.gt(x)).sub(streak(close.lt(x)))
const rsi14 = rsi(close, 14)
const roc = (n: number) => close.pctChange(n).mul(100)
const volumeMacd = volume.ema(12).sub(volume.ema(26)).div(volume.ema(26)).mul(100)
const pmo = roc(1).ema(34).mul(10).ema(19)
const tsi = close
  .delta(1)
  .ema(25)
  .ema(13)
  .div(abs(close.delta(1)).ema(25).ema(13))
  .mul(100)
const smi = close
  .sub(high.tsMax(13).add(low.tsMin(13)).div(2))
  .ema(25)
  .ema(2)
  .div(high.tsMax(13).sub(low.tsMin(13)).ema(25).ema(2).div(2))
  .mul(100)
const stochRsi = rsi14
  .sub(rsi14.tsMin(14))
  .div(rsi14.tsMax(14).sub(rsi14.tsMin(14)))
  .mul(100)
const hull = (x: PanelExpr, n: number) =>
  x
    .decayLinear(Math.floor(n / 2))
    .mul(2)
    .sub(x.decayLinear(n))
    .decayLinear(Math.floor(Math.sqrt(n)))
const buyingPressure = (n: number) => close.sub(min(low, before)).sum(n).div(trueRange.sum(n))

/** Gaussian weights over 9 bars around 0.85 of the window. */
function alma(): PanelExpr {
  const weights = Array.from({ length: 9 }, (_, i) => Math.exp(-((i - 0.85 * 8) ** 2) / (2 * 1.5 ** 2)))
  const total = weights.reduce((sum, w) => sum + w, 0)
  return weights
    .map((w, i): PanelExpr => (i === 8 ? close : close.lag(8 - i)).mul(w / total))
    .reduce((sum, term) => sum.add(term))
}

/** Tillson's average: six exponential means, volume factor 0.7. */
function t3(): PanelExpr {
  const a = 0.7
  const e = [close.ema(5)]
  while (e.length < 6) e.push(e.at(-1)!.ema(5))
  return e[5]!
    .mul(-(a ** 3))
    .add(e[4]!.mul(3 * a ** 2 + 3 * a ** 3))
    .add(e[3]!.mul(-6 * a ** 2 - 3 * a - 3 * a ** 3))
    .add(e[2]!.mul(1 + 3 * a + a ** 3 + 3 * a ** 2))
}

/** Seeds of recursive averages differ (theirs: the mean of the first n); 1/n-averages of 14 need so many bars. */
const WORN_OFF = 420
/** Theirs is the first of equal extremes, ours the most recent. */
const AROON_TIES = [193, 232]
/** Bars that returned what one of the 100 before did: ties count half here, not at all there. */
const RETURN_TIES = [419, 444]

const CASES: readonly Published[] = [
  // One operator each.
  { of: 'barpart.value', ours: close, from: 0 },
  { of: 'sma.sma', ours: close.sma(20), from: 19 },
  { of: 'ema.ema', ours: close.ema(20), from: 300 },
  { of: 'wma.wma', ours: close.decayLinear(14), from: 13 },
  { of: 'smma.smma', ours: close.wilder(20), from: 19 },
  { of: 'roc.momentum', ours: close.delta(14), from: 14 },
  { of: 'roc.roc', ours: roc(14), from: 14 },
  { of: 'corr.correlation', ours: corr(close, other, 20), from: 19 },
  { of: 'corr.covariance', ours: close.cov(other, 20).mul(19 / 20), from: 19 },
  { of: 'corr.varianceA', ours: other.var(20).mul(19 / 20), from: 19 },
  { of: 'corr.varianceB', ours: close.var(20).mul(19 / 20), from: 19 },
  { of: 'corr.rSquared', ours: corr(close, other, 20).pow(2), from: 19 },
  { of: 'beta.beta', ours: other.pctChange(1).beta(returns, 50), from: 50 },
  { of: 'beta.returnsEval', ours: other.pctChange(1), from: 1 },
  { of: 'beta.returnsMrkt', ours: returns, from: 1 },
  { of: 'rsi.rsi', ours: rsi14, from: 14 },
  { of: 'atr.atr', ours: atr(14), from: WORN_OFF },
  { of: 'atr.tr', ours: trueRange, from: 1 },
  { of: 'atr.atrp', ours: atr(14).div(close).mul(100), from: WORN_OFF },
  { of: 'tr.tr', ours: trueRange, from: 1 },
  { of: 'macd.macd', ours: macdLines.line, from: WORN_OFF },
  { of: 'macd.signal', ours: macdLines.signal, from: WORN_OFF },
  { of: 'macd.histogram', ours: macdLines.histogram, from: WORN_OFF },
  { of: 'macd.fastEma', ours: close.ema(12), from: 300 },
  { of: 'macd.slowEma', ours: close.ema(26), from: WORN_OFF },
  { of: 'bb.sma', ours: bands.middle, from: 19 },
  { of: 'bb.upperBand', ours: bands.upper, from: 19 },
  { of: 'bb.lowerBand', ours: bands.lower, from: 19 },
  { of: 'bb.percentB', ours: bands.percentB, from: 19 },
  { of: 'bb.width', ours: bands.width, from: 19 },
  { of: 'bb.zScore', ours: close.zscore(20).mul(Math.sqrt(20 / 19)), from: 19 },
  { of: 'stoch.k', ours: slow.k, from: 15 },
  { of: 'stoch.oscillator', ours: slow.k, from: 15 },
  { of: 'stoch.d', ours: slow.d, from: 17 },
  { of: 'stoch.signal', ours: slow.d, from: 17 },
  { of: 'stoch.j', ours: slow.k.mul(3).sub(slow.d.mul(2)), from: 17 },
  { of: 'stoch.percentJ', ours: slow.k.mul(3).sub(slow.d.mul(2)), from: 17 },
  { of: 'adx.pdi', ours: plusDi, from: 14 },
  { of: 'adx.mdi', ours: minusDi, from: 14 },
  { of: 'adx.dx', ours: abs(plusDi.sub(minusDi)).div(plusDi.add(minusDi)).mul(100), from: 14 },
  { of: 'adx.adx', ours: strength, from: 27 },
  { of: 'adx.adxr', ours: strength.add(strength.lag(14)).div(2), from: 41 },
  { of: 'cci.cci', ours: cci(20), from: 19 },
  { of: 'mfi.mfi', ours: mfi(14), from: 14 },
  { of: 'obv.obv', ours: obv(), from: 0 },
  { of: 'donchian.upperBand', ours: range20.upper.lag(1), from: 20 },
  { of: 'donchian.centerline', ours: range20.middle.lag(1), from: 20 },
  { of: 'donchian.lowerBand', ours: range20.lower.lag(1), from: 20 },
  { of: 'donchian.width', ours: range20.upper.sub(range20.lower).div(range20.middle).lag(1), from: 20 },
  { of: 'keltner.centerline', ours: keltner(20, 2).middle, from: 300 },
  { of: 'keltner.upperBand', ours: close.ema(20).add(atr(10).mul(2)), from: WORN_OFF },
  { of: 'keltner.lowerBand', ours: close.ema(20).sub(atr(10).mul(2)), from: WORN_OFF },
  { of: 'keltner.width', ours: atr(10).mul(4).div(close.ema(20)), from: WORN_OFF },
  { of: 'supertrend.superTrend', ours: supertrend(10, 3).line, from: WORN_OFF },
  {
    of: 'supertrend.upperBand',
    ours: supertrend(10, 3).direction,
    from: WORN_OFF,
    theirs: (_band, row) => (row.upperBand === null ? 1 : -1),
  },
  {
    of: 'supertrend.lowerBand',
    ours: supertrend(10, 3).direction,
    from: WORN_OFF,
    theirs: (_band, row) => (row.lowerBand === null ? -1 : 1),
  },
  { of: 'aroon.aroonUp', ours: aroon(25).up, from: 25, except: AROON_TIES },
  { of: 'aroon.aroonDown', ours: aroon(25).down, from: 25, except: AROON_TIES },
  { of: 'aroon.oscillator', ours: aroon(25).oscillator, from: 25, except: AROON_TIES },
  { of: 'willr.williamsR', ours: williamsR(14), from: 13 },
  { of: 'kama.er', ours: efficiencyRatio(close, 10), from: 10 },
  { of: 'slope.slope', ours: close.slope(14), from: 13 },
  { of: 'slope.rSquared', ours: close.rSquared(14), from: 13 },
  { of: 'slope.stdDev', ours: deviation(close, 14), from: 13 },
  { of: 'stdev.stdDev', ours: deviation(close, 14), from: 13 },
  { of: 'stdev.mean', ours: close.sma(14), from: 13 },
  { of: 'stdev.zScore', ours: close.sub(close.sma(14)).div(deviation(close, 14)), from: 13 },
  // Written with several.
  { of: 'adl.moneyFlowMultiplier', ours: moneyFlow, from: 0 },
  { of: 'adl.moneyFlowVolume', ours: moneyFlow.mul(volume), from: 0 },
  { of: 'chaikin-osc.moneyFlowMultiplier', ours: moneyFlow, from: 0 },
  { of: 'chaikin-osc.moneyFlowVolume', ours: moneyFlow.mul(volume), from: 0 },
  { of: 'cmf.moneyFlowMultiplier', ours: moneyFlow, from: 0 },
  { of: 'cmf.moneyFlowVolume', ours: moneyFlow.mul(volume), from: 0 },
  { of: 'cmf.cmf', ours: moneyFlow.mul(volume).sum(20).div(volume.sum(20)), from: 19 },
  { of: 'alligator.jaw', ours: jaw, from: 20 },
  { of: 'alligator.teeth', ours: teeth, from: 12 },
  { of: 'alligator.lips', ours: lips, from: 7 },
  { of: 'gator.upper', ours: abs(jaw.sub(teeth)), from: 20 },
  { of: 'gator.lower', ours: abs(teeth.sub(lips)).neg(), from: 12 },
  { of: 'alma.alma', ours: alma(), from: 8 },
  { of: 'awesome.oscillator', ours: middle.sma(5).sub(middle.sma(34)), from: 33 },
  { of: 'awesome.normalized', ours: middle.sma(5).sub(middle.sma(34)).div(middle).mul(100), from: 33 },
  { of: 'bop.bop', ours: close.sub(open).div(high.sub(low)).sma(14), from: 13 },
  { of: 'chexit.chandelierExit', ours: high.tsMax(22).sub(atr(22).mul(3)), from: 495 },
  {
    of: 'chop.chop',
    ours: log(trueRange.sum(14).div(max(high, before).tsMax(14).sub(min(low, before).tsMin(14)))).mul(
      100 / Math.log(14),
    ),
    from: 14,
  },
  {
    of: 'cmo.cmo',
    ours: upMove
      .sum(14)
      .sub(downMove.sum(14))
      .div(upMove.sum(14).add(downMove.sum(14)))
      .mul(100),
    from: 14,
  },
  { of: 'crsi.rsi', ours: rsi(close, 3), from: 3 },
  { of: 'crsi.streak', ours: sign(before), from: 1 },
  { of: 'crsi.rsiStreak', ours: rsi(sign(before), 2), from: 60 },
  { of: 'crsi.percentRank', ours: returns.tsRank(101).mul(101).sub(1), from: 101, except: RETURN_TIES },
  {
    of: 'crsi.connorsRsi',
    ours: rsi(close, 3)
      .add(rsi(sign(before), 2))
      .add(returns.tsRank(101).mul(101).sub(1))
      .div(3),
    from: 101,
    except: RETURN_TIES,
  },
  { of: 'dema.dema', ours: close.ema(14).mul(2).sub(twice(close, 14)), from: 300 },
  {
    of: 'tema.tema',
    ours: close.ema(20).mul(3).sub(twice(close, 20).mul(3)).add(twice(close, 20).ema(20)),
    from: WORN_OFF,
  },
  { of: 't3.t3', ours: t3(), from: 200 },
  { of: 'trix.ema3', ours: twice(close, 14).ema(14), from: 400 },
  { of: 'trix.trix', ours: twice(close, 14).ema(14).pctChange(1).mul(100), from: 400 },
  { of: 'elder-ray.ema', ours: close.ema(13), from: 300 },
  { of: 'elder-ray.bullPower', ours: high.sub(close.ema(13)), from: 300 },
  { of: 'elder-ray.bearPower', ours: low.sub(close.ema(13)), from: 300 },
  { of: 'epma.epma', ours: close.sub(close.residual(10)), from: 9 },
  { of: 'force.forceIndex', ours: close.delta(1).mul(volume).ema(2), from: 60 },
  { of: 'heikinashi.close', ours: open.add(high).add(low).add(close).div(4), from: 0 },
  { of: 'hma.hma', ours: hull(close, 14), from: 15 },
  { of: 'ichimoku.tenkanSen', ours: donchian(9).middle, from: 8 },
  { of: 'ichimoku.kijunSen', ours: donchian(26).middle, from: 25 },
  {
    of: 'ichimoku.senkouSpanA',
    ours: donchian(9).middle.add(donchian(26).middle).div(2).lag(26),
    from: 51,
  },
  { of: 'ichimoku.senkouSpanB', ours: donchian(52).middle.lag(26), from: 77 },
  { of: 'ma-env.centerline', ours: close.sma(20), from: 19 },
  { of: 'ma-env.upperEnvelope', ours: close.sma(20).mul(1.025), from: 19 },
  { of: 'ma-env.lowerEnvelope', ours: close.sma(20).mul(0.975), from: 19 },
  { of: 'pmo.pmo', ours: pmo, from: 490 },
  { of: 'pmo.signal', ours: pmo.ema(10), from: 495 },
  { of: 'prs.prs', ours: other.div(close), from: 0 },
  { of: 'prs.prsPercent', ours: other.pctChange(20).sub(close.pctChange(20)), from: 20 },
  { of: 'pvo.pvo', ours: volumeMacd, from: WORN_OFF },
  { of: 'pvo.signal', ours: volumeMacd.ema(9), from: WORN_OFF },
  { of: 'pvo.histogram', ours: volumeMacd.sub(volumeMacd.ema(9)), from: WORN_OFF },
  { of: 'roc-wb.roc', ours: roc(20), from: 20 },
  { of: 'roc-wb.rocEma', ours: roc(20).ema(5), from: 120 },
  { of: 'roc-wb.upperBand', ours: sqrt(roc(20).pow(2).sma(5)), from: 24 },
  { of: 'roc-wb.lowerBand', ours: sqrt(roc(20).pow(2).sma(5)).neg(), from: 24 },
  { of: 'sma-analysis.sma', ours: close.sma(20), from: 19 },
  { of: 'sma-analysis.mse', ours: close.var(20).mul(19 / 20), from: 19 },
  {
    of: 'sma-analysis.mad',
    ours: close
      .sub(close.sma(20))
      .div(cci({ high: close, low: close, close }, 20))
      .div(0.015),
    from: 19,
  },
  { of: 'smi.smi', ours: smi, from: WORN_OFF },
  { of: 'smi.signal', ours: smi.ema(3), from: WORN_OFF },
  { of: 'starc.centerline', ours: close.sma(5), from: 4 },
  { of: 'starc.upperBand', ours: close.sma(5).add(atr(10).mul(2)), from: WORN_OFF },
  { of: 'starc.lowerBand', ours: close.sma(5).sub(atr(10).mul(2)), from: WORN_OFF },
  { of: 'stoch-rsi.stochRsi', ours: stochRsi, from: 27 },
  { of: 'stoch-rsi.signal', ours: stochRsi.sma(3), from: 29 },
  { of: 'tsi.tsi', ours: tsi, from: WORN_OFF },
  { of: 'tsi.signal', ours: tsi.ema(7), from: WORN_OFF },
  {
    of: 'uo.ultimate',
    ours: buyingPressure(7)
      .mul(4)
      .add(buyingPressure(14).mul(2))
      .add(buyingPressure(28))
      .mul(100 / 7),
    from: 28,
  },
  {
    of: 'vortex.pvi',
    ours: abs(high.sub(low.lag(1)))
      .sum(14)
      .div(trueRange.sum(14)),
    from: 14,
  },
  {
    of: 'vortex.nvi',
    ours: abs(low.sub(high.lag(1)))
      .sum(14)
      .div(trueRange.sum(14)),
    from: 14,
  },
  { of: 'vwma.vwma', ours: close.mul(volume).sum(14).div(volume.sum(14)), from: 13 },
]

const OWN_STATE = 'no operator here: each value is a rule applied to the one before'
const FUTURE = 'looks at later bars, which no operator here can'
const FROM_THE_START = 'adds up from the first bar of the data; sums here have a window'
const PATTERN = 'names a shape of candles; there is no such operator'
const REPAINTED = 'drawn anew over past bars from the end of the data'
const EMPTY = 'null throughout'

/** Published values that are not compared, and why: a whole file, or one of its keys. */
const NOT_COMPARED: Readonly<Record<string, string>> = {
  'adl.adl': FROM_THE_START,
  'chaikin-osc.adl': FROM_THE_START,
  'chaikin-osc.oscillator': FROM_THE_START,
  'chaikin-osc.fastEma': FROM_THE_START,
  'chaikin-osc.slowEma': FROM_THE_START,
  vwap: FROM_THE_START,
  'atr-stop': OWN_STATE,
  'vol-stop': OWN_STATE,
  psar: OWN_STATE,
  dynamic: OWN_STATE,
  fisher: OWN_STATE,
  'kama.kama': OWN_STATE,
  mama: OWN_STATE,
  kvo: OWN_STATE,
  stc: OWN_STATE,
  htl: OWN_STATE,
  renko: 'bars made of price moves, not of days',
  'renko-atr': 'bars made of price moves, not of days',
  'heikinashi.open': OWN_STATE,
  'heikinashi.high': OWN_STATE,
  'heikinashi.low': OWN_STATE,
  'heikinashi.volume': 'the volume as it is',
  'heikinashi.date': 'a date',
  fractal: FUTURE,
  fcb: FUTURE,
  pivots: FUTURE,
  zigzag: FUTURE,
  'zigzag-close': FUTURE,
  dpo: FUTURE,
  'ichimoku.chikouSpan': FUTURE,
  doji: PATTERN,
  marubozu: PATTERN,
  'gator.upperIsExpanding': 'a truth value: gator.upper against its lag',
  'gator.lowerIsExpanding': 'a truth value: gator.lower against its lag',
  'stdev-channels': REPAINTED,
  'slope.line': REPAINTED,
  'slope.intercept': 'counts bars from the start of the data; a window here counts its own',
  'pivot-points': 'levels of the calendar month before; windows here are bars',
  hurst: 'no operator here: a regression over splits of the window',
  'rolling-pivots': 'no operator here for the close of a window that ends some bars ago with a gap after it',
  'sma-analysis.mape':
    'deviations in shares of each past price; windows here have one price in the denominator',
  ulcer: 'drawdowns from the highest price so far inside the window: a window in a window',
  'beta.betaUp': EMPTY,
  'beta.betaDown': EMPTY,
  'beta.ratio': EMPTY,
  'beta.convexity': EMPTY,
}

/** Compared, but not everywhere or not as they stand; why. */
const DIFFERENT_DEFINITIONS: Readonly<Record<string, string>> = {
  ema: 'starts from the mean of the first n values there, from the first value here: compared once that has worn off (so in everything made of it: macd, keltner, dema, tema, t3, trix, elder-ray, force, pmo, pvo, roc-wb.rocEma, smi, tsi)',
  atr: 'the range of the first bar, which has no close before it, is left out there: compared once that has worn off (so in keltner, supertrend, starc, chexit)',
  donchian: 'the n bars before this one there, this one included here: ours of one bar earlier',
  keltner: 'a mean of 20 and a range of 10 there, one n here: the bands are put together from ema and atr',
  supertrend: 'two bands of which one is null there; a line and a direction here',
  aroon: 'the first of equal extremes there, the most recent here: two bars are left out',
  bb: 'its z-score has ddof 0, zscore here 1',
  corr: 'variances and covariance with ddof 0 there, 1 here',
  slope: 'its standard deviation has ddof 0, std here 1',
  stdev: 'ddof 0 there, 1 here',
  roc: 'in percent there, a fraction here',
  'crsi.percentRank': 'how many of the 100 before are smaller there, a rank among 101 here',
  'crsi.rsiStreak': 'the streak of the first bar is 0 there and counts; compared once that has worn off',
}

function csv(path: string): Map<string, Float64Array> {
  const [header, ...lines] = readFileSync(path, 'utf8')
    .replace(/^\uFEFF/, '')
    .trim()
    .split(/\r?\n/)
  const rows = lines.map((line) => line.split(','))
  return new Map(
    header!
      .split(',')
      .map((name, c) => [name.toLowerCase(), Float64Array.from(rows, (row) => Number(row[c]))]),
  )
}

describe.skipIf(!QUOTES || !OTHER || !RESULTS)(
  'published indicator values (skipped without the shared market data)',
  () => {
    // A skipped group is still collected.
    const files =
      RESULTS === undefined ? [] : readdirSync(RESULTS).filter((name) => name.endsWith('.json.gz'))
    const read = (file: string) =>
      JSON.parse(
        gunzipSync(readFileSync(join(RESULTS!, file)))
          .toString()
          .replace(/^\uFEFF/, ''),
      ) as Row[]
    const published = new Map(files.map((file) => [file.replace('.standard.json.gz', ''), read(file)]))
    const quotes = QUOTES === undefined ? new Map<string, Float64Array>() : csv(QUOTES)
    const bars = quotes.get('close')?.length ?? 0
    const panel = createPanel({
      dates: days(bars),
      symbols: ['A'],
      fields: new Map([
        ...['open', 'high', 'low', 'close', 'volume'].map((name) => [name, quotes.get(name)!] as const),
        ['other', OTHER === undefined ? new Float64Array() : csv(OTHER).get('close')!],
      ]),
    })

    test.each(CASES.map((one) => [one.of, one] as const))('%s', (of, { ours, from, except = [], theirs }) => {
      const [file, key] = of.split('.') as [string, string]
      const rows = published.get(file)!
      expect(rows.length).toBe(bars)
      const values = factorValues(ours, panel)
      for (let t = from; t < bars; t++) {
        if (except.includes(t)) continue
        const value = rows[t]![key] as number
        const wanted = theirs === undefined ? value : theirs(value, rows[t]!)
        if (wanted === null || !(Math.abs(values[t]! - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted))))
          expect.fail(`bar ${t}: ${values[t]}, published ${wanted}`)
      }
    })

    test('every published value is compared, or is left out for a reason', () => {
      const compared = CASES.map(({ of }) => of)
      const all = [...published].flatMap(([file, rows]) =>
        Object.keys(rows.at(-1)!)
          .filter((key) => key.toLowerCase() !== 'timestamp')
          .map((key) => `${file}.${key}`),
      )
      const leftOut = all.filter((of) => of in NOT_COMPARED || of.split('.')[0]! in NOT_COMPARED)
      expect([...compared, ...leftOut].sort()).toEqual(all.sort())
      // A reason for what is not there would hide that it has gone.
      const names = new Set([...all, ...published.keys()])
      expect(Object.keys(NOT_COMPARED).filter((name) => !names.has(name))).toEqual([])
      expect(Object.keys(DIFFERENT_DEFINITIONS).filter((name) => !names.has(name))).toEqual([])
    })
  },
)
