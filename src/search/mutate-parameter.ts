import type { Rng } from '../base/rng.js'
import type { ParamSpec } from '../graph/operator.js'
import { operatorNamed } from '../graph/registry.js'
import type { Strategy } from '../graph/strategy.js'
import type { Exits, Portfolio, Rule } from '../graph/strategy-graph.js'
import { EXITS } from '../library/exits.js'
import type { LibraryParam } from '../library/params.js'
import { roundTo } from '../library/params.js'
import { closeDraft, type Draft, openDraft } from './draft.js'
import { edgesOf } from './edges.js'
import { mutatedName } from './names.js'
import type { MutationContext, MutationResult } from './proposal.js'

/** Width of a step, on the logarithm of the value: a tenth, up or down. */
export const SIGMA = 0.1

/**
 * A value one log-normal step away, within its range. Whole numbers are rounded and move by at least 1; others keep
 * three digits. Undefined where no other value is in range.
 */
export function step(rng: Rng, value: number, range: { min: number; max: number; integer: boolean }) {
  const z = rng.normal()
  const moved = value * Math.exp(SIGMA * z)
  let next = range.integer ? Math.round(moved) : roundTo(moved, 3)
  if (range.integer && next === value) next = value + (z < 0 ? -1 : 1)
  next = Math.min(range.max, Math.max(range.min, next))
  // At the edge of its range a value can only turn back.
  if (range.integer && next === value) next = value === range.max ? value - 1 : value + 1
  return next === value || next < range.min || next > range.max ? undefined : next
}

/** One number of a strategy, where it stands and what becomes of the draft when it changes. */
interface Knob {
  /** Larger: drawn more often. */
  readonly weight: number
  readonly label: string
  readonly value: number
  readonly min: number
  readonly max: number
  readonly integer: boolean
  readonly percent?: boolean
  readonly set: (value: number) => void
}

type NumberSpec = Extract<ParamSpec, { kind: 'integer' | 'number' }>

function nodeKnobs(draft: Draft): Knob[] {
  const knobs: Knob[] = []
  for (const id of new Set(edgesOf(draft).map((edge) => edge.id))) {
    const node = draft.nodes.get(id)!
    const { params, name } = operatorNamed(node.op)
    for (const spec of params.filter(
      (one): one is NumberSpec => one.kind === 'integer' || one.kind === 'number',
    )) {
      const value = node.params[spec.name] as number
      // 0 is an anchor ("above zero"): a relative step cannot move it, and should not.
      if (value === 0) continue
      knobs.push({
        // Constants are levels and weights; windows say more about a strategy.
        weight: name === 'constant' ? 1 : 2,
        label: name === 'constant' ? 'constant' : params.length > 1 ? `${name} ${spec.name}` : name,
        value,
        ...(value < 0
          ? { min: spec.min, max: Math.min(spec.max, 0) }
          : { min: Math.max(spec.min, 0), max: spec.max }),
        integer: spec.kind === 'integer',
        set: (next) => {
          const now = draft.nodes.get(id)!
          draft.nodes.set(id, { ...now, params: { ...now.params, [spec.name]: next } })
        },
      })
    }
  }
  return knobs
}

const setPortfolio = (draft: Draft, change: Partial<Portfolio>) => {
  draft.portfolio = { ...draft.portfolio, ...change }
}

function ruleKnobs(draft: Draft, symbols: number): Knob[] {
  if (draft.rule.kind !== 'score') return []
  const { select } = draft.rule
  const [[kind, value]] = Object.entries(select) as [[string, number]]
  if (value === 0) return []
  const whole = kind === 'top' || kind === 'bottom'
  return [
    {
      weight: 2,
      label: kind === 'topFraction' ? 'top' : kind,
      value,
      min: whole ? 1 : kind === 'topFraction' ? 0.001 : value < 0 ? Number.NEGATIVE_INFINITY : 0,
      max: whole
        ? Math.max(1, symbols)
        : kind === 'topFraction'
          ? 1
          : value < 0
            ? 0
            : Number.POSITIVE_INFINITY,
      integer: whole,
      percent: kind === 'topFraction',
      set: (next) => {
        draft.rule = { ...draft.rule, select: { [kind]: next } } as Rule
      },
    },
  ]
}

function portfolioKnobs(draft: Draft): Knob[] {
  const { weight, rebalance, exits, maxWeight } = draft.portfolio
  const knobs: Knob[] = []
  if (typeof weight === 'object')
    knobs.push({
      weight: 1,
      label: 'inverse volatility',
      value: weight.inverseVolatility,
      min: 2,
      max: 1000,
      integer: true,
      set: (next) => setPortfolio(draft, { weight: { inverseVolatility: next } }),
    })
  if (typeof rebalance === 'object')
    knobs.push({
      weight: 1,
      label: 'rebalance every',
      value: rebalance.every,
      min: 1,
      max: 10_000,
      integer: true,
      set: (next) => setPortfolio(draft, { rebalance: { every: next } }),
    })
  if (maxWeight !== undefined)
    knobs.push({
      weight: 1,
      label: 'largest weight',
      value: maxWeight,
      min: 0.001,
      max: 10,
      integer: false,
      percent: true,
      set: (next) => setPortfolio(draft, { maxWeight: next }),
    })
  return [...knobs, ...exitKnobs(draft, exits)]
}

/** The range of an exit's parameter, by the key under which the exit stands. */
function exitRange(key: keyof Exits, n: boolean): LibraryParam {
  for (const { build, params } of EXITS) {
    const built = build(Object.fromEntries(params.map((param) => [param.name, param.default])))
    if (key in built) return params.length === 1 || n ? params[0]! : params[1]!
  }
  throw new RangeError(`no exit of the library sets ${key}`)
}

function exitKnobs(draft: Draft, exits: Exits): Knob[] {
  const knobs: Knob[] = []
  const add = (
    key: keyof Exits,
    value: number,
    label: string,
    percent: boolean,
    n: boolean,
    put: (x: number) => Exits,
  ) => {
    const { min, max, kind } = exitRange(key, n)
    knobs.push({
      weight: 2,
      label,
      value,
      // A value that a person chose outside the library's range may stay there.
      min: Math.min(min, value),
      max: Math.max(max, value),
      integer: kind === 'integer',
      percent,
      set: (next) => setPortfolio(draft, { exits: { ...draft.portfolio.exits, ...put(next) } }),
    })
  }
  const single = {
    stopLoss: 'stop loss',
    takeProfit: 'profit target',
    trailingStop: 'trailing stop',
  } as const
  for (const key of ['stopLoss', 'takeProfit', 'trailingStop'] as const)
    if (exits[key] !== undefined) add(key, exits[key], single[key], true, false, (x) => ({ [key]: x }))
  if (exits.maxHoldingBars !== undefined)
    add('maxHoldingBars', exits.maxHoldingBars, 'time exit', false, false, (x) => ({ maxHoldingBars: x }))
  for (const key of ['atrStop', 'volatilityStop'] as const) {
    const stop = exits[key]
    if (stop === undefined) continue
    const label = key === 'atrStop' ? 'ATR stop' : 'volatility stop'
    const now = () => draft.portfolio.exits[key]!
    add(key, stop.n, `${label} n`, false, true, (x) => ({ [key]: { ...now(), n: x } }))
    add(key, stop.k, `${label} k`, false, false, (x) => ({ [key]: { ...now(), k: x } }))
  }
  return knobs
}

const show = (value: number, percent?: boolean) =>
  percent ? `${roundTo(value * 100, 3)}%` : `${roundTo(value, 3)}`

/**
 * Moves one number of a strategy, now and then two or three: an operator's, a constant, the selection's size, an
 * exit's. Each moves by a log-normal step of σ = 10% within its operator's range.
 */
export function changeParameter(strategy: Strategy, { rng, space }: MutationContext): MutationResult {
  const steps = 1 + rng.weighted([6, 3, 1])
  let because = 'it has no number that could be changed'
  for (let attempt = 0; attempt < 5; attempt++) {
    const draft = openDraft(strategy, space)
    const knobs = [...nodeKnobs(draft), ...ruleKnobs(draft, space.symbols), ...portfolioKnobs(draft)]
    const done: string[] = []
    while (knobs.length > 0 && done.length < steps) {
      const [knob] = knobs.splice(rng.weighted(knobs.map(({ weight }) => weight)), 1)
      const next = step(rng, knob!.value, knob!)
      if (next === undefined) continue
      knob!.set(next)
      done.push(`${knob!.label} ${show(knob!.value, knob!.percent)} → ${show(next, knob!.percent)}`)
    }
    if (done.length === 0) return { ok: false, because }
    const what = done.join(', ')
    const result = closeDraft(draft, space, mutatedName(strategy.graph.name, what), what)
    if (result.ok) return result
    because = result.because
  }
  return { ok: false, because }
}
