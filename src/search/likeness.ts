import type { Strategy } from '../graph/strategy.js'

/** What likeness is read from: a strategy, or what a record keeps of one. */
type OfGraph = Pick<Strategy, 'graph'>

/**
 * What a strategy is built of, without its numbers: each expression in it as operators and fields, the way it decides,
 * and its side. Two strategies that differ in windows only have the same.
 */
export function shapesOf({ graph: { nodes, rule, portfolio } }: OfGraph): ReadonlySet<string> {
  const shapes = new Map<string, string>()
  for (const { id, op, output, inputs, params } of nodes) {
    if (op === 'constant') continue
    const read = inputs.flatMap((input) => shapes.get(input) ?? [])
    const name = op === 'field' || op === 'group' ? `:${params.name}` : ''
    shapes.set(id, `${op}${name}${output === undefined ? '' : `.${output}`}(${read.join()})`)
  }
  return new Set([...shapes.values(), `rule ${rule.kind}`, `side ${portfolio.side}`])
}

/** 1 minus the share of shapes that two strategies have in common (Jaccard): 0 for the same shape, 1 for nothing alike. */
export function unlikeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let common = 0
  for (const shape of a) if (b.has(shape)) common++
  const all = a.size + b.size - common
  return all === 0 ? 0 : 1 - common / all
}

/** Least unlikeness of strategies that are shown beside each other. */
export const UNLIKE = 0.5

const isAlike = (a: ReadonlySet<string>, b: ReadonlySet<string>) => unlikeness(a, b) < UNLIKE

/**
 * The first of a list, best first, that are unlike each other and unlike those given. Pure: the same list gives the
 * same choice.
 */
export function unlikeEachOther<T>(
  candidates: readonly T[],
  strategyOf: (candidate: T) => OfGraph,
  most: number,
  from: readonly OfGraph[] = [],
): T[] {
  const taken = from.map(shapesOf)
  const chosen: T[] = []
  for (const candidate of candidates) {
    if (chosen.length >= most) break
    const shapes = shapesOf(strategyOf(candidate))
    if (taken.some((other) => isAlike(shapes, other))) continue
    taken.push(shapes)
    chosen.push(candidate)
  }
  return chosen
}

/** Those of a list that a strategy is not unlike. */
export function alikeAmong<T>(list: readonly T[], strategyOf: (item: T) => OfGraph, strategy: OfGraph): T[] {
  const shapes = shapesOf(strategy)
  return list.filter((item) => isAlike(shapes, shapesOf(strategyOf(item))))
}
