/**
 * Evaluates graphs over one panel, column by column:
 * 1. Which versions of which nodes are needed, all bars or rows alone, follows from what is asked for (demand.ts).
 * 2. A version is looked up by its content key: strategies share whatever they have in common.
 * 3. Otherwise its inputs are evaluated and its operator's kernel fills an array from the arena (arena.ts); over rows
 *    it is the same kernel, on inputs that hold these rows alone, so a value is the same bits by every path.
 * 4. Values stay cached under a budget of bytes, which counts whatever is held on to: cached values (derived fields
 *    among them), room in the arena that is free and idle working memory of kernels. What has to go is chosen by what
 *    it would cost to have it again for each of its bytes, and by when it was used (eviction.ts): the rows of a rolling
 *    operator stay long, and those of a sum of two panels go soon.
 */
import type { Panel } from '../../data/panel.js'
import { idleScratchBytes, releaseScratch } from '../kernels/scratch.js'
import type { GraphNode, PortType } from '../node.js'
import type { BooleanColumn, Column, NumberColumn } from '../operator.js'
import { operatorNamed } from '../registry.js'
import type { Evaluable } from '../strategy.js'
import type { WindowFunctions } from '../window-function/window-functions.js'
import { createArena } from './arena.js'
import { checkSources, kernelContext } from './context.js'
import { versionCost } from './cost.js'
import { Demand, type Version } from './demand.js'
import { EvictionOrder } from './eviction.js'
import { gatherRows, type RowSet } from './rows.js'
import {
  arrayStream,
  behind,
  elementStream,
  kernelStream,
  laggedStream,
  rowsStream,
  type Stream,
  shiftStream,
  streamType,
  writeStream,
} from './stream.js'

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
  /** Where `custom` functions run; without it a strategy that has one is refused. */
  readonly windowFunctions?: WindowFunctions | undefined
}

/** Default budget: small enough for two workers beside a medium panel in 400 MB. */
export const DEFAULT_CACHE_BYTES = 64 * 1024 * 1024

/** Into so many slabs the budget is divided, or into more of the largest size, or of whole columns. */
const SLABS = 4
const LARGEST_SLAB = 64 * 1024 * 1024
/** A slab of a small panel holds no more than so many of its columns: clearing a large one would be all the work. */
const COLUMNS_A_SLAB = 64

/** Share of a slab that is made free at once where less is asked for. */
const ROOM = 1 / 16

/** Slabs that whole columns fill leave no holes that are too small for one. */
function slabFor(budget: number, columnBytes: number): number {
  const most = Math.min(budget / SLABS, LARGEST_SLAB, COLUMNS_A_SLAB * columnBytes)
  return most < columnBytes || columnBytes === 0 ? most : Math.floor(most / columnBytes) * columnBytes
}

const costOf = (inputs: readonly { readonly cost: number }[]) =>
  inputs.reduce((sum, { cost }) => sum + cost, 0)

interface Entry {
  readonly key: string
  readonly column: Column
  /** The array came from the arena and may be reused; a panel's own fields may not. */
  readonly owned: boolean
  readonly bytes: number
  cost: number
}

/** What a version reads: an array, or what is computed as it is read. */
interface Given {
  readonly column: Column | undefined
  readonly stream: Stream | undefined
  readonly cost: number
}

const NONE = new Float64Array(0)

/** As a kernel sees it. Only numbers are read so. */
const streamedColumn = (source: Stream, width: number): NumberColumn => ({
  type: 'panel',
  width,
  values: NONE,
  source,
})

export function createEvaluator(panel: Panel, options: EvaluatorOptions = {}): Evaluator {
  const budget = options.cacheBytes ?? DEFAULT_CACHE_BYTES
  const context = kernelContext(panel, options.benchmark, options.windowFunctions)
  const cache = new Map<string, Entry>()
  const columnBytes = context.bars * context.symbols * 8
  const slabBytes = slabFor(budget, columnBytes)
  const arena = createArena(slabBytes)
  const order = new EvictionOrder<Entry>(budget, ({ column }) => arena.rangeOf(column.values))
  let bytes = 0
  let hits = 0
  let misses = 0

  const held = () => arena.held + idleScratchBytes()

  const forget = (entry: Entry) => {
    cache.delete(entry.key)
    bytes -= entry.bytes
    arena.free(entry.column.values)
  }

  /** Drops neighbours that leave so many bytes in a row, or else whatever is worth least; false where all are in use. */
  const evict = (inUse: ReadonlySet<string>, more: number): boolean => {
    const mayGo = ({ key }: Entry) => !inUse.has(key)
    // Small values make room for more than one at a time: the search for the best place goes through all values.
    for (const room of more > 0 ? new Set([Math.max(more, slabBytes * ROOM), more]) : []) {
      const neighbours = order.dropRange(room, mayGo)
      neighbours.forEach(forget)
      if (neighbours.length > 0) return true
    }
    const least = order.drop(mayGo)
    if (least !== undefined) forget(least)
    return least !== undefined
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
      if (held() + growth <= budget || !evict(inUse, more)) return
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

  const formulaOf = ({ op, params }: GraphNode) => operatorNamed(op).formula?.(params, context)
  const viewOf = ({ op, params }: GraphNode) => operatorNamed(op).view?.(params, context)
  const stands = {
    asArray: (node: GraphNode) => viewOf(node) !== undefined,
    asFormula: (node: GraphNode) => formulaOf(node) !== undefined,
  }

  /** How a version that is not known is computed piece by piece; undefined where it is not. */
  const streamFor = ({ node, rows, origin }: Version, type: PortType, given: readonly Given[]) => {
    if (type === 'vector') return undefined
    const width = context.symbols
    const flow = ({ column, stream }: Given) => stream ?? arrayStream(column!, width)
    if (origin === 'gather') return rowsStream(given[0]!.column!.values as Float64Array, width, rows!.bars, 0)
    const definition = operatorNamed(node.op)
    const { shift, compiled, reference } = definition
    if (origin === 'shift') {
      const lost = rows!.bars.length - rows!.before(shift!.by(node.params)).bars.length
      const before = behind(flow(given.at(-1)!), lost, width)
      return shiftStream(shift!, shift!.readsNow ? flow(given[0]!) : undefined, before, width)
    }
    if (origin !== 'kernel') return undefined
    if (shift !== undefined) {
      const [{ column, stream }] = given as [Given]
      if (shift.compiled !== undefined && stream === undefined)
        return laggedStream(
          column!.values as Float64Array,
          shift.by(node.params),
          { name: shift.compiled },
          width,
        )
      const now = flow(given[0]!)
      return shiftStream(
        shift,
        shift.readsNow ? now : undefined,
        behind(now, shift.by(node.params), width),
        width,
      )
    }
    if (reference.kind === 'element') {
      const inputs = given.map(flow)
      return compiled === undefined
        ? kernelStream(streamType(type), definition, node.params, inputs, context)
        : elementStream(streamType(type), compiled(node.params), inputs, width)
    }
    const formula = formulaOf(node)
    if (formula === undefined) return undefined
    const [now, before] = formula.of
    if (rows === undefined && formula.of.length === 2 && now!.back === 0 && now!.values === before!.values)
      return laggedStream(now!.values, before!.back, formula.element, width)
    const inputs = formula.of.map(({ values, back }) =>
      rows === undefined
        ? behind(arrayStream({ type: 'panel', width, values }, width), back, width)
        : rowsStream(values, width, rows.bars, back),
    )
    return elementStream('panel', formula.element, inputs, width)
  }

  /** Fills the values of a version from those that it reads, inputs first, then the mask. */
  const fill = (out: Column, version: Version, given: readonly Given[]): void => {
    const { node, rows, origin, read } = version
    const definition = operatorNamed(node.op)
    if (origin === 'gather') {
      gatherRows(out.values, given[0]!.column!.values, out.width, rows!)
      return
    }
    const stream = streamFor(version, out.type, given)
    if (stream !== undefined) {
      writeStream(out.values, stream, rows === undefined ? context.bars : rows.bars.length, out.width)
      return
    }
    const columns = given.map(({ column, stream }) => column ?? streamedColumn(stream!, context.symbols))
    if (origin === 'window') {
      const asked = { bars: rows!.bars, places: read?.rowOf }
      const bars = read === undefined ? context.bars : read.bars.length
      const extra = { output: node.output, mask: undefined }
      definition.kernel(out.values, columns, node.params, { ...context, bars, asked }, extra)
      return
    }
    const mask = node.mask === undefined ? undefined : (columns[node.inputs.length] as BooleanColumn).values
    const inputs = node.mask === undefined ? columns : columns.slice(0, -1)
    const bars = rows === undefined ? context : { ...context, bars: rows.bars.length }
    definition.kernel(out.values, inputs, node.params, bars, { output: node.output, mask })
  }

  const compute = (
    version: Version,
    type: PortType,
    given: readonly Given[],
    inUse: ReadonlySet<string>,
  ): Omit<Entry, 'cost'> => {
    const { key, node, rows } = version
    const view = rows === undefined ? viewOf(node) : undefined
    if (view !== undefined) return { key, column: view, owned: false, bytes: 0 }
    const column = allocate(type, rows === undefined ? context.bars : rows.bars.length, inUse)
    try {
      fill(column, version, given)
    } catch (error) {
      arena.free(column.values)
      throw error
    }
    return { key, column, owned: true, bytes: column.values.byteLength }
  }

  return {
    panel,
    benchmark: options.benchmark,
    evaluate(strategy, ids, rows = []) {
      checkSources(strategy, panel, options.benchmark)
      const wanted = ids.map((id, i) => ({ id, rows: rows[i] }))
      const demand = new Demand(strategy, wanted, context.bars, (key) => cache.has(key), stands)
      const inUse = new Set<string>()
      for (const { key } of demand.inOrder()) inUse.add(key)
      const entries = new Map<string, Entry>()
      const streams = new Map<string, Given>()
      const given = (version: Version): Given => {
        const streamed = streams.get(version.key)
        if (streamed !== undefined) return streamed
        const { column, cost } = entries.get(version.key)!
        return { column, stream: undefined, cost: version.rows === undefined ? cost : 0 }
      }
      /** What nothing in this strategy reads any more may go if the budget asks for it. */
      const release = (version: Version) => {
        if (--version.readers > 0) return
        if (version.isStreamed) demand.inputs(version).forEach(release)
        else inUse.delete(version.key)
      }
      for (const version of demand.inOrder()) {
        const { key, node } = version
        const type = strategy.types.get(node.id)!
        if (version.isStreamed) {
          const inputs = demand.inputs(version).map(given)
          const stream = streamFor(version, type, inputs)!
          const cost = versionCost(version, context.bars, context.symbols) + costOf(inputs)
          streams.set(key, { column: undefined, stream, cost })
          continue
        }
        let entry = cache.get(key)
        if (entry === undefined) {
          misses++
          const read = demand.inputs(version)
          const inputs = read.map(given)
          const made = compute(version, type, inputs, inUse)
          // What was computed over all bars for this value alone would have to be computed again with it.
          const own = made.owned ? versionCost(version, context.bars, made.column.width) : 0
          entry = { ...made, cost: own + costOf(inputs) }
          bytes += entry.bytes
          cache.set(key, entry)
          read.forEach(release)
        } else hits++
        if (entry.owned) order.use(entry)
        entries.set(key, entry)
      }
      for (const { key, rows, isRead } of demand.inOrder()) {
        const entry = entries.get(key)
        // What rows were gathered from is worth nothing beside them.
        if (rows === undefined && !isRead && entry?.owned && cache.has(key)) {
          entry.cost = 0
          order.use(entry)
        }
      }
      makeRoom(inUse, 0)
      return wanted.map((want) => entries.get(demand.at(want.id, want.rows).key)!.column)
    },
    stats: () => ({ hits, misses, bytes, held: held() }),
  }
}
