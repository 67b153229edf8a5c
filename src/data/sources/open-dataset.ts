import { rmSync } from 'node:fs'
import { dataError, usageError } from '../../base/errors.js'
import { parseDataArgument } from '../argument.js'
import type { DataOptions, Dataset } from '../dataset.js'
import { type Panel, panelPrefix } from '../panel.js'
import { DamagedEntry, type DatasetMeta, readPrefix, removeEntry } from './cache.js'
import { importData } from './import.js'
import { importInChild } from './import-in-child.js'

export interface OpenOptions {
  /**
   * `child`: another process reads the source, and this one only ever holds the bars that are loaded; what the
   * learning loop uses. `inline` (default): this process does.
   */
  readonly isolate?: 'child' | 'inline'
  /** The child's entry, where it does not lie beside this module. */
  readonly entry?: URL
}

/**
 * Opens market data: finds it in the cache or reads, checks and keeps it, and gives what is known of it without its
 * values. Throws data errors (exit code 3) that say what is wrong with the data, where and how to mend it.
 */
export async function openDataset(
  options: DataOptions,
  { isolate = 'inline', entry }: OpenOptions = {},
): Promise<Dataset> {
  const source = 'builtin' in options ? 'builtin' : options.path
  if (isolate === 'child') {
    const open = async () => {
      const imported = await importInChild(options, entry)
      if (imported.temporary !== undefined) removeAtExit(imported.temporary)
      return imported
    }
    const first = await open()
    return dataset(source, first.meta, first.notes, entryLoader(first.path, open))
  }
  const open = () => importData(options)
  const first = await open()
  if (first.kind === 'memory') {
    const { panel } = first
    return dataset(source, first.meta, first.notes, async (bars) => prefixOf(panel, bars))
  }
  return dataset(source, first.meta, first.notes, entryLoader(first.path, open))
}

const prefixOf = (panel: Panel, bars: number): Panel =>
  bars === panel.dates.length ? panel : panelPrefix(panel, bars)

/** Loads from an entry; one that is damaged or was deleted meanwhile is made anew, once. */
function entryLoader(
  first: string,
  reopen: () => Promise<{ meta: DatasetMeta } & ({ path: string } | { panel: Panel })>,
) {
  let path = first
  return async (bars: number, meta: DatasetMeta): Promise<Panel> => {
    try {
      return readPrefix(path, meta, bars)
    } catch (error) {
      if (!(error instanceof DamagedEntry)) throw error
    }
    removeEntry(path)
    const again = await reopen()
    if (again.meta.hash !== meta.hash)
      throw dataError(
        'DATA_CHANGED',
        'the data has changed since it was opened, and its entry in the cache is gone',
        'run the command again, on the data as it is now',
        { before: meta.hash, now: again.meta.hash },
      )
    // The cache cannot be written any more.
    if ('panel' in again) return prefixOf(again.panel, bars)
    path = again.path
    return readPrefix(path, meta, bars)
  }
}

function dataset(
  source: string,
  meta: DatasetMeta,
  notes: readonly string[],
  load: (bars: number, meta: DatasetMeta) => Promise<Panel>,
): Dataset {
  return {
    source,
    ...meta,
    notes,
    load: async (range = {}) => load(barsOf(meta, range), meta),
  }
}

function barsOf(
  meta: DatasetMeta,
  { bars, until }: { readonly bars?: number; readonly until?: string },
): number {
  const all = meta.dates.length
  let count = all
  if (until !== undefined) {
    const after = meta.dates.findIndex((date) => date > until)
    if (after >= 0) count = after
    if (count === 0)
      throw dataError(
        'DATA_RANGE_EMPTY',
        `the data starts on ${meta.dates[0]}, after ${until}`,
        `it runs from ${meta.dates[0]} to ${meta.dates.at(-1)}`,
        { until, start: meta.dates[0], end: meta.dates.at(-1) },
      )
  }
  if (bars !== undefined) {
    if (!Number.isInteger(bars) || bars < 1 || bars > all)
      throw usageError('DATA_RANGE', `${bars} bars were asked for; the data has 1 to ${all}`, undefined, {
        bars,
        all,
      })
    count = Math.min(count, bars)
  }
  return count
}

const temporaries = new Set<string>()

/** Data that could only be kept in a temporary folder lives as long as this process. */
function removeAtExit(path: string): void {
  if (temporaries.size === 0)
    process.once('exit', () => {
      for (const temporary of temporaries) rmSync(temporary, { recursive: true, force: true })
    })
  temporaries.add(path)
}

/** Reads market data (a path, `builtin`, or options) into a panel: everything, or its first `bars` bars, or those up to the day `until`. */
export async function readPanel(
  data: string | DataOptions,
  range: { readonly bars?: number; readonly until?: string } = {},
): Promise<Panel> {
  const dataset = await openDataset(typeof data === 'string' ? parseDataArgument(data) : data)
  return dataset.load(range)
}
