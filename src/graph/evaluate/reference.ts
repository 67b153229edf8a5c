import type { Panel } from '../../data/panel.js'
import type { GraphNode } from '../node.js'
import { operatorNamed } from '../registry.js'
import type { Evaluable } from '../strategy.js'
import type { WindowFunctions } from '../window-function/window-functions.js'
import { checkSources, kernelContext } from './context.js'

/**
 * The oracle of the columnar evaluator: every node through its operator's plain reference, cell by cell, nothing
 * shared and nothing cached. Booleans are 1 and 0. Quadratic in bars: for tests.
 * @returns one T × width array per id, row-major
 */
export function evaluatePlainly(
  strategy: Evaluable,
  ids: readonly string[],
  panel: Panel,
  benchmark?: string,
  windowFunctions?: WindowFunctions,
): number[][] {
  checkSources(strategy, panel, benchmark)
  const context = kernelContext(panel, benchmark, windowFunctions)
  const { bars, symbols } = context
  const values = new Map<string, { width: number; cells: number[] }>()
  for (const node of strategy.graph.nodes) {
    const width = strategy.types.get(node.id) === 'vector' ? 1 : symbols
    values.set(node.id, { width, cells: plainNode(node, width) })
  }
  return ids.map((id) => values.get(id)!.cells)

  function plainNode(node: GraphNode, width: number): number[] {
    const { reference } = operatorNamed(node.op)
    const inputs = node.inputs.map((id) => values.get(id)!)
    const mask = node.mask === undefined ? undefined : values.get(node.mask)!
    const at = (input: { width: number; cells: number[] }, bar: number, symbol: number) =>
      input.width === 1 ? input.cells[bar]! : input.cells[bar * input.width + symbol]!
    const cells: number[] = []
    for (let bar = 0; bar < bars; bar++) {
      switch (reference.kind) {
        case 'source':
          cells.push(...reference.row(bar, node.params, context))
          break
        case 'crossSection': {
          const rows = inputs.map((input) =>
            Array.from({ length: width }, (_, symbol) =>
              mask !== undefined && at(mask, bar, symbol) === 0 ? Number.NaN : at(input, bar, symbol),
            ),
          )
          cells.push(...reference.row(rows, node.params))
          break
        }
        case 'element':
          for (let symbol = 0; symbol < width; symbol++)
            cells.push(
              reference.at(
                inputs.map((input) => at(input, bar, symbol)),
                node.params,
              ),
            )
          break
        case 'series':
          for (let symbol = 0; symbol < width; symbol++)
            cells.push(
              reference.at(
                inputs.map((input) => Array.from({ length: bar + 1 }, (_, past) => at(input, past, symbol))),
                node.params,
                node.output,
                context,
              ),
            )
          break
      }
    }
    return cells
  }
}
