/**
 * Evaluates graphs over one panel, column by column:
 * 1. Which versions of which nodes are needed, all bars or rows alone, follows from what is asked for (demand.ts).
 * 2. A version is looked up by its content key: strategies share whatever they have in common.
 * 3. Otherwise its inputs are evaluated and its operator's kernel fills an array from the arena (arena.ts); over rows
 *    it is the same kernel, on inputs that hold these rows alone, so a value is the same bits by every path.
 * 4. Values stay cached under a budget of bytes, which counts whatever is held on to: cached values (derived fields
 *    among them), room in the arena that is free and idle working memory of kernels. What has to go is chosen by what its
 *    place is worth (`victims`): values at all bars from which only rows were gathered go first, because these rows
 *    stay and take a tenth of the place; then other values at all bars, unless rows hold half of the budget. Of each
 *    sort the least recently used go first, before the array that needs their place is made, which then is one of
 *    theirs.
 */
import type { Panel } from '../../data/panel.js'
import { idleScratchBytes, releaseScratch } from '../kernels/scratch.js'
import type { PortType } from '../node.js'
import type { BooleanColumn, Column, NumberColumn } from '../operator.js'
import { operatorNamed } from '../registry.js'
import type { Evaluable } from '../strategy.js'
import { createArena } from './arena.js'
import { checkSources, kernelContext } from './context.js'
import { Demand, type Version } from './demand.js'
import { gatherRows, type RowSet } from './rows.js'

export interface EvaluatorStats {
  /** Values found in the cache, and values computed or gathered. */
  readonly hits: number
  readonly misses: number
  /** Bytes of cached values. */
  readonly bytes: number
  /** Bytes of all that the budget is for: slabs for values, whether these are full or not, and idle working memory of kernels. */
  readonly held: number
}

export interface Evaluator {
  readonly panel: Panel
  /** The symbol that `benchmark(…)` reads, if there is one. */
  readonly benchmark: string | undefined
  /**
   * The values of the named nodes of a strategy: at all bars, or at `rows[i]` for `ids[i]` where that is given. The
   * arrays belong to the cache: they are valid until the next call of `evaluate` and must not be written to.
   * @throws AlphaloopError (usage) UNKNOWN_FIELD or UNKNOWN_GROUP where the panel lacks what the strategy reads.
   */
  evaluate(strategy: Evaluable, ids: readonly string[], rows?: readonly (RowSet | undefined)[]): Column[]
  stats(): EvaluatorStats
}

export interface EvaluatorOptions {
  /** Budget for cached values; default `DEFAULT_CACHE_BYTES`. */
  readonly cacheBytes?: number
  /** The symbol whose fields `benchmark(…)` reads; without one, the equal weight of all symbols. */
  readonly benchmark?: string | undefined
}

/** Default budget: small enough for two workers beside a medium panel in 400 MB. */
export const DEFAULT_CACHE_BYTES = 64 * 1024 * 1024

/** Into so many slabs the budget is divided, or into more of the largest size. */
const SLABS = 4
const LARGEST_SLAB = 64 * 1024 * 1024
/** A slab of a small panel holds no more than so many of its columns: clearing a large one would be all the work. */
const COLUMNS_A_SLAB = 64

interface Entry {
  readonly column: Column
  /** The array came from the arena and may be reused; a panel's own fields may not. */
  readonly owned: boolean
}

/** How a version is kept. Rows are always computed or copied, so they have arrays of their own. */
const sortOf = ({ rows, isRead }: Version) => (rows !== undefined ? 'rows' : isRead ? 'full' : 'served')

export function createEvaluator(panel: Panel, options: EvaluatorOptions = {}): Evaluator {
  const budget = options.cacheBytes ?? DEFAULT_CACHE_BYTES
  const context = kernelContext(panel, options.benchmark)
  // Maps keep insertion order: re-inserting on use makes each a least-recently-used list.
  const cache = {
    full: new Map<string, Entry>(),
    served: new Map<string, Entry>(),
    rows: new Map<string, Entry>(),
  }
  type Sort = keyof typeof cache
  const SORTS = ['full', 'served', 'rows'] as const satisfies readonly Sort[]
  let rowBytes = 0
  const columnBytes = context.bars * context.symbols * 8
  const arena = createArena(Math.min(budget / SLABS, LARGEST_SLAB, COLUMNS_A_SLAB * columnBytes))
  let bytes = 0
  let hits = 0
  let misses = 0

  const find = (key: string) => cache.full.get(key) ?? cache.rows.get(key) ?? cache.served.get(key)
  const held = () => arena.held + idleScratchBytes()

  /** The order in which the sorts of values give way. */
  const victims = (): readonly Sort[] =>
    rowBytes > budget / 2 ? ['served', 'rows', 'full'] : ['served', 'full', 'rows']

  /** Drops one value; false where all are in use. */
  const evictOne = (inUse: ReadonlySet<string>): boolean => {
    for (const sort of victims())
      for (const [key, { column, owned }] of cache[sort]) {
        if (!owned || inUse.has(key)) continue
        cache[sort].delete(key)
        bytes -= column.values.byteLength
        if (sort === 'rows') rowBytes -= column.values.byteLength
        arena.free(column.values)
        return true
      }
    return false
  }

  /** Brings what is held, and `more` bytes that are about to be, under the budget as far as that can be. */
  const makeRoom = (inUse: ReadonlySet<string>, more: number) => {
    // Kernels' working memory is worth keeping, but not at the cost of most values.
    if (idleScratchBytes() > budget / 4) releaseScratch()
    for (;;) {
      const growth = more > 0 ? arena.growthFor(more) : 0
      if (more > 0 && growth === 0) return
      if (held() + growth <= budget) return
      arena.trim(budget - growth - idleScratchBytes())
      if (held() + growth <= budget || !evictOne(inUse)) return
    }
  }

  const allocate = (type: PortType, bars: number, inUse: ReadonlySet<string>): Column => {
    const width = type === 'vector' ? 1 : context.symbols
    const length = bars * width
    makeRoom(inUse, type === 'boolean' ? length : length * 8)
    return type === 'boolean'
      ? { type, width, values: arena.truths(length) }
      : { type, width, values: arena.numbers(length) }
  }

  /** Fills the values of a version from those that it reads, inputs first, then the mask. */
  const fill = (out: Column, { node, rows, origin, read }: Version, given: readonly Column[]): void => {
    const definition = operatorNamed(node.op)
    switch (origin) {
      case 'known':
        throw new Error(`${node.id} is known already`)
      case 'gather':
        gatherRows(out.values, given[0]!.values, out.width, rows!)
        return
      case 'shift': {
        const values = out.values as Float64Array
        const before = (given.at(-1) as NumberColumn).values
        // Rows whose bar n before would stand before the panel's first have no value.
        const from = values.length - before.length
        values.fill(Number.NaN, 0, from)
        definition.shift!.combine(
          values,
          from,
          given[0]!.values as Float64Array,
          from,
          before,
          0,
          before.length,
        )
        return
      }
      case 'window': {
        const asked = { bars: rows!.bars, places: read?.rowOf }
        const bars = read === undefined ? context.bars : read.bars.length
        const extra = { output: node.output, mask: undefined }
        definition.kernel(out.values, given, node.params, { ...context, bars, asked }, extra)
        return
      }
      case 'kernel': {
        const mask = node.mask === undefined ? undefined : (given[node.inputs.length] as BooleanColumn).values
        const inputs = node.mask === undefined ? given : given.slice(0, -1)
        const bars = rows === undefined ? context : { ...context, bars: rows.bars.length }
        definition.kernel(out.values, inputs, node.params, bars, { output: node.output, mask })
      }
    }
  }

  const compute = (
    version: Version,
    type: PortType,
    given: readonly Column[],
    inUse: ReadonlySet<string>,
  ): Entry => {
    const { node, rows } = version
    const view = rows === undefined ? operatorNamed(node.op).view?.(node.params, context) : undefined
    if (view !== undefined) return { column: view, owned: false }
    const column = allocate(type, rows === undefined ? context.bars : rows.bars.length, inUse)
    try {
      fill(column, version, given)
    } catch (error) {
      arena.free(column.values)
      throw error
    }
    return { column, owned: true }
  }

  return {
    panel,
    benchmark: options.benchmark,
    evaluate(strategy, ids, rows = []) {
      checkSources(strategy, panel, options.benchmark)
      const wanted = ids.map((id, i) => ({ id, rows: rows[i] }))
      const demand = new Demand(strategy, wanted, context.bars, (key) => find(key) !== undefined)
      const inUse = new Set<string>()
      for (const { key } of demand.inOrder()) inUse.add(key)
      const columns = new Map<string, Column>()
      for (const version of demand.inOrder()) {
        const { key, node } = version
        let entry = find(key)
        if (entry === undefined) {
          misses++
          const read = demand.inputs(version)
          const given = read.map((input) => columns.get(input.key)!)
          entry = compute(version, strategy.types.get(node.id)!, given, inUse)
          if (entry.owned) bytes += entry.column.values.byteLength
          if (version.rows !== undefined) rowBytes += entry.column.values.byteLength
          // What nothing in this strategy reads any more may go if the budget asks for it.
          for (const input of read) if (--input.readers === 0) inUse.delete(input.key)
        } else {
          hits++
          for (const sort of SORTS) cache[sort].delete(key)
        }
        cache[sortOf(version)].set(key, entry)
        columns.set(key, entry.column)
      }
      makeRoom(inUse, 0)
      return wanted.map((want) => columns.get(demand.at(want.id, want.rows).key)!)
    },
    stats: () => ({ hits, misses, bytes, held: held() }),
  }
}
