import { contentHash, type DataHash } from '../base/hash.js'

/**
 * Symbols sorted into groups (sector, industry, …): a code for every cell, −1 where unknown.
 * `codes` is T × N row-major, so that membership may change over time; `labels[code]` is the name.
 */
export interface GroupField {
  readonly codes: Int32Array
  readonly labels: readonly string[]
}

/**
 * Market data: T bars × N symbols, one float64 array per field, row-major (bar by bar), NaN where missing.
 * `dates` are ISO days (`2013-02-08`), strictly ascending; `symbols` ascend by UTF-16 code unit.
 * Arrays may be backed by SharedArrayBuffer and are never written after the panel is made.
 */
export interface Panel {
  readonly dates: readonly string[]
  readonly symbols: readonly string[]
  /** Values by field name: `close` is always there; `open high low volume rawClose` and any others may be. */
  readonly fields: ReadonlyMap<string, Float64Array>
  readonly groups: ReadonlyMap<string, GroupField>
  readonly hash: DataHash
}

/** The identity of a panel: dates, symbols, fields and groups, whatever the order of the maps. */
export function panelHash(panel: Omit<Panel, 'hash'>): DataHash {
  const parts: (string | Uint8Array)[] = [JSON.stringify([panel.dates, panel.symbols])]
  for (const name of [...panel.fields.keys()].sort()) {
    const values = panel.fields.get(name)!
    parts.push(
      `field:${JSON.stringify(name)}`,
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    )
  }
  for (const name of [...panel.groups.keys()].sort()) {
    const { codes, labels } = panel.groups.get(name)!
    parts.push(
      `group:${JSON.stringify([name, labels])}`,
      new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength),
    )
  }
  return contentHash(...parts) as DataHash
}

/** Makes a panel from its parts and computes its hash. */
export function createPanel(parts: {
  dates: readonly string[]
  symbols: readonly string[]
  fields: ReadonlyMap<string, Float64Array>
  groups?: ReadonlyMap<string, GroupField>
}): Panel {
  const cells = parts.dates.length * parts.symbols.length
  for (const [name, values] of parts.fields)
    if (values.length !== cells)
      throw new RangeError(`field ${name} has ${values.length} values, the panel ${cells} cells`)
  const body = {
    dates: parts.dates,
    symbols: parts.symbols,
    fields: parts.fields,
    groups: parts.groups ?? new Map<string, GroupField>(),
  }
  return { ...body, hash: panelHash(body) }
}

/** The panel's first `bars` bars, on views of the same memory. */
export function panelPrefix(panel: Panel, bars: number): Panel {
  const cells = bars * panel.symbols.length
  return createPanel({
    dates: panel.dates.slice(0, bars),
    symbols: panel.symbols,
    fields: new Map([...panel.fields].map(([name, values]) => [name, values.subarray(0, cells)])),
    groups: new Map(
      [...panel.groups].map(([name, { codes, labels }]) => [
        name,
        { codes: codes.subarray(0, cells), labels },
      ]),
    ),
  })
}
