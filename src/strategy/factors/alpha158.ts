/**
 * Alpha158, the feature set of Qlib (Microsoft; qlib/contrib/data/loader.py, Alpha158DL), in the expressions of
 * strategies. Qlib takes a window's statistics from its first value on; here they are missing until the window is full.
 * Its small term that keeps divisors from 0 is kept.
 */
import type { FactorFormula } from './alpha101.js'

/** Bars of the windows that the rolling features are named by. */
const ALPHA158_WINDOWS = [5, 10, 20, 30, 60] as const

/** Keeps a divisor from 0. */
const TINY = '1e-12'

const high0 = 'high.sub(max(open, close))'
const low0 = 'min(open, close).sub(low)'
const span = `high.sub(low).add(${TINY})`
const place = 'close.mul(2).sub(high).sub(low)'

/** Features of one bar. */
const BAR = {
  KMID: 'close.sub(open).div(open)',
  KLEN: 'high.sub(low).div(open)',
  KMID2: `close.sub(open).div(${span})`,
  KUP: `${high0}.div(open)`,
  KUP2: `${high0}.div(${span})`,
  KLOW: `${low0}.div(open)`,
  KLOW2: `${low0}.div(${span})`,
  KSFT: `${place}.div(open)`,
  KSFT2: `${place}.div(${span})`,
  OPEN0: 'open.div(close)',
  HIGH0: 'high.div(close)',
  LOW0: 'low.div(close)',
  VWAP0: 'vwap.div(close)',
} as const

const rise = (x: string) => `${x}.delta(1).max(0)`
const fall = (x: string) => `${x}.delta(1).neg().max(0)`
const moved = (x: string, d: number) => `${x}.delta(1).abs().sum(${d}).add(${TINY})`
const direction = 'close.delta(1).sign()'
const turmoil = 'returns.abs().mul(volume)'

const oldestFirst =
  "Qlib's place of the extreme, counted from 1 at the oldest bar of the window, over d; of equal extremes the most recent counts here, the oldest there"
const nearlyConstant = 'Qlib has no value where a deviation in the window is below 0.00002'
const countsChanges = 'a share of the last d changes, missing where one of them is'

/** Features of a window of d bars. */
const ROLLING = {
  ROC: { formula: (d: number) => `close.lag(${d}).div(close)` },
  MA: { formula: (d: number) => `close.sma(${d}).div(close)` },
  STD: { formula: (d: number) => `close.std(${d}).div(close)` },
  BETA: { formula: (d: number) => `close.slope(${d}).div(close)` },
  RSQR: { formula: (d: number) => `close.rSquared(${d})`, note: nearlyConstant },
  RESI: { formula: (d: number) => `close.residual(${d}).div(close)` },
  MAX: { formula: (d: number) => `high.tsMax(${d}).div(close)` },
  MIN: { formula: (d: number) => `low.tsMin(${d}).div(close)` },
  QTLU: { formula: (d: number) => `close.quantile(${d}, 0.8).div(close)` },
  QTLD: { formula: (d: number) => `close.quantile(${d}, 0.2).div(close)` },
  RANK: { formula: (d: number) => `close.tsRank(${d})` },
  RSV: {
    formula: (d: number) =>
      `close.sub(low.tsMin(${d})).div(high.tsMax(${d}).sub(low.tsMin(${d})).add(${TINY}))`,
  },
  IMAX: { formula: (d: number) => `sub(${d}, high.argMax(${d})).div(${d})`, note: oldestFirst },
  IMIN: { formula: (d: number) => `sub(${d}, low.argMin(${d})).div(${d})`, note: oldestFirst },
  IMXD: { formula: (d: number) => `low.argMin(${d}).sub(high.argMax(${d})).div(${d})`, note: oldestFirst },
  CORR: { formula: (d: number) => `corr(close, volume.add(1).log(), ${d})`, note: nearlyConstant },
  CORD: {
    formula: (d: number) => `corr(close.div(close.lag(1)), volume.div(volume.lag(1)).add(1).log(), ${d})`,
    note: nearlyConstant,
  },
  CNTP: { formula: (d: number) => `${direction}.max(0).sma(${d})`, note: countsChanges },
  CNTN: { formula: (d: number) => `${direction}.neg().max(0).sma(${d})`, note: countsChanges },
  CNTD: { formula: (d: number) => `${direction}.sma(${d})`, note: countsChanges },
  SUMP: { formula: (d: number) => `${rise('close')}.sum(${d}).div(${moved('close', d)})` },
  SUMN: { formula: (d: number) => `${fall('close')}.sum(${d}).div(${moved('close', d)})` },
  SUMD: {
    formula: (d: number) =>
      `${rise('close')}.sum(${d}).sub(${fall('close')}.sum(${d})).div(${moved('close', d)})`,
  },
  VMA: { formula: (d: number) => `volume.sma(${d}).div(volume.add(${TINY}))` },
  VSTD: { formula: (d: number) => `volume.std(${d}).div(volume.add(${TINY}))` },
  WVMA: { formula: (d: number) => `${turmoil}.std(${d}).div(${turmoil}.sma(${d}).add(${TINY}))` },
  VSUMP: { formula: (d: number) => `${rise('volume')}.sum(${d}).div(${moved('volume', d)})` },
  VSUMN: { formula: (d: number) => `${fall('volume')}.sum(${d}).div(${moved('volume', d)})` },
  VSUMD: {
    formula: (d: number) =>
      `${rise('volume')}.sum(${d}).sub(${fall('volume')}.sum(${d})).div(${moved('volume', d)})`,
  },
} as const satisfies Readonly<Record<string, { formula: (d: number) => string; note?: string }>>

/** `KMID`, `OPEN0`, …, and the rolling ones with their window: `ROC5`, `MA20`, `VSUMD60`. */
export type Alpha158Name = keyof typeof BAR | `${keyof typeof ROLLING}${(typeof ALPHA158_WINDOWS)[number]}`

/** By name, in Qlib's order: the bar's own, then each rolling feature by window. */
export const ALPHA158: Readonly<Record<Alpha158Name, FactorFormula>> = Object.freeze(
  Object.fromEntries([
    ...Object.entries(BAR).map(([name, formula]) => [name, { formula }] as const),
    ...Object.entries(ROLLING).flatMap(([name, feature]) =>
      ALPHA158_WINDOWS.map(
        (d) =>
          [
            `${name}${d}`,
            { formula: feature.formula(d), ...('note' in feature ? { note: feature.note } : {}) },
          ] as const,
      ),
    ),
  ]),
) as Readonly<Record<Alpha158Name, FactorFormula>>
