import { usageError } from '../../base/errors.js'
import { nearest } from '../../base/nearest.js'
import type { Panel } from '../../data/panel.js'
import { deriveField, storedField } from '../derived-fields.js'
import type { KernelContext } from '../operator.js'

/**
 * What source operators see of a panel. Derived fields (`returns`, `vwap`, `dollarVolume`) are computed on first use
 * and kept, unless the caller has a place for them.
 */
export function kernelContext(panel: Panel): KernelContext {
  const derived = new Map<string, Float64Array>()
  const codes = new Map<string, Int32Array>()
  return {
    bars: panel.dates.length,
    symbols: panel.symbols.length,
    dates: panel.dates,
    stored: (name) => storedField(name, panel.fields),
    field(name, out) {
      const known = storedField(name, panel.fields) ?? (out === undefined ? derived.get(name) : undefined)
      if (known !== undefined) return known
      const values = deriveField(name, panel.fields, panel.symbols.length, out)
      if (values === undefined) throw unknownField('field', name, availableFields(panel))
      if (out === undefined) derived.set(name, values)
      return values
    },
    group(name) {
      const known = codes.get(name) ?? panel.groups.get(name)?.codes
      if (known === undefined) throw unknownField('group', name, [...panel.groups.keys()])
      codes.set(name, known)
      return known
    },
  }
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

function unknownField(kind: 'field' | 'group', name: string, valid: readonly string[]) {
  const meant = nearest(name, valid)
  return usageError(
    kind === 'field' ? 'UNKNOWN_FIELD' : 'UNKNOWN_GROUP',
    `the data has no ${kind} ${JSON.stringify(name)}${meant ? `; did you mean ${meant}?` : ''}`,
    valid.length > 0 ? `it has ${valid.join(', ')}` : `it has no ${kind}s`,
    { [kind]: name, available: valid },
  )
}

/** Refuses a strategy that reads fields or groups which the panel lacks, before anything is computed. */
export function checkSources(
  strategy: { fields: readonly string[]; groups: readonly string[] },
  panel: Panel,
): void {
  const fields = availableFields(panel)
  for (const name of strategy.fields) if (!fields.includes(name)) throw unknownField('field', name, fields)
  for (const name of strategy.groups)
    if (!panel.groups.has(name)) throw unknownField('group', name, [...panel.groups.keys()].sort())
}
