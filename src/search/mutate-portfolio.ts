import type { Strategy } from '../graph/strategy.js'
import type { Exits, Rebalance, Side, Weighting } from '../graph/strategy-graph.js'
import type { ExitEntry } from '../library/entry.js'
import { EXITS } from '../library/exits.js'
import { defaultValues, roundTo } from '../library/params.js'
import {
  drawExit,
  drawExits,
  drawSelect,
  exitsLabel,
  mostNames,
  rebalanceLabel,
  sameRebalance,
  selectLabel,
  weightLabel,
} from '../library/portfolio.js'
import { attempt } from './attempt.js'
import type { MutationContext, MutationResult } from './proposal.js'

const keyOf = (entry: ExitEntry) => Object.keys(entry.build(defaultValues(entry.params)))[0] as keyof Exits

/** Adds an exit rule, takes one away, draws one anew, or draws them all. */
export function changeExits(strategy: Strategy, context: MutationContext): MutationResult {
  const { rng, space } = context
  const entries = space.library.exits
  return attempt(strategy, context, (draft) => {
    const { exits } = draft.portfolio
    const present = Object.keys(exits) as (keyof Exits)[]
    const absent = entries.filter((entry) => !present.includes(keyOf(entry)))
    const redrawn = entries.filter((entry) => present.includes(keyOf(entry)))
    if (present.length + absent.length === 0) return { because: 'no exit rule is allowed here' }
    const choice = rng.weighted([
      absent.length > 0 ? (present.length < 3 ? 4 : 1) : 0,
      present.length > 0 ? 3 : 0,
      redrawn.length > 0 ? 3 : 0,
      entries.length > 0 ? 1 : 0,
    ])
    const put = (next: Exits) => {
      draft.portfolio = { ...draft.portfolio, exits: next }
    }
    if (choice === 0) {
      const added = drawExit(rng, rng.pick(absent))
      put({ ...exits, ...added })
      return { what: exitsLabel(added) }
    }
    if (choice === 1) {
      const gone = rng.pick(present)
      put(Object.fromEntries(Object.entries(exits).filter(([key]) => key !== gone)))
      const { title } = EXITS.find((entry) => keyOf(entry) === gone)!
      return { what: `without ${title}` }
    }
    const next = choice === 2 ? drawExit(rng, rng.pick(redrawn)) : drawExits(rng, entries)
    put(choice === 2 ? { ...exits, ...next } : next)
    return { what: exitsLabel(next) }
  })
}

/** Holds more or fewer names, selects by share instead of number, or trades another side that is allowed. */
export function changeSelection(strategy: Strategy, context: MutationContext): MutationResult {
  const { rng, space } = context
  return attempt(strategy, context, (draft) => {
    const { rule } = draft
    if (rule.kind !== 'score') return { because: `its rule is ${rule.kind}, which select nothing by number` }
    const { side } = draft.portfolio
    const others = space.sides.filter((one) => one !== side)
    if (others.length > 0 && rng.next() < 0.25) {
      const next: Side = rng.pick(others)
      draft.portfolio = { ...draft.portfolio, side: next }
      if ('bottom' in rule.select) draft.rule = { ...rule, select: { top: rule.select.bottom } }
      return { what: next === 'longShort' ? 'long and short' : `${next} only` }
    }
    const { select } = rule
    const size = 'top' in select ? select.top : 'bottom' in select ? select.bottom : undefined
    const most = mostNames(space.symbols)
    // Half of the time twice or half as many, else something new.
    const next =
      size !== undefined && rng.next() < 0.5
        ? { top: Math.max(1, Math.min(Math.max(most, size), Math.round(size * 2 ** (2 * rng.next() - 1)))) }
        : drawSelect(rng, space.symbols, 3)
    draft.rule = { ...rule, select: 'bottom' in select && 'top' in next ? { bottom: next.top } : next }
    return { what: selectLabel(draft.rule.select) }
  })
}

/** Weights the names in another way, or caps the largest. */
export function changeWeights(strategy: Strategy, context: MutationContext): MutationResult {
  const { rng } = context
  return attempt(strategy, context, (draft) => {
    const { kind } = draft.rule
    const { weight, maxWeight } = draft.portfolio
    if (kind === 'weights' || rng.next() < 0.2) {
      const { maxWeight: _cap, ...uncapped } = draft.portfolio
      if (maxWeight !== undefined && rng.next() < 0.5) {
        draft.portfolio = uncapped
        return { what: 'without a largest weight' }
      }
      const cap = roundTo(0.03 * 10 ** rng.next(), 2)
      draft.portfolio = { ...uncapped, maxWeight: cap }
      return { what: `largest weight ${roundTo(cap * 100, 2)}%` }
    }
    const inverse: Weighting = { inverseVolatility: Math.round(10 * 12 ** rng.next()) }
    const all: Weighting[] = kind === 'score' ? ['equal', 'rank', 'score', inverse] : ['equal', inverse]
    const next = rng.pick(all.filter((one) => one !== weight))
    draft.portfolio = { ...draft.portfolio, weight: next }
    return { what: weightLabel(next) }
  })
}

/** Rebalances at another of the allowed times. */
export function changeRebalance(strategy: Strategy, context: MutationContext): MutationResult {
  const { rng, space } = context
  return attempt(strategy, context, (draft) => {
    const others = space.rebalances.filter((one) => !sameRebalance(one, draft.portfolio.rebalance))
    if (others.length === 0) return { because: 'no other rebalancing is allowed' }
    const next: Rebalance = rng.pick(others)
    draft.portfolio = { ...draft.portfolio, rebalance: next }
    return { what: rebalanceLabel(next) }
  })
}
