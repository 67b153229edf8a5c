import type { Panel } from '../data/panel.js'
import type { Portfolio, Select } from '../graph/strategy-graph.js'
import { Picker } from './select.js'
import type { EvaluatedRule } from './types.js'
import { capWeights, weighLeg } from './weigh.js'

/**
 * Turns a rule into target weights at the close of a bar. A decision sees bars up to its own. The simulation calls
 * `observe` at every close from the range's first on, then `exited` for each symbol whose exit rule triggers at that
 * close, then, on a rebalance bar, `decide`.
 */
export interface Policy {
  readonly symbols: Int32Array
  /** Target weights of `symbols`: fractions of equity, negative for shorts. */
  readonly weights: Float64Array
  observe(bar: number): void
  exited(symbol: number, bar: number): void
  /** Fills `symbols` and `weights` and returns how many there are. */
  decide(bar: number): number
  /** Whether a signals strategy has the symbol switched off; false for every other rule. */
  isOff(symbol: number): boolean
  /** Decisions whose weights panel had to be scaled down to the gross exposure. */
  readonly scaledDown: number
}

export interface PolicyInput {
  readonly panel: Panel
  readonly rule: EvaluatedRule | { readonly kind: 'everything' }
  readonly universe?: Uint8Array | undefined
  readonly portfolio: Portfolio
}

/** Room above the gross exposure that is rounding, not a wish for more. */
const GROSS_ROOM = 1e-12

export function createPolicy(input: PolicyInput): Policy {
  const { panel, rule, universe, portfolio } = input
  const { side, weight, grossExposure, maxWeight } = portfolio
  const width = panel.symbols.length
  const closes = panel.fields.get('close')!
  const scores = rule.kind === 'score' ? rule.score : undefined

  const symbols = new Int32Array(width)
  const weights = new Float64Array(width)
  const candidates = new Int32Array(width)
  const capped = new Uint8Array(width)
  const inLong = new Uint8Array(width)
  const inBoth = new Uint8Array(width)
  const exitedAt = new Int32Array(width).fill(-1)
  const isOn = new Uint8Array(rule.kind === 'signals' ? width : 0)
  const longs = new Picker(rule.kind === 'score' ? width : 0)
  const shorts = new Picker(rule.kind === 'score' && side === 'longShort' ? width : 0)
  let scaledDown = 0

  const mayHold = (cell: number) =>
    (universe === undefined || universe[cell] === 1) && Number.isFinite(closes[cell]!)

  /** Symbols that may be held and have a score, ascending. */
  function eligible(bar: number): number {
    const row = bar * width
    let count = 0
    for (let i = 0; i < width; i++)
      if (mayHold(row + i) && Number.isFinite(scores![row + i]!)) candidates[count++] = i
    return count
  }

  /** Picks one leg: the best by sign·score as far as `select` reaches. */
  function pick(picker: Picker, bar: number, count: number, select: Select, sign: 1 | -1): number {
    const row = bar * width
    if ('threshold' in select) {
      let above = 0
      for (let c = 0; c < count; c++)
        if (sign * scores![row + candidates[c]!]! > select.threshold) picker.picks[above++] = candidates[c]!
      if (weight !== 'rank') return above
      return picker.largest(picker.picks, above, above, scores!, row, sign)
    }
    const k =
      'topFraction' in select
        ? Math.ceil(select.topFraction * count - 1e-9)
        : 'top' in select
          ? select.top
          : select.bottom
    return picker.largest(candidates, count, k, scores!, row, sign)
  }

  /** Lays a leg down behind the entry `from`, without what exited at this bar, and weighs it. */
  function layLeg(
    picks: Int32Array,
    count: number,
    from: number,
    sign: 1 | -1,
    total: number,
    bar: number,
  ): number {
    let to = from
    for (let p = 0; p < count; p++) {
      const symbol = picks[p]!
      if (exitedAt[symbol] !== bar && inBoth[symbol] === 0) symbols[to++] = symbol
    }
    return weighLeg({ symbols, weights, from, to, sign }, weight, total, { closes, width, bar, scores })
  }

  function decideByScore(select: Select, bar: number): number {
    const count = eligible(bar)
    if (side !== 'longShort') {
      const picked = pick(longs, bar, count, select, 'bottom' in select ? -1 : 1)
      return layLeg(longs.picks, picked, 0, side === 'short' ? -1 : 1, grossExposure, bar)
    }
    const long = pick(longs, bar, count, select, 1)
    const short = pick(shorts, bar, count, select, -1)
    inLong.fill(0)
    inBoth.fill(0)
    for (let p = 0; p < long; p++) inLong[longs.picks[p]!] = 1
    for (let p = 0; p < short; p++) {
      const symbol = shorts.picks[p]!
      if (inLong[symbol] === 1) inBoth[symbol] = 1
    }
    const middle = layLeg(longs.picks, long, 0, 1, grossExposure / 2, bar)
    return layLeg(shorts.picks, short, middle, -1, grossExposure / 2, bar)
  }

  function decideBySignal(bar: number): number {
    const row = bar * width
    let count = 0
    for (let i = 0; i < width; i++)
      if ((rule.kind !== 'signals' || isOn[i] === 1) && mayHold(row + i)) candidates[count++] = i
    return layLeg(candidates, count, 0, side === 'short' ? -1 : 1, grossExposure, bar)
  }

  function decideByWeights(wanted: Float64Array, bar: number): number {
    const row = bar * width
    let count = 0
    let gross = 0
    for (let i = 0; i < width; i++) {
      const target = wanted[row + i]!
      if (target === 0 || !Number.isFinite(target) || !mayHold(row + i) || exitedAt[i] === bar) continue
      symbols[count] = i
      weights[count++] = target
      gross += Math.abs(target)
    }
    if (gross > grossExposure) {
      if (gross > grossExposure * (1 + GROSS_ROOM)) scaledDown++
      for (let j = 0; j < count; j++) weights[j] = (weights[j]! * grossExposure) / gross
    }
    return count
  }

  return {
    symbols,
    weights,
    observe(bar) {
      if (rule.kind !== 'signals') return
      const row = bar * width
      const { enter, exit } = rule
      for (let i = 0; i < width; i++) {
        if (exit[row + i] === 1) isOn[i] = 0
        else if (enter[row + i] === 1) isOn[i] = 1
      }
    },
    exited(symbol, bar) {
      exitedAt[symbol] = bar
      if (rule.kind === 'signals') isOn[symbol] = 0
    },
    decide(bar) {
      const count =
        rule.kind === 'score'
          ? decideByScore(rule.select, bar)
          : rule.kind === 'weights'
            ? decideByWeights(rule.weights, bar)
            : decideBySignal(bar)
      if (maxWeight !== undefined) {
        capWeights(weights, count, 1, maxWeight, capped)
        capWeights(weights, count, -1, maxWeight, capped)
      }
      return count
    },
    isOff: (symbol) => rule.kind === 'signals' && isOn[symbol] === 0,
    get scaledDown() {
      return scaledDown
    },
  }
}
