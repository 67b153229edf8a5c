import type { ExitEntry, FactorEntry, FilterEntry, LibraryEntry, TemplateEntry } from './entry.js'
import { EXITS } from './exits.js'
import { FACTORS } from './factors.js'
import { FILTERS } from './filters.js'
import { TEMPLATES } from './templates.js'

/** The entries that can be used on a panel, by what they are. */
export interface Library {
  readonly factors: readonly FactorEntry[]
  readonly filters: readonly FilterEntry[]
  readonly exits: readonly ExitEntry[]
  readonly templates: readonly TemplateEntry[]
}

/** Every entry there is, whatever it needs. */
export const LIBRARY: Library = Object.freeze({
  factors: FACTORS,
  filters: FILTERS,
  exits: EXITS,
  templates: TEMPLATES,
})

/** Every entry in one list, for catalogues. */
export const LIBRARY_ENTRIES: readonly LibraryEntry[] = [...FACTORS, ...FILTERS, ...EXITS, ...TEMPLATES]

/**
 * The part of the library that a panel can feed.
 * @param fields every name that `field(…)` accepts there, derived ones included
 */
export function libraryFor(fields: Iterable<string>, groups: readonly string[] = []): Library {
  const known = new Set(fields)
  const fits = (entry: LibraryEntry) =>
    known.has('close') &&
    entry.requires.every((name) => known.has(name)) &&
    !(entry.kind === 'factor' && entry.needsGroup === true && groups.length === 0)
  return {
    factors: FACTORS.filter(fits),
    filters: FILTERS.filter(fits),
    exits: EXITS.filter(fits),
    templates: TEMPLATES.filter(fits),
  }
}
