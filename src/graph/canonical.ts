import { contentHash } from '../base/hash.js'
import { canonicalJson } from '../base/json.js'
import type { GraphNode } from './node.js'
import { operatorNamed } from './registry.js'
import type { Rule, StrategyGraph } from './strategy-graph.js'

/** Ids of the nodes that a strategy's result is read from: universe first, then what its rule names. */
export function rootsOf(graph: Pick<StrategyGraph, 'rule' | 'universe'>): string[] {
  const { rule } = graph
  const named =
    rule.kind === 'score' ? [rule.score] : rule.kind === 'signals' ? [rule.enter, rule.exit] : [rule.weights]
  return graph.universe === undefined ? named : [graph.universe, ...named]
}

function renameRule(rule: Rule, rename: (id: string) => string): Rule {
  switch (rule.kind) {
    case 'score':
      return { ...rule, score: rename(rule.score) }
    case 'signals':
      return { ...rule, enter: rename(rule.enter), exit: rename(rule.exit) }
    case 'weights':
      return { ...rule, weights: rename(rule.weights) }
  }
}

/** A node's parameters without labels, which make no difference to what it computes. */
export function meaningOf({ op, params }: GraphNode): GraphNode['params'] {
  const labels = operatorNamed(op).params.filter((spec) => spec.kind === 'text' && spec.isLabel)
  if (labels.length === 0) return params
  return Object.fromEntries(
    Object.entries(params).filter(([key]) => labels.every(({ name }) => name !== key)),
  )
}

/**
 * The one form that all graphs with the same meaning share: nodes that nothing reads are gone, equal nodes are one,
 * inputs of commutative operators stand in the order of their content keys, and ids are n1, n2, … in the order of a
 * depth-first walk from the roots. `nodes` must be checked and in topological order.
 */
export function canonicalGraph(graph: StrategyGraph): { graph: StrategyGraph; keys: Map<string, string> } {
  const keyOf = new Map<string, string>()
  const byKey = new Map<string, GraphNode>()
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((id) => keyOf.get(id)!)
    if (operatorNamed(node.op).commutative) inputs.sort()
    const mask = node.mask === undefined ? undefined : keyOf.get(node.mask)!
    const key = contentHash(
      canonicalJson({ op: node.op, inputs, params: meaningOf(node), output: node.output, mask }),
    )
    keyOf.set(node.id, key)
    // From here on a node's inputs are content keys: equal nodes have become one.
    if (!byKey.has(key)) byKey.set(key, { ...node, inputs, ...(mask === undefined ? {} : { mask }) })
  }

  const idOf = new Map<string, string>()
  const nodes: GraphNode[] = []
  const visit = (root: string) => {
    const stack: { key: string; next: number }[] = [{ key: root, next: 0 }]
    while (stack.length > 0) {
      const frame = stack[stack.length - 1]!
      if (idOf.has(frame.key)) {
        stack.pop()
        continue
      }
      const node = byKey.get(frame.key)!
      const needed = node.mask === undefined ? node.inputs : [...node.inputs, node.mask]
      if (frame.next < needed.length) {
        stack.push({ key: needed[frame.next++]!, next: 0 })
        continue
      }
      const id = `n${nodes.length + 1}`
      idOf.set(frame.key, id)
      nodes.push({
        id,
        op: node.op,
        inputs: node.inputs.map((key) => idOf.get(key)!),
        params: node.params,
        ...(node.output === undefined ? {} : { output: node.output }),
        ...(node.mask === undefined ? {} : { mask: idOf.get(node.mask)! }),
      })
      stack.pop()
    }
  }
  const rename = (id: string) => idOf.get(keyOf.get(id)!)!
  for (const id of rootsOf(graph)) visit(keyOf.get(id)!)

  return {
    graph: {
      version: 1,
      name: graph.name,
      nodes,
      ...(graph.universe === undefined ? {} : { universe: rename(graph.universe) }),
      rule: renameRule(graph.rule, rename),
      portfolio: graph.portfolio,
    },
    keys: new Map([...idOf].map(([key, id]) => [id, key])),
  }
}
