import { dataError } from '../../base/errors.js'
import { nearest } from '../../base/nearest.js'
import { ADJUSTMENT_COLUMNS, Adjustments } from '../adjustments.js'
import { buildPanel } from '../build-panel.js'
import { columnAt, fieldNameOf, resolveColumns } from '../columns.js'
import type { DataIssue, FileDataOptions, RowCounts, TableSummary } from '../dataset.js'
import type { Extension, Grid } from '../grid.js'
import { joinTable, refuseCollisions } from '../join.js'
import { joinTables, type LongTable } from '../long-table.js'
import { membership, UNIVERSE_COLUMNS } from '../membership.js'
import type { GroupField, Panel } from '../panel.js'
import { RENAME_COLUMNS, Renames } from '../renames.js'
import { resolveSide, type WantedColumn } from '../side-table.js'
import { meltWideTables, refuseTexts } from '../wide.js'
import {
  type FileTable,
  type LoadedSource,
  loadSource,
  type Resolver,
  readTables,
  stackTables,
} from './read-table.js'

/** Every file that the options name, as bytes. */
export interface LoadedFiles {
  readonly prices: LoadedSource
  readonly join: readonly LoadedSource[]
  readonly universe: readonly LoadedSource[]
  readonly adjustments: LoadedSource | undefined
  readonly renames: LoadedSource | undefined
}

/** Reads the bytes of everything that the options name. @throws AlphaloopError (data, environment) where one is not there */
export function loadFiles(options: FileDataOptions, onNote: (note: string) => void): LoadedFiles {
  const other = (given: string) => loadSource(given, onNote, true)
  return {
    prices: loadSource(options.path, onNote),
    join: (options.join ?? []).map(other),
    universe: (options.universe ?? []).map(other),
    adjustments: options.adjustments === undefined ? undefined : other(options.adjustments),
    renames: options.renames === undefined ? undefined : other(options.renames),
  }
}

/** A table of fields beside the prices. */
interface Joined {
  readonly source: string
  readonly table: LongTable
}

/**
 * From files to a panel:
 * 1. the other tables are read, so that a column named for one of them is not missed in the prices
 * 2. the prices are read (read-table.ts) and get the names of their companies (renames.ts)
 * 3. buildPanel checks, aligns and adjusts them (adjustments.ts)
 * 4. the others are joined on their dates and symbols (join.ts, membership.ts)
 */
export async function readFiles(
  files: LoadedFiles,
  options: FileDataOptions,
): Promise<{ panel: Panel; issues: DataIssue[]; rows: RowCounts; tables: TableSummary[] }> {
  const { onBadRows = 'stop', staleAfterDays } = options
  const columns = new NamedColumns(options)
  const joined: Joined[] = []
  const noticed: DataIssue[] = []
  for (const source of files.join) {
    const read = await readTables(source, columns.resolver(true), onBadRows)
    noticed.push(...read.issues)
    joined.push(...splitWide(read.tables, source.name))
  }
  const prices = await readTables(files.prices, columns.resolver(false), onBadRows)
  noticed.unshift(...prices.issues)
  columns.refuseUnknown()
  const { table: asWritten, wide } = stackTables(prices.tables, files.prices.given)
  joined.push(...wide.map(({ table, file }) => meltedField(table, file.stem, file.name)))
  const universes: { source: string; name: string; table: LongTable }[] = []
  for (const source of files.universe)
    universes.push({
      source: source.name,
      name: fieldNameOf(source.stem),
      table: await readSide(source, UNIVERSE_COLUMNS, 'a universe'),
    })
  const adjustments =
    files.adjustments === undefined
      ? undefined
      : new Adjustments(
          await readSide(files.adjustments, ADJUSTMENT_COLUMNS, 'a table of adjustments'),
          files.adjustments.name,
        )
  if (adjustments && asWritten.numbers.has('adj_close') && !options.unadjusted)
    throw dataError(
      'DATA_TWO_ADJUSTMENTS',
      `${options.path} has an adj_close, and ${adjustments.file} has factors as well: prices cannot be adjusted by both`,
      'leave --adjustments out, or take the adj_close out of the table',
      { path: options.path, file: adjustments.file },
    )
  const renames =
    files.renames === undefined
      ? undefined
      : new Renames(await readSide(files.renames, RENAME_COLUMNS, 'a table of tickers'), files.renames.name)
  const renamed = renames?.on(asWritten)
  const table = renamed?.table ?? asWritten

  const summaries: TableSummary[] = []
  const extend = (grid: Grid, names: readonly string[]): Extension => {
    refuseCollisions([
      { source: files.prices.name, names },
      ...joined.map(({ source, table: { numbers, texts } }) => ({
        source,
        names: [...numbers.keys(), ...texts.keys()],
      })),
      ...universes.map(({ source, name }) => ({ source, names: [name] })),
    ])
    const fields = new Map<string, Float64Array>()
    const groups = new Map<string, GroupField>()
    const issues: DataIssue[] = []
    for (const { source, table } of joined) {
      const added = joinTable(table, grid, { source, onBadRows, staleAfterDays })
      for (const [name, values] of added.fields) fields.set(name, values)
      for (const [name, group] of added.groups) groups.set(name, group)
      issues.push(...added.issues)
      summaries.push({
        name: source,
        kind: added.kind,
        rows: table.rows,
        used: added.used,
        fields: [...added.fields.keys(), ...added.groups.keys()],
      })
    }
    for (const { source, name, table } of universes) {
      const { field, issues: noticed, used } = membership(table, source, grid)
      fields.set(name, field)
      issues.push(...noticed)
      summaries.push({ name: source, kind: 'universe', rows: table.rows, used, fields: [name] })
    }
    return { fields, groups, issues }
  }
  const { panel, issues, rows } = buildPanel(table, {
    source: options.path,
    onBadRows,
    unadjusted: options.unadjusted ?? false,
    adjustments,
    staleAfterDays,
    extend,
  })
  const ofOthers = new Set(summaries.flatMap(({ fields }) => fields))
  const tables: TableSummary[] = [
    {
      name: files.prices.name,
      kind: 'prices',
      rows: asWritten.rows,
      used: rows.kept,
      fields: [...panel.fields.keys(), ...panel.groups.keys()].filter((name) => !ofOthers.has(name)),
    },
    ...summaries,
  ]
  if (adjustments)
    tables.push({
      name: adjustments.file,
      kind: 'adjustments',
      rows: adjustments.rows,
      used: options.unadjusted ? 0 : adjustments.used(panel.symbols),
      fields: [],
    })
  if (renames)
    tables.push({
      name: renames.file,
      kind: 'renames',
      rows: renames.rows,
      used: renames.used(panel.symbols),
      fields: [],
    })
  return {
    panel,
    issues: [...noticed, ...(renamed?.issues ?? []), ...issues],
    rows: { read: asWritten.rows, kept: rows.kept },
    tables,
  }
}

/** The wide tables of a source are fields of their own; its long tables stand below one another. */
function splitWide(tables: readonly FileTable[], name: string): Joined[] {
  const long = tables.flatMap(({ table }) => (table.wide ? [] : [table]))
  return [
    ...(long.length === 0 ? [] : [{ source: name, table: joinTables(long) }]),
    ...tables.flatMap(({ table, file }) => (table.wide ? [meltedField(table, file.stem, file.name)] : [])),
  ]
}

function meltedField(table: LongTable, stem: string, source: string): Joined {
  refuseTexts(table)
  return { source, table: meltWideTables([{ field: fieldNameOf(stem), table }]) }
}

async function readSide(
  source: LoadedSource,
  wanted: readonly WantedColumn[],
  what: string,
): Promise<LongTable> {
  const resolve: Resolver = (header, file) => resolveSide(header, wanted, file, what)
  const { tables } = await readTables(source, resolve)
  return joinTables(tables.map(({ table }) => table))
}

/** Columns and groups that the user named, and which of them some table has. */
class NamedColumns {
  private readonly mapping: Readonly<Record<string, string>>
  private readonly groups: readonly string[]
  private readonly alone: boolean
  private readonly found = new Set<string>()
  private readonly headers: string[] = []
  private readonly path: string

  constructor({ path, columns = {}, groups = [], join = [] }: FileDataOptions) {
    this.path = path
    this.mapping = columns
    this.groups = groups
    this.alone = join.length === 0
  }

  /** With one source each of its tables must have every column named; of several, some table must. */
  resolver(joined: boolean): Resolver {
    return (header, file, firstRow) => {
      this.headers.push(...header)
      const has = (column: string) => columnAt(header, column) >= 0
      const entries = Object.entries(this.mapping)
      for (const column of [...entries.map(([, column]) => column), ...this.groups])
        if (has(column)) this.found.add(column)
      const mapping = this.alone
        ? this.mapping
        : Object.fromEntries(
            entries.filter(([, column]) => has(column) || (!joined && !this.found.has(column))),
          )
      const roles = resolveColumns(header, { mapping, groups: this.groups, joined }, file, firstRow)
      for (const { role, name } of roles) if (role === 'group') this.found.add(name)
      return roles
    }
  }

  /** @throws AlphaloopError (data) DATA_NO_SUCH_COLUMN for a group that no table has */
  refuseUnknown(): void {
    for (const group of this.groups) {
      if (this.found.has(group)) continue
      const headers = [...new Set(this.headers)]
      const meant = nearest(group, headers)
      throw dataError(
        'DATA_NO_SUCH_COLUMN',
        `no table of ${this.path} has a column '${group}', which was to be a group; the columns are ${headers.join(', ')}`,
        meant ? `did you mean --groups ${meant}?` : 'name one of the columns',
        { columns: headers },
      )
    }
  }
}
