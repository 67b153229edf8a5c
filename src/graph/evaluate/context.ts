import { usageError } from '../../base/errors.js'
import { nearest } from '../../base/nearest.js'
import type { Panel } from '../../data/panel.js'
import { deriveField, storedField } from '../derived-fields.js'
import type { KernelContext } from '../operator.js'
import { operatorNamed } from '../registry.js'
import type { Evaluable } from '../strategy.js'
import { type Names, unknownSource } from '../unknown-source.js'
import type { WindowFunctions } from '../window-function/window-functions.js'
import { equalWeightIndex } from './equal-weight.js'

/** What the equal weight of all symbols has in place of a symbol's fields. */
const INDEX_FIELDS = ['close', 'returns']
const isIndexField = (name: string) => INDEX_FIELDS.includes(name)

/**
 * What source operators see of a panel. Derived fields (`returns`, `vwap`, `dollarVolume`) are computed on first use
 * and kept, unless the caller has a place for them.
 * @param benchmark the symbol whose fields `benchmark(…)` reads; without one it reads the equal weight of all symbols
 * @param windowFunctions where `custom` functions run
 * @throws AlphaloopError (usage) UNKNOWN_SYMBOL where the panel lacks that symbol
 */
export function kernelContext(
  panel: Panel,
  benchmark?: string,
  windowFunctions?: WindowFunctions,
): KernelContext {
  const derived = new Map<string, Float64Array>()
  const codes = new Map<string, Int32Array>()
  const ofBenchmark = new Map<string, Float64Array>()
  const column = benchmark === undefined ? undefined : symbolIndex(panel, benchmark)
  const context: KernelContext = {
    bars: panel.dates.length,
    symbols: panel.symbols.length,
    dates: panel.dates,
    windowFunctions,
    stored: (name) => storedField(name, panel.fields),
    field(name, out) {
      const known = storedField(name, panel.fields) ?? (out === undefined ? derived.get(name) : undefined)
      if (known !== undefined) return known
      const values = deriveField(name, panel.fields, panel.symbols.length, out)
      if (values === undefined) throw unknownSource('field', name, namesOf(panel))
      if (out === undefined) derived.set(name, values)
      return values
    },
    group(name) {
      const known = codes.get(name) ?? panel.groups.get(name)?.codes
      if (known === undefined) throw unknownSource('group', name, namesOf(panel))
      codes.set(name, known)
      return known
    },
    benchmark(name) {
      const known = ofBenchmark.get(name)
      if (known !== undefined) return known
      if (column !== undefined) {
        const values = context.field(name)
        const own = Float64Array.from(panel.dates, (_, bar) => values[bar * panel.symbols.length + column]!)
        ofBenchmark.set(name, own)
        return own
      }
      if (!isIndexField(name)) throw noIndexField(name)
      const { level, returns } = equalWeightIndex(panel)
      ofBenchmark.set('close', level).set('returns', returns)
      return ofBenchmark.get(name)!
    },
  }
  return context
}

/** Where a symbol stands in the panel. @throws AlphaloopError (usage) UNKNOWN_SYMBOL */
export function symbolIndex({ symbols }: Pick<Panel, 'symbols'>, symbol: string): number {
  const at = symbols.indexOf(symbol)
  if (at >= 0) return at
  const meant = nearest(symbol, symbols)
  throw usageError(
    'UNKNOWN_SYMBOL',
    `the data has no symbol ${JSON.stringify(symbol)}${meant ? `; did you mean ${meant}?` : ''}`,
    `it has ${symbols.length}: ${symbols.slice(0, 8).join(', ')}${symbols.length > 8 ? ' …' : ''}`,
    { symbol, ...(meant ? { nearest: meant } : {}) },
  )
}

/** Every name that `field(…)` accepts on this panel: its own fields and those that can be derived from them. */
export function availableFields(panel: Pick<Panel, 'fields' | 'symbols'>): string[] {
  const has = (...names: string[]) => names.every((name) => panel.fields.has(name))
  const names = new Set(panel.fields.keys())
  names.add('returns')
  names.add('rawClose')
  if (has('high', 'low')) names.add('vwap')
  if (has('volume')) names.add('dollarVolume')
  return [...names].sort()
}

/** What `field(…)` and `group(…)` accept on this panel. */
export const namesOf = (panel: Pick<Panel, 'fields' | 'groups' | 'symbols'>): Names => ({
  fields: availableFields(panel),
  groups: [...panel.groups.keys()].sort(),
})

/** Operators that read a field without being told to (`atr(14)` reads high). */
function readersOf({ graph }: Evaluable, name: string): string[] {
  const reads = new Set(
    graph.nodes.filter(({ op, params }) => op === 'field' && params.name === name).map(({ id }) => id),
  )
  const readers = graph.nodes.filter(({ op, inputs }) =>
    operatorNamed(op).inputs.some(
      ({ defaultField }, i) => defaultField === name && reads.has(inputs[i] ?? ''),
    ),
  )
  return [...new Set(readers.map(({ op }) => op))]
}

function noIndexField(name: string) {
  return usageError(
    'UNKNOWN_FIELD',
    `the benchmark is the equal weight of all symbols, which has ${INDEX_FIELDS.join(' and ')}, but no ${JSON.stringify(name)}`,
    'name a symbol as the benchmark to read its other fields: --benchmark SPY, or benchmark: SPY in the configuration',
    { field: name, available: INDEX_FIELDS },
  )
}

/**
 * Refuses a strategy that reads fields or groups which the panel, or the benchmark, lacks, before anything is computed.
 * @throws AlphaloopError (usage) UNKNOWN_FIELD or UNKNOWN_GROUP
 */
export function checkSources(strategy: Evaluable, panel: Panel, benchmark?: string): void {
  if (benchmark === undefined)
    for (const { op, params } of strategy.graph.nodes)
      if (op === 'benchmark' && !isIndexField(String(params.field))) throw noIndexField(String(params.field))
  const names = namesOf(panel)
  for (const name of strategy.fields)
    if (!names.fields.includes(name)) throw unknownSource('field', name, names, readersOf(strategy, name))
  for (const name of strategy.groups) if (!panel.groups.has(name)) throw unknownSource('group', name, names)
}
