/**
 * Evaluates graphs over one panel, column by column:
 * 1. A node's value is looked up by its content key: strategies share whatever they have in common.
 * 2. Otherwise its inputs are evaluated and its operator's kernel fills an array from the arena (arena.ts).
 * 3. Values stay cached under a budget of bytes, which counts whatever is held on to: cached values (derived fields
 *    among them), idle arrays of the arena and idle working memory of kernels. The least recently used values go
 *    first, before the array that needs their place is made, which then is one of theirs.
 */
import type { Panel } from '../../data/panel.js'
import { idleScratchBytes, releaseScratch } from '../kernels/scratch.js'
import type { GraphNode, PortType } from '../node.js'
import type { BooleanColumn, Column } from '../operator.js'
import { operatorNamed } from '../registry.js'
import type { Evaluable } from '../strategy.js'
import { createArena } from './arena.js'
import { checkSources, kernelContext } from './context.js'

export interface EvaluatorStats {
  /** Values found in the cache, and values computed. */
  readonly hits: number
  readonly misses: number
  /** Bytes of cached values. */
  readonly bytes: number
  /** Bytes of all that the budget is for: cached values, idle arrays, idle working memory of kernels. */
  readonly held: number
}

export interface Evaluator {
  readonly panel: Panel
  /** The symbol that `benchmark(…)` reads, if there is one. */
  readonly benchmark: string | undefined
  /**
   * The values of the named nodes of a strategy. The arrays belong to the cache: they are valid until the next call
   * of `evaluate` and must not be written to.
   * @throws AlphaloopError (usage) UNKNOWN_FIELD or UNKNOWN_GROUP where the panel lacks what the strategy reads.
   */
  evaluate(strategy: Evaluable, ids: readonly string[]): Column[]
  stats(): EvaluatorStats
}

export interface EvaluatorOptions {
  /** Budget for cached values; default `DEFAULT_CACHE_BYTES`. */
  readonly cacheBytes?: number
  /** The symbol whose fields `benchmark(…)` reads; without one, the equal weight of all symbols. */
  readonly benchmark?: string | undefined
}

/** Default budget: small enough for two workers beside a medium panel in 400 MB. */
export const DEFAULT_CACHE_BYTES = 128 * 1024 * 1024

interface Entry {
  readonly column: Column
  /** The array came from the arena and may be reused; a panel's own fields may not. */
  readonly owned: boolean
}

export function createEvaluator(panel: Panel, options: EvaluatorOptions = {}): Evaluator {
  const budget = options.cacheBytes ?? DEFAULT_CACHE_BYTES
  const context = kernelContext(panel, options.benchmark)
  // A Map keeps insertion order: re-inserting on use makes it a least-recently-used list.
  const cache = new Map<string, Entry>()
  const arena = createArena()
  let bytes = 0
  let hits = 0
  let misses = 0

  const held = () => arena.lent + arena.idle + idleScratchBytes()

  /** Drops the value that was used least recently; false where all are in use. */
  const evictOne = (inUse: ReadonlySet<string>): boolean => {
    for (const [key, { column, owned }] of cache) {
      if (!owned || inUse.has(key)) continue
      cache.delete(key)
      bytes -= column.values.byteLength
      arena.free(column.values)
      return true
    }
    return false
  }

  /** Brings what is held, and `more` bytes that are about to be, under the budget as far as that can be. */
  const makeRoom = (inUse: ReadonlySet<string>, more: number) => {
    // Kernels' working memory is worth keeping, but not at the cost of most values.
    if (idleScratchBytes() > budget / 4) releaseScratch()
    const reusable = () => more > 0 && arena.has(more)
    while (held() + more > budget && !reusable() && evictOne(inUse));
    if (!reusable()) arena.trim(Math.max(0, arena.idle - Math.max(0, held() + more - budget)))
  }

  const allocate = (type: PortType, inUse: ReadonlySet<string>): Column => {
    const width = type === 'vector' ? 1 : context.symbols
    const length = context.bars * width
    makeRoom(inUse, type === 'boolean' ? length : length * 8)
    return type === 'boolean'
      ? { type, width, values: arena.truths(length) }
      : { type, width, values: arena.numbers(length) }
  }

  const compute = (
    node: GraphNode,
    strategy: Evaluable,
    columns: ReadonlyMap<string, Column>,
    inUse: ReadonlySet<string>,
  ): Entry => {
    const definition = operatorNamed(node.op)
    const view = definition.view?.(node.params, context)
    if (view !== undefined) return { column: view, owned: false }
    const column = allocate(strategy.types.get(node.id)!, inUse)
    const mask = node.mask === undefined ? undefined : (columns.get(node.mask) as BooleanColumn).values
    const inputs = node.inputs.map((id) => columns.get(id)!)
    try {
      definition.kernel(column.values, inputs, node.params, context, { output: node.output, mask })
    } catch (error) {
      arena.free(column.values)
      throw error
    }
    return { column, owned: true }
  }

  return {
    panel,
    benchmark: options.benchmark,
    evaluate(strategy, ids) {
      checkSources(strategy, panel, options.benchmark)
      const byId = new Map(strategy.graph.nodes.map((node) => [node.id, node]))
      const { order, readers } = plan(ids, (id) => {
        const node = byId.get(id)!
        return cache.has(strategy.keys.get(id)!) ? [] : inputsOf(node)
      })
      const inUse = new Set(order.map((id) => strategy.keys.get(id)!))
      const columns = new Map<string, Column>()
      for (const id of order) {
        const key = strategy.keys.get(id)!
        const node = byId.get(id)!
        let entry = cache.get(key)
        if (entry === undefined) {
          misses++
          entry = compute(node, strategy, columns, inUse)
          if (entry.owned) bytes += entry.column.values.byteLength
          for (const input of inputsOf(node)) {
            const left = readers.get(input)! - 1
            readers.set(input, left)
            // Nothing in this strategy reads it any more: it may go if the budget asks for it.
            if (left === 0) inUse.delete(strategy.keys.get(input)!)
          }
        } else {
          hits++
          cache.delete(key)
        }
        cache.set(key, entry)
        columns.set(id, entry.column)
      }
      makeRoom(inUse, 0)
      return ids.map((id) => columns.get(id)!)
    },
    stats: () => ({ hits, misses, bytes, held: held() }),
  }
}

const inputsOf = (node: GraphNode): readonly string[] =>
  node.mask === undefined ? node.inputs : [...node.inputs, node.mask]

/**
 * The nodes to visit for the roots, inputs first, and how often each is read. Roots count as read once more, so that
 * they stay until the end.
 */
function plan(roots: readonly string[], inputs: (id: string) => readonly string[]) {
  const readers = new Map<string, number>()
  const order: string[] = []
  // An explicit stack: the limit on depth is a setting, and may exceed the call stack.
  const open: { id: string; inputs: readonly string[]; next: number }[] = []
  const read = (id: string) => {
    const known = readers.get(id)
    readers.set(id, (known ?? 0) + 1)
    if (known === undefined) open.push({ id, inputs: inputs(id), next: 0 })
  }
  for (const root of roots) {
    read(root)
    for (let frame = open.at(-1); frame !== undefined; frame = open.at(-1)) {
      if (frame.next < frame.inputs.length) {
        read(frame.inputs[frame.next++]!)
      } else {
        order.push(frame.id)
        open.pop()
      }
    }
  }
  return { order, readers }
}
