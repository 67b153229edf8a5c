import type { Panel } from '../data/panel.js'
import type { RowSet } from '../graph/evaluate/rows.js'
import type { Portfolio, Select } from '../graph/strategy-graph.js'
import { closeColumns } from './closes.js'
import { GroupCap } from './group-cap.js'
import type { Indicators } from './indicators.js'
import { Picker } from './select.js'
import { observeSignals } from './signals.js'
import type { EvaluatedRule } from './types.js'
import { capWeights, weighLeg } from './weigh.js'

/**
 * Turns a rule into target weights at the close of a bar. A decision sees bars up to its own. The simulation calls
 * `observe` for every bar from the range's first on, then `exited` for each symbol whose exit rule triggers at that
 * close, then, on a rebalance bar, `decide`.
 */
export interface Policy {
  readonly symbols: Int32Array
  /** Target weights of `symbols`: fractions of equity, negative for shorts. */
  readonly weights: Float64Array
  /** Takes in the closes of the bars `from` … `to`. */
  observe(from: number, to?: number): void
  exited(symbol: number, bar: number): void
  /**
   * Whether every decision will select exactly `held[0 … count − 1]` for as long as no symbol goes on or off: known
   * of signals alone, of one symbol at most (the weights of several drift), and where nothing else has a say.
   */
  isSettledOn(held: Int32Array, count: number): boolean
  /** The first bar of `from` … `end` at which a symbol goes on or off, by the state before `from`; else end + 1. */
  firstSwitch(from: number, end: number): number
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
  readonly decisionRows?: RowSet | undefined
  readonly indicators?: Indicators | undefined
  readonly portfolio: Portfolio
}

/** What policies over so many symbols work in: one after the other can use it. */
export class PolicyArrays {
  readonly symbols: Int32Array
  readonly weights: Float64Array
  readonly capped: Uint8Array
  readonly inLong: Uint8Array
  readonly inBoth: Uint8Array
  readonly exitedAt: Int32Array
  readonly isOn: Uint8Array
  readonly longs: Picker
  readonly shorts: Picker

  /** `symbols` and `weights`: where decisions are written. */
  constructor(
    width: number,
    symbols: Int32Array = new Int32Array(width),
    weights: Float64Array = new Float64Array(width),
  ) {
    this.symbols = symbols
    this.weights = weights
    this.capped = new Uint8Array(width)
    this.inLong = new Uint8Array(width)
    this.inBoth = new Uint8Array(width)
    this.exitedAt = new Int32Array(width)
    this.isOn = new Uint8Array(width)
    this.longs = new Picker(width)
    this.shorts = new Picker(width)
  }
}

/** Cells that are looked through for a switch before the next ones are. */
const CELLS_AT_ONCE = 128

/** Room above the gross exposure that is rounding, not a wish for more. */
const GROSS_ROOM = 1e-12

/** Throws RangeError where an indicator that the weights name is not given. */
export function createPolicy(
  input: PolicyInput,
  arrays: PolicyArrays = new PolicyArrays(input.panel.symbols.length),
): Policy {
  const { panel, rule, universe, decisionRows, indicators, portfolio } = input
  const { side, weight, grossExposure, maxWeight, groupCap } = portfolio
  const { symbols, weights, capped, inLong, inBoth, exitedAt, isOn, longs, shorts } = arrays
  const width = panel.symbols.length
  const closes = panel.fields.get('close')!
  const scores = rule.kind === 'score' ? rule.score : undefined
  const volatility = indicators?.volatility
  if (typeof weight === 'object' && rule.kind !== 'weights' && volatility === undefined)
    throw new RangeError('the indicator of the weights was not evaluated')
  exitedAt.fill(-1)
  inBoth.fill(0)
  if (rule.kind === 'signals') isOn.fill(0)
  const groups = groupCap && new GroupCap(panel.groups.get(groupCap.group)!, groupCap.max, maxWeight)
  let scaledDown = 0
  let lastExit = -1

  /** Where the newest decision's closes begin, and its score, weights and universe. */
  let row = 0
  let ruleRow = 0

  // Where no close is missing, looking each one up would only fetch rows of prices that nobody needs.
  const isWhole = closeColumns(panel).missing === undefined
  const mayHold = (symbol: number) =>
    (universe === undefined || universe[ruleRow + symbol] === 1) &&
    (isWhole || Number.isFinite(closes[row + symbol]!))
  const isOpen = isWhole && universe === undefined
  const choice = {
    scores: scores ?? closes,
    row: 0,
    universe,
    closes: isWhole ? undefined : closes,
    closesRow: 0,
  }

  /** Picks one leg: the best by sign·score as far as `select` reaches; best first where the weights ask for it. */
  function pick(picker: Picker, select: Select, sign: 1 | -1): number {
    const picked = pickAny(picker, select, sign)
    if (weight === 'rank') picker.order(choice, picked, sign)
    return picked
  }

  function pickAny(picker: Picker, select: Select, sign: 1 | -1): number {
    choice.row = ruleRow
    choice.closesRow = row
    if ('top' in select) return picker.largest(choice, select.top, sign)
    if ('bottom' in select) return picker.largest(choice, select.bottom, sign)
    return 'threshold' in select
      ? picker.over(choice, select.threshold, sign)
      : picker.fraction(choice, select.topFraction, sign)
  }

  /** Lays a leg down behind the entry `from` (it may stand there already), without what just exited, and weighs it. */
  function layLeg(
    picks: Int32Array,
    count: number,
    from: number,
    sign: 1 | -1,
    total: number,
    bar: number,
  ): number {
    let to = from
    const isAnyOut = lastExit === bar || side === 'longShort'
    if (picks === symbols && !isAnyOut) to += count
    else {
      for (let p = 0; p < count; p++) {
        const symbol = picks[p]!
        symbols[to] = symbol
        to += isAnyOut ? +(exitedAt[symbol] !== bar) & +(inBoth[symbol] === 0) : 1
      }
    }
    const view = { scores, volatility, row: ruleRow }
    return weighLeg({ symbols, weights, from, to, sign }, weight, total, view)
  }

  function decideByScore(select: Select, bar: number): number {
    if (side !== 'longShort') {
      const picked = pick(longs, select, 'bottom' in select ? -1 : 1)
      return layLeg(longs.picks, picked, 0, side === 'short' ? -1 : 1, grossExposure, bar)
    }
    const long = pick(longs, select, 1)
    const short = pick(shorts, select, -1)
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
    const isSignal = rule.kind === 'signals'
    let count = 0
    for (let i = 0; i < width; i++) {
      // Who is on is as good as random: a branch on it would often be guessed wrong.
      let may = isSignal ? isOn[i]! : 1
      if (!isOpen) may &= +mayHold(i)
      symbols[count] = i
      count += may
    }
    return layLeg(symbols, count, 0, side === 'short' ? -1 : 1, grossExposure, bar)
  }

  function decideByWeights(wanted: Float64Array, bar: number): number {
    let count = 0
    let gross = 0
    for (let i = 0; i < width; i++) {
      const target = wanted[ruleRow + i]!
      if (target === 0 || !Number.isFinite(target) || !mayHold(i) || exitedAt[i] === bar) continue
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
    observe(from, to = from) {
      if (rule.kind !== 'signals') return
      observeSignals(isOn, rule.enter, rule.exit, from, to)
    },
    isSettledOn(held, count) {
      if (rule.kind !== 'signals' || count > 1 || weight !== 'equal' || !isOpen || groups) return false
      for (let i = 0; i < width; i++) if (isOn[i] === 1 && (count === 0 || held[0] !== i)) return false
      return count === 0 || isOn[held[0]!] === 1
    },
    firstSwitch(from, end) {
      if (rule.kind !== 'signals') return end + 1
      const { enter, exit } = rule
      // Symbol by symbol over some cells: where a symbol stays as it is, it has but one thing to wait for.
      const rows = Math.max(1, Math.floor(CELLS_AT_ONCE / width))
      for (let first = from; first <= end; first += rows) {
        const behind = Math.min(first + rows, end + 1) * width
        let switched = behind
        for (let i = 0; i < width; i++) {
          let at = first * width + i
          if (isOn[i] === 1) while (at < switched && exit[at] === 0) at += width
          else while (at < switched && enter[at]! <= exit[at]!) at += width
          // The row where it begins: what switches later is of no interest.
          if (at < switched) switched = at - i
        }
        if (switched < behind) return switched / width
      }
      return end + 1
    },
    exited(symbol, bar) {
      exitedAt[symbol] = bar
      lastExit = bar
      if (rule.kind === 'signals') isOn[symbol] = 0
    },
    decide(bar) {
      row = bar * width
      const at = decisionRows === undefined ? bar : decisionRows.rowOf[bar]!
      if (at < 0) throw new RangeError(`the rule was not evaluated at bar ${bar}`)
      ruleRow = at * width
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
      groups?.apply(symbols, weights, count, row, 1)
      groups?.apply(symbols, weights, count, row, -1)
      return count
    },
    isOff: (symbol) => rule.kind === 'signals' && isOn[symbol] === 0,
    get scaledDown() {
      return scaledDown
    },
  }
}
