import type { PortType } from '../graph/node.js'
import { operatorNamed } from '../graph/registry.js'
import type { Ref } from '../library/compose-graph.js'
import { type Draft, typeOf } from './draft.js'

/** Who reads a node: an input of another one, or the strategy itself. */
export type Reader =
  | { readonly kind: 'input'; readonly user: Ref; readonly index: number }
  | { readonly kind: 'universe' | 'score' | 'enter' | 'exit' | 'weights' }

/** One place where a node is read. Edits change places, so that other readers of the node keep it. */
export interface Edge {
  readonly reader: Reader
  /** The node that is read. */
  readonly id: Ref
  readonly type: PortType
  /** False beneath the exit of signals or an odd number of `not`: what is true there speaks against holding. */
  readonly wanted: boolean
  readonly region: 'universe' | 'rule'
  /** A condition stands between this place and the strategy's root. */
  readonly conditional: boolean
}

/** The strategy's own readers. */
export function rootReaders({ rule, universe }: Draft): { reader: Reader; id: Ref }[] {
  const roots: { reader: Reader; id: Ref }[] =
    rule.kind === 'score'
      ? [{ reader: { kind: 'score' }, id: rule.score }]
      : rule.kind === 'signals'
        ? [
            { reader: { kind: 'enter' }, id: rule.enter },
            { reader: { kind: 'exit' }, id: rule.exit },
          ]
        : [{ reader: { kind: 'weights' }, id: rule.weights }]
  return universe === undefined ? roots : [...roots, { reader: { kind: 'universe' }, id: universe }]
}

/** Every edge of a draft, each once, from the roots down. */
export function edgesOf(draft: Draft): Edge[] {
  const edges: Edge[] = []
  const types = new Map<Ref, PortType>()
  const visited = new Set<Ref>()
  const visit = (reader: Reader, id: Ref, above: Pick<Edge, 'wanted' | 'region' | 'conditional'>) => {
    const type = typeOf(draft, id, types)
    edges.push({ reader, id, type, ...above })
    if (visited.has(id)) return
    visited.add(id)
    const node = draft.nodes.get(id)!
    const below = {
      region: above.region,
      wanted: node.op === 'not' ? !above.wanted : above.wanted,
      conditional: above.conditional || type === 'boolean',
    }
    node.inputs.forEach((input, index) => {
      visit({ kind: 'input', user: id, index }, input, below)
    })
  }
  for (const { reader, id } of rootReaders(draft))
    visit(reader, id, {
      wanted: reader.kind !== 'exit',
      region: reader.kind === 'universe' ? 'universe' : 'rule',
      conditional: false,
    })
  return edges
}

/** Lets a place read another node. */
export function redirect(draft: Draft, reader: Reader, id: Ref): void {
  switch (reader.kind) {
    case 'input': {
      const node = draft.nodes.get(reader.user)!
      draft.nodes.set(reader.user, { ...node, inputs: node.inputs.with(reader.index, id) })
      return
    }
    case 'universe':
      draft.universe = id
      return
    default:
      draft.rule = { ...draft.rule, [reader.kind]: id }
  }
}

/**
 * Whether a node's values are built from cross-sectional ones by arithmetic alone (`rank(a) + 0.5·rank(b)`), so that
 * they can be added to others of that kind.
 */
export function isRanked(draft: Draft, id: Ref): boolean {
  const node = draft.nodes.get(id)!
  const { category } = operatorNamed(node.op)
  if (category === 'crossSection') return typeOf(draft, id) === 'panel'
  if (category !== 'arithmetic') return false
  const panels = node.inputs.filter((input) => typeOf(draft, input) === 'panel')
  return panels.length > 0 && panels.every((input) => isRanked(draft, input))
}

/**
 * Places where one number per symbol stands for how good the symbol is, so that any factor can stand there: the
 * score, what it ranks, the terms it adds up, and what a selection inside a rule picks by.
 */
export function factorEdges(draft: Draft, edges: readonly Edge[] = edgesOf(draft)): Edge[] {
  const readers = new Map<Ref, number>()
  for (const { id } of edges) readers.set(id, (readers.get(id) ?? 0) + 1)
  const { rule } = draft
  const found: Edge[] = []
  const below = (id: Ref) =>
    edges.filter(({ reader, type }) => type === 'panel' && reader.kind === 'input' && reader.user === id)
  const visit = (edge: Edge) => {
    found.push(edge)
    const node = draft.nodes.get(edge.id)!
    const { category } = operatorNamed(node.op)
    // A node with a second reader belongs to a larger expression, such as a mean over the market.
    if (category === 'crossSection')
      below(edge.id)
        .filter(({ id, reader }) => readers.get(id) === 1 && reader.kind === 'input' && reader.index === 0)
        .forEach(visit)
    else if (category === 'arithmetic' || category === 'logic')
      for (const child of below(edge.id)) if (isRanked(draft, child.id)) visit(child)
  }
  if (rule.kind === 'score') for (const edge of edges) if (edge.reader.kind === 'score') visit(edge)
  if (rule.kind === 'weights')
    for (const edge of edges) {
      if (edge.region !== 'rule' || edge.type !== 'boolean') continue
      if (operatorNamed(draft.nodes.get(edge.id)!.op).category === 'crossSection')
        for (const child of below(edge.id)) visit(child)
    }
  return found.filter((edge, i) => found.findIndex(({ reader }) => reader === edge.reader) === i)
}
