/**
 * Editing a strategy:
 * 1. open: the frozen graph becomes a draft with the universe's nodes and the rule's apart, masks left out, and what
 *    the config asks of every universe taken off (here)
 * 2. find a place: edges.ts
 * 3. edit: the mutation
 * 4. close: finish.ts
 */
import type { GraphNode, PortType } from '../graph/node.js'
import { operatorNamed } from '../graph/registry.js'
import type { Strategy } from '../graph/strategy.js'
import type { Portfolio, Rule } from '../graph/strategy-graph.js'
import { type Composer, createComposer, type Ref } from '../library/compose-graph.js'
import { finishStrategy } from './finish.js'
import type { MutationResult, SearchSpace } from './proposal.js'
import { conjuncts } from './space.js'

/** A strategy under the knife. Mutations write to it; it is never kept. */
export interface Draft {
  readonly origin: Strategy
  readonly nodes: Map<string, GraphNode>
  universe: Ref | undefined
  rule: Rule
  portfolio: Portfolio
  /** Composers handed out so far, so that new ids are new. */
  composers: number
}

export function openDraft(origin: Strategy, space: SearchSpace): Draft {
  const { graph } = origin
  const byId = new Map(graph.nodes.map((node) => [node.id, node]))
  const nodes = new Map<string, GraphNode>()
  const copy = (id: string, region: 'u' | 'r'): Ref => {
    const name = `${region}${id}`
    if (nodes.has(name)) return name
    const { mask, ...rest } = byId.get(id)!
    const inputs = rest.inputs.map((input) => copy(input, region))
    const own = mask === undefined || mask === graph.universe ? undefined : copy(mask, region)
    nodes.set(name, { ...rest, id: name, inputs, ...(own === undefined ? {} : { mask: own }) })
    return name
  }
  const { rule } = graph
  const draft: Draft = {
    origin,
    nodes,
    universe: undefined,
    rule:
      rule.kind === 'score'
        ? { ...rule, score: copy(rule.score, 'r') }
        : rule.kind === 'signals'
          ? { ...rule, enter: copy(rule.enter, 'r'), exit: copy(rule.exit, 'r') }
          : { ...rule, weights: copy(rule.weights, 'r') },
    portfolio: graph.portfolio,
    composers: 0,
  }
  if (graph.universe !== undefined) {
    const own = conjuncts(graph.universe, (id) => byId.get(id)!).filter(
      (id) => !space.universe?.conjuncts.has(origin.keys.get(id)!),
    )
    draft.universe = own.map((id) => copy(id, 'u')).reduce<Ref | undefined>(joiner(draft, space), undefined)
  }
  return draft
}

const joiner = (draft: Draft, space: SearchSpace) => (sofar: Ref | undefined, next: Ref) =>
  sofar === undefined ? next : compose(draft, space, (c) => c.op('and', [sofar, next]))

/** Adds nodes to a draft; what `build` composes may read the draft's nodes by their ids. */
export function compose(draft: Draft, space: SearchSpace, build: (composer: Composer) => Ref): Ref {
  const composer = createComposer(`x${draft.composers++}:`, space.fields, space.groups)
  const root = build(composer)
  for (const node of composer.nodes) draft.nodes.set(node.id, node)
  return root
}

/** The type of a draft's node, by its operator. */
export function typeOf(draft: Draft, id: Ref, known = new Map<Ref, PortType>()): PortType {
  const found = known.get(id)
  if (found !== undefined) return found
  const node = draft.nodes.get(id)!
  const type = operatorNamed(node.op).type(node.inputs.map((input) => typeOf(draft, input, known)))
  known.set(id, type)
  return type
}

/** The strategy that a draft has become, or why it cannot be one. */
export const closeDraft = (draft: Draft, space: SearchSpace, name: string, what: string): MutationResult =>
  finishStrategy({ ...draft, nodes: [...draft.nodes.values()], name }, space, what, draft.origin)
