import type { Rng } from '../base/rng.js'
import type { ParamValue } from '../graph/node.js'
import type { OperatorDefinition } from '../graph/operator.js'
import type { Composer, Ref } from '../library/compose-graph.js'
import { drawable, drawOperatorParam } from './mutate-structure.js'
import type { SearchSpace } from './proposal.js'

interface Expression {
  readonly ref: Ref
  readonly label: string
}

/** Windows below this mean little on daily bars, and leave higher moments undefined. */
const SHORTEST_WINDOW = 5
const numbersOnly = ({ params }: OperatorDefinition) =>
  params.every(({ kind }) => kind === 'integer' || kind === 'number')

/** Two windows in a row should leave most of the history to trade in. */
const longest = (space: SearchSpace) => Math.max(20, Math.floor(space.longestWindow / 2))

function drawnParams(rng: Rng, operator: OperatorDefinition, space: SearchSpace): ParamValue[] {
  return operator.params.map((spec) => {
    const value = drawOperatorParam(rng, spec)
    if (spec.kind !== 'integer') return value
    return Math.min(spec.max, longest(space), Math.max(spec.min, SHORTEST_WINDOW, value as number))
  })
}

/** Whether the panel has every field that the operator reads by itself. */
const fed = ({ inputs }: OperatorDefinition, space: SearchSpace) =>
  inputs.length > 0 &&
  inputs.every(({ defaultField }) => defaultField !== undefined && space.fields.includes(defaultField))

/** A series without a unit, so that symbols can be compared: a return, a change of volume, an intraday ratio. */
function base(c: Composer, rng: Rng, space: SearchSpace): Expression | undefined {
  const has = (...names: string[]) => names.every((name) => space.fields.includes(name))
  const can = (...names: string[]) => names.every((name) => space.operators.has(name))
  const choices: (() => Expression)[] = []
  if (has('returns')) choices.push(() => ({ ref: c.field('returns'), label: 'returns' }))
  if (has('volume') && can('pctChange'))
    choices.push(() => ({
      ref: c.op('pctChange', [c.field('volume')], [rng.int(1, 5)]),
      label: 'volume change',
    }))
  if (has('open', 'close') && can('div'))
    choices.push(() => ({ ref: c.op('div', [c.field('close'), c.field('open')]), label: 'intraday return' }))
  if (has('high', 'low') && can('div'))
    choices.push(() => ({ ref: c.op('div', [c.field('high'), c.field('low')]), label: 'range' }))
  if (has('close') && can('pctChange'))
    choices.push(() => ({ ref: c.op('pctChange', [c.field('close')], [rng.int(2, 60)]), label: 'return' }))
  // Constraints that leave nothing else: the raw field, which a rank can still order.
  if (choices.length === 0) choices.push(() => ({ ref: c.field(space.fields[0]!), label: space.fields[0]! }))
  return rng.pick(choices)()
}

/**
 * A random expression over the registry: a statistic of one series, the co-movement of two, or an indicator against
 * its own past. Undefined where the allowed operators give none.
 */
export function randomExpression(c: Composer, rng: Rng, space: SearchSpace): Expression | undefined {
  const operators = drawable(space).filter(numbersOnly)
  const series = operators.filter(
    ({ category, outputs, type }) =>
      category === 'timeSeries' && outputs === undefined && type(['panel']) === 'panel',
  )
  const numeric = (count: number) =>
    series.filter(
      ({ inputs }) =>
        inputs.length === count && inputs.every(({ type, variadic }) => type === 'numeric' && !variadic),
    )
  const single = numeric(1)
  const pairs = numeric(2)
  const indicators = operators.filter((one) => one.category === 'indicator' && fed(one, space))
  const past = ['zscore', 'tsRank'].filter((name) => space.operators.has(name))
  const withPast = past.length > 0 ? indicators : []
  const weights = [single.length > 0 ? 4 : 0, pairs.length > 0 ? 2 : 0, withPast.length > 0 ? 3 : 0]
  if (weights.every((weight) => weight === 0)) return undefined
  switch (rng.weighted(weights)) {
    case 0: {
      const x = base(c, rng, space)!
      const inner = rng.pick(single)
      const first = c.op(inner.name, [x.ref], drawnParams(rng, inner, space))
      if (rng.next() < 0.6) return { ref: first, label: `${inner.name} of ${x.label}` }
      const outer = rng.pick(single)
      return {
        ref: c.op(outer.name, [first], drawnParams(rng, outer, space)),
        label: `${outer.name} ${inner.name} of ${x.label}`,
      }
    }
    case 1: {
      const operator = rng.pick(pairs)
      const x = base(c, rng, space)!
      const y = base(c, rng, space)!
      return {
        ref: c.op(operator.name, [x.ref, y.ref], drawnParams(rng, operator, space)),
        label: `${operator.name} of ${x.label}, ${y.label}`,
      }
    }
    default: {
      const indicator = rng.pick(withPast)
      const output = indicator.outputs === undefined ? undefined : rng.pick(indicator.outputs)
      const value = c.op(indicator.name, [], drawnParams(rng, indicator, space), output)
      return {
        ref: c.op(rng.pick(past), [value], [rng.int(20, longest(space))]),
        label: output === undefined ? indicator.name : `${indicator.name} ${output}`,
      }
    }
  }
}
