import { expect } from 'vitest'
import { createRng, type Rng } from '../../src/base/rng.js'
import type { Panel } from '../../src/data/panel.js'
import { kernelContext } from '../../src/graph/evaluate/context.js'
import type { Column } from '../../src/graph/operator.js'
import { operatorNamed } from '../../src/graph/registry.js'
import type { Strategy } from '../../src/graph/strategy.js'
import { runReference, same } from '../operators/support.js'

/** How far the plain value moves when every input is rounded differently in its last place. */
function sensitivity(column: (rng: Rng) => number[], cell: number, value: number): number {
  let most = 0
  for (let draw = 0; draw < 8; draw++) {
    const moved = Math.abs(column(createRng(draw, 'rounding'))[cell]! - value)
    // Whether there is a value at all may hang on a last digit.
    most = Math.max(most, Number.isNaN(moved) ? Number.POSITIVE_INFINITY : moved)
  }
  return most
}

/**
 * Expects of every node that its fast value is the plain one to 1e-9, or to what a rounding of the inputs makes of it,
 * and that nothing is infinite. One node at a time on equal inputs, because a last digit may decide a comparison
 * further on.
 * @param columns the fast values, in the order of the strategy's nodes
 * @returns the plain values of each node
 */
export function expectPlainValues(
  strategy: Strategy,
  columns: readonly Column[],
  panel: Panel,
  what: string,
  benchmark?: string,
): number[][] {
  const context = kernelContext(panel, benchmark)
  const { nodes } = strategy.graph
  const at = new Map(nodes.map(({ id }, index) => [id, columns[index]!]))
  return nodes.map((node, index) => {
    const values = columns[index]!.values
    const inputs = node.inputs.map((id) => at.get(id)!)
    const mask = node.mask === undefined ? undefined : (at.get(node.mask)!.values as Uint8Array)
    const referenceOf = (given: readonly Column[]) =>
      runReference(operatorNamed(node.op), given, node.params, context, { output: node.output, mask })
    const plain = referenceOf(inputs)
    expect(values.length).toBe(plain.length)
    let scale = 1
    for (const input of inputs)
      for (const value of input.values) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value))
    for (let cell = 0; cell < plain.length; cell++) {
      const [fast, wanted] = [values[cell]!, plain[cell]!]
      if (Math.abs(fast) === Number.POSITIVE_INFINITY)
        expect.fail(`${what}, ${node.id} ${node.op}, cell ${cell} is infinite`)
      if (same(fast, wanted)) continue
      const off = Math.abs(fast - wanted)
      if (off <= 1e-9 * Math.max(Math.abs(wanted), scale)) continue
      // Squares of these overflow, each in its own way; what matters is that nothing infinite comes out.
      if (scale > 1e150) continue
      const rounded = (draw: Rng) =>
        referenceOf(
          inputs.map((input) =>
            input.type === 'boolean'
              ? input
              : { ...input, values: input.values.map((v) => v * (1 + (draw.next() - 0.5) * 2 ** -51)) },
          ),
        )
      const moved = sensitivity(rounded, cell, wanted)
      // A quotient of what is rounding alone is any number, or none where that rounding gave 0.
      if (Number.isNaN(off) ? moved > 0.01 * Math.abs(wanted) : off <= 10 * moved) continue
      expect.fail(
        `${what}, ${node.id} ${node.op} ${JSON.stringify(node.params)}, cell ${cell}: ${fast}, plainly ${wanted}`,
      )
    }
    return plain
  })
}
