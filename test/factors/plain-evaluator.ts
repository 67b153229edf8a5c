import type { Panel } from '../../src/data/panel.js'
import type { Expression } from '../../src/graph/expression.js'
import type { GraphNode } from '../../src/graph/node.js'

/** What differs between ways of computing the same formula. */
export interface Conventions {
  /** Ties in a cross-sectional rank share this rank. */
  readonly rankTies: 'average' | 'minimum'
  /** Rank in time: a percentile with average ties, or the plain rank 1 … n with ties at the minimum. */
  readonly tsRank: 'percentile' | 'place'
  /**
   * Added to a computed value (a covariance, a correlation, a sum) before its rank is taken among the others: with a
   * tiny one, a value whose ties were broken by rounding takes the lowest or the highest of their ranks.
   */
  readonly rankNudge: number
  /** What a correlation is where it does not exist. */
  readonly missingCorrelation: number
  /** What stands in for a divisor of 0. */
  readonly zeroDivisor: number
}

export const OURS: Conventions = {
  rankTies: 'average',
  tsRank: 'percentile',
  rankNudge: 0,
  missingCorrelation: Number.NaN,
  zeroDivisor: Number.NaN,
}

type Params = GraphNode['params']

type Window = readonly number[]

const known = (v: number) => !Number.isNaN(v)
const finite = (v: number) => (Number.isFinite(v) ? v : Number.NaN)
const total = (xs: Window) => xs.reduce((a, b) => a + b, 0)
const mean = (xs: Window) => total(xs) / xs.length
const covariance = (xs: Window, ys: Window) =>
  total(xs.map((x, i) => (x - mean(xs)) * (ys[i]! - mean(ys)))) / (xs.length - 1)
const constant = (xs: Window) => xs.every((x) => x === xs[0])

function rankOf(x: number, among: Window, ties: Conventions['rankTies']): number {
  const below = among.filter((other) => other < x).length
  const equal = among.filter((other) => other === x).length
  return ties === 'minimum' ? below + 1 : below + (equal + 1) / 2
}

function line(ys: Window) {
  const xs = ys.map((_, i) => i)
  const slope = covariance(xs, ys) / covariance(xs, xs)
  return { slope, at: (x: number) => mean(ys) + slope * (x - mean(xs)) }
}

const ELEMENT: Record<string, (v: readonly number[], p: Params, how: Conventions) => number> = {
  add: ([a, b]) => a! + b!,
  sub: ([a, b]) => a! - b!,
  mul: ([a, b]) => a! * b!,
  div: ([a, b], _p, how) => a! / (b === 0 ? how.zeroDivisor : b!),
  pow: ([a, b]) => (known(a!) && known(b!) ? a! ** b! : Number.NaN),
  min: ([a, b]) => Math.min(a!, b!),
  max: ([a, b]) => Math.max(a!, b!),
  neg: ([a]) => -a!,
  abs: ([a]) => Math.abs(a!),
  sign: ([a]) => Math.sign(a!),
  log: ([a]) => Math.log(a!),
  lt: ([a, b]) => Number(a! < b!),
  le: ([a, b]) => Number(a! <= b!),
  gt: ([a, b]) => Number(a! > b!),
  ge: ([a, b]) => Number(a! >= b!),
  isNaN: ([a]) => Number(!known(a!)),
  where: ([c, a, b]) => (c === 1 ? a! : b!),
}

const lagged = (value: (now: number, then: number) => number) => (xs: Window) => value(xs.at(-1)!, xs[0]!)

/** Of full windows only, oldest first. */
const WINDOW: Record<string, (xs: Window, ys: Window, how: Conventions, p: Params) => number> = {
  sum: total,
  sma: mean,
  product: (xs) => xs.reduce((a, b) => a * b, 1),
  std: (xs) => (constant(xs) ? 0 : Math.sqrt(covariance(xs, xs))),
  cov: (xs, ys) => (constant(xs) || constant(ys) ? 0 : covariance(xs, ys)),
  corr: (xs, ys) =>
    constant(xs) || constant(ys)
      ? Number.NaN
      : covariance(xs, ys) / Math.sqrt(covariance(xs, xs) * covariance(ys, ys)),
  tsMin: (xs) => Math.min(...xs),
  tsMax: (xs) => Math.max(...xs),
  argMin: (xs) => xs.length - 1 - xs.lastIndexOf(Math.min(...xs)),
  argMax: (xs) => xs.length - 1 - xs.lastIndexOf(Math.max(...xs)),
  tsRank: (xs, _ys, how) =>
    how.tsRank === 'place'
      ? rankOf(xs.at(-1)!, xs, 'minimum')
      : rankOf(xs.at(-1)!, xs, 'average') / xs.length,
  decayLinear: (xs) => total(xs.map((x, i) => x * (i + 1))) / total(xs.map((_, i) => i + 1)),
  slope: (xs) => line(xs).slope,
  rSquared: (xs) =>
    constant(xs)
      ? Number.NaN
      : 1 - total(xs.map((x, i) => (x - line(xs).at(i)) ** 2)) / (covariance(xs, xs) * (xs.length - 1)),
  residual: (xs) => xs.at(-1)! - line(xs).at(xs.length - 1),
  quantile: (xs, _ys, _how, p) => {
    const sorted = [...xs].sort((a, b) => a - b)
    const at = Number(p.q) * (xs.length - 1)
    const low = sorted[Math.floor(at)]!
    return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at))
  },
}

const SHIFT: Record<string, (xs: Window) => number> = {
  lag: lagged((_now, then) => then),
  delta: lagged((now, then) => now - then),
}

const ROUNDED = ['cov', 'corr', 'add', 'where']

/** Of the finite values of one bar. */
const ROW: Record<string, (x: number, row: Window, how: Conventions, input: string) => number> = {
  rank: (x, row, how, input) => {
    if (how.rankNudge === 0 || !ROUNDED.includes(input)) return rankOf(x, row, how.rankTies) / row.length
    const others = [...row]
    others.splice(row.indexOf(x), 1)
    return (others.filter((other) => other < x + how.rankNudge).length + 1) / row.length
  },
  scale: (x, row) => x / total(row.map(Math.abs)),
}

function fieldOf({ fields, symbols: { length: n } }: Panel, name: string): Float64Array {
  const own = fields.get(name)
  if (own !== undefined) return own
  const close = fields.get('close')!
  if (name === 'returns') return close.map((c, i) => (i < n ? Number.NaN : c / close[i - n]! - 1))
  if (name === 'dollarVolume') return close.map((c, i) => c * fields.get('volume')![i]!)
  if (name === 'vwap') return close.map((c, i) => (fields.get('high')![i]! + fields.get('low')![i]! + c) / 3)
  throw new Error(`the panel has no ${name}`)
}

/**
 * The value of every cell of an expression, T × N row-major, computed in the plainest way from its nodes.
 * @throws Error for an operator that no named factor uses
 */
export function evaluatePlain(expression: Expression, panel: Panel, how: Conventions = OURS): Float64Array {
  const bars = panel.dates.length
  const symbols = panel.symbols.length
  const values = new Map<string, Float64Array>()
  const operators = new Map(expression.graph.nodes.map(({ id, op }) => [id, op]))
  for (const { id, op, inputs, params } of expression.graph.nodes) {
    const sources = inputs.map((input) => values.get(input)!)
    const out = new Float64Array(bars * symbols).fill(Number.NaN)
    values.set(id, out)
    if (op === 'field') out.set(fieldOf(panel, String(params.name)).map(finite))
    else if (op === 'group') {
      const { codes } = panel.groups.get(String(params.name))!
      out.set(Float64Array.from(codes, (code) => (code < 0 ? Number.NaN : code)))
    } else if (op === 'constant') out.fill(Number(params.value))
    else
      for (let t = 0; t < bars; t++)
        for (let s = 0; s < symbols; s++) {
          const i = t * symbols + s
          out[i] = finite(cell(op, params, sources, operators.get(inputs[0]!)!, t, s))
        }
  }
  return values.get(expression.root)!

  function cell(
    op: string,
    params: Params,
    sources: readonly Float64Array[],
    firstInput: string,
    t: number,
    s: number,
  ): number {
    const i = t * symbols + s
    const element = ELEMENT[op]
    if (element !== undefined)
      return element(
        sources.map((source) => source[i]!),
        params,
        how,
      )
    const row = (source: Float64Array) => Array.from(source.subarray(t * symbols, (t + 1) * symbols))
    if (op === 'groupDemean') {
      const group = row(sources[1]!)
      return sources[0]![i]! - mean(row(sources[0]!).filter((x, k) => known(x) && group[k] === group[s]))
    }
    const acrossSymbols = ROW[op]
    if (acrossSymbols !== undefined) {
      const x = sources[0]![i]!
      return known(x) ? acrossSymbols(x, row(sources[0]!).filter(known), how, firstInput) : Number.NaN
    }
    const n = Number(params.n)
    const shift = SHIFT[op]
    if (shift !== undefined)
      return t < n ? Number.NaN : shift([sources[0]![i - n * symbols]!, sources[0]![i]!])
    const onWindow = WINDOW[op]
    if (onWindow === undefined) throw new Error(`the plain evaluator has no ${op}`)
    const missing = op === 'corr' ? how.missingCorrelation : Number.NaN
    if (t < n - 1) return missing
    const windows = sources.map((source) =>
      Array.from({ length: n }, (_, k) => source[(t - n + 1 + k) * symbols + s]!),
    )
    if (windows.some((window) => !window.every(known))) return missing
    const value = finite(onWindow(windows[0]!, windows[1] ?? [], how, params))
    return known(value) ? value : missing
  }
}
