import type { SimulationInput } from '../../../src/backtest/types.js'
import type { Panel } from '../../../src/data/panel.js'
import type { Rebalance, Select } from '../../../src/graph/strategy-graph.js'
import { std, sum } from './stats-plain.js'

/** A field's value at (bar, symbol), NaN where the panel has no such field. */
export function at(panel: Panel, field: string, bar: number, symbol: number): number {
  return panel.fields.get(field)?.[bar * panel.symbols.length + symbol] ?? Number.NaN
}

/** Days since 1970-01-01, which was a Thursday. */
function dayNumber(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / 86_400_000
}

/** Names the period of a date; two dates lie in the same period where the names are equal. */
function period(kind: 'weekly' | 'monthly' | 'quarterly', date: string): string {
  const year = date.slice(0, 4)
  const month = Number(date.slice(5, 7))
  if (kind === 'monthly') return `${year}-${month}`
  if (kind === 'quarterly') return `${year}-q${Math.ceil(month / 3)}`
  // An ISO week runs from Monday to Sunday, across the turn of the year too: its Monday names it.
  const day = dayNumber(date)
  const daysSinceMonday = (((day + 3) % 7) + 7) % 7
  return `week of ${day - daysSinceMonday}`
}

/** "The last bar of a range is none of them": nothing could fill. */
export function isRebalanceBar(
  rule: Rebalance,
  dates: readonly string[],
  start: number,
  end: number,
  bar: number,
): boolean {
  if (bar >= end) return false
  if (rule === 'daily') return true
  if (typeof rule === 'object') return (bar - start) % rule.every === 0
  return period(rule, dates[bar]!) !== period(rule, dates[bar + 1]!)
}

/** `std(returns, n)` at a bar: ddof 1 over the last n close-to-close returns, NaN unless all n are finite. */
export function returnStd(panel: Panel, symbol: number, bar: number, n: number): number {
  if (bar - n < 0) return Number.NaN
  const returns: number[] = []
  for (let t = bar - n + 1; t <= bar; t++)
    returns.push(at(panel, 'close', t, symbol) / at(panel, 'close', t - 1, symbol) - 1)
  return std(returns)
}

/**
 * atr(n) of one symbol at every bar. True range: the largest of high − low and the distances of both from the
 * previous close; high − low where the previous close is missing. Wilder: the mean of the first n finite values,
 * then y += (x − y)/n; missing at a missing value, which leaves its state alone.
 */
export function atrSeries(panel: Panel, symbol: number, n: number): number[] {
  const result: number[] = []
  const first: number[] = []
  let state = Number.NaN
  for (let t = 0; t < panel.dates.length; t++) {
    const high = at(panel, 'high', t, symbol)
    const low = at(panel, 'low', t, symbol)
    const previous = t === 0 ? Number.NaN : at(panel, 'close', t - 1, symbol)
    const range = Number.isFinite(previous)
      ? Math.max(high - low, Math.abs(high - previous), Math.abs(low - previous))
      : high - low
    if (!Number.isFinite(range)) {
      result.push(Number.NaN)
      continue
    }
    if (first.length < n) {
      first.push(range)
      if (first.length === n) state = sum(first) / n
    } else state += (range - state) / n
    result.push(first.length === n ? state : Number.NaN)
  }
  return result
}

/** The symbols a select picks, the one picked first in front; ties to the symbol that sorts first. */
function pick(select: Select, score: (symbol: number) => number, eligible: readonly number[]): number[] {
  const largestFirst = [...eligible].sort((a, b) => score(b) - score(a) || a - b)
  const smallestFirst = [...eligible].sort((a, b) => score(a) - score(b) || a - b)
  if ('top' in select) return largestFirst.slice(0, select.top)
  if ('bottom' in select) return smallestFirst.slice(0, select.bottom)
  if ('topFraction' in select)
    return largestFirst.slice(0, Math.ceil(select.topFraction * eligible.length - 1e-9))
  return largestFirst.filter((symbol) => score(symbol) > select.threshold)
}

/** The short leg of long/short: the mirror of the long one, smallest scores first. */
function pickShort(select: Select, score: (symbol: number) => number, eligible: readonly number[]): number[] {
  const smallestFirst = [...eligible].sort((a, b) => score(a) - score(b) || a - b)
  if ('top' in select) return smallestFirst.slice(0, select.top)
  if ('bottom' in select) return smallestFirst.slice(0, select.bottom)
  if ('topFraction' in select)
    return smallestFirst.slice(0, Math.ceil(select.topFraction * eligible.length - 1e-9))
  return smallestFirst.filter((symbol) => score(symbol) < -select.threshold)
}

/**
 * "maxWeight caps |w| within each leg: the excess is spread over the uncapped in proportion, again until none
 * exceeds; if all are capped the rest stays in cash." Works on one leg's magnitudes.
 */
export function capLeg(weights: readonly number[], maxWeight: number): number[] {
  const result = [...weights]
  const capped = result.map(() => false)
  for (;;) {
    let excess = 0
    for (let i = 0; i < result.length; i++) {
      if (result[i]! <= maxWeight) continue
      excess += result[i]! - maxWeight
      result[i] = maxWeight
      capped[i] = true
    }
    if (excess === 0) return result
    const room = sum(result.filter((_, i) => !capped[i]))
    if (room === 0) return result
    for (let i = 0; i < result.length; i++)
      if (!capped[i]) result[i] = result[i]! + (excess * result[i]!) / room
  }
}

/**
 * "A group whose |weights| add up to more than max within a leg is scaled down to it; the excess is spread over the
 * other groups in proportion, again until none exceeds; then what exceeds maxWeight is cut, and stays in cash."
 * Works on one leg's magnitudes; symbols without a group (−1) are a group.
 */
export function capGroupsOfLeg(
  weights: readonly number[],
  groups: readonly number[],
  max: number,
  maxWeight: number | undefined,
): number[] {
  const names = [...new Set(groups)]
  const totals = names.map((name) => sum(weights.filter((_, i) => groups[i] === name)))
  const limited = capLeg(totals, max)
  return weights.map((weight, i) => {
    const group = names.indexOf(groups[i]!)
    const scaled = totals[group] === 0 ? 0 : (weight * limited[group]!) / totals[group]!
    return maxWeight === undefined ? scaled : Math.min(scaled, maxWeight)
  })
}

export interface Decision {
  /** Target weight of every symbol, 0 where it has none; short weights are negative. */
  readonly targets: number[]
  /** A weights panel whose gross was above grossExposure. */
  readonly scaledDown: boolean
  /** maxWeight changed a weight. */
  readonly capped: boolean
  /** groupCap changed a weight. */
  readonly groupCapped: boolean
}

/** The decision at the close of a bar. `on`: signal state; `exited`: symbols whose exit triggered at this bar. */
export function decidePlain(
  input: SimulationInput,
  bar: number,
  on: readonly boolean[],
  exited: readonly boolean[],
): Decision {
  const { panel, rule, portfolio } = input
  const count = panel.symbols.length
  const symbols = panel.symbols.map((_, symbol) => symbol)
  const allowed = (symbol: number) => !input.universe || input.universe[bar * count + symbol] === 1
  const hasClose = (symbol: number) => Number.isFinite(at(panel, 'close', bar, symbol))
  const targets = symbols.map(() => 0)
  let scaledDown = false

  if (rule.kind === 'weights') {
    // "Missing is 0, and so is a symbol with universe false, without a close, or just exited."
    for (const symbol of symbols) {
      const weight = rule.weights[bar * count + symbol]!
      if (Number.isFinite(weight) && allowed(symbol) && hasClose(symbol) && !exited[symbol])
        targets[symbol] = weight
    }
    // "Bars whose gross is above grossExposure are scaled down to it."
    const gross = sum(targets.map(Math.abs))
    if (gross > portfolio.grossExposure) {
      scaledDown = gross > portfolio.grossExposure * (1 + 1e-12)
      for (const symbol of symbols) targets[symbol] = (targets[symbol]! * portfolio.grossExposure) / gross
    }
  } else {
    let long: number[] = []
    let short: number[] = []
    const score = (symbol: number) => (rule.kind === 'score' ? rule.score[bar * count + symbol]! : Number.NaN)
    if (rule.kind === 'score') {
      const eligible = symbols.filter((s) => allowed(s) && hasClose(s) && Number.isFinite(score(s)))
      if (portfolio.side === 'longShort') {
        const top = pick(rule.select, score, eligible)
        const bottom = pickShort(rule.select, score, eligible)
        // "A symbol in both is in neither."
        long = top.filter((symbol) => !bottom.includes(symbol))
        short = bottom.filter((symbol) => !top.includes(symbol))
      } else if (portfolio.side === 'short') short = pick(rule.select, score, eligible)
      else long = pick(rule.select, score, eligible)
    } else {
      const selection = symbols.filter((s) => on[s] && allowed(s) && hasClose(s))
      if (portfolio.side === 'short') short = selection
      else long = selection
    }
    // "Takes the symbol out of the selection of that bar; its place is not filled by another."
    long = long.filter((symbol) => !exited[symbol])
    short = short.filter((symbol) => !exited[symbol])

    const fillLeg = (leg: readonly number[], sign: 1 | -1, total: number) => {
      let members = [...leg]
      let sizes: number[]
      const { weight } = portfolio
      if (weight === 'score') {
        sizes = members.map((symbol) => Math.max(sign * score(symbol), 0))
        if (sizes.every((size) => size === 0)) sizes = members.map(() => 1)
      } else if (weight === 'rank') sizes = members.map((_, position) => members.length - position)
      else if (weight === 'equal') sizes = members.map(() => 1)
      else {
        // "Without n finite returns or with std below 1e-12 is left out after selection and not replaced."
        const n = weight.inverseVolatility
        members = members.filter((symbol) => returnStd(panel, symbol, bar, n) >= 1e-12)
        sizes = members.map((symbol) => 1 / returnStd(panel, symbol, bar, n))
      }
      const all = sum(sizes)
      for (const [position, symbol] of members.entries())
        targets[symbol] = (sign * total * sizes[position]!) / all
    }
    const perLeg = portfolio.side === 'longShort' ? portfolio.grossExposure / 2 : portfolio.grossExposure
    fillLeg(long, 1, perLeg)
    fillLeg(short, -1, perLeg)
  }

  let capped = false
  if (portfolio.maxWeight !== undefined) {
    for (const sign of [1, -1]) {
      const leg = symbols.filter((symbol) => sign * targets[symbol]! > 0)
      const sizes = leg.map((symbol) => Math.abs(targets[symbol]!))
      const limited = capLeg(sizes, portfolio.maxWeight)
      for (const [position, symbol] of leg.entries()) {
        if (limited[position] !== sizes[position]) capped = true
        targets[symbol] = sign * limited[position]!
      }
    }
  }
  let groupCapped = false
  const { groupCap } = portfolio
  if (groupCap !== undefined) {
    const { codes } = panel.groups.get(groupCap.group)!
    for (const sign of [1, -1]) {
      const leg = symbols.filter((symbol) => sign * targets[symbol]! > 0)
      const limited = capGroupsOfLeg(
        leg.map((symbol) => Math.abs(targets[symbol]!)),
        leg.map((symbol) => Math.max(-1, codes[bar * count + symbol]!)),
        groupCap.max,
        portfolio.maxWeight,
      )
      for (const [position, symbol] of leg.entries()) {
        if (Math.abs(limited[position]! - Math.abs(targets[symbol]!)) > 1e-9) groupCapped = true
        targets[symbol] = sign * limited[position]!
      }
    }
  }
  return { targets, scaledDown, capped, groupCapped }
}
