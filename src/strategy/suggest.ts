import { nearest } from '../base/nearest.js'
import type { BuilderErrorDetails } from './builder.js'

/** What people and models call things that have another name here (pandas, Pine Script, plain English). */
const SYNONYMS: Readonly<Record<string, string>> = {
  mean: 'sma',
  rollingmean: 'sma',
  average: 'sma',
  ma: 'sma',
  movingaverage: 'sma',
  ewm: 'ema',
  shift: 'lag',
  delay: 'lag',
  ref: 'lag',
  prev: 'lag',
  diff: 'delta',
  roc: 'pctChange',
  momentum: 'pctChange',
  stdev: 'std',
  stddev: 'std',
  volatility: 'std',
  variance: 'var',
  plus: 'add',
  minus: 'sub',
  subtract: 'sub',
  times: 'mul',
  multiply: 'mul',
  divide: 'div',
  over: 'div',
  negate: 'neg',
  greaterthan: 'gt',
  above: 'gt',
  lessthan: 'lt',
  below: 'lt',
  equals: 'eq',
  gte: 'ge',
  lte: 'le',
  highest: 'tsMax',
  rollingmax: 'tsMax',
  lowest: 'tsMin',
  rollingmin: 'tsMin',
  correlation: 'corr',
  fillna: 'fillNaN',
  isna: 'isNaN',
  isnull: 'isNaN',
  ifelse: 'where',
  iff: 'where',
  sigmoid: 'tanh',
  percentile: 'rank',
  normalize: 'csZscore',
  standardize: 'csZscore',
  rollingzscore: 'zscore',
  crossover: 'crossAbove',
  crossunder: 'crossBelow',
  crossesabove: 'crossAbove',
  crossesbelow: 'crossBelow',
  sharesoutstanding: 'volume',
}

/** The valid name that was most likely meant: a known synonym first, then the nearest spelling. */
export function meantBy(given: string, valid: readonly string[]): string | undefined {
  const synonym = SYNONYMS[given.toLowerCase().replaceAll('_', '')]
  if (synonym !== undefined && valid.includes(synonym) && !valid.includes(given)) return synonym
  return nearest(given, valid)
}

/** Message, hint and details of a builder's error, with the nearest valid name put in. */
export function withNearest(
  message: string,
  { hint, given, valid }: BuilderErrorDetails,
): [message: string, hint: string | undefined, details: Record<string, unknown>] {
  const meant = given === undefined || valid === undefined ? undefined : meantBy(given, valid)
  if (meant === undefined) return [message, hint, given === undefined ? {} : { given }]
  return [`${message}; did you mean ${meant}?`, hint ?? `write ${meant}`, { given, nearest: meant }]
}
